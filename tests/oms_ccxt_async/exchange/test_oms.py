"""The exchange as a whole: what it claims, what it passes on, how it is spelled."""

from __future__ import annotations

import asyncio
import inspect

import ccxt.async_support
import pytest

import oms_ccxt_async
from oms_ccxt_async.exchange.capabilities import OMS_METHODS
from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.wire import gateway
from tests.faults.eventually import eventually
from tests.faults.plan import Delay, on
from tests.oms_ccxt_async.support import paths, wired

pytestmark = pytest.mark.asyncio(loop_scope="session")

Base = ccxt.async_support.Exchange


async def test_what_it_has_is_there() -> None:
    """Every method that `has` claims for the OMS exists, in both spellings, and is not ccxt's refusal."""
    exchange = oms_ccxt_async.oms()
    for name in OMS_METHODS:
        snake = exchange.un_camel_case(name)
        assert callable(getattr(exchange, name)), name
        assert callable(getattr(exchange, snake)), snake


async def test_signatures_are_ccxts() -> None:
    """Every method takes ccxt's arguments, by ccxt's names and in ccxt's order."""
    for name, method in inspect.getmembers(oms_ccxt_async.oms, inspect.isfunction):
        base = getattr(Base, name, None)
        if name.startswith("_") or base is None or method is base or not name.islower():
            continue
        ours, theirs = (list(inspect.signature(each).parameters) for each in (method, base))
        assert ours[: len(theirs)] == theirs, name


async def test_every_other_read_goes_to_the_gateway(sandbox: Sandbox) -> None:
    """A unified method that is not the OMS's is one request to the gateway, with its arguments in ccxt's order."""
    async with wired(sandbox) as (exchange, proxy):
        book = await exchange.fetch_order_book("BTC/USDT", limit=3)
        candles = await exchange.fetchOHLCV("BTC/USDT", "1m", limit=2)
        assert len(book["bids"]) == 3
        assert len(candles) == 2
        assert isinstance(await exchange.fetch_time(), int)
        assert set(await exchange.fetch_tickers(["BTC/USDT"])) == {"BTC/USDT"}
        names = ["fetch_order_book", "fetch_ohlcv", "fetch_time", "fetch_tickers"]
        assert paths(proxy.requests) == [f"POST /ccxt/2/{name}" for name in names]


async def test_no_trading_method_is_passed_through() -> None:
    """Nothing that creates, changes, cancels or closes is among the methods that the gateway answers."""
    verbs = {"create", "cancel", "edit", "close"}
    trading = [name for name in gateway.PASSED_THROUGH if name.split("_")[0] in verbs and "address" not in name]
    assert trading == []


async def test_a_caller_that_gives_up_leaves_the_markets_to_the_others(sandbox: Sandbox) -> None:
    """One of two calls that wait for the markets is cancelled; the other has them."""
    async with wired(sandbox) as (exchange, proxy):
        go = asyncio.Event()
        held = proxy.plan(Delay("down", go), on("POST", "/ccxt/*"))
        callers = [asyncio.create_task(exchange.load_markets(True)) for _ in range(2)]
        await eventually(lambda: held.hits)
        callers[0].cancel()
        go.set()
        first, second = await asyncio.gather(*callers, return_exceptions=True)
        assert isinstance(first, asyncio.CancelledError)
        assert isinstance(second, dict)
        assert "BTC/USDT" in second
