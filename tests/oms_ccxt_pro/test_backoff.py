"""Waits between connections."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from oms_ccxt_pro.backoff import Backoff


@given(st.integers(1, 5_000), st.floats(0, 1))
def test_waits_grow_to_the_cap_and_never_beyond(failures: int, draw: float) -> None:
    """However many failures, a wait is between 0 and the cap."""
    backoff = Backoff(0.1, 5, lambda: draw)
    waits = [backoff.next() for _ in range(failures)]
    assert all(0 <= wait <= 5 for wait in waits)
    assert waits == sorted(waits)


def test_success_makes_the_next_wait_short() -> None:
    """After a reset the first wait is the base again."""
    backoff = Backoff(0.1, 5, lambda: 1.0)
    assert [backoff.next() for _ in range(3)] == [0.1, 0.2, 0.4]
    backoff.reset()
    assert backoff.next() == 0.1
