"""One request on the wire: what comes back is believed only when it is whole, and the key stays where it belongs."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import SimpleNamespace
from typing import Any

import aiohttp
import ccxt
import ccxt.async_support
import orjson
import pytest
from aioresponses import aioresponses

from oms_ccxt_async.errors import Fate, fate_of
from oms_ccxt_async.wire.retry import Kind, RetryPolicy
from tests.faults.eventually import eventually
from tests.oms_ccxt_async.scripted import (
    GOOD,
    RESET,
    SILENCE,
    Act,
    Clock,
    Scripted,
    answer,
    driving,
    failure,
    free_port,
    order,
    read,
    then_close,
)
from tests.oms_ccxt_async.support import ccxt_class

REFUSED, NOT_DONE, UNKNOWN = Fate.REFUSED, Fate.NOT_DONE, Fate.UNKNOWN
ATTEMPTS = RetryPolicy().attempts
REQUESTS = {Kind.READ: read(), Kind.REPEATABLE: order(Kind.REPEATABLE), Kind.ONCE: order(Kind.ONCE)}


def attempts(kind: Kind, fate: Fate) -> int:
    """How often a request of this kind goes out when every attempt fails with this fate."""
    return 1 if fate is REFUSED or (fate is UNKNOWN and kind is Kind.ONCE) else ATTEMPTS


# The table of answers, on aioresponses


class _Response(aiohttp.ClientResponse):
    """aioresponses does not know the argument that aiohttp 3.14 added (its issue 289)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, stream_writer=SimpleNamespace(output_size=0), **kwargs)  # type: ignore[arg-type]


@pytest.fixture
def mocked() -> Iterator[aioresponses]:
    with aioresponses() as mocked:
        yield mocked


OMS = "http://oms.test:8000"
HTML = b"<html><body>502 Bad Gateway</body></html>"
DETAIL = {"code": "internal_error", "message": "paper insufficient balance"}
TABLE: list[tuple[str, int, bytes, str, type[Exception], Fate]] = [
    ("HTML", 200, HTML, "text/html", ccxt.BadResponse, UNKNOWN),
    ("HTML that claims to be JSON", 200, HTML, "application/json", ccxt.BadResponse, UNKNOWN),
    ("JSON that claims to be HTML", 200, b'{"items":[],"results":[]}', "text/html", ccxt.BadResponse, UNKNOWN),
    ("truncated", 200, b'{"items":[],"results":[{"ok":tr', "application/json", ccxt.BadResponse, UNKNOWN),
    ("empty", 200, b"", "application/json", ccxt.BadResponse, UNKNOWN),
    ("null", 200, b"null", "application/json", ccxt.BadResponse, UNKNOWN),
    ("a list", 200, b"[]", "application/json", ccxt.BadResponse, UNKNOWN),
    ("a string", 200, b'"ok"', "application/json", ccxt.BadResponse, UNKNOWN),
    ("two values", 200, b'{"items":[]}{"items":[]}', "application/json", ccxt.BadResponse, UNKNOWN),
    ("NaN", 200, b'{"items":[NaN],"results":[NaN]}', "application/json", ccxt.BadResponse, UNKNOWN),
    ("too deep", 200, b"[" * 100_000, "application/json", ccxt.BadResponse, UNKNOWN),
    ("not UTF-8", 200, b'{"items":["\xff"],"results":["\xff"]}', "application/json", ccxt.BadResponse, UNKNOWN),
    ("another key", 200, b'{"data":[]}', "application/json", ccxt.BadResponse, UNKNOWN),
    ("no list", 200, b'{"items":null,"results":{}}', "application/json", ccxt.BadResponse, UNKNOWN),
    ("not ok", 200, b'{"ok":false,"items":[],"results":[]}', "application/json", ccxt.BadResponse, UNKNOWN),
    ("words", 200, b'{"detail":"Not Found"}', "application/json", ccxt.BadResponse, UNKNOWN),
    ("an error", 200, orjson.dumps({"detail": DETAIL}), "application/json", ccxt.InsufficientFunds, REFUSED),
    (
        "an error",
        200,
        orjson.dumps({"ok": False, "error": DETAIL}),
        "application/json",
        ccxt.InsufficientFunds,
        REFUSED,
    ),
    ("empty", 204, b"", "application/json", ccxt.BadResponse, UNKNOWN),
    ("HTML", 207, HTML, "text/html", ccxt.BadResponse, UNKNOWN),
    ("empty", 302, b"", "text/html", ccxt.ExchangeError, REFUSED),
    ("empty", 303, b"", "text/html", ccxt.ExchangeError, UNKNOWN),
    ("a good body", 307, b'{"items":[],"results":[]}', "application/json", ccxt.ExchangeError, REFUSED),
    ("a dict", 400, orjson.dumps({"detail": DETAIL}), "application/json", ccxt.InsufficientFunds, REFUSED),
    ("a good body", 400, b'{"items":[],"results":[]}', "application/json", ccxt.BadRequest, REFUSED),
    ("HTML", 401, HTML, "text/html", ccxt.AuthenticationError, REFUSED),
    ("a dict", 403, b'{"detail":{"code":"permission_denied"}}', "application/json", ccxt.PermissionDenied, REFUSED),
    ("a string", 404, b'{"detail":"Not Found"}', "application/json", ccxt.NotSupported, REFUSED),
    ("HTML", 404, HTML, "text/html", ccxt.NotSupported, REFUSED),
    ("HTML", 408, HTML, "text/html", ccxt.RequestTimeout, UNKNOWN),
    ("empty", 409, b"", "text/html", ccxt.OperationRejected, UNKNOWN),
    ("a list", 422, b'{"detail":[{"loc":["body"],"msg":"no"}]}', "application/json", ccxt.BadRequest, REFUSED),
    ("empty", 429, b"", "text/html", ccxt.DDoSProtection, NOT_DONE),
    ("HTML", 500, HTML, "text/html", ccxt.ExchangeNotAvailable, UNKNOWN),
    ("truncated", 500, b'{"detail":{"co', "application/json", ccxt.ExchangeNotAvailable, UNKNOWN),
    ("a good body", 500, b'{"items":[],"results":[]}', "application/json", ccxt.ExchangeNotAvailable, UNKNOWN),
    ("HTML", 502, HTML, "text/html", ccxt.ExchangeNotAvailable, UNKNOWN),
    ("a dict", 502, orjson.dumps({"detail": DETAIL}), "application/json", ccxt.InsufficientFunds, REFUSED),
    ("HTML", 503, HTML, "text/html", ccxt.ExchangeNotAvailable, UNKNOWN),
    ("a dict", 503, b'{"detail":{"code":"dispatcher_timeout"}}', "application/json", ccxt.RequestTimeout, UNKNOWN),
    ("HTML", 504, HTML, "text/html", ccxt.RequestTimeout, UNKNOWN),
]


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize(
    ("shape", "status", "body", "content_type", "error", "fate"),
    TABLE,
    ids=[f"{row[1]} with {row[0]}" for row in TABLE],
)
async def test_answer(
    mocked: aioresponses,
    kind: Kind,
    shape: str,
    status: int,
    body: bytes,
    content_type: str,
    error: type[Exception],
    fate: Fate,
) -> None:
    """Status and body decide class and fate; fate and kind decide how often the request goes out."""
    request = REQUESTS[kind]
    mocked.add(
        OMS + request.path,
        request.method,
        status=status,
        body=body,
        content_type=content_type,
        response_class=_Response,
        repeat=True,
    )
    async with driving(OMS) as (_, transport):
        raised = await failure(transport, request)
    assert (ccxt_class(raised), fate_of(raised)) == (error, fate)
    assert (raised.attempts, raised.doubted) == (attempts(kind, fate), fate is UNKNOWN)
    assert sum(map(len, mocked.requests.values())) == attempts(kind, fate)


@pytest.mark.parametrize("status", [200, 201, 207])
@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "application/x+json"])
async def test_good_answer(mocked: aioresponses, status: int, content_type: str) -> None:
    """A whole JSON object with the expected key is a success, also as 207 (some items of a batch failed)."""
    body = {"results": [{"index": 0, "ok": False}]}
    mocked.post(
        OMS + "/oms/commands",
        status=status,
        body=orjson.dumps(body),
        content_type=content_type,
        response_class=_Response,
    )
    async with driving(OMS) as (_, transport):
        assert await transport.send(order()) == body


# What needs sockets

BAD_ANSWERS: list[tuple[str, Act, type[Exception], Fate]] = [
    ("reset before the headers", RESET, ccxt.ExchangeNotAvailable, UNKNOWN),
    ("closed before the headers", then_close(b""), ccxt.ExchangeNotAvailable, UNKNOWN),
    ("closed in the headers", then_close(b"HTTP/1.1 200 OK\r\nContent-Le"), ccxt.ExchangeNotAvailable, UNKNOWN),
    ("closed in the body", then_close(GOOD[:-3]), ccxt.ExchangeNotAvailable, UNKNOWN),
    (
        "closed in a chunk",
        then_close(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n{"items":'),
        ccxt.ExchangeNotAvailable,
        UNKNOWN,
    ),
    ("more than declared", answer(200, b'{"items":[]}', {"Content-Length": "5"}), ccxt.BadResponse, UNKNOWN),
    ("another protocol", b"SSH-2.0-OpenSSH_9\r\n\r\n", ccxt.BadResponse, UNKNOWN),
    ("a bad status line", b"HTTP/1.1 abc def\r\n\r\n", ccxt.BadResponse, UNKNOWN),
    ("a bad header", b"HTTP/1.1 200 OK\r\nfoo\x00bar\r\n\r\n", ccxt.BadResponse, UNKNOWN),
    ("a giant header", b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", ccxt.BadResponse, UNKNOWN),
    ("a negative length", answer(200, b"{}", {"Content-Length": "-5"}), ccxt.BadResponse, UNKNOWN),
    ("bad gzip", answer(200, b"no gzip", {"Content-Encoding": "gzip"}), ccxt.ExchangeNotAvailable, UNKNOWN),
    ("an upgrade", b"HTTP/1.1 101 Switching Protocols\r\n\r\n", ccxt.BadResponse, UNKNOWN),
    ("a giant body", answer(200, b'{"items":[' + b"0," * 200_000 + b"0]}"), ccxt.BadResponse, UNKNOWN),
    (
        "a gzip bomb",
        answer(200, gzip.compress(b" " * 50_000_000), {"Content-Encoding": "gzip"}),
        ccxt.BadResponse,
        UNKNOWN,
    ),
]


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize(("what", "act", "error", "fate"), BAD_ANSWERS, ids=[row[0] for row in BAD_ANSWERS])
async def test_answer_that_is_broken(kind: Kind, what: str, act: Act, error: type[Exception], fate: Fate) -> None:
    """An answer that is not whole, not HTTP or not small enough proves nothing; an order is not sent again."""
    async with Scripted(act) as server, driving(server.url, options={"maxResponseBytes": 100_000}) as (_, transport):
        raised = await failure(transport, REQUESTS[kind])
        assert len(server.seen) == attempts(kind, fate)
    assert (ccxt_class(raised), fate_of(raised), raised.attempts) == (error, fate, attempts(kind, fate))


async def test_answer_after_an_interim_one() -> None:
    """A 100 Continue is not the answer."""
    async with Scripted(b"HTTP/1.1 100 Continue\r\n\r\n" + GOOD) as server, driving(server.url) as (_, transport):
        assert (await transport.send(read()))["items"] == []


async def test_broken_answer_is_followed_by_a_good_one() -> None:
    """A read survives failures, on new connections; what the caller gets is the good answer."""
    async with Scripted(RESET, then_close(GOOD[:-3]), GOOD) as server, driving(server.url) as (_, transport):
        assert (await transport.send(read()))["items"] == []
        assert len(server.seen) == 3


@pytest.mark.parametrize("kind", Kind)
async def test_server_that_does_not_answer(kind: Kind) -> None:
    """Silence ends with a RequestTimeout after the exchange's `timeout`, and leaves the outcome open."""
    async with Scripted(SILENCE) as server, driving(server.url, timeout=50) as (_, transport):
        raised = await failure(transport, REQUESTS[kind])
        assert len(server.seen) == 1
    assert (ccxt_class(raised), fate_of(raised)) == (ccxt.RequestTimeout, UNKNOWN)


async def test_deadline_covers_the_retries() -> None:
    """A request ends when the exchange's `timeout` does, however many attempts are left."""
    async with Scripted(SILENCE) as server, driving(server.url, timeout=100) as (_, transport):
        loop = asyncio.get_running_loop()
        began = loop.time()
        await failure(transport, read())
        assert loop.time() - began < 0.15
        assert len(server.seen) == 1


@asynccontextmanager
async def _nobody() -> AsyncIterator[str]:
    yield f"http://127.0.0.1:{free_port()}"


@asynccontextmanager
async def _no_name() -> AsyncIterator[str]:
    yield "http://no-such-host.invalid:8000"


@asynccontextmanager
async def _no_tls() -> AsyncIterator[str]:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@asynccontextmanager
async def _hang_up() -> AsyncIterator[str]:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("place", [_nobody, _no_name, _no_tls, _hang_up])
async def test_request_that_cannot_leave(kind: Kind, place: Callable[[], AbstractAsyncContextManager[str]]) -> None:
    """Refused connection, DNS and TLS failures are proof that nothing was sent: even an order is tried again."""
    async with place() as url, driving(url) as (_, transport):
        raised = await failure(transport, REQUESTS[kind])
    assert (ccxt_class(raised), fate_of(raised)) == (ccxt.ExchangeNotAvailable, NOT_DONE)
    assert (raised.attempts, raised.doubted) == (ATTEMPTS, False)
    assert url in str(raised)


async def test_connection_that_takes_too_long() -> None:
    """A deadline that passes before the order's first byte left is proof as well."""
    with socket.create_server(("127.0.0.1", 0)) as never_answers:
        async with driving(f"https://127.0.0.1:{never_answers.getsockname()[1]}", timeout=100) as (_, transport):
            raised = await failure(transport, order())
    assert (ccxt_class(raised), fate_of(raised)) == (ccxt.RequestTimeout, NOT_DONE)


async def test_doubt_of_an_earlier_attempt_is_kept() -> None:
    """A repeatable command that may have been done says so, although its last attempt did not leave."""

    async def go_away(writer: asyncio.StreamWriter) -> None:
        server.stop_listening()
        writer.close()

    async with Scripted(go_away) as server, driving(server.url) as (_, transport):
        raised = await failure(transport, order(Kind.REPEATABLE))
        assert len(server.seen) == 1
    assert (fate_of(raised), raised.attempts, raised.doubted) == (NOT_DONE, ATTEMPTS, True)


async def test_retries_are_paid_from_a_budget() -> None:
    """When the purse is empty, requests fail after their first attempt."""
    policy = {"budget": 2, "budgetRatio": 0, "attempts": 3}
    async with Scripted(answer(500)) as server, driving(server.url, options={"retry": policy}) as (_, transport):
        made = [(await failure(transport, read())).attempts for _ in range(3)]
    assert made == [3, 1, 1]


async def test_circuit_reports_at_once_while_nobody_listens() -> None:
    """After the failures that it allows for, nothing is sent until the cooldown is over; then one request tries."""
    clock = Clock()
    policy = {"circuitFailures": 2, "circuitCooldown": 1_000, "attempts": 2}
    async with _nobody() as url, driving(url, clock=clock, options={"retry": policy}) as (_, transport):
        assert (await failure(transport, read())).attempts == 2
        barred = await failure(transport, order())
        assert (ccxt_class(barred), fate_of(barred), barred.attempts) == (ccxt.ExchangeNotAvailable, NOT_DONE, 0)
        clock.now += 1.5
        assert (await failure(transport, read())).attempts == 1


async def test_rate_limiter_that_refuses() -> None:
    """What a user's own `throttle` raises reaches the caller."""
    async with Scripted() as server, driving(server.url, enableRateLimit=True) as (exchange, transport):

        async def throttle(cost: float) -> None:
            raise ccxt.RateLimitExceeded("not now")

        exchange.throttle = throttle
        assert isinstance(await failure(transport, order()), ccxt.RateLimitExceeded)
        assert server.connections == 0


async def test_a_hook_that_breaks_before_anything_leaves() -> None:
    """A `throttle` or a proxy callback with a mistake in it: nothing was sent, and that is what is told."""
    async with Scripted() as server, driving(server.url, enableRateLimit=True) as (exchange, transport):

        async def throttle(cost: float) -> None:
            raise KeyError("a mistake")

        exchange.throttle = throttle
        raised = await failure(transport, order())
        assert (fate_of(raised), raised.doubted, server.connections) == (Fate.NOT_DONE, False, 0)
        assert "KeyError('a mistake')" in str(raised)
        exchange.enableRateLimit = False
        exchange.httpProxyCallback = lambda *_: 1 / 0
        raised = await failure(transport, order())
        assert (fate_of(raised), raised.doubted, server.connections) == (Fate.NOT_DONE, False, 0)


async def test_a_hook_that_refuses_the_repeat_says_nothing_of_the_first_attempt() -> None:
    """The answer is lost, and `throttle` refuses the next attempt with an error of ccxt's: the fate is unknown."""
    async with Scripted(RESET) as server, driving(server.url, enableRateLimit=True) as (exchange, transport):
        calls = itertools.count()

        async def throttle(cost: float) -> None:
            if next(calls):
                raise ccxt.InvalidOrder("not again")

        exchange.throttle = throttle
        raised = await failure(transport, order(Kind.REPEATABLE))
        assert (fate_of(raised), raised.doubted, len(server.seen)) == (Fate.UNKNOWN, True, 1)
        assert isinstance(raised.__cause__, ccxt.InvalidOrder)


async def test_cancellation_propagates() -> None:
    """A cancelled request is cancelled, not failed, and is not sent again."""
    async with Scripted(SILENCE) as server, driving(server.url) as (_, transport):
        task = asyncio.create_task(transport.send(read()))
        await eventually(lambda: server.seen)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert len(server.seen) == 1


@pytest.mark.parametrize("kind", Kind)
async def test_closing_ends_a_request_under_way(kind: Kind) -> None:
    """A request that was sent before the exchange was closed may have been done, and says so."""
    async with Scripted(SILENCE) as server, driving(server.url) as (exchange, transport):
        task = asyncio.create_task(failure(transport, REQUESTS[kind]))
        await eventually(lambda: server.seen)
        transport.end()
        await exchange.close()
        raised = await task
        assert len(server.seen) == 1
    assert (ccxt_class(raised), fate_of(raised), raised.doubted) == (ccxt.ExchangeClosedByUser, UNKNOWN, True)


async def test_answer_that_comes_while_closing_is_the_truth() -> None:
    """A refusal that arrives after `end()` is a refusal."""
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def refuse(writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await go_on.wait()
        writer.write(answer(400, {"detail": DETAIL}))

    async with Scripted(refuse) as server, driving(server.url) as (_, transport):
        task = asyncio.create_task(failure(transport, order()))
        await arrived.wait()
        transport.end()
        go_on.set()
        assert fate_of(await task) is REFUSED


@pytest.mark.parametrize(("script", "sent"), [((RESET,), True), ((answer(429, b"", {"Retry-After": "9"}),), False)])
async def test_closing_ends_a_wait_at_once(script: tuple[Act, ...], sent: bool) -> None:
    """Who waits for a retry does not hold up the end; whether something may have been done is not forgotten."""
    waiting = asyncio.Event()

    async def forever(seconds: float) -> None:
        waiting.set()
        await asyncio.get_running_loop().create_future()

    async with Scripted(*script) as server, driving(server.url, sleep=forever, timeout=20_000) as (_, transport):
        task = asyncio.create_task(failure(transport, order(Kind.REPEATABLE)))
        await waiting.wait()
        transport.end()
        raised = await asyncio.wait_for(task, 1)
        assert len(server.seen) == 1
    assert (ccxt_class(raised), raised.doubted) == (ccxt.ExchangeClosedByUser, sent)
    assert fate_of(raised) is (UNKNOWN if sent else NOT_DONE)


async def test_nothing_is_sent_after_the_end() -> None:
    """A transport that has ended refuses everything, and nothing was done by it."""
    async with Scripted() as server, driving(server.url) as (_, transport):
        transport.end()
        raised = await failure(transport, order())
        assert server.connections == 0
    assert (ccxt_class(raised), fate_of(raised)) == (ccxt.ExchangeClosedByUser, NOT_DONE)
