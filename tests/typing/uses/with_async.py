"""Programs on `oms_ccxt_async.oms`. Checked, never run; a line with a mistake is marked `# wrong`."""

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import ccxt
import ccxt.async_support

import oms_ccxt_async
from oms_ccxt_async import Fate, OrderOutcomeUnknown, register, types
from oms_ccxt_async.sandbox import Sandbox


async def right_first_order() -> None:
    async with oms_ccxt_async.oms() as exchange:
        ticker = await exchange.fetch_ticker("BTC/USDT")
        order = await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, float(ticker["last"] or 0) * 0.99)
        order = await exchange.fetch_order(order["id"])
        print(order["id"], order["status"], order["filled"])
        await exchange.cancel_order(order["id"], "BTC/USDT", params={"reason": "done"})


async def right_config(key: str, options: dict[str, Any]) -> None:
    config: dict[str, Any] = {"apiKey": key, "timeout": 10_000}
    exchange = oms_ccxt_async.oms({**config, "options": {**options, "account_id": "7"}})
    exchange.verbose = True
    exchange.httpsProxy = "http://127.0.0.1:3128"
    exchange.options["strategy_id"] = "12"
    await exchange.close()


async def right_exact_amounts(exchange: oms_ccxt_async.oms) -> list[types.Order]:
    first = await exchange.create_order("BTC/USDT", "limit", "buy", "0.010", Decimal("50000.5"), {"postOnly": True})
    second = await exchange.create_limit_sell_order("BTC/USDT", 1, 60_000)
    third = await exchange.edit_order(first["id"], "BTC/USDT", "limit", "buy", Decimal("0.02"), "49000")
    return [first, second, third]


async def right_camel_case(exchange: oms_ccxt_async.oms) -> float:
    order = await exchange.createOrder("BTC/USDT", "market", "sell", 0.01)
    trades = await exchange.fetchMyTrades(since=exchange.milliseconds() - 60_000, limit=10)
    candles = await exchange.fetchOHLCV("BTC/USDT", "5m", limit=10)
    print(exchange.priceToPrecision("BTC/USDT", 1.5) + (order["clientOrderId"] or ""))
    return sum(float(trade["cost"] or 0) for trade in trades) + sum(float(candle[5]) for candle in candles)


async def right_error(exchange: oms_ccxt_async.oms) -> types.Order | None:
    try:
        return await exchange.create_order("BTC/USDT", "market", "buy", 0.01)
    except OrderOutcomeUnknown as error:
        print(error.client_order_id, error.fate is Fate.UNKNOWN, error.request["symbol"], error.status, error.attempts)
        print([order["status"] for order in error.orders])
        await error.resolve()
    except (ccxt.NetworkError, ccxt.ExchangeError) as error:
        print(type(error).__name__, error)
    return None


async def right_balance(exchange: oms_ccxt_async.oms) -> float:
    balance = await exchange.fetch_balance()
    print(balance["BTC"]["free"], balance["info"], balance["timestamp"], balance.get("ETH", {}).get("used"))
    return float(balance["free"]["USDT"] or 0) + float(balance["total"].get("BTC") or 0)


async def right_drop_in(exchange: oms_ccxt_async.oms) -> None:
    async def program(any_exchange: ccxt.async_support.Exchange) -> None:
        print(any_exchange.id)

    await program(exchange)


async def right_gather(exchange: oms_ccxt_async.oms) -> str:
    book, positions, markets = await asyncio.gather(
        exchange.fetch_order_book("BTC/USDT", 5), exchange.fetch_positions(["BTC/USDT:USDT"]), exchange.load_markets()
    )
    best = book["bids"][0][0] if book["bids"] else None
    print(best, [position["contracts"] for position in positions], markets["BTC/USDT"]["limits"]["amount"])
    return exchange.markets["BTC/USDT"]["base"] + exchange.market("BTC/USDT")["quote"]


async def right_own_methods(exchange: oms_ccxt_async.oms) -> None:
    closed = await exchange.close_position("BTC/USDT:USDT")
    both = await exchange.close_by("1", "2", amount=0.5)
    stopped = await exchange.set_position_stops("1", "50000", None)
    print(closed["id"], len(both), stopped["stopLossPrice"], await exchange.reconcile(), exchange.unknown_orders())
    for row in await exchange.recovered_orders():
        print(row["clientOrderId"])
    print((await exchange.omsGetOrdersOpen({"limit": 10}))["items"])


class RightOwnClass(oms_ccxt_async.oms):
    async def fetch_tickers(
        self, symbols: types.Strings = None, params: Mapping[str, Any] = {}
    ) -> dict[str, types.Ticker]:
        return {symbol: await self.fetch_ticker(symbol) for symbol in symbols or self.symbols}


async def right_sandbox() -> None:
    register()
    async with Sandbox() as sandbox:
        print(sandbox.config)


async def wrong_no_await(exchange: oms_ccxt_async.oms) -> None:
    print(exchange.fetch_ticker("BTC/USDT")["last"])  # wrong


async def wrong_forgotten_await(exchange: oms_ccxt_async.oms) -> None:
    exchange.cancel_order("1", "BTC/USDT")  # wrong


async def wrong_key(exchange: oms_ccxt_async.oms) -> None:
    order = await exchange.create_order("BTC/USDT", "market", "buy", 0.01)
    print(order["client_order_id"])  # wrong


async def wrong_attribute_of_an_error(exchange: oms_ccxt_async.oms) -> None:
    try:
        await exchange.create_orders([{"symbol": "BTC/USDT", "type": "market", "side": "buy", "amount": 1}])
    except OrderOutcomeUnknown as error:
        print(error.client_order)  # wrong
