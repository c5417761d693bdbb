"""Positions of the days that can be read, where the OMS breaks down over a row of others (fact 28)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

from ccxt.base.errors import BaseError

from oms_ccxt_async import errors
from oms_ccxt_async.lists.history import DAY, Lists, Pages, Row

__all__ = ["Pieces", "is_breakdown"]

BELIEVED = 60_000
"""Milliseconds for which a day that could not be read is not asked for again."""
MOST = 40
"""Reads that may break down before the whole history counts as broken."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Pieces:
    """Reads the history of positions day by day around what cannot be read, in as few windows as that takes.

    Args:
        lists: the OMS's lists, of one account.
        account_id: which account that is just now.
    """

    def __init__(self, lists: Lists, account_id: Callable[[], int]) -> None:
        self._lists = lists
        self._account_id = account_id
        # By account, strategy and day: when it could not be read.
        self._broken: dict[tuple[int, int | None, int], int] = {}

    async def pages(
        self, pages: Pages, since: int | None, strategy_id: int | None, asked: str, warn: Callable[[str], None]
    ) -> Pages:
        """Pages of positions as they come; if the OMS breaks down over one, what can be read of their days.

        Args:
            since: the first of their days (epoch ms); None: all that there are.
            warn: told which days are missing.
        """
        async with aclosing(pages):
            if not self._known(strategy_id, since or 0):
                try:
                    async for rows in pages:
                        yield rows
                    return
                except BaseError as error:
                    if not is_breakdown(error):
                        raise
        found, missing = await self._readable(since or 0, strategy_id, asked)
        if missing:
            warn(f"oms {asked}: {_lacking(missing)}")
        yield list(found.values())

    async def find(self, position_id: int, strategy_id: int | None, asked: str, since: int = 0) -> Row | None:
        """A position of the days from `since` on, where the list of all days could not be read; None if there is none.

        Raises:
            ccxt.ExchangeNotAvailable: it is not among what can be read.
        """
        found, missing = await self._readable(since, strategy_id, asked, position_id)
        if missing and position_id not in found:
            raise _broken(asked, f"{_lacking(missing)}, and what was asked for may be there")
        return found.get(position_id)

    async def _readable(
        self, since: int, strategy_id: int | None, asked: str, sought: int | None = None
    ) -> tuple[dict[int, Row], list[int]]:
        """The rows of the days that can be read, from `since` on, and the days that cannot.

        Args:
            sought: the id that is enough to be found: it is looked for from today backwards.

        Raises:
            ccxt.ExchangeNotAvailable: it is not a few days that cannot be read.
        """
        found: dict[int, Row] = {}
        missing: list[int] = []
        known = self._known(strategy_id, since)
        failures = 0
        # Oldest first: a row that changes meanwhile comes again in a later day.
        waiting = deque(_spans(since // DAY, self._lists.clock() // DAY + 1))
        if sought is not None:
            waiting.append(waiting[0])
            waiting.reverse()  # and today once more: what is sought may have changed meanwhile
        while waiting and sought not in found:
            first, last = waiting.pop()
            if first == last and first in known:
                missing.append(first)
                continue
            if any(first <= day <= last for day in known):
                waiting += _halves(first, last, sought is not None)
                continue
            pages = self._lists.since("positions", first * DAY, strategy_id, asked, until=last * DAY)
            try:
                async with aclosing(pages):
                    async for rows in pages:
                        found.update((row["id"], row) for row in rows)
            except BaseError as error:
                failures += 1
                if not is_breakdown(error) or failures > MOST:
                    raise
                if first == last:
                    self._broken[self._account_id(), strategy_id, first] = self._lists.clock()
                    missing.append(first)
                else:
                    waiting += _halves(first, last, sought is not None)
        return found, sorted(set(missing))

    def _known(self, strategy_id: int | None, since: int) -> set[int]:
        """The days from `since` on that could not be read a moment ago."""
        scope, now = (self._account_id(), strategy_id), self._lists.clock()
        self._broken = {key: at for key, at in self._broken.items() if 0 <= now - at < BELIEVED}
        return {day for *its, day in self._broken if tuple(its) == scope and day >= since // DAY}


def is_breakdown(error: BaseError) -> bool:
    """Whether the OMS broke down over what was read."""
    return errors.facts_of(error).status == 500


def _broken(asked: str, why: str) -> errors.OmsError:
    error = errors.ExchangeNotAvailable(f"oms {asked}: {why}")
    error.asked, error.status = asked, 500
    return error


def _halves(first: int, last: int, newest: bool) -> list[tuple[int, int]]:
    """The halves of a span of days, the one that is read first, the newest or the oldest, at the end."""
    middle = (first + last) // 2
    halves = [(middle + 1, last), (first, middle)]
    return halves[::-1] if newest else halves


def _spans(first: int, last: int) -> Iterator[tuple[int, int]]:
    """The days from the last to the first in spans that grow, as what cannot be read is mostly new."""
    length = 1
    while last >= first:
        start = max(first, last - length + 1)
        yield start, last
        last, length = start - 1, length * 2


def _lacking(days: list[int]) -> str:
    names = ", ".join(f"{_EPOCH + timedelta(days=day):%Y-%m-%d}" for day in days)
    return f"the OMS breaks down over positions last changed on {names}, so these are left out"
