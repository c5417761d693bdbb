"""Orders that wait for the market: stop, take-profit, trigger and trailing orders."""

from __future__ import annotations

from decimal import Decimal

import pytest

from oms_ccxt_async.sandbox.exchange import PaperExchange, Side
from tests.sandbox.exchange.support import BTC, Floor

D = Decimal


@pytest.mark.parametrize(
    ("side", "type", "price", "fields", "before", "after", "status"),
    [
        ("sell", "stop_market", None, {"stop_price": "59000"}, "59000.01", "59000", "closed"),
        ("buy", "stop_market", None, {"stop_price": "61000"}, "60999.99", "61000", "closed"),
        ("sell", "stop_loss", None, {"trigger_price": "59000"}, "59500", "58000", "closed"),
        ("sell", "stop", "70000", {"stop_price": "59000"}, "59500", "58000", "open"),
        ("sell", "stop_limit", "58000", {"stop_price": "59000"}, "59500", "58900", "closed"),
        ("buy", "stop_loss_limit", "50000", {"stop_price": "61000"}, "60500", "61000", "open"),
        ("sell", "take_profit", None, {"take_profit_price": "61000"}, "60500", "61000", "closed"),
        ("sell", "take_profit_market", None, {"trigger_price": "61000"}, "60500", "61000", "closed"),
        ("buy", "take_profit_limit", "59500", {"take_profit_price": "59000"}, "59500", "59000", "closed"),
        ("buy", "market", None, {"trigger_price": "59000"}, "59500", "59000", "closed"),
        ("buy", "limit", "50000", {"trigger_price": "61000"}, "60500", "61000", "open"),
        ("sell", "market", None, {"trailing_amount": "100"}, "59900.01", "59900", "closed"),
        ("buy", "market", None, {"trailing_percent": "1"}, "60599.99", "60600", "closed"),
    ],
)
def test_triggers(
    side: Side, type: str, price: str | None, fields: dict[str, str], before: str, after: str, status: str
) -> None:
    """An order waits, locking nothing, until the market reaches its trigger, and then is a market or limit order."""
    floor = Floor()
    waiting = floor.place(side, type, "0.001", price, **fields)
    assert (waiting.order.status, waiting.order.triggered, waiting.balances) == ("open", False, {})
    assert floor.move(before) == []
    (execution,) = floor.move(after)
    assert (execution.order.triggered, execution.order.status) == (True, status)
    assert [trade.taker_or_maker for trade in execution.trades] == (["taker"] if status == "closed" else [])


@pytest.mark.parametrize(
    ("side", "far", "back", "trigger"),
    [("sell", "62000", "61900.01", "61900"), ("buy", "58000", "58099.99", "58100")],
)
def test_trailing_order_follows_the_market(side: Side, far: str, back: str, trigger: str) -> None:
    """A trailing order triggers at its distance from the best price since it was placed."""
    floor = Floor()
    floor.place(side, "market", "0.001", trailing_amount="100")
    assert floor.move(far) == []
    assert floor.move(back) == []
    (execution,) = floor.move(trigger)
    assert execution.order.status == "closed"


def test_trailing_order_survives_a_restart() -> None:
    """An exchange that takes the order up trails from the best price since placement, its own downtime included."""
    floor = Floor(volatility=1.0)
    last = floor.exchange.last_price(BTC)
    floor.place("sell", "market", "0.001", trailing_amount="60")
    state = floor.exchange.state(1)
    other = PaperExchange(clock=floor.clock)
    triggered = None
    while triggered is None:
        floor.clock.now += 250
        triggered = next(iter(floor.exchange.advance()), None)
    other.open(state)
    (execution,) = other.advance()
    assert execution.order == triggered.order
    assert triggered.order.cost / triggered.order.filled < last + 1000


def test_a_trigger_already_reached_fires_at_once() -> None:
    """A stop beyond the market's price is a market order."""
    order = Floor().place("sell", "stop_market", "0.001", stop_price="60000").order
    assert (order.triggered, order.status) == (True, "closed")


def test_a_triggered_order_without_means_is_rejected() -> None:
    """What cannot be afforded when it triggers ends as rejected and moves nothing."""
    floor = Floor()
    floor.place("sell", "stop_market", "10", stop_price="59000")
    floor.place("sell", "market", "1")
    before = floor.exchange.state(1).balances
    (execution,) = floor.move("58000")
    assert (execution.order.status, execution.trades, execution.balances) == ("rejected", (), {})
    assert floor.exchange.state(1).balances == before
    assert floor.exchange.open_orders(1) == []


def test_a_triggered_post_only_order_that_would_take_is_rejected() -> None:
    """Post-only holds at the moment of the trigger."""
    floor = Floor()
    floor.place("sell", "limit", "1", "50000", stop_price="59000", post_only=True)
    (execution,) = floor.move("58000")
    assert execution.order.status == "rejected"
