"""How values look on the wire."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms_ccxt_async.sandbox.views import fine_stamp, money, stamp


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, None), ("0", "0E-18"), ("-0.0", "-0E-18"), ("0.5", "0.500000000000000000"), ("6E+4", "60000." + "0" * 18)],
)
def test_decimals_have_18_places(value: str | None, expected: str | None) -> None:
    """Zero is `0E-18`, everything else has 18 places (fact 14)."""
    assert money(None if value is None else Decimal(value)) == expected


@given(st.decimals(-(10**17), 10**17, places=18))
def test_decimals_lose_nothing(value: Decimal) -> None:
    """What is read from the text is the number."""
    assert Decimal(money(value) or "") == value


def test_times_are_naive_utc() -> None:
    """Whole seconds, or milliseconds where a full OMS has them (fact 15)."""
    assert (stamp(None), stamp(1_795_350_656_282)) == (None, "2026-11-22T12:30:56")
    assert fine_stamp(1_795_350_656_007) == "2026-11-22T12:30:56.007"
