"""What an exchange counts, and when the OMS counts as away."""

from __future__ import annotations

from oms_ccxt_async.instrumentation.numbers import Flood, Outage, Series, Stats


def test_a_series_has_count_sum_and_maximum() -> None:
    """An average and the worst can be made of it."""
    series = Series()
    for ms in (2.0, 5.0, 3.0):
        series.add(ms)
    assert series.shown() == {"count": 3, "sum": 10.0, "max": 5.0}


def test_what_is_shown_is_the_callers() -> None:
    """A program that changes what it was shown changes no number."""
    stats = Stats()
    stats.shown()["failures"]["X"] = 1
    stats.shown()["orders"]["accepted"] = 9
    assert (stats.failures, stats.orders["accepted"]) == ({}, 0)


def test_one_failure_is_no_outage() -> None:
    """A connection that broke once, and is there again, is nothing to tell."""
    outage = Outage()
    assert not outage.failed(0.0, 1.0)
    assert outage.answered(2.0) is None


def test_an_outage_is_told_once_with_its_length_from_the_first_failure() -> None:
    """The second failure in a row tells it, further ones do not, and the first answer ends it."""
    outage = Outage()
    assert [outage.failed(began, began + 1) for began in (0.0, 2.0, 4.0)] == [False, True, False]
    assert outage.answered(9.0) == 8.0
    assert outage.answered(10.0) is None
    assert [outage.failed(began, began + 1) for began in (11.0, 13.0)] == [False, True]


def test_requests_that_break_together_are_one_failure() -> None:
    """What was under way when the first one failed says nothing more than that one."""
    outage = Outage()
    assert not any(outage.failed(0.0, 1.0 + late / 10) for late in range(5))


def test_a_failure_that_began_before_an_answer_says_nothing() -> None:
    """A request that timed out while others were answered begins no outage."""
    outage = Outage()
    outage.answered(5.0)
    assert not outage.failed(0.0, 10.0)
    assert not outage.failed(11.0, 12.0)


def test_a_flood_is_named_once() -> None:
    """So many within a time, then one that says that there are more, then none until the time is over."""
    flood = Flood(2, 100)
    assert [flood.left(now) for now in (0, 1, 2, 3, 99)] == [2, 1, 0, -1, -2]
    assert flood.left(100) == 2
