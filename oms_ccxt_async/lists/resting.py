"""The open orders of a legacy OMS, read incrementally where its open list is long with filled ones (fact 19)."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import aclosing
from dataclasses import dataclass

from oms_ccxt_async.lists.history import Lists, Row, is_open
from oms_ccxt_async.lists.over import TRUSTED

__all__ = ["Reading", "Resting"]

LONG = 1_000
"""Rows from which on an open list is not read whole each time."""
NEAR = 400
"""Ids before the newest that one page of history holds."""
MARGIN = 20
"""Places before it that are read again: an order may be seen a little later than one with a higher id."""
STRAGGLERS = 3
"""Older open orders that are read one by one; with more of them the open list is the shorter way."""


BRIEF = 10_000
"""Milliseconds for which it is trusted for one strategy: an older order may be moved to it from another."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Rows that say they are open, and what is said of the rest: all orders up to `newest` that are not here are over.

    Attributes:
        newest: the highest order id that was seen.
        at: when all of it was read, in epoch milliseconds.
    """

    rows: list[Row]
    newest: int
    at: int


@dataclass(frozen=True, slots=True)
class _Known:
    """All orders up to the newest one are over but for these. Over is over, so an older knowledge holds, too."""

    newest: int
    open_ids: frozenset[int]
    at: int


class Resting:
    """Which orders of an account, or of a strategy of it, may still be open.

    Args:
        lists: how to read.
        strategy_id: whose orders; None for the whole account.
    """

    def __init__(self, lists: Lists, strategy_id: int | None) -> None:
        self._lists = lists
        self._strategy_id = strategy_id
        self._trusted = TRUSTED if strategy_id is None else BRIEF
        self._known: _Known | None = None

    async def read(self, asked: str) -> Reading:
        """Every row that says it is open, but for orders that are known to be over."""
        known, now = self._known, self._lists.clock()
        if known is not None and 0 <= now - known.at <= self._trusted:
            news = await self._news(known, asked)
            if news is not None:
                return news
        rows = await self._lists.open("orders", self._strategy_id, asked)
        return Reading(rows, max((row["id"] for row in rows), default=0), now)

    def is_worth(self, reading: Reading) -> bool:
        """Whether it is worth to find out which orders of a reading are over."""
        return self._known is not None or len(reading.rows) > LONG

    def note(self, reading: Reading, open_ids: Iterable[int]) -> None:
        """Note which orders of a reading are not over, so that the next one is shorter."""
        self._known = _Known(reading.newest, frozenset(open_ids), reading.at)

    async def _news(self, known: _Known, asked: str) -> Reading | None:
        """What can be open; None where the open list has to say."""
        old = {key for key in known.open_ids if key < known.newest - NEAR}
        anchor = min(known.open_ids - old, default=known.newest)
        if len(old) > STRAGGLERS:
            return None
        found: dict[int, Row] = {}
        for key in old:  # one at a time: each is a small page
            found |= await self._lists.find("orders", {key}, self._strategy_id, asked)
        place = self._lists.place_of("orders", self._strategy_id, anchor)
        if place is None:
            await self._lists.find("orders", {anchor}, self._strategy_id, asked)
            place = self._lists.place_of("orders", self._strategy_id, anchor)
        if place is None:
            return None
        pages = self._lists.from_place("orders", max(0, place - MARGIN), self._strategy_id, asked)
        async with aclosing(pages):
            async for page in pages:
                found.update((row["id"], row) for row in page)
        if not {anchor, *old} <= found.keys():
            return None  # rows were deleted, and the others moved
        rows = [found[key] for key in sorted(found) if is_open(found[key])]
        return Reading(rows, max(found), known.at)
