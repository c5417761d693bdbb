"""Fills on a legacy OMS that does not reconcile by itself (fact 27): when it is asked to, and what comes of it."""

from __future__ import annotations

import asyncio
import functools
import logging
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from decimal import Decimal
from typing import Any

import ccxt
import pytest
import pytest_asyncio

import oms_ccxt_async
from oms_ccxt_async import sync
from oms_ccxt_async.lists import reconciling as room
from oms_ccxt_async.sandbox import Sandbox
from tests.faults.eventually import eventually
from tests.faults.plan import Delay, Reply, on
from tests.oms_ccxt_async.support import add_deals, add_orders, fake_oms, listed, order_rows, paths, settle, wired

pytestmark = pytest.mark.asyncio(loop_scope="session")

ASK = "POST /oms/reconcile"
MARKET = ("BTC/USDT", "market", "buy", 0.01)


@pytest_asyncio.fixture(loop_scope="session")
async def legacy() -> AsyncIterator[Sandbox]:
    """A legacy OMS that learns of fills only when it is asked."""
    async with Sandbox(profile="legacy", volatility=0) as sandbox:
        yield sandbox


async def test_a_market_order_comes_back_filled(legacy: Sandbox) -> None:
    """At the price of one reconcile; what is read afterwards needs no other."""
    async with wired(legacy) as (exchange, proxy):
        order = await exchange.create_order(*MARKET)
        assert (order["status"], order["filled"]) == ("closed", 0.01)
        assert len(await exchange.fetch_my_trades("BTC/USDT")) == 1
        assert await exchange.fetch_open_orders() == []
        assert paths(proxy.requests).count(ASK) == 1


async def test_fills_need_not_be_awaited(legacy: Sandbox) -> None:
    """With `awaitFills` False a market order comes back at once, open, and the next read has its fills."""
    async with wired(legacy, createOrder={"awaitFills": False}) as (exchange, proxy):
        order = await exchange.create_order(*MARKET)
        assert order["status"] == "open"
        assert paths(proxy.requests) == ["POST /oms/commands"]
        assert (await exchange.fetch_order(order["id"]))["filled"] == 0.01


async def test_never_is_never(legacy: Sandbox) -> None:
    """With `never` the OMS is left alone, and an order stays open that is filled."""
    async with wired(legacy, reconcile="never") as (exchange, proxy):
        order = await exchange.create_order(*MARKET)
        assert (await exchange.fetch_order(order["id"]))["status"] == "open"
        assert not any("reconcile" in path for path in paths(proxy.requests))


async def test_nothing_is_asked_while_nothing_can_fill(legacy: Sandbox) -> None:
    """After the first look, reads of an account without open orders ask for nothing."""
    async with wired(legacy, reconcile=0) as (exchange, proxy):
        await exchange.fetch_my_trades("BTC/USDT")
        proxy.requests.clear()
        later = time.monotonic() * 1000 + room.IDLE / 2  # when the lane would bear another one
        exchange._here.reconciling._monotonic = lambda: later
        await exchange.fetch_my_trades("BTC/USDT")
        await exchange.fetch_positions()
        assert not any("reconcile" in path for path in paths(proxy.requests))


async def test_fills_of_another_programs_order(legacy: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that reads trades and positions alone, and knows of no order, learns of another program's fills."""
    monkeypatch.setattr(room, "IDLE", 50)
    async with wired(legacy, reconcile=20) as (exchange, _), wired(legacy, reconcile="never") as (other, _):
        assert await exchange.fetch_my_trades() == await exchange.fetch_positions() == []
        await other.create_order("BTC/USDT:USDT", "market", "buy", 0.01)
        await _until(lambda: exchange.fetch_positions())
        assert len(await exchange.fetch_my_trades()) == 1


async def _until(read: Callable[[], Awaitable[Any]]) -> None:
    async with asyncio.timeout(20):
        while not await read():
            pass


async def test_orders_at_once_share_reconciles(legacy: Sandbox) -> None:
    """Twenty market orders of one program cost a few reconciles, and each comes back filled."""
    async with wired(legacy) as (exchange, proxy):
        orders = await asyncio.gather(*(exchange.create_order(*MARKET) for _ in range(20)))
        assert [order["status"] for order in orders] == ["closed"] * 20
        assert paths(proxy.requests).count(ASK) <= 5


@pytest.mark.parametrize("age", [0, 6_000])
async def test_the_life_of_a_resting_order_is_seven_requests(legacy: Sandbox, age: int) -> None:
    """Create, fetch, edit and cancel, once the account's deals are known; none of them but the cancel reads them. A
    fetch is one request, the list of open orders two at most; however many filled orders the account has that still say
    SUBMITTED (fact 19)."""
    now = legacy.oms.clock()
    for key in add_orders(legacy, [now - 60_000] * age, "SUBMITTED", account_id=2) if age else ():
        add_deals(legacy, [now - 60_000], account_id=2, order_id=int(key))
    async with wired(legacy) as (exchange, proxy):
        resting = await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 40_000)
        await exchange.fetch_order(resting["id"])
        proxy.requests.clear()
        order = await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 40_000)
        await exchange.fetch_order(order["id"])
        await exchange.edit_order(order["id"], "BTC/USDT", "limit", "buy", 0.01, 41_000)
        await exchange.cancel_order(order["id"])
        assert len(proxy.requests) <= 7, paths(proxy.requests)
        assert paths(proxy.requests).count("GET /oms/deals") == 1
        assert len(await exchange.fetch_open_orders()) == 1
        exchange.options["reconcile"] = 60_000  # a hundred reads take longer than the interval on a busy machine
        exchange._here.reconciling._shared().freshness.reconciled(*[time.monotonic() * 1000] * 2)
        await exchange.fetch_order(resting["id"])
        proxy.requests.clear()
        for _ in range(100):
            assert (await exchange.fetch_order(resting["id"]))["status"] == "open"
        assert len(proxy.requests) == 100
        assert len(await exchange.fetch_open_orders()) == 1
        assert len(proxy.requests) <= 102
        await exchange.cancel_order(resting["id"])


async def test_deals_are_read_again_when_there_may_be_others(legacy: Sandbox) -> None:
    """After the next reconciliation, after a cancel, and as soon as any answer showed a newer deal."""
    async with wired(legacy) as (exchange, proxy):
        order = await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 40_000)
        [stays] = add_orders(legacy, [legacy.oms.clock()], "SUBMITTED", account_id=2)
        key = {"account_id": 2, "order_id": int(order["id"]), "qty": Decimal("0.001"), "price": Decimal(40_000)}

        async def filled() -> float:
            return float((await exchange.fetch_order(order["id"]))["filled"])

        assert await filled() == 0
        add_deals(legacy, [legacy.oms.clock()], **key)  # as another bot's reconciliation does
        assert await filled() == 0, "deals were read although none of ours can have come"
        await exchange.fetch_my_trades("BTC/USDT")
        assert await filled() == 0.001, "what the trades told is told by the order, too"
        add_deals(legacy, [legacy.oms.clock()], **key)
        await exchange.create_order(*MARKET)
        assert await filled() == 0.002
        add_deals(legacy, [legacy.oms.clock()], **key)
        assert (await exchange.cancel_order(order["id"]))["filled"] == 0.003
        proxy.requests.clear()
        exchange.options["reconcile"] = "never"
        await exchange.fetch_order(stays)
        assert "GET /oms/deals" in paths(proxy.requests)


async def test_twenty_bots_of_a_process_share_a_reconcile(legacy: Sandbox) -> None:
    """Exchanges of one account and key that read at the same time cause one."""
    async with wired(legacy) as (first, proxy), AsyncExitStack() as stack:
        config = {"apiKey": first.apiKey, "options": {"account_id": 2, "base_url": proxy.url}}
        bots = [await stack.enter_async_context(oms_ccxt_async.oms(config)) for _ in range(20)]
        await first.create_order("BTC/USDT", "limit", "buy", 0.001, 40_000)
        await asyncio.gather(*(bot.fetch_open_orders() for bot in bots))
        assert paths(proxy.requests).count(ASK) == 1


async def test_twenty_bots_in_threads_share_a_reconcile(legacy: Sandbox) -> None:
    """Those of the sync class, each with an event loop of its own, are bots of one process, too."""
    async with wired(legacy) as (first, proxy):
        config = {"apiKey": first.apiKey, "options": {"account_id": 2, "base_url": proxy.url}}
        bots = [sync.oms(config) for _ in range(20)]
        with ThreadPoolExecutor(20) as threads:
            everywhere = functools.partial(asyncio.get_running_loop().run_in_executor, threads)
            await asyncio.gather(*(everywhere(bot.load_markets) for bot in bots))
            await everywhere(bots[0].create_order, "BTC/USDT", "limit", "buy", 0.001, 40_000)
            proxy.requests.clear()
            held = proxy.plan(Delay("down", 0.5), on("POST", "/oms/reconcile"))
            await asyncio.gather(*(everywhere(bot.fetch_open_orders) for bot in bots))
            assert len(held.hits) == paths(proxy.requests).count(ASK) == 1
            order = await everywhere(bots[1].create_order, *MARKET)
            assert order["status"] == "closed"
            await asyncio.gather(*(everywhere(bot.close) for bot in bots))


async def test_a_loop_that_stops_holds_up_no_other(legacy: Sandbox) -> None:
    """A program that leaves its event loop in the middle of a reconcile does not keep other threads from theirs."""
    async with wired(legacy) as (exchange, proxy):
        config = {"apiKey": exchange.apiKey, "options": {"account_id": 2, "base_url": proxy.url, "reconcile": 100}}
        await exchange.create_order("BTC/USDT", "limit", "buy", 0.001, 40_000)
        stop = asyncio.Event()
        held = proxy.plan(Delay("up", stop), on("POST", "/oms/reconcile"))
        loop = asyncio.new_event_loop()

        def leave() -> oms_ccxt_async.oms:
            other = oms_ccxt_async.oms(config)
            loop.run_until_complete(other.fetch_open_orders())
            return other

        thread = ThreadPoolExecutor(1)
        elsewhere = functools.partial(asyncio.get_running_loop().run_in_executor, thread)
        other = await elsewhere(leave)
        assert held.hits
        assert other._rooms is not None
        assert other._rooms.reconciling._shared() is exchange._here.reconciling._shared()
        await exchange.fetch_open_orders()
        assert paths(proxy.requests).count(ASK) == 2
        stop.set()

        def come_back() -> None:
            loop.run_until_complete(other.close())
            loop.close()

        await elsewhere(come_back)
        thread.shutdown()
        assert (await exchange.create_order(*MARKET))["status"] == "closed"


async def test_bots_elsewhere_are_seen_by_the_status(legacy: Sandbox) -> None:
    """Of bots that share nothing but the OMS, and read within the interval, one has the account reconciled."""
    async with AsyncExitStack() as stack:
        bots = [await stack.enter_async_context(wired(legacy)) for _ in range(20)]
        for exchange, _ in bots:
            await exchange.create_order("BTC/USDT", "limit", "buy", 0.001, 40_000)
        for exchange, _ in bots:
            await exchange.fetch_open_orders()
        assert sum(paths(proxy.requests).count(ASK) for _, proxy in bots) == 1


async def test_bots_elsewhere_that_read_at_the_same_moment_learn_to_take_turns() -> None:
    """Twenty that find a stale account at once all ask the first time; from then on most let another one go first."""
    ahead = 0
    counts = []
    async with AsyncExitStack() as stack:
        oms = Sandbox(
            profile="legacy", volatility=0, clock=lambda: int(time.time() * 1000) + ahead, exchange_latency=100
        )
        sandbox = await stack.enter_async_context(oms)
        bots = [await stack.enter_async_context(wired(sandbox)) for _ in range(20)]
        for number, (exchange, _) in enumerate(bots):
            reconciling = exchange._here.reconciling
            reconciling._monotonic = lambda: time.monotonic() * 1000 + ahead
            reconciling._draw = random.Random(number).random
            reconciling.note(7, True)
        for _ in range(4):
            ahead += 60_000
            for _, proxy in bots:
                proxy.requests.clear()
            assert not any(await asyncio.gather(*(exchange.fetch_open_orders() for exchange, _ in bots)))
            await eventually(lambda: not any(bot._here.reconciling._shared()._running for bot, _ in bots))
            counts.append(sum(paths(proxy.requests).count(ASK) for _, proxy in bots))
    assert counts[0] == 20
    assert 1 <= counts[-1] <= 14, counts


async def test_a_slow_reconcile_holds_up_one_read_at_most(legacy: Sandbox) -> None:
    """While one is under way for longer than the interval, what is read comes without it; a market order that it comes
    too early for does not wait for one that the lane does not bear in time."""
    async with wired(legacy) as (exchange, proxy):
        order = await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 40_000)
        stop = asyncio.Event()
        held = proxy.plan(Delay("down", stop), on("POST", "/oms/reconcile"))
        began = time.monotonic()
        await exchange.fetch_order(order["id"])
        assert time.monotonic() - began >= 1.9
        began = time.monotonic()
        for _ in range(5):
            await exchange.fetch_order(order["id"])
        assert time.monotonic() - began < 1
        buying = asyncio.create_task(exchange.create_order(*MARKET))
        reconciling = exchange._here.reconciling
        reconciling._monotonic = lambda: time.monotonic() * 1000 + 10_000  # as if it had taken as long as this
        await eventually(lambda: paths(proxy.requests).count("POST /oms/commands") == 2)
        assert held.hits
        stop.set()
        assert (await asyncio.wait_for(buying, 5))["status"] == "open"
        assert paths(proxy.requests).count(ASK) == 1


async def test_an_oms_that_reconciles_by_itself_is_not_asked() -> None:
    """Its status shows it, and a market order waits for it."""
    async with (
        Sandbox(profile="legacy", volatility=0, reconcile=200) as sandbox,
        wired(sandbox) as (exchange, proxy),
    ):
        settle(sandbox)  # it has begun
        order = await exchange.create_order(*MARKET)
        assert order["status"] == "closed"
        await exchange.create_order("BTC/USDT", "limit", "buy", 0.001, 40_000)
        await exchange.fetch_open_orders()
        assert ASK not in paths(proxy.requests)


async def test_a_reconcile_that_fails_fails_nothing(legacy: Sandbox) -> None:
    """The order is told as the OMS has it, and the reads go on."""
    async with wired(legacy, retry={"attempts": 1}) as (exchange, proxy):
        proxy.plan(Reply(500, b"Internal Server Error"), on("POST", "/oms/reconcile"), times=None)
        order = await exchange.create_order(*MARKET)
        assert order["id"]
        assert len(await exchange.fetch_orders("BTC/USDT")) == 1


def answers(**more: Any) -> dict[str, Any]:
    empty = listed([])
    return {
        "GET /oms/orders/open": listed(order_rows(1)),
        "GET /oms/orders/history": empty,
        "GET /oms/deals": empty,
        **more,
    }


async def test_a_key_that_may_not_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """One warning, and the OMS is not asked again."""
    more: dict[str, Any] = {
        "GET /oms/reconcile/1/status": lambda _: {"items": []},
        ASK: lambda _: {"ok": True, "account_ids": [1], "triggered_count": 0},
    }
    async with fake_oms(answers(**more), reconcile=0) as (exchange, asked):
        for _ in range(3):
            await exchange.fetch_open_orders()
    assert asked.count(ASK) == 1
    assert sum("reconciled" in record.message for record in caplog.records) == 1


async def test_an_oms_without_the_endpoint_is_asked_once(caplog: pytest.LogCaptureFixture) -> None:
    """It is switched off without a warning."""
    async with fake_oms(answers(), reconcile=0) as (exchange, asked):
        for _ in range(3):
            assert len(await exchange.fetch_open_orders()) == 1
    assert sum("reconcile" in path for path in asked) == 1
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_it_is_kept_fresh_until_cancelled(legacy: Sandbox) -> None:
    """`keep` asks again and again while an order is open."""
    async with wired(legacy, reconcile=100) as (exchange, proxy):
        await exchange.create_order("BTC/USDT", "limit", "buy", 0.001, 40_000)
        keeping = asyncio.create_task(exchange._here.reconciling.keep())
        async with asyncio.timeout(10):
            while paths(proxy.requests).count(ASK) < 3:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        keeping.cancel()
        with pytest.raises(asyncio.CancelledError):
            await keeping


@pytest.mark.parametrize("reconcile", [None, 200], ids=["asked", "by itself"])
async def test_a_cancel_that_comes_too_late_finds_the_fill(reconcile: int | None) -> None:
    """An order that was filled after the last look is told as filled when the exchange has nothing to cancel."""
    async with (
        Sandbox(profile="legacy", volatility=0, reconcile=reconcile) as sandbox,
        wired(sandbox) as (exchange, _),
    ):
        order = await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 59_000)
        assert len(await exchange.fetch_open_orders()) == 1
        sandbox.oms.exchange.move("BTC/USDT", Decimal(58_000))
        await eventually(lambda: not sandbox.oms.exchange.open_orders(2))
        with pytest.raises(ccxt.OrderNotFound, match="filled already") as caught:
            await exchange.cancel_order(order["id"])
        assert (caught.value.order["status"], caught.value.order["filled"]) == ("closed", 0.01)
        assert (await exchange.fetch_order(order["id"]))["status"] == "closed"


@pytest.mark.parametrize("together", [False, True])
async def test_a_cancel_that_its_caller_gave_up_has_deals_read_again(legacy: Sandbox, together: bool) -> None:
    """The program does not know what was filled, and the next answer tells all that the OMS knows."""
    async with wired(legacy) as (exchange, proxy):
        order = await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 40_000)
        assert (await exchange.fetch_order(order["id"]))["filled"] == 0
        held = proxy.plan(Delay("down", asyncio.Event()), on("POST", "/oms/commands"))
        ending = exchange.cancel_orders([order["id"]]) if together else exchange.cancel_order(order["id"])
        canceling = asyncio.create_task(ending)
        await eventually(lambda: held.hits and held.hits[0].forwarded)
        canceling.cancel()
        await asyncio.wait([canceling])
        fill = {"account_id": 2, "order_id": int(order["id"]), "qty": Decimal("0.001"), "price": Decimal(40_000)}
        add_deals(legacy, [legacy.oms.clock()], **fill)
        assert (await exchange.fetch_order(order["id"]))["filled"] == 0.001
