"""Whose an order or a position is, as far as was seen."""

from __future__ import annotations

from oms_ccxt_async.lists.owners import REMEMBERED, Owners


def test_what_was_seen_last_counts() -> None:
    """A row says whose it is until a later one says otherwise; orders and positions are told apart."""
    owners = Owners()
    owners.saw("orders", {"id": 5, "strategy_id": 1})
    assert owners.are_known("orders", 5, 1)
    assert not owners.are_known("positions", 5, 1)
    owners.saw("orders", {"id": 5, "strategy_id": 2})
    assert not owners.are_known("orders", 5, 1)
    assert owners.are_known("orders", 5, 2)


def test_what_says_nothing_proves_nothing() -> None:
    """A row without a strategy leaves it open; 0 is a strategy."""
    owners = Owners()
    owners.saw("orders", {"id": 5})
    owners.saw("orders", {"id": 6, "strategy_id": None})
    owners.saw("orders", {"id": 7, "strategy_id": 0})
    assert [owners.are_known("orders", each, 0) for each in (5, 6, 7)] == [False, False, True]


def test_memory_is_bounded() -> None:
    """The newest are remembered, with what was seen of them last; the oldest are forgotten."""
    owners = Owners()
    owners.note("orders", REMEMBERED, 2)
    for each in range(2 * REMEMBERED):
        owners.note("orders", each, 1)
    assert not owners.are_known("orders", 0, 1)
    assert all(owners.are_known("orders", each, 1) for each in range(REMEMBERED, 2 * REMEMBERED))
