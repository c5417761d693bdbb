"""The exchange as a whole: what it claims, what it passes on, how it is spelled."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import ccxt.async_support
import pytest

import oms_ccxt_async
from oms_ccxt_async.exchange.capabilities import OMS_METHODS
from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.wire import gateway
from tests.faults.eventually import eventually
from tests.faults.plan import Delay, Reply, on
from tests.faults.proxy import FaultProxy
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


@asynccontextmanager
async def fresh(sandbox: Sandbox) -> AsyncIterator[tuple[oms_ccxt_async.oms, FaultProxy]]:
    """A driver that has asked for nothing yet, and the proxy between it and the sandbox."""
    async with wired(sandbox) as (_, proxy):
        config = {**sandbox.config(2), "verify": False}
        config["options"]["base_url"] = proxy.url
        async with oms_ccxt_async.oms(config) as exchange:
            yield exchange, proxy


READS: list[tuple[str, tuple[Any, ...]]] = [
    ("fetch_ticker", ("BTC/USDT",)),
    ("fetch_ohlcv", ("BTC/USDT",)),
    ("fetch_leverage", ("BTC/USDT:USDT",)),
    ("set_leverage", (2, "BTC/USDT:USDT")),
    ("fetch_balance", ()),
    ("fetch_open_orders", ()),
    ("fetch_orders", ()),
    ("fetch_my_trades", ()),
    ("fetch_positions", ()),
    ("fetch_positions_history", ()),
]


@pytest.mark.parametrize(("name", "args"), READS)
async def test_markets_are_loaded_first(sandbox: Sandbox, name: str, args: tuple[Any, ...]) -> None:
    """After any read, what is asked of the markets is there, as with ccxt's classes; calls at once load them once."""
    async with fresh(sandbox) as (exchange, proxy):
        await asyncio.gather(*(getattr(exchange, name)(*args) for _ in range(3)))
        assert exchange.amount_to_precision("BTC/USDT", 0.12345678) == "0.123456"
        await getattr(exchange, name)(*args)
        assert paths(proxy.requests).count("POST /ccxt/2/fetch_markets") == 1


@pytest.mark.parametrize("name", ["fetch_time", "fetch_status", "fetch_currencies", "fetch_markets", "fetch_accounts"])
async def test_reads_that_need_no_markets(sandbox: Sandbox, name: str) -> None:
    """What ccxt's classes answer without markets does not wait for them."""
    async with fresh(sandbox) as (exchange, proxy):
        await getattr(exchange, name)()
        assert not exchange.markets
        loads = paths(proxy.requests).count("POST /ccxt/2/fetch_markets")
        assert loads == (name == "fetch_markets")


@pytest.mark.parametrize(("name", "args"), READS)
async def test_markets_that_did_not_come(sandbox: Sandbox, name: str, args: tuple[Any, ...]) -> None:
    """Everyone who waits for a load that fails is told why, and the next call loads them anew."""
    async with fresh(sandbox) as (exchange, proxy):
        said = b'{"detail":{"code":"permission_denied","message":"permission_denied"}}'
        failed = proxy.plan(Reply(403, said), on("POST", "/ccxt/2/fetch_markets"))
        calls = [asyncio.create_task(getattr(exchange, name)(*args)) for _ in range(3)]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert all(isinstance(outcome, ccxt.ExchangeError) for outcome in outcomes)
        assert len(failed.hits) == 1
        await getattr(exchange, name)(*args)
        assert "BTC/USDT" in exchange.markets
