"""The log of what happened to each account, in the order in which it was committed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

import orjson

from oms_ccxt_async.sandbox.rows import Event
from oms_ccxt_async.sandbox.storage import Storage, Window

__all__ = ["PRUNE_EVERY", "EventLog"]

logger = logging.getLogger(__name__)

PRUNE_EVERY = 1000

Subscriber = Callable[[Sequence[Event]], None]


class EventLog:
    """Events, numbered per account without gaps, stored in the transaction of what they tell about.

    Args:
        storage: where they are kept.
        clock: epoch milliseconds.
        keep: how many of an account's newest events are kept, to within `PRUNE_EVERY`.
    """

    def __init__(self, storage: Storage, clock: Callable[[], int], *, keep: int) -> None:
        self._storage = storage
        self._clock = clock
        self._keep = keep
        self._newest: dict[int, int] = {}
        self._pending: list[Event] = []
        self._subscribers: list[Subscriber] = []

    @property
    def epoch(self) -> str:
        """Names this history of events: another epoch, another history (extension 3)."""
        return self._storage.meta("epoch") or ""

    def newest_id(self, account_id: int) -> int:
        """The id of the account's last committed or pending event, 0 before the first."""
        if account_id not in self._newest:
            self._newest[account_id] = self._storage.newest(Event, account_id=account_id)
        return self._newest[account_id]

    def after(self, account_id: int, event_id: int, *, limit: int) -> list[Event] | None:
        """The account's events that followed `event_id`, at most `limit`, or None where they are no longer all kept."""
        newest = self.newest_id(account_id)
        if not 0 <= event_id <= newest:
            return None
        found = self._storage.select(
            Event, account_id=account_id, window=Window("event_id", event_id + 1, newest + 1), limit=limit
        )
        if event_id < newest and (not found or found[0].event_id != event_id + 1):
            return None
        return found

    def append(self, account_id: int, name: str, **payload: Any) -> None:
        """Add an event to the running transaction; the payload ends with the account, as recorded."""
        event_id = self.newest_id(account_id) + 1
        self._newest[account_id] = event_id
        text = orjson.dumps({**payload, "account_id": account_id}).decode()
        self._pending.append(Event(account_id, event_id, name, text, self._clock()))

    def store(self) -> None:
        """Write the running transaction's events."""
        if self._pending:
            self._storage.insert_all(self._pending)
        for event in self._pending:
            if event.event_id % PRUNE_EVERY == 0:
                stale = Window("event_id", 0, event.event_id - self._keep + 1)
                self._storage.delete(Event, account_id=event.account_id, window=stale)

    def publish(self) -> None:
        """Tell the subscribers what was committed."""
        events, self._pending = self._pending, []
        if events:
            for subscriber in tuple(self._subscribers):
                try:
                    subscriber(events)
                except Exception:
                    logger.exception("an event subscriber failed")

    def discard(self) -> None:
        """Forget the events of a transaction that was undone; their ids are free again."""
        for event in self._pending:
            self._newest.pop(event.account_id, None)
        self._pending = []

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Have `subscriber` called with the events of each transaction after its commit; returns what ends that."""
        self._subscribers.append(subscriber)
        return lambda: self._subscribers.remove(subscriber)
