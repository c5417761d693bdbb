"""Accounts that cannot be subscribed to are read: each fill once, none lost, by whatever way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import ccxt
import pytest
from aiohttp import web

import oms_ccxt_pro
from oms_ccxt_async.sandbox import Sandbox
from tests.faults.eventually import eventually
from tests.faults.ledger import Ledger
from tests.faults.plan import Reply, on
from tests.faults.proxy import FaultProxy
from tests.oms_ccxt_async.support import paths
from tests.oms_ccxt_pro.scripted import Row, ScriptedOms, config, scripted

REFUSED = b'{"detail":{"code":"permission_denied","message":"permission_denied"}}'
QUICK = {"backoff": 20, "backoffCap": 200, "readInterval": 100}


class WithoutSocket(ScriptedOms):
    """An OMS that has no `/ws`, in the framework's own words, until a test gives it one."""

    status, words = 404, b'{"detail":"Not Found"}'
    has_socket = False

    async def socket(self, request: Any) -> Any:
        if self.has_socket:
            return await super().socket(request)
        self.shaken += 1
        return web.Response(status=self.status, body=self.words, content_type="application/json")


@asynccontextmanager
async def without_socket(profile: Any, **ws: Any) -> AsyncIterator[tuple[WithoutSocket, Any]]:
    """An OMS without a socket, and an exchange that reads it often."""
    async with scripted(profile, WithoutSocket) as oms, oms_ccxt_pro.oms(polled(oms, **ws)) as exchange:
        assert isinstance(oms, WithoutSocket)
        yield oms, exchange


async def polling(exchange: Any) -> None:
    """The account is read, and what is open is known."""
    await eventually(lambda: exchange.stream_status().get("state") == "polling")
    await eventually(lambda: all(feed.state == "current" for feed in exchange._live.account.feeds.values()))


def polled(oms: ScriptedOms, **ws: Any) -> Row:
    """A config that reads often."""
    return config(oms, ws={**QUICK, **ws})


async def ids(call: Any) -> list[str]:
    """The ids of what a call returns soon."""
    return [item["id"] for item in await asyncio.wait_for(call, 5)]


@pytest.mark.parametrize("profile", ["full", "legacy"])
async def test_an_oms_without_a_socket_is_read(profile: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Orders, fills and positions come, each once, and one warning says how."""
    async with without_socket(profile) as (oms, exchange):
        old = oms.order()
        assert await exchange.watch_positions() == []
        orders, fills = (asyncio.create_task(watch()) for watch in (exchange.watch_orders, exchange.watch_my_trades))
        await polling(exchange)
        deal = oms.fill(old, "0.25")
        assert await ids(fills) == [str(deal)]
        assert [(order["id"], order["filled"]) for order in await orders] == [("1", 0.25)]
        new, position = oms.order(), oms.position()
        assert await ids(exchange.watch_orders()) == [str(new)]
        assert await ids(exchange.watch_positions()) == [str(position)]
        more = [oms.fill(new, "0.5"), oms.fill(old, "0.25"), oms.fill(new, "0.5")]
        found: list[str] = []
        while len(found) < 3:
            found += await ids(exchange.watch_my_trades())
        assert found == [str(deal) for deal in more]
        again = asyncio.create_task(exchange.watch_my_trades())
        await asyncio.wait([again], timeout=0.5)
        assert not again.done()
        assert exchange.stream_status()["state"] == "polling"
    assert sum("cannot be subscribed to" in record.message for record in caplog.records) == 1


async def test_an_oms_that_forbids_the_handshake_is_read() -> None:
    """What a server of ASGI answers to a handshake on a path that it does not have: 403 and nothing else."""
    async with without_socket("legacy") as (oms, exchange):
        oms.status, oms.words = 403, b""
        order = oms.order()
        fills = asyncio.create_task(exchange.watch_my_trades())
        await polling(exchange)
        deal = oms.fill(order, "1")
        assert await ids(fills) == [str(deal)]


async def test_a_key_that_the_handshake_refuses_is_refused() -> None:
    """A 403 in the OMS's own words is its word on the key."""
    async with without_socket("legacy") as (oms, exchange):
        oms.status, oms.words = 403, b'{"detail":{"code":"permission_denied","message":"permission_denied"}}'
        with pytest.raises(ccxt.PermissionDenied):
            await asyncio.wait_for(exchange.watch_orders(), 5)


async def test_a_call_that_begins_slowly_stops_no_reads() -> None:
    """A read that is answered while a call makes its consumer is applied after it, and the next one follows."""
    async with without_socket("legacy") as (oms, exchange):
        order = oms.order()
        fills = asyncio.create_task(exchange.watch_my_trades())
        await polling(exchange)
        [feed] = exchange._live.account.feeds.values()
        await eventually(lambda: feed.settled)
        feed.hold()
        await eventually(lambda: feed._answer is not None)
        await asyncio.wait([fills], timeout=0.2)
        feed.release()
        for _ in range(2):
            deal = oms.fill(order, "0.25")
            assert await ids(fills) == [str(deal)]
            fills = asyncio.create_task(exchange.watch_my_trades())
        fills.cancel()


async def test_a_fill_that_comes_after_the_cancel_changes_its_order() -> None:
    """A legacy OMS may learn of a fill when its order is canceled already: both are told."""
    async with without_socket("legacy") as (oms, exchange):
        order = oms.order()
        watching = [asyncio.create_task(watch()) for watch in (exchange.watch_orders, exchange.watch_my_trades)]
        await polling(exchange)
        oms.order(order, status="CANCELED")
        assert [(each["status"], each["filled"]) for each in await asyncio.wait_for(watching[0], 5)] == [
            ("canceled", 0.0)
        ]
        deal = oms.fill(order, "0.25")
        assert await ids(watching[1]) == [str(deal)]
        late = await asyncio.wait_for(exchange.watch_orders(), 5)
        assert [(each["status"], each["filled"]) for each in late] == [("canceled", 0.25)]


async def test_a_socket_that_comes_is_used() -> None:
    """A subscription is tried again and again, and nothing is lost or doubled on the way."""
    async with without_socket("full", probeInterval=200) as (oms, exchange):
        order = oms.order()
        fills = asyncio.create_task(exchange.watch_my_trades())
        await polling(exchange)
        first = oms.fill(order, "0.25")
        assert await ids(fills) == [str(first)]
        oms.has_socket = True
        second = oms.fill(order, "0.25")
        assert await ids(exchange.watch_my_trades()) == [str(second)]
        await eventually(lambda: exchange.stream_status().get("state") == "live")
        third = oms.fill(order, "0.5")
        assert await ids(exchange.watch_my_trades()) == [str(third)]


@pytest.mark.parametrize("words", [b"", b"<html>", b'{"detail":"not found"}'])
async def test_other_words_of_a_404_are_ridden_out(words: bytes) -> None:
    """What stands before an OMS that restarts says nothing of whether it has a socket."""
    async with without_socket("legacy") as (oms, exchange):
        oms.words = words
        order = oms.order()
        fills = asyncio.create_task(exchange.watch_my_trades())
        await eventually(lambda: oms.shaken >= 3)
        assert exchange.stream_status()["state"] == "down"
        oms.has_socket = True
        await eventually(lambda: exchange.stream_status().get("state") == "live")
        deal = oms.fill(order, "1")
        assert await ids(fills) == [str(deal)]


async def test_an_oms_that_had_a_socket_is_ridden_out() -> None:
    """After a session stood, the words of a missing path are those of a server that is not up yet."""
    async with without_socket("legacy") as (oms, exchange):
        oms.has_socket = True
        order = oms.order()
        fills = asyncio.create_task(exchange.watch_my_trades())
        await eventually(lambda: exchange.stream_status().get("state") == "live")
        oms.has_socket = False
        await oms.disconnect()
        await eventually(lambda: oms.shaken >= 3)
        assert exchange.stream_status()["state"] == "down"
        deal = oms.fill(order, "1")
        oms.has_socket = True
        assert await ids(fills) == [str(deal)]


async def test_a_wrong_key_is_no_reason_to_read() -> None:
    """Also where there is no socket, a key that the OMS does not know is refused."""
    async with without_socket("legacy") as (_, exchange):
        exchange.apiKey = "wrong"
        with pytest.raises(ccxt.AuthenticationError):
            await asyncio.wait_for(exchange.watch_orders(), 5)
        assert exchange.stream_status().get("state") != "polling"


async def test_an_oms_that_goes_away_is_down_until_it_is_read_again() -> None:
    """Reads that fail are seen by trying to connect; what happened meanwhile is told."""
    async with (
        without_socket("legacy") as (oms, exchange),
        FaultProxy(("127.0.0.1", int(oms.url.rpartition(":")[2]))) as proxy,
    ):
        exchange.options |= {"base_url": proxy.url, "retry": {"attempts": 1}}
        order = oms.order()
        fills = asyncio.create_task(exchange.watch_my_trades())
        await polling(exchange)
        with proxy.refusing():
            await proxy.close_connections()
            await eventually(lambda: exchange.stream_status()["state"] == "down")
            deal = oms.fill(order, "1")
        assert await ids(fills) == [str(deal)]
        await polling(exchange)


async def test_a_key_of_a_strategy_reads() -> None:
    """A legacy OMS gives it no events (fact 34): its fills come by reading, those of its strategy and no others."""
    async with (
        Sandbox(profile="legacy", volatility=0) as sandbox,
        FaultProxy(("127.0.0.1", int(sandbox.url.rpartition(":")[2]))) as proxy,
    ):
        trader = sandbox.config(account_id=1)
        limited = sandbox.config(account_id=1)
        limited["apiKey"] = sandbox.keys["strategy-restricted"]
        limited["options"] |= {"base_url": proxy.url, "strategy_id": 1, "ws": {**QUICK, "probeInterval": 500}}
        async with oms_ccxt_pro.oms(trader) as desk, oms_ccxt_pro.oms(limited) as exchange:
            fills: list[str] = []

            async def watch() -> None:
                while True:
                    fills.extend(fill["order"] for fill in await exchange.watch_my_trades())

            watching = asyncio.create_task(watch())
            await polling(exchange)
            sent = []
            for number in range(6):
                params = {"strategy_id": number % 2}
                order = await desk.create_order("BTC/USDT", "market", "buy", 0.01, None, params)
                sent.append(order["id"])
            await eventually(lambda: len(fills) >= 3)
            await eventually(lambda: len([path for path in paths(proxy.requests) if path == "GET /ws"]) >= 3)
            assert fills == sent[1::2]
            assert exchange.stream_status()["state"] == "polling"
            deals = [
                deal for deal in await Ledger(sandbox.url, trader["apiKey"], 1).deals() if deal["strategy_id"] == 1
            ]
            assert [str(deal["order_id"]) for deal in deals] == fills
            watching.cancel()
            await asyncio.wait([watching])
            assert await exchange.un_watch_my_trades()
            asked = len(proxy.requests)
            await asyncio.wait([asyncio.create_task(asyncio.sleep(0.5))])
            assert len(proxy.requests) == asked


async def test_an_outage_while_reading_is_told() -> None:
    """With `maxOutage` a watcher is told once that the OMS is away; then it waits on, and loses nothing."""
    async with (
        without_socket("legacy", maxOutage=50) as (oms, exchange),
        FaultProxy(("127.0.0.1", int(oms.url.rpartition(":")[2]))) as proxy,
    ):
        exchange.options |= {"base_url": proxy.url, "retry": {"attempts": 1}}
        order = oms.order()
        fills = asyncio.create_task(exchange.watch_my_trades())
        await polling(exchange)
        with proxy.refusing():
            await proxy.close_connections()
            with pytest.raises(ccxt.NetworkError):
                await asyncio.wait_for(fills, 10)
            deal = oms.fill(order, "1")
        assert await ids(exchange.watch_my_trades()) == [str(deal)]


def address_of(sandbox: Sandbox) -> tuple[str, int]:
    """Where a proxy finds it."""
    return "127.0.0.1", int(sandbox.url.rpartition(":")[2])


@asynccontextmanager
async def keys_of(sandbox: Sandbox, role: str) -> AsyncIterator[tuple[Any, Any]]:
    """A trader's exchange and one of another key, on account 1 of an OMS."""
    other = sandbox.config(account_id=1)
    other["apiKey"] = sandbox.keys[role]
    other["options"] |= {"ws": {**QUICK, "balanceInterval": 0}}
    if role == "strategy-restricted":
        other["options"]["strategy_id"] = 1
    async with oms_ccxt_pro.oms(sandbox.config(account_id=1)) as trader, oms_ccxt_pro.oms(other) as exchange:
        yield trader, exchange


async def test_a_key_that_may_not_reconcile_watches(caplog: pytest.LogCaptureFixture) -> None:
    """It is told once why fills may be late, and tells them when somebody else has had the account reconciled."""
    async with Sandbox(profile="legacy", volatility=0) as sandbox, keys_of(sandbox, "readonly") as (trader, exchange):
        exchange.options["reconcile"] = 0
        fills = asyncio.create_task(exchange.watch_my_trades())
        await eventually(lambda: exchange.stream_status().get("state") == "live")
        order = await trader.create_order("BTC/USDT", "market", "buy", 0.01)
        assert [fill["order"] for fill in await asyncio.wait_for(fills, 10)] == [order["id"]]
        again = asyncio.create_task(exchange.watch_my_trades())
        order = await trader.create_order("BTC/USDT", "market", "buy", 0.01)
        assert [fill["order"] for fill in await asyncio.wait_for(again, 10)] == [order["id"]]
    assert sum("may not have account 1 reconciled" in record.message for record in caplog.records) == 1


async def test_a_balance_alone_is_kept_up() -> None:
    """A watcher of nothing but the balance hears of what a fill moves, on an OMS that has to be asked for fills."""
    async with Sandbox(profile="legacy", volatility=0) as sandbox, keys_of(sandbox, "trader") as (trader, exchange):
        before = await asyncio.wait_for(exchange.watch_balance(), 5)
        news = asyncio.create_task(exchange.watch_balance())
        await trader.create_order("BTC/USDT", "market", "buy", 0.01, None, {"awaitFills": False})
        assert (await asyncio.wait_for(news, 10))["USDT"]["total"] < before["USDT"]["total"]


@pytest.mark.parametrize("answer", [(404, b'{"detail":"Not Found"}'), (403, b"")], ids=["404", "403"])
async def test_market_data_of_an_oms_without_a_socket_is_read(answer: tuple[int, bytes]) -> None:
    """At the exchange, every `pollInterval`, and told when it is another one; what the exchange refuses is an error."""
    async with Sandbox(profile="legacy", volatility=0) as sandbox, FaultProxy(address_of(sandbox)) as proxy:
        proxy.plan(Reply(*answer, forward=False), on("GET", "/ws"), times=None)
        config = sandbox.config(account_id=1)
        config["options"] |= {"base_url": proxy.url, "ws": {"pollInterval": 250, "probeInterval": 1_000}}
        async with oms_ccxt_pro.oms(config) as exchange:
            book, ticker, candles = await asyncio.wait_for(
                asyncio.gather(
                    exchange.watch_order_book("BTC/USDT", 5),
                    exchange.watch_ticker("BTC/USDT"),
                    exchange.watch_ohlcv("BTC/USDT", "1m"),
                ),
                10,
            )
            assert (len(book["bids"]), ticker["symbol"], len(candles[0])) == (5, "BTC/USDT", 6)
            again = asyncio.create_task(exchange.watch_ticker("BTC/USDT"))
            best = asyncio.create_task(exchange.watch_bids_asks(["BTC/USDT"]))
            assert (await asyncio.wait_for(best, 5))["BTC/USDT"]["bid"] == book["bids"][0][0]
            sandbox.move("BTC/USDT", 50_000)
            assert (await asyncio.wait_for(again, 5))["last"] != ticker["last"]
            assert exchange._live.markets[None].status.state == "polling"
            await eventually(lambda: paths(proxy.requests).count("GET /ws") >= 5)  # two streams, which try again
            proxy.plan(Reply(403, REFUSED, forward=False), on("POST", "/ccxt/1/fetch_ticker"), times=None)
            with pytest.raises(ccxt.PermissionDenied):
                await asyncio.wait_for(exchange.watch_ticker("ETH/USDT"), 5)
            asked = len(proxy.requests)
            proxy.schedules.clear()
            await eventually(lambda: exchange._live.markets[None].status.state == "live")
            sandbox.move("BTC/USDT", 70_000)
            assert (await asyncio.wait_for(exchange.watch_order_book("BTC/USDT"), 5))["bids"]
            assert len(proxy.requests) > asked


async def test_a_key_of_a_strategy_has_market_data() -> None:
    """What it may not subscribe to is the account: markets are pushed to it."""
    async with Sandbox(profile="legacy") as sandbox, keys_of(sandbox, "strategy-restricted") as (_, exchange):
        assert (await asyncio.wait_for(exchange.watch_ticker("BTC/USDT"), 5))["symbol"] == "BTC/USDT"
        assert (await asyncio.wait_for(exchange.watch_order_book("BTC/USDT"), 5))["bids"]


async def test_who_leaves_while_market_data_is_read_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read for somebody who has left is told to nobody: who comes next is told, though it is the same."""
    reading, answer = asyncio.Event(), asyncio.Event()
    answer.set()

    async def read(func: str, args: list[Any], kind: Any) -> Row:
        reading.set()
        await answer.wait()
        return {"symbol": args[0], "last": 1.0, "bids": [[1.0, 1.0]], "asks": [[2.0, 1.0]], "timestamp": 1, "info": {}}

    async with without_socket("full", pollInterval=10) as (_, exchange):
        await exchange.load_markets()
        monkeypatch.setattr(exchange, "_pass_through", read)
        await asyncio.wait_for(exchange.watch_order_book("BTC/USDT"), 5)
        await asyncio.wait_for(exchange.watch_ticker("BTC/USDT"), 5)
        answer.clear()
        reading.clear()
        await asyncio.wait_for(reading.wait(), 5)
        await exchange.un_watch_ticker("BTC/USDT")
        answer.set()
        await eventually(lambda: exchange._live.markets)
        again = await asyncio.wait_for(exchange.watch_ticker("BTC/USDT"), 5)
    assert again["last"] == 1.0


async def test_reads_of_market_data_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that fails at once leaves none of the others behind, neither for the next round nor after `close()`."""
    under_way, most, failed = 0, 0, 0

    async def read(func: str, args: list[Any], kind: Any) -> Row:
        nonlocal under_way, most, failed
        if func == "fetch_order_book":
            failed += 1
            raise ccxt.RequestTimeout("oms: no answer")
        under_way += 1
        most = max(most, under_way)
        try:
            await asyncio.wait([asyncio.create_task(asyncio.sleep(0.3))])
        finally:
            under_way -= 1
        return {"symbol": args[0], "last": 1.0, "timestamp": 1, "info": {}}

    async with without_socket("full", pollInterval=10, backoff=1, backoffCap=1) as (_, exchange):
        await exchange.load_markets()
        monkeypatch.setattr(exchange, "_pass_through", read)
        calls = exchange.watch_order_book, exchange.watch_ticker
        watching = [asyncio.create_task(call("BTC/USDT")) for call in calls]
        await eventually(lambda: failed >= 3)
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
    assert (most, under_way) == (1, 0)
