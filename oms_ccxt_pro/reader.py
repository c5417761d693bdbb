"""Doing what a feed asks to have read, one read after another, until the feed is refused or closed."""

from __future__ import annotations

import asyncio
import contextlib
import warnings
from collections.abc import Awaitable, Callable, Hashable
from functools import partial
from typing import Any

from ccxt.base.errors import AuthenticationError, BaseError

from oms_ccxt_async.lists.history import DAY, Row
from oms_ccxt_async.wire.account import AccountFacts
from oms_ccxt_pro.delivery import Consumer, EventsLost
from oms_ccxt_pro.ends import is_refusal
from oms_ccxt_pro.feed import Feed
from oms_ccxt_pro.ledger import TopicName
from oms_ccxt_pro.reads import Read, Rows
from oms_ccxt_pro.source import Source, gathered
from oms_ccxt_pro.status import Status

__all__ = ["Reader", "warn"]

ASKED = "what was missed"
PATIENCE = 0.5
"""Seconds that orders and fills which were read wait for positions."""
REFUSALS = 5
"""Refusals in a row that end a feed: while an OMS restarts, it or what stands before it may know no key at all."""


class Reader:
    """Reads for one feed.

    A read that fails is tried again, with growing waits. A refusal of the key ends the feed, and nothing else: that of
    its first read at once, later ones if there are several in a row.

    Args:
        source: how to read.
        status: where is counted.
        refused: told of the refusal that ended the feed.
        monotonic: a monotonic clock in seconds.

    Attributes:
        refusal: the refusal that ended the feed.
        failing: whether the last read failed.
    """

    def __init__(
        self, source: Source, status: Status, refused: Callable[[BaseError], None], monotonic: Callable[[], float]
    ) -> None:
        self.feed: Feed
        self.refusal: BaseError | None = None
        self.failing = False
        self._source = source
        self._status = status
        self._refused = refused
        self._monotonic = monotonic
        self._attended = asyncio.Event()
        self._progress = asyncio.Event()
        self._performing: asyncio.Task[Rows] | None = None
        self._running: asyncio.Task[None] | None = None
        self._catching: dict[Consumer, asyncio.Task[None]] = {}
        self._skipped: set[Hashable] = set()  # what is not read until the next session, as the OMS breaks down over it
        self._told: set[str] = set()  # what the user was told cannot be read

    def start(self, feed: Feed) -> None:
        """Begin to read for a feed."""
        self.feed = feed
        self._running = asyncio.create_task(self._run())

    def attend(self) -> None:
        """There may be something to read."""
        self._attended.set()
        self._progress.set()  # what was read while calls held the feed may be applied now

    def begin_session(self) -> None:
        """Another session begins: what the last one did not finish is given up."""
        self._skipped.clear()
        self.feed.lost()
        if self._performing is not None and self.feed.state != "new":
            self._performing.cancel()

    async def until(self, holds: Callable[[Feed], bool]) -> None:
        """Wait until something holds of the feed, or it is refused."""
        while self.refusal is None and not holds(self.feed):
            self._progress.clear()
            await self._progress.wait()

    async def up_to_date(self) -> None:
        """Wait until everything was read, or a read has failed, or the feed is refused."""
        await self.until(lambda feed: self.failing or (feed.state == "current" and not feed.checking))

    async def close(self) -> None:
        """End what runs in the background."""
        self.feed.lost()
        tasks = [task for task in (self._running, self._performing, *self._catching.values()) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self) -> None:
        backoff, refusals = self._source.backoff(), 0
        while True:
            self._attended.clear()
            now = self._monotonic()
            read = self.feed.next_read(now)
            if read is None:
                await self._rest(self.feed.wake_at)
                continue
            task = self._performing = asyncio.create_task(self._perform(read))
            await asyncio.wait([task])
            self._performing = None
            if task.cancelled():
                self.feed.failed(read)
                continue
            error = task.exception()
            if error is None:
                try:
                    self.feed.answered(read, task.result(), self._monotonic())
                except Exception:
                    self._status.failed(self._source.telemetry.stream, read)
                    self.failing = True
                    self._progress.set()
                    await asyncio.sleep(backoff.next())  # it is read again, and may break again
                    continue
                backoff.reset()
                refusals = 0
                self.failing = False
                self._progress.set()
                continue
            self.feed.failed(read)
            self.failing = True
            self._progress.set()
            if not isinstance(error, BaseError):
                self._source.telemetry.stream.error("a read failed", exc_info=error)
            else:
                refused = isinstance(error, AuthenticationError)
                refusals = refusals + 1 if refused or (read.first and is_refusal(error)) else 0
                if refusals >= REFUSALS or (read.first and refused):
                    self._end(error)
                    return
                self._source.telemetry.stream.info(
                    "what %d events tell of is not read yet: %s", self.feed.waiting, error
                )
            await asyncio.sleep(backoff.next())

    async def _rest(self, wake_at: float | None) -> None:
        """Wait until there may be something to read."""
        if wake_at is None:
            await self._attended.wait()
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, wake_at - self._monotonic())):
                await self._attended.wait()

    def _end(self, error: BaseError) -> None:
        self.refusal = error
        self._progress.set()
        for task in self._catching.values():
            task.cancel()
        self._refused(error)

    # One read

    async def _perform(self, read: Read) -> Rows:
        source, strategy_id = self._source, self.feed.strategy_id
        facts = await source.facts()
        if read.first:
            deals, listed, orders, positions = await asyncio.gather(
                source.newest("deals", strategy_id),
                source.newest("orders", strategy_id),
                source.lists.open("orders", strategy_id, ASKED),
                self._left_out(
                    "/oms/positions/open",
                    "/oms/positions/open",
                    partial(source.lists.open, "positions", strategy_id, ASKED),
                ),
            )
            founds = await source.lookup.with_deals(orders, strategy_id, ASKED)
            newest = max((row["id"] for row in listed), default=0)
            return Rows(facts, deals, founds, newest, positions)
        positions_task = asyncio.create_task(self._positions(read, facts))
        try:
            rows = await self._orders_and_deals(read, facts)
            # What positions are must not keep orders and fills from their watchers (fact 28).
            await asyncio.wait([positions_task], timeout=PATIENCE)
            rows.positions, rows.unread = await positions_task if positions_task.done() else (None, frozenset())
            return rows
        finally:
            positions_task.cancel()
            await asyncio.gather(positions_task, return_exceptions=True)

    async def _orders_and_deals(self, read: Read, facts: AccountFacts) -> Rows:
        source, strategy_id = self._source, self.feed.strategy_id
        if read.restored:
            source.lookup.distrust()
        # Deals before orders: an order that is read later reflects them.
        deals = [] if read.deals_after is None else await source.newest("deals", strategy_id, read.deals_after)
        ids = read.orders
        opened: list[Row] = []
        listed: list[Row] | None = None
        if read.snapshot is not None:
            opened = read.snapshot.orders
        elif read.whole:
            opened = await source.lists.open("orders", strategy_id, ASKED)
        ids |= self.feed.orders_of(deals)
        if read.orders_after is not None:
            listed = await source.newest("orders", strategy_id, read.orders_after)
        after = read.orders_after or 0
        rows = {row["id"]: row for row in (*opened, *(row for row in listed or () if row["id"] > after))}
        founds, left = await asyncio.gather(
            source.lookup.with_deals(list(rows.values()), strategy_id, ASKED),
            gathered(source.lookup.order, ids - rows.keys(), strategy_id),
        )
        newest = None if listed is None else max((row["id"] for row in listed), default=0)
        return Rows(facts, deals, [*founds, *left.values()], newest)

    async def _positions(self, read: Read, facts: AccountFacts) -> tuple[list[Row] | None, frozenset[int]]:
        """The positions that a read asks for, and those over which the OMS breaks down."""
        source, strategy_id = self._source, self.feed.strategy_id
        opened: list[Row] | None = []
        if read.snapshot is not None:
            opened = read.snapshot.positions
        elif read.whole or (read.positions and not facts.by_ids):
            path = "/oms/positions/open"
            opened = await self._left_out(path, path, partial(source.lists.open, "positions", strategy_id, ASKED))
        if opened is None:
            return None, read.positions
        if not (read.whole or read.snapshot is not None):
            opened = [row for row in opened if row["id"] in read.positions]
        left = read.positions - {row["id"] for row in opened}
        since = 0 if read.whole else source.clock() - DAY  # events tell of what was changed just now
        found = await asyncio.gather(*(self._closed_position(key, since) for key in left))
        unread = frozenset(key for key in left if ("position", key) in self._skipped)
        return [*opened, *(row for row in found if row is not None)], unread

    async def _closed_position(self, key: int, since: int) -> Row | None:
        look = partial(self._source.lookup.closed_position, key, self.feed.strategy_id, since)
        row: Row | None = await self._left_out(("position", key), "/oms/positions/history", look)
        return row

    async def _left_out(self, what: Hashable, path: str, reading: Callable[[], Awaitable[Any]]) -> Any:
        """What is read; None, until the next session, if the OMS breaks down over it."""
        if what in self._skipped:
            return None
        try:
            return await reading()
        except BaseError as error:
            if getattr(error, "status", None) != 500:
                raise
            self._skipped.add(what)
            self._status.unreadable += 1
            if path not in self._told:
                self._told.add(path)
                warn(self._source, f"the OMS cannot be read at {path}, orders and fills go on without it: {error}")
            return None

    # Consumers

    async def catch_up(self, kind: TopicName, consumer: Consumer) -> None:
        """Read what a consumer has missed since its backlog was dropped; calls of one consumer share it.

        Raises:
            ccxt.AuthenticationError: the OMS refuses the key; everything else is tried again.
        """
        while consumer.behind:
            task = self._catching.get(consumer)
            if task is None:
                task = self._catching[consumer] = asyncio.create_task(self._catch_up(kind, consumer))
                task.add_done_callback(lambda done: self._catching.pop(consumer, None))
                task.add_done_callback(lambda done: done.cancelled() or done.exception())
            await asyncio.shield(task)

    async def _catch_up(self, kind: TopicName, consumer: Consumer) -> None:
        if kind != "trades" or consumer.missed is None:
            self.feed.ledger.caught_up(kind, consumer)
            return
        backoff = self._source.backoff()
        while consumer.missed is not None:
            consumer.catching = True
            try:
                deals = await self._source.newest("deals", self.feed.strategy_id, consumer.missed)
            except AuthenticationError:
                consumer.drop()
                raise
            except BaseError as error:
                consumer.drop()
                self._source.telemetry.stream.info("what a consumer missed is not read yet: %s", error)
                await asyncio.sleep(backoff.next())
                continue
            if consumer.catching:  # its backlog was not dropped again meanwhile
                self.feed.ledger.caught_up(kind, consumer, deals)


def warn(source: Source, what: str) -> None:
    """Say that something is beyond recovery."""
    source.telemetry.stream.warning("%s", what)
    try:
        warnings.warn(EventsLost(f"oms: {what}"), stacklevel=2)
    except EventsLost:
        source.telemetry.stream.debug("this program makes errors of warnings; the stream goes on")
