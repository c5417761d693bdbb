"""The account's events: one connection, subscribed, resumed or read up after every disconnect, for every feed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from math import inf
from typing import Any

from ccxt.base.errors import BaseError

from oms_ccxt_async import errors
from oms_ccxt_async.lists.history import Row
from oms_ccxt_async.mappers.row import Memory
from oms_ccxt_async.mappers.time import milliseconds
from oms_ccxt_async.wire.account import Account
from oms_ccxt_pro.backoff import Backoff
from oms_ccxt_pro.delivery import Backlog, Consumer
from oms_ccxt_pro.ends import has_no_socket
from oms_ccxt_pro.events import Event
from oms_ccxt_pro.feed import Feed
from oms_ccxt_pro.ledger import TopicName
from oms_ccxt_pro.reader import Reader, warn
from oms_ccxt_pro.reads import Snapshot
from oms_ccxt_pro.settings import StreamSettings
from oms_ccxt_pro.source import Source
from oms_ccxt_pro.status import Status
from oms_ccxt_pro.stream import Address, Message, Reconnect, Stream, Teller

__all__ = ["AccountStream"]

_PARTS = ("snapshot_open_orders", "snapshot_open_positions", "snapshot_done")
CONTROL = frozenset((*_PARTS, "resync_required", "connected"))
"""What the OMS sends unasked beside the account's events."""
SHORTEST = 100.0
"""Milliseconds that are waited at least between two reads of an account that cannot be subscribed to."""
HELD_BACK = 1.0
"""Seconds that a watcher which does not keep up may hold the stream back from those that wait for news."""

_MOMENTS = Memory(milliseconds)


class AccountStream:
    """What an account tells, to any number of feeds, over one connection.

    Args:
        source: how feeds read and map.
        account, account_id: whose events.
        address: where to connect.
        settings: `options["ws"]`.
        taker: what now takes event messages; in the end it has to call `take`.
        most: how much of what is over feeds keep.
        monotonic: a monotonic clock in seconds.
        over: whether a consumer's owner has ended.
        changed, tell: as `Stream` takes them.
    """

    def __init__(
        self,
        source: Source,
        account: Account,
        account_id: int,
        address: Callable[[], Address],
        settings: StreamSettings,
        *,
        taker: Callable[[], Callable[[Message], None]],
        backoff: Backoff,
        most: int,
        monotonic: Callable[[], float],
        over: Callable[[Any], bool],
        changed: Callable[[], None],
        teller: Teller,
    ) -> None:
        self.status = Status()
        self.feeds: dict[int | None, Feed] = {}
        self._source = source
        self._telemetry = source.telemetry
        self._account = account
        self._account_id = account_id
        self._settings = settings
        self._most = most
        self._monotonic = monotonic
        self._over = over
        self._backlog = Backlog(settings.maxPending)
        self._backlog.relieved = self._relieved
        self._room: asyncio.Event | None = None
        self._slow: dict[Consumer, float] = {}  # who holds the stream back, and since when; until it waits again
        self._readers: dict[Feed, Reader] = {}
        self._epoch: str | None = None  # of the session's events; None if they have no numbers, or no name
        self._heard: int | None = None  # the last event of the session
        self._refusal: BaseError | None = None  # of the feed that was refused last
        self._follows = True  # whether the next session may continue the last one
        self._snapshot: Snapshot | None = None
        self._snapshot_done: asyncio.Future[None] | None = None
        self._probing: asyncio.Task[None] | None = None
        self._refreshing: asyncio.Task[None] | None = None  # while somebody watches
        self._has_polled = False
        self._polling = False  # whether feeds are read because the account cannot be subscribed to
        self._stream = Stream(
            address,
            settings,
            opened=self._opened,
            taker=taker,
            refused=self.fail,
            outage=self._tell_outage,
            backoff=backoff,
            status=self.status,
            clock=source.clock,
            name="account",
            telemetry=source.telemetry,
            teller=teller,
            changed=changed,
            instead=self._read_instead,
            crowded=self._crowded,
            room=self._wait_for_room,
        )

    @property
    def stream(self) -> Stream:
        """The connection."""
        return self._stream

    @property
    def url(self) -> str:
        """Where it is connected to, as programs ask a client of ccxt's."""
        return self._stream.url

    def shown(self) -> dict[str, Any]:
        """The state, for the user."""
        feeds = self.feeds.values()
        consumers = [consumer for feed in feeds for topic in feed.topics.values() for consumer in topic.consumers]
        return {
            **self.status.shown(),
            "latency": self._stream.latency,
            "waiting": sum(feed.waiting for feed in feeds),
            "lag": max((len(consumer) for consumer in consumers), default=0),
        }

    def feed(self, strategy_id: int | None) -> Feed:
        """The feed of a strategy, or of the whole account; the connection is made if there is none."""
        feed = self.feeds.get(strategy_id)
        if feed is None:
            feed = self._new_feed(strategy_id)
            if self._stream.accepted:
                feed.opened(self._epoch, self._heard)
            elif self._polling:
                feed.opened(None, None)
        self._stream.start()
        if self._probing is None and self._settings.probeInterval:
            self._probing = asyncio.create_task(self._probe())
        if self._refreshing is None:
            self._refreshing = asyncio.create_task(self._source.keep_fresh(self._is_over))
        return feed

    def _is_over(self, order_id: int) -> bool:
        """Whether an order is known to be over."""
        held = (feed.ledger.orders.get(order_id) for feed in self.feeds.values())
        return any(each is not None and each.over for each in held)

    def _new_feed(self, strategy_id: int | None) -> Feed:
        source = self._source
        reader = Reader(source, self.status, lambda error: self._refuse(feed, error), self._monotonic)
        feed = self.feeds[strategy_id] = Feed(
            strategy_id,
            self._backlog,
            self.status,
            self._most,
            {
                "orders": source.order,
                "trades": source.trade,
                "positions": lambda found, facts: source.position(found.row, facts),
            },
            warn=lambda what: warn(source, what),
            skipped=lambda what: self.status.failed(source.telemetry.stream, what),
            attend=reader.attend,
        )
        self._readers[feed] = reader
        reader.start(feed)
        return feed

    async def catch_up(self, feed: Feed, kind: TopicName, consumer: Consumer) -> None:
        """Read what a consumer has missed since its backlog was dropped."""
        await self._readers[feed].catch_up(kind, consumer)

    def take(self, message: Message) -> None:
        """Take a message of the server that answers no request."""
        payload = message.get("payload") or {}
        name = message["event"]
        if name in CONTROL or payload.get("account_id") != self._account_id:
            self._control(name, message, payload)
            return
        event_id, status = message.get("event_id"), self.status
        if type(event_id) is not int:
            event_id = _event_id(message, payload)
        status.events += 1
        status.lastEvent = status.lastMessage
        if event_id is not None:
            if self._heard is None or event_id > self._heard:
                self._heard = event_id
            elif event_id < self._heard and self._epoch is None:
                # Fault 33: without an epoch, a number that went back is another history.
                self._follows = False
                raise Reconnect(f"event {event_id} came after event {self._heard}")
        event = Event(name, payload, event_id)
        self._telemetry.event("account", _lag(event.row, status.lastMessage))
        for feed in self.feeds.values():
            try:
                feed.offer(event)
            except Exception:
                status.failed(self._telemetry.stream, message)

    def _control(self, name: str, message: Message, payload: dict[str, Any]) -> None:
        """Take what is no event of the account."""
        if name == "resync_required":
            self._follows = False
            raise Reconnect("the OMS asks for a new beginning")
        if name.startswith("snapshot_"):
            self._take_snapshot(name, message, payload)

    # A session begins

    async def _opened(self, stream: Stream) -> None:
        """Subscribe, and have what was missed sent again where the OMS can; feeds read it else.

        Done when the first feed is whole: one whose reads fail for a moment, or are refused, keeps nobody waiting.
        """
        readers = list(self._readers.values())
        for reader in readers:
            reader.begin_session()
        self._heard = None
        known = any(reader.feed.state != "new" for reader in readers)
        resumed = bool(known) and await self._resumed(stream)
        if not resumed:
            await self._subscribed(stream, known)
        self._follows = True
        await self._first(lambda feed: feed.whole)
        for feed in self.feeds.values():
            if not feed.connected:  # it came meanwhile
                feed.opened(self._epoch, self._heard)
        if known and not resumed:
            self.status.resync()
        if stream.sessions:
            self.status.gap()

    async def _first(self, holds: Callable[[Feed], bool]) -> None:
        """Wait until something holds of one of the feeds.

        Raises:
            ccxt.BaseError: all of them are refused.
        """
        if any(holds(feed) for feed in self.feeds.values()):
            return
        waits = [asyncio.create_task(reader.until(holds)) for reader in self._readers.values()]
        try:
            while waits and not any(holds(feed) for feed in self.feeds.values()):
                done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
                waits = [task for task in waits if task not in done]
        finally:
            for task in waits:
                task.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
        if not self.feeds and self._refusal is not None:
            raise self._refusal

    async def _resumed(self, stream: Stream) -> bool:
        """Have the events sent again that not all feeds have published; False if that cannot be.

        A message that was too large for us would be sent again, too: then everything is read.
        """
        follow = [feed for feed in self.feeds.values() if feed.epoch is not None and feed.applied is not None]
        if not follow or not self._follows or stream.too_big:
            return False
        epoch = follow[-1].epoch
        follow = [feed for feed in follow if feed.epoch == epoch]
        last = min(feed.applied for feed in follow if feed.applied is not None)
        payload = {"from_event_id": {str(self._account_id): last}, "epoch": epoch, "with_snapshot": False}
        answer = await self._request(stream, payload)
        told = answer.get("payload") or {}
        if answer.get("event") != "subscribed" or told.get("epoch", epoch) != epoch:
            return False
        self._epoch, self._heard = epoch, max(last, self._heard or 0)
        for feed in self.feeds.values():
            if feed in follow:
                feed.resumed()
            else:
                feed.opened(epoch, last)
        return True

    async def _subscribed(self, stream: Stream, known: bool) -> None:
        """Subscribe afresh; with a snapshot where its place among the events is known."""
        if known:
            self._account.forget()
        await self._first(lambda feed: feed.state != "new")
        wanted = "event_resume" in (await self._source.facts()).features and not stream.too_big
        if wanted:
            self._snapshot = Snapshot([], [], None)
            self._snapshot_done = asyncio.get_running_loop().create_future()
        try:
            answer = await self._request(stream, {"with_snapshot": wanted})
            self._epoch = (answer.get("payload") or {}).get("epoch") or answer.get("epoch")
            if self._snapshot_done is not None:
                async with asyncio.timeout(self._settings.openTimeout / 1000):
                    await self._snapshot_done
        finally:
            snapshot, self._snapshot, self._snapshot_done = self._snapshot, None, None
        after = None if snapshot is None else snapshot.event_id
        self._heard = after if self._heard is None else max(self._heard, after or 0)
        for feed in self.feeds.values():
            feed.opened(self._epoch, after, snapshot)

    async def _request(self, stream: Stream, payload: dict[str, Any]) -> Message:
        body = {"namespaces": ["position"], "account_ids": [self._account_id], **payload}
        answer = await stream.request("subscribe", body, asked=f"watching account {self._account_id}")
        granted = (answer.get("payload") or {}).get("account_ids")
        if answer.get("event") == "subscribed" and self._account_id not in (granted or ()):
            # Fact 6: what is not permitted is dropped in silence.
            raise errors.PermissionDenied(
                f"oms stream: this key may not watch account {self._account_id} (granted: {granted})"
            )
        return answer

    def _take_snapshot(self, name: str, message: Message, payload: dict[str, Any]) -> None:
        snapshot = self._snapshot
        if snapshot is None or self._snapshot_done is None:
            return
        numbers = [each for each in (snapshot.event_id, _event_id(message, payload)) if each is not None]
        orders, positions = snapshot.orders, snapshot.positions
        if name == "snapshot_open_orders":
            orders = [*orders, *payload["items"]]
        elif name == "snapshot_open_positions":
            positions = [*positions, *payload["items"]]
        self._snapshot = Snapshot(orders, positions, min(numbers, default=None))
        if name == "snapshot_done" and not self._snapshot_done.done():
            self._snapshot_done.set_result(None)

    def _refuse(self, feed: Feed, error: BaseError) -> None:
        """A feed that cannot be had ends for those who watch it; the others live on."""
        self._refusal = error
        self.feeds = {key: each for key, each in self.feeds.items() if each is not feed}
        self._readers.pop(feed, None)
        feed.lost()
        for topic in feed.topics.values():
            for consumer in topic.consumers:
                consumer.fail(error)

    # Without a session

    async def _read_instead(self, error: BaseError) -> bool:
        """Read the account for as long as a subscription need not be tried again, if the OMS has none to offer."""
        if not await self._is_unavailable(error):
            return False
        for reader in self._readers.values():
            reader.begin_session()
        for feed in self.feeds.values():
            feed.opened(None, None)
        wait, tries = max(self._settings.readInterval, SHORTEST), self._settings.probeInterval
        if not self._has_polled:
            self._has_polled = True
            self._telemetry.stream.warning(
                "the account is read every %g ms, as it cannot be subscribed to: %s", wait, error
            )
        until = self._monotonic() + (tries / 1000 if tries else inf)
        self._polling = True
        try:
            self._stream.polls(error)
            is_read = True
            while is_read and self._monotonic() < until:
                is_read = await self._read_once()
                await asyncio.sleep(wait / 1000)
        finally:
            self._polling = False
        return True

    async def _is_unavailable(self, error: BaseError) -> bool:
        """Whether the OMS itself says that there are no events: for this key (fact 34), or by having no `/ws`.

        Where there was one, or nothing else answers, the words of a missing path are those of a server that starts.
        """
        if errors.facts_of(error).code == "strategy_ws_not_supported":
            return True
        if self._stream.number or not has_no_socket(error):
            return False
        try:
            await self._account.rows()
        except BaseError as failure:
            self._telemetry.stream.info("there may be no /ws: %s", failure)
            return False
        return True

    async def _read_once(self) -> bool:
        """Read everything once; whether that could be done."""
        readers = list(self._readers.values())
        for reader in readers:
            reader.feed.check()
        await asyncio.gather(*(reader.up_to_date() for reader in readers))
        return not any(reader.failing for reader in readers)

    # A session ends

    def fail(self, error: BaseError) -> None:
        """End every watcher with an error; the next call begins anew."""
        self._account.forget()
        if self._refreshing is not None:
            self._refreshing.cancel()
            self._refreshing = None
        for feed in self.feeds.values():
            for topic in feed.topics.values():
                for consumer in topic.consumers:
                    consumer.fail(error)

    def _tell_outage(self, error: BaseError) -> None:
        """Tell every watcher once, however many symbols it watches one after another: where it waits, or asked last."""
        told = errors.NetworkError(f"oms stream: no connection for {self._settings.maxOutage} ms: {error}")
        for feed in self.feeds.values():
            for topic in feed.topics.values():
                asked: dict[Any, Consumer] = {}
                for consumer in topic.consumers:
                    other = asked.get(consumer.owner)
                    if other is None or (bool(consumer.waiters), consumer.called) > (bool(other.waiters), other.called):
                        asked[consumer.owner] = consumer
                for consumer in asked.values():
                    consumer.fail(told)

    async def _probe(self) -> None:
        """Check by reading a stream that lives but tells nothing (fault 32)."""
        while True:
            before = self.status.events, self.status.reconnects
            await asyncio.sleep(self._settings.probeInterval / 1000)
            heard = self.status.events
            if not self._stream.accepted or before != (heard, self.status.reconnects):
                continue
            found = await self._found_by_reading()
            if found and heard == self.status.events:
                self._telemetry.stream.warning(
                    "the stream lives and was silent about %d updates: connecting again", found
                )
                await self._stream.reconnect()

    async def _found_by_reading(self) -> int:
        """Read everything once; how many updates there were."""
        found = 0
        for feed, reader in list(self._readers.items()):
            if feed.state == "current":
                before = sum(topic.number for topic in feed.topics.values())
                feed.check()
                await reader.until(lambda feed: not feed.checking)
                found += sum(topic.number for topic in feed.topics.values()) - before
        return found

    async def close(self, error: BaseError) -> None:
        """End the connection; whoever watches is told why."""
        tasks = [task for task in (self._probing, self._refreshing) if task is not None]
        self.fail(error)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._stream.close()
        await asyncio.gather(*(reader.close() for reader in self._readers.values()))

    # Back-pressure

    def _crowded(self) -> bool:
        backlog = self._backlog
        return bool(backlog.crowded) or backlog.unread > backlog.most

    def _relieved(self) -> None:
        if self._room is not None:
            self._room.set()

    async def _wait_for_room(self) -> None:
        """Hold the stream back for consumers that do not keep up, but not for ever, and not long while others wait."""
        while self._crowded():
            now, crowded = self._monotonic(), self._backlog.crowded
            self._slow = {each: since for each, since in self._slow.items() if each in crowded and not each.waiters}
            patience = self._settings.idleAfter / 1000
            hungry = any(
                consumer.waiters
                for feed in self.feeds.values()
                for topic in feed.topics.values()
                for consumer in topic.consumers
            )
            for consumer in list(crowded):
                held_back = now - self._slow.setdefault(consumer, now)
                gone = now - consumer.called >= patience or self._over(consumer.owner)
                if not consumer.waiters and (gone or (hungry and held_back >= HELD_BACK)):
                    consumer.drop()
                    self._slow.pop(consumer, None)
            self._room = asyncio.Event()
            if self._crowded():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.05):
                        await self._room.wait()


def _lag(row: Row | None, arrived: int | None) -> int | None:
    """Milliseconds from the time that the OMS put on an event's row to its arrival."""
    if row is None or arrived is None:
        return None
    try:
        changed = _MOMENTS[row.get("updated_at")]
    except (BaseError, TypeError):  # it is no time, or no text
        return None
    return None if changed is None else arrived - changed


def _event_id(message: Message, payload: dict[str, Any]) -> int | None:
    value = message.get("event_id", payload.get("event_id"))
    return value if isinstance(value, int) else None
