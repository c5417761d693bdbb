"""The pro exchange against the real sandbox, through a proxy that breaks what it can."""

from __future__ import annotations

import asyncio
import random
from typing import Any, Literal

import pytest

import oms_ccxt_pro
from oms_ccxt_async.sandbox import Sandbox
from tests.faults.eventually import eventually
from tests.faults.ledger import Ledger
from tests.faults.proxy import FaultProxy

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
