"""ccxt's test program, which it runs on its own exchanges, runs on `ccxt.oms`."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from typing import Literal

import pytest

import oms_ccxt_async
from oms_ccxt_async.sandbox import Sandbox

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


@pytest.mark.parametrize("kind", ["async", "sync"])
@pytest.mark.parametrize("profile", ["full", "legacy"])
@pytest.mark.parametrize("symbol", ["BTC/USDT", "BTC/USDT:USDT"])
async def test_harness(kind: str, profile: Literal["full", "legacy"], symbol: str) -> None:
    """The program finds nothing to complain of, and has tested every method that it has a test for."""
    async with Sandbox(profile=profile, volatility=1) as sandbox:
        async with oms_ccxt_async.oms(sandbox.config(account_id=2)) as exchange:
            await exchange.create_order(symbol, "market", "buy", 0.02)
            await exchange.create_order(symbol, "limit", "buy", 0.01, 30_000)
            await exchange.reconcile()
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
    tested = set(re.findall(r"TESTING DONE\s+oms (\w+)", printed))
    assert tested >= (TESTED if symbol == "BTC/USDT" else {*TESTED, "fetchPositions"} - {"fetchCurrencies"}), printed
