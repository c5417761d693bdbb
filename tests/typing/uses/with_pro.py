"""Programs on `oms_ccxt_pro.oms`. Checked, never run; a line with a mistake is marked `# wrong`."""

import asyncio
import warnings
from collections.abc import Mapping
from typing import Any

import ccxt
import ccxt.async_support

import oms_ccxt_async
import oms_ccxt_pro
from oms_ccxt_async import types
from oms_ccxt_pro import EventsLost


async def right_orders() -> None:
    async with oms_ccxt_pro.oms({"options": {"account_id": "7", "ws": {"readInterval": 500}}}) as exchange:
        while True:
            for order in await exchange.watch_orders():
                print(order["id"], order["status"], order["fee"])


async def right_fills(exchange: oms_ccxt_pro.oms) -> float:
    trades: list[types.Trade] = await exchange.watch_my_trades("BTC/USDT", since=None, limit=10)
    return sum(float(trade["amount"] or 0) * float(trade["price"] or 0) for trade in trades)


async def right_market_data(exchange: oms_ccxt_pro.oms) -> None:
    tickers = await exchange.watch_tickers(["BTC/USDT", "ETH/USDT"])
    book = await exchange.watchOrderBook("BTC/USDT", limit=5)
    print(tickers["BTC/USDT"]["bid"], book["asks"][0], (await exchange.watchOHLCV("BTC/USDT", "1m"))[-1][4])


async def right_order_entry(exchange: oms_ccxt_pro.oms) -> types.Order:
    order = await exchange.create_order_ws("BTC/USDT", "limit", "sell", "0.01", 70_000, {"timeInForce": "GTC"})
    return await exchange.cancelOrderWs(order["id"], "BTC/USDT")


async def right_deadline(exchange: oms_ccxt_pro.oms) -> None:
    try:
        positions = await asyncio.wait_for(exchange.watch_positions(), 5)
    except TimeoutError:
        return
    except ccxt.ExchangeClosedByUser:
        return
    print(positions[0]["unrealizedPnl"], await exchange.un_watch_positions())


async def right_tasks(exchange: oms_ccxt_pro.oms) -> None:
    orders = asyncio.create_task(exchange.watch_orders())
    balance = asyncio.ensure_future(exchange.watch_balance())
    await asyncio.wait([orders, balance])
    print(orders.result()[0]["id"], balance.result()["free"]["USDT"])


async def right_caches(exchange: oms_ccxt_pro.oms) -> None:
    print([order["id"] for order in exchange.orders or []], exchange.tickers["BTC/USDT"]["last"])
    print(exchange.stream_status()["state"], exchange.balance["total"])


async def right_async_class(exchange: oms_ccxt_pro.oms) -> None:
    async def program(one: oms_ccxt_async.oms, other: ccxt.async_support.Exchange) -> types.Ticker:
        print(other.id)
        return await one.fetch_ticker("BTC/USDT")

    await program(exchange, exchange)
    warnings.simplefilter("error", EventsLost)


class RightHook(oms_ccxt_pro.oms):
    async def watch_orders(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[types.Order]:
        return [order for order in await super().watch_orders(symbol, since, limit, params) if order["filled"]]

    def handle_message(self, client: Any, message: dict[str, Any]) -> None:
        print(message)
        super().handle_message(client, message)


async def wrong_one_order(exchange: oms_ccxt_pro.oms) -> None:
    order = await exchange.watch_orders()
    print(order["id"])  # wrong


async def wrong_keyword(exchange: oms_ccxt_pro.oms) -> None:
    await exchange.watch_orders(symbols=["BTC/USDT"])  # wrong


async def wrong_method(exchange: oms_ccxt_pro.oms) -> None:
    await exchange.watch_order_boook("BTC/USDT")  # wrong


async def wrong_loop(exchange: oms_ccxt_pro.oms) -> None:
    print([0 for _ in exchange.watch_my_trades()])  # wrong
