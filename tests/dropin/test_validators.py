"""ccxt's own validators accept what the driver makes, of recorded rows and of a sandbox's, in each of its classes."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import ccxt.test.exchange.base as base
import pytest
import pytest_asyncio

import oms_ccxt_async
import oms_ccxt_pro
from oms_ccxt_async import sync
from oms_ccxt_async.mappers import MarketFacts
from oms_ccxt_async.mappers.order import unified_order
from oms_ccxt_async.mappers.position import unified_position
from oms_ccxt_async.mappers.trade import unified_trade
from oms_ccxt_async.sandbox import Sandbox
from tests.dropin.validators import (
    NAMES,
    SKIPS,
    STREAMS,
    Hurried,
    Kind,
    arguments,
    create_order_validator,
    trade,
    validator,
)

pytestmark = [pytest.mark.dropin, pytest.mark.asyncio(loop_scope="session")]

oms = oms_ccxt_async.oms
PROFILES = ["full", "legacy"]
CLASSES: dict[str, Any] = {"async": oms, "pro": oms_ccxt_pro.oms, "sync": sync.oms}
SPOT, SWAP, INVERSE = "BTC/USDT", "BTC/USDT:USDT", "BTC/USD:BTC"
RECORDED = json.loads(Path("tests/contract/rest.json").read_text())
LISTS: dict[str, list[dict[str, Any]]] = {
    kind: [
        row
        for call in RECORDED
        if call["request"]["path"].startswith(f"/oms/{kind}") and call["response"]["status"] == 200
        for row in call["response"]["body"]["items"]
    ]
    for kind in ("orders", "deals", "positions")
}
FACTS = MarketFacts(SPOT, spot=True, contract=False, inverse=False, contract_size=None)
SUPPORTED = {oms().un_camel_case(name) for name, has in oms_ccxt_pro.oms().has.items() if has}
CHECKED = [name for name in NAMES if name in {*SUPPORTED, "load_markets", "features", "after_construct"}]
WATCHED = [name for name in STREAMS if name in SUPPORTED and name.startswith("watch_")]


OF_SWAPS = (
    "fetch_funding_rate_history",
    "fetch_leverage_tiers",
    "fetch_margin_mode",
    "fetch_market_leverage_tiers",
    "fetch_open_interest_history",
)
OF_FUNDS = (
    "fetch_deposits",
    "fetch_ledger",
    "fetch_ledger_entry",
    "fetch_transaction_fees",
    "fetch_transfers",
    "fetch_withdrawals",
)
"""What the exchange behind the account answers itself, by what its validator asks for."""


async def done(function: Callable[..., Any], *args: Any) -> Any:
    """What a function answers that is awaited, or waits in a thread of its own."""
    return await (function(*args) if inspect.iscoroutinefunction(function) else asyncio.to_thread(function, *args))


def with_fills(exchange: Any) -> Callable[..., Any]:
    """Its `create_order` at a legacy OMS that looks for fills at once, not now and then."""
    create = exchange.create_order

    def blocking(*args: Any) -> Any:
        order = create(*args)
        exchange.reconcile()
        return exchange.fetch_order(order["id"])

    async def awaited(*args: Any) -> Any:
        order = await create(*args)
        await exchange.reconcile()
        return await exchange.fetch_order(order["id"])

    return blocking if isinstance(exchange, sync.oms) else awaited


def kind_of(exchange: Any) -> Kind:
    """Which validators of methods take an exchange."""
    return "sync" if isinstance(exchange, sync.oms) else "async"


@pytest.fixture(scope="module")
def offline() -> oms:
    """A driver that knows the recorded markets and never sends anything."""
    exchange = oms()
    [markets] = [call for call in RECORDED if call["name"] == "ccxt gateway: fetch_markets"]
    exchange.set_markets(markets["response"]["body"]["result"])
    return exchange


@pytest_asyncio.fixture(scope="module", loop_scope="session", params=itertools.product(PROFILES, CLASSES), ids="-".join)
async def traded(request: pytest.FixtureRequest) -> AsyncIterator[Any]:
    """An exchange of each class, of an account that has traded, on an OMS of each profile."""
    profile, kind = request.param
    async with Sandbox(profile=profile, volatility=1, reconcile=1000) as sandbox:
        async with oms(sandbox.config(account_id=2)) as trader:
            for symbol in (SPOT, SWAP):
                await trader.create_order(symbol, "market", "buy", 0.02)
                await trader.create_order(symbol, "limit", "buy", 0.01, 30_000)
                canceled = await trader.create_order(symbol, "limit", "buy", 0.01, 30_000)
                await trader.cancel_order(canceled["id"])
            await trader.reconcile()
        exchange = CLASSES[kind](sandbox.config(account_id=2))
        await done(exchange.load_markets)
        yield exchange
        await done(exchange.close)


async def test_recorded_orders(offline: oms) -> None:
    """Every recorded order, with its recorded deals, is a valid unified order."""
    deals = {row["id"]: row for row in LISTS["deals"]}.values()
    assert LISTS["orders"]
    for row in LISTS["orders"]:
        order = unified_order(row, market=FACTS, deals=[deal for deal in deals if deal["order_id"] == row["id"]])
        base.test_order(offline, {}, "fetchOrder", order, row["symbol"], offline.milliseconds())


async def test_recorded_deals(offline: oms) -> None:
    """Every recorded deal is a valid unified trade."""
    assert LISTS["deals"]
    for row in LISTS["deals"]:
        trade = unified_trade(row, market=FACTS)
        base.test_trade(offline, {}, "fetchMyTrades", trade, row["symbol"], offline.milliseconds(), False)


async def test_recorded_positions(offline: oms) -> None:
    """Every recorded position that is open is a valid unified position."""
    rows = [row for row in LISTS["positions"] if row["state"] != "closed"]
    assert rows
    for row in rows:
        position = unified_position(row, market=FACTS)
        skips = SKIPS["fetch_positions"]
        base.test_position(offline, skips, "fetchPositions", position, row["symbol"], offline.milliseconds())


@pytest.mark.parametrize("symbol", [SPOT, SWAP])
@pytest.mark.parametrize("name", CHECKED)
async def test_method(traded: Any, name: str, symbol: str) -> None:
    """What the method answers is as ccxt wants it from an exchange of its own."""
    check = validator(name, kind_of(traded))
    assert await done(check, traded, SKIPS.get(name, {}), *arguments(check, symbol, "USDT")) is not False


@pytest_asyncio.fixture(scope="module", loop_scope="session", params=itertools.product(PROFILES, CLASSES), ids="-".join)
async def binance(request: pytest.FixtureRequest) -> AsyncIterator[Any]:
    """The same of an account whose exchange can all that binance can; it has traded more, and moved money."""
    profile, kind = request.param
    async with Sandbox(profile=profile, exchange="binance", volatility=1) as sandbox:
        exchange = CLASSES[kind](sandbox.config(account_id=2))
        await done(exchange.load_markets)
        for symbol, amount in ((SPOT, 0.02), (SWAP, 0.02), ("ETH/BTC", 0.1), (INVERSE, 5)):
            await done(exchange.create_order, symbol, "market", "buy", amount)
        await done(exchange.transfer, "USDT", 10, "spot", "swap")
        yield exchange
        await done(exchange.close)


@pytest.mark.parametrize("symbol", [SWAP, INVERSE])
@pytest.mark.parametrize("name", OF_SWAPS)
async def test_read_of_swaps(binance: Any, name: str, symbol: str) -> None:
    """What the exchange tells of a swap, linear or inverse, is as ccxt wants it from an exchange of its own."""
    check = validator(name, kind_of(binance))
    assert await done(check, binance, SKIPS.get(name, {}), *arguments(check, symbol, "USDT")) is not False


@pytest.mark.parametrize("code", ["USDT", "BTC"])
@pytest.mark.parametrize("name", OF_FUNDS)
async def test_read_of_funds(binance: Any, name: str, code: str) -> None:
    """What it tells of an account's money is, too."""
    check = validator(name, kind_of(binance))
    assert await done(check, binance, SKIPS.get(name, {}), *arguments(check, SPOT, code)) is not False


@pytest.mark.parametrize("symbol", ["ETH/BTC", INVERSE])
@pytest.mark.parametrize("name", ["fetch_ticker", "fetch_tickers", "fetch_order_book", "fetch_trades", "fetch_ohlcv"])
async def test_market_data(binance: Any, name: str, symbol: str) -> None:
    """Market data of a market against BTC and of an inverse swap is, too."""
    check = validator(name, kind_of(binance))
    assert await done(check, binance, SKIPS.get(name, {}), *arguments(check, symbol, "BTC")) is not False


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("symbol", [SPOT, SWAP])
async def test_streams(profile: Any, symbol: str) -> None:
    """What the watch methods answer, all at once and while somebody trades, is as ccxt wants it."""
    # A legacy OMS opens a position for every fill, and of a symbol ccxt wants to see four at most.
    held = symbol if profile == "full" else "ETH/USDT"
    async with (
        Sandbox(profile=profile, volatility=1, reconcile=1000) as sandbox,
        oms(sandbox.config(account_id=2)) as trader,
        oms_ccxt_pro.oms(sandbox.config(account_id=2)) as exchange,
    ):
        await asyncio.gather(exchange.load_markets(), trader.create_order(held, "market", "buy", 0.02))
        await trader.reconcile()
        [position] = await trader.fetch_positions()
        async with asyncio.TaskGroup() as group, asyncio.timeout(20):
            trading = group.create_task(trade(trader, symbol, position["id"]))
            checking = []
            for name in WATCHED:
                check = validator(name, "streams")
                wanted = arguments(check, held if "position" in name else symbol, "USDT")
                checking.append(check(Hurried(exchange), SKIPS.get(name, {}), *wanted))
            assert False not in await asyncio.gather(*checking)
            trading.cancel()


@pytest.mark.parametrize("profile", PROFILES)
async def test_unwatched_stream(profile: Any) -> None:
    """A stream that is not watched any more can be watched again."""
    async with Sandbox(profile=profile, reconcile=1000) as sandbox:
        urls = {"urls": {"test": sandbox.url}}
        async with oms_ccxt_pro.oms({**sandbox.config(account_id=2), **urls}) as exchange, asyncio.timeout(20):
            assert await validator("un_watch_positions", "streams")(Hurried(exchange), {}, SWAP) is True


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("symbol", [SPOT, SWAP])
@pytest.mark.parametrize("kind", CLASSES)
async def test_funded(profile: Any, symbol: str, kind: str) -> None:
    """ccxt's trading scenarios go through: an order that rests and is canceled, one that is filled and sold again."""
    async with Sandbox(profile=profile, volatility=0, reconcile=1000) as sandbox:
        exchange = CLASSES[kind](sandbox.config(account_id=2))
        await done(exchange.load_markets)
        exchange.create_order = with_fills(exchange)
        assert await done(create_order_validator(kind_of(exchange)), exchange, {}, symbol) is True
        await done(exchange.close)
