"""The pro exchange against the real sandbox, through a proxy that breaks what it can."""

from __future__ import annotations

import asyncio
import functools
import random
import time
import warnings
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Literal

import pytest

import oms_ccxt_pro
from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.sandbox.rows import Position
from tests.faults.eventually import eventually
from tests.faults.ledger import Ledger
from tests.faults.proxy import FaultProxy
from tests.oms_ccxt_async.support import paths

QUICK = {"backoff": 20, "backoffCap": 200}


async def live(exchange: Any) -> None:
    """The stream is up."""
    await eventually(lambda: exchange.stream_status().get("state") == "live")


def quick(sandbox: Sandbox, url: str | None = None, **options: Any) -> dict[str, Any]:
    """A config that connects again quickly."""
    config = sandbox.config(account_id=options.pop("account_id", 1))
    config["options"].update(ws=QUICK, **options)
    if url is not None:
        config["options"]["base_url"] = url
    return config


@pytest.mark.parametrize("profile", ["full", "legacy"])
async def test_the_ledger_is_exact_while_connections_break(profile: Literal["full", "legacy"]) -> None:
    """Every fill once and in the OMS's order, every order as it ended, whenever the connection is cut."""
    rng = random.Random(7)
    async with (
        Sandbox(profile=profile, reconcile=100) as sandbox,
        FaultProxy(("127.0.0.1", int(sandbox.url.rpartition(":")[2]))) as proxy,
        oms_ccxt_pro.oms(quick(sandbox)) as trader,
        oms_ccxt_pro.oms(quick(sandbox, proxy.url)) as exchange,
    ):
        fills: list[str] = []
        orders: dict[str, tuple[str, float]] = {}

        async def watch_fills() -> None:
            while True:
                fills.extend(fill["id"] for fill in await exchange.watch_my_trades())

        async def watch_orders() -> None:
            while True:
                orders.update(
                    (order["id"], (order["status"], order["filled"])) for order in await exchange.watch_orders()
                )

        tasks = [asyncio.create_task(watch_fills()), asyncio.create_task(watch_orders())]
        await live(exchange)
        for _ in range(30):
            await trader.create_order("BTC/USDT", "market", rng.choice(["buy", "sell"]), 0.01)
            resting = await trader.create_order("BTC/USDT", "limit", "buy", 0.01, 1_000)
            await trader.cancel_order(resting["id"])
            if rng.random() < 0.3:
                await proxy.close_connections(rng.choice(["fin", "rst"]))
        ledger = Ledger(sandbox.url, trader.apiKey, 1)

        async def exact() -> bool:
            truth = {
                order["id"]: (order["status"], order["filled"]) for order in await trader.fetch_orders("BTC/USDT", 0)
            }
            return fills == [str(deal["id"]) for deal in await ledger.deals()] and orders == truth

        await eventually(exact, within=15)
        assert exchange.stream_status()["reconnects"] > 0
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize("profile", ["full", "legacy"])
async def test_positions_orders_and_commands_over_the_socket(profile: Literal["full", "legacy"]) -> None:
    """A position opens and closes before a watcher's eyes, by orders that went over the socket."""
    async with (
        Sandbox(profile=profile, volatility=0, reconcile=50) as sandbox,
        oms_ccxt_pro.oms(quick(sandbox, account_id=2)) as exchange,
    ):
        assert await exchange.watch_positions() == []
        order = await exchange.create_order_ws("BTC/USDT", "market", "buy", 0.5)
        opened = await asyncio.wait_for(exchange.watch_positions(), 10)
        assert (opened[-1]["side"], opened[-1]["contracts"]) == ("long", 0.5)
        assert order["id"]
        if profile == "full":
            await exchange.create_order_ws("BTC/USDT", "market", "sell", 0.5)
            closed = await asyncio.wait_for(exchange.watch_positions(), 10)
            assert closed[-1]["contracts"] == 0.0


async def test_market_data_comes_from_the_sandbox() -> None:
    """Ticker, order book, trades and candles arrive over the OMS's channels."""
    async with Sandbox() as sandbox:
        config = quick(sandbox)
        config["options"]["ws"] = {**QUICK, "pollInterval": 250}
        async with oms_ccxt_pro.oms(config) as exchange:
            async with asyncio.timeout(15):
                ticker = await exchange.watch_ticker("BTC/USDT")
                book = await exchange.watch_order_book("BTC/USDT", 3)
                trades = await exchange.watch_trades("BTC/USDT")
                candles = await exchange.watch_ohlcv("BTC/USDT", "1m")
                balance = await exchange.watch_balance()
            assert ticker["last"] > 0
            assert 0 < len(book["bids"]) <= 3
            assert trades
            assert len(candles[-1]) == 6
            assert balance["total"]


async def test_a_restarted_sandbox_is_resumed(tmp_path: Any) -> None:
    """A restart on the same database keeps epoch and numbers: what happened around it is replayed."""
    database = tmp_path / "oms.sqlite"
    async with Sandbox(database=database, api_key="k") as sandbox:
        port = int(sandbox.url.rpartition(":")[2])
        exchange = oms_ccxt_pro.oms(quick(sandbox))
        first = asyncio.create_task(exchange.watch_orders())
        await live(exchange)
        await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 1_000)
        assert len(await first) == 1
    async with Sandbox(database=database, api_key="k", port=port):
        await live(exchange)
        created = await exchange.create_order("BTC/USDT", "limit", "buy", 0.02, 1_000)
        assert [order["id"] for order in await asyncio.wait_for(exchange.watch_orders(), 10)] == [created["id"]]
        assert exchange.stream_status()["resyncs"] == 0
        await exchange.close()


ASK = "POST /oms/reconcile"


@pytest.mark.parametrize("profile", ["full", "legacy"])
async def test_a_batch_of_one_is_a_batch_over_the_socket(profile: Literal["full", "legacy"]) -> None:
    """An order that is canceled already is told as that by `cancel_orders_ws`, as it is over REST."""
    async with Sandbox(profile=profile) as sandbox, oms_ccxt_pro.oms(sandbox.config(1)) as exchange:
        order = await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 1_000)
        for _ in range(2):
            assert [each["status"] for each in await exchange.cancel_orders_ws([order["id"]])] == ["canceled"]
            assert [each["status"] for each in await exchange.cancel_orders([order["id"]])] == ["canceled"]


@asynccontextmanager
async def legacy(**options: Any) -> AsyncIterator[tuple[Sandbox, FaultProxy, Any]]:
    """A legacy OMS that looks for fills only when it is asked, the proxy before it, and an exchange that uses both."""
    async with (
        Sandbox(profile="legacy", volatility=0, poll_seconds=0.1) as sandbox,
        FaultProxy(("127.0.0.1", int(sandbox.url.rpartition(":")[2]))) as proxy,
        oms_ccxt_pro.oms(quick(sandbox, proxy.url, account_id=2, **options)) as exchange,
    ):
        yield sandbox, proxy, exchange


async def test_fills_of_others_are_told_within_the_interval() -> None:
    """An OMS that does not look for fills is asked to, while something may fill: at once, later, and no more after."""
    async with (
        legacy() as (sandbox, proxy, exchange),
        oms_ccxt_pro.oms(quick(sandbox, account_id=2, reconcile="never")) as trader,
    ):
        fills = asyncio.create_task(exchange.watch_my_trades())
        await live(exchange)
        order = await trader.create_order("BTC/USDT", "market", "buy", 0.01)
        assert [fill["order"] for fill in await asyncio.wait_for(fills, 4)] == [order["id"]]
        resting = await trader.create_order("BTC/USDT", "limit", "buy", 0.01, 50_000)
        began = asyncio.get_running_loop().time()
        asked = paths(proxy.requests).count(ASK)
        await eventually(lambda: paths(proxy.requests).count(ASK) >= asked + 2, within=10)
        assert asyncio.get_running_loop().time() - began > 1.5
        sandbox.move("BTC/USDT", 49_000)
        assert [fill["order"] for fill in await asyncio.wait_for(exchange.watch_my_trades(), 4)] == [resting["id"]]
        asked = paths(proxy.requests).count(ASK)
        await asyncio.wait([asyncio.create_task(exchange.watch_my_trades())], timeout=3)
        assert paths(proxy.requests).count(ASK) == asked


async def test_an_order_that_somebody_cancels_is_not_waited_for() -> None:
    """What the stream knows to be over has nobody asked, although this process sent it."""
    async with (
        legacy(reconcile=100) as (sandbox, proxy, exchange),
        oms_ccxt_pro.oms(quick(sandbox, account_id=2)) as other,
    ):
        watching = asyncio.create_task(exchange.watch_my_trades())
        await live(exchange)
        order = await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 1_000)
        await eventually(lambda: ASK in paths(proxy.requests))
        await other.cancel_order(order["id"])
        shared = exchange._here.reconciling._shared()
        await eventually(lambda: not shared.freshness.may_change and shared._running is None)
        await eventually(lambda: all(feed.settled for feed in exchange._live.account.feeds.values()))
        asked = len(proxy.requests)
        await asyncio.wait([watching], timeout=0.5)
        assert len(proxy.requests) == asked


async def test_what_nobody_watches_is_not_kept_fresh() -> None:
    """After everything is unwatched an open order makes no requests."""
    async with legacy(reconcile=100) as (_, proxy, exchange):
        watching = asyncio.create_task(exchange.watch_orders())
        await live(exchange)
        await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 1_000)
        assert await watching
        await eventually(lambda: paths(proxy.requests).count(ASK) >= 3)
        assert await exchange.un_watch_orders()
        asked = len(proxy.requests)
        await asyncio.wait([asyncio.create_task(asyncio.sleep(0.5))])
        assert len(proxy.requests) == asked


@pytest.mark.parametrize("reconcile", ["auto", "never"])
async def test_who_need_not_be_asked_is_not(reconcile: str) -> None:
    """A full OMS, or with `never`, a watched account with open orders asks for no reconcile."""
    profile: Literal["full", "legacy"] = "full" if reconcile == "auto" else "legacy"
    async with (
        Sandbox(profile=profile, volatility=0) as sandbox,
        FaultProxy(("127.0.0.1", int(sandbox.url.rpartition(":")[2]))) as proxy,
        oms_ccxt_pro.oms(quick(sandbox, proxy.url, reconcile=reconcile)) as exchange,
    ):
        watching = asyncio.create_task(exchange.watch_orders())
        await live(exchange)
        await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 1_000)
        assert await watching
        await asyncio.wait([asyncio.create_task(exchange.watch_orders())], timeout=1)
        assert not [path for path in paths(proxy.requests) if "reconcile" in path]


@pytest.mark.parametrize("reads", [False, True], ids=["events", "reading"])
async def test_a_merge_stops_no_position(reads: bool) -> None:
    """After a merge, over which a legacy OMS breaks down for good (fact 28), what is open is told as before, and so is
    what is closed on another day; the merged position is nothing that a watcher begins with."""
    symbol, ahead = "ETH/USDT:USDT", 0
    told: dict[str, float] = {}
    async with AsyncExitStack() as stack:
        clock = lambda: int(time.time() * 1000) + ahead  # noqa: E731
        sandbox = await stack.enter_async_context(Sandbox(profile="legacy", volatility=0, clock=clock))
        config = quick(sandbox, strategy_id=1)
        if reads:
            config["options"]["ws"] = {**QUICK, "readInterval": 100}
            config["apiKey"] = sandbox.keys["strategy-restricted"]
        desk = await stack.enter_async_context(oms_ccxt_pro.oms(quick(sandbox, strategy_id=1)))
        exchange = await stack.enter_async_context(oms_ccxt_pro.oms(config))
        for _ in range(3):
            await desk.create_order(symbol, "market", "buy", 0.1)
        one, other, third = (position["id"] for position in await desk.fetch_positions())

        async def watch() -> None:
            while True:
                told.update((each["id"], each["contracts"]) for each in await exchange.watch_positions())

        watching = asyncio.create_task(watch())
        await eventually(lambda: told == {one: 0.1, other: 0.1, third: 0.1})
        lost = r"/oms/positions/history.* breaks down over positions .*-.*-"
        with pytest.warns(oms_ccxt_pro.EventsLost, match=lost):  # noqa: PT031
            await desk.merge_positions(one, other)
            await eventually(lambda: told[other] == 0.2)
            await desk.create_order(symbol, "market", "buy", 0.3)
            await eventually(lambda: 0.3 in told.values())
            await eventually(lambda: exchange.stream_status()["unreadable"] == 1, within=15)
        begun = await exchange.watch_positions([symbol, "BTC/USDT:USDT"])
        assert sorted(each["contracts"] for each in begun if each["id"] != one) == [0.1, 0.2, 0.3]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", oms_ccxt_pro.EventsLost)
            feed = next(iter(exchange._live.account.feeds.values()))
            await eventually(lambda: int(one) not in feed.ledger.positions.open_ids, within=15)
        ahead = 86_400_000
        await desk.close_position(symbol, None, {"position_id": third})
        await eventually(lambda: told[third] == 0, within=15)
        assert exchange.stream_status()["unreadable"] == 1
        watching.cancel()
        await asyncio.wait([watching])


@pytest.mark.parametrize(("profile", "lists_lag"), [("full", None), ("legacy", None), ("legacy", 600)])
async def test_the_deals_of_a_close_by_are_told(profile: Literal["full", "legacy"], lists_lag: int | None) -> None:
    """Both, once, at once, or as soon as lists that lag show them; a legacy OMS has no event for either of them."""
    symbol = "ETH/USDT:USDT"
    told: list[tuple[str, float]] = []
    async with (
        Sandbox(profile=profile, volatility=0, lists_lag=lists_lag) as sandbox,
        oms_ccxt_pro.oms(quick(sandbox, reconcile="never")) as exchange,
        oms_ccxt_pro.oms(quick(sandbox)) as desk,
    ):
        for side, amount in (("buy", 0.3), ("sell", 0.1)):
            await desk.create_order(symbol, "market", side, amount)
        long, short = (row.id for row in sandbox.oms.storage.select(Position, account_id=1))

        async def watch() -> None:
            while True:
                told.extend((each["side"], each["amount"]) for each in await exchange.watch_my_trades())

        watching = asyncio.create_task(watch())
        await live(exchange)
        await eventually(lambda: all(feed.settled for feed in exchange._live.account.feeds.values()))
        began = asyncio.get_running_loop().time()
        await desk.close_by(str(long), str(short), 0.05)
        await eventually(lambda: len(told) >= 2)
        assert sorted(told) == [("buy", 0.05), ("sell", 0.05)]
        assert lists_lag or asyncio.get_running_loop().time() - began < 2
        watching.cancel()
        await asyncio.wait([watching])


async def test_the_balance_is_read_after_what_moves_money() -> None:
    """The ticks of reconciliations have nothing read; an order that locks money does."""
    async with (
        legacy(reconcile="never") as (sandbox, proxy, exchange),
        oms_ccxt_pro.oms(quick(sandbox, account_id=2, reconcile="never")) as trader,
    ):
        exchange.options["ws"]["balanceInterval"] = 50
        before = await exchange.watch_balance()
        again = asyncio.create_task(exchange.watch_balance())
        await live(exchange)
        await eventually(lambda: all(feed.settled for feed in exchange._live.account.feeds.values()))

        def reads() -> int:
            return sum(path.endswith("/fetch_balance") for path in paths(proxy.requests))

        known, ticks = reads(), exchange.stream_status()["events"]
        for count in range(5):
            await trader.reconcile()
            await eventually(
                functools.partial(lambda least: exchange.stream_status()["events"] >= least, ticks + count)
            )
        assert reads() == known <= 2
        await trader.create_order("BTC/USDT", "limit", "buy", 0.01, 1_000)
        after = await asyncio.wait_for(again, 5)
        assert after["USDT"]["free"] < before["USDT"]["free"]
