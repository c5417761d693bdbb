"""What is held of an account's orders, positions and fills, and what of it is told to whom. Pure.

A state is told if it is another one than is held, and not an older one; a fill, if its id was not seen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from sys import intern
from typing import Any, Literal

from oms_ccxt_async.lists.history import Row
from oms_ccxt_async.lists.lookup import Found
from oms_ccxt_async.mappers import Unified
from oms_ccxt_async.mappers.order import is_over
from oms_ccxt_async.wire.account import AccountFacts
from oms_ccxt_pro.cache import Cache, Held, is_behind, is_same
from oms_ccxt_pro.delivery import Backlog, Consumer, Seen, Topic
from oms_ccxt_pro.fills import Fills
from oms_ccxt_pro.reads import Read, Rows
from oms_ccxt_pro.status import Status

__all__ = ["LAG", "Ledger", "Make", "States", "TopicName"]

TopicName = Literal["orders", "trades", "positions"]
States = Literal["orders", "positions"]
Make = Callable[[Any, AccountFacts], Unified]

LAG = 1.0
"""Seconds that the reads of an OMS without event numbers may lag behind its events: what they tell of is read again."""
SETTLED = 5.0
"""Seconds after which a read that shows less progress is not explained by lag any more."""
_COMMON = ("symbol", "side", "order_type", "status", "reason", "fee_currency", "qty")
"""Fields whose texts many orders share: a seventh of what an order takes in memory."""
_TOGETHER = 1_000
"""Orders that are told before those of them that are still open are let share texts: most are over by then."""
_OVER = Held(Found({}), 0, True)
"""What stands for an order that was told as over and is not held any more."""


class Ledger:
    """What one strategy, or the whole account, has.

    Args:
        strategy_id: whose; None for the whole account.
        backlog: the bound on what waits for consumers.
        status: where is counted.
        most: orders and positions that are over, and fills, kept for `newUpdates: False`.
        make: how a `Found` (for trades: a row) becomes a unified structure.
        warn: told what is beyond recovery.

    Attributes:
        topics: where orders, trades and positions are published.
        listed: the newest order of the last list of orders that was read.
        ended: orders above `listed` that were told as over, so that a list does not tell them again.
        changed: called after everything that may change a balance.
    """

    facts: AccountFacts

    def __init__(
        self,
        strategy_id: int | None,
        backlog: Backlog,
        status: Status,
        most: int,
        make: Mapping[TopicName, Make],
        warn: Callable[[str], None],
    ) -> None:
        self.strategy_id = strategy_id
        self.topics: dict[TopicName, Topic] = {
            "orders": Topic(backlog, remembers=False),
            "trades": Topic(backlog),
            "positions": Topic(backlog, remembers=False),
        }
        self.orders = Cache(most)
        self.positions = Cache(most)
        self.trades: deque[Row] = deque(maxlen=most)
        self.seen = Seen()
        self.fills = Fills(self._tell_fill, self._reflecting)
        self.listed = 0
        self.ended: set[int] = set()
        # What is open here and a whole read did not show, since when; until one shows it, or it is forgotten.
        self._absent: dict[States, dict[int, float]] = {"orders": {}, "positions": {}}
        self._fresh: list[int] = []  # orders that were told first lately, up to `_TOGETHER`
        self.changed: Callable[[], None] = lambda: None
        self._status = status
        self._make = make
        self._warn = warn

    def begin_with(self, rows: Rows) -> None:
        """Learn what there was before: nobody is told of it, and everything after it is news."""
        if rows.deals:
            self.seen.start_above(rows.deals[0]["id"] - 1)
        for row in rows.deals:
            self.seen.add(row["id"], _mark(row))
        self.listed = rows.newest_order or 0
        for found in rows.orders:
            if not self._is_foreign(found.row) and not self._is_over(found):
                self.fills.begin(found.row)
                self.orders.put(found.row["id"], Held(found, 0, False))
        for row in rows.positions or ():
            if not self._is_foreign(row):
                self.positions.put(row["id"], Held(Found(row), 0, row.get("state") == "closed"))
        self.changed()

    # States

    def told(self, kind: States, found: Found, number: int) -> None:
        """Publish the state that an event carries, unless it is held already."""
        cache, row = self.orders if kind == "orders" else self.positions, found.row
        key = row["id"]
        if self.strategy_id is not None and self._is_foreign(row):
            cache.discard(key)
            return
        held = cache.get(key)
        if held is not None:
            known = number <= held.event
            if not known and is_same(found, held.found):
                # What was there before the watch began was told to nobody: its event is news all the same.
                known, held.event, held.ahead = held.number > 0, number, False
            if known or (held.ahead and is_behind(found, held.found)):
                self._status.duplicates += 1
                return
        self._publish(kind, found, held, number)

    def read(self, kind: States, found: Found, read: Read, as_of: int | None) -> None:
        """Publish the state that was read, unless it is held already, or older than what is.

        Args:
            as_of: the event that the row is known to be of; None: it may include later ones too.
        """
        cache, row = self.orders if kind == "orders" else self.positions, found.row
        key = row["id"]
        if self._is_foreign(row):
            cache.discard(key)
            return
        held = cache.get(key)
        if held is None:
            if kind == "orders" and key in self.ended:
                return
        elif is_same(found, held.found) or held.event > read.as_of or self._is_late(found, held, read):
            return
        self._publish(kind, found, held, read.as_of if as_of is None else as_of, as_of is None, read.began)

    def _is_late(self, found: Found, held: Held, read: Read) -> bool:
        """Whether a row of an OMS without numbers may be older than what is held, as its reads may lag."""
        if self.facts.full or read.restored or read.began - held.since >= SETTLED:
            return False
        return is_behind(found, held.found)

    def _publish(
        self,
        kind: States,
        found: Found,
        held: Held | None,
        number: int,
        ahead: bool = False,
        since: float = 0.0,
    ) -> None:
        told, row = self._give(kind, found), found.row
        cache, over = self.positions, row.get("state") == "closed"
        if kind == "orders":
            cache, over = self.orders, self._is_over(found)
        if held is None:
            held = Held(found, told, over, number, ahead, since)
            cache.put(row["id"], held)
            if kind == "orders" and not over:
                self._share_later(row["id"])
        else:
            was_over = held.over
            held.found, held.number, held.over = found, told, over
            held.event, held.ahead, held.since = number, ahead, since
            if over or was_over:
                cache.put(row["id"], held)
        if kind == "orders":
            if over and row["id"] > self.listed:
                self.ended.add(row["id"])
            if self.fills.waiting:
                self.fills.advance()
            elif over:
                self.fills.ended(row["id"])
        self.changed()

    def _share_later(self, key: int) -> None:
        """Let orders that rest have the texts that many orders have in common with them."""
        self._fresh.append(key)
        if len(self._fresh) < _TOGETHER:
            return
        for key in self._fresh:
            held = self.orders.get(key)
            row = {} if held is None or held.over else held.found.row
            for name in _COMMON:
                if type(text := row.get(name)) is str:
                    row[name] = intern(text)
        self._fresh.clear()

    def _give(self, kind: TopicName, what: Any) -> int:
        """Publish what somebody watches; what nobody does is not even mapped."""
        topic = self.topics[kind]
        if topic.consumers:
            item = self._make[kind](what, self.facts)
            item["info"] = item["info"].copy()  # the row itself stays here
            return topic.publish(item)
        topic.number += 1
        return topic.number

    def _is_foreign(self, row: Row) -> bool:
        return self.strategy_id is not None and row.get("strategy_id") != self.strategy_id

    def _is_over(self, found: Found) -> bool:
        if (over := is_over(found.row)) or self.facts.full:
            return over
        # Fact 19: that a legacy OMS's order is filled follows from its deals.
        return bool(self._make["orders"](found, self.facts)["status"] != "open")

    # Fills

    def deal(self, row: Row, restored: bool = False) -> None:
        """Tell a fill that is new, when its order reflects it.

        Args:
            restored: whether the order's state was read from a restored backup, together with the fill.
        """
        if self._is_foreign(row):
            return
        if not self.seen.add(row["id"], _mark(row)):
            self._status.duplicates += 1
        elif restored or not self.facts.full:
            self._tell_fill(row)  # its order was read after it
        else:
            self.fills.take(row)

    def _reflecting(self, order_id: int) -> Held | None:
        return self.orders.get(order_id) or (_OVER if order_id in self.ended else None)

    def _tell_fill(self, row: Row) -> None:
        self.trades.append(row)
        self._give("trades", row)
        self.changed()

    def is_new(self, deal: Row) -> bool:
        """Whether a deal was not seen."""
        return self.seen.is_new(deal["id"], _mark(deal))

    def is_rewound(self, read: Read, rows: Rows) -> bool:
        """Whether the OMS has less than was seen when a read began, or something else under the same id."""
        if read.deals_after is not None:
            newest = rows.deals[-1]["id"] if rows.deals else 0
            if newest < read.newest_deal or any(self.seen.contradicts(row["id"], _mark(row)) for row in rows.deals):
                return True
        return rows.newest_order is not None and rows.newest_order < read.newest_order

    def rewind(self, rows: Rows) -> None:
        """The OMS's data were restored: ids are given a second time, and what orders say is filled counts anew."""
        self.seen.rewound(rows.deals[-1]["id"] if rows.deals else 0)
        while self.fills.head is not None:
            self.fills.give_up()
        for found in rows.orders:
            self.fills.begin(found.row)

    def other_history(self, common: int = -1) -> None:
        """The numbers of events begin anew: what is held of one above `common` is of another history."""
        for held in (*self.orders, *self.positions):
            if held.event > common:
                held.event, held.ahead = 0, False

    def list_read(self, newest: int, *, restored: bool) -> None:
        """The list of orders was read up to this id."""
        self.listed = newest if restored else max(self.listed, newest)
        self.ended = set() if restored else {key for key in self.ended if key > self.listed}

    def forget(self, kind: States, keys: frozenset[int], read: Read) -> bool:
        """Forget what a whole read shows that the OMS does not have any more; whether another one has to confirm it.

        The lists of a legacy OMS lag, each by another time: there it takes two reads that are as far apart as that.
        """
        cache = self.orders if kind == "orders" else self.positions
        absent, self._absent[kind] = self._absent[kind], {}
        keys &= cache.open_ids
        if not (self.facts.full or read.restored):
            since = {key: absent.get(key, read.began) for key in keys}
            keys = frozenset(key for key, moment in since.items() if read.began - moment >= LAG)
            self._absent[kind] = {key: moment for key, moment in since.items() if key not in keys}
        for key in keys:
            cache.discard(key)
        if keys:
            self._warn(f"the OMS does not have the open {kind} {sorted(keys)} any more")
        return bool(self._absent[kind])

    # Consumers

    def caught_up(self, kind: TopicName, consumer: Consumer, deals: Iterable[Row] = ()) -> None:
        """Give a consumer what it has missed since its backlog was dropped.

        Args:
            deals: those that may be among it; of orders and positions there are the newest states.
        """
        if kind == "trades":
            known, missed = consumer.waiting_ids(), consumer.missed
            rows = {row["id"]: row for row in (*self.trades, *deals)}  # the lists may lag behind what was told
            items: Iterable[Unified] = [
                self._make["trades"](rows[key], self.facts)
                for key in sorted(rows)
                if missed is not None and key >= missed and str(key) not in known
                if not self.is_new(rows[key]) and key not in self.fills
            ]
        else:
            cache = self.orders if kind == "orders" else self.positions
            newer = sorted((held for held in cache if held.number > consumer.number), key=lambda held: held.number)
            items = [self._make[kind](held.found, self.facts) for held in newer]
            self._warn(f"a consumer of {kind} was away too long: it gets their newest states, not those between")
        consumer.catch_up(item for item in items if consumer.wants(item))

    def current(self, kind: TopicName, *, only_open: bool = False) -> list[Unified]:
        """Everything that is held, made unified: oldest update first."""
        if kind == "trades":
            return [self._make["trades"](row, self.facts) for row in self.trades]
        cache = self.orders if kind == "orders" else self.positions
        return [
            self._make[kind](held.found, self.facts)
            for held in cache
            if not (held.over and (only_open or kind == "positions"))
        ]


def _mark(deal: Row) -> Any:
    """What identifies a deal beside its id, which is given again after a restored backup."""
    return deal.get("exchange_trade_id") or deal.get("executed_at")
