"""One client's socket: what happens to those that do not read, do not answer or flood, and at the end of the server."""

from __future__ import annotations

import asyncio
import logging
import socket as sockets
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import orjson
import pytest
from websockets.frames import Frame, Opcode

from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.sandbox.ws_socket import ClientSocket, frame
from tests.sandbox.conftest import Client
from tests.sandbox.ws_client import closing, talking

EVENT_SIZE = 100_000


def tell(sandbox: Sandbox, count: int) -> None:
    """Commit so many large events, one transaction each."""
    for _ in range(count):
        with sandbox.oms.transaction([1]):
            sandbox.oms.events.append(1, "something", text="x" * EVENT_SIZE)


async def tell_slowly(sandbox: Sandbox, count: int) -> None:
    """The same, with the server at work between them."""
    for _ in range(count):
        tell(sandbox, 1)
        await asyncio.sleep(0)


@asynccontextmanager
async def deaf(sandbox: Sandbox) -> AsyncIterator[sockets.socket]:
    """A client that has subscribed to account 1 and reads nothing unless it is read; it answers no ping."""
    loop = asyncio.get_running_loop()
    host, port = sandbox.url.removeprefix("http://").split(":")
    with sockets.socket() as client:
        client.setblocking(False)
        await loop.sock_connect(client, (host, int(port)))
        head = (
            f"GET /ws HTTP/1.1\r\nhost: {host}\r\nx-api-key: {sandbox.keys['trader']}\r\nconnection: upgrade\r\n"
            "upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        await loop.sock_sendall(client, head.encode())
        await read_until(client, b"server-hello")
        request = orjson.dumps({"id": 1, "action": "subscribe", "payload": {"account_ids": [1]}})
        await loop.sock_sendall(client, Frame(Opcode.TEXT, request).serialize(mask=True))
        await read_until(client, b'"subscribed"')
        yield client


async def read_until(client: sockets.socket, text: bytes) -> bytes:
    """What the client is sent up to a text, or to the end of the connection."""
    found = b""
    async with asyncio.timeout(10):
        while text not in found and (data := await asyncio.get_running_loop().sock_recv(client, 1 << 16)):
            found += data
    return found


def test_frame_is_a_message_on_the_wire() -> None:
    """Short and long messages become unmasked text frames."""
    assert frame(b"{}") == b"\x81\x02{}"
    assert frame(b"x" * 200)[:4] == b"\x81\x7e\x00\xc8"


async def test_slow_client_is_dropped_and_resumes(client: Client) -> None:
    """A client that reads too late gets what was buffered, then why it was dropped, and misses nothing by resuming."""
    sandbox = client.sandbox
    count = 150
    async with talking(sandbox) as quick, talking(sandbox, max_queue=1) as slow:
        epoch = (await slow.subscribe())["payload"]["epoch"]
        await quick.subscribe()
        await tell_slowly(sandbox, count)
        assert [message["event_id"] for message in await quick.until(count)] == list(range(1, count + 1))
        assert await closing(slow) == (1013, "the client does not keep up")
        got = [message["event_id"] for message in slow.heard]
    assert got == list(range(1, len(got) + 1))
    assert len(got) < count
    async with talking(sandbox) as slow:
        await slow.subscribe(from_event_id={"1": got[-1]}, epoch=epoch)
        rest = [message["event_id"] for message in await slow.until(count)]
    assert got + rest == list(range(1, count + 1))


async def test_client_that_never_reads_is_cut_off(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dropped client that does not even read why is cut off, and what was kept for it is thrown away."""
    monkeypatch.setattr("oms_ccxt_async.sandbox.ws_socket.LINGER_SECONDS", 0)
    async with deaf(client.sandbox) as peer:
        await tell_slowly(client.sandbox, 200)
        found = await read_until(peer, b"does not keep up")
    assert len(found) < 200 * EVENT_SIZE
    assert b"does not keep up" not in found


async def test_dead_client_is_found(caplog: pytest.LogCaptureFixture) -> None:
    """A client that answers no ping is closed, one that only listens is kept."""
    async with Sandbox(volatility=0, ping_seconds=0.2) as sandbox, deaf(sandbox) as peer, talking(sandbox) as listener:
        assert b"keepalive ping timeout" in await read_until(peer, b"keepalive ping timeout")
        assert await read_until(peer, b"nothing more") == b""
        assert (await listener.ask("ping"))["event"] == "pong"
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_flood_leaves_room_for_others(client: Client) -> None:
    """A client that sends without reading is held back by the connection; others are answered, and so is it later."""
    message = Frame(Opcode.TEXT, b'{"action":"ping","id":"%s"}' % (b"x" * 1000)).serialize(mask=True)
    async with deaf(client.sandbox) as peer, talking(client.sandbox) as other:
        flood = asyncio.create_task(asyncio.get_running_loop().sock_sendall(peer, message * 20_000))
        for _ in range(50):
            assert (await other.ask("ping"))["event"] == "pong"
        assert not flood.done()
        answers, unread = 0, b""
        while answers < 20_000:
            unread += await read_until(peer, b'"pong"')
            answers += unread.count(b'"pong"')
            unread = unread[unread.rindex(b'"pong"') + 6 :]
        await flood


async def test_room_lets_others_go_first() -> None:
    """Even where there is room for more, one client's long answer is not written in one go."""
    socket = object.__new__(ClientSocket)
    socket.writable = asyncio.Event()
    socket.writable.set()
    others: list[str] = []
    asyncio.get_running_loop().call_soon(others.append, "went first")
    await socket.room()
    assert others == ["went first"]


async def test_end_of_the_server(caplog: pytest.LogCaptureFixture) -> None:
    """A hundred clients, one of which does not read, are told within a second that the server restarts."""
    tasks = asyncio.all_tasks()
    async with AsyncExitStack() as clients:
        async with Sandbox(volatility=0) as sandbox:
            talks = [await clients.enter_async_context(talking(sandbox)) for _ in range(100)]
            await clients.enter_async_context(deaf(sandbox))
            for talk in talks:
                await talk.subscribe(2)
            await talks[0].ask(
                "subscribe_market", {"account_id": 1, "symbol": "BTC/USDT", "channels": ["ticker", "trades"]}
            )
            await tell_slowly(sandbox, 150)
            before = time.monotonic()
        assert time.monotonic() - before < 1
        assert {await closing(talk) for talk in talks} == {(1012, "")}
    assert asyncio.all_tasks() == tasks
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
