"""The log of what happened to each account, in the order in which it was committed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from itertools import takewhile
from typing import Any

import orjson

from oms_ccxt_async.sandbox.rows import Event
from oms_ccxt_async.sandbox.storage import Storage, Window

__all__ = ["PRUNE_EVERY", "EventLog"]

logger = logging.getLogger(__name__)

PRUNE_EVERY = 1000
SLICE = 500
"""How many events of other processes are read at once."""
_FORGOTTEN = "events of account {} forgotten up to"

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
        self._subscribers: list[tuple[Subscriber, Callable[[int], bool]]] = []

    @property
    def epoch(self) -> str:
        """Names this history of events: another epoch, another history (extension 3)."""
        return self._storage.meta("epoch") or ""

    def newest_id(self, account_id: int) -> int:
        """The id of the account's last committed or pending event, 0 before the first."""
        if account_id not in self._newest:
            kept = self._storage.newest(Event, account_id=account_id)
            self._newest[account_id] = max(kept, int(self._storage.meta(_FORGOTTEN.format(account_id)) or 0))
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
                self._forget(event.account_id, event.event_id - self._keep)

    def prune(self, account_ids: Iterable[int], *, before_ms: int, at_most: int) -> None:
        """Forget the events of these accounts that are older, at most so many of each; inside a transaction."""
        for account_id in account_ids:
            oldest = self._storage.select(Event, account_id=account_id, limit=1)
            if oldest and oldest[0].created_ms < before_ms:
                oldest = self._storage.select(Event, account_id=account_id, limit=at_most)
                aged = list(takewhile(lambda event: event.created_ms < before_ms, oldest))
                self._forget(account_id, aged[-1].event_id)

    def keep_only(self, account_id: int, newest: int) -> None:
        """Forget all but so many of an account's newest events, or all of them; inside a transaction."""
        self._forget(account_id, self.newest_id(account_id) - newest)

    def _forget(self, account_id: int, last_id: int) -> None:
        """Forget the events up to this one; that their ids were given is remembered."""
        if last_id > 0:
            self._storage.delete(Event, account_id=account_id, window=Window("event_id", 0, last_id + 1))
            self._storage.set_meta(_FORGOTTEN.format(account_id), str(last_id))

    def publish(self) -> None:
        """Tell the subscribers what was committed."""
        events, self._pending = self._pending, []
        if events:
            self._tell(events)

    def discard(self) -> None:
        """Forget the events of a transaction that was undone; their ids are free again."""
        for event in reversed(self._pending):
            self._newest[event.account_id] = event.event_id - 1
        self._pending = []

    def hear(self, account_id: int, newest: int) -> None:
        """Tell the subscribers what other processes have committed, up to the event `newest`.

        Where nobody here is told of the account, and where so much was missed that it is no longer kept, the events
        are passed over; in the second case the subscribers hear of the gap by an event that does not follow.

        Raises:
            StorageUnavailable: the events cannot be read; they are told when this is called again.
        """
        known = self._newest.get(account_id, newest)
        wanted = any(wants(account_id) for _, wants in self._subscribers)
        while wanted and known < newest:
            window = Window("event_id", known + 1, newest + 1)
            events = self._storage.select(Event, account_id=account_id, window=window, limit=SLICE)
            if not events:
                break
            known = self._newest[account_id] = events[-1].event_id
            self._tell(events)
        self._newest[account_id] = max(known, newest)

    def subscribe(
        self, subscriber: Subscriber, wants: Callable[[int], bool] = lambda account_id: True
    ) -> Callable[[], None]:
        """Have `subscriber` called with the events of each transaction after its commit; returns what ends that.

        Args:
            subscriber: what is called.
            wants: whether it is to be told of an account's events that another process committed.
        """
        entry = (subscriber, wants)
        self._subscribers.append(entry)
        return lambda: self._subscribers.remove(entry)

    def _tell(self, events: Sequence[Event]) -> None:
        for subscriber, _ in tuple(self._subscribers):
            try:
                subscriber(events)
            except Exception:
                logger.exception("an event subscriber failed")
