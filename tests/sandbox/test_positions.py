"""The arithmetic of positions."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms_ccxt_async.sandbox.exchange import Contract
from oms_ccxt_async.sandbox.positions import Stake, due_stop, fill, merge, realised

D = Decimal
INVERSE = Contract(D(100), inverse=True)
quantities = st.decimals(min_value=D("0.000001"), max_value=1000, places=6).filter(bool)
prices = st.decimals(min_value=D("0.01"), max_value=10_000_000, places=2)
fills = st.lists(st.tuples(st.sampled_from(["buy", "sell"]), quantities, prices), min_size=1, max_size=20)


def test_a_first_fill_opens() -> None:
    """Without a position a fill becomes one."""
    assert [(step.stake, step.opens) for step in fill(None, "buy", D(2), D(100))] == [
        (Stake("buy", D(2), D(100)), True)
    ]


def test_the_same_side_increases_at_the_weighted_average() -> None:
    """A fill on the position's side adds to it and moves its price."""
    (step,) = fill(Stake("sell", D(1), D(100)), "sell", D(3), D(200))
    assert (step.stake, step.pnl, step.opens) == (Stake("sell", D(4), D(175)), D(0), False)


@pytest.mark.parametrize(("side", "pnl"), [("buy", D(25)), ("sell", D(-25))])
def test_the_other_side_reduces_and_realises(side: Literal["buy", "sell"], pnl: Decimal) -> None:
    """A fill on the other side takes from the position at its price and realises the difference."""
    (step,) = fill(Stake(side, D(1), D(100)), "sell" if side == "buy" else "buy", D("0.5"), D(150))
    assert (step.stake, step.pnl) == (Stake(side, D("0.5"), D(100)), pnl)


def test_an_equal_fill_closes_at_zero() -> None:
    """A fill of the whole quantity leaves a position of zero and opens nothing."""
    (step,) = fill(Stake("buy", D(1), D(100)), "sell", D(1), D(90))
    assert (step.stake.qty, step.pnl) == (D(0), D(-10))


def test_a_larger_fill_closes_and_opens_the_rest() -> None:
    """A reversal is two steps: the old position at zero, a new one with what is left, at the fill's price."""
    closing, opening = fill(Stake("buy", D(1), D(100)), "sell", D(3), D(110))
    assert (closing.stake.qty, closing.qty, closing.pnl, closing.opens) == (D(0), D(1), D(10), False)
    assert (opening.stake, opening.qty, opening.pnl, opening.opens) == (Stake("sell", D(2), D(110)), D(2), D(0), True)


@given(fills)
def test_quantities_and_money_are_conserved(sequence: list[tuple[Literal["buy", "sell"], Decimal, Decimal]]) -> None:
    """Signed fills add up to the position, and realised profit plus the value at cost is the cash that went in or out,
    to the 18th place of every step."""
    stake: Stake | None = None
    net, cash, pnl = Fraction(0), Fraction(0), Fraction(0)
    rounding = Fraction(0)
    for side, qty, price in sequence:
        sign = 1 if side == "buy" else -1
        net += sign * Fraction(qty)
        cash -= sign * Fraction(qty) * Fraction(price)
        steps = fill(stake, side, qty, price)
        assert sum((step.qty for step in steps), D(0)) == qty
        assert all(step.qty > 0 for step in steps)
        pnl += sum(Fraction(step.pnl) for step in steps)
        stake = steps[-1].stake if steps[-1].stake.qty else None
        held = (1 if stake.side == "buy" else -1) * Fraction(stake.qty) if stake else Fraction(0)
        assert held == net
        rounding += (abs(held) + Fraction(qty) + 1) * Fraction(1, 10**18)
        cost = held * Fraction(stake.avg_price) if stake else Fraction(0)
        assert abs(pnl - (cash + cost)) <= rounding


@given(quantities, prices, quantities, prices)
def test_a_merge_conserves_quantity_and_cost(
    qty_a: Decimal, price_a: Decimal, qty_b: Decimal, price_b: Decimal
) -> None:
    """Merging adds the quantities, and the cost of the whole is the cost of the parts."""
    merged = merge(Stake("buy", qty_a, price_a), Stake("buy", qty_b, price_b))
    assert merged.qty == qty_a + qty_b
    cost = Fraction(qty_a) * Fraction(price_a) + Fraction(qty_b) * Fraction(price_b)
    assert abs(Fraction(merged.qty) * Fraction(merged.avg_price) - cost) <= Fraction(merged.qty) / 10**18


@given(prices, prices, quantities)
def test_what_one_side_earns_the_other_loses(entry: Decimal, close: Decimal, qty: Decimal) -> None:
    """A long and a short between the same prices realise opposite amounts."""
    assert realised("buy", entry, close, qty) == -realised("sell", entry, close, qty)


@pytest.mark.parametrize(
    ("side", "last", "expected"),
    [
        ("buy", 90, "stop_loss"),
        ("buy", 89, "stop_loss"),
        ("buy", 91, None),
        ("buy", 109, None),
        ("buy", 110, "stop_gain"),
        ("buy", 120, "stop_gain"),
    ],
)
def test_a_long_stops_at_or_beyond_its_prices(side: Literal["buy"], last: int, expected: str | None) -> None:
    """A long position's loss is below, its gain above."""
    assert due_stop(side, D(last), D(90), D(110)) == expected


@pytest.mark.parametrize(("last", "expected"), [(110, "stop_loss"), (109, None), (91, None), (90, "stop_gain")])
def test_a_short_stops_the_other_way_round(last: int, expected: str | None) -> None:
    """A short position's loss is above, its gain below."""
    assert due_stop("sell", D(last), D(110), D(90)) == expected


def test_a_position_without_stops_is_never_due() -> None:
    """No stop, no order."""
    assert due_stop("buy", D(1), None, None) is None


def test_inverse_contracts_earn_their_base_currency() -> None:
    """Ten contracts of 100 USD, bought at 50000 and sold at 100000, earn 0.01 BTC; average prices are harmonic."""
    stake = Stake("buy", D(10), D(50_000))
    (closed,) = fill(stake, "sell", D(10), D(100_000), INVERSE)
    assert (closed.pnl, closed.stake.qty) == (D("0.01"), D(0))
    (grown,) = fill(stake, "buy", D(10), D(100_000), INVERSE)
    assert grown.stake.avg_price.quantize(D("0.01")) == D("66666.67")
    other = Stake("buy", D(10), D(100_000))
    assert merge(stake, other, INVERSE).avg_price == grown.stake.avg_price
    assert realised("sell", D(50_000), D(100_000), D(10), INVERSE) == D("-0.01")


def test_linear_contracts_earn_as_much_as_what_they_stand_for() -> None:
    """Ten contracts of 0.01 of the base currency earn a tenth of what one base currency earns; prices average alike."""
    hundredth = Contract(D("0.01"), inverse=False)
    stake = Stake("buy", D(10), D(50_000))
    (closed,) = fill(stake, "sell", D(10), D(60_000), hundredth)
    assert (closed.pnl, closed.stake.qty) == (D(1000), D(0))
    (grown,) = fill(stake, "buy", D(10), D(60_000), hundredth)
    assert grown.stake.avg_price == D(55_000)
