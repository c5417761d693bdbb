"""Stops that the OMS itself watches."""

from __future__ import annotations

import pytest

from oms_ccxt_async.sandbox.rows import Order
from tests.sandbox.conftest import Client, Clock, short


@pytest.mark.parametrize(("account_id", "price", "reason"), [(1, 55_000, "stop_loss"), (2, 66_000, "stop_gain")])
async def test_a_stop_closes_the_position(client: Client, account_id: int, price: int, reason: str) -> None:
    """The position that an order opens takes over its stops; when the market reaches one, it is closed at market."""
    await client.order("buy", "0.1", account_id, oms_stop_loss="55000", oms_stop_gain="66000", strategy_id=1)
    client.sandbox.move("BTC/USDT", 55_001)
    assert await client.positions(account_id) == [(1, "buy", "0.1")]
    client.sandbox.move("BTC/USDT", price)
    assert await client.positions(account_id) == []
    order = await client.row("orders", 2)
    assert (order["reason"], order["strategy_id"], order["command_id"]) == (reason, 1, None)
    assert (await client.row("deals", 2))["reason"] == reason


async def test_a_short_stops_above(client: Client) -> None:
    """A short position's stop loss is above the market."""
    await client.order("sell", "0.1", oms_stop_loss="61000")
    client.sandbox.move("BTC/USDT", 61_500)
    assert await client.positions() == []


async def test_a_stop_that_the_market_cannot_take_at_once_goes_on(client: Client, clock: Clock) -> None:
    """What the book has no room for is sent again at the next tick until the position is closed."""
    swap = "BTC/USDT:USDT"
    await client.send("POST", "/ccxt/2/set_leverage", {"args": [20, swap]})
    for _ in range(2):
        await client.order("buy", "100", 2, symbol=swap)
        clock.now += 1000
    await client.done("position_change", 2, position_id=1, oms_stop_loss="59900")
    client.sandbox.move(swap, 59_800)
    (left,) = await client.positions(2)
    assert 0 < float(left[2]) < 200
    clock.now += 1000
    client.sandbox.move(swap, 59_800)
    assert await client.positions(2) == []
    orders = client.sandbox.oms.storage.select(Order, reason="stop_loss")
    assert {order.status for order in orders[:-1]} == {"CANCELED"}
    assert orders[-1].status == "FILLED"
    assert sum(order.filled_qty for order in orders) == 200


async def test_a_refused_stop_is_tried_once(client: Client) -> None:
    """A position whose closing order is refused waits as close_requested until its stop is set again."""
    await client.order("buy", "0.1", 2)
    await client.send("POST", "/ccxt/2/create_order", {"args": ["BTC/USDT", "limit", "sell", 10.1, 90000]})
    await client.done("position_change", 2, position_id=1, oms_stop_loss="59000")
    for _ in range(3):
        client.sandbox.move("BTC/USDT", 58_000)
    assert (await client.row("positions", 1))["state"] == "close_requested"
    assert [order.status for order in client.sandbox.oms.storage.select(Order, reason="stop_loss")] == ["REJECTED"]
    await client.send("POST", "/ccxt/2/cancel_all_orders", {})
    await client.done("position_change", 2, position_id=1, oms_stop_loss="59000")
    client.sandbox.move("BTC/USDT", 58_000)
    assert await client.positions(2) == []


async def test_a_legacy_stop_is_sent_once(legacy: Client) -> None:
    """A legacy position does not follow its closing order: the order is sent, the position waits as close_requested."""
    await legacy.order("buy", "0.1")
    await legacy.send("POST", "/oms/reconcile", {"account_id": 1})
    await legacy.done("position_change", position_id=1, oms_stop_loss="59000")
    for _ in range(3):
        legacy.sandbox.move("BTC/USDT", 58_000)
    assert len(legacy.sandbox.oms.storage.select(Order, reason="stop_loss")) == 1
    items = (await legacy.get("/oms/positions/open?account_ids=1&cache=false"))["items"]
    assert [(item["state"], short(item["qty"])) for item in items] == [("close_requested", "0.1")]


async def test_trigger_orders_wait_at_the_exchange(client: Client) -> None:
    """An exchange stop order rests until its price and is then filled."""
    order_id = await client.order("sell", "0.01", order_type="stop_market", stop_price="59000")
    assert (await client.row("orders", order_id))["status"] == "SUBMITTED"
    client.sandbox.move("BTC/USDT", 58_900)
    assert (await client.row("orders", order_id))["status"] == "FILLED"
