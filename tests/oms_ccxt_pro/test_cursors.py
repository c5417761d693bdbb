"""Where a session goes on, what it takes for known, and what a restored backup undoes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import ccxt
import pytest
from aiohttp import web

import oms_ccxt_pro
from oms_ccxt_async.instrumentation.telemetry import Telemetry
from oms_ccxt_pro.backoff import Backoff
from oms_ccxt_pro.events import Event
from oms_ccxt_pro.reader import Reader
from tests.faults.eventually import eventually
from tests.oms_ccxt_pro.conftest import Desk, watching
from tests.oms_ccxt_pro.model import PAGE, Model, Watched
from tests.oms_ccxt_pro.scripted import Row, ScriptedOms, config, scripted
from tests.oms_ccxt_pro.test_commit_last import Lying


class Forgetful(ScriptedOms):
    """An OMS that takes a resume for a subscription, and answers it with its own epoch."""

    async def _subscribe(self, socket: web.WebSocketResponse, message: Row, payload: Row) -> None:
        await super()._subscribe(socket, message, {k: v for k, v in payload.items() if k != "from_event_id"})


class Uneven(ScriptedOms):
    """An OMS in which an order changes between two parts of a snapshot; the event comes after it."""

    def _snapshot(self, socket: web.WebSocketResponse, event: str, payload: Row, newest: int) -> None:
        if event == "snapshot_open_positions":
            self.silent = True
            self.order(1, event="order_changed", price="101")
            self.silent = False
        super()._snapshot(socket, event, payload, self.events[-1]["event_id"])


def watched(model: Model | None = None, most: int = 1_000) -> tuple[Model, Watched]:
    """An OMS that had two orders before its feed came up to date."""
    if model is None:
        model = Model(full=True)
        model.create()
        model.create()
    feed = Watched(model, most)
    feed.start_read()
    feed.finish_read()
    feed.connect()
    feed.settle()
    return model, feed


# Sessions


async def test_a_resume_that_is_answered_with_another_epoch_is_none() -> None:
    """Events of another history do not continue this one, though the OMS says `subscribed`."""
    async with scripted(make=Forgetful) as oms, oms_ccxt_pro.oms(config(oms)) as exchange:
        desk = Desk(oms, exchange)
        await desk.begin()
        order = oms.order()
        await desk.orders()
        oms.silent = True
        oms.fill(order, "0.5")
        oms.restart_numbers("epoch-2")
        oms.silent = False
        with pytest.warns(oms_ccxt_pro.EventsLost, match="after event 1"):  # noqa: PT031
            await oms.disconnect()
            assert await desk.fills() == [("1", 0.5)]
        assert await desk.orders() == [("1", "open", 0.5)]


async def test_a_feed_of_an_older_history_is_read_while_the_others_go_on() -> None:
    """A strategy that could not be read since the history began anew does not go on in it from its old number."""
    async with scripted(make=Lying) as oms, oms_ccxt_pro.oms(config(oms)) as exchange:
        assert isinstance(oms, Lying)

        async def own() -> list[Any]:
            return [fill["id"] for fill in await exchange.watch_my_trades(params={"strategy_id": 2})]

        desk = Desk(oms, exchange)
        await desk.begin(own, exchange.watch_my_trades)
        await eventually(lambda: exchange._live.account.feeds[None].ready)
        order = oms.order(strategy_id=2, qty="9.000000000000000000")
        oms.fill(order, "1")
        assert await desk.gathered(own, 1) == ["1"]
        await desk.fills()
        oms.silent = True
        oms.fill(order, "1")
        oms.restart_numbers("epoch-2")
        oms.silent = False
        oms.busy = 10_000
        with pytest.warns(oms_ccxt_pro.EventsLost, match="after event 3"):  # noqa: PT031
            await oms.disconnect()
            await desk.fills()
            oms.order()
            await eventually(lambda: exchange._live.account.feeds[None].applied == 1)
            subscribed = len(oms.subscribes)
            await oms.disconnect()
            await eventually(lambda: len(oms.subscribes) > subscribed)
            assert oms.subscribes[-1] == {**oms.subscribes[-1], "epoch": "epoch-2", "from_event_id": {"1": 1}}
            oms.busy = 0
            assert await desk.gathered(own, 1) == ["2"]


async def test_a_resume_begins_where_the_slowest_feed_stopped() -> None:
    """What one feed has told, and another has not, is sent again."""
    async with watching() as desk:
        exchange, oms = desk.exchange, desk.oms
        await desk.begin(exchange.watch_orders, lambda: exchange.watch_orders(params={"strategy_id": 2}))
        slow = exchange._live.account.feeds[2]
        await eventually(lambda: slow.state == "current")
        slow.hold()
        oms.order(strategy_id=2)
        assert await desk.orders() == [("1", "open", 0.0)]
        await oms.disconnect()
        await eventually(lambda: exchange.stream_status()["reconnects"] == 1)
        slow.release()
        [order] = await asyncio.wait_for(exchange.watch_orders(params={"strategy_id": 2}), 5)
        assert (order["id"], oms.subscribes[-1]["from_event_id"]) == ("1", {"1": 0})
        assert await desk.quiet(exchange.watch_orders())


async def test_who_comes_while_a_session_begins_belongs_to_it() -> None:
    """A strategy that is watched for the first time between the subscription and the end of the reading up."""
    async with watching() as desk:
        exchange, oms = desk.exchange, desk.oms
        oms.before_snapshot = lambda: setattr(oms, "fail_reads", 10_000)
        first = asyncio.create_task(exchange.watch_orders())
        await eventually(lambda: None in (feeds := exchange._live.account.feeds) and feeds[None].connected)
        joins = asyncio.create_task(exchange.watch_orders(params={"strategy_id": 2}))
        await eventually(lambda: 2 in exchange._live.account.feeds)
        assert not exchange._live.account.feeds[None].whole
        oms.fail_reads = 0
        await eventually(lambda: exchange._live.account.feeds[2].state == "current")
        oms.order(strategy_id=2)
        assert [order["id"] for order in await asyncio.wait_for(joins, 5)] == ["1"]
        assert [order["id"] for order in await first] == ["1"]


async def test_a_number_below_the_snapshot_s_is_another_history_where_there_is_no_epoch() -> None:
    """The first event after the snapshot is held against it: nothing is taken for known that is not (fault 33)."""
    async with watching() as desk:
        desk.oms.epoch = None
        for _ in range(5):
            desk.oms.order()
        await desk.begin()
        desk.oms.restart_numbers(None)
        with pytest.warns(oms_ccxt_pro.EventsLost, match="after event 5"):  # noqa: PT031
            desk.oms.order()
            assert await desk.orders() == [("6", "open", 0.0)]


async def test_a_snapshot_is_as_old_as_its_oldest_part() -> None:
    """An event that came between two parts of a snapshot is told when it arrives after them."""
    async with scripted(make=Uneven) as oms, oms_ccxt_pro.oms(config(oms)) as exchange:
        desk = Desk(oms, exchange)
        oms.order()
        await desk.begin()
        oms.send(oms.events[-1])
        assert [order["price"] for order in await asyncio.wait_for(exchange.watch_orders(), 5)] == [101.0]


def test_an_event_that_another_feed_has_sent_again_is_not_applied_again() -> None:
    """A resume begins where the last of all feeds stopped: to the others its events are old, and move no cursor."""
    model, feed = watched()
    events = [*model.create(), *model.fill(3)]
    feed.wire += events
    feed.deliver(3)
    applied, told = feed.feed.applied, list(feed.fills)
    feed.feed.lost()
    feed.feed.resumed()
    for event in events:
        feed.feed.offer(event)
        assert feed.feed.applied == applied
    feed.fetch()
    assert feed.fills == told
    assert feed.status.duplicates == 3


def test_events_wait_while_a_session_begins() -> None:
    """Those of the new session are told after what has to be read first."""
    model, feed = watched()
    feed.disconnect()
    model.fill(1)
    model.prune()
    feed.connect()
    feed.wire += model.fill(2)
    feed.deliver(2)
    assert feed.fills == []
    feed.settle()
    assert feed.fills == [(1, "t1"), (2, "t2")]


def test_a_gap_is_closed_before_a_session_goes_on() -> None:
    """What was missing is read, and told in its place, though the next session continues the last one."""
    model, feed = watched()
    feed.wire += reversed(model.fill(1))
    feed.deliver(2)
    assert feed.feed.state == "behind"
    feed.disconnect()
    feed.connect()
    feed.wire += model.fill(2)
    feed.settle()
    assert feed.fills == [(1, "t1"), (2, "t2")]


def test_a_read_closes_no_gap_that_opened_after_it_began() -> None:
    """What was missing by then is in its answer; what is missing since is read again."""
    model, feed = watched()
    for key in (1, 2):
        feed.wire += reversed(model.fill(key))
        feed.deliver(2)
        feed.start_read()
    assert feed.feed.next_read(model.time) is None  # the first one is under way
    feed.finish_read()
    assert feed.fills == [(1, "t1")]
    assert feed.feed.state == "behind"
    feed.settle()
    assert feed.fills == [(1, "t1"), (2, "t2")]


def test_what_a_read_lacks_because_it_came_later_was_not_lost_by_the_oms() -> None:
    """What is told while a read is under way is not missed in its answer: that is held against what was there then."""
    model, feed = watched()
    feed.feed.check()
    feed.start_read()
    position = {"id": 9, "symbol": "BTC/USDT", "state": "open"}
    opened = Event("position_updated", {"position": position}, next(model.numbers))
    feed.wire += [opened, *model.create(), *model.fill(2)]
    feed.deliver(4)
    feed.finish_read()
    assert feed.feed.ledger.orders.open_ids == {1, 2, 3}
    assert feed.feed.ledger.positions.open_ids == {9}
    assert feed.feed.settled  # nothing is suspected
    assert (feed.warnings, feed.fills) == ([], [(1, "t1")])


def test_a_fill_whose_orders_state_cannot_be_had_is_told() -> None:
    """The read that would bring it fails: a fill is worth more than its place."""
    model, feed = watched()
    feed.wire += model.fill(1)
    feed.deliver(1)
    feed.start_read()
    assert feed.pending is None
    assert feed.feed.wake_at == pytest.approx(model.time + 0.25)
    model.time += 0.25
    feed.start_read()
    feed.finish_read(fails=True)
    assert (feed.states, feed.fills) == ({}, [(1, "t1")])


def test_a_deal_with_a_lower_id_than_the_newest_is_read_up() -> None:
    """Deals do not come in the order of their ids: those of a while before are read again where events are missing."""
    model, feed = watched()
    model.fill(1)  # nobody is told
    for _ in range(PAGE):
        feed.wire += model.fill(2)
    feed.settle()
    told = [(2, "t2"), (3, "t3"), (4, "t4")]
    assert feed.fills == told
    feed.disconnect()
    model.create()
    model.prune()
    feed.settle()
    assert feed.fills == [*told, (1, "t1")]


def test_a_legacy_oms_is_read_once_more_after_the_time_that_its_lists_may_lag() -> None:
    """What happened just before a session, and was not in its lists yet, is told a second later."""
    model = Model(full=False)
    model.create()
    _, feed = watched(model)
    feed.disconnect()
    model.lag = 0.3
    model.time += 1
    model.fill(1)  # nobody is told
    feed.connect()
    feed.start_read()
    feed.finish_read()
    assert feed.fills == []
    assert feed.feed.next_read(model.time) is None
    assert feed.feed.wake_at == model.time + 1
    model.time += 1
    feed.start_read()
    feed.finish_read()
    assert feed.fills == [(1, "t1")]


def test_an_event_of_before_the_session_is_no_gap() -> None:
    """What was told before the watch began, and arrives once more and late, has nothing missed."""
    model, feed = watched()
    feed.feed.offer(model.create()[0])
    feed.feed.offer(model.events[0])
    assert (feed.status.gaps, feed.status.duplicates) == (0, 1)
    assert feed.feed.state == "current"


async def test_events_that_wait_to_be_read_hold_the_stream_back() -> None:
    """No more of them are taken from the socket than may wait; none is lost."""
    async with watching("legacy", ws={"maxPending": 5}) as desk:
        await desk.begin()
        desk.oms.fail_reads = 10_000
        for _ in range(50):
            desk.oms.order()
        await eventually(lambda: desk.exchange.stream_status()["waiting"] > 5)
        with pytest.raises(AssertionError):
            await eventually(lambda: desk.exchange.stream_status()["waiting"] > 6, within=0.3)
        desk.oms.fail_reads = 0
        assert [order[0] for order in await desk.gathered(desk.orders, 50)] == [str(key) for key in range(1, 51)]


# A restored backup


def restored(feed: Watched) -> None:
    """The backup was restored, and read up."""
    feed.disconnect()
    feed.model.restore()
    feed.settle()


def missed(feed: Watched) -> None:
    """The session ends, and its events cannot be sent again."""
    feed.disconnect()
    feed.model.prune()
    feed.settle()


def test_a_fill_that_waits_is_told_before_those_of_the_restored_history() -> None:
    """A fill whose order's state never came keeps its place before what follows the restore."""
    model, feed = watched()
    model.back_up()
    feed.wire += model.fill(1)
    feed.deliver(1)
    assert feed.fills == []
    feed.disconnect()
    model.restore()
    model.fill(2)
    feed.settle()
    assert feed.fills == [(1, "t1"), (1, "t2")]


@pytest.mark.parametrize("fills", [0, 1])
def test_a_backup_that_brings_its_epoch_along_is_another_history(fills: int) -> None:
    """Numbers only grow: where they begin below what was told, what happens under them again is news."""
    model, feed = watched()
    model.back_up()
    for _ in range(fills):
        feed.wire += model.fill(1)
    feed.wire += model.cancel(1)
    feed.settle()
    for _ in range(2):  # that backup once more, before it has come as far as the first time
        feed.disconnect()
        model.restore(epoch_too=True)
        feed.connect()
        feed.start_read()
        feed.finish_read()
        assert feed.states["1"][-1] == (0, False)
        feed.wire += model.fill(1, order_first=True)
        feed.settle()
        assert feed.states["1"][-1] == (1, False)
    assert [number for number, _ in feed.fills] == [1] * (fills + 2)


def test_the_list_of_orders_begins_anew_after_a_restore() -> None:
    """Orders under ids that are given again are no second restore, and are told."""
    model, feed = watched()
    model.back_up()
    for _ in range(3):
        feed.wire += model.create()
    feed.settle()
    feed.feed.check()
    feed.settle()
    restored(feed)
    model.create()
    model.cancel(3)
    missed(feed)
    assert feed.states["3"][-1] == (0, True)
    feed.model.time += 5
    feed.settle()
    assert sum("restored" in warning for warning in feed.warnings) == 1


def test_an_order_under_an_id_of_one_that_had_ended_is_told() -> None:
    """What had ended before the restore, and is not held any more, keeps no later order from its watcher."""
    model, feed = watched(most=1)
    model.back_up()
    for key in (3, 4):
        feed.wire += model.create()
        feed.wire += model.cancel(key)
    feed.settle()
    restored(feed)
    told = len(feed.states["3"])
    model.create()
    missed(feed)
    assert feed.states["3"][told:] == [(0, False)]


def test_fills_under_ids_below_those_that_were_never_read_are_told() -> None:
    """What was so old that it counted as known is new when a restored OMS gives its ids again."""
    model = Model(full=True)
    model.create()
    model.back_up()
    for _ in range(4):
        model.create()
        for _ in range(3):
            model.fill(max(model.orders))
    _, feed = watched(model)
    assert feed.feed.ledger.seen.floor > 3
    restored(feed)
    feed.wire += model.fill(1)
    feed.settle()
    assert [number for number, _ in feed.fills] == [1]


def test_what_a_restored_order_says_is_filled_counts_anew() -> None:
    """A fill of an order that was filled further before the restore waits for nothing."""
    model, feed = watched()
    model.back_up()
    feed.wire += model.fill(1)
    feed.settle()
    restored(feed)
    feed.wire += model.fill(1)
    feed.deliver(2)
    assert feed.fills == [(1, "t1"), (1, "t2")]


def test_a_read_that_lags_takes_nothing_back() -> None:
    """A list that is behind the one before it shows less progress, and is not believed (fault 41)."""
    model = Model(full=False)
    model.create()
    _, feed = watched(model)
    model.time += 5
    feed.wire += model.fill(1)
    feed.settle()
    assert feed.states["1"] == [(1, False)]
    model.lag = model.time - 1_000
    feed.feed.check()
    feed.start_read()
    feed.finish_read()
    assert feed.states["1"] == [(1, False)]


def test_a_restore_without_epochs_is_seen_by_what_is_missing() -> None:
    """A legacy OMS that has less than was seen, twice in a row, was restored: what is open again is told as open."""
    model = Model(full=False)
    model.create()
    _, feed = watched(model)
    model.back_up()
    for _ in range(4):
        feed.wire += model.fill(1)
    feed.settle()
    assert feed.states["1"][-1] == (4, True)
    restored(feed)
    model.time += 1.1
    feed.settle()
    assert feed.states["1"][-1] == (0, False)
    assert sum("restored" in warning for warning in feed.warnings) == 1


# A consumer that catches up


async def test_what_was_fetched_is_not_told_again_to_who_catches_up() -> None:
    """Fills do not come in the order of their ids: one above the first that was missed may have been fetched."""
    async with watching(ws={"maxPending": 3, "idleAfter": 0}) as desk:
        await desk.begin(desk.exchange.watch_my_trades)
        order = desk.oms.order(qty="100.000000000000000000")
        desk.oms._deal_ids = iter([2, 1, 3, 4, 5, 6, 7])  # type: ignore[assignment]
        desk.oms.fill(order, "1")
        assert [fill["id"] for fill in await desk.exchange.watch_my_trades()] == ["2"]
        for _ in range(6):
            desk.oms.fill(order, "1")
        topic = desk.exchange._live.account.feeds[None].topics["trades"]
        await eventually(lambda: topic.number == 7 and topic.consumers[0].behind)
        fills = await desk.gathered(desk.exchange.watch_my_trades, 6)
        assert [fill["id"] for fill in fills] == ["1", "3", "4", "5", "6", "7"]
        assert await desk.quiet(desk.exchange.watch_my_trades())


async def test_a_fill_that_is_read_before_its_event_came_is_told_once() -> None:
    """Who catches up gets what others were told; what nobody was, comes to all with its event."""
    async with watching(ws={"maxPending": 3, "idleAfter": 0}) as desk:
        await desk.begin(desk.exchange.watch_my_trades)
        order = desk.oms.order(qty="100.000000000000000000")
        for _ in range(6):
            desk.oms.fill(order, "1")
        topic = desk.exchange._live.account.feeds[None].topics["trades"]
        await eventually(lambda: topic.number == 6 and topic.consumers[0].behind)
        desk.oms.silent = True
        desk.oms.fill(order, "1")
        desk.oms.silent = False
        fills = await desk.gathered(desk.exchange.watch_my_trades, 6)
        assert [int(fill["id"]) for fill in fills] == list(range(1, 7))
        for event in desk.oms.events[-2:]:
            desk.oms.send(event)
        assert [fill["id"] for fill in await asyncio.wait_for(desk.exchange.watch_my_trades(), 5)] == ["7"]
        assert await desk.quiet(desk.exchange.watch_my_trades())


class CatchingUp:
    """A reader of a feed whose consumer of fills has missed one; `happens` fills another one while it reads.

    Attributes:
        reads: what is done while each of its reads is under way, after the OMS has looked up what it answers.
    """

    def __init__(self) -> None:
        self.model, self.watched = watched()
        self.consumer = self.watched._trades
        self.reads: list[Callable[[], None]] = []
        source = SimpleNamespace(
            newest=self._newest, backoff=lambda: Backoff(0.001, 0.001, lambda: 1.0), telemetry=Telemetry()
        )
        self.reader = Reader(source, self.watched.status, lambda error: None, lambda: 0.0)  # type: ignore[arg-type]
        self.reader.feed = self.watched.feed
        self.happens()
        self.consumer.drop()

    def happens(self) -> None:
        """An order is filled, and events tell."""
        for event in self.model.fill(1):
            self.watched.feed.offer(event)

    async def _newest(self, what: str, strategy_id: int | None, after: int) -> list[Row]:
        rows = [dict(row) for row in self.model.deals.values() if row["id"] >= after]
        self.reads.pop(0)()
        return rows

    def fails(self, error: BaseException) -> Callable[[], None]:
        """A read during which a fill happens, and which fails."""

        def fail() -> None:
            self.happens()
            assert len(self.consumer) == 1
            raise error

        return fail


async def test_what_is_dropped_while_the_missed_is_read_is_read_again() -> None:
    """An answer from before the backlog was dropped once more does not hold what was dropped."""
    at = CatchingUp()

    def dropped() -> None:
        at.happens()
        at.consumer.drop()

    at.reads = [dropped, lambda: None]
    await at.reader.catch_up("trades", at.consumer)
    at.watched.fetch()
    assert at.watched.fills == [(1, "t1"), (2, "t2")]


async def test_what_a_read_that_lags_lacks_is_not_lost_to_who_catches_up() -> None:
    """A fill that was dropped, and is not in the lists yet, is known from its event (fault 41)."""
    at = CatchingUp()
    at.happens()
    at.happens()
    at.consumer.drop()
    lacking = {key: row for key, row in at.model.deals.items() if key <= 2}

    def catches_up(deals: dict[int, Row] = at.model.deals) -> None:
        at.model.deals = deals

    at.model.deals, at.reads = lacking, [catches_up]
    await at.reader.catch_up("trades", at.consumer)
    at.watched.fetch()
    assert at.watched.fills == [(1, "t1"), (2, "t2"), (3, "t3")]


async def test_a_consumer_keeps_nothing_between_reads_that_fail() -> None:
    """While what it missed cannot be read, what comes is missed, too: it would hold the stream back from the others."""
    at = CatchingUp()

    def later() -> None:
        assert len(at.consumer) == 0

    at.reads = [at.fails(ccxt.ExchangeNotAvailable("for a moment")), later]
    await at.reader.catch_up("trades", at.consumer)
    at.watched.fetch()
    assert at.watched.fills == [(1, "t1"), (2, "t2")]


async def test_a_consumer_that_is_refused_keeps_nothing_and_forgets_nothing() -> None:
    """The refusal comes to its call; what it has missed can be read when the key is good again."""
    at = CatchingUp()
    at.reads = [at.fails(ccxt.AuthenticationError("not now")), lambda: None]
    with pytest.raises(ccxt.AuthenticationError):
        await at.reader.catch_up("trades", at.consumer)
    assert len(at.consumer) == 0
    await at.reader.catch_up("trades", at.consumer)
    at.watched.fetch()
    assert at.watched.fills == [(1, "t1"), (2, "t2")]
