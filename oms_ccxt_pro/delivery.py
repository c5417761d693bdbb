"""Who has seen what: every update once for each consumer, in the OMS's order, within bounded memory.

A consumer is one loop of a user's program: what it asks for, and the task in which it asks, or the name that it gives
itself. Pure: tasks are opaque here, time is an argument, and waking somebody is calling what he left.
"""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable, Collection, Iterable
from typing import Any, Protocol

from oms_ccxt_async.mappers import Unified

__all__ = ["Backlog", "Consumer", "EventsLost", "Owner", "Seen", "Topic", "copied"]

_Entry = tuple[int, Unified, bool]
LATE = 1_000
"""Ids that a read which lags behind may lack."""
FORGOTTEN_AFTER = 3_600.0
"""Seconds after its last call from which a consumer whose task is over counts as given up."""


class Owner(Protocol):
    """Who calls: equal to itself from call to call.

    Attributes:
        place: where in the program the calls are written.
    """

    @property
    def place(self) -> Any: ...


class EventsLost(UserWarning):
    """Something happened at the OMS that no consumer will be told of, and that cannot be read any more."""


def copied(item: Unified) -> Unified:
    """A unified structure that its holder may change: nothing that our structures nest is shared with the original."""
    own = dict(item)
    for name in ("info", "fee"):
        if type(held := own.get(name)) is dict:
            own[name] = dict(held)
    for name in ("fees", "trades"):
        if held := own.get(name):
            own[name] = [copied(each) for each in held]
        elif held is not None:
            own[name] = []
    return own


class Seen:
    """The fills that were seen, over the life of the process: the newest by id, everything older by a watermark.

    Args:
        window: how many ids below the newest are remembered one by one; an id that comes later than that many others
            counts as seen.
    """

    __slots__ = ("_floor", "_marks", "_window", "newest")

    def __init__(self, window: int = 10_000) -> None:
        self._window = window
        self._floor = 0
        self._marks: dict[int, Any] = {}
        self.newest = 0

    def __contains__(self, key: int) -> bool:
        return key in self._marks or key <= self._floor

    def is_new(self, key: int, mark: Any = None) -> bool:
        """Whether an id, with its mark, was not seen."""
        return self._marks[key] != mark if key in self._marks else key > self._floor

    def add(self, key: int, mark: Any = None) -> bool:
        """Note an id; whether it is new.

        Args:
            mark: what else identifies the thing. After a restored backup the OMS gives ids a second time; another mark
                under a known id is another thing.
        """
        if not self.is_new(key, mark):
            return False
        self._marks[key] = mark
        self.newest = max(self.newest, key)
        if len(self._marks) > 2 * self._window:
            ids = sorted(self._marks)
            self._floor = ids[-self._window - 1]
            self._marks = {each: self._marks[each] for each in ids[-self._window :]}
        return True

    def start_above(self, key: int) -> None:
        """Count every id up to `key` as seen."""
        self._floor = max(self._floor, key)
        self.newest = max(self.newest, key)

    @property
    def floor(self) -> int:
        """Every id up to this one counts as seen."""
        return self._floor

    def contradicts(self, key: int, mark: Any) -> bool:
        """Whether something else was seen under this id."""
        return key in self._marks and self._marks[key] != mark

    def rewound(self, newest: int) -> None:
        """The OMS's newest id is now below ours: ids above it will be given again, under other marks.

        The lowest of them are remembered, in case that it was only a read which lagged behind.
        """
        self._floor = min(self._floor, newest)
        self._marks = {key: mark for key, mark in self._marks.items() if key <= newest + LATE}
        self.newest = newest


class Backlog:
    """How much may wait to be fetched, over all consumers of an exchange.

    Args:
        most: items that may wait for one consumer before the stream is held back.

    Attributes:
        crowded: the consumers that have so much waiting.
        unread: events that wait because something has to be read first.
        relieved: called when one of them fetches.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.crowded: set[Consumer] = set()
        self.unread = 0
        self.relieved: Callable[[], None] | None = None


class Consumer:
    """One loop that watches, and what it has not fetched yet.

    Attributes:
        owner: who asks.
        doubtful: whether it may be the next call of a loop whose earlier calls were another consumer's.
        symbols: what it wants; None for everything.
        called: when it last asked (a monotonic time in seconds).
        gave: when it last got something.
        number: the topic's number of the last item that it fetched, or that was dropped from its backlog.
        behind: whether its backlog was dropped, so that it must be caught up before it fetches again.
        catching: whether what it missed is being read, so that items are kept again.
        missed: the lowest id of what it has missed.
        fetched: the ids that it fetched last, if it is to remember them.
        waiters: called when there is something to fetch; each takes itself out before it fetches.
    """

    __slots__ = (
        "_backlog",
        "_batch",
        "_batches",
        "_copy",
        "_greeting",
        "_keep",
        "_pending",
        "_remembers",
        "_woken",
        "behind",
        "called",
        "catching",
        "doubtful",
        "error",
        "fetched",
        "gave",
        "missed",
        "number",
        "owner",
        "symbols",
        "waiters",
    )

    def __init__(
        self,
        owner: Owner,
        symbols: Collection[str] | None,
        number: int,
        now: float,
        backlog: Backlog,
        keep: int | None = None,
        copy: Callable[[Unified], Unified] = copied,
        remembers: bool = True,
    ) -> None:
        self.owner = owner
        self.doubtful = False
        self.symbols = symbols
        self.called = now
        self.gave = 0.0
        self.number = number
        self.behind = self.catching = False
        self.missed: int | None = None
        self.fetched: deque[str] = deque(maxlen=1_000)
        self.error: BaseException | None = None
        self.waiters: set[Callable[[], None]] = set()
        self._pending: deque[_Entry] = deque()
        self._batches = 0
        self._batch: list[_Entry] | BaseException = []
        self._greeting = False
        self._woken = False
        self._backlog = backlog
        self._keep = keep
        self._copy = copy
        self._remembers = remembers

    def __len__(self) -> int:
        return len(self._pending)

    @property
    def ticket(self) -> int:
        """Taken when a call begins: a batch that is formed after it answers this call, too."""
        return self._batches

    def wants(self, item: Unified) -> bool:
        """Whether an item is about one of its symbols."""
        return self.symbols is None or item.get("symbol") in self.symbols

    def put(self, number: int, item: Unified, sole: bool = False) -> None:
        """Keep an item until it is fetched; `sole`: nobody else has it, so that it may be given away."""
        if self.behind and not self.catching:
            self._miss(item)
            return
        pending = self._pending
        if self._keep is not None and len(pending) >= self._keep:
            pending.popleft()
        pending.append((number, item, sole))
        if len(pending) >= self._backlog.most:
            self._backlog.crowded.add(self)
        if self.waiters and not self._woken:
            self.wake()

    def fail(self, error: BaseException) -> None:
        """End the next call with an error, after what is waiting has been fetched."""
        self.error = error
        self.wake()

    def end(self, error: BaseException | None = None) -> None:
        """Give up what is waiting, and end the calls that wait, if there are any, with an error."""
        self._pending.clear()
        self._relieve()
        if self.waiters and error is not None:
            self.fail(error)

    def begin_with(self, items: Iterable[Unified]) -> None:
        """Let the next call return these, and nothing from before, even if there are none."""
        self._pending = deque((self.number, item, False) for item in items)
        self._greeting = True
        self.wake()

    def wake(self) -> None:
        """Call everybody who waits."""
        self._woken = True
        for waiter in tuple(self.waiters):
            waiter()

    def fetch(self, ticket: int, limit: int | None = None) -> list[Unified] | None:
        """What has not been fetched, oldest first; None if that is nothing.

        Calls that wait at the same time get the same batch; every one gets copies.

        Args:
            ticket: from when the call began.
            limit: at most so many; the others stay for the next call.

        Raises:
            BaseException: what the consumer was failed with.
        """
        self._woken = False
        if self._batches != ticket:
            batch = self._batch
            if not self.waiters:
                self._batch = []
        elif self._pending or self.error is not None or self._greeting:
            self._batches += 1
            batch = self._next(limit)
            self._relieve()
            if not self.waiters:
                return self._given(batch)
            self._batch = batch
        else:
            return None
        if isinstance(batch, BaseException):
            raise copy.copy(batch)
        return [self._copy(item) for _, item, _ in batch]

    def _given(self, batch: list[_Entry] | BaseException) -> list[Unified]:
        """A batch that nobody else has a claim on."""
        if isinstance(batch, BaseException):
            raise copy.copy(batch)
        return [item if sole else self._copy(item) for _, item, sole in batch]

    def _next(self, limit: int | None) -> list[_Entry] | BaseException:
        pending = self._pending
        if self._greeting:
            self._greeting = False
        elif not pending:
            error, self.error = self.error, None
            assert error is not None
            return error
        if limit is None or limit >= len(pending):
            taken, self._pending = list(pending), deque()
        else:
            taken = [pending.popleft() for _ in range(max(1, limit))]
        self.number = taken[-1][0] if taken else self.number
        if self._remembers:
            self.fetched.extend([item["id"] for _, item, _ in taken[-1_000:] if "id" in item])
        return taken

    def _relieve(self) -> None:
        backlog = self._backlog
        if self in backlog.crowded and len(self._pending) < backlog.most:
            backlog.crowded.discard(self)
            if backlog.relieved is not None:
                backlog.relieved()

    def drop(self) -> None:
        """Give up the backlog: what it held must be read again when the consumer comes back."""
        for _, item, _ in self._pending:
            self._miss(item)
        self._pending.clear()
        self.behind, self.catching = True, False
        self._relieve()

    def _miss(self, item: Unified) -> None:
        key = int(item["id"])
        self.missed = key if self.missed is None else min(self.missed, key)

    def catch_up(self, items: Iterable[Unified]) -> None:
        """Put what was read again before what has come since the reading began; the consumer fetches again."""
        self._pending.extendleft((self.number, item, True) for item in reversed(list(items)))
        self.behind = self.catching = False
        self.missed = None
        self.wake()

    def waiting_ids(self) -> set[str]:
        """The ids of what waits, and of what was fetched lately."""
        return {item["id"] for _, item, _ in self._pending} | set(self.fetched)


class Topic:
    """One subject of a stream: orders, fills or positions.

    Args:
        backlog: the bound that all topics of an exchange share.
        keep: how many of the newest items are kept for a consumer; None: all, however many come.
        shared: whether somebody else holds what is published.
        copy: how an item is copied for its consumer.
        remembers: whether consumers know by id what they have fetched lately: for what is told once.

    Attributes:
        number: of the newest item; items are numbered from 1 in the order in which they are published.
        consumers: everybody who watches, or did and may come back.
    """

    def __init__(
        self,
        backlog: Backlog,
        *,
        keep: int | None = None,
        copy: Callable[[Unified], Unified] = copied,
        shared: bool = False,
        remembers: bool = True,
    ) -> None:
        self.number = 0
        self._shared = shared
        self._backlog = backlog
        self._keep = keep
        self._copy = copy
        self._remembers = remembers
        self.consumers: list[Consumer] = []
        self._by_key: dict[Any, list[Consumer]] = {}  # until `forget`
        self._ambiguous: set[tuple[Any, Any]] = set()  # keys and places of several loops; until `forget`

    def consumer(
        self, key: Any, owner: Owner, symbols: Collection[str] | None, now: float, over: Callable[[Any], bool]
    ) -> tuple[Consumer, bool]:
        """The consumer that calls, and whether it is new.

        A new owner takes over the consumer of one that is over if both call from the same place for the same key, and
        no third one ever did: then it is the next call of one loop, which makes a task for every call. Where several
        have called from a place, nobody can say whose next call a new task is: it is a consumer of its own.

        Args:
            key: what is watched, in the words of the call.
            owner: who calls.
            over: whether an owner's task has ended.
        """
        same = self._by_key.setdefault(key, [])
        found = next((each for each in same if each.owner == owner), None)
        doubtful = False
        if found is None and owner.place:
            alike = [each for each in same if each.owner.place == owner.place]
            ended = [each for each in alike if over(each.owner) and not each.waiters]
            if len(alike) > 1 or alike != ended:
                self._ambiguous.add((key, owner.place))
            if (key, owner.place) not in self._ambiguous:
                found = next(iter(ended), None)
            elif ended:
                doubtful = True
                self._give_up(ended)
        if found is not None:
            found.owner = owner
            found.called = now
            return found, False
        self._give_up(
            each
            for each in self.consumers
            if now - each.called > FORGOTTEN_AFTER and over(each.owner) and not each.waiters
        )
        found = Consumer(owner, symbols, self.number, now, self._backlog, self._keep, self._copy, self._remembers)
        found.doubtful = doubtful
        self._by_key.setdefault(key, []).append(found)
        self.consumers.append(found)
        return found, True

    def _give_up(self, consumers: Iterable[Consumer]) -> None:
        """Forget consumers to whom nobody will come back."""
        for consumer in tuple(consumers):
            self.consumers.remove(consumer)
            for key, same in tuple(self._by_key.items()):
                if consumer in same:
                    same.remove(consumer)
                    if not same:
                        del self._by_key[key]
            consumer.end()

    def publish(self, item: Unified) -> int:
        """Give an item to everybody who wants it; its number."""
        self.number = number = self.number + 1
        consumers = self.consumers
        if len(consumers) == 1 and consumers[0].symbols is None:
            consumers[0].put(number, item, not self._shared)
            return number
        consumers = [each for each in consumers if each.wants(item)]
        sole = len(consumers) == 1 and not self._shared
        for consumer in consumers:
            consumer.put(number, item, sole)
        return number

    def forget(self, key: Any, error: BaseException) -> None:
        """Forget the consumers of a key; those of their calls that wait end with an error."""
        self._ambiguous = {each for each in self._ambiguous if each[0] != key}
        for consumer in self._by_key.pop(key, ()):
            self.consumers.remove(consumer)
            consumer.end(error)
