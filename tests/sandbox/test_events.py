"""The event log."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress

import pytest

from oms_ccxt_async.sandbox.events import PRUNE_EVERY, EventLog
from oms_ccxt_async.sandbox.oms import OMS
from oms_ccxt_async.sandbox.rows import Event
from tests.sandbox.conftest import Clock, carry_out, send


def write(log: EventLog, oms: OMS, count: int, account_id: int = 1) -> None:
    with oms.storage.transaction():
        for number in range(count):
            log.append(account_id, "something", number=number)
        log.store()
    log.publish()


def undo(oms: OMS) -> None:
    """A transaction that wrote an event and broke."""
    with suppress(ZeroDivisionError), oms.transaction([1]):
        oms.events.append(1, "never")
        raise ZeroDivisionError


def test_ids_count_up_per_account(oms: OMS) -> None:
    """Every account has its own sequence, without gaps."""
    send(oms, "buy", "0.01", 1, price="50000")
    send(oms, "buy", "0.01", 2)
    send(oms, "buy", "0.01", 1, price="50000")
    ids = [(event.account_id, event.event_id) for event in oms.storage.select(Event)]
    assert ids == [(1, 1), (1, 2), (2, 1), (2, 2), (2, 3), (2, 4)]


def test_subscribers_hear_of_commits_only(oms: OMS) -> None:
    """A subscriber is called once per transaction after its commit, and no more after it has left."""
    heard: list[list[str]] = []

    def hear(events: Sequence[Event]) -> None:
        assert oms.storage.get(Event, event_id=events[-1].event_id) is not None
        heard.append([event.name for event in events])

    leave = oms.events.subscribe(hear)
    send(oms, "buy", "0.01", price="50000")
    carry_out(oms, "cancel_order", order_id=99)
    undo(oms)
    carry_out(oms, "cancel_all_orders")
    leave()
    send(oms, "buy", "0.01")
    assert heard == [["order_submitted"], ["order_canceled", "orders_canceled_batch"]]


def test_a_failing_subscriber_hurts_nobody(oms: OMS, caplog: pytest.LogCaptureFixture) -> None:
    """A subscriber's exception is logged; the command is acknowledged and the others are told."""
    heard: list[Event] = []
    oms.events.subscribe(lambda events: 1 / 0)  # type: ignore[arg-type]
    oms.events.subscribe(heard.extend)
    with caplog.at_level(logging.ERROR):
        assert send(oms, "buy", "0.01", price="50000").status == 200
    assert len(heard) == 1
    assert "subscriber failed" in caplog.text


def test_an_undone_transactions_ids_are_used_again(oms: OMS) -> None:
    """There is no gap where a transaction was undone."""
    undo(oms)
    write(oms.events, oms, 1)
    assert [event.event_id for event in oms.storage.select(Event)] == [1]


def test_after_gives_what_followed(oms: OMS) -> None:
    """Events after an id come in order, up to a limit; nothing new is an empty list."""
    write(oms.events, oms, 5)

    def ids(event_id: int, limit: int = 100) -> list[int] | None:
        events = oms.events.after(1, event_id, limit=limit)
        return None if events is None else [event.event_id for event in events]

    assert (ids(0), ids(3), ids(5), ids(1, 2)) == ([1, 2, 3, 4, 5], [4, 5], [], [2, 3])
    assert (ids(6), ids(-1)) == (None, None)


def test_only_the_newest_are_kept(oms: OMS, clock: Clock) -> None:
    """Old events go; whoever asks for something that followed them is told that it is gone."""
    log = EventLog(oms.storage, clock, keep=10)
    write(log, oms, PRUNE_EVERY)
    assert [event.event_id for event in oms.storage.select(Event)] == list(range(PRUNE_EVERY - 9, PRUNE_EVERY + 1))
    assert log.after(1, PRUNE_EVERY - 11, limit=5) is None
    kept = log.after(1, PRUNE_EVERY - 10, limit=500)
    assert kept is not None
    assert len(kept) == 10


def test_old_events_are_forgotten_slice_by_slice(oms: OMS, clock: Clock) -> None:
    """Events from before a time go, the oldest first and at most so many at once; other accounts keep theirs."""
    write(oms.events, oms, 10)
    write(oms.events, oms, 3, account_id=2)
    clock.now += 1000
    write(oms.events, oms, 10)
    kept = []
    for _ in range(3):
        with oms.storage.transaction():
            oms.events.prune([1], before_ms=clock.now, at_most=6)
        kept.append([event.event_id for event in oms.storage.select(Event, account_id=1)])
    assert kept == [list(range(7, 21)), list(range(11, 21)), list(range(11, 21))]
    assert oms.storage.count(Event, account_id=2) == 3


def test_ids_of_forgotten_events_are_not_given_again(oms: OMS, clock: Clock) -> None:
    """Though nothing is left of an account's events, the next one has the next id, also after a restart."""
    write(oms.events, oms, 5)
    with oms.storage.transaction():
        oms.events.keep_only(1, 0)
    assert oms.storage.count(Event) == 0
    assert [oms.events.after(1, number, limit=9) for number in (0, 4, 5)] == [None, None, []]
    again = EventLog(oms.storage, clock, keep=100)
    assert again.newest_id(1) == 5
    write(again, oms, 1)
    assert [event.event_id for event in oms.storage.select(Event)] == [6]
