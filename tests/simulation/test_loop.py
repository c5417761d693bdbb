"""The loop and the network of the simulation: time that jumps, bytes in order, machines that are no more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.simulation.loop import Loop, StandstillError
from tests.simulation.network import Host, Listener, Network

Play = Callable[["Place"], Awaitable[Any]]


class Place:
    """A server that notes what it is sent and sends it back, and a client."""

    def __init__(self, seed: int = 1) -> None:
        self.loop = Loop()
        self.network = Network(self.loop, seed)
        self.server, self.client = Host("server", "10.0.0.1"), Host("client", "10.0.0.2")
        self.heard: list[bytes] = []
        self.kept: list[Any] = []

    def play(self, play: Play) -> Any:
        """What the client's part returns."""

        async def serve() -> None:
            await self.loop.create_server(self._echo, sock=Listener("10.0.0.1", 80))

        async def both() -> Any:
            await self.loop.run_on(self.server, serve())
            return await self.loop.run_on(self.client, play(self))  # type: ignore[arg-type]

        try:
            return self.loop.run_until_complete(both())
        finally:
            for connection in self.network.connections.values():
                connection.client.abort()
            self.loop.close()

    def _echo(self) -> asyncio.Protocol:
        place = self

        class Echo(asyncio.Protocol):
            def connection_made(self, transport: Any) -> None:
                self.transport = transport

            def data_received(self, data: bytes) -> None:
                place.heard.append(data)
                self.transport.write(data)

        return Echo()


async def connect(place: Place) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Streams over the simulated network, by asyncio's own means."""
    reader, writer = await asyncio.open_connection("10.0.0.1", 80)
    place.kept.append(writer)
    return reader, writer


def test_time_jumps_and_a_seed_is_a_run() -> None:
    """An hour of sleep is over at once, what is sent arrives in order, and the same seed gives the same run."""

    async def play(place: Place) -> tuple[float, bytes]:
        await asyncio.sleep(3_600)
        reader, writer = await connect(place)
        for number in range(20):
            writer.write(b"%d " % number)
        echoed = await reader.readexactly(50)
        writer.close()
        return place.loop.time(), echoed

    first, second, other = Place(7), Place(7), Place(8)
    at, echoed = first.play(play)
    assert echoed == b"".join(b"%d " % number for number in range(20))
    assert 3_600 < at < 3_601
    assert second.play(play)[0] == at
    assert other.play(play)[0] != at
    assert first.network.trace.hexdigest() == second.network.trace.hexdigest() != other.network.trace.hexdigest()


def test_what_is_cut_off_arrives_when_the_way_is_free() -> None:
    """A partition holds bytes back in its direction; nothing is lost."""

    async def play(place: Place) -> bytes:
        reader, writer = await connect(place)
        place.network.part("10.0.0.2", "10.0.0.1", "back")
        writer.write(b"hello")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(5), 10)
        assert place.heard == [b"hello"]
        place.network.heal()
        return await reader.readexactly(5)

    assert Place().play(play) == b"hello"


@pytest.mark.parametrize(("late", "heard"), [(None, []), (5.0, [b"hello"])])
def test_a_cut_connection_is_reset_and_its_bytes_come_late_or_never(late: float | None, heard: list[bytes]) -> None:
    """Who sent something finds a reset at once; the server gets what was on its way when it is said to, or not."""

    async def play(place: Place) -> None:
        reader, writer = await connect(place)
        writer.write(b"hello")
        [connection] = place.network.between("10.0.0.2", "10.0.0.1")
        connection.cut(late)
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(reader.read(5), 1)
        await asyncio.sleep(10)
        assert place.network.between("10.0.0.2", "10.0.0.1") == []

    place = Place()
    place.play(play)
    assert place.heard == heard


def test_a_dead_machine_does_nothing_more() -> None:
    """No line of its tasks runs after its death, not even what would clean up; who was connected finds a reset."""
    ran: list[str] = []

    async def dying() -> None:
        try:
            await asyncio.sleep(1)
            ran.append("went on")
        finally:
            ran.append("cleaned up")

    async def play(place: Place) -> None:
        reader, _ = await connect(place)
        place.loop.run_on(place.server, dying())
        await asyncio.sleep(0.5)
        place.network.kill(place.server)
        with pytest.raises(ConnectionResetError):
            await reader.read(1)
        with pytest.raises(ConnectionRefusedError):
            await connect(place)
        await asyncio.sleep(5)
        assert ran == []

    Place().play(play)


def test_a_standstill_is_told() -> None:
    """Where everybody waits for what cannot come the loop says so, and does not wait, too."""
    place = Place()

    async def play(place: Place) -> None:
        await place.loop.create_future()

    with pytest.raises(StandstillError):
        place.play(play)
