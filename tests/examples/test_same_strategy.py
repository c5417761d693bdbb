"""examples/same_strategy.py: the same program on each kind of prices."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

import oms_ccxt_async
from examples.same_strategy import trade
from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.sandbox.candle_files import SAMPLE
from oms_ccxt_async.sandbox.rows import Deal, Order
from tests.faults.eventually import eventually
from tests.sandbox.conftest import Clock
from tests.sandbox.local_exchange import LocalExchange, venue

LATE_MS = int(datetime(2026, 6, 1, 22, tzinfo=UTC).timestamp() * 1000)


async def test_in_a_replay() -> None:
    """The last two hours of the sample's day are traded in seconds, by the recording's clock, until it ends; orders,
    deals and balance are the same in the program's books and in the OMS's."""
    async with Sandbox(candles=SAMPLE, speed=1440, start=LATE_MS) as sandbox:
        async with oms_ccxt_async.oms(sandbox.config(2)) as exchange:
            orders = await trade(exchange)
            balance = await exchange.fetch_balance()
        assert sandbox.oms.clock() == LATE_MS + 7_200_000
        stored, deals = sandbox.oms.storage.select(Order), sandbox.oms.storage.select(Deal)
    assert [order["id"] for order in orders] == [str(order.id) for order in stored]
    assert len(orders) > 3
    assert {order.status for order in stored} == {"FILLED"}
    assert all(LATE_MS <= deal.executed_ms <= LATE_MS + 7_200_000 for deal in deals)
    paid = sum(deal.qty * deal.price * (1 if deal.side == "buy" else -1) + (deal.fee or 0) for deal in deals)
    assert balance["USDT"]["total"] == pytest.approx(float(1_000_000 - paid), abs=1e-6)


async def test_on_paper() -> None:
    """On real prices it trades the same way: it buys when a candle closes above the mean, and outlives an outage."""
    clock = Clock()
    async with venue(clock) as told:
        await told.book([[999.5, 2]], [[1000, 1]])
        prices = LocalExchange({"options": {"url": told.url}})
        sandbox = Sandbox(prices=prices, clock=clock, stale_seconds=2)
        async with sandbox, oms_ccxt_async.oms(sandbox.config(2)) as exchange:
            orders = sandbox.oms.storage
            await exchange.fetch_order_book("BTC/USDT")
            await told.break_down("down")
            clock.now += 3000
            told.candles = rising(clock.now)
            told.state = "candles"
            trading = asyncio.create_task(trade(exchange))
            await eventually(lambda: orders.count(Order) >= 1)
            assert {order.status for order in orders.select(Order)} == {"REJECTED"}
            told.state = "up"
            await told.book([[999.5, 2]], [[1000, 1]])
            told.candles = rising(clock.now + 60_000)
            await eventually(lambda: orders.count(Deal) == 1)
            trading.cancel()
            await asyncio.wait([trading])


def rising(now: int) -> list[list[float]]:
    """Twenty minutes up to now in which the price rises."""
    return [[now - (20 - at) * 60_000, 990 + at, 991 + at, 989 + at, 990.5 + at, 1] for at in range(21)]
