"""A small OMS without a wire, and a feed that is driven beside it: every step is a function call."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from oms_ccxt_async.lists.lookup import Found
from oms_ccxt_async.mappers.order import STATUSES
from oms_ccxt_async.wire.account import AccountFacts
from oms_ccxt_pro.calling import Caller
from oms_ccxt_pro.delivery import Backlog
from oms_ccxt_pro.events import Event
from oms_ccxt_pro.feed import Feed
from oms_ccxt_pro.reads import Read, Rows, Snapshot
from oms_ccxt_pro.status import Status

__all__ = ["PAGE", "Model", "Watched"]

Row = dict[str, Any]
PAGE = 3
"""Deals of one page of their list."""
FULL = frozenset({"by_ids", "idempotency", "event_resume", "event_rows"})


class Model:
    """What the OMS has, and the events that it tells.

    Attributes:
        time: monotonic seconds.
        skew: what its wall clock is ahead by.
        lag: how old what it reads may be, in seconds; only a legacy OMS's reads lag.
        events: the log; pruned at its beginning.
        trades: how many fills there were, in every history: what identifies one.
    """

    def __init__(self, *, full: bool) -> None:
        self.full = full
        self.time = 1_000.0
        self.skew = 0.0
        self.lag = 0.0
        self.epoch = "epoch-1"
        self.orders: dict[int, Row] = {}
        self.deals: dict[int, Row] = {}
        self.events: list[Event] = []
        self.numbers = itertools.count(1)
        self.epochs = itertools.count(2)
        self.trades = itertools.count(1)
        self.pruned = 0
        self._past: list[tuple[float, dict[int, Row], dict[int, Row]]] = [(0.0, {}, {})]
        self._backup: tuple[dict[int, Row], dict[int, Row], str, int] | None = None

    @property
    def last(self) -> int:
        """The newest event."""
        return (self.events[-1].id or 0) if self.events else self.pruned

    def create(self) -> list[Event]:
        """An order is submitted."""
        key = max(self.orders, default=0) + 1
        row = {"id": key, "symbol": "BTC/USDT", "status": "SUBMITTED", "qty": "4", "filled_qty": "0"}
        self.orders[key] = row
        return self._changed("order_submitted", key)

    def fill(self, key: int, *, order_first: bool = False) -> list[Event]:
        """A quarter of an order is filled: a deal, and on a full OMS the order's new state."""
        deal = max(self.deals, default=0) + 1
        self.deals[deal] = {
            "id": deal,
            "symbol": "BTC/USDT",
            "order_id": key,
            "qty": "1",
            "exchange_trade_id": f"t{next(self.trades)}",
        }
        if not self.full:
            return self._remembered([self._tell("deal_created", {"deal_id": deal, "order_id": key}, None)])
        row = self.orders[key]
        row["filled_qty"] = str(Decimal(row["filled_qty"]) + 1)
        row["status"] = "FILLED" if row["filled_qty"] == row["qty"] else "PARTIALLY_FILLED"
        if order_first:
            told = self._changed("order_updated", key)
            return [*told, self._tell("deal_created", {"deal_id": deal}, ("deal", self.deals[deal]))]
        told = [self._tell("deal_created", {"deal_id": deal}, ("deal", self.deals[deal]))]
        return [*told, *self._changed("order_updated", key)]

    def cancel(self, key: int) -> list[Event]:
        """An order is canceled."""
        self.orders[key]["status"] = "CANCELED"
        return self._changed("order_canceled", key)

    def back_up(self) -> None:
        """What is now can be restored."""
        self._backup = copy.deepcopy((self.orders, self.deals, self.epoch, self.last))

    def restore(self, *, epoch_too: bool = False) -> None:
        """What was backed up is there again; events begin a new history.

        Args:
            epoch_too: whether that has the epoch of the old one, and numbers from there on: the OMS was not told.
        """
        assert self._backup is not None
        self.orders, self.deals, epoch, last = copy.deepcopy(self._backup)
        self.lose_history()
        if epoch_too:
            self.epoch, self.numbers, self.pruned = epoch, itertools.count(last + 1), last
        self._past = [(0.0, copy.deepcopy(self.orders), copy.deepcopy(self.deals))]

    @property
    def backed_up(self) -> bool:
        """Whether there is a backup."""
        return self._backup is not None

    def lose_history(self) -> None:
        """Events begin at 1 again, under another epoch."""
        self.epoch = f"epoch-{next(self.epochs)}"
        self.numbers = itertools.count(1)
        self.events, self.pruned = [], 0

    def prune(self) -> None:
        """Old events are forgotten."""
        self.pruned, self.events = self.last, []

    def after(self, number: int, epoch: str | None) -> list[Event] | None:
        """What followed an event; None if that is not known any more."""
        if epoch != self.epoch or not self.pruned <= number <= self.last:
            return None
        return [event for event in self.events if (event.id or 0) > number]

    def is_open(self, key: int) -> bool:
        """Whether an order can still be filled."""
        return STATUSES[self.orders[key]["status"]] == "open" and self.dealt(key) < 4

    def dealt(self, key: int) -> int:
        """The fills of an order."""
        return sum(row["order_id"] == key for row in self.deals.values())

    def _changed(self, name: str, key: int) -> list[Event]:
        self.orders[key]["updated_at"] = f"2026-11-25T00:{int(self.time + self.skew) % 3600 // 60:02}:00"
        return self._remembered([self._tell(name, {"order_id": key}, ("order", self.orders[key]))])

    def _remembered(self, told: list[Event]) -> list[Event]:
        self._past.append((self.time, copy.deepcopy(self.orders), copy.deepcopy(self.deals)))
        return told

    def _tell(self, name: str, ids: Row, row: tuple[str, Row] | None) -> Event:
        payload = {**ids, "account_id": 1}
        if not self.full:
            return Event(name, payload, None)
        assert row is not None
        event = Event(name, {**payload, row[0]: dict(row[1])}, next(self.numbers))
        self.events.append(event)
        return event

    # Reads

    def read(self, read: Read) -> Rows:
        """What a read shows that is served now."""
        orders, deals = self._shown()
        facts = AccountFacts("paper", "hedge", FULL if self.full else frozenset())

        def found(key: int) -> Found:
            return Found(
                dict(orders[key]), [] if self.full else [row for row in deals.values() if row["order_id"] == key]
            )

        opened = [key for key, row in orders.items() if STATUSES[row["status"]] == "open"]
        newest = max(orders, default=0)
        if read.first:
            return Rows(facts, _pages(deals, None), [found(key) for key in opened], newest)
        ids = set(read.orders)
        if read.whole and read.snapshot is None:
            ids |= set(opened)
        if read.orders_after is not None:
            ids |= {key for key in orders if key > read.orders_after}
        told = [] if read.deals_after is None else _pages(deals, read.deals_after)
        ids |= {row["order_id"] for row in told if row["id"] > (read.deals_after or 0)} if not read.whole else set()
        sent = {row["id"]: Found(row) for row in read.snapshot.orders} if read.snapshot is not None else {}
        rows = [*sent.values(), *(found(key) for key in sorted(ids - sent.keys()) if key in orders)]
        return Rows(facts, told, rows, newest if read.orders_after is not None else None)

    def snapshot(self) -> Snapshot:
        """What is sent on subscribing."""
        rows = [dict(row) for row in self.orders.values() if STATUSES[row["status"]] == "open"]
        return Snapshot(rows, [], self.last)

    def _shown(self) -> tuple[dict[int, Row], dict[int, Row]]:
        if self.full or not self.lag:
            return self.orders, self.deals
        return next((past[1], past[2]) for past in reversed(self._past) if past[0] <= self.time - self.lag)


def _pages(deals: dict[int, Row], after: int | None) -> list[Row]:
    """The newest pages, back to one that begins with what is known, or just the newest."""
    rows = [dict(deals[key]) for key in sorted(deals)]
    begin = max(0, len(rows) - 1) // PAGE * PAGE
    while after is not None and begin > 0 and rows[begin]["id"] > after:
        begin -= PAGE
    return rows[begin:]


class Watched:
    """A feed beside a model, with a consumer of orders and one of fills that are there from the start.

    Attributes:
        wire: what is on its way to the feed.
        states: what was told of each order: how much is filled, and whether it is over.
        fills: id and identity of the fills that were told.
    """

    def __init__(self, model: Model, most: int = 1_000) -> None:
        self.model = model
        self.backlog = Backlog(10_000)
        self.status = Status()
        self.warnings: list[str] = []
        self.skipped: list[Any] = []
        self.wire: list[Event] = []
        self.pending: tuple[Read, Rows] | None = None
        self.whole: tuple[str, int] | None = None  # up to where everything was told, if that is known
        self.states: dict[str, list[tuple[int, bool]]] = {}
        self.fills: list[tuple[int, str]] = []
        make = {"orders": _order, "trades": _trade, "positions": _order}
        self.feed = Feed(
            None,
            self.backlog,
            self.status,
            most,
            make,  # type: ignore[arg-type]
            warn=self.warnings.append,
            skipped=self.skipped.append,
            attend=lambda: None,
        )
        self._orders = self.feed.topics["orders"].consumer(None, Caller("orders"), None, 0.0, lambda _: False)[0]
        self._trades = self.feed.topics["trades"].consumer(None, Caller("fills"), None, 0.0, lambda _: False)[0]

    def connect(self, *, slowly: bool = False, early: Callable[[], list[Event]] = list) -> None:
        """A session begins: where the last one stopped, or afresh, with a snapshot or by reading.

        Args:
            slowly: whether there is no snapshot, so that it is not known which event is the last one before it.
            early: what happens between the subscription and the snapshot (fact 24).
        """
        feed, model = self.feed, self.model
        feed.lost()
        self.wire = []
        whole, self.whole = self.whole, None
        if model.full and feed.epoch is not None and feed.applied is not None:
            missed = model.after(feed.applied, feed.epoch)
            if missed is not None:
                self.wire = list(missed)
                feed.resumed()
                return
        assert whole is None or model.after(whole[1], whole[0]) is None, "nothing was missed, and all was read again"
        if not model.full:
            feed.opened(None, None)
            return
        for event in early():
            feed.offer(event)
        if slowly:
            feed.opened(model.epoch, None)
        else:
            snapshot = model.snapshot()
            feed.opened(model.epoch, snapshot.event_id, snapshot)

    def disconnect(self) -> None:
        """The session ends; what was on its way is gone."""
        self.feed.lost()
        self.wire = []

    def deliver(self, count: int) -> None:
        """The next messages arrive."""
        arrived, self.wire = self.wire[:count], self.wire[count:]
        for event in arrived:
            self.feed.offer(event)
        self.fetch()

    def start_read(self) -> None:
        """A read that is due is served; its answer is on its way."""
        read = self.feed.next_read(self.model.time)
        if read is not None:
            self.pending = read, copy.deepcopy(self.model.read(read))

    def finish_read(self, *, fails: bool = False) -> None:
        """The answer arrives, or does not."""
        if self.pending is not None:
            read, rows = self.pending
            self.pending = None
            if fails:
                self.feed.failed(read)
            else:
                self.feed.answered(read, rows, self.model.time)
            self.fetch()

    def settle(self) -> None:
        """Everything arrives, and everything is read, until there is nothing more."""
        if not self.feed.connected:
            self.connect()
        for _ in range(100):
            self.deliver(len(self.wire))
            self.finish_read()
            self.start_read()
            self.finish_read()
            if self.feed.settled and not self.feed.waiting and self.feed.ledger.fills.head is None:
                if self.feed.epoch is not None and self.feed.applied is not None:
                    self.whole = self.feed.epoch, self.feed.applied
                return
            self.model.time += 0.2
        raise AssertionError("the feed does not come to rest")

    def fetch(self) -> None:
        """Take what was told."""
        for order in self._orders.fetch(self._orders.ticket) or ():
            self.states.setdefault(order["id"], []).append((order["filled"], order["status"] != "open"))
        self.fills += [(trade["id"], trade["mark"]) for trade in self._trades.fetch(self._trades.ticket) or ()]


def _order(found: Found, facts: AccountFacts) -> Row:
    filled = int(found.row["filled_qty"]) if facts.full else len(found.deals)
    status = "closed" if filled == 4 else STATUSES[found.row["status"]]
    return {"id": str(found.row["id"]), "symbol": "BTC/USDT", "filled": filled, "status": status, "info": found.row}


def _trade(row: Row, facts: AccountFacts) -> Row:
    return {"id": row["id"], "symbol": "BTC/USDT", "mark": row["exchange_trade_id"], "info": row}
