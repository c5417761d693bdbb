"""Messages as they arrive: whole, in order, none lost at the end, and no more of them than are taken."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from oms_ccxt_pro import connection
from oms_ccxt_pro.connection import MOST_UNREAD, MOST_UNREAD_BYTES, Connect, Connection
from tests.faults.eventually import eventually


@asynccontextmanager
async def connected(max_size: int = 1_000_000) -> AsyncIterator[tuple[Connection, ServerConnection]]:
    """A client's and a server's end of one connection."""
    accepted: asyncio.Future[ServerConnection] = asyncio.get_running_loop().create_future()

    async def serving(socket: ServerConnection) -> None:
        accepted.set_result(socket)
        await socket.wait_closed()

    async with serve(serving, "127.0.0.1", 0, compression=None) as server:
        port = server.sockets[0].getsockname()[1]
        async with Connect(f"ws://127.0.0.1:{port}", compression=None, max_size=max_size) as client:
            yield client, await accepted


async def received(client: Connection, count: int) -> list[bytes]:
    """So many messages."""
    messages: list[bytes] = []
    while len(messages) < count:
        messages += map(bytes, await client.arrived())
    return messages


async def test_what_has_arrived_is_taken_at_once() -> None:
    """Messages come in their order, each once, those that arrived together together."""
    async with connected() as (client, server):
        for number in range(100):
            await server.send(str(number))
        await eventually(lambda: len(client._arrived) == 100)
        assert await client.arrived() == [str(number).encode() for number in range(100)]
        waiting = asyncio.create_task(client.arrived())
        await server.send("one more")
        assert await waiting == [b"one more"]


async def test_fragments_are_one_message() -> None:
    """A message in parts, the first of them empty, is one, between those before and after it; a ping may be in it."""
    async with connected() as (client, server):

        async def parts() -> AsyncIterator[str]:
            for part in ("", "fir", "", "st"):
                yield part
                await server.ping()

        await server.send("before")
        await server.send(parts())
        await server.send("after")
        assert await received(client, 3) == [b"before", b"first", b"after"]


async def test_the_last_messages_come_before_the_end() -> None:
    """What had arrived when the connection ended is taken first; then who waits is told how it ended."""
    async with connected() as (client, server):
        await server.send("last")
        await server.close(4000, "enough")
        assert await received(client, 1) == [b"last"]
        for _ in range(2):
            with pytest.raises(ConnectionClosed) as caught:
                await client.arrived()
            assert caught.value.rcvd is not None
            assert caught.value.rcvd.code == 4000


async def test_who_waits_is_told_of_the_end() -> None:
    """A connection that breaks without a word ends the wait."""
    async with connected() as (client, server):
        waiting = asyncio.create_task(client.arrived())
        await asyncio.sleep(0)
        server.transport.abort()
        with pytest.raises(ConnectionClosed):
            await waiting


async def test_a_message_that_is_too_large_ends_the_connection() -> None:
    """In parts as in one piece: 1009."""
    for message in ("x" * 101, ["x" * 60, "x" * 60]):
        async with connected(max_size=100) as (client, server):
            await server.send("small")
            await server.send(message)
            assert await received(client, 1) == [b"small"]
            with pytest.raises(ConnectionClosed) as caught:
                await client.arrived()
            assert caught.value.sent is not None
            assert caught.value.sent.code == 1009


async def test_who_does_not_take_holds_the_server_back() -> None:
    """The socket is not read while too much waits, and is again when it was taken: nothing is lost."""
    async with connected() as (client, server):
        text, count = "x" * 10_000, 4 * MOST_UNREAD

        async def flood() -> None:
            for _ in range(count):
                await server.send(text)

        flooding = asyncio.create_task(flood())
        await eventually(lambda: len(client._arrived) >= MOST_UNREAD)
        await eventually(lambda: server.transport.get_write_buffer_size() > 0)
        assert len(client._arrived) < MOST_UNREAD + 100
        assert await received(client, count) == [text.encode()] * count
        await flooding


@pytest.mark.parametrize("fragmented", [False, True])
async def test_large_messages_hold_the_server_back_sooner(fragmented: bool) -> None:
    """What waits is bounded in bytes, too, and nothing is lost."""
    async with connected() as (client, server):
        parts, count = ["x" * 450_000] * 2, 100

        async def flood() -> None:
            for _ in range(count):
                await server.send(parts if fragmented else "".join(parts))

        flooding = asyncio.create_task(flood())
        await eventually(lambda: client._held)
        await eventually(lambda: server.transport.get_write_buffer_size() > 0)
        assert sum(map(len, client._arrived)) < MOST_UNREAD_BYTES + 1_000_000
        assert await received(client, count) == [b"x" * 900_000] * count
        await flooding


async def test_a_message_that_is_larger_than_what_may_wait_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket is held back for what can be taken, not for what is still coming."""
    monkeypatch.setattr(connection, "MOST_UNREAD_BYTES", 10_000)
    async with connected() as (client, server):
        for text in ("x" * 900_000, ["y" * 450_000] * 2):
            await server.send("small")
            await server.send(text)
            assert await received(client, 2) == [b"small", "".join(text).encode()]


async def test_who_does_not_read_the_answers_to_its_pings_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """They do not pile up without end."""
    monkeypatch.setattr(connection, "MOST_UNSENT_BYTES", 100_000)
    ping = b"\x89\x7d" + b"x" * 125
    async with connected() as (client, server):
        server.transport.pause_reading()
        for _ in range(2_000):
            if client.state is State.CLOSED:
                break
            server.transport.write(ping * 200)
            await asyncio.sleep(0)
        await eventually(lambda: client.state is State.CLOSED)
        server.transport.abort()
