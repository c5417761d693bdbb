"""Lists read by `since`, `until` and `limit`."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms_ccxt_async.lists.window import HELD, Told, Window

Row = dict[str, Any]


def window_from(since: int, limit: int | None, *, precise: bool) -> Window:
    """A window on rows with or without milliseconds."""
    window = Window(since, limit, {})
    window.precise = precise
    return window


def rows_at(*moments: int | None) -> list[Row]:
    """Rows with these timestamps, and ids in that order."""
    return [{"id": str(number), "timestamp": at} for number, at in enumerate(moments, 1)]


def ids(window: Window, rows: list[Row]) -> list[str]:
    """What is wanted."""
    return [row["id"] for row in window.cut(rows)]


@given(
    moments=st.lists(st.integers(1, 8).map(lambda second: second * 1000)),
    fractions=st.lists(st.integers(1, 999), min_size=40, max_size=40) | st.just([0] * 40),
    limit=st.integers(1, 4),
)
def test_reading_on_sees_everything_once(moments: list[int], fractions: list[int], limit: int) -> None:
    """The loop of ccxt's manual, `since = last + 1`, ends and has every row once, whatever the limit."""
    rows = rows_at(*(at + fraction for at, fraction in zip(moments, fractions, strict=False)))
    seen: list[str] = []
    since = 0
    for _ in range(len(rows) + 1):
        page = window_from(since, limit, precise=bool(fractions[0])).cut(rows)
        if not page:
            break
        seen += [row["id"] for row in page]
        since = page[-1]["timestamp"] + 1
    assert sorted(seen, key=int) == [row["id"] for row in rows]


@pytest.mark.parametrize(
    ("since", "precise", "expected"),
    [
        (5000, False, ["2", "3", "4"]),
        (5700, False, ["2", "4"]),
        (5001, False, ["3", "4"]),
        (5700, True, ["4"]),
        (4000, True, ["1", "2", "3", "4"]),
    ],
)
def test_a_whole_second_stands_for_any_moment_in_it(since: int, precise: bool, expected: list[str]) -> None:
    """A program that begins within a second gets what the OMS says happened in it (fact 15), unless it says when."""
    assert ids(window_from(since, None, precise=precise), rows_at(4000, 5000, 5300, 6000)) == expected


def test_until_and_limit() -> None:
    """With `since` a list holds the first rows, without it the last; `until` bounds both."""
    rows = rows_at(1000, 2000, 3000, 4000)
    assert ids(Window(2000, 2, {}), rows) == ["2", "3"]
    assert ids(Window(None, 2, {}), rows) == ["3", "4"]
    assert ids(Window(None, 2, {"until": 3000}), rows) == ["2", "3"]
    assert ids(Window(None, None, {}, newest=1), rows) == ["4"]
    assert ids(Window(1000, 0, {}), rows) == ids(Window(None, 0, {}), rows) == []
    assert ids(Window(0, None, {}), rows_at(None, 1000)) == ["1", "2"]


def test_full() -> None:
    """A list that begins at `since` is whole when a row of a later time has been seen; one of the newest, by number."""
    assert not Window(0, 2, {}).is_full(rows_at(1000, 2000, 2000))
    assert Window(0, 2, {}).is_full(rows_at(1000, 2000, 3000))
    assert Window(None, 2, {}).is_full(rows_at(1000, 2000))
    assert Window(0, 0, {}).is_full([])
    assert not Window(0, None, {}).is_full(rows_at(1000))


arrivals = st.lists(st.tuples(st.integers(0, 6), st.integers(1, 5)), min_size=1, max_size=25)


@given(arrivals, st.lists(st.integers(0, 1)), st.integers(1, 4))
def test_reading_on_sees_what_comes_late_in_a_second(
    arrivals: list[tuple[int, int]], pauses: list[int], limit: int
) -> None:
    """While rows come in, in any order of ids and late in a second that was told, the loop tells each of them once."""
    rows: list[Row] = []
    waiting = arrivals[:]
    seen: list[str] = []
    told = Told()
    since = 0
    for turn in range(len(pauses) + 3 * len(arrivals) + 3):
        while waiting and (not rows or (turn < len(pauses) and pauses[turn]) or turn >= len(pauses)):
            later, _ = waiting.pop(0)
            second = max(since // 1000, 1) + later  # not before what was told
            rows.insert(0, {"id": str(len(rows) + 1), "timestamp": second * 1000})
            if turn < len(pauses):
                break
        window = Window(since, limit, {})
        if window.second_before is not None:
            window.told = told.within("loop", window.second_before)
        page = window.cut(rows)
        told.note("loop", page)
        seen += [row["id"] for row in page]
        since = page[-1]["timestamp"] + 1 if page else since
    assert sorted(seen) == sorted(row["id"] for row in rows)
    assert not waiting


def test_loops_are_told_apart() -> None:
    """What one loop was told does not count for another; only the newest second is known, of a bounded number."""
    told = Told()
    told.note("a", rows_at(1000, 2000, 2000))
    assert told.within("a", 2000) == frozenset({"2", "3"})
    assert told.within("a", 1000) is told.within("b", 2000) is None
    told.note("a", [])
    told.note("a", [{"id": "9", "timestamp": 2000}])
    assert told.within("a", 2000) == frozenset({"2", "3", "9"})
    for number in range(HELD):
        told.note(number, rows_at(1000))
    assert told.within("a", 2000) is None


def test_the_newest_by_time() -> None:
    """The newest rows are known when none that is still to come can be newer."""
    rows = rows_at(5000, 1000, 4000)
    assert Window(None, 2, {}).is_full(rows, 4000)
    assert not Window(None, 2, {}).is_full(rows, 4001)
    assert Window(None, 0, {}).is_full(rows, 9000)
