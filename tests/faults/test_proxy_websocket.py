"""Faults on a WebSocket, seen from both ends."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosedError

from tests.faults.eventually import eventually
from tests.faults.peers import post
from tests.faults.plan import (
    Cut,
    Delay,
    Fault,
    How,
    on,
)
from tests.faults.proxy import FaultProxy

Scenario = Callable[[ServerConnection], Awaitable[None]]


@asynccontextmanager
async def websocket(scenario: Scenario, *faults: Fault) -> AsyncIterator[tuple[FaultProxy, ClientConnection]]:
    """A client connected through a proxy to a server that runs a scenario on each connection."""
    async with serve(scenario, "127.0.0.1", 0) as server, FaultProxy(server.sockets[0].getsockname()) as proxy:
        for fault in faults:
            proxy.plan(fault, on(path="/ws"))
        async with connect(f"ws://127.0.0.1:{proxy.port}/ws", ping_interval=None, compression=None) as client:
            yield proxy, client


async def echo_messages(connection: ServerConnection) -> None:
    async for message in connection:
        await connection.send(message)


async def test_websocket_passes_unchanged() -> None:
    """Text, binary, fragments, pings and the closing handshake go through."""
    async with websocket(echo_messages) as (proxy, client):
        for message in ("", "text", b"\x00" * 70_000):
            await client.send(message)
            assert await client.recv() == message
        await client.send(["a", "b", "c"])
        assert await client.recv() == "abc"
        await (await client.ping())
    assert client.close_code == 1000
    assert proxy.requests[0].status == 101


@pytest.mark.parametrize("how", ["fin", "rst"])
@pytest.mark.parametrize("count", [1, 2, 5])
async def test_websocket_is_cut_after_messages_down(count: int, how: How) -> None:
    """The client gets that many messages, pings not counted, and then the end."""

    async def talk(connection: ServerConnection) -> None:
        for number in range(10):
            await connection.ping()
            await connection.send(["number ", str(number)])
        await connection.wait_closed()

    async with websocket(talk, Cut("down", count, how, "messages")) as (_, client):
        assert [await client.recv() for _ in range(count)] == [f"number {number}" for number in range(count)]
        with pytest.raises(ConnectionClosedError):
            await client.recv()


async def test_websocket_is_cut_before_the_first_message() -> None:
    """After the handshake and no message, the server's first one is not delivered."""

    async def talk(connection: ServerConnection) -> None:
        await connection.send("lost")
        await connection.wait_closed()

    async with websocket(talk, Cut("down", 0, "rst", "messages")) as (_, client):
        with pytest.raises(ConnectionClosedError):
            await client.recv()


async def test_websocket_is_cut_after_messages_up() -> None:
    """The server gets that many messages and then the end."""
    received: list[str | bytes] = []

    async def listen(connection: ServerConnection) -> None:
        received.append(await connection.recv())
        received.append(await connection.recv())
        with pytest.raises(ConnectionClosedError):
            await connection.recv()
        received.append("end")

    async with websocket(listen, Cut("up", 2, "rst", "messages")) as (_, client):
        for number in range(2):
            await client.send(str(number))
        with pytest.raises(ConnectionClosedError):
            await client.recv()
        await eventually(lambda: received == ["0", "1", "end"])


async def test_websocket_is_cut_inside_a_frame() -> None:
    """Bytes count from the handshake on, so that a frame can be torn."""
    async with websocket(echo_messages) as (proxy, client):
        handshake = proxy.requests[0].passed["down"]
        await client.send("0123456789")
        await client.recv()
        assert proxy.requests[0].passed["down"] == handshake + 12
    async with websocket(echo_messages, Cut("down", handshake + 5)) as (proxy, client):
        await client.send("0123456789")
        with pytest.raises(ConnectionClosedError):
            await client.recv()
        assert proxy.requests[0].passed["down"] == handshake + 5


async def test_websocket_freezes_and_thaws() -> None:
    """A frozen socket is half-open: nothing comes, nothing is lost, all comes after the thaw."""
    arrived: list[str | bytes] = []

    async def listen(connection: ServerConnection) -> None:
        async for message in connection:
            arrived.append(message)
            await connection.send(message)

    async with websocket(listen) as (proxy, client):
        proxy.freeze("down")
        await client.send("a")
        await eventually(lambda: arrived == ["a"])
        proxy.freeze("up")
        await client.send("b")
        proxy.thaw("down")
        assert await client.recv() == "a"
        assert arrived == ["a"]
        proxy.thaw("up")
        assert await client.recv() == "b"


async def test_refused_handshake_is_an_answer(proxy: FaultProxy) -> None:
    """A request to upgrade that gets a plain answer leaves plain HTTP on the connection."""
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket"}
    async with aiohttp.ClientSession() as client:
        async with client.get(proxy.url, headers=upgrade) as response:
            assert response.status == 200
        assert await post(client, proxy) == "[1]"


async def test_delay_is_before_the_first_byte_only() -> None:
    """What follows on the connection is not delayed again."""
    async with websocket(echo_messages, Delay("down", 0.1)) as (_, client), asyncio.timeout(5):
        for _ in range(100):
            await client.send("ping")
            await client.recv()
