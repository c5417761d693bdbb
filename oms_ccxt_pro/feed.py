"""From events and reads to updates: what one strategy, or the whole account, is told, and in which order. Pure.

A `Feed` is a machine: it is told of events (`offer`), of the beginning and the end of sessions (`opened`, `resumed`,
`lost`) and of what was read (`answered`, `failed`), and says what has to be read next (`next_read`). It publishes to
its topics and waits for nothing; `reader.py` does the reads, `account_stream.py` keeps the sessions.

It is in one of three states:

- `new`: nothing is known. Events wait. The first read tells what was there before the watch began, which is no news.
- `behind`: something may have been missed. Events wait, until a session continues where the last one stopped
  (`resumed`), or everything that is open, and all that is newer than what is known, was read (a *whole* read).
- `current`: events are published as they come. An event that does not carry its row waits for a read, and those behind
  it wait with it.

What is promised:

- A cursor moves when what it covers has been published, and not before: the last event (`epoch`, `applied`), the
  newest deal (`_seen`), the newest order of the list (`_listed`). When a session ends, events that still wait are
  forgotten: the next session begins where the last complete one stopped.
- The state of an order or a position never goes backwards, and times have no say in it (fault 38). Where events have
  numbers, these decide; a row that was read is as new as the last event that had arrived when the read began. Without
  numbers, reads are made one after another, so that the later one knows better; one that shows less progress than is
  held is not believed until `SETTLED` seconds have passed, because such an OMS's reads may lag behind its events.
- A fill is published once, in the order of the OMS, after the state of its order that includes it. If that state does
  not come within `ORDER_WAIT` seconds it is read, and if it cannot be had the fill is published without it.
- After the OMS's data were restored from a backup, the present state is news, also where it is an earlier one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from math import inf
from typing import Any, Literal

from oms_ccxt_async.lists.history import Row
from oms_ccxt_async.lists.lookup import Found
from oms_ccxt_async.mappers import Unified
from oms_ccxt_pro.cache import is_same
from oms_ccxt_pro.delivery import Backlog, Consumer, Topic
from oms_ccxt_pro.events import BOOKS_DEALS, DELETED, SUMMARIES, Event, Subject, ids_of, row_of
from oms_ccxt_pro.ledger import LAG, Ledger, Make, TopicName
from oms_ccxt_pro.reads import Read, Rows, Snapshot
from oms_ccxt_pro.status import Status
from oms_ccxt_pro.unsettled import Unsettled

__all__ = ["Feed"]

ORDER_WAIT = 0.25
"""Seconds that a fill waits for the event that brings its order up to it."""
OVERLAP = 500
"""Ids below the newest deal that are read again where events are missing: deals do not arrive in the order of ids."""
LISTED = 10_000
"""Orders that may end before the list of orders is read, so that their ids need not be remembered."""


class Feed:
    """What one strategy sees of the account.

    Args:
        strategy_id: whose; None for the whole account.
        backlog: the bound on what waits for consumers.
        status: where is counted.
        most: orders and positions that are over, and fills, kept for `newUpdates: False`.
        make: how a `Found` (for trades: a row) becomes a unified structure.
        warn: told what is beyond recovery.
        skipped: told, while an exception is handled, what could not be handled and is skipped.
        attend: called when there may be something to read, now or later.

    Attributes:
        ledger: what is held, and what of it is told to whom.
        state: `new`, `behind` or `current`.
        epoch, applied: the history of events, and the last one of it that was published; None if there is none.
        connected: whether a session stands whose events it is told of.
        ready: whether it was current once, so that what is open is known.
        checking: whether a whole read was asked for and is not answered.
        wake_at: when `next_read` should be asked again, in monotonic seconds; None: when `attend` is called.
    """

    def __init__(
        self,
        strategy_id: int | None,
        backlog: Backlog,
        status: Status,
        most: int,
        make: Mapping[TopicName, Make],
        *,
        warn: Callable[[str], None],
        skipped: Callable[[Any], None],
        attend: Callable[[], None],
    ) -> None:
        self.strategy_id = strategy_id
        self.ledger = Ledger(strategy_id, backlog, status, most, make, warn)
        self.state: Literal["new", "behind", "current"] = "new"
        self.epoch: str | None = None
        self.applied: int | None = None
        self.ready = False
        self.wake_at: float | None = None
        self.checking = False
        self._backlog = backlog
        self._status = status
        self._warn = warn
        self._skipped = skipped
        self._attend = attend
        # Calls that are about to make a consumer: until they have, nothing is published.
        self._holds = 0
        self._greeted: list[tuple[TopicName, Consumer]] = []

        # The session. `lost` clears all of it.
        self.connected = False
        self._session: str | None = None  # the epoch of its events
        self._base: int | None = None  # every event behind this one is told; None: unknown
        self._snapshot: Snapshot | None = None
        self._owed = False  # whether a whole read has to close the gap before this session
        self._received: int | None = None  # the last event that arrived
        self._recent: deque[int] = deque(maxlen=1_000)  # events that arrived lately
        self._inbox: deque[Event] = deque()  # events that are not applied
        self._unsettled = Unsettled(self.ledger)
        self._again_at: float | None = None  # when a whole read is due again, because one may have been too early

        # What lives on.
        self._gaps = self._closed = 0  # times that events were missing though no session ended; those that were read
        self._suspected = inf  # a read has shown less than was seen: from when on another one is no lag
        self._evidence = 0, 0  # the newest deal and order that were seen by then: what came since may lag again
        self._reading: Read | None = None
        self._answer: tuple[Read, Rows, float] | None = None  # what came while calls held the feed; until `release`
        self._waiting_fill: tuple[Row, float] | None = None  # the first fill that waits, and until when

    @property
    def topics(self) -> dict[TopicName, Topic]:
        """Where orders, trades and positions are published."""
        return self.ledger.topics

    @property
    def changed(self) -> Callable[[], None]:
        """Called after everything that may change a balance."""
        return self.ledger.changed

    @changed.setter
    def changed(self, called: Callable[[], None]) -> None:
        self.ledger.changed = called

    @property
    def waiting(self) -> int:
        """Events that have arrived and are not applied."""
        return len(self._inbox)

    @property
    def whole(self) -> bool:
        """Whether what this session began with is closed, or read and about to be applied."""
        return self.state == "current" or self._answer is not None

    @property
    def settled(self) -> bool:
        """Whether nothing is being read, waited for, or to be read later."""
        return self.state == "current" and not (self._reading or self.checking or self._unsettled or self._again_at)

    # Sessions

    def lost(self) -> None:
        """The session is over: what it did not finish leaves no trace."""
        self._backlog.unread -= len(self._inbox)
        self._inbox.clear()
        self._recent.clear()
        self._unsettled.clear()
        self.connected = self._owed = False
        self._session = self._base = self._snapshot = self._received = self._answer = self._again_at = None
        if self._reading is not None and not self._reading.first:
            self._reading = None
        if self.state == "current":
            self.state = "behind"

    def resumed(self) -> None:
        """A session continues the last one: every event after `applied` comes."""
        self.connected, self._session, self._base = True, self.epoch, self.applied
        if self.state == "behind" and self._gaps == self._closed:
            self._be_current()
        self._attend()

    def opened(self, epoch: str | None, after: int | None, snapshot: Snapshot | None = None) -> None:
        """A session begins that does not continue the last one.

        Args:
            epoch: the history of its events; None if they have no numbers, or no name.
            after: every event after this one comes; None: it is not known from which on.
            snapshot: what is open, as of `after`.
        """
        self.connected, self._owed = True, True
        self._session, self._base, self._snapshot = epoch, after, snapshot
        self._attend()

    @property
    def _is_other_history(self) -> bool:
        """Whether this session's events do not go on from those that were published: numbers only ever grow."""
        return self._session != self.epoch or (self._base is not None and self._base < (self.applied or 0))

    def _be_current(self) -> None:
        self.state = "current"
        if not self.ready:
            self.ready = True
            greeted, self._greeted = self._greeted, []
            for kind, consumer in greeted:
                self.greet(kind, consumer)
        self._drain()

    def hold(self) -> None:
        """Publish nothing until `release`: who calls is about to make a consumer."""
        self._holds += 1

    def release(self) -> None:
        """Go on, with what came while the feed was held first."""
        self._holds -= 1
        if not self._holds:
            if self._answer is not None:
                answer, self._answer = self._answer, None
                self._take(*answer)
            self._drain()
            self._attend()

    # Events

    def offer(self, event: Event) -> None:
        """Take an event: apply it at once, or after what is before it."""
        number = event.id
        if number is None:
            if self._session is not None and event.subject is not None:
                self._missed()  # its place is unknown, and others may be lost (fault 26)
                return
        elif self._received is not None and number <= self._received:
            if number in self._recent or (self._base is not None and number <= self._base):
                self._status.duplicates += 1
            else:
                self._missed()
            return
        else:
            self._received = number
            self._recent.append(number)
        if self.state == "current" and not (self._inbox or self._holds or self._must_read(event)):
            self._apply(event)
        else:
            self._inbox.append(event)
            self._backlog.unread += 1
            self._drain()

    def _missed(self) -> None:
        """Events are missing: what they told is read."""
        self._status.gap()
        self._gaps += 1
        if self.state == "current":
            self.state = "behind"
        self._attend()

    def _must_read(self, event: Event) -> bool:
        """Whether what an event tells has to be read: it has no row, or no number that gives the row its place."""
        if event.subject is None or (event.row is not None and event.id is not None):
            return False
        # The rows that these two are about come with other events (extension 4).
        covered = event.id is not None and "event_rows" in self.ledger.facts.features
        return not (covered and event.name in ("close_by_executed", "positions_merged"))

    def _drain(self) -> None:
        """Apply what waits, up to the first event that something must be read for."""
        while self._inbox and self.state == "current" and not self._holds:
            if self._must_read(self._inbox[0]):
                self._attend()
                return
            self._backlog.unread -= 1
            self._guarded(self._apply, self._inbox.popleft())

    def _apply(self, event: Event) -> None:
        """Publish what an event tells, and move the cursor."""
        number, row = event.id, event.row
        if number is not None:
            if self.applied is not None and number <= self.applied:
                self._status.duplicates += 1
                return
            self.applied = number
        if event.subject is None:
            self._other(event)
        elif row is not None and number is not None:
            if event.subject == "order":
                self.ledger.told("orders", Found(row), number)
            elif event.subject == "position":
                self.ledger.told("positions", Found(row), number)
            elif event.name == "deal_created":
                self.ledger.deal(row)
                if self.ledger.fills.head is not None:
                    self._attend()

    def _other(self, event: Event) -> None:
        deleted = DELETED.get(event.name)
        if deleted is not None:
            row = row_of(event.payload, deleted) or event.payload
            key = row.get("id") or row.get(f"{deleted}_id")
            if deleted == "deal":
                self.ledger.fills.undo(row)
            elif isinstance(key, int):
                (self.ledger.orders if deleted == "order" else self.ledger.positions).discard(key)
        elif event.name not in SUMMARIES:
            self._status.unknown += 1

    def _guarded(self, step: Callable[..., Any], what: Any, *more: Any) -> None:
        """One thing that makes no sense must not keep the others from their consumers."""
        try:
            step(what, *more)
        except Exception:
            self._skipped(what)

    # Reads

    def check(self) -> None:
        """Let everything be read once, to see whether anything was missed."""
        self.checking = True
        self._attend()

    def next_read(self, now: float) -> Read | None:
        """What to read now; it has to be answered, or to have failed, before there is another."""
        self.wake_at = None
        if self._reading is not None or self._answer is not None:
            return None
        self._reading = self._due(now)
        return self._reading

    def _due(self, now: float) -> Read | None:
        if self.state == "new":
            return Read(now, first=True, whole=True)
        as_of = max(self._received or 0, self._base or 0)
        if not self.connected or (self.epoch is not None and self.epoch == self._session):
            as_of = max(as_of, self.applied or 0)
        if self.connected:
            if self._again_at is not None and now >= self._again_at:
                self._again_at, self.checking = None, True
            if self._owed or self._gaps > self._closed or self.checking:
                return self._whole_read(now, as_of)
        fill = self._overdue_fill(now)
        due = self._unsettled.due(now)
        events: tuple[Event, ...] = ()
        if self._inbox and self.state == "current" and not self._holds and self._must_read(self._inbox[0]):
            events = tuple(self._inbox)
        self.wake_at = min(
            (
                *self._unsettled.later(now),
                *([self._again_at] if self._again_at is not None else []),
                *([self._waiting_fill[1]] if self._waiting_fill is not None and fill is None else []),
            ),
            default=None,
        )
        thin = [event for event in events if self._must_read(event)]
        orders = {key for key in ids_of(thin, "order") if key not in self._unsettled.foreign}
        orders |= {key for event in thin if event.name == "reassigned" for key in ids_of([event], "order")}
        orders |= {key for subject, key in due if subject == "order"}
        if fill is not None and fill.get("order_id") is not None:
            orders.add(fill["order_id"])
        positions = {*ids_of(thin, "position"), *(key for subject, key in due if subject == "position")}
        deals = any(event.subject == "deal" or event.name in BOOKS_DEALS for event in thin) or any(
            subject == "deal" for subject, _ in due
        )
        listed = len(self.ledger.ended) > LISTED
        if not (thin or due or fill or listed):
            return None
        return Read(
            now,
            as_of,
            newest_deal=self.ledger.seen.newest,
            newest_order=self.ledger.listed,
            deals_after=self.ledger.seen.newest if deals else None,
            orders_after=self.ledger.listed if listed else None,
            orders=frozenset(orders),
            positions=frozenset(positions),
            events=events,
            fill=fill,
        )

    def _whole_read(self, now: float, as_of: int) -> Read:
        restored = now >= self._suspected or (self._owed and self.epoch is not None and self._is_other_history)
        listed, seen = self.ledger.listed, self.ledger.seen
        newest_deal, newest_order = self._evidence if now >= self._suspected else (seen.newest, listed)
        if restored:  # ids may have been given a second time
            listed = min((key - 1 for key in self.ledger.orders.over_ids), default=listed)
        snapshot = self._snapshot
        if snapshot is not None and snapshot.event_id is not None:
            as_of = snapshot.event_id
        return Read(
            now,
            as_of,
            whole=True,
            restored=restored,
            gaps=self._gaps if snapshot is None else self._closed,  # a snapshot is from before the gap
            newest_deal=newest_deal,
            newest_order=newest_order,
            deals_after=seen.floor if restored else max(seen.floor, seen.newest - OVERLAP),
            orders_after=listed,
            orders=self.ledger.orders.open_ids,
            positions=self.ledger.positions.open_ids,
            snapshot=snapshot,
        )

    def _overdue_fill(self, now: float) -> Row | None:
        head = self.ledger.fills.head
        if head is None:
            self._waiting_fill = None
            return None
        if self._waiting_fill is None or self._waiting_fill[0] is not head:
            self._waiting_fill = head, now + ORDER_WAIT
        return head if now >= self._waiting_fill[1] else None

    def orders_of(self, deals: Iterable[Row]) -> set[int]:
        """The orders whose state is another one by those of these deals that are new."""
        return {row["order_id"] for row in deals if row.get("order_id") and self.ledger.is_new(row)}

    def failed(self, read: Read) -> None:
        """A read has failed: it is due again."""
        if read is self._reading:
            self._reading = None
            if read.fill is not None and read.fill is self.ledger.fills.head:
                self.ledger.fills.give_up()

    def answered(self, read: Read, rows: Rows, now: float) -> None:
        """Publish what a read shows that was not known when it began."""
        if read is not self._reading:
            return  # of a session that is over
        self._reading = None
        if self._holds and not read.first:
            self._answer = read, rows, now
        else:
            self._take(read, rows, now)
        self._attend()

    def _take(self, read: Read, rows: Rows, now: float) -> None:
        self.ledger.facts = rows.facts
        if read.first:
            self.ledger.begin_with(rows)
            self.state = "behind"
            return
        rewound = self.ledger.is_rewound(read, rows)
        if read.restored and not rewound and not (self._owed and self._is_other_history):
            read = replace(read, restored=False)  # what was suspected is not so
        if read.whole:
            self._commit(read, rewound)
        for event in read.events:
            self._backlog.unread -= 1
            self._inbox.popleft()
            if not self._must_read(event):
                self._guarded(self._apply, event)
            elif event.id is not None:
                self.applied = event.id
        self._take_rows(read, rows, now)
        self._unsettled.note(read, rows, now)
        if read.fill is not None and read.fill is self.ledger.fills.head:
            self.ledger.fills.give_up()
        if rewound and not read.restored:
            if self._suspected == inf:
                self._evidence = read.newest_deal, read.newest_order
            self._suspected = self._again_at = min(self._suspected, now + LAG)
        if read.whole and self.connected and self._gaps == self._closed and self.state == "behind":
            self._be_current()
        self._drain()

    def _commit(self, read: Read, rewound: bool) -> None:
        """What was missed is known: the cursor goes to where this session's events begin."""
        if read.restored and rewound:
            self._warn(f"the OMS has less than was seen (deal {read.newest_deal}): its data were restored")
            # In the epoch that it had before, too, the numbers of events begin anew where the backup was made.
            self.ledger.other_history((self._base if self._owed else self.applied) or 0)
        self._closed, self.checking = read.gaps, False
        if read.restored or not rewound:
            self._suspected = inf
        if not self._owed:
            return
        if self._session is None or self._is_other_history:
            self.ledger.other_history(-1 if self._session != self.epoch else self._base or 0)
        if self.applied is not None:
            self._warn(
                f"the OMS cannot replay what came after event {self.applied}: fills and the present state were read, "
                "what orders and positions were between is lost"
            )
        first = next((event.id for event in self._inbox if event.id is not None), None)
        self.epoch, self.applied = self._session, self._base
        if first is not None and (self._base is None or first <= self._base):
            self.applied = first - 1  # what the snapshot is ahead of is told event by event
        self._owed, self._snapshot = False, None
        if not self.ledger.facts.full:
            self._again_at = read.began + LAG  # this read may have been too early for what happened just before it

    def _take_rows(self, read: Read, rows: Rows, now: float) -> None:
        # Orders before fills, so that a fill is told when its order reflects it.
        as_of = {}
        if (snapshot := read.snapshot) is not None:
            as_of = {("order", row["id"]): snapshot.event_id for row in snapshot.orders}
            as_of |= {("position", row["id"]): snapshot.event_id for row in snapshot.positions}
        coming: dict[tuple[Subject, int], list[Event]] = {}
        for event in self._inbox:
            if event.row is not None and event.id is not None and event.subject is not None:
                coming.setdefault((event.subject, event.row.get("id", 0)), []).append(event)

        def is_coming(subject: Subject, found: Found) -> bool:
            """Whether events that wait will tell this state in its turn."""
            number = as_of.get((subject, found.row["id"]))
            return any(
                (event.id or 0) <= number if number is not None else is_same(Found(event.row or {}), found)
                for event in coming.get((subject, found.row["id"]), ())
            )

        for found in sorted(rows.orders, key=lambda found: found.row["id"]):
            if not is_coming("order", found):
                self._guarded(self.ledger.read, "orders", found, read, as_of.get(("order", found.row["id"])))
        if rows.newest_order is not None:
            self.ledger.list_read(rows.newest_order, restored=read.restored)
        if read.restored:
            self.ledger.rewind(rows)
        for row in rows.deals:
            if self.ledger.is_new(row):
                self._guarded(self.ledger.deal, row, read.restored)
        for row in rows.positions or ():
            found = Found(row)
            if not is_coming("position", found):
                self._guarded(self.ledger.read, "positions", found, read, as_of.get(("position", row["id"])))
        if read.whole:
            again = self.ledger.forget("orders", read.orders - {found.row["id"] for found in rows.orders}, read)
            if rows.positions is not None:
                left = read.positions - {row["id"] for row in rows.positions}
                again = self.ledger.forget("positions", left, read) or again
            if again:
                self._again_at = min(self._again_at or inf, now + LAG)
        elif rows.unread & self.ledger.positions.open_ids:
            self._again_at = min(self._again_at or inf, now + LAG)  # they are not open any more: see what is

    # Consumers

    def greet(self, kind: TopicName, consumer: Consumer) -> None:
        """Let a consumer begin with what is open, as soon as that is known."""
        if not self.ready:
            self._greeted.append((kind, consumer))
            return
        consumer.begin_with(item for item in self.current(kind, only_open=True) if consumer.wants(item))

    def current(self, kind: TopicName, *, only_open: bool = False) -> list[Unified]:
        """Everything that is held, made unified: oldest update first."""
        return self.ledger.current(kind, only_open=only_open)
