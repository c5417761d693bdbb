"""What the OMS forgets, and what it never does."""

from __future__ import annotations

import pytest

from oms_ccxt_async.sandbox import housekeeping
from oms_ccxt_async.sandbox.housekeeping import DAY_MS, prune
from oms_ccxt_async.sandbox.oms import OMS
from oms_ccxt_async.sandbox.rows import Command, Event, Order
from tests.sandbox.conftest import Clock, open_oms, send


def ids(oms: OMS) -> list[int]:
    return [command.command_id for command in oms.storage.select(Command)]


def test_a_repeat_is_known_for_a_day(oms: OMS, clock: Clock) -> None:
    """However many followed it, a command is remembered for 24 hours: a repeat makes no second order."""
    send(oms, "buy", "0.01", price="50000", request_id="first")
    for _ in range(20):
        send(oms, "buy", "0.01", price="50000")
    clock.now += DAY_MS
    prune(oms, keep_commands=5)
    assert ids(oms) == list(range(1, 22))
    assert send(oms, "buy", "0.01", price="50000", request_id="first").order_id == 1
    assert oms.storage.count(Order) == 21


def test_older_ones_are_kept_up_to_a_number(oms: OMS, clock: Clock) -> None:
    """Of what is older than a day the newest stay."""
    for _ in range(20):
        send(oms, "buy", "0.01", price="50000")
    clock.now += DAY_MS + 1
    prune(oms, keep_commands=5)
    assert ids(oms) == list(range(16, 21))


def test_after_a_week_all_but_the_newest_are_gone(oms: OMS, clock: Clock) -> None:
    """Commands and events of a week ago are forgotten, orders are not; ids go on from where they were."""
    for _ in range(3):
        send(oms, "buy", "0.01", price="50000")
    clock.now += housekeeping.KEEP_DAYS * DAY_MS + 1
    prune(oms)
    assert (ids(oms), oms.storage.count(Event), oms.storage.count(Order)) == ([3], 0, 3)
    answer = send(oms, "buy", "0.01", price="50000")
    assert (answer.command_id, oms.events.newest_id(1)) == (4, 4)


def test_it_is_done_in_slices(oms: OMS, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A backlog is worked off bit by bit, the oldest first."""
    for _ in range(7):
        send(oms, "buy", "0.01", price="50000")
    clock.now += housekeeping.KEEP_DAYS * DAY_MS + 1
    monkeypatch.setattr(housekeeping, "SLICE", 3)
    prune(oms)
    assert (ids(oms), oms.storage.count(Event)) == ([4, 5, 6, 7], 4)
    monkeypatch.undo()
    prune(oms)
    assert (ids(oms), oms.storage.count(Event)) == ([7], 0)


def test_an_empty_database_is_no_trouble(clock: Clock) -> None:
    """There is nothing to forget in a new one, of either profile."""
    for profile in ("full", "legacy"):
        oms = open_oms(":memory:", clock, profile=profile)
        prune(oms)
        oms.storage.close()
