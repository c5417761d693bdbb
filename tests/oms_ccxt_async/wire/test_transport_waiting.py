"""What requests wait for before they leave: the pauses that an OMS asks for, and the rate limit."""

from __future__ import annotations

import asyncio

import ccxt
import pytest

from oms_ccxt_async.errors import Fate, fate_of
from oms_ccxt_async.wire.retry import RetryPolicy
from tests.faults.eventually import eventually
from tests.oms_ccxt_async.scripted import GOOD, Clock, Scripted, answer, driving, failure, order, read
from tests.oms_ccxt_async.support import ccxt_class

NOT_DONE = Fate.NOT_DONE


@pytest.mark.parametrize("status", [418, 429, 503])
@pytest.mark.parametrize(
    ("value", "seconds"), [("2", 2.0), ("Thu, 01 Jan 1970 00:16:43 GMT", 3.0), ("soon", None), ("0", 0.0)]
)
async def test_retry_after_pauses_every_request(status: int, value: str, seconds: float | None) -> None:
    """Overload with a Retry-After holds back all requests of the instance; without one, backoff does."""
    clock = Clock()
    script = (answer(status, b"", {"Retry-After": value}), GOOD)
    async with (
        Scripted(*script) as server,
        driving(server.url, clock=clock, wall=clock, sleep=clock.sleep, timeout=1_000) as (exchange, transport),
    ):
        raised = await failure(transport, order()) if seconds and seconds > 1 else None
        exchange.timeout = 5_000
        assert raised is None or raised.retry_after == seconds * 1000  # type: ignore[operator]
        assert (await transport.send(read()))["items"] == []
    waited = sum(clock.slept)
    assert waited == pytest.approx(seconds) if seconds else waited == RetryPolicy().base * 0.5 / 1000


async def test_pause_that_outlasts_the_deadline_fails_at_once() -> None:
    """During a long pause a request is not sent and not waited with: its caller learns how long it is."""
    clock = Clock()
    async with (
        Scripted(answer(503, b"", {"Retry-After": "20"})) as server,
        driving(server.url, clock=clock, sleep=clock.sleep) as (_, transport),
    ):
        await failure(transport, read())
        raised = await failure(transport, order())
        assert len(server.seen) == 1
    assert (ccxt_class(raised), fate_of(raised), raised.retry_after) == (ccxt.DDoSProtection, NOT_DONE, 20_000)
    assert clock.slept == []


async def test_absurd_retry_after_is_capped() -> None:
    """A Retry-After of a day fails the call, and pauses the instance for no longer than the policy allows."""
    clock = Clock()
    policy = {"retryAfterCap": 3_000}
    async with (
        Scripted(answer(429, b"", {"Retry-After": "86400"}), GOOD) as server,
        driving(server.url, clock=clock, sleep=clock.sleep, options={"retry": policy}) as (_, transport),
    ):
        assert (await failure(transport, read())).retry_after == 86_400_000
        await transport.send(read())
    assert clock.slept == [3]


async def test_pause_that_is_prolonged_meanwhile() -> None:
    """Who waits out a pause looks again afterwards: the OMS may have asked for more."""
    clock, prolong = Clock(), asyncio.Event()

    async def later(writer: asyncio.StreamWriter) -> None:
        await prolong.wait()
        writer.write(answer(429, b"", {"Retry-After": "5"}))

    async def sleep(seconds: float) -> None:
        prolong.set()
        await asyncio.wait([second])
        await clock.sleep(seconds)

    config = {"retry": {"attempts": 1}}
    async with (
        Scripted(later, answer(429, b"", {"Retry-After": "1"}), GOOD) as server,
        driving(server.url, clock=clock, sleep=sleep, options=config, timeout=9_000) as (_, transport),
    ):
        second = asyncio.create_task(failure(transport, read()))
        await eventually(lambda: server.seen)
        await failure(transport, read())
        await transport.send(read())
    assert clock.slept == [1, 4]


async def test_rate_limit_throttles() -> None:
    """`enableRateLimit` and `rateLimit` space the requests, as ccxt users know it."""
    loop = asyncio.get_running_loop()
    async with Scripted() as server, driving(server.url, enableRateLimit=True, rateLimit=50) as (_, transport):
        began = loop.time()
        await asyncio.gather(*(transport.send(read()) for _ in range(4)))
        assert loop.time() - began > 0.1
        assert len(server.seen) == 4


async def test_rate_limit_that_outlasts_the_deadline() -> None:
    """A request whose turn does not come in time was not sent."""
    async with (
        Scripted() as server,
        driving(server.url, enableRateLimit=True, rateLimit=60_000) as (exchange, transport),
    ):
        await transport.send(read())
        exchange.timeout = 50
        raised = await failure(transport, order())
        assert len(server.seen) == 1
    assert (ccxt_class(raised), fate_of(raised)) == (ccxt.RequestTimeout, NOT_DONE)
