"""Markets of real exchanges, as paper trades them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from oms_ccxt_async.sandbox.exchange.listing import DECIMAL_PLACES, SIGNIFICANT_DIGITS, TICK_SIZE, listed, number

D = Decimal
SPOT: dict[str, Any] = {"symbol": "A/B", "id": "ab", "base": "A", "quote": "B", "type": "spot", "active": True}


@pytest.mark.parametrize(
    ("precision", "mode", "grids"),
    [
        ({"price": 0.05, "amount": 1e-05}, TICK_SIZE, (D("0.05"), D("0.00001"))),
        ({"price": 2, "amount": 0}, DECIMAL_PLACES, (D("0.01"), D(1))),
        ({"price": 5, "amount": None}, SIGNIFICANT_DIGITS, (D("1e-8"), D("1e-8"))),
        ({}, TICK_SIZE, (D("1e-8"), D("1e-8"))),
        ({"price": 0, "amount": "x"}, TICK_SIZE, (D("1e-8"), D("1e-8"))),
    ],
)
def test_grids(precision: dict[str, Any], mode: int, grids: tuple[Decimal, Decimal]) -> None:
    """Each of ccxt's precision modes becomes a grid; where there is none, the finest."""
    market = listed([{**SPOT, "precision": precision}], mode)["A/B"]
    assert (market.tick, market.step) == grids


def test_prices_and_amounts_keep_to_a_grid_that_is_no_power_of_ten() -> None:
    """Prices go to the nearest multiple, amounts down to one."""
    market = listed([{**SPOT, "precision": {"price": 0.25, "amount": 0.5}}], TICK_SIZE)["A/B"]
    assert [market.price_to_precision(D(price)) for price in ("1.1", "1.13", "1.25")] == [D(1), D("1.25"), D("1.25")]
    assert [market.amount_to_precision(D(amount)) for amount in ("1.9", "1.5")] == [D("1.5"), D("1.5")]


@pytest.mark.parametrize(
    ("fields", "traded"),
    [
        ({}, True),
        ({"active": False}, False),
        ({"active": None}, True),
        ({"type": "swap", "settle": "B"}, True),
        ({"type": "swap", "settle": "A"}, True),
        ({"type": "swap", "settle": "C"}, False),
        ({"type": "future", "settle": "B"}, False),
        ({"type": "option", "settle": "B"}, False),
        ({"base": None}, False),
    ],
)
def test_what_is_traded(fields: dict[str, Any], traded: bool) -> None:
    """Spot, and swaps that are settled in what they are quoted in or made of."""
    assert bool(listed([{**SPOT, **fields}], TICK_SIZE)) is traded


def test_limits_and_fees() -> None:
    """The exchange's own limits, fees and id hold; what it does not say is no limit."""
    told = {
        "limits": {"amount": {"min": 0.1, "max": 9}, "cost": {"min": 5}, "price": None, "leverage": {"max": 50}},
        "taker": 0.0,
        "maker": -0.0001,
    }
    market = listed([{**SPOT, **told}], TICK_SIZE)["A/B"]
    assert (market.least, market.max_amount, market.min_cost) == (D("0.1"), D(9), D(5))
    assert (market.taker, market.maker, market.max_leverage, market.id) == (D(0), D("-0.0001"), 50, "ab")
    plain = listed([SPOT], TICK_SIZE)["A/B"]
    assert (plain.least, plain.min_cost, plain.taker) == (plain.step, D(0), D("0.001"))


@pytest.mark.parametrize("value", [None, True, "x", "NaN", float("inf"), [], {}])
def test_no_number(value: object) -> None:
    """What is no finite number is none."""
    assert number(value) is None
