"""Numbers and times as a person reads them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from oms_ccxt_async.view import words


@pytest.mark.parametrize(
    ("value", "text"),
    [("60000.50", "60,000.5"), ("100", "100"), ("0E-18", "0"), ("1E-8", "0.00000001"), ("-1234", "-1,234")],
)
def test_numbers_keep_their_digits(value: str, text: str) -> None:
    """All digits, no zeros behind, no exponent."""
    assert words.number(Decimal(value)) == text


def test_no_number() -> None:
    """A dash stands for none."""
    assert words.number(None) == "-"


@pytest.mark.parametrize(
    ("value", "text"), [("1234.567", "1,234.57"), ("0", "0.00"), ("-0.5", "-0.5000"), ("0.000012345", "0.00001234")]
)
def test_money(value: str, text: str) -> None:
    """Two digits, or four that say something."""
    assert words.money(Decimal(value)) == text.replace("-0.5000", "-0.5000")


def test_signs_and_several() -> None:
    """A gain has its sign, and so has each of several."""
    assert words.signed(Decimal("3.2"), "USDT") == "+3.20 USDT"
    assert words.several({"USDT": Decimal(-1), "BTC": Decimal(2)}, sign=True) == "-1.00 USDT, +2.00 BTC"
    assert words.several({}) == "0"


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (-5, "0.0 s"),
        (9_900, "9.9 s"),
        (59_000, "59 s"),
        (600_000, "10 min"),
        (7_200_000, "2 h"),
        (172_800_000, "2 days"),
    ],
)
def test_ago(ms: int, text: str) -> None:
    """One unit says how long something is."""
    assert words.ago(ms) == text


def test_counts_and_clocks() -> None:
    """One order, two orders; the time of day in UTC."""
    assert (words.count(1, "order"), words.count(2_000, "order")) == ("1 order", "2,000 orders")
    assert words.clock(1_795_694_400_042, millis=True) == "12:00:00.042"
    assert words.clock(0) == "-"
