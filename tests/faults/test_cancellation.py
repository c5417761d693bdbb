"""A call that is cancelled at any of its awaits, and made again: the OMS has one order."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, get_args

import pytest

import oms_ccxt_pro
from tests.faults.desk import LIMIT, Desk
from tests.faults.stepping import Stepped, When

Calls = dict[str, Callable[[Any, str], Coroutine[Any, Any, Any]]]
BATCH = [
    {"symbol": "BTC/USDT", "type": "limit", "side": "buy", "amount": 0.01, "price": 40_000},
    {"symbol": "BTC/USDT", "type": "limit", "side": "buy", "amount": 0.02, "price": 40_000},
]
CALLS: Calls = {
    "create_order": lambda exchange, _: exchange.create_order(*LIMIT),
    "create_order, own id": lambda exchange, key: exchange.create_order(*LIMIT, {"clientOrderId": key}),
    "create_orders": lambda exchange, _: exchange.create_orders(BATCH),
    "create_order_ws": lambda exchange, _: exchange.create_order_ws(*LIMIT),
    "market order": lambda exchange, _: exchange.create_order("BTC/USDT", "market", "buy", 0.01),
}


@contextlib.asynccontextmanager
async def pro(made: Desk, **options: Any) -> AsyncIterator[Any]:
    """A pro exchange on the desk."""
    config = made.sandbox.config(account_id=1)
    config["options"] |= {"settleTimeout": 2_000, "reconcile": 20, "base_url": made.proxy.url, **options}
    async with oms_ccxt_pro.oms(config) as exchange:
        yield exchange


@pytest.mark.timeout(180)
@pytest.mark.parametrize("when", get_args(When))
@pytest.mark.parametrize("fresh", [False, True], ids=["markets loaded", "nothing known"])
@pytest.mark.parametrize("name", CALLS)
async def test_cancelled_at_every_step_and_made_again(either: Desk, name: str, fresh: bool, when: When) -> None:
    """Wherever a create is cancelled, the identical call afterwards returns its order, and there is no second one."""
    wanted = 2 if name == "create_orders" else 1
    for at in itertools.count(1):
        async with pro(either) as exchange:
            if not fresh:
                await exchange.load_markets()
            known = {row["id"] for row in await either.orders()}
            cancelled = Stepped(CALLS[name](exchange, f"mine-{at}"), at, when)
            try:
                told = await cancelled
            except asyncio.CancelledError:
                told = await CALLS[name](exchange, f"mine-{at}")
            rows = [row for row in await either.orders() if row["id"] not in known]
            orders = told if isinstance(told, list) else [told]
            assert [row["id"] for row in rows] == [int(order["id"]) for order in orders], f"cancelled at step {at}"
            assert len(rows) == wanted
            assert await CALLS[name](exchange, f"next-{at}") != told, "an order is handed out once"
        if not cancelled.hit:
            break
    assert at > (3 if fresh else 1)


@pytest.mark.parametrize("when", get_args(When))
async def test_close_position_is_cancelled_at_every_step(either: Desk, when: When) -> None:
    """Wherever closing a position is cancelled, the identical call afterwards returns the order that closes it."""
    for at in itertools.count(1):
        async with pro(either) as exchange:
            await exchange.create_order("BTC/USDT:USDT", "market", "buy", 0.01)
            known = {row["id"] for row in await either.orders()}
            cancelled = Stepped(exchange.close_position("BTC/USDT:USDT"), at, when)
            try:
                told = await cancelled
            except asyncio.CancelledError:
                told = await exchange.close_position("BTC/USDT:USDT")
            [row] = [row for row in await either.orders() if row["id"] not in known]
            assert row["id"] == int(told["id"])
            assert await exchange.fetch_positions() == []
        if not cancelled.hit:
            break
    assert at > 1
