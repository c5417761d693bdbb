"""Amounts and prices on a market's grid."""

from __future__ import annotations

import decimal
from decimal import Decimal
from typing import Any

import ccxt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms_ccxt_async.mappers.number import exact
from oms_ccxt_async.orders.grid import AS_GIVEN, Grid, check_limits
from tests.oms_ccxt_async.support import ccxt_class


def grid(amount: Any, price: Any, mode: int = ccxt.TICK_SIZE, padding: int = ccxt.NO_PADDING) -> Grid:
    """The grid of ccxt's own class with such a market."""
    exchange = ccxt.Exchange({"precisionMode": mode, "paddingMode": padding})
    exchange.markets = {"A/B": {"symbol": "A/B", "precision": {"amount": amount, "price": price}}}
    return Grid(
        lambda value: exchange.amount_to_precision("A/B", value),
        lambda value: exchange.price_to_precision("A/B", value),
    )


@pytest.mark.parametrize(
    ("steps", "value", "amount", "price"),
    [
        ((1e-8, 0.01), exact(0.1 + 0.2), "0.3", "0.3"),
        ((1e-8, 0.01), "0.295", "0.295", "0.3"),
        ((0.001, 0.5), "1.2999", "1.299", "1.5"),
        ((0.001, 0.05), "1.025", "1.025", "1.05"),
        ((10, 10), "19", "10", "20"),
        ((4, 2, ccxt.DECIMAL_PLACES), "1.23456", "1.2345", "1.23"),
        ((4, 2, ccxt.DECIMAL_PLACES, ccxt.PAD_WITH_ZERO), "1.2", "1.2", "1.2"),
        ((5, 5, ccxt.SIGNIFICANT_DIGITS), "123456.7", "123450", "123460"),
        ((1e-8, 0.01), "123456789012345678.123456789012", "123456789012345678.12345678", "123456789012345678.12"),
        ((1e-18, 0.01), "123456789012345678901234567890.5", "123456789012345678901234567890.5", None),
    ],
)
def test_an_amount_is_cut_and_a_price_is_rounded(steps: Any, value: str, amount: str, price: str | None) -> None:
    """As ccxt's classes do, in each of their modes of precision, but with every digit of a long number."""
    assert grid(*steps).amount(value) == amount
    if price is not None:
        assert grid(*steps).price(value) == price


@given(value=st.decimals("0.00000001", 10**12, places=12), step=st.sampled_from(["0.00000001", "0.0001", "0.5", "3"]))
def test_what_is_on_the_grid_stays(value: Decimal, step: str) -> None:
    """Bringing a number there twice is bringing it once; an amount never grows, a price moves half a step at most."""
    market = grid(float(step), float(step))
    for bring, most in ((market.amount, Decimal(step)), (market.price, Decimal(step) / 2)):
        try:
            brought = bring(exact(value))
        except ccxt.InvalidOrder:
            assert value < Decimal(step)
            continue
        assert bring(brought) == brought
        assert Decimal(brought) % Decimal(step) == 0
        assert abs(Decimal(brought) - value) <= most
    assert market.amount(step) == step


@pytest.mark.parametrize(
    "steps", [(0.01, 0.01), (2, 2, ccxt.DECIMAL_PLACES), (2, 2, ccxt.DECIMAL_PLACES, ccxt.PAD_WITH_ZERO)]
)
def test_what_becomes_zero_is_refused(steps: Any) -> None:
    """The exception is the driver's own, and says what is too small."""
    for bring in (grid(*steps).amount, grid(*steps).price):
        with pytest.raises(ccxt.InvalidOrder, match=r"this 0\.004 is less than the market's least step") as caught:
            bring("0.004", "this")
        assert ccxt_class(caught.value) is ccxt.InvalidOrder
        assert type(caught.value) is not ccxt.InvalidOrder


def test_what_cannot_be_brought_there_is_refused() -> None:
    """A step that makes no sense, or a class that makes no number of it: ccxt's `InvalidOrder`, not an assertion."""
    for bring in (
        Grid(lambda _: None).amount,
        grid(0, 0).amount,
        grid("x", 1).amount,
        grid(0.5, 1, ccxt.DECIMAL_PLACES).amount,
    ):
        with pytest.raises(ccxt.InvalidOrder, match="grid"):
            bring("1")


def test_the_programs_decimals_are_left_alone() -> None:
    """ccxt's rounding changes the decimal context of its thread; this does not."""
    before = decimal.getcontext().copy()
    grid(0.01, 0.01).amount("1.005")
    after = decimal.getcontext()
    assert (after.rounding, after.traps, after.prec) == (before.rounding, before.traps, before.prec)


def test_without_a_grid_nothing_changes() -> None:
    """A market without a precision, and `exact`."""
    assert (AS_GIVEN.amount("0.30000000000000004"), AS_GIVEN.price("1e-40")) == ("0.30000000000000004", "1e-40")


MARKET = {
    "symbol": "A/B",
    "spot": True,
    "active": True,
    "limits": {"amount": {"min": 0.01, "max": 10}, "price": {"min": None}, "cost": {"min": 5, "max": None}},
}


@pytest.mark.parametrize(
    ("payload", "market", "message"),
    [
        ({"qty": "0.001", "price": "9000"}, {}, "amount 0.001 is below 0.01"),
        ({"qty": "11"}, {}, "amount 11 is above 10"),
        ({"qty": "0.01", "price": "1"}, {}, "cost 0.01 is below 5"),
        ({"qty": "1", "price": "9"}, {"active": False}, "not traded now"),
    ],
)
def test_what_the_market_does_not_allow_is_refused(payload: Any, market: Any, message: str) -> None:
    """The message says which limit."""
    with pytest.raises(ccxt.InvalidOrder, match=message):
        check_limits(payload, {**MARKET, **market})


@pytest.mark.parametrize("market", [MARKET, {"symbol": "A/B"}, {**MARKET, "limits": {"amount": None}, "active": None}])
def test_what_the_market_allows_passes(market: Any) -> None:
    """A limit that is not known limits nothing."""
    check_limits({"qty": "1", "price": "9"}, market)
    check_limits({"qty": "1"}, market)
