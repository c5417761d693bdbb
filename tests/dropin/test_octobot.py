"""What OctoBot-Trading 2.5 asks of an exchange, in its order and with its arguments.

It cannot be installed beside the driver: it wants an older ccxt, of which it imports what is not in later ones.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import ccxt
import ccxt.async_support
import ccxt.pro
import pytest

from oms_ccxt_async import register, unregister
from tests.faults.desk import COMMANDS, QUICK, Desk, desk
from tests.faults.eventually import eventually
from tests.faults.plan import Cut

pytestmark = pytest.mark.dropin

SYMBOL = "BTC/USDT"
WHICH: dict[str, Any] = {"symbol": SYMBOL, "since": None, "limit": None, "params": {}}


@pytest.fixture(params=["full", "legacy"])
async def oms(request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    """An OMS of each profile, with the OMS's classes in ccxt."""
    register()
    async with desk(request.param, reconcile=50) as made:
        yield made
    unregister()


def client(module: Any, oms: Desk) -> Any:
    """An exchange, constructed as it does that."""
    config = oms.sandbox.config(2)
    options = {"defaultType": "spot", "watchOrderBookLimit": 20, **QUICK, **config["options"]}
    made = getattr(module, "oms")(  # noqa: B009 - by name, as it does
        {
            "verbose": False,
            "enableRateLimit": True,
            "timeout": 20_000,
            "options": {**options, "base_url": oms.proxy.url},
            "headers": {},
            "timeout_on_exit": 0,
            "apiKey": config["apiKey"],
            "secret": "",
        }
    )
    made.aiohttp_trust_env = False
    made.check_required_credentials()
    made.logger.setLevel("INFO")
    return made


async def close(exchange: Any) -> None:
    """End an exchange, and forget what it knew, as it does that."""
    await exchange.close()
    exchange.markets, exchange.markets_by_id, exchange.ids, exchange.last_json_response = {}, {}, [], {}
    exchange.last_http_response, exchange.last_response_headers, exchange.markets_loading = "", {}, None
    exchange.currencies, exchange.currencies_by_id, exchange.codes, exchange.symbols = {}, {}, [], {}
    exchange.accounts, exchange.accounts_by_id, exchange.ohlcvs, exchange.trades, exchange.orderbooks = (
        [],
        {},
        {},
        {},
        {},
    )


async def load_markets(exchange: Any) -> None:
    """Load the spot markets alone, through a `fetch_markets` of its own on the instance."""
    fetch = exchange.fetch_markets

    async def filtered(*args: Any, **kwargs: Any) -> list[dict[str, Any]]:
        return [market for market in await fetch(*args, **kwargs) if market["spot"]]

    exchange.fetch_markets = filtered
    try:
        await exchange.load_markets(reload=True)
    finally:
        exchange.fetch_markets = fetch


def adapted(order: dict[str, Any]) -> dict[str, Any]:
    """What it takes of an order; a timestamp is in seconds to it."""
    names = ("id", "symbol", "type", "side", "status", "amount", "price", "filled", "cost")
    assert 1e9 < order["timestamp"] / 1000 < 1e10
    return {name: order[name] for name in names}


async def test_a_spot_session(oms: Desk) -> None:
    """Markets, balance, market data, orders and trades answer to its calls with what it reads from them."""
    exchange = client(ccxt.async_support, oms)
    await load_markets(exchange)
    assert set(exchange.symbols) >= {"BTC/USDT", "ETH/USDT"}
    assert "1m" in set(exchange.timeframes)
    assert json.dumps(exchange.urls.get("api")) == "null"
    cached = list(exchange.markets.values())
    balance = await exchange.fetch_balance(params={})
    for name in ("free", "used", "total", "info", "datetime", "timestamp"):
        balance.pop(name, None)
    assert all(currency.keys() == {"free", "used", "total"} for currency in balance.values())
    assert len(await exchange.fetch_ohlcv(SYMBOL, "1m", limit=3, since=None, params={})) == 3
    assert len((await exchange.fetch_order_book(SYMBOL, limit=5, params={}))["bids"]) == 5
    last = (await exchange.fetch_ticker(SYMBOL, params={}))["last"]
    assert SYMBOL in await exchange.fetch_tickers([SYMBOL], params={})
    bought = await exchange.create_order(SYMBOL, "market", "buy", 0.01, price=last, params=None)
    resting = adapted(await exchange.create_limit_buy_order(SYMBOL, 0.01, 30_000, params=None))
    assert (resting["type"], resting["status"], resting["filled"]) == ("limit", "open", 0)

    async def closed() -> bool:
        return bool((await exchange.fetch_order(bought["id"], SYMBOL, params={}))["status"] == "closed")

    await eventually(closed)
    filled = adapted(await exchange.fetch_order(bought["id"], SYMBOL, params={}))
    assert (filled["type"], filled["filled"]) == ("market", 0.01)
    assert filled["cost"] == pytest.approx(0.01 * filled["price"])
    edited = await exchange.edit_order(resting["id"], SYMBOL, "limit", "buy", 0.02, 31_000, None)
    assert (edited["id"], edited["symbol"], edited["amount"], edited["price"]) == (resting["id"], SYMBOL, 0.02, 31_000)
    stop = await exchange.create_order(SYMBOL, "market", "sell", 0.01, params={"stopLossPrice": 30_000})
    assert (stop["status"], stop["stopLossPrice"]) == ("open", 30_000)
    assert {order["id"] for order in await exchange.fetch_open_orders(**WHICH)} == {resting["id"], stop["id"]}
    for order in (resting, stop):
        await exchange.cancel_order(order["id"], symbol=SYMBOL, params={})
        assert (await exchange.fetch_order(order["id"], SYMBOL, params={}))["status"] == "canceled"
    for name, method in {"fetchOrders": "fetch_orders", "fetchCanceledOrders": "fetch_canceled_orders"}.items():
        assert exchange.has[name]
        assert {resting["id"], stop["id"]} <= {order["id"] for order in await getattr(exchange, method)(**WHICH)}
    [trade] = await exchange.fetch_my_trades(**WHICH)
    assert (trade["order"], trade["fee"]["currency"]) == (bought["id"], "USDT")
    await exchange.cancel_all_orders(symbol=SYMBOL, params={})
    await close(exchange)
    exchange.set_markets(market for market in cached)
    assert exchange.market(SYMBOL)["id"]
    assert (await exchange.fetch_order(bought["id"], SYMBOL, params={}))["id"] == bought["id"]
    await close(exchange)


async def test_what_it_takes_an_error_for(oms: Desk) -> None:
    """A refusal is of the kind that it looks for and no NetworkError; an order whose answer is lost is there."""
    exchange = client(ccxt.async_support, oms)
    await exchange.load_markets()
    with pytest.raises(ccxt.InsufficientFunds):
        await exchange.create_order(SYMBOL, "market", "buy", 900, price=60_000, params=None)
    with pytest.raises(ccxt.OrderNotFound):
        await exchange.fetch_order("999999", SYMBOL, params={})
    with pytest.raises(ccxt.NotSupported):
        await exchange.create_market_buy_order_with_cost(SYMBOL, 100, params=None)
    oms.proxy.plan(Cut("down", 0, "rst"), COMMANDS)
    order = await exchange.create_limit_sell_order(SYMBOL, 0.01, 90_000, params=None)
    assert [each["id"] for each in await exchange.fetch_open_orders(**WHICH)] == [order["id"]]
    await exchange.close()
    wrong = client(ccxt.async_support, oms)
    wrong.apiKey = "wrong"
    with pytest.raises(ccxt.AuthenticationError):
        await wrong.fetch_balance(params={})
    await close(wrong)


async def test_what_it_parses_itself(oms: Desk) -> None:
    """The parsers are there, take nothing for something, and the last answer can be asked for."""
    exchange = client(ccxt.async_support, oms)
    await exchange.load_markets()
    await exchange.load_time_difference()
    market = exchange.market("BTC/USDT:USDT")
    empty = exchange.parse_position({}, market=market)
    assert (empty["contracts"], empty["symbol"]) in [(None, market["symbol"]), (0, market["symbol"])]
    for parse in (exchange.parse_order, exchange.parse_trade):
        assert parse({})["info"] == {}
    assert exchange.parse_ohlcv([1, 2, 3, 4, 5, 6]) == [1, 2, 3, 4, 5, 6]
    assert exchange.calculate_fee(SYMBOL, "limit", "buy", 0.01, 50_000, "taker")["currency"] == "USDT"
    for name in ("last_response_headers", "last_json_response", "last_request_url"):
        assert hasattr(exchange, name)
    await close(exchange)


async def test_its_feeds(oms: Desk) -> None:
    """Its pro exchange feeds it, ends with an error that it knows when it is closed, and feeds it again after that."""
    exchange = client(ccxt.pro, oms)
    await exchange.load_markets()
    feeds = {name for name in ("watchTicker", "watchOHLCV", "watchBalance", "watchOrders") if exchange.has.get(name)}
    assert feeds == {"watchTicker", "watchOHLCV", "watchBalance", "watchOrders"}
    for _ in range(2):
        assert (await exchange.watchTicker(symbol=SYMBOL))["last"] > 0
        assert len((await exchange.watchOHLCV(symbol=SYMBOL, timeframe="1m"))[-1]) == 6
        waiting = asyncio.create_task(exchange.watchOrders(symbol=SYMBOL))
        await asyncio.sleep(0)
        await exchange.close()
        with pytest.raises(ccxt.ExchangeClosedByUser):
            await waiting
