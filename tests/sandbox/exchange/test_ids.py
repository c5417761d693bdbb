"""Numbers for records."""

from __future__ import annotations

from oms_ccxt_async.sandbox.exchange import Ids


def test_ids_count_up() -> None:
    """Without a reserve they go on for ever; looking at one does not take it, and dropping changes nothing."""
    ids = Ids(5)
    assert (ids.peek(), ids.take(), ids.take()) == (5, 5, 6)
    ids.drop()
    assert ids.take() == 7


def test_ids_are_reserved_as_they_are_needed() -> None:
    """A range is asked for when the last one is used up or was dropped; what was dropped is not given."""
    ranges = iter([range(1, 3), range(7, 9), range(20, 30)])
    ids = Ids(reserve=lambda: next(ranges))
    assert [ids.take() for _ in range(3)] == [1, 2, 7]
    ids.drop()
    assert (ids.peek(), ids.take()) == (20, 20)
