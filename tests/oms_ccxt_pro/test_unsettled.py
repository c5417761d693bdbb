"""What is read once more, when, and what is not."""

from __future__ import annotations

from typing import Any

import pytest

from oms_ccxt_async.lists.lookup import Found
from oms_ccxt_async.wire.account import AccountFacts
from oms_ccxt_pro.cache import Held
from oms_ccxt_pro.delivery import Backlog
from oms_ccxt_pro.events import Event
from oms_ccxt_pro.ledger import LAG, Ledger
from oms_ccxt_pro.reads import Read, Rows
from oms_ccxt_pro.status import Status
from oms_ccxt_pro.unsettled import Unsettled

FACTS = AccountFacts("paper", "hedge", frozenset())


def rows(*orders: int, positions: list[Any] | None = None, unread: frozenset[int] = frozenset()) -> Rows:
    """What a read has found."""
    return Rows(FACTS, [], [Found({"id": order}) for order in orders], None, positions, unread)


def thin(name: str, **named: int) -> tuple[Event, ...]:
    """An event without row and number."""
    return (Event(name, named, None),)


@pytest.fixture
def ledger() -> Ledger:
    """Nothing is held."""
    return Ledger(None, Backlog(10), Status(), 10, {}, print)


@pytest.mark.parametrize(
    ("event", "named"),
    [
        (thin("order_changed", order_id=5), ("order", 5)),
        (thin("position_changed", position_id=5), ("position", 5)),
        (thin("deal_created", deal_id=5), ("deal", 5)),
    ],
)
def test_what_an_event_named_is_read_again_after_the_lag(ledger: Ledger, event: Any, named: Any) -> None:
    """Once: the read that was made for it settles it."""
    unsettled = Unsettled(ledger)
    unsettled.note(Read(10.0, events=event), rows(5, positions=[]), 10.5)
    assert list(unsettled.later(10.5)) == [10.5 + LAG]
    assert unsettled.due(10.5 + LAG) == [named]
    unsettled.note(Read(10.5 + LAG), rows(5, positions=[]), 12.0)
    assert not unsettled


def test_a_read_that_began_before_its_time_settles_nothing(ledger: Ledger) -> None:
    """Its answer may come later, but knows no more than when it began."""
    unsettled = Unsettled(ledger)
    unsettled.note(Read(10.0, events=thin("order_changed", order_id=5)), rows(5, positions=[]), 10.0)
    unsettled.note(Read(10.0 + LAG / 2), rows(5, positions=[]), 20.0)
    assert unsettled.due(20.0) == [("order", 5)]


def test_an_order_that_is_not_found_twice_is_foreign(ledger: Ledger) -> None:
    """Another strategy's: it is not read again."""
    unsettled, event = Unsettled(ledger), thin("order_changed", order_id=5)
    unsettled.note(Read(10.0, events=event), rows(positions=[]), 10.0)
    unsettled.note(Read(11.0), rows(positions=[]), 11.0)
    assert list(unsettled.foreign) == [5]
    unsettled.note(Read(12.0, events=event), rows(positions=[]), 12.0)
    assert not unsettled


def test_what_is_over_is_settled(ledger: Ledger) -> None:
    """Nothing comes after the end of an order or a position, nor after a deal that was seen."""
    ledger.orders.put(5, Held(Found({"id": 5}), 1, True))
    ledger.positions.put(6, Held(Found({"id": 6}), 1, True))
    ledger.seen.add(7)
    unsettled = Unsettled(ledger)
    for event in (
        thin("order_changed", order_id=5),
        thin("position_changed", position_id=6),
        thin("deal_created", deal_id=7),
    ):
        unsettled.note(Read(10.0, events=event), rows(positions=[]), 10.0)
    assert not unsettled


def test_positions_that_could_not_be_read_are_read_again_unless_they_never_can(ledger: Ledger) -> None:
    """A failure is for a moment; what the OMS breaks down over is left out until the next connection."""
    unsettled, read = Unsettled(ledger), Read(10.0, positions=frozenset({6}))
    unsettled.note(read, rows(positions=None, unread=frozenset({6})), 10.0)
    assert not unsettled
    unsettled.note(read, rows(positions=None), 10.0)
    assert unsettled.due(10.0 + LAG) == [("position", 6)]
    unsettled.clear()
    assert not unsettled
