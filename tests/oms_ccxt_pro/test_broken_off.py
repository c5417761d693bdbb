"""Sessions that end where it hurts: in the middle of a snapshot, of a read, of a call or of another exchange's end."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import warnings
from typing import Any

import ccxt
import pytest
from aiohttp import web

import oms_ccxt_pro
from tests.faults.eventually import eventually
from tests.faults.plan import Cut, How, on
from tests.faults.proxy import FaultProxy
from tests.oms_ccxt_pro.conftest import Desk, watching
from tests.oms_ccxt_pro.scripted import Row, ScriptedOms, config, scripted


class Restarting(ScriptedOms):
    """A scripted OMS before which something answers reads with a page of its own.

    Attributes:
        pages: the statuses of the next answers to reads.
        before: what the paths of these reads begin with.
    """

    def __init__(self, profile: Any = "full") -> None:
        super().__init__(profile)
        self.pages: list[int] = []
        self.before = "/oms/"

    async def rest(self, request: web.Request) -> web.Response:
        if self.pages and request.path.startswith(self.before):
            return web.Response(status=self.pages.pop(0), text="<html>starting</html>", content_type="text/html")
        return await super().rest(request)


@contextlib.asynccontextmanager
async def restarting(profile: Any) -> Any:
    """A desk on such an OMS."""
    async with scripted(profile, Restarting) as oms, oms_ccxt_pro.oms(config(oms)) as exchange:
        yield Desk(oms, exchange)


@pytest.mark.parametrize("profile", ["full", "legacy"])
async def test_who_joins_while_a_server_restarts_hears_nothing_of_it(profile: Any) -> None:
    """The first read of a strategy is tried again, whatever the pages say that stand before the OMS."""
    async with restarting(profile) as desk:
        oms, exchange = desk.oms, desk.exchange
        await desk.begin()
        oms.pages = [404, 400, 426, 431, 451] * 4
        fills = asyncio.ensure_future(exchange.watch_my_trades(params={"strategy_id": 2}))
        await eventually(lambda: fills.done() or not oms.pages, within=20)
        await eventually(lambda: fills.done() or exchange._live.account.feeds[2].ready, within=20)
        oms.fill(oms.order(strategy_id=2), "0.5")
        assert [fill["order"] for fill in await asyncio.wait_for(fills, 5)] == ["1"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 451])
@pytest.mark.parametrize("profile", ["full", "legacy"])
async def test_reading_up_while_a_server_restarts_loses_nothing(profile: Any, status: int) -> None:
    """A few pages of what stands before the OMS, a refusal of the key among them, end nobody's watching."""
    async with restarting(profile) as desk:
        oms = desk.oms
        await desk.begin()
        order = oms.order()
        await desk.orders()
        oms.silent = True
        oms.fill(order, "0.5")
        oms.silent = False
        oms.restart_numbers("epoch-2")
        oms.before, oms.pages = "/oms/deals", [status] * 2
        with contextlib.suppress(oms_ccxt_pro.EventsLost):
            await oms.disconnect()
            assert await desk.fills() == [("1", 0.5)]


@pytest.mark.parametrize("watched", ["balance", "mark prices"])
async def test_a_watch_that_goes_on_asks_for_no_facts(watched: str) -> None:
    """After a disconnect the account's facts are read anew: who just calls again hears nothing of a read that fails."""
    async with restarting("full") as desk:
        oms, exchange = desk.oms, desk.exchange
        oms.exchange_id = "ccxt.binanceusdm"
        oms.answers["fetch_mark_prices"] = {"BTC/USDT": {"symbol": "BTC/USDT", "markPrice": 1.0}}
        await desk.begin()
        watch = exchange.watch_balance if watched == "balance" else exchange.watch_mark_prices
        await watch()
        oms.restart_numbers("epoch-2")
        oms.before, oms.pages = "/oms/accounts", [400] * 10_000
        await oms.disconnect()
        await eventually(lambda: exchange._here.account.known is None)
        assert await desk.quiet(watch())


@pytest.mark.parametrize("profile", ["full", "legacy"])
async def test_a_key_that_reads_are_refused_to_for_good_ends_the_watcher(profile: Any) -> None:
    """Several refusals in a row are the OMS's word."""
    async with restarting(profile) as desk:
        oms, exchange = desk.oms, desk.exchange
        await desk.begin()
        oms.restart_numbers("epoch-2")
        oms.before, oms.pages = "/oms/deals", [403] * 1_000
        await oms.disconnect()
        with pytest.raises(ccxt.PermissionDenied):
            await asyncio.wait_for(exchange.watch_my_trades(), 10)
        assert len(oms.pages) < 1_000 - 3


# Snapshots


@pytest.mark.parametrize("how", ["fin", "rst", "silence"])
async def test_a_snapshot_that_is_cut_in_the_middle_of_a_frame_is_none(how: How) -> None:
    """Five megabytes of open orders, of which a part comes, are nobody's orders: the next session has them whole."""
    async with scripted() as oms, FaultProxy(("127.0.0.1", int(oms.url.rpartition(":")[2]))) as proxy:
        oms.silent = True
        for _ in range(8_000):
            oms.order(comment="x" * 100)
        oms.silent = False
        quick = {**config(oms, ws={"openTimeout": 700})["options"], "base_url": proxy.url}
        async with oms_ccxt_pro.oms({**config(oms), "options": quick}) as exchange:
            desk = Desk(oms, exchange)
            cuts = [proxy.plan(Cut("down", at, how), on("GET", "/ws")) for at in (1_000_000, 4_900_000)]
            calls = [asyncio.create_task(watch()) for watch in (exchange.watch_orders, exchange.watch_my_trades)]
            await eventually(lambda: exchange.stream_status().get("state") == "live", within=10)
            assert [len(cut.hits) for cut in cuts] == [1, 1]
            oms.silent = True
            oms.fill(4_000, "0.5")
            oms.restart_numbers("epoch-2")
            oms.silent = False
            cuts = [proxy.plan(Cut("down", at, how), on("GET", "/ws"), skip=1) for at in (100_000, 3_000_000)]
            with pytest.warns(oms_ccxt_pro.EventsLost, match="after event 8000"):  # noqa: PT031
                await oms.disconnect()
                orders, fills = await asyncio.wait_for(asyncio.gather(*calls), 10)
            assert [(order["id"], order["filled"]) for order in orders] == [("4000", 0.5)]
            assert [fill["order"] for fill in fills] == ["4000"]
            oms.order(4_000, status="CANCELED")
            assert (await exchange.watch_orders())[-1]["status"] == "canceled"
            assert await desk.quiet(exchange.watch_my_trades())


async def test_events_that_are_pruned_behind_the_snapshot_are_read() -> None:
    """A session that got its snapshot and not one event, and whose next events are gone from the log."""
    async with watching() as desk:
        oms, exchange = desk.oms, desk.exchange
        order = oms.order()
        await desk.begin()
        for _ in range(2):
            oms.reach = 0
            oms.silent = True
            oms.fill(order, "0.25")
            oms.silent = False
            with pytest.warns(oms_ccxt_pro.EventsLost, match="cannot replay"):  # noqa: PT031
                await oms.disconnect()
                assert await desk.fills() == [("1", 0.25)]
            assert await desk.quiet(exchange.watch_my_trades())
        assert [state[2] for state in await desk.orders()] == [0.25, 0.5]


class Restored(ScriptedOms):
    """An OMS that is restored, with its epoch or another one, and refuses to resume from what it has not."""

    def restore(self, orders: dict[int, Row], deals: dict[int, Row], event: int, epoch: str) -> None:
        self.orders = {key: dict(row) for key, row in orders.items()}
        self.deals = {key: dict(row) for key, row in deals.items()}
        self.restart_numbers(epoch)
        self._event_ids = itertools.count(event + 1)
        self._deal_ids = itertools.count(max(deals, default=0) + 1)
        self._began = event

    _began = 0

    async def _subscribe(self, socket: web.WebSocketResponse, message: Row, payload: Row) -> None:
        newest = self.events[-1]["event_id"] if self.events else self._began
        last = payload.get("from_event_id", {"1": newest})["1"]
        if last > newest or last < self._began:
            self.subscribes.append(payload)
            self._reply(socket, message, "resync_required", {"account_ids": [1]}, ok=False)
            return
        await super()._subscribe(socket, message, payload)


@pytest.mark.parametrize("epochs", [("epoch-0", "epoch-0"), ("epoch-1", "epoch-1"), ("epoch-0", "epoch-1")])
async def test_a_backup_that_is_restored_twice(epochs: tuple[str, str]) -> None:
    """Under the epoch of an older history or its own, at once or after more fills: each fill of each history once."""
    async with scripted("full", Restored) as oms, oms_ccxt_pro.oms(config(oms)) as exchange:
        assert isinstance(oms, Restored)
        desk = Desk(oms, exchange)
        await desk.begin()
        order = oms.order()
        oms.fill(order, "0.125")
        await desk.gathered(desk.fills, 1)
        backup = {**oms.orders}, {**oms.deals}, oms.events[-1]["event_id"]
        for _ in range(3):
            oms.fill(order, "0.125")
        await desk.gathered(desk.fills, 3)
        for restored, epoch in enumerate(epochs, 1):
            oms.restore(*backup, epoch)
            with pytest.warns(oms_ccxt_pro.EventsLost):  # noqa: PT031
                await oms.disconnect()
                await eventually(lambda: exchange.stream_status()["reconnects"] == restored)  # noqa: B023
                oms.silent = True  # their marks are another history's
                keys = [oms.fill(order, "0.25") for _ in range(2)]
                oms.silent = False
                for key in keys:
                    oms.deals[key]["exchange_trade_id"] = f"{restored}-{key}"
                for event in oms.events:
                    oms.send(event)
                fills = await desk.gathered(exchange.watch_my_trades, 2)
            assert [(fill["id"], fill["amount"]) for fill in fills] == [("2", 0.25), ("3", 0.25)]
            states = await desk.orders()
            while states[-1][2] != 0.625:
                states += await desk.orders()
            assert await desk.quiet(exchange.watch_my_trades())


# Calls and exchanges that end


@pytest.mark.parametrize("profile", ["full", "legacy"])
async def test_an_exchange_that_closes_while_both_read_up_takes_nothing_along(profile: Any) -> None:
    """Of two in one loop, one is closed at one moment or another of what both do after the same disconnect."""
    async with scripted(profile) as oms, oms_ccxt_pro.oms(config(oms)) as stays:
        desk = Desk(oms, stays)
        await desk.begin()
        before = len(asyncio.all_tasks())
        order = oms.order(qty="100.000000000000000000")
        for moment in range(0, 60, 3):
            leaves = oms_ccxt_pro.oms(config(oms))
            await Desk(oms, leaves).begin()
            waiting = asyncio.create_task(leaves.watch_my_trades())
            oms.silent = True
            key = oms.fill(order, "1")
            oms.silent = False
            oms.restart_numbers(f"epoch-{moment}")
            with warnings.catch_warnings(record=True):
                warnings.simplefilter("always")
                sessions = oms.accepted
                await oms.disconnect()
                await eventually(lambda: oms.accepted >= sessions + 2)  # noqa: B023
                for _ in range(moment):
                    await asyncio.sleep(0)
                await leaves.close()
                fills = await asyncio.wait_for(stays.watch_my_trades(), 5)
            assert [int(fill["id"]) for fill in fills] == [key]
            with contextlib.suppress(ccxt.ExchangeClosedByUser):
                assert [int(fill["id"]) for fill in await waiting] == [key]
        await eventually(lambda: len(asyncio.all_tasks()) <= before)
        assert await desk.quiet(stays.watch_my_trades())


@pytest.mark.parametrize("profile", ["full", "legacy"])
async def test_calls_that_time_out_as_updates_come_lose_and_double_nothing(profile: Any) -> None:
    """Short deadlines, limits, and disconnects in the middle of a flood: each fill once, in order, to every loop."""
    rng = random.Random(5)
    async with scripted(profile) as oms, oms_ccxt_pro.oms(config(oms)) as exchange:
        desk = Desk(oms, exchange)
        got: dict[str, list[int]] = {name: [] for name in "abc"}

        async def loop(name: str) -> None:
            while True:
                limit = rng.choice((None, 1, 3))
                call = exchange.watch_my_trades(limit=limit, params={"consumer": name})
                with contextlib.suppress(TimeoutError):
                    got[name] += [int(fill["id"]) for fill in await asyncio.wait_for(call, rng.random() / 100)]

        loops = [asyncio.create_task(loop(name)) for name in got]
        await desk.live()
        await eventually(lambda: len(exchange._live.account.feeds[None].topics["trades"].consumers) == 3)
        order = oms.order(qty="1000.000000000000000000")
        for number in range(1, 201):
            oms.fill(order, "1")
            await asyncio.sleep(rng.random() / 500)
            if number % 40 == 0:
                await oms.disconnect()
        await eventually(lambda: all(len(ids) >= 200 for ids in got.values()), within=10)
        for task in loops:
            task.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
        assert got == {name: list(range(1, 201)) for name in got}


@pytest.mark.parametrize("ends", ["close", "unwatch", "refusal"])
async def test_what_ends_a_call_that_reads_what_it_missed(ends: str) -> None:
    """It gets the error that calls which wait get, at once, whatever its reads are doing; nothing is left behind."""
    error = {"close": ccxt.ExchangeClosedByUser, "unwatch": ccxt.UnsubscribeError, "refusal": ccxt.PermissionDenied}
    async with scripted("full", Restarting) as oms:
        before = asyncio.all_tasks()
        settings = {"maxPending": 3, "idleAfter": 0, "backoffCap": 20}
        async with oms_ccxt_pro.oms(config(oms, ws=settings)) as exchange:
            assert isinstance(oms, Restarting)
            desk = Desk(oms, exchange)
            await desk.begin(exchange.watch_my_trades)
            order = oms.order(qty="100.000000000000000000")
            for _ in range(8):
                oms.fill(order, "1")
            topic = exchange._live.account.feeds[None].topics["trades"]
            await eventually(lambda: topic.number == 8 and topic.consumers[0].behind)
            oms.pages = [502] * 10_000
            call = asyncio.create_task(exchange.watch_my_trades())
            await eventually(lambda: len(oms.pages) < 10_000)
            if ends == "close":
                await exchange.close()
            elif ends == "unwatch":
                await exchange.un_watch_my_trades()
            else:
                oms.refuse = "permission_denied"
                await oms.disconnect()
            with pytest.raises(error[ends]):
                await asyncio.wait_for(call, 5)
        await eventually(lambda: asyncio.all_tasks() <= before)
