"""The methods on positions, on an OMS of either profile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal

import ccxt
import pytest
import pytest_asyncio

import oms_ccxt_async
from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.sandbox.rows import HELD, Order, Position
from tests.faults.eventually import eventually
from tests.faults.plan import Cut, Delay, on
from tests.oms_ccxt_async.support import settle, wired

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


async def opened(exchange: oms, sandbox: Sandbox, *orders: tuple[str, float]) -> list[str]:
    """Open a position for each side and amount; their ids."""
    for side, amount in orders:
        await exchange.create_order(SYMBOL, "market", side, amount)
    settle(sandbox)
    return [position["id"] for position in await exchange.fetch_positions([SYMBOL])]


def held(sandbox: Sandbox, position_id: str) -> Position:
    """A position as the OMS has it."""
    [position] = sandbox.oms.storage.select(Position, id=int(position_id))
    return position


async def test_the_only_position_is_closed(hedge: oms, sandbox: Sandbox) -> None:
    """A symbol is enough for the only position in it; the answer is the whole order that closes it."""
    [position_id] = await opened(hedge, sandbox, ("buy", 0.02))
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
    long, other, short = await opened(hedge, sandbox, ("buy", 0.02), ("buy", 0.02), ("sell", 0.02))
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
    await opened(hedge, sandbox, ("buy", 0.02))
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
    held = await opened(hedge, sandbox, ("buy", 0.02), ("sell", 0.02), ("sell", 0.02))
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


async def test_close_by(hedge: oms, sandbox: Sandbox) -> None:
    """Two opposite positions lose what the smaller one has, or the amount; the answer is both as they are then."""
    long, short = await opened(hedge, sandbox, ("buy", 0.05), ("sell", 0.02))
    left = await hedge.closeBy(long, short, "0.005")
    assert [(position["id"], position["contracts"]) for position in left] == [(long, 0.045), (short, 0.015)]
    left = await hedge.close_by(long, short)
    assert [position["contracts"] for position in left] == [0.03, 0]
    assert held(sandbox, long).qty == Decimal("0.03")
    assert held(sandbox, short).state == "closed"


async def test_close_by_is_refused(hedge: oms, sandbox: Sandbox) -> None:
    """Positions on the same side stay as they are."""
    one, other = await opened(hedge, sandbox, ("buy", 0.01), ("buy", 0.02))
    with pytest.raises(ccxt.ExchangeError):
        await hedge.close_by(one, other)
    assert held(sandbox, one).qty == Decimal("0.01")


async def test_merge_positions(hedge: oms, sandbox: Sandbox) -> None:
    """The target has the sum, and the stops that were asked for; the source ends."""
    source, target = await opened(hedge, sandbox, ("buy", 0.01), ("buy", 0.02))
    params = {"stop_mode": "set", "stopLossPrice": "40000", "takeProfitPrice": 90_000}
    merged = await hedge.mergePositions(source, target, params)
    assert (merged["id"], merged["contracts"]) == (target, 0.03)
    assert (merged["stopLossPrice"], merged["takeProfitPrice"]) == (40_000, 90_000)
    assert held(sandbox, source).state == ("closed" if (await hedge._facts()).full else "merged")  # fact 28
    with pytest.raises(ccxt.BadRequest, match="stop_mode"):
        await hedge.merge_positions(source, target, {"stop_mode": "maybe"})


async def test_set_position_stops(hedge: oms, sandbox: Sandbox) -> None:
    """Both stops become what is asked for, and None is no stop."""
    [position_id] = await opened(hedge, sandbox, ("buy", 0.01))
    position = await hedge.setPositionStops(position_id, "40000.5", None, {"comment": "guard"})
    assert (position["stopLossPrice"], position["takeProfitPrice"]) == (40_000.5, None)
    assert (held(sandbox, position_id).stop_loss, held(sandbox, position_id).comment) == (Decimal("40000.5"), "guard")
    await hedge.set_position_stops(position_id, None, Decimal(90_000))
    assert (held(sandbox, position_id).stop_loss, held(sandbox, position_id).stop_gain) == (None, Decimal(90_000))


async def test_reconcile(hedge: oms, sandbox: Sandbox) -> None:
    """After it a legacy OMS knows the fills so far."""
    await hedge.create_order(SYMBOL, "market", "buy", 0.01)
    assert (await hedge.reconcile({"scope": "long"}))["account_ids"] == [1]
    assert len(await hedge.fetch_positions([SYMBOL])) == 1


async def test_a_part_of_a_position_is_on_the_grid(hedge: oms, sandbox: Sandbox) -> None:
    """What is closed is cut to the market's step, a limit is rounded, and nothing is nothing; a test is refused."""
    await opened(hedge, sandbox, ("buy", 0.05))
    amount, price = 0.01 + 1e-9, 90_000.004
    order = await hedge.close_position(SYMBOL, None, {"amount": amount, "type": "limit", "price": price})
    [row] = sandbox.oms.storage.select(Order, id=int(order["id"]))
    assert (row.qty, row.price) == (Decimal("0.01"), Decimal(90_000))
    before = len(sandbox.oms.storage.select(Order, account_id=1))
    for params, error in (
        ({"amount": 1e-9}, ccxt.InvalidOrder),
        ({"test": True}, ccxt.NotSupported),
        ({"quoteOrderQty": 5}, ccxt.NotSupported),
    ):
        with pytest.raises(error):
            await hedge.close_position(SYMBOL, None, params)
    assert len(sandbox.oms.storage.select(Order, account_id=1)) == before
    await hedge.cancel_order(order["id"])


async def test_a_part_that_is_closed_again_is_the_same_part(hedge: oms, sandbox: Sandbox) -> None:
    """An abandoned close answers the close of an amount that is sent as the first one was: one order closes."""
    await opened(hedge, sandbox, ("buy", 0.5))
    async with wired(sandbox, account_id=1) as (exchange, proxy):
        stop = asyncio.Event()
        lost = proxy.plan(Delay("down", stop), on("POST", "/oms/commands"))
        close = asyncio.create_task(exchange.close_position(SYMBOL, None, {"amount": 0.1 + 0.2}))
        await eventually(lambda: lost.hits)
        close.cancel()
        await asyncio.wait([close])
        stop.set()
        order = await exchange.close_position(SYMBOL, None, {"amount": "0.3"})
        assert order["amount"] == 0.3
    rows = [
        row for row in sandbox.oms.storage.select(Order, account_id=1) if row.reduce_only and row.qty == Decimal("0.3")
    ]
    assert [str(row.id) for row in rows] == [order["id"]]


@pytest.mark.parametrize("times", [1, None])
async def test_a_lost_answer_does_not_close_twice(hedge: oms, sandbox: Sandbox, times: int | None) -> None:
    """An unclear close_by is repeated where the OMS recognises it, and otherwise reported; it is done once."""
    long, short = await opened(hedge, sandbox, ("buy", 0.05), ("sell", 0.05))
    async with wired(sandbox, account_id=1, retry={"base": 1, "cap": 2}) as (exchange, proxy):
        proxy.plan(Cut("down", 0, "rst"), on("POST", "/oms/commands"), times=times)
        if sandbox.oms.full and times:
            left = await exchange.close_by(long, short, 0.01)
            assert [position["contracts"] for position in left] == [0.04, 0.04]
        else:
            with pytest.raises(ccxt.NetworkError):
                await exchange.close_by(long, short, 0.01)
    assert held(sandbox, long).qty == held(sandbox, short).qty == Decimal("0.04")


async def test_what_was_done_is_not_reported_as_failed(sandbox: Sandbox) -> None:
    """A position that cannot be read back after the command is at least its id."""
    async with wired(sandbox, account_id=1, retry={"attempts": 1}) as (exchange, proxy):
        [position_id, *_] = await opened(exchange, sandbox, ("buy", 0.01))
        proxy.plan(Cut("up", 0, "rst"), on("GET"), times=None)
        position = await exchange.set_position_stops(position_id, 40_000, None)
        assert (position["id"], position["info"]) == (position_id, {})
    assert held(sandbox, position_id).stop_loss == Decimal(40_000)
