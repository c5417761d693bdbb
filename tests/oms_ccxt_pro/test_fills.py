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


class Orders:
    """Orders that are held, and the fills that were told of them."""

    def __init__(self, *orders: Held) -> None:
        self.held = {each.found.row["id"]: each for each in orders}
        self.told: list[int] = []
        self.fills = Fills(lambda row: self.told.append(row["id"]), self.held.get)

    def now(self, order: Held) -> None:
        """An order is in another state."""
        self.held[order.found.row["id"]] = order
        self.fills.advance()


def test_fills_wait_for_their_order_one_by_one() -> None:
    """Each fill is told when the order's filled quantity includes it, and not before."""
    orders = Orders(order("0"))
    orders.fills.take(deal(1, "0.1"))
    orders.fills.take(deal(2, "0.2"))
    assert orders.told == []
    orders.now(order("0.1"))
    assert orders.told == [1]
    assert 2 in orders.fills
    orders.now(order("0.300"))
    assert orders.told == [1, 2]
    assert orders.fills.head is None


def test_a_fill_that_is_reflected_already_does_not_wait() -> None:
    """Where the order's event comes first, its fill is told at once; what was filled before does not count."""
    orders = Orders(order("0.6"))
    orders.fills.begin(order("0.5").found.row)
    orders.fills.take(deal(1, "0.1"))
    assert orders.told == [1]


def test_an_order_that_is_over_keeps_no_fill() -> None:
    """When the order ends, everything that waited is told."""
    orders = Orders(order("0"))
    orders.fills.take(deal(1, "5"))
    orders.now(order("1", over=True))
    assert orders.told == [1]


def test_a_fill_waits_for_those_before_it() -> None:
    """The OMS's order holds among the fills of all orders."""
    orders = Orders(order("0"))
    orders.fills.take(deal(1, "1"))
    orders.fills.take({"id": 2, "order_id": None, "qty": "1"})
    assert orders.told == []
    orders.now(order("1"))
    assert orders.told == [1, 2]


def test_a_fill_that_was_given_up_counts() -> None:
    """A fill is not kept for ever for an order that does not reflect it, and later ones wait for their own turn."""
    orders = Orders(order("0"))
    orders.fills.take(deal(1, "1"))
    orders.fills.give_up()
    assert orders.told == [1]
    orders.fills.take(deal(2, "1"))
    orders.now(order("1"))
    assert orders.told == [1]
    orders.now(order("2"))
    assert orders.told == [1, 2]
