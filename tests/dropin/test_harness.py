"""ccxt's test program, which it runs on its own exchanges, runs on `ccxt.oms`."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from typing import Literal

import pytest

from oms_ccxt_async import oms
from oms_ccxt_async.sandbox import Sandbox
from tests.dropin.validators import trade

pytestmark = pytest.mark.dropin

TESTED = {
    "afterConstruct",
    "features",
    "fetchAccounts",
    "fetchBalance",
    "fetchClosedOrders",
    "fetchCurrencies",
    "fetchMyTrades",
    "fetchOHLCV",
    "fetchOpenOrders",
    "fetchOrderBook",
    "fetchOrders",
    "fetchStatus",
    "fetchTicker",
    "fetchTickers",
    "fetchTrades",
    "loadMarkets",
}


STREAMS = {
    "watchBalance",
    "watchMyTrades",
    "watchOHLCV",
    "watchOrderBook",
    "watchOrders",
    "watchPosition",
    "watchPositions",
    "watchTicker",
    "watchTickers",
    "watchTrades",
}


@pytest.mark.parametrize("kind", ["async", "sync"])
@pytest.mark.parametrize("profile", ["full", "legacy"])
@pytest.mark.parametrize("symbol", ["BTC/USDT", "BTC/USDT:USDT"])
async def test_harness(kind: str, profile: Literal["full", "legacy"], symbol: str) -> None:
    """The program finds nothing to complain of, and has tested every method that it has a test for."""
    async with (
        Sandbox(profile=profile, volatility=1, reconcile=1000) as sandbox,
        oms(sandbox.config(account_id=2)) as trader,
    ):
        await trader.create_order(symbol, "market", "buy", 0.02)
        await trader.create_order(symbol, "limit", "buy", 0.01, 30_000)
        await trader.reconcile()
        printed = await run(kind, symbol, sandbox)
    assert validated(printed) >= (TESTED if symbol == "BTC/USDT" else {*TESTED, "fetchPositions"} - {"fetchCurrencies"})


@pytest.mark.parametrize("symbol", ["BTC/USDT", "BTC/USDT:USDT"])
async def test_streams(symbol: str) -> None:
    """It finds nothing in what is watched either, while somebody trades."""
    async with Sandbox(volatility=1) as sandbox, oms(sandbox.config(account_id=2)) as trader:
        await trader.create_order(symbol, "market", "buy", 0.02)
        [position] = await trader.fetch_positions()
        async with asyncio.TaskGroup() as group:
            trading = group.create_task(trade(trader, symbol, position["id"]))
            printed = await run("pro", symbol, sandbox)
            trading.cancel()
    assert validated(printed) >= STREAMS


async def run(kind: str, symbol: str, sandbox: Sandbox) -> str:
    """What the program prints; it has not failed."""
    settings = {"OMS_BASE_URL": sandbox.url, "OMS_API_KEY": sandbox.keys["trader"], "OMS_ACCOUNT_ID": "2"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.dropin.harness", kind, symbol),
        env={**os.environ, **settings},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed = (await process.communicate())[0].decode()
    assert "TEST_FAILURE" not in printed, printed
    assert process.returncode == 0, printed
    return printed


def validated(printed: str) -> set[str]:
    """The methods that it says to have tested."""
    return set(re.findall(r"TESTING DONE\s+oms (\w+)", printed))
