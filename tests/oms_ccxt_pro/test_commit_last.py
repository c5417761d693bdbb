"""What is broken off, late, too large or forbidden loses nothing, and hurts nobody else."""

from __future__ import annotations

import asyncio
import warnings
from typing import Any

import ccxt
import orjson
import pytest
from aiohttp import web

import oms_ccxt_pro
from tests.faults.eventually import eventually
from tests.oms_ccxt_pro.conftest import Desk, watching
from tests.oms_ccxt_pro.scripted import ScriptedOms, config, scripted

Row = dict[str, Any]


class Lying(ScriptedOms):
    """A scripted OMS whose reads fail, lag or wait as a test says.

    Attributes:
        broken: what the path and query of reads that answer 500 contain.
        busy: how many of the next reads with a strategy answer 503.
        forbidden: whether reads with a strategy are refused.
        lag: seconds that reads of orders and deals are behind.
    """

    def __init__(self, profile: Any = "full") -> None:
        super().__init__(profile)
        self.broken = ""
        self.busy = 0
        self.forbidden = False
        self.lag = 0.0
        self._shown: list[tuple[float, dict[int, Row], dict[int, Row]]] = []

    async def rest(self, request: web.Request) -> web.Response:
        if self.broken and self.broken in request.path_qs:
            return web.Response(status=500, text="Internal Server Error")
        if "strategy_id=2" in request.path_qs:
            if self.forbidden:
                return _refused("strategy_permission_denied", 403)
            if self.busy:
                self.busy -= 1
                return _refused("dispatcher_unavailable", 503)
        if not self.lag or not request.path.startswith("/oms/"):
            return await super().rest(request)
        now = asyncio.get_running_loop().time()
        orders, deals = next(((o, d) for at, o, d in reversed(self._shown) if at <= now - self.lag), ({}, {}))
        present = self.orders, self.deals
        self.orders, self.deals = orders, deals
        try:
            return await super().rest(request)
        finally:
            self.orders, self.deals = present

    def tell(self, name: str, **payload: Any) -> None:
        at = asyncio.get_running_loop().time()
        self._shown.append((at, {k: dict(v) for k, v in self.orders.items()}, dict(self.deals)))
        super().tell(name, **payload)


def _refused(code: str, status: int) -> web.Response:
    body = orjson.dumps({"detail": {"code": code, "message": code}})
    return web.Response(status=status, body=body, content_type="application/json")


@pytest.fixture(params=["full", "legacy"])
async def lying(request: pytest.FixtureRequest) -> Any:
    """A desk on a lying OMS of each profile."""
    async with scripted(request.param, Lying) as oms, oms_ccxt_pro.oms(config(oms)) as exchange:
        yield Desk(oms, exchange)


async def test_a_resync_that_is_cut_is_begun_again_where_the_last_whole_one_stopped(full: Desk) -> None:
    """Fills that a broken session was about to read are read by the next one, and what is lost is said."""
    oms = full.oms
    await full.begin()
    order = oms.order(qty="8.000000000000000000")
    await full.orders()
    oms.silent = True
    for _ in range(5):
        oms.fill(order, "1")
    oms.restart_numbers("epoch-2")
    oms.silent = False
    oms.fail_reads = 10_000  # the session stands, and its reads do not end
    await oms.disconnect()
    await eventually(lambda: len(oms.subscribes) >= 3 and oms.sockets)
    oms.fill(order, "1")  # numbered in the new epoch, and received by the session that breaks
    await asyncio.gather(*oms._sending)
    with pytest.warns(oms_ccxt_pro.EventsLost, match="after event 1"):  # noqa: PT031
        await oms.disconnect()
        oms.fail_reads = 0
        assert await full.gathered(full.fills, 6) == [("1", 1.0)] * 6
    assert await full.quiet(full.exchange.watch_my_trades())


async def test_the_snapshot_says_where_the_next_session_begins(full: Desk) -> None:
    """Without one event since the snapshot, a disconnect is replayed from it, and nothing is read."""
    full.oms.order()
    await full.begin()
    await full.oms.disconnect()
    full.oms.fill(1, "1")
    assert await full.fills() == [("1", 1.0)]
    assert full.oms.subscribes[-1]["from_event_id"] == {"1": 1}
    assert full.exchange.stream_status()["resyncs"] == 0


@pytest.mark.parametrize("clock", ["2026-11-22T11:30:56", "2026-11-22T12:30:53"])
async def test_a_clock_that_steps_back_freezes_nothing(either: Desk, clock: str) -> None:
    """States come in the order of events, or of progress, whatever their times say (fault 38)."""
    await either.begin()
    order = either.oms.order()
    await either.orders()
    either.oms.fill(order, "0.5")
    either.oms.orders[order]["updated_at"] = clock
    assert [state[1:] for state in await either.orders()][-1] == ("open", 0.5)
    either.oms.order(order, status="CANCELED", updated_at=clock)
    assert (await either.orders())[-1] == ("1", "canceled", 0.5)


async def test_orders_that_nobody_saw_stay_findable(legacy: Desk) -> None:
    """An order that came and went in silence is told after the next read, though a younger one was told before."""
    await legacy.begin()
    legacy.oms.silent = True
    legacy.oms.order(legacy.oms.order(), status="CANCELED")
    legacy.oms.silent = False
    legacy.oms.order()
    assert await legacy.orders() == [("2", "open", 0.0)]
    await legacy.oms.disconnect()
    assert await legacy.orders() == [("1", "canceled", 0.0)]


async def test_an_event_that_is_too_large_is_read_past() -> None:
    """One message beyond `maxSize` costs a reconnect and the states between, and no fill (fault 59)."""
    async with watching(ws={"maxSize": 5_000}) as desk:
        await desk.begin()
        order = desk.oms.order()
        await desk.orders()
        with pytest.warns(oms_ccxt_pro.EventsLost, match="after event 1"):  # noqa: PT031
            desk.oms.order(order, comment="x" * 10_000)
            desk.oms.fill(order, "0.5")
            assert await desk.fills() == [("1", 0.5)]
        desk.oms.orders[order]["comment"] = None
        desk.oms.fill(order, "0.5")
        assert await desk.fills() == [("1", 0.5)]
        assert desk.exchange.stream_status()["reconnects"] == 1


async def test_only_the_watcher_of_a_forbidden_strategy_is_refused(lying: Desk) -> None:
    """A strategy that the key may not see ends its own watchers, and no others (fault 60)."""
    exchange, oms = lying.exchange, lying.oms
    assert isinstance(oms, Lying)
    await lying.begin()
    oms.forbidden = True
    with pytest.raises(ccxt.PermissionDenied):
        await asyncio.wait_for(exchange.watch_orders(params={"strategy_id": 2}), 5)
    oms.order()
    assert [order[0] for order in await lying.orders()] == ["1"]
    await oms.disconnect()
    oms.order()
    assert [order[0] for order in await lying.orders()] == ["2"]


async def test_a_first_read_that_fails_for_a_moment_is_tried_again(lying: Desk) -> None:
    """The watcher of a strategy sees neither the error nor a hole, and the others do not wait for it."""
    exchange, oms = lying.exchange, lying.oms
    assert isinstance(oms, Lying)
    await lying.begin()
    oms.busy = 12
    fills = asyncio.ensure_future(exchange.watch_my_trades(params={"strategy_id": 2}))
    await eventually(lambda: oms.busy < 12)
    oms.order()
    assert [order[0] for order in await lying.orders()] == ["1"]
    await eventually(lambda: exchange._live.account.feeds[2].ready, within=10)
    oms.fill(oms.order(strategy_id=2), "0.5")
    assert [fill["order"] for fill in await asyncio.wait_for(fills, 10)] == ["2"]


async def test_reads_that_lag_tell_late_and_not_never(lying: Desk) -> None:
    """An OMS whose lists are 0.3 s behind its events loses neither an order nor a fill (fault 41)."""
    assert isinstance(lying.oms, Lying)
    await lying.begin()
    lying.oms.lag = 0.3
    order = lying.oms.order()
    lying.oms.fill(order, "1")
    assert await lying.fills() == [("1", 1.0)]
    states = await lying.orders()
    while states[-1] != ("1", "closed", 1.0):
        states += await lying.orders()


async def test_an_order_that_reads_do_not_show_yet_is_read_again(lying: Desk) -> None:
    """One that is submitted, and canceled, before any list has it: both are told late, though no fill tells of it."""
    assert isinstance(lying.oms, Lying)
    await lying.begin()
    lying.oms.lag = 0.3
    order = lying.oms.order()
    assert (await lying.orders())[-1] == ("1", "open", 0.0)
    lying.oms.order(order, event="order_canceled", status="CANCELED")
    assert (await lying.orders())[-1] == ("1", "canceled", 0.0)


@pytest.mark.parametrize("how", ["without a number", "out of order"])
async def test_events_out_of_order_are_a_gap(full: Desk, how: str) -> None:
    """An event without its place is counted, and what it told is read (fault 26)."""
    await full.begin()
    order = full.oms.order()
    await full.orders()
    full.oms.silent = True
    full.oms.fill(order, "0.5")
    deal, update = full.oms.events[-2:]
    full.oms.silent = False
    if how == "out of order":
        full.oms.send(update)
        full.oms.send(deal)
    else:
        full.oms.send({**deal, "event_id": None})
    assert await full.fills() == [("1", 0.5)]
    assert await full.orders() == [("1", "open", 0.5)]
    assert full.exchange.stream_status()["gaps"] == 1
    full.oms.fill(order, "0.5")
    assert await full.fills() == [("1", 0.5)]


async def test_a_restored_backup_reopens_orders_and_positions(full: Desk) -> None:
    """What was over and is open again is told as it is now."""
    oms, exchange = full.oms, full.exchange
    order, position = oms.order(), oms.position()
    await exchange.watch_positions()
    await full.begin()
    before = {**oms.orders[order]}, {**oms.positions[position]}
    oms.fill(order, "1")
    oms.position(position, state="closed", qty="0E-18")
    assert await full.orders() == [("1", "closed", 1.0)]
    assert [each["contracts"] for each in await exchange.watch_positions()] == [0.0]
    await full.fills()
    oms.orders[order], oms.positions[position] = before
    oms.deals.clear()
    oms.restart_numbers("restored")
    with pytest.warns(oms_ccxt_pro.EventsLost):  # noqa: PT031
        await oms.disconnect()
        assert await full.orders() == [("1", "open", 0.0)]
    assert [each["contracts"] for each in await exchange.watch_positions()] == [1.0]
    oms._deal_ids = iter(range(1, 9))  # type: ignore[assignment]
    oms.silent = True
    oms.fill(order, "0.25")
    oms.deals[1]["exchange_trade_id"] = "another"
    for event in oms.events:
        oms.send(event)
    assert await full.fills() == [("1", 0.25)]


async def test_a_fill_without_its_orders_event_comes_after_its_orders_state(full: Desk) -> None:
    """What an event should have told is read, and told before the fill."""
    await full.begin()
    order = full.oms.order()
    full.oms.silent = True
    full.oms.fill(order, "0.5")
    full.oms.silent = False
    full.oms.send(full.oms.events[-2])
    assert await full.fills() == [("1", 0.5)]
    assert full.exchange.stream_status()["lag"] == 2
    assert await full.orders() == [("1", "open", 0.0), ("1", "open", 0.5)]


async def test_positions_that_cannot_be_read_stop_nothing() -> None:
    """A position history that breaks down is left out, told once and counted (fact 28)."""
    async with scripted("legacy", Lying) as oms, oms_ccxt_pro.oms(config(oms)) as exchange:
        assert isinstance(oms, Lying)
        desk = Desk(oms, exchange)
        oms.position()
        await exchange.watch_positions()
        await desk.begin()
        oms.broken = "/oms/positions/history"
        with pytest.warns(oms_ccxt_pro.EventsLost, match="/oms/positions/history"):  # noqa: PT031
            oms.position(1, state="merged")
            oms.fill(oms.order(), "1")
            assert await desk.fills() == [("1", 1.0)]
            await eventually(lambda: exchange.stream_status()["unreadable"] == 1, within=15)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            oms.fill(oms.order(), "1")
            assert await desk.fills() == [("2", 1.0)]
        oms.broken = ""
        oms.positions[1]["state"] = "closed"
        await oms.disconnect()
        assert [each["id"] for each in await asyncio.wait_for(exchange.watch_positions(), 5)] == ["1"]


async def test_a_fill_that_waits_is_told_once_to_who_catches_up() -> None:
    """A consumer that reads what it missed while a fill waits for its order gets that fill once."""
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
        desk.oms.send(desk.oms.events[-2])
        fills = await desk.gathered(desk.exchange.watch_my_trades, 7)
        assert [int(fill["id"]) for fill in fills] == list(range(1, 8))
        await eventually(lambda: topic.number == 7)
        assert await desk.quiet(desk.exchange.watch_my_trades())


async def test_a_catch_up_that_fails_forgets_nothing_and_tells_no_error() -> None:
    """Reads that fail while a consumer catches up are tried again, with what it missed."""
    async with watching(ws={"maxPending": 3, "idleAfter": 0}) as desk:
        await desk.begin(desk.exchange.watch_my_trades)
        order = desk.oms.order(qty="100.000000000000000000")
        for _ in range(8):
            desk.oms.fill(order, "1")
        topic = desk.exchange._live.account.feeds[None].topics["trades"]
        await eventually(lambda: topic.number == 8 and topic.consumers[0].behind)
        desk.oms.fail_reads = 14
        fills = await desk.gathered(desk.exchange.watch_my_trades, 8)
        assert [int(fill["id"]) for fill in fills] == list(range(1, 9))


async def test_a_slow_consumer_holds_nobody_back_for_long() -> None:
    """A program that is busy with its backlog falls behind for itself; a loop that waits gets its news."""
    async with watching(ws={"maxPending": 5, "idleAfter": 60_000}) as desk:
        exchange = desk.exchange

        async def slow() -> None:
            await desk.begin(exchange.watch_my_trades)
            await asyncio.sleep(60)  # busy with what it got

        stays = asyncio.create_task(slow())
        await eventually(lambda: None in exchange._live.account.feeds)
        topic = exchange._live.account.feeds[None].topics["trades"]
        await eventually(lambda: topic.consumers and not topic.consumers[0].waiters)
        await desk.begin(exchange.watch_orders)
        seen: list[str] = []

        async def quick() -> None:
            while True:
                seen.extend(order["id"] for order in await exchange.watch_orders())

        task = asyncio.create_task(quick())
        order = desk.oms.order(qty="100.000000000000000000")
        for _ in range(10):
            desk.oms.fill(order, "1")
        desk.oms.order()
        await eventually(lambda: "2" in seen, within=4)
        for each in (task, stays):
            each.cancel()
        await asyncio.gather(task, stays, return_exceptions=True)


async def test_an_outage_is_one_error_for_a_watcher_of_several_symbols() -> None:
    """A loop that watches one symbol after another is told of an outage once."""
    async with watching(ws={"maxOutage": 50}) as desk:
        exchange = desk.exchange
        await desk.begin(lambda: exchange.watch_orders("BTC/USDT"), lambda: exchange.watch_orders("ETH/USDT"))
        desk.oms.close_code = 1012
        await desk.oms.disconnect()
        errors = 0
        for symbol in ("ETH/USDT", "BTC/USDT", "ETH/USDT"):
            await eventually(lambda: exchange.stream_status()["state"] == "down")
            try:
                await asyncio.wait_for(exchange.watch_orders(symbol), 0.3)
            except ccxt.NetworkError:
                errors += 1
            except TimeoutError:
                pass
        assert errors == 1


async def test_an_order_in_an_unknown_status_is_not_open(full: Desk) -> None:
    """Over REST and in the stream alike, a status that the driver does not know is nothing to wait for."""
    await full.begin()
    full.oms.order(status="MARTIAN")
    assert (await full.exchange.watch_orders())[0]["status"] is None
    assert full.exchange._live.account.feeds[None].ledger.orders.open_ids == frozenset()
    assert await full.exchange.fetch_open_orders("BTC/USDT") == []
