"""The deals of a legacy OMS, by order: there, what an order really is follows from them (fact 19)."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import aclosing

from oms_ccxt_async.lists.history import DAY, PAGE, Lists, Row
from oms_ccxt_async.mappers.time import milliseconds

__all__ = ["HELD", "DealBook"]

HELD = 20_000
"""The most deals that a book keeps; beyond that it forgets the days before the orders that are asked for."""
TRUSTED = 600_000
"""Milliseconds after which a book reads everything again: the OMS does not say which old deals were edited by hand."""
SKEW = 3_600_000
"""Milliseconds by which a deal's exchange time may be before its order's time at the OMS."""


class DealBook:
    """The account's deals from some day on, read incrementally.

    A window of days is in ascending order of id and grows at its end, so a refresh reads on from the page of the last
    deal that is known. If that deal is not where it was, others were deleted by hand, and all is read anew.

    Args:
        lists: how to read.
        strategy_id: whose deals; None for the whole account.
        until: a moment of the last day, in epoch milliseconds; None for all that come.
    """

    def __init__(self, lists: Lists, strategy_id: int | None, until: int | None = None) -> None:
        self._lists = lists
        self._strategy_id = strategy_id
        self._until = until
        self._lock = asyncio.Lock()
        self._begun = self._done = 0  # numbers of the refreshes that were begun last and done last
        self._start: int | None = None  # the first day that is held, in epoch ms
        self._read_at = 0  # when everything was read last
        self._deals: list[Row] = []
        self._by_order: dict[int, list[Row]] = {}

    @property
    def newest(self) -> int:
        """The largest id of the deals that are held; 0 without any."""
        return int(self._deals[-1]["id"]) if self._deals else 0

    async def of(self, orders: Iterable[Row], asked: str, *, as_read: bool = False) -> Callable[[int], list[Row]]:
        """The deals of each of these orders (rows with `id` and `created_at`), as the OMS has them now.

        Callers that come while a refresh is under way share the next one: none is answered from before its call.

        Args:
            as_read: whether they may be as they were read last, where all of their days are held.
        """
        created = [milliseconds(row.get("created_at")) or 0 for row in orders]
        start = max(0, min(created, default=0) - SKEW) // DAY * DAY
        if not as_read or self._start is None or start < self._start:
            await self._renew(start, asked)
        return self._of_order

    async def whole(self, start: int, asked: str) -> list[Row]:
        """All deals from a day on, given by its first millisecond, as the OMS has them now."""
        await self._renew(start, asked)
        return [dict(deal) for deal in self._deals]

    async def _renew(self, start: int, asked: str) -> None:
        wanted = self._begun + 1
        async with self._lock:
            if self._done < wanted or self._start is None or start < self._start:
                self._begun += 1
                await self._refresh(start, asked)
                self._done = self._begun

    def _of_order(self, order_id: int) -> list[Row]:
        return [dict(deal) for deal in self._by_order.get(order_id, ())]

    async def _refresh(self, start: int, asked: str) -> None:
        now = self._lists.clock()
        too_many = self._start is not None and start > self._start and len(self._deals) > HELD
        if self._start is None or too_many or now - self._read_at > TRUSTED:
            start = start if self._start is None or too_many else min(start, self._start)
            known, self._read_at = [], now
        elif start < self._start:
            known = await self._read(start, 1, asked, until=self._start - 1) + self._deals
            known.sort(key=lambda deal: int(deal["id"]))
        else:
            start, known = self._start, self._deals
        last = len(known) - 1
        page = max(0, last) // PAGE
        deals = known[: page * PAGE] + await self._read(start, page + 1, asked, until=self._until)
        if known and (len(deals) <= last or deals[last]["id"] != known[last]["id"]):
            deals = await self._read(start, 1, asked, until=self._until)
        if deals != self._deals:
            by_order: defaultdict[int, list[Row]] = defaultdict(list)
            for deal in deals:
                if deal.get("order_id") is not None:
                    by_order[deal["order_id"]].append(deal)
            self._deals, self._by_order = deals, dict(by_order)
        self._start = start

    async def _read(self, start: int, page: int, asked: str, *, until: int | None = None) -> list[Row]:
        deals: dict[int, Row] = {}
        pages = self._lists.since("deals", start, self._strategy_id, asked, until=until, first=page)
        async with aclosing(pages):
            async for rows in pages:
                deals.update((row["id"], row) for row in rows)
        return [deals[key] for key in sorted(deals)]
