"""What is held of orders and positions."""

from __future__ import annotations

from typing import Any

import pytest

from oms_ccxt_async.lists.lookup import Found
from oms_ccxt_pro.cache import Cache, Held, is_behind, is_same


def held(key: int, *, over: bool = False, number: int = 1) -> Held:
    """Something held."""
    return Held(Found({"id": key}), number, over)


def test_what_is_open_is_never_evicted() -> None:
    """However much is over, what is open stays, and the bound holds for the rest (ccxt issue 22494)."""
    cache = Cache(3)
    for key in range(1, 11):
        cache.put(key, held(key))
    for key in range(11, 31):
        cache.put(key, held(key, over=True, number=key))
    assert cache.open_ids == set(range(1, 11))
    assert [each.found.row["id"] for each in cache] == [28, 29, 30, *range(1, 11)]


def test_what_ends_moves_and_what_is_gone_is_forgotten() -> None:
    """An order that closes is held as over, and a deleted one not at all."""
    cache = Cache(3)
    cache.put(1, held(1))
    cache.put(1, held(1, over=True))
    assert cache.open_ids == set()
    found = cache.get(1)
    assert found is not None
    assert found.over
    cache.discard(1)
    assert cache.get(1) is None
    assert list(cache) == []


def row(**fields: Any) -> Found:
    """An order's row."""
    return Found({"status": "SUBMITTED", "filled_qty": "0.5", "updated_at": "2026-11-22T12:30:56", **fields})


@pytest.mark.parametrize(
    ("new", "behind"),
    [
        ({}, False),
        ({"filled_qty": "0.6"}, False),
        ({"filled_qty": "0.4"}, True),
        ({"status": "FILLED", "filled_qty": "1"}, False),
        ({"updated_at": "2026-11-22 12:30:56"}, False),
        ({"updated_at": "2026-11-22 12:30:55"}, False),
        ({"updated_at": "2026-11-22T12:30:57", "filled_qty": "0.4"}, True),
    ],
)
def test_progress_tells_which_row_is_behind(new: dict[str, Any], behind: bool) -> None:
    """What is filled decides, and never a time (fault 38)."""
    assert is_behind(row(**new), row()) is behind


def test_terminal_states_are_absorbing() -> None:
    """An open row is behind a canceled one, and an open position than a closed one."""
    assert is_behind(row(), row(status="CANCELED"))
    assert not is_behind(row(status="CANCELED"), row())
    position = {"state": "open", "updated_at": "2026-11-22T12:30:56"}
    assert is_behind(Found(position), Found({**position, "state": "closed"}))


def test_fewer_deals_are_older() -> None:
    """On a legacy OMS an order's deals only grow (fact 19)."""
    assert is_behind(Found(row().row), Found(dict(row().row), [{"id": 1}]))


@pytest.mark.parametrize(
    ("new", "same"),
    [
        ({}, True),
        ({"updated_at": "2026-11-22 12:30:56"}, True),
        ({"updated_at": "2026-11-22 12:30:57"}, False),
        ({"updated_at": None}, False),
        ({"price": "1"}, False),
        ({"filled_qty": "0.6"}, False),
    ],
)
def test_a_time_may_be_spelled_in_two_ways(new: dict[str, Any], same: bool) -> None:
    """Rows of snapshots spell times as rows of lists do not (fact 15), and say the same."""
    assert is_same(row(**new), row()) is same
    assert not is_same(Found(row().row, [{"id": 1}]), row())
