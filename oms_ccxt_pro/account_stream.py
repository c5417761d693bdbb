"""The account's events: one connection, subscribed, resumed or read up after every disconnect, for every feed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from ccxt.base.errors import BaseError, NetworkError, PermissionDenied

from oms_ccxt_async.lists.history import Row
from oms_ccxt_async.wire.account import Account
from oms_ccxt_pro.backoff import Backoff
from oms_ccxt_pro.delivery import Backlog
from oms_ccxt_pro.desk import Desk
from oms_ccxt_pro.events import Event
from oms_ccxt_pro.feed import Feed
from oms_ccxt_pro.status import Status
from oms_ccxt_pro.stream import Address, Message, Reconnect, Stream, StreamSettings

__all__ = ["AccountStream"]

_PARTS = ("snapshot_open_orders", "snapshot_open_positions", "snapshot_done")
CONTROL = frozenset((*_PARTS, "resync_required", "connected"))
"""What the OMS sends unasked beside the account's events."""

Snapshot = tuple[list[Row], list[Row], int]


class AccountStream:
    """What an account tells, to any number of feeds, over one connection.

    Args:
        desk: how feeds read and map.
        account, account_id: whose events.
        address: where to connect.
        settings: `options["ws"]`.
        handle: given every event message; in the end it has to call `take`.
        most: how much of what is over feeds keep.
        monotonic: a monotonic clock in seconds.
        over: whether a consumer's owner has ended.
        changed, tell: as `Stream` takes them.
    """

    def __init__(
        self,
        desk: Desk,
        account: Account,
        account_id: int,
        address: Callable[[], Address],
        settings: StreamSettings,
        *,
        handle: Callable[[Message], None],
        backoff: Backoff,
        most: int,
        monotonic: Callable[[], float],
        over: Callable[[Any], bool],
        changed: Callable[[], None],
        tell: Callable[[str, bytes | str], None],
    ) -> None:
        self.status = Status()
        self.feeds: dict[int | None, Feed] = {}
        self._desk = desk
        self._account = account
        self._account_id = account_id
        self._settings = settings
        self._most = most
        self._monotonic = monotonic
        self._over = over
        self._backlog = Backlog(settings.maxPending)
        self._backlog.relieved = self._relieved
        self._room: asyncio.Event | None = None
        self._epoch: str | None = None
        self._last_id: int | None = None
        self._lost_from: int | None = None
        self._snapshot: tuple[list[Row], list[Row], list[int]] | None = None
        self._snapshot_done: asyncio.Future[None] | None = None
        self._probing: asyncio.Task[None] | None = None
        self._joining: set[asyncio.Task[None]] = set()
        self._stream = Stream(
            address,
            settings,
            opened=self._opened,
            handle=handle,
            refused=self.fail,
            outage=self._tell_outage,
            backoff=backoff,
            status=self.status,
            clock=desk.clock,
            logger=desk.logger,
            tell=tell,
            changed=changed,
            crowded=self._crowded,
            room=self._wait_for_room,
        )

    @property
    def stream(self) -> Stream:
        """The connection."""
        return self._stream

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
            feed = self.feeds[strategy_id] = Feed(self._desk, strategy_id, self._backlog, self.status, self._most)
            feed.hold()
            feed.begin_soon()
            if self._stream.accepted:
                self._join(feed)
        self._stream.start()
        if self._probing is None and self._settings.probeInterval:
            self._probing = asyncio.create_task(self._probe())
        return feed

    def take(self, message: Message) -> None:
        """Take a message of the server that answers no request."""
        payload = message.get("payload") or {}
        name = message["event"]
        if name in CONTROL or payload.get("account_id") != self._account_id:
            self._control(name, message, payload)
            return
        event_id, last_id, status = _event_id(message, payload), self._last_id, self.status
        status.events += 1
        status.lastEvent = status.lastMessage
        if event_id is not None:
            if last_id is None or event_id > last_id:
                self._last_id = event_id
            elif event_id < last_id and self._epoch is None:
                # Fault 33: without an epoch, a number that went back is another history.
                self._forget_numbers()
                raise Reconnect(f"event {event_id} came after event {self._lost_from}")
        event = Event(name, payload, event_id)
        for feed in self.feeds.values():
            try:
                feed.offer(event)
            except Exception:
                status.failed(self._desk.logger, message)

    def _control(self, name: str, message: Message, payload: dict[str, Any]) -> None:
        """Take what is no event of the account."""
        if name == "resync_required":
            self._forget_numbers()
            raise Reconnect("the OMS asks for a new beginning")
        if name.startswith("snapshot_"):
            self._take_snapshot(name, message, payload)

    def _forget_numbers(self) -> None:
        """The history of events that was followed is over."""
        self._lost_from, self._last_id, self._epoch = self._last_id, None, None
        for feed in self.feeds.values():
            feed.received = None

    # A session begins

    async def _opened(self, stream: Stream) -> None:
        held = [feed for feed in self.feeds.values() if feed.ready]
        for feed in held:
            feed.hold()
        try:
            await self._begin(stream)
        finally:
            for feed in held:
                feed.release()

    async def _begin(self, stream: Stream) -> None:
        """Subscribe, and make whole what was missed: replayed where the OMS can, else read."""
        known = [feed for feed in self.feeds.values() if feed.ready]
        if known and await self._resumed(stream):
            for feed in self.feeds.values():
                if not feed.ready:
                    self._join(feed)
            self._made_whole(known)
            return
        if known:
            self._account.forget()
        facts = await self._desk.facts()
        resumable = "event_resume" in facts.features
        for feed in list(self.feeds.values()):
            await feed.begin()
        snapshot = await self._subscribe(stream, with_snapshot=resumable)
        for feed in list(self.feeds.values()):
            await self._bring_up(feed, snapshot)
        if known:
            self.status.resyncs += 1
            self._warn_of_gap()
        self._made_whole(list(self.feeds.values()))

    def _made_whole(self, feeds: list[Feed]) -> None:
        for feed in feeds:
            feed.made_ready()
        if self.status.reconnects:
            self.status.gaps += 1

    async def _bring_up(self, feed: Feed, snapshot: Snapshot | None) -> None:
        if snapshot is None:
            await feed.sync()
            return
        orders, positions, feed.snapshot_id = snapshot
        await feed.sync((orders, positions))
        if feed.received is None:
            self._last_id = max(self._last_id or 0, feed.snapshot_id)

    async def _resumed(self, stream: Stream) -> bool:
        """Have what was missed sent again; False if that cannot be."""
        last = self._last_id
        if self._epoch is None or last is None:
            return False
        payload = {"from_event_id": {str(self._account_id): last}, "epoch": self._epoch, "with_snapshot": False}
        answer = await self._request(stream, payload)
        told = answer.get("payload") or {}
        if answer.get("event") == "subscribed" and told.get("epoch", self._epoch) == self._epoch:
            return True
        self._forget_numbers()
        return False

    async def _subscribe(self, stream: Stream, *, with_snapshot: bool) -> Snapshot | None:
        """Subscribe; the snapshot, if it was wanted, with the last event that it includes."""
        if with_snapshot:
            self._snapshot = [], [], []
            self._snapshot_done = asyncio.get_running_loop().create_future()
        answer = await self._request(stream, {"with_snapshot": with_snapshot})
        self._epoch = (answer.get("payload") or {}).get("epoch") or answer.get("epoch")
        if self._snapshot_done is None:
            return None
        try:
            async with asyncio.timeout(self._settings.openTimeout / 1000):
                await self._snapshot_done
        finally:
            self._snapshot_done = None
        assert self._snapshot is not None
        orders, positions, event_ids = self._snapshot
        self._snapshot = None
        return orders, positions, min(event_ids, default=0)

    async def _request(self, stream: Stream, payload: dict[str, Any]) -> Message:
        body = {"namespaces": ["position"], "account_ids": [self._account_id], **payload}
        answer = await stream.request("subscribe", body, asked=f"watching account {self._account_id}")
        granted = (answer.get("payload") or {}).get("account_ids")
        if answer.get("event") == "subscribed" and self._account_id not in (granted or ()):
            # Fact 6: what is not permitted is dropped in silence.
            raise PermissionDenied(
                f"oms stream: this key may not watch account {self._account_id} (granted: {granted})"
            )
        return answer

    def _take_snapshot(self, name: str, message: Message, payload: dict[str, Any]) -> None:
        if self._snapshot is None or self._snapshot_done is None:
            return
        orders, positions, event_ids = self._snapshot
        if (event_id := _event_id(message, payload)) is not None:
            event_ids.append(event_id)
        if name == "snapshot_open_orders":
            orders += payload["items"]
        elif name == "snapshot_open_positions":
            positions += payload["items"]
        elif name == "snapshot_done" and not self._snapshot_done.done():
            self._snapshot_done.set_result(None)

    def _join(self, feed: Feed) -> None:
        """Bring a feed up that came while the connection stands."""
        task = asyncio.create_task(self._bring_in(feed))
        self._joining.add(task)
        task.add_done_callback(self._joining.discard)

    async def _bring_in(self, feed: Feed) -> None:
        try:
            await feed.begin()
            await feed.sync()
        except BaseError as error:
            self._refuse(feed, error)
            return
        feed.made_ready()

    def _refuse(self, feed: Feed, error: BaseError) -> None:
        """A feed that cannot be had ends for those who watch it; the others live on."""
        self.feeds = {key: each for key, each in self.feeds.items() if each is not feed}
        self._backlog.unread -= feed.waiting
        for topic in feed.topics.values():
            for consumer in topic.consumers:
                consumer.fail(error)

    def _warn_of_gap(self) -> None:
        if self._lost_from is not None:
            for feed in self.feeds.values():
                feed.warn(
                    f"the OMS cannot replay what came after event {self._lost_from}: fills and the present state were "
                    "read, what orders and positions were between is lost"
                )
                break
            self._lost_from = None

    # A session ends

    def fail(self, error: BaseError) -> None:
        """End every watcher with an error; the next call begins anew."""
        self._account.forget()
        for feed in self.feeds.values():
            for topic in feed.topics.values():
                for consumer in topic.consumers:
                    consumer.fail(error)

    def _tell_outage(self, error: BaseError) -> None:
        for feed in self.feeds.values():
            for topic in feed.topics.values():
                for consumer in topic.consumers:
                    consumer.fail(NetworkError(f"oms stream: no connection for {self._settings.maxOutage} ms: {error}"))

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
                self._desk.logger.warning("the stream lives and was silent about %d updates: connecting again", found)
                await self._stream.reconnect()

    async def _found_by_reading(self) -> int:
        found = 0
        for feed in [feed for feed in self.feeds.values() if feed.ready]:
            feed.hold()
            try:
                found += await feed.sync()
            except BaseError as error:
                self._desk.logger.info("the silent stream could not be checked: %s", error)
            except Exception:
                self._desk.logger.exception("the silent stream could not be checked")
            finally:
                feed.release()
        return found

    async def close(self, error: BaseError) -> None:
        """End the connection; whoever watches is told why."""
        self.fail(error)
        tasks = [task for task in (self._probing, *self._joining) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._stream.close()
        for feed in self.feeds.values():
            await feed.close()

    # Back-pressure

    def _crowded(self) -> bool:
        return bool(self._backlog.crowded) or self._backlog.unread > self._backlog.most

    def _relieved(self) -> None:
        if self._room is not None:
            self._room.set()

    async def _wait_for_room(self) -> None:
        """Hold the stream back for consumers that still call; drop the backlog of those that do not."""
        while self._crowded():
            now, idle = self._monotonic(), self._settings.idleAfter / 1000
            for consumer in list(self._backlog.crowded):
                if not consumer.waiters and (self._over(consumer.owner) or now - consumer.called >= idle):
                    consumer.drop()
            self._room = asyncio.Event()
            until = min((consumer.called + idle for consumer in self._backlog.crowded), default=now + 0.05)
            if self._crowded():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(max(0.01, min(until - now, 1.0))):
                        await self._room.wait()


def _event_id(message: Message, payload: dict[str, Any]) -> int | None:
    value = message.get("event_id", payload.get("event_id"))
    return value if isinstance(value, int) else None
