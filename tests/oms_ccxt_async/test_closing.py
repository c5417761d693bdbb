"""Closing positions of an OMS of either profile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal

import ccxt
import pytest
import pytest_asyncio

import oms_ccxt_async
from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.sandbox.rows import HELD, Order, Position
from tests.oms_ccxt_async.support import settle

pytestmark = pytest.mark.asyncio(loop_scope="session")

oms = oms_ccxt_async.oms
SYMBOL = "BTC/USDT:USDT"


@pytest_asyncio.fixture(loop_scope="session")
async def hedge(sandbox: Sandbox) -> AsyncIterator[oms]:
    """A driver of the hedge account (1), where no position is open."""
    settle(sandbox)
    with sandbox.oms.transaction([1]):
        for position in sandbox.oms.storage.select(Position, account_id=1, state=HELD):
            position.state = "closed"
            sandbox.oms.storage.save(position)
    async with oms(sandbox.config(account_id=1)) as exchange:
        yield exchange


async def opened(exchange: oms, sandbox: Sandbox, *sides: str) -> list[str]:
    """Open a position of 0.02 for each side; their ids."""
    for side in sides:
        await exchange.create_order(SYMBOL, "market", side, 0.02)
    settle(sandbox)
    return [position["id"] for position in await exchange.fetch_positions([SYMBOL])]


async def test_the_only_position_is_closed(hedge: oms, sandbox: Sandbox) -> None:
    """A symbol is enough for the only position in it; the answer is the whole order that closes it."""
    [position_id] = await opened(hedge, sandbox, "buy")
    order = await hedge.close_position(SYMBOL)
    assert set(order) >= set(ccxt.Exchange().safe_order({}))
    assert (order["symbol"], order["side"], order["type"], order["amount"]) == (SYMBOL, "sell", "market", 0.02)
    [row] = sandbox.oms.storage.select(Order, id=int(order["id"]))
    assert (row.position_id, row.reduce_only, row.qty) == (int(position_id), True, Decimal("0.02"))
    settle(sandbox)
    assert (await hedge.fetch_order(order["id"]))["status"] == "closed"
    if sandbox.oms.full:
        assert await hedge.fetch_positions([SYMBOL]) == []
        with pytest.raises(ccxt.InvalidOrder, match="closed already"):
            await hedge.close_position(SYMBOL, None, {"position_id": position_id})


async def test_several_positions_have_to_be_named(hedge: oms, sandbox: Sandbox) -> None:
    """Of several positions one is chosen by side or id, never by chance."""
    long, other, short = await opened(hedge, sandbox, "buy", "buy", "sell")
    for side in (None, "long", "buy"):
        with pytest.raises(ccxt.ArgumentsRequired) as caught:
            await hedge.close_position(SYMBOL, side)
        assert long in str(caught.value)
        assert other in str(caught.value)
    assert (await hedge.close_position(SYMBOL, "short"))["info"]
    order = await hedge.closePosition(SYMBOL, None, {"position_id": other, "amount": "0.01"})
    closings = sandbox.oms.storage.select(Order, account_id=1, reduce_only=True)[-2:]
    assert [(row.position_id, row.side, row.qty) for row in closings] == [
        (int(short), "buy", Decimal("0.02")),
        (int(other), "sell", Decimal("0.01")),
    ]
    assert order["amount"] == 0.01


async def test_a_position_is_closed_with_a_limit(hedge: oms, sandbox: Sandbox) -> None:
    """`type`, `price` and a client order id of the caller's go to the order that closes."""
    await opened(hedge, sandbox, "buy")
    key = f"close-{hedge.milliseconds()}"
    params = {"type": "limit", "price": "70000.5", "clientOrderId": key, "comment": "out"}
    order = await hedge.close_position(SYMBOL, "long", params)
    assert (order["status"], order["price"], order["clientOrderId"]) == ("open", 70_000.5, key)
    [row] = sandbox.oms.storage.select(Order, client_order_id=key)
    assert row.comment == "out"
    await hedge.cancel_order(order["id"])


async def test_nothing_to_close(hedge: oms) -> None:
    """Where nothing is open, or the side is none, nothing is sent."""
    with pytest.raises(ccxt.InvalidOrder, match="no short position"):
        await hedge.close_position(SYMBOL, "short")
    with pytest.raises(ccxt.BadRequest, match="long or short"):
        await hedge.close_position(SYMBOL, "up")
    with pytest.raises(ccxt.BadRequest, match="no position"):
        await hedge.close_position(SYMBOL, None, {"position_id": 98_765_432})
    assert await hedge.close_all_positions() == []


async def test_all_positions_are_closed(hedge: oms, sandbox: Sandbox) -> None:
    """Every position gets its closing order; on a full OMS nothing is open afterwards."""
    held = await opened(hedge, sandbox, "buy", "sell", "sell")
    left = await hedge.close_all_positions()
    closings = sandbox.oms.storage.select(Order, account_id=1, reduce_only=True)[-3:]
    assert sorted(str(row.position_id) for row in closings) == sorted(held)
    if sandbox.oms.full:
        assert left == []


async def test_a_position_is_closed_for_its_strategy(sandbox: Sandbox) -> None:
    """The order that closes is of the position's strategy; params or options choose among strategies."""
    async with oms(sandbox.config(3)) as exchange:
        for strategy_id in (1, 2):
            await exchange.create_order(SYMBOL, "market", "buy", 0.02, None, {"strategy_id": strategy_id})
        settle(sandbox)
        with pytest.raises(ccxt.ArgumentsRequired):
            await exchange.close_position(SYMBOL)
        second = await exchange.close_position(SYMBOL, None, {"strategy_id": 2})
        [position] = await exchange.fetch_positions([SYMBOL], {"strategy_id": 1})
        first = await exchange.close_position(SYMBOL, None, {"position_id": position["id"]})
        rows = [sandbox.oms.storage.get(Order, id=int(order["id"])) for order in (first, second)]
        assert [row.strategy_id for row in rows if row is not None] == [1, 2]
