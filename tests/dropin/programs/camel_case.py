"""The other spelling of every name, and None where nothing is meant."""

import asyncio

import ccxt.async_support as ccxt


async def main():
    exchange = ccxt.oms()
    markets = await exchange.loadMarkets()
    assert sorted(markets) == exchange.symbols
    order = await exchange.createOrder("BTC/USDT", "limit", "buy", 0.01, 30000, None)
    assert (await exchange.fetchOrder(order["id"], None, None))["id"] == order["id"]
    orders = await exchange.fetchOpenOrders(None, None, None, None)
    assert [order["id"] for order in orders] == [order["id"]]
    assert (await exchange.fetchBalance(None))["USDT"]["used"] > 0
    assert (await exchange.cancelOrder(order["id"], None, None))["status"] == "canceled"
    assert exchange.priceToPrecision("BTC/USDT", 1.239) == "1.24"
    assert await exchange.fetchMyTrades(None, None, None, {}) == []
    await exchange.close()


asyncio.run(main())
