"""Connections on which no request arrives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.sandbox.http_socket import MAX_HEAD
from tests.sandbox.conftest import Client

SOON = 0.3
HEAD = b"GET /healthz HTTP/1.1\r\nhost: oms\r\n"
POST = b"POST /oms/commands HTTP/1.1\r\nhost: oms\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n"


@pytest.fixture
async def hasty() -> AsyncIterator[Sandbox]:
    """A sandbox that waits for requests only shortly."""
    async with Sandbox(volatility=0, request_seconds=SOON) as sandbox:
        yield sandbox


async def connected(sandbox: Sandbox) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, port = sandbox.url.removeprefix("http://").split(":")
    return await asyncio.open_connection(host, int(port))


async def lasts(sandbox: Sandbox, sent: bytes, *, trickle: bytes = b"") -> tuple[float, bytes]:
    """How long a connection is kept on which this is sent, then a byte of `trickle` now and then; what was answered."""
    loop = asyncio.get_running_loop()
    reader, writer = await connected(sandbox)
    began = loop.time()
    writer.write(sent)

    async def dribble() -> None:
        for byte in trickle:
            await asyncio.sleep(SOON / 10)
            writer.write(bytes([byte]))

    dribbling = asyncio.create_task(dribble())
    try:
        async with asyncio.timeout(5):
            answer = await reader.read()
    except ConnectionError:
        answer = b""
    finally:
        dribbling.cancel()
        writer.close()
    return loop.time() - began, answer


@pytest.mark.parametrize(
    ("sent", "trickle"),
    [
        (b"", b""),
        (b"G", b""),
        (HEAD, b""),
        (HEAD, b"x-slow: " + b"s" * 100),
        (POST, b""),
        (POST, b" " * 90),
    ],
    ids=["nothing", "a byte", "half a head", "a slow head", "no body", "a slow body"],
)
async def test_a_request_has_to_arrive(hasty: Sandbox, sent: bytes, trickle: bytes) -> None:
    """A connection whose request is not all there in time is closed, without an answer and not before."""
    seconds, answer = await lasts(hasty, sent, trickle=trickle)
    assert (answer, SOON / 2 <= seconds < SOON + 1) == (b"", True)


async def test_half_requests_pile_up_nowhere(hasty: Sandbox) -> None:
    """Of many connections with half a request none is left, while whole requests are answered."""
    async with aiohttp.ClientSession() as session:
        many = [asyncio.create_task(lasts(hasty, HEAD if number % 2 else POST)) for number in range(100)]
        while not all(task.done() for task in many):
            assert (await Client(hasty, session).send("GET", "/healthz"))[0] == 200
        assert {answer for _, answer in await asyncio.gather(*many)} == {b""}


async def test_a_connection_may_idle_between_requests(hasty: Sandbox) -> None:
    """The limit counts from a request's first byte, not from the end of the one before."""
    reader, writer = await connected(hasty)
    for _ in range(2):
        writer.write(HEAD + b"\r\n")
        assert b"200 OK" in await reader.readuntil(b"\r\n\r\n")
        await reader.readuntil(b"}")
        await asyncio.sleep(2 * SOON)
    began = asyncio.get_running_loop().time()
    writer.write(HEAD)
    await reader.read()
    assert asyncio.get_running_loop().time() - began < SOON + 1
    writer.close()


async def test_an_answer_may_take_longer(session: aiohttp.ClientSession) -> None:
    """Once the request is there, its answer has all the time that it needs."""
    latency = int(3 * SOON * 1000)
    async with Sandbox(profile="legacy", request_seconds=SOON, exchange_latency=latency) as sandbox:
        status, body = await Client(sandbox, session).send("POST", "/oms/reconcile", {"account_id": 1})
        assert (status, body["triggered_count"]) == (200, 1)


async def test_a_websocket_is_no_request_that_is_late(hasty: Sandbox) -> None:
    """After the handshake the limit of requests does not count."""
    async with aiohttp.ClientSession() as session:
        headers = {"x-api-key": hasty.keys["trader"]}
        async with session.ws_connect(hasty.url + "/ws", headers=headers) as socket:
            await asyncio.sleep(2 * SOON)
            await socket.send_str('{"id": 1, "action": "ping"}')
            assert (await socket.receive_json())["id"] == "server-hello"
            assert (await socket.receive_json())["event"] == "pong"


@pytest.mark.parametrize("part", [b"GET /" + b"x" * MAX_HEAD, HEAD + b"x-large: " + b"x" * MAX_HEAD])
async def test_a_head_has_a_size(client: Client, part: bytes) -> None:
    """A line or header that goes on and on is cut off."""
    seconds, _ = await lasts(client.sandbox, part * 3)
    assert seconds < 2
    assert (await client.send("GET", "/healthz"))[0] == 200
