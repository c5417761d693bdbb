from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from ccxt.base.decimal_to_precision import ROUND, TICK_SIZE, TRUNCATE, decimal_to_precision
from hypothesis import given
from hypothesis import strategies as st

from oms_ccxt_async.sandbox.exchange import ExchangeRefusal
from oms_ccxt_async.sandbox.exchange.markets import MARKETS
from oms_ccxt_async.sandbox.exchange.tickets import ORDER_TYPES, check_cost, prepare, trigger_above, trigger_price
from tests.sandbox.exchange.support import BTC, SWAP, ticket

MARKET = MARKETS[BTC]
LAST = Decimal(60000)


@pytest.mark.parametrize(
    ("type", "amount", "price", "fields", "message"),
    [
        ("iceberg", "1", None, {}, "paper does not support order type iceberg"),
        ("limit", "1", None, {}, "paper requires a price for a limit order"),
        ("stop_loss_limit", "1", None, {"stop_price": "1"}, "paper requires a price for a stop_loss_limit order"),
        ("stop_market", "1", None, {}, "paper requires a trigger price for a stop_market order"),
        ("take_profit", "1", None, {}, "paper requires a trigger price for a take_profit order"),
        (
            "market",
            "1",
            None,
            {"stop_price": "1", "take_profit_price": "2"},
            "paper order takes one trigger, given several",
        ),
        ("limit", "1", "1", {"time_in_force": "GTD"}, "paper does not support time in force GTD"),
        (
            "market",
            "1",
            None,
            {"post_only": True},
            "paper post only order must be a limit order that is good till canceled",
        ),
        (
            "limit",
            "1",
            "1",
            {"post_only": True, "time_in_force": "IOC"},
            "paper post only order must be a limit order that is good till canceled",
        ),
        ("market", "NaN", None, {}, "paper order amount is not a number: NaN"),
        ("market", "Infinity", None, {}, "paper order amount is not a number: Infinity"),
        ("market", "0.0000001", None, {}, "paper order amount is too small: 1E-7 BTC, minimum 0.000001"),
        ("market", "1e16", None, {}, "paper order amount is too large: 10000000000000000 BTC, maximum 1000"),
        ("limit", "1", "NaN", {}, "paper order price is not a number: NaN"),
        ("limit", "1", "0.001", {}, "paper order price 0.001 is outside 0.01 to 10000000"),
        ("limit", "1", "10000000.01", {}, "paper order price 10000000.01 is outside 0.01 to 10000000"),
        ("market", "1", None, {"stop_price": "0"}, "paper order stop price 0 is outside 0.01 to 10000000"),
        ("market", "1", None, {"trailing_amount": "0"}, "paper order trailing amount 0 is outside 0.01 to 10000000"),
        (
            "market",
            "1",
            None,
            {"trailing_percent": "100"},
            "paper order trailing percent must be between 0 and 100, not 100",
        ),
        ("market", "1", None, {"params": {"triggerPrice": "x"}}, "paper order triggerPrice is not a number: x"),
    ],
)
def test_refused_tickets(type: str, amount: str, price: str | None, fields: dict[str, Any], message: str) -> None:
    """A ticket that contradicts itself or breaks a rule of the market is refused with a reason."""
    with pytest.raises(ExchangeRefusal) as refused:
        prepare(ticket("buy", type, amount, price, **fields), MARKET, "paper")
    assert str(refused.value).startswith(message)


@given(
    symbol=st.sampled_from([BTC, SWAP]),
    amount=st.decimals("0.001", "999.999", places=12),
    price=st.decimals("0.1", "9999999.9", places=12),
)
def test_grid_is_that_of_ccxt(symbol: str, amount: Decimal, price: Decimal) -> None:
    """Amounts and prices are brought to the market's grid as ccxt's `..._to_precision` does it."""
    market = MARKETS[symbol]
    made = prepare(ticket("buy", "limit", str(amount), str(price), symbol=symbol), market, "paper")
    assert made.amount == Decimal(decimal_to_precision(amount, TRUNCATE, market.step, TICK_SIZE))
    assert made.price == Decimal(decimal_to_precision(price, ROUND, market.tick, TICK_SIZE))


@pytest.mark.parametrize("field", ["trigger_price", "stop_price", "take_profit_price", "trailing_amount"])
def test_triggers_are_prices_too(field: str) -> None:
    """A trigger is rounded as a price is."""
    made = prepare(ticket("buy", "market", "1", **{field: "60000.005"}), MARKET, "paper")
    assert getattr(made, field) == Decimal("60000.01")


def test_a_small_cost_is_refused() -> None:
    """A notional below 1 in the quote currency is refused, 1 is not."""
    check_cost(Decimal("0.01"), Decimal(100), MARKET, "paper")
    with pytest.raises(ExchangeRefusal, match=r"paper order cost is too small: 0\.6 USDT, minimum 1"):
        check_cost(LAST, Decimal("0.00001"), MARKET, "paper")


@pytest.mark.parametrize(
    ("type", "is_limit"),
    [
        ("market", False),
        ("limit", True),
        ("stop", True),
        ("stop_market", False),
        ("stop_limit", True),
        ("stop_loss", True),
        ("stop_loss_limit", True),
        ("take_profit", True),
        ("take_profit_market", False),
        ("take_profit_limit", True),
    ],
)
def test_only_limit_orders_keep_a_price(type: str, is_limit: bool) -> None:
    """A market order forgets the price that came with it; types that may be either become limit orders by it."""
    trigger = {} if type in ("market", "limit") else {"trigger_price": "1"}
    prepared = prepare(ticket("buy", type, "1", "60000", **trigger), MARKET, "paper")
    assert prepared.price == (60000 if is_limit else None)


def test_every_type_is_in_the_table_above() -> None:
    """No order type goes without an example."""
    assert len(ORDER_TYPES) == 10


@pytest.mark.parametrize(
    ("fields", "time_in_force", "post_only"),
    [({"time_in_force": "po"}, "GTC", True), ({"time_in_force": "ioc"}, "IOC", False), ({}, None, False)],
)
def test_time_in_force_has_one_spelling(fields: dict[str, Any], time_in_force: str | None, post_only: bool) -> None:
    """PO is post only, and case does not matter."""
    prepared = prepare(ticket("buy", "limit", "1", "1", **fields), MARKET, "paper")
    assert (prepared.time_in_force, prepared.post_only) == (time_in_force, post_only)


@pytest.mark.parametrize(
    ("param", "field"),
    [
        ("triggerPrice", "trigger_price"),
        ("stopPrice", "stop_price"),
        ("stopLossPrice", "stop_price"),
        ("takeProfitPrice", "take_profit_price"),
        ("trailingAmount", "trailing_amount"),
        ("trailingPercent", "trailing_percent"),
    ],
)
def test_prices_among_the_params(param: str, field: str) -> None:
    """Each of ccxt's names for a price that an order waits for is taken from the params."""
    prepared = prepare(ticket("sell", "market", "1", params={param: "50"}), MARKET, "paper")
    assert getattr(prepared, field) == 50


def test_unified_params_fill_empty_fields() -> None:
    """ccxt's parameter names are understood, fields of the ticket go first, other keys are ignored."""
    params = {"postOnly": True, "triggerPrice": 59000.5, "timeInForce": "GTC", "tag": "x"}
    prepared = prepare(ticket("sell", "limit", "1", "60000", params=params), MARKET, "paper")
    assert (prepared.post_only, prepared.trigger_price) == (True, Decimal("59000.5"))
    kept = prepare(ticket("sell", "limit", "1", "60000", params=params, trigger_price="1"), MARKET, "paper")
    assert kept.trigger_price == 1


@pytest.mark.parametrize(
    ("side", "type", "fields", "above"),
    [
        ("buy", "market", {}, None),
        ("buy", "market", {"trigger_price": "61000"}, True),
        ("buy", "market", {"trigger_price": "59000"}, False),
        ("sell", "limit", {"trigger_price": "61000"}, True),
        ("buy", "stop_market", {"trigger_price": "61000"}, True),
        ("sell", "stop_loss", {"trigger_price": "59000"}, False),
        ("buy", "take_profit", {"trigger_price": "59000"}, False),
        ("sell", "take_profit_limit", {"trigger_price": "61000"}, True),
        ("buy", "market", {"stop_price": "61000"}, True),
        ("sell", "market", {"stop_price": "59000"}, False),
        ("buy", "market", {"take_profit_price": "59000"}, False),
        ("sell", "market", {"take_profit_price": "61000"}, True),
        ("buy", "market", {"trailing_amount": "100"}, True),
        ("sell", "market", {"trailing_percent": "1"}, False),
    ],
)
def test_trigger_direction(side: Any, type: str, fields: dict[str, str], above: bool | None) -> None:
    """A stop waits for the market to go against the position, a take-profit for it, a trigger for either."""
    prepared = prepare(ticket(side, type, "1", "60000", **fields), MARKET, "paper")
    assert trigger_above(prepared, LAST) is above
    trailing = any(field.startswith("trailing") for field in fields)
    assert trigger_price(prepared) == (None if trailing or not fields else Decimal(next(iter(fields.values()))))
