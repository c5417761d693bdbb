"""At which place of the list of all time a row stands. Pure.

The list is in ascending order of id and grows at its end (fact 16), so a row keeps its place until one before it is
deleted by hand; and between two rows there are at most as many as there are ids.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

__all__ = ["Places"]

HELD = 20_000
"""Places that are remembered; beyond, every second one is let go of."""
SIZES = (1, 2, 5, 10, 20, 50, 100, 250, 500)
"""Sizes of pages; the last is the largest that the OMS gives (fact 16)."""


class Places:
    """The places of some rows, and what follows from them for others. Places count from 0."""

    def __init__(self) -> None:
        self._ids: list[int] = []
        self._at: list[int] = []

    def note(self, ids: Iterable[int], first: int) -> None:
        """Note a page: its ids stand from place `first` on.

        What it contradicts was before a deletion, and is forgotten.
        """
        page = list(ids)
        if page:
            low, high = bisect_left(self._ids, page[0]), bisect_right(self._ids, page[-1])
            known = dict(zip(self._ids[low:high], self._at[low:high], strict=True))
            news = {key: place for place, key in enumerate(page, first)}
            if (
                any(news.get(key) != place for key, place in known.items())
                or (low and self._at[low - 1] >= first)
                or (high < len(self._at) and self._at[high] < first + len(page))
            ):
                self._ids, self._at, low, high = [], [], 0, 0
            self._ids[low:high], self._at[low:high] = news.keys(), news.values()
        if len(self._ids) > HELD:
            self._ids, self._at = self._ids[::2], self._at[::2]

    def place(self, key: int) -> int | None:
        """The place of an id that was noted; None for others."""
        index = bisect_left(self._ids, key)
        return self._at[index] if index < len(self._ids) and self._ids[index] == key else None

    def span(self, key: int) -> tuple[int, int]:
        """The first and the last place where this id may stand; the wrong way round, if there is no such row."""
        index = bisect_left(self._ids, key)
        if index < len(self._ids) and self._ids[index] == key:
            return self._at[index], self._at[index]
        below, at = (self._ids[index - 1], self._at[index - 1]) if index else (0, -1)
        first, last = at + 1, at + key - below
        if index < len(self._ids):
            first = max(first, self._at[index] - (self._ids[index] - key))
            last = min(last, self._at[index] - 1)
        return first, last

    def page(self, key: int, turn: int, end: int | None, *, alone: bool) -> tuple[int, int] | None:
        """The number (from 1) and the size of the page to look for an id in; None if there is no such row.

        Args:
            turn: how many pages were looked into already.
            end: how long the list is, where that is known.
            alone: whether no other id is looked for, so that a small page will do.
        """
        first, last = self.span(key)
        last = last if end is None else min(last, end - 1)
        if first > last:
            return None
        if alone:
            for size in SIZES:
                if first // size == last // size:
                    return first // size + 1, size
        size = SIZES[-1]
        if turn == 0 or not self._ids or last - first < size:
            return last // size + 1, size  # most ids that are asked for are new ones
        middle = (first + last) // 2 if turn % 2 else self._between(key, first, last)
        return middle // size + 1, size

    def _between(self, key: int, first: int, last: int) -> int:
        """Where an id would stand if the ids around it were evenly spread."""
        index = bisect_left(self._ids, key)
        below = self._ids[index - 1] if index else 0
        above = self._ids[index] if index < len(self._ids) else key + 1
        return first + (last - first) * (key - below) // (above - below)
