"""A watched balance is read until it is had, and no oftener than it may be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import ccxt
import pytest

from oms_ccxt_async import errors
from oms_ccxt_async.instrumentation.telemetry import Log
from oms_ccxt_pro.backoff import Backoff
from oms_ccxt_pro.calling import Caller
from oms_ccxt_pro.delivery import Consumer
from oms_ccxt_pro.rereading import Rereading
from oms_ccxt_pro.waiting import fetched
from tests.faults.eventually import eventually

TROUBLE = errors.no_answer("no connection", asked="the balance")
REFUSAL = errors.answered(403, {"code": "permission_denied"}, asked="the balance")


class Reads:
    """Answers reads with what it is given, the last one for ever.

    Attributes:
        times: when each read began.
    """

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.times: list[float] = []

    async def __call__(self) -> dict[str, Any]:
        self.times.append(asyncio.get_running_loop().time())
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return {"USDT": {"free": answer}, "timestamp": len(self.times)}


@asynccontextmanager
async def watched(reads: Reads, interval: float = 0.0) -> AsyncIterator[tuple[Rereading, Consumer]]:
    """A balance, and a consumer of it."""
    balance = Rereading("the balance", reads, interval, Backoff(0.001, 0.001, lambda: 1.0), Log())
    consumer, _ = balance.topic.consumer(None, Caller("a"), None, 0.0, lambda owner: False)
    async with asyncio.timeout(5):
        yield balance, consumer
    await balance.close(ValueError("closed"))


@pytest.mark.parametrize("trouble", [TROUBLE, errors.answered(404, None, asked="the balance"), ValueError("a defect")])
async def test_trouble_is_ridden_out(trouble: Exception) -> None:
    """Whatever fails but a refusal is tried again, and the consumer hears of the balance alone."""
    reads = Reads(trouble, trouble, trouble, 1.0)
    async with watched(reads) as (_, consumer):
        assert (await fetched([consumer]))[-1]["USDT"] == {"free": 1.0}
        assert len(reads.times) == 4


async def test_a_refusal_is_told_and_asked_again_for_the_next_call() -> None:
    """Nobody goes on trying; `ask_again` reads once more, and only after a refusal."""
    reads = Reads(REFUSAL, 1.0)
    async with watched(reads) as (balance, consumer):
        with pytest.raises(ccxt.PermissionDenied):
            await fetched([consumer])
        balance.ask_again()
        assert (await fetched([consumer]))[-1]["USDT"] == {"free": 1.0}
        balance.ask_again()
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(reads.times) == 2


async def test_reads_keep_their_distance() -> None:
    """However often it is asked for, and whether or not reads fail, a read begins an interval after the last one."""
    reads = Reads(1.0, TROUBLE, 2.0)
    async with watched(reads, 0.05) as (balance, consumer):
        await fetched([consumer])
        balance.ask()
        assert (await fetched([consumer]))[-1]["USDT"] == {"free": 2.0}
    first, second, third = reads.times
    assert second - first >= 0.049
    assert third - second >= 0.049


async def test_the_same_balance_is_not_news() -> None:
    """A balance that differs by its time alone is not told."""
    reads = Reads(1.0, 1.0, 2.0)
    async with watched(reads) as (balance, consumer):
        await fetched([consumer])
        for count in (2, 3):
            balance.ask()
            await eventually(lambda count=count: len(reads.times) >= count)  # type: ignore[misc]
        assert [each["USDT"]["free"] for each in await fetched([consumer])] == [2.0]


async def test_a_call_that_waits_at_the_end_gets_the_reason() -> None:
    """Closing ends the reading, and whoever waits learns why."""
    reads = Reads(1.0)
    async with watched(reads) as (balance, consumer):
        await fetched([consumer])
        call = asyncio.create_task(fetched([consumer]))
        await asyncio.sleep(0)
        await balance.close(ccxt.ExchangeClosedByUser("closed"))
        with pytest.raises(ccxt.ExchangeClosedByUser):
            await call
