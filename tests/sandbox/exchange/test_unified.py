from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from oms_ccxt_async.sandbox.exchange import NetPosition, unified_order, unified_trade
from oms_ccxt_async.sandbox.exchange.markets import MARKETS
from oms_ccxt_async.sandbox.exchange.unified import iso8601, unified_position
from tests.sandbox.exchange.support import SWAP, Floor

ORDER_KEYS = {
    "id",
    "clientOrderId",
    "timestamp",
    "datetime",
    "lastTradeTimestamp",
    "lastUpdateTimestamp",
    "symbol",
    "type",
    "timeInForce",
    "postOnly",
    "reduceOnly",
    "side",
    "price",
    "stopPrice",
    "triggerPrice",
    "stopLossPrice",
    "takeProfitPrice",
    "amount",
    "filled",
    "remaining",
    "cost",
    "average",
    "status",
    "fee",
    "fees",
    "trades",
    "info",
}
"""What ccxt's safe_order gives, with `info`."""

RECORDED_TRADE: dict[str, Any] = next(
    call["response"]["body"]["result"][0]
    for call in json.loads((Path(__file__).parents[2] / "contract" / "rest.json").read_text())
    if call["name"] == "ccxt gateway: fetch_my_trades, exchange ids"
)


def test_times_are_written_as_ccxt_does() -> None:
    """Milliseconds are kept, in UTC."""
    assert iso8601(1_795_350_668_739) == "2026-11-22T12:31:08.739Z"
    assert iso8601(1_795_350_668_009) == "2026-11-22T12:31:08.009Z"


def test_trade_has_the_recorded_shape() -> None:
    """A fill has the recorded keys, with values of the recorded types."""
    (trade,) = Floor().place("sell", "market", "0.001").trades
    unified = unified_trade(trade, "market", MARKETS["BTC/USDT"])
    assert {key: type(value) for key, value in unified.items()} == {
        key: type(value) for key, value in RECORDED_TRADE.items()
    }
    assert (unified["id"], unified["order"], unified["takerOrMaker"]) == ("900002", "900001", "taker")
    assert unified["cost"] == float(trade.price * trade.amount) == 59.99998
    assert unified["fee"] == {"cost": float(trade.fee), "currency": "USDT"}


def test_filled_order() -> None:
    """A filled order carries its fills, their average, cost and summed fee."""
    floor = Floor()
    execution = floor.place("buy", "market", "3", client_order_id="mine")
    order = unified_order(execution.order, execution.trades, MARKETS["BTC/USDT"])
    assert set(order) == ORDER_KEYS
    assert (order["id"], order["clientOrderId"], order["status"], order["type"]) == (
        "900001",
        "mine",
        "closed",
        "market",
    )
    assert (order["amount"], order["filled"], order["remaining"]) == (3.0, 3.0, 0.0)
    assert order["average"] == order["price"] == order["cost"] / 3
    assert [trade["amount"] for trade in order["trades"]] == [float(trade.amount) for trade in execution.trades]
    assert order["fee"] == {"cost": float(sum(trade.fee for trade in execution.trades)), "currency": "USDT"}
    assert order["fees"] == [order["fee"]]
    assert order["lastTradeTimestamp"] == order["timestamp"] == floor.clock.now
    assert json.loads(json.dumps(order)) == order


def test_waiting_order() -> None:
    """A waiting order has its trigger under the unified names, and no fee, average or price yet."""
    order = unified_order(Floor().place("sell", "stop_market", "1", stop_price="59000").order, (), MARKETS["BTC/USDT"])
    assert (order["triggerPrice"], order["stopPrice"], order["stopLossPrice"]) == (59000.0, 59000.0, 59000.0)
    assert (order["takeProfitPrice"], order["price"], order["average"], order["fee"]) == (None,) * 4
    assert (order["status"], order["timeInForce"], order["fees"], order["trades"]) == ("open", "GTC", [], [])


def test_post_only_order() -> None:
    """Post-only shows in both fields that ccxt has for it."""
    order = unified_order(Floor().place("buy", "limit", "1", "50000", post_only=True).order, (), MARKETS["BTC/USDT"])
    assert (order["timeInForce"], order["postOnly"], order["price"]) == ("PO", True, 50000.0)


def test_position_is_valued_at_the_last_price() -> None:
    """A short position gains when the market falls; its percentage is of the margin."""
    held = NetPosition(Decimal(-2), Decimal(60000), Decimal(10))
    position = unified_position(MARKETS[SWAP], 0, held, Decimal(57000), "isolated", Decimal(12000))
    assert (position["side"], position["contracts"], position["entryPrice"]) == ("short", 2.0, 60000.0)
    assert (position["unrealizedPnl"], position["initialMargin"], position["percentage"]) == (6000.0, 12000.0, 50.0)
    assert (position["notional"], position["markPrice"], position["leverage"]) == (114000.0, 57000.0, 10.0)
    assert (position["marginMode"], position["contractSize"]) == ("isolated", 1.0)
    assert (position["maintenanceMargin"], position["maintenanceMarginPercentage"]) == (2850.0, 0.025)
    assert position["liquidationPrice"] == 64390.3  # 66000 less 2.5 % of what it is worth there, rounded up
