"""A follower keeps a view as the OMS has it, whatever happens between them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import ccxt
import pytest

import oms_ccxt_pro
from oms_ccxt_async.instrumentation.hooks import get_hooks
from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.view import follow as follow_module
from oms_ccxt_async.view.follow import Follower, follow
from oms_ccxt_async.view.rows import order_of
from tests.faults.eventually import eventually
from tests.faults.plan import Cut, on
from tests.faults.proxy import FaultProxy
from tests.oms_ccxt_async.view.made import SPOT, SWAP


def now() -> int:
    """Epoch milliseconds."""
    return time.time_ns() // 1_000_000


@asynccontextmanager
async def followed(sandbox: Sandbox, url: str = "") -> AsyncIterator[Follower]:
    """A follower of account 2."""
    config = sandbox.config(2)
    if url:
        config["options"] |= {"base_url": url, "ws": {"backoff": 20, "backoffCap": 50}}
    async with follow(config, now=now) as follower:
        yield follower


@asynccontextmanager
async def trading(sandbox: Sandbox) -> AsyncIterator[Any]:
    """A bot's exchange on the same account."""
    async with oms_ccxt_pro.oms(sandbox.config(2, 1)) as bot:
        await bot.load_markets()
        yield bot


@pytest.mark.parametrize("profile", ["full", "legacy"])
async def test_what_a_bot_does_is_seen(profile: Any) -> None:
    """Orders and fills of before and of now, the position, balance, price, book and candles are there, each once."""
    async with Sandbox(profile=profile, volatility=0) as sandbox, trading(sandbox) as bot:
        await bot.create_order(SWAP, "market", "buy", 0.01)
        await bot.create_order(SWAP, "limit", "buy", 0.01, 1_000)
        async with followed(sandbox) as follower:
            view = follower.view
            await eventually(lambda: len(view.fills) == 1 and len(view.open_orders()) == 1, 15)
            await eventually(lambda: view.candles.bars and view.book[0] and view.balances, 15)
            await bot.create_order(SWAP, "market", "buy", 0.02)
            await eventually(lambda: len(view.fills) == 2, 15)
            await eventually(lambda: sum(row[0].contracts for row in view.held()) == Decimal("0.03"), 15)
            assert view.label == "paper-netting"
            assert view.strategies == {"1": "alpha", "2": "beta"}
            assert view.candles.symbol == SWAP
            assert view.health(now()).level == "good"
            follower.chart(SPOT, "1m")
            await eventually(lambda: view.candles.symbol == SPOT and len(view.candles.bars) > 100, 15)
            await eventually(lambda: view.equity and view.equity[-1][1] > 1_000_000, 15)


async def test_profit_is_what_the_bot_made() -> None:
    """Two fills while the view looks: the profit is the market's move on what is held, less the fees."""
    async with Sandbox(volatility=0) as sandbox, trading(sandbox) as bot, followed(sandbox) as follower:
        view = follower.view
        await eventually(lambda: view.health(now()).level == "good" and view.symbols() == [], 15)
        order = await bot.create_order(SWAP, "market", "buy", 1)
        bought = Decimal(str(order["average"]))
        sandbox.move(SWAP, 70_000)
        await eventually(lambda: SWAP in view.prices and view.prices[SWAP].last > 69_000 and view.counted, 15)
        fees = view.session.fees()["USDT"]
        assert fees == bought / 1000
        assert view.gained().amount == view.prices[SWAP].last - bought - fees


async def test_a_cut_connection_is_seen_and_heals() -> None:
    """While the OMS cannot be reached the verdict is bad; what happened meanwhile is there when it is back."""
    async with Sandbox(volatility=0) as sandbox, trading(sandbox) as bot:
        parts = urlsplit(sandbox.url)
        upstream = str(parts.hostname), int(parts.port or 0)
        async with FaultProxy(upstream) as proxy, followed(sandbox, proxy.url) as follower:
            view = follower.view
            await eventually(lambda: view.health(now()).level == "good", 15)
            with proxy.refusing():
                await proxy.close_connections()
                await eventually(lambda: view.health(now()).title == "Connection lost", 15)
                await bot.create_order(SWAP, "market", "buy", 0.01)
            await eventually(lambda: view.health(now()).level == "good" and len(view.fills) == 1, 15)
            texts = [line.text for line in view.feed]
            assert any(text.startswith("the connection is down") for text in texts)
            assert texts.count("the connection is live") == 2


async def test_what_the_driver_does_for_an_order_is_its_life() -> None:
    """Orders that are sent in this process have their requests in their timelines."""
    async with Sandbox(volatility=0) as sandbox, followed(sandbox) as follower:
        await follower.exchange.load_markets()
        order = await follower.exchange.create_order(SWAP, "limit", "buy", 0.01, 1_000, {"strategy_id": 1})
        view = follower.view
        await eventually(lambda: order["id"] in view.orders, 15)
        whats = [stage.what for stage in view.lives.of(view.orders[order["id"]])]
        assert sorted(whats) == ["accepted", "sent", "taken by the OMS"]


@pytest.mark.parametrize(("profile", "then"), [("legacy", "looked for"), ("full", "sent again")])
async def test_a_lost_answer_is_in_the_life(profile: Any, then: str) -> None:
    """What the driver does about an answer that was lost stands in the order's timeline, until it is found."""
    async with Sandbox(profile=profile, volatility=0) as sandbox:
        parts = urlsplit(sandbox.url)
        async with (
            FaultProxy((str(parts.hostname), int(parts.port or 0))) as proxy,
            followed(sandbox, proxy.url) as follower,
        ):
            await follower.exchange.load_markets()
            proxy.plan(Cut("down", 0), on("POST", "/oms/commands"))
            order = await follower.exchange.create_order(SWAP, "limit", "buy", 0.01, 1_000, {"strategy_id": 1})
            view = follower.view
            await eventually(lambda: order["id"] in view.orders, 15)
            whats = [stage.what for stage in view.lives.of(view.orders[order["id"]])]
            at = [whats.index(what) for what in ("sent", "answer lost", then, "found")]
            assert at == sorted(at), whats
            assert "taken by the OMS" in whats


async def test_what_cannot_be_read_is_said_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row that makes no sense, once: the part that met it is named, and goes on."""
    monkeypatch.setattr(follow_module, "PAUSE", 0.01)
    broken = [True]

    def breaks(row: Any) -> Any:
        if broken:
            broken.pop()
            raise KeyError("nonsense")
        return order_of(row)

    monkeypatch.setattr(follow_module, "order_of", breaks)
    async with Sandbox(volatility=0) as sandbox, trading(sandbox) as bot, followed(sandbox) as follower:
        view = follower.view
        await eventually(lambda: view.health(now()).level == "good", 15)
        await bot.create_order(SWAP, "limit", "buy", 0.01, 1_000)
        await eventually(lambda: any("nonsense" in line.text for line in view.feed), 15)
        await bot.create_order(SWAP, "limit", "buy", 0.01, 1_001)
        await eventually(lambda: len(view.open_orders()) >= 1 and not view.failures, 15)


async def test_what_the_oms_does_not_have_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part that failed while the OMS was away, and that the OMS turns out not to have, is not a failure for ever."""
    monkeypatch.setattr(follow_module, "PAUSE", 0.01)
    answers = [ccxt.NetworkError("away"), ccxt.NotSupported("no such endpoint")]

    async def status(_: Any) -> Any:
        raise answers.pop(0)

    async with Sandbox(volatility=0) as sandbox, followed(sandbox) as follower:
        monkeypatch.setattr(follower.exchange, "oms_get_reconcile_account_id_status", status)
        await eventually(lambda: not answers and not follower.view.failures, 15)
        assert follower.view.health(now()).level != "care"


async def test_a_figure_that_cannot_be_made_does_not_end_the_view(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong when the driver's own state is taken is said, and the next look is taken."""
    monkeypatch.setattr(follow_module, "PAUSE", 0.01)
    async with Sandbox(volatility=0) as sandbox, followed(sandbox) as follower:
        view, broken = follower.view, [True]
        measure = view.measure

        def breaks(at: int) -> None:
            if broken:
                broken.pop()
                raise ZeroDivisionError("nonsense")
            measure(at)

        monkeypatch.setattr(view, "measure", breaks)
        await eventually(lambda: any("nonsense" in line.text for line in view.feed), 15)
        await eventually(lambda: view.health(now()).level == "good" and not view.failures, 15)
        before = len(view.equity)
        await eventually(lambda: len(view.equity) > before, 15)


async def test_stopping_leaves_nothing() -> None:
    """After `stop` no task and no hook of it is left."""
    before = get_hooks()
    tasks = asyncio.all_tasks()
    async with Sandbox(volatility=0) as sandbox:
        async with followed(sandbox) as follower:
            await eventually(lambda: follower.view.health(now()).level == "good", 15)
        assert get_hooks() == before
        names = [task.get_coro().__qualname__ for task in asyncio.all_tasks() - tasks]  # type: ignore[union-attr]
        assert not [name for name in names if name.startswith("Follower")]
