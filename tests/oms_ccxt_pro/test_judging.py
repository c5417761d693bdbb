"""What an answer is worth: held against what was told before it was asked for, meanwhile, and by its events."""

from __future__ import annotations

from tests.oms_ccxt_pro.model import Model
from tests.oms_ccxt_pro.test_cursors import watched


def test_a_row_that_was_read_before_its_event_takes_nothing_back() -> None:
    """An event that arrives while a read is under way is newer than the answer."""
    model, feed = watched()
    feed.feed.check()
    feed.start_read()
    feed.wire += model.fill(1)
    feed.deliver(2)
    feed.finish_read()
    assert feed.states["1"] == [(1, False)]
    assert feed.feed.ledger.orders.get(1).found.row["filled_qty"] == "1"  # type: ignore[union-attr]


def test_events_behind_a_row_that_was_read_take_nothing_back() -> None:
    """A row may be ahead of events that are still on their way: those of less progress are not told."""
    model, feed = watched()
    feed.feed.check()
    feed.wire += model.fill(1) + model.fill(1)
    feed.start_read()
    feed.finish_read()
    assert feed.states["1"] == [(2, False)]
    feed.deliver(4)
    feed.settle()
    assert (feed.states["1"], feed.fills) == ([(2, False)], [(1, "t1"), (2, "t2")])


def test_less_progress_is_believed_when_it_lasts() -> None:
    """A legacy OMS's row that was edited by hand is told after as long as no list lags, and not before."""
    model = Model(full=False)
    model.create()
    _, feed = watched(model)
    feed.wire += model.cancel(1)
    feed.settle()
    assert feed.states["1"] == [(0, True)]
    model.orders[1]["status"] = "SUBMITTED"
    for seconds, told in ((2.0, [(0, True)]), (5.0, [(0, True), (0, False)])):
        model.time += seconds
        feed.feed.check()
        feed.start_read()
        feed.finish_read()
        assert feed.states["1"] == told


def test_an_order_that_ended_is_not_told_again_by_a_list() -> None:
    """Also when so many ended after it that it is not held any more."""
    model, feed = watched(most=1)
    for key in (3, 4):
        feed.wire += model.create() + model.cancel(key)
    feed.settle()
    feed.feed.check()
    feed.settle()
    assert feed.feed.ledger.orders.get(3) is None
    assert (feed.states["3"], feed.states["4"]) == ([(0, False), (0, True)],) * 2


def test_nothing_is_told_while_a_call_makes_its_consumer() -> None:
    """Neither what a session had to read first, nor its events; all of it comes when the call is ready."""
    model, feed = watched()
    feed.disconnect()
    model.fill(1)
    model.prune()
    feed.connect()
    feed.feed.hold()
    feed.start_read()
    feed.finish_read()
    feed.wire += model.fill(2)
    feed.deliver(2)
    assert (feed.states, feed.fills) == ({}, [])
    feed.feed.release()
    feed.fetch()
    feed.feed.hold()
    feed.wire += model.fill(2)
    feed.deliver(2)
    assert feed.fills == [(1, "t1"), (2, "t2")]
    feed.feed.release()
    feed.fetch()
    assert feed.fills == [(1, "t1"), (2, "t2"), (3, "t3")]


def test_a_number_of_an_earlier_session_is_no_duplicate() -> None:
    """An event that a session received, and did not get to tell, comes once more, and out of order."""
    model, feed = watched()
    feed.feed.hold()
    feed.wire += model.fill(1)
    feed.deliver(2)
    feed.disconnect()
    feed.feed.release()
    feed.connect()
    feed.wire.reverse()
    feed.settle()
    assert (feed.states["1"][-1], feed.fills) == ((1, False), [(1, "t1")])


def test_a_number_of_another_history_is_no_duplicate() -> None:
    """An event that comes out of order, under a number that was lately one of the history before."""
    model, feed = watched()
    for _ in range(4):
        feed.wire += model.create()
    feed.settle()
    feed.disconnect()
    model.lose_history()
    feed.settle()
    feed.wire += reversed(model.fill(1))
    feed.settle()
    assert feed.fills == [(1, "t1")]


def test_lists_that_lag_again_and_again_are_no_restored_backup() -> None:
    """Each read misses the newest fills and orders, and none of them what the one before it missed."""
    model = Model(full=False)
    model.create()
    _, feed = watched(model)
    for key in range(2, 12):
        feed.wire += [*model.create(), *model.fill(key)]
        feed.deliver(2)
        feed.start_read()
        feed.finish_read()
        model.time += 0.55
        model.lag = 0.6
        feed.feed.check()
        feed.start_read()
        feed.finish_read()
        model.lag = 0.0
    assert not any("restored" in warning for warning in feed.warnings)
