"""Programs that ask for exchanges that the OMS stands in for, of all three kinds, and the OMS that they reach."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urlsplit

import ccxt
import ccxt.async_support
import ccxt.pro
import pytest

from oms_ccxt_async import register, unregister
from oms_ccxt_async.dropin.accounts import CONFIG
from oms_ccxt_async.sandbox import Sandbox
from tests.faults.proxy import FaultProxy

IDS = ("binance", "kraken", "binanceusdm", "binancecoinm", "krakenfutures", "okx", "bybit", "bitget", "hyperliquid")
MODULES = [ccxt, ccxt.async_support, ccxt.pro]


@pytest.fixture
def standing_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Ours stands in for these, with no settings but a test's own."""
    for name in ("OMS_BASE_URL", "OMS_API_KEY", "OMS_ACCOUNT_ID", "OMS_STRATEGY_ID", CONFIG):
        monkeypatch.delenv(name, raising=False)
    for identity in IDS:
        register(identity)
    yield
    for identity in IDS:
        unregister(identity)


@pytest.fixture
async def proxy(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FaultProxy]:
    """An OMS whose accounts are on binance, named by the environment, and the proxy before it, which records."""
    async with Sandbox(exchange="binance", volatility=0) as sandbox:
        parts = urlsplit(sandbox.url)
        async with FaultProxy((str(parts.hostname), int(parts.port or 0))) as proxy:
            settings = {"BASE_URL": proxy.url, "API_KEY": sandbox.keys["trader"], "ACCOUNT_ID": "2"}
            for name, value in settings.items():
                monkeypatch.setenv(f"OMS_{name}", value)
            yield proxy


class Bot:
    """A program on an exchange of one of the three modules: its calls are awaited, or made in a thread."""

    def __init__(self, exchange: Any) -> None:
        self.exchange = exchange

    async def call(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method, whatever its class is."""
        if isinstance(self.exchange, ccxt.async_support.Exchange):
            result = getattr(self.exchange, method)(*args, **kwargs)
            return await result if inspect.isawaitable(result) else result
        return await asyncio.to_thread(getattr(self.exchange, method), *args, **kwargs)

    async def __aenter__(self) -> Bot:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.call("close")
