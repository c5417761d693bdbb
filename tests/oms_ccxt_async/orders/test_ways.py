"""Which row is an intent's, and what it proves."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from oms_ccxt_async.orders.intents import Intent
from oms_ccxt_async.orders.ways import OmsWay, is_of, is_pending
from tests.oms_ccxt_async.orders.support import ROW
from tests.oms_ccxt_async.orders.test_intents import intent, replaced

BEGAN = 1_800_000_000_000


def mine(**fields: Any) -> Intent:
    """An intent under an id of the user's."""
    return replaced(intent("mine"), own_id=False, began=BEGAN, **fields)


@pytest.mark.parametrize(
    ("made", "row", "its"),
    [
        (mine(), ROW, True),
        (mine(), {**ROW, "symbol": "ETH/USDT"}, False),
        (mine(), {**ROW, "side": "SELL"}, False),
        (mine(), {**ROW, "side": "BUY"}, True),
        (mine(), {**ROW, "qty": "0.010000000000000001"}, False),
        (mine(), {**ROW, "qty": "nonsense"}, False),
        (mine(), {**ROW, "order_type": "stop_limit"}, False),
        # Where orders were known before, the id tells; where none was, the time does.
        (mine(above=4), ROW, True),
        (mine(above=5), ROW, False),
        (mine(above=4), {**ROW, "created_at": "2020-01-01T00:00:00"}, True),
        (mine(), {**ROW, "created_at": "2027-01-15T07:59:01"}, True),
        (mine(), {**ROW, "created_at": "2027-01-15T07:58:59"}, False),
        (mine(), {**ROW, "created_at": None}, True),
        # An id of ours is on no other order.
        (replaced(intent(), above=9), {**ROW, "symbol": "ETH/USDT"}, True),
    ],
)
def test_whose_row_it_is(made: Intent, row: dict[str, Any], its: bool) -> None:
    """Under an id of the user's the row has to say what was sent, and to be newer than what was known."""
    assert is_of(made, row) is its


class Book:
    """The OMS's lists of orders: one that is open, and pages of history; counts what is read."""

    def __init__(self, opened: list[dict[str, Any]], *pages: list[dict[str, Any]]) -> None:
        self.opened, self.pages = opened, pages
        self.read: list[str] = []

    async def open(self, *_: Any) -> list[dict[str, Any]]:
        self.read.append("open")
        return self.opened

    async def newest(self, *_: Any) -> AsyncGenerator[list[dict[str, Any]]]:
        for page in reversed(self.pages):
            self.read.append("newest")
            yield page

    async def since(self, what: str, since: int, *_: Any) -> AsyncGenerator[list[dict[str, Any]]]:
        for page in self.pages:
            self.read.append(f"since {BEGAN - since}")
            yield page


def way(book: Book) -> OmsWay:
    """A way whose lists are these."""
    nothing: Any = None
    lists: Any = book
    return OmsWay(nothing, nothing, lists, nothing)


def numbered(*ids: int, key: str = "other") -> list[dict[str, Any]]:
    """A page of orders."""
    return [{**ROW, "id": each, "client_order_id": key} for each in ids]


async def test_what_is_open_needs_one_read() -> None:
    """An order that stands in the open list is not looked for anywhere else."""
    book = Book(numbered(7, key="oms-1"))
    [(made, proof)] = await way(book).look([intent()])
    assert (made.client_order_id, getattr(proof, "order_id", None)) == ("oms-1", 7)
    assert book.read == ["open"]


async def test_history_is_read_back_to_what_was_known() -> None:
    """No further than to the newest order that was known when the order was sent."""
    pages = [numbered(1, 2), numbered(3, 4), [*numbered(5), *numbered(6, key="oms-1")]]
    book = Book([], *pages)
    [(_, proof)] = await way(book).look([replaced(intent(), above=4)])
    assert getattr(proof, "order_id", None) == 6
    assert book.read == ["open", "newest", "newest"]


async def test_without_knowledge_the_days_around_are_read() -> None:
    """An account's whole history is never walked through for one order."""
    book = Book([], numbered(5), numbered(6, key="oms-1"))
    [(_, proof)] = await way(book).look([replaced(intent(), began=BEGAN)])
    assert getattr(proof, "order_id", None) == 6
    assert book.read == ["open", "since 86400000", "since 86400000"]


def test_pending_is_no_proof() -> None:
    """The OMS has the row; whether the exchange has the order, it does not know (facts 10 and 30)."""
    assert is_pending({**ROW, "status": "PENDING_SUBMIT", "exchange_order_id": None})
    assert not is_pending({**ROW, "status": "PENDING_SUBMIT", "exchange_order_id": "9"})
    assert not is_pending(ROW)
