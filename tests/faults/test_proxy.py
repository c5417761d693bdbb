"""Each fault, seen from both ends of real sockets."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.faults.eventually import eventually
from tests.faults.peers import ANSWER, REQUEST, Raw, post, raw_proxy
from tests.faults.plan import (
    WHOLE,
    Cut,
    Delay,
    Direction,
    How,
    Late,
    Replay,
    Reply,
    Slice,
    cut_points,
    on,
)
from tests.faults.proxy import FaultProxy

# Without a fault


@pytest.mark.parametrize("path", ["/", "/chunked"])
@pytest.mark.parametrize("size", [0, 1, 100_000, 1_000_000])
async def test_everything_passes_unchanged(
    proxy: FaultProxy, client: aiohttp.ClientSession, path: str, size: int
) -> None:
    """Bodies of any size and framing go through, several on one connection."""
    for body in ("x" * size, "y" * size):
        assert await post(client, proxy, path, body) == body
    assert proxy.accepted == 1
    assert [request.position for request in proxy.requests] == [0, 1]


async def test_requests_are_recorded(proxy: FaultProxy, client: aiohttp.ClientSession) -> None:
    """A record holds what was asked, on which connection, when, and what the server said."""
    before = asyncio.get_running_loop().time()
    async with client.post(f"{proxy.url}/status/409?a=b", data="[1]", headers={"X-Api-Key": "secret"}) as response:
        assert response.status == 409
    (request,) = proxy.requests
    assert (request.method, request.path, request.query, request.body) == ("POST", "/status/409", "a=b", b"[1]")
    assert (request.headers["x-api-key"], request.status, request.fault) == ("secret", 409, None)
    assert (request.connection, request.position, request.forwarded) == (1, 0, True)
    assert before <= request.at <= asyncio.get_running_loop().time()


async def test_chunked_request_is_recorded_decoded(proxy: FaultProxy, client: aiohttp.ClientSession) -> None:
    """A request body sent in chunks arrives, and is recorded without their framing."""

    async def body() -> AsyncIterator[bytes]:
        yield b"[1,"
        yield b"2]"

    async with client.post(proxy.url, data=body()) as response:
        assert await response.json() == [1, 2]
    assert proxy.requests[0].body == b"[1,2]"


@pytest.mark.parametrize(("method", "path"), [("HEAD", "/"), ("GET", "/status/204"), ("GET", "/status/304")])
async def test_answers_without_a_body_do_not_stall(proxy: FaultProxy, method: str, path: str) -> None:
    """The connection goes on after an answer that has no body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    for _ in range(2):
        writer.write(f"{method} {path} HTTP/1.1\r\nHost: oms\r\n\r\n".encode())
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 ")
    assert [request.position for request in proxy.requests] == [0, 1]
    writer.close()
    await writer.wait_closed()


async def test_bytes_are_counted(raw: Raw) -> None:
    """The record knows the exact length of the request and of the answer."""
    client = await raw.send()
    await eventually(lambda: client.received == ANSWER)
    (request,) = raw.proxy.requests
    assert request.passed == {"up": len(REQUEST), "down": len(ANSWER)}
    assert request.size == len(REQUEST)


async def test_pipelined_requests_are_told_apart(raw: Raw) -> None:
    """Two requests in one write are two requests, the second passed on after the first was answered."""
    client = await raw.connect()
    client.transport.write(REQUEST + REQUEST)
    await eventually(lambda: len(raw.proxy.requests) == 2)
    assert client.received == ANSWER


async def test_end_of_the_server_ends_the_idle_client(raw: Raw) -> None:
    """A server that closes a kept-alive connection closes the client's, in the same manner."""
    client = await raw.send()
    await eventually(lambda: client.received == ANSWER)
    raw.servers[0].transport.close()
    await eventually(lambda: client.ended == "fin")


async def test_end_of_the_client_ends_the_idle_server(raw: Raw) -> None:
    """A client that closes its connection closes the server's."""
    client = await raw.send()
    await eventually(lambda: client.received == ANSWER)
    client.transport.close()
    await eventually(lambda: raw.servers[0].ended == "fin")


async def test_server_that_is_down_resets_the_client() -> None:
    """Where nothing listens behind the proxy, the client gets a reset."""
    async with raw_proxy() as raw:
        pass
    async with FaultProxy(("127.0.0.1", raw.proxy.port)) as proxy:
        client = await Raw(proxy, 0, []).send()
        await eventually(lambda: client.ended == "rst")


# Cut


@pytest.mark.parametrize("how", ["fin", "rst"])
async def test_cut_at_every_byte(raw: Raw, how: How) -> None:
    """At every offset of the request and of the answer, each end has the exact bytes before it, then the end."""
    client = await raw.send()
    await eventually(lambda: client.received == ANSWER)
    cuts = list(cut_points(raw.proxy.requests[0], how))
    assert len(cuts) == len(REQUEST) + 1 + len(ANSWER) + 1
    for cut in cuts:
        await assert_cut(raw, cut)


async def assert_cut(raw: Raw, cut: Cut) -> None:
    plan = raw.proxy.plan(cut)
    client = await raw.send()
    await eventually(lambda: client.ended)
    server = raw.servers[-1]
    await eventually(lambda: server.ended)
    up, down = (cut.after, 0) if cut.direction == "up" else (len(REQUEST), cut.after)
    assert (server.received, client.received) == (REQUEST[:up], ANSWER[:down])
    assert (server.ended, client.ended) == (cut.how, cut.how)
    assert plan.hits[0].passed == {"up": up, "down": down}
    assert plan.hits[0].forwarded == (up == len(REQUEST))


async def test_fin_is_not_a_reset_although_input_is_unread(raw: Raw) -> None:
    """A connection closed in order ends in order, however much the client was still sending."""
    raw.proxy.plan(Cut("up", 20))
    client = await raw.connect()
    client.transport.write(REQUEST + b"x" * 8_000_000)
    await eventually(lambda: client.ended)
    assert client.ended == "fin"


@pytest.mark.parametrize("cut", [Cut("up", 20, "silence"), Cut("down", 20, "silence")])
async def test_silence_leaves_both_ends_waiting(raw: Raw, cut: Cut) -> None:
    """After a silent cut nothing comes and nothing ends, until the client hangs up."""
    raw.proxy.plan(cut)
    client = await raw.send()
    expected = (REQUEST[:20], b"") if cut.direction == "up" else (REQUEST, ANSWER[:20])
    await eventually(lambda: raw.servers and (raw.servers[0].received, client.received) == expected)
    await raw.pass_time()
    assert (raw.servers[0].received, client.received) == expected
    assert (raw.servers[0].ended, client.ended) == (None, None)
    client.transport.close()
    await eventually(lambda: raw.servers[0].ended == "fin")


async def test_cut_delivers_what_the_client_is_slow_to_read() -> None:
    """Every byte before an orderly end arrives, also those that the client had no room for yet."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 20000000\r\n\r\n" + b"x" * 20_000_000
    async with raw_proxy(answer) as raw:
        raw.proxy.plan(Cut("down", 19_000_000))
        reader, writer = await asyncio.open_connection("127.0.0.1", raw.proxy.port, limit=2048)
        writer.write(REQUEST)
        received = 0
        while data := await reader.read(4096):
            received += len(data)
        assert received == 19_000_000
        writer.close()
        await writer.wait_closed()


async def test_silence_outlives_the_reset_of_the_client(raw: Raw) -> None:
    """A client that resets a silent connection leaves nothing behind."""
    raw.proxy.plan(Cut("up", 20, "silence"))
    client = await raw.send()
    await eventually(lambda: raw.servers and raw.servers[0].received)
    linger = struct.pack("ii", 1, 0)
    client.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    client.transport.abort()
    await eventually(lambda: raw.servers[0].ended)


async def test_cut_beyond_the_request_does_not_wait_for_the_answer() -> None:
    """WHOLE cuts once the server has the request, though it never answers."""
    async with raw_proxy(answer=b"") as raw:
        raw.proxy.plan(Cut("up", WHOLE, "rst"))
        client = await raw.send()
        await eventually(lambda: client.ended == "rst")
        await eventually(lambda: raw.servers[0].received == REQUEST)


async def test_cut_beyond_the_answer_ends_an_answered_connection(raw: Raw) -> None:
    """A cut behind the answer delivers it whole."""
    raw.proxy.plan(Cut("down", WHOLE))
    client = await raw.send()
    await eventually(lambda: client.ended == "fin")
    assert client.received == ANSWER


async def test_cut_in_the_body_breaks_the_promised_length(proxy: FaultProxy, client: aiohttp.ClientSession) -> None:
    """Body units count from the end of the head, so the client misses bytes of its Content-Length."""
    proxy.plan(Cut("down", 2, unit="body"))
    async with client.post(proxy.url, data="[1,2]") as response:
        assert response.status == 200
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.read()
        assert response.content.total_bytes == 2


async def test_cut_on_a_reused_connection_is_a_stale_keep_alive(
    proxy: FaultProxy, client: aiohttp.ClientSession
) -> None:
    """The first request goes through, the second finds its kept-alive connection closed and reaches nobody."""
    proxy.plan(Cut("up", 0), on("POST", reused=True))
    assert await post(client, proxy) == "[1]"
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await post(client, proxy)
    assert [request.forwarded for request in proxy.requests] == [True, False]
    assert proxy.accepted == 1


# Delay, late, replay, slice


@pytest.mark.parametrize("direction", ["up", "down"])
async def test_delay_holds_until_the_event(raw: Raw, direction: Direction) -> None:
    """Nothing passes in the direction before the event, everything after it."""
    release = asyncio.Event()
    raw.proxy.plan(Delay(direction, release))
    client = await raw.send()
    await eventually(lambda: raw.proxy.requests)
    await raw.pass_time()
    held = raw.proxy.requests[0]
    assert (held.passed["up"], held.passed["down"]) == (0 if direction == "up" else len(REQUEST), 0)
    assert client.received == b""
    release.set()
    await eventually(lambda: client.received == ANSWER)


async def test_delay_takes_its_time(proxy: FaultProxy, client: aiohttp.ClientSession) -> None:
    """A delay in seconds lasts them, and the answer is right."""
    proxy.plan(Delay("down", 0.05))
    before = asyncio.get_running_loop().time()
    assert await post(client, proxy) == "[1]"
    assert asyncio.get_running_loop().time() - before >= 0.05


async def test_delayed_request_arrives_without_its_client(raw: Raw) -> None:
    """A request held back reaches the server although its client gave up."""
    release = asyncio.Event()
    raw.proxy.plan(Delay("up", release))
    client = await raw.send()
    await eventually(lambda: raw.proxy.requests)
    client.transport.abort()
    release.set()
    await eventually(lambda: raw.servers and raw.servers[0].received == REQUEST)


@pytest.mark.parametrize("how", ["fin", "rst", "silence"])
async def test_late_request_arrives_after_the_end(raw: Raw, how: How) -> None:
    """The client's connection ends first, then its request is delivered, and its answer goes nowhere."""
    release = asyncio.Event()
    late = raw.proxy.plan(Late(release, how))
    client = await raw.send()
    await eventually(lambda: late.hits)
    await raw.pass_time()
    await eventually(lambda: client.ended == (None if how == "silence" else how))
    assert len(raw.servers) == 1
    assert not late.hits[0].forwarded
    release.set()
    await eventually(lambda: late.hits[0].status == 200)
    assert raw.servers[1].received == REQUEST
    assert client.received == b""


async def test_replay_delivers_twice_and_answers_once(raw: Raw) -> None:
    """The server sees the same bytes twice, the client one answer."""
    raw.proxy.plan(Replay())
    client = await raw.send()
    await eventually(lambda: client.received)
    assert [server.received for server in raw.servers] == [REQUEST, REQUEST]
    assert client.received == ANSWER
    assert len(raw.proxy.requests) == 1


@pytest.mark.parametrize("size", [1, 7])
@pytest.mark.parametrize("direction", ["up", "down"])
async def test_slice_delivers_in_small_runs(raw: Raw, direction: Direction, size: int) -> None:
    """A reader gets the direction in runs of that size, and all of it."""
    raw.proxy.plan(Slice(direction, size))
    client = await raw.send()
    await eventually(lambda: client.received == ANSWER)
    runs = (raw.servers[0] if direction == "up" else client).runs
    assert max(len(run) for run in runs) == size
    assert raw.servers[0].received == REQUEST


# Reply


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize(
    "reply",
    [
        Reply(502, b"<html>Bad Gateway</html>", "text/html"),
        Reply(200, b'{"id": 1, "sta'),
        Reply(200),
        Reply(200, b"null"),
        Reply(200, b"<html>Log in</html>", "text/html"),
        Reply(204),
        Reply(302, headers={"Location": "http://127.0.0.1:1/elsewhere"}),
        Reply(429, b"{}", headers={"Retry-After": "2"}),
        Reply(999, b"[" * 1_000_000),
    ],
    ids=lambda reply: f"{reply.status} {reply.body[:8]!r}",
)
async def test_reply_takes_the_place_of_the_answer(
    proxy: FaultProxy, client: aiohttp.ClientSession, reply: Reply, forward: bool
) -> None:
    """The client gets the injected answer, the server the request if so planned; the connection goes on."""
    proxy.plan(Reply(reply.status, reply.body, reply.content_type, reply.headers, forward))
    async with client.post(proxy.url, data="[1]", allow_redirects=False) as response:
        assert (response.status, await response.read()) == (reply.status, reply.body)
        assert response.content_type == reply.content_type
        assert reply.headers.items() <= response.headers.items()
    assert await post(client, proxy) == "[1]"
    assert [request.forwarded for request in proxy.requests] == [forward, True]
    assert [request.status for request in proxy.requests] == [200 if forward else None, 200]
    assert proxy.accepted == 1


async def test_reply_can_lie_about_its_length(proxy: FaultProxy, client: aiohttp.ClientSession) -> None:
    """An injected answer that promises more than it holds, then closes, is a truncated one."""
    proxy.plan(Reply(200, b"[1", headers={"Content-Length": "3"}, close="fin"))
    async with client.post(proxy.url) as response:
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.read()
