"""A fill is told when its order reflects it."""

from __future__ import annotations

from typing import Any

from oms_ccxt_async.lists.lookup import Found
from oms_ccxt_pro.cache import Held
from oms_ccxt_pro.fills import Fills


def order(filled: str, *, over: bool = False) -> Held:
    """Order 1 with so much filled."""
    return Held(Found({"id": 1, "filled_qty": filled}), 1, over)


def deal(key: int, qty: str) -> dict[str, Any]:
    """A fill of order 1."""
    return {"id": key, "order_id": 1, "qty": qty}


def test_fills_wait_for_their_order_one_by_one() -> None:
    """Each fill is told when the order's filled quantity includes it, and not before."""
    told: list[int] = []
    fills = Fills(lambda row: told.append(row["id"]))
    fills.begin(order("0").found.row)
    fills.take(deal(1, "0.1"), order("0"))
    fills.take(deal(2, "0.2"), order("0"))
    assert told == []
    fills.reflect(1, order("0.1"))
    assert told == [1]
    assert fills.waits(1)
    fills.reflect(1, order("0.300"))
    assert told == [1, 2]
    assert not fills.waits(1)


def test_a_fill_that_is_reflected_already_does_not_wait() -> None:
    """Where the order's event comes first, its fill is told at once."""
    told: list[int] = []
    fills = Fills(lambda row: told.append(row["id"]))
    fills.begin(order("0.5").found.row)
    fills.take(deal(1, "0.1"), order("0.6"))
    assert told == [1]


def test_an_order_that_is_over_keeps_no_fill() -> None:
    """When the order ends, everything that waited is told."""
    told: list[int] = []
    fills = Fills(lambda row: told.append(row["id"]))
    fills.begin(order("0").found.row)
    fills.take(deal(1, "5"), order("0"))
    fills.reflect(1, order("1", over=True))
    assert told == [1]


def test_giving_up_tells_what_waits() -> None:
    """A fill is not kept for ever for an event that does not come."""
    told: list[int] = []
    fills = Fills(lambda row: told.append(row["id"]))
    fills.take(deal(1, "1"), order("0"))
    fills.give_up(1)
    assert told == [1]
