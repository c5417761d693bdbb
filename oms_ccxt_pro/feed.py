"""An account's orders, fills and positions as they become known: from events, and by reading where events do not tell.

A `Feed` is what one strategy, or the whole account, sees. It publishes differences only: a row that is older than the
one held, or equal to it, is dropped, and so is a fill that was seen before in the life of the process.
"""

from __future__ import annotations

import asyncio
import warnings
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Literal

from ccxt.base.errors import AuthenticationError, BaseError

from oms_ccxt_async.lists.history import Row
from oms_ccxt_async.lists.lookup import Found
from oms_ccxt_async.wire.account import AccountFacts
from oms_ccxt_pro.cache import TERMINAL, Cache, Held, is_older, is_same
from oms_ccxt_pro.delivery import Backlog, Consumer, EventsLost, Item, Seen, Topic
from oms_ccxt_pro.desk import Desk, gathered
from oms_ccxt_pro.events import DELETED, SUMMARIES, Event, ids_of, row_of
from oms_ccxt_pro.fills import Fills
from oms_ccxt_pro.status import Status

__all__ = ["Feed", "Kind"]

Kind = Literal["orders", "trades", "positions"]
ORDER_WAIT = 0.25
"""Seconds that a fill waits for the event that brings its order up to it."""


class Feed:
    """What one strategy sees of the account.

    Args:
        desk: how to read and map.
        strategy_id: whose; None for the whole account.
        backlog: the bound on what waits for consumers.
        status: where is counted.
        most: orders and positions that are over, and fills, kept for `newUpdates: False`.

    Attributes:
        topics: where orders, trades and positions are published.
        received: the id of the last event that was taken.
        snapshot_id: the last event that the snapshot of open orders and positions includes.
        changed: called after everything that may change a balance.
    """

    def __init__(self, desk: Desk, strategy_id: int | None, backlog: Backlog, status: Status, most: int) -> None:
        self.strategy_id = strategy_id
        self.topics: dict[Kind, Topic] = {name: Topic(backlog) for name in ("orders", "trades", "positions")}
        self.orders = Cache(most)
        self.positions = Cache(most)
        self.trades: deque[Row] = deque(maxlen=most)
        self.received: int | None = None
        self.snapshot_id = 0
        self.ready = False
        self._greeted: list[tuple[Kind, Consumer]] = []
        self.changed: Callable[[], None] = lambda: None
        self._desk = desk
        self._backlog = backlog
        self._status = status
        self._facts: AccountFacts
        self._seen = Seen()
        self._inbox: deque[Event] = deque()
        self._holds = 0
        self._draining: asyncio.Task[None] | None = None
        self._catching: dict[Consumer, asyncio.Task[None]] = {}
        self._foreign: deque[int] = deque(maxlen=1_000)
        self._fills = Fills(self._tell_fill)
        self._timers: dict[int, asyncio.TimerHandle] = {}
        self._reading = asyncio.Lock()
        self._beginning: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """Events that were taken and not yet applied."""
        return len(self._inbox)

    # Events

    def offer(self, event: Event) -> None:
        """Take an event: apply it at once, or after what is before it."""
        if event.id is not None:
            if self.received is not None and event.id <= self.received:
                self._status.duplicates += 1
                return
            self.received = event.id
        if self._holds or self._inbox or (event.row is None and self._must_read(event)):
            self._inbox.append(event)
            self._backlog.unread += 1
            self._drain()
        else:
            self._apply(event)

    def hold(self) -> None:
        """Keep events until `release`: what was before them is about to be read."""
        self._holds += 1

    def release(self) -> None:
        """Apply what came while the feed was held."""
        self._holds -= 1
        self._drain()

    def _must_read(self, event: Event) -> bool:
        """Whether the rows that an event is about come with no event (extension 4)."""
        covered = "event_rows" in self._facts.features and event.name in ("close_by_executed", "positions_merged")
        return event.is_thin and not covered

    def _apply(self, event: Event) -> None:
        """Apply an event that carries its row."""
        row = event.row
        if row is None:
            if event.subject is None:
                self._other(event)
        elif event.name == "deal_created":
            self._deal(row)
        else:
            told_by_snapshot = event.id is not None and event.id <= self.snapshot_id
            if event.subject == "order":
                self._order(Found(row), told_by_snapshot=told_by_snapshot)
            elif event.subject == "position":
                self._position(row, told_by_snapshot=told_by_snapshot)

    def _other(self, event: Event) -> None:
        deleted = DELETED.get(event.name)
        if deleted is not None:
            row = row_of(event.payload, deleted) or event.payload
            key = row.get("id") or row.get(f"{deleted}_id")
            if deleted != "deal" and isinstance(key, int):
                (self.orders if deleted == "order" else self.positions).discard(key)
        elif event.name not in SUMMARIES:
            self._status.unknown += 1
            self._desk.logger.info("an event of a kind that this driver does not know was ignored: %s", event.name)

    def _drain(self) -> None:
        """Apply what is in the inbox, as far as it can be done without reading; then read."""
        while self._inbox and not self._holds:
            if self._draining is not None:
                return
            event = self._inbox[0]
            if self._must_read(event):
                self._draining = asyncio.create_task(self._hydrate_inbox())
                return
            self._inbox.popleft()
            self._backlog.unread -= 1
            self._guarded(self._apply, event)

    async def _hydrate_inbox(self) -> None:
        """Read the rows of the thin events that have gathered, in one go; try again until it is done."""
        backoff = self._desk.backoff()
        try:
            while self._inbox and not self._holds:
                batch = list(self._inbox)
                try:
                    async with self._reading:
                        await self._hydrate(batch)
                except AuthenticationError as error:
                    self._desk.refused(error)
                    return
                except BaseError as error:
                    self._desk.logger.info("%d events wait to be read: %s", len(self._inbox), error)
                    await asyncio.sleep(backoff.next())
                    continue
                except Exception:
                    self._status.failed(self._desk.logger, batch)
                backoff.reset()
                for _ in batch:
                    self._inbox.popleft()
                self._backlog.unread -= len(batch)
        finally:
            self._draining = None
        self._drain()

    async def _hydrate(self, batch: list[Event]) -> None:
        thin = [event for event in batch if event.is_thin]
        deals = [event for event in thin if event.subject == "deal"]
        rows = await self._deals_since(self._seen.newest) if deals else []
        dealt = (row["order_id"] for row in rows if row.get("order_id"))
        order_ids = dict.fromkeys((*ids_of(thin, "order"), *dealt))
        for key in self._foreign:
            order_ids.pop(key, None)
        lookup = self._desk.lookup
        orders, positions = await asyncio.gather(
            gathered(lookup.order, order_ids, self.strategy_id),
            gathered(lookup.position, ids_of(thin, "position"), self.strategy_id),
        )
        self._foreign.extend(order_ids.keys() - orders.keys())
        for event in batch:
            if not event.is_thin:
                self._guarded(self._apply, event)
        for found in self._news(self.orders, orders.values()):
            self._guarded(self._order, found)
        for row in rows:
            self._guarded(self._deal, row)
        for row in positions.values():
            self._guarded(self._position, row)

    def _news(self, cache: Cache, founds: Iterable[Found]) -> list[Found]:
        """What is not as it is held."""
        held = ((found, cache.get(found.row["id"])) for found in founds)
        return [found for found, known in held if known is None or not is_same(found, known.found)]

    def _guarded(self, step: Callable[..., Any], what: Any, **options: Any) -> None:
        """One thing that makes no sense must not keep the others from their consumers."""
        try:
            step(what, **options)
        except Exception:
            self._status.failed(self._desk.logger, what)

    # Rows

    def _order(self, found: Found, *, told_by_snapshot: bool = False, publish: bool = True) -> None:
        row = found.row
        if self._is_foreign(row):
            return
        key = row["id"]
        held = self.orders.get(key)
        older = False
        if held is not None:
            older = is_older(found, held.found)
            # What a snapshot was ahead with has not been told to anybody.
            late = told_by_snapshot and held.number == 0
            if not late and (older or is_same(found, held.found)):
                self._status.duplicates += 1
                return
        number = self._publish(self.topics["orders"], self._desk.order, found) if publish else 0
        if older:
            return
        now = Held(found, number, self._order_is_over(found))
        self.orders.put(key, now)
        if now.over or self._fills.waits(key):
            self._fills.reflect(key, now)
            if key in self._timers and not self._fills.waits(key):
                self._timers.pop(key).cancel()
        self.changed()

    def _publish(self, topic: Topic, make: Callable[[Any, AccountFacts], Item], what: Any) -> int:
        """Publish what somebody watches; what nobody does is not even mapped."""
        if topic.consumers:
            item = make(what, self._facts)
            item["info"] = item["info"].copy()  # the row itself stays here
            return topic.publish(item)
        topic.number += 1
        return topic.number

    def _is_foreign(self, row: Row) -> bool:
        return self.strategy_id is not None and row.get("strategy_id") != self.strategy_id

    def _order_is_over(self, found: Found) -> bool:
        if self._facts.full:
            return found.row.get("status") in TERMINAL
        # Fact 19: that a legacy OMS's order is filled follows from its deals.
        return self._desk.order(found, self._facts)["status"] not in ("open", None)

    def _position(self, row: Row, *, told_by_snapshot: bool = False, publish: bool = True) -> None:
        if self._is_foreign(row):
            return
        found, key = Found(row), row["id"]
        held = self.positions.get(key)
        over = row.get("state") == "closed"
        if told_by_snapshot or (held is not None and (is_same(found, held.found) or is_older(found, held.found))):
            self._status.duplicates += 1
            return
        number = self._publish(self.topics["positions"], self._desk.position, row) if publish else 0
        self.positions.put(key, Held(found, number, over))
        self.changed()

    def _deal(self, row: Row, *, publish: bool = True) -> None:
        if self._is_foreign(row):
            return
        if not self._seen.add(row["id"], row.get("exchange_trade_id")):
            self._status.duplicates += 1
            return
        if not publish:
            return
        order_id = row.get("order_id")
        held = None if order_id is None else self.orders.get(order_id)
        if order_id is None or held is None or held.over or not self._facts.full:
            self._tell_fill(row)
            return
        self._fills.take(row, held)
        if self._fills.waits(order_id) and order_id not in self._timers:
            loop = asyncio.get_running_loop()
            self._timers[order_id] = loop.call_later(ORDER_WAIT, self._waited_enough, order_id)

    def _waited_enough(self, order_id: int) -> None:
        self._timers.pop(order_id, None)
        self._fills.give_up(order_id)

    def _tell_fill(self, row: Row) -> None:
        self.trades.append(row)
        self._publish(self.topics["trades"], self._desk.trade, row)
        self.changed()

    # Reading

    async def begin(self) -> None:
        """Learn what there was before: nobody will be told of it, and everything after it is news.

        Calls share one reading; one after a reading that failed reads again.
        """
        await asyncio.shield(self.begin_soon())

    def begin_soon(self) -> asyncio.Task[None]:
        """Let the reading of `begin` go out at once."""
        task = self._beginning
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = self._beginning = asyncio.create_task(self._begin())
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return task

    async def _begin(self) -> None:
        self._facts = await self._desk.facts()
        deals, orders = await asyncio.gather(
            self._desk.newest("deals", self.strategy_id), self._desk.newest("orders", self.strategy_id)
        )
        if deals:
            self._seen.start_above(deals[0]["id"] - 1)
        for row in deals:
            self._deal(row, publish=False)
        self.orders.newest = max((row["id"] for row in orders), default=0)
        await self._sync(publish=False)

    async def sync(self, snapshot: tuple[list[Row], list[Row]] | None = None) -> int:
        """Read what may have been missed and publish it; how many updates that were.

        Args:
            snapshot: the open orders and positions, where they are known; read otherwise.
        """
        async with self._reading:
            self._facts = await self._desk.facts()
            before = sum(topic.number for topic in self.topics.values())
            await self._sync(snapshot)
            return sum(topic.number for topic in self.topics.values()) - before

    async def _sync(self, snapshot: tuple[list[Row], list[Row]] | None = None, *, publish: bool = True) -> None:
        was_open, held = self.orders.open_ids, self.positions.open_ids
        lists, lookup, strategy_id, asked = self._desk.lists, self._desk.lookup, self.strategy_id, "what was missed"
        # Deals before orders: an order that is read later reflects them.
        deals = await self._deals_since(self._seen.newest)
        if snapshot is None:
            orders, positions, newer = await asyncio.gather(
                lists.open("orders", strategy_id, asked),
                lists.open("positions", strategy_id, asked),
                self._orders_since(self.orders.newest),
            )
        else:
            orders, positions = snapshot
            newer = await self._orders_since(self.orders.newest)
        rows = {row["id"]: row for row in (*orders, *newer)}
        founds, left, gone = await asyncio.gather(
            lookup.with_deals(list(rows.values()), strategy_id, asked),
            gathered(lookup.order, was_open - rows.keys(), strategy_id),
            gathered(lookup.position, held - {row["id"] for row in positions}, strategy_id),
        )
        # What events will tell, each state in its turn, is not told here.
        told = {
            (event.subject, event.row["id"])
            for event in self._inbox
            if event.row is not None and event.id is not None and event.id <= self.snapshot_id
            if event.subject == "order" or event.name == "deal_created"
        }
        for found in self._news(self.orders, sorted((*founds, *left.values()), key=lambda found: found.row["id"])):
            if not publish:
                self._fills.begin(found.row)
            self._guarded(self._order, found, publish=publish and ("order", found.row["id"]) not in told)
        for row in deals:
            if ("deal", row["id"]) not in told:
                self._guarded(self._deal, row, publish=publish)
        for found in self._news(self.positions, map(Found, (*gone.values(), *positions))):
            self._guarded(self._position, found.row, publish=publish)
        self._forget("orders", self.orders, was_open - rows.keys() - left.keys())
        self._forget("positions", self.positions, held - {row["id"] for row in positions} - gone.keys())

    def _forget(self, what: str, cache: Cache, keys: set[int]) -> None:
        for key in keys:
            cache.discard(key)
        if keys:
            self.warn(f"the OMS does not have the open {what} {sorted(keys)} any more")

    async def _deals_since(self, newest: int) -> list[Row]:
        """The deals that may be new, in ascending order of id."""
        rows = await self._desk.newest("deals", self.strategy_id, newest)
        if rows and rows[-1]["id"] < newest:
            self.warn(f"the OMS's newest deal is {rows[-1]['id']}, and {newest} was seen: its data were restored")
            self._seen.rewound(rows[-1]["id"])
        return [row for row in rows if self._seen.is_new(row["id"], row.get("exchange_trade_id"))]

    async def _orders_since(self, newest: int) -> list[Row]:
        return [row for row in await self._desk.newest("orders", self.strategy_id, newest) if row["id"] > newest]

    def warn(self, what: str) -> None:
        """Say that something is beyond recovery."""
        self._desk.logger.warning("%s", what)
        try:
            warnings.warn(EventsLost(f"oms: {what}"), stacklevel=2)
        except EventsLost:
            self._desk.logger.debug("this program makes errors of warnings; the stream goes on")

    # Consumers

    def greet(self, kind: Kind, consumer: Consumer) -> None:
        """Let a consumer begin with what is open, as soon as that is known."""
        if not self.ready:
            self._greeted.append((kind, consumer))
            return
        consumer.begin_with(item for item in self.current(kind, only_open=True) if consumer.wants(item))

    def made_ready(self) -> None:
        """The feed knows what is open, and what happens from here on."""
        if not self.ready:
            self.ready = True
            greeted, self._greeted = self._greeted, []
            for kind, consumer in greeted:
                self.greet(kind, consumer)
            self.release()

    async def catch_up(self, kind: Kind, consumer: Consumer) -> None:
        """Read again what a consumer has missed since its backlog was dropped; calls of one consumer share it."""
        task = self._catching.get(consumer)
        if task is None:
            task = self._catching[consumer] = asyncio.create_task(self._catch_up(kind, consumer))
            task.add_done_callback(lambda done: self._catching.pop(consumer, None))
        await asyncio.shield(task)

    async def _catch_up(self, kind: Kind, consumer: Consumer) -> None:
        missed = consumer.come_back()
        if kind != "trades":
            cache = self.orders if kind == "orders" else self.positions
            newer = sorted((held for held in cache if held.number > consumer.number), key=lambda held: held.number)
            consumer.catch_up(item for held in newer if consumer.wants(item := self._made(kind, held.found)))
            self.warn(f"a consumer of {kind} was away too long: it gets their newest states, not those between")
            return
        if missed is None:
            return
        try:
            rows = await self._desk.newest("deals", self.strategy_id, missed)
        except BaseException:
            consumer.drop()
            consumer.missed = missed
            raise
        known = consumer.waiting_ids()
        trades = [
            self._desk.trade(row, self._facts)
            for row in rows
            if row["id"] >= missed and row["id"] in self._seen and str(row["id"]) not in known
        ]
        consumer.catch_up(trade for trade in trades if consumer.wants(trade))

    def _made(self, kind: Kind, found: Found) -> Item:
        if kind == "orders":
            return self._desk.order(found, self._facts)
        return (
            self._desk.position(found.row, self._facts)
            if kind == "positions"
            else self._desk.trade(found.row, self._facts)
        )

    def current(self, kind: Kind, *, only_open: bool = False) -> list[Item]:
        """Everything that is held, made unified: oldest update first."""
        if kind == "trades":
            return [self._desk.trade(row, self._facts) for row in self.trades]
        cache = self.orders if kind == "orders" else self.positions
        return [
            self._made(kind, held.found) for held in cache if not (held.over and (only_open or kind == "positions"))
        ]

    async def close(self) -> None:
        """End what runs in the background."""
        self._backlog.unread -= len(self._inbox)
        self._inbox.clear()
        for timer in self._timers.values():
            timer.cancel()
        tasks = [task for task in (self._beginning, self._draining, *self._catching.values()) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
