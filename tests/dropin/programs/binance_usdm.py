"""A bot for the class `binanceusdm`, which knows no spot markets."""

# as: binanceusdm
# legacy: it takes a swap to have one position; a legacy OMS makes one of every fill that it finds
# orders: ETH/USDT:USDT buy market 0.2 filled
# orders: ETH/USDT:USDT sell market 0.6 filled
# fills: ETH/USDT:USDT buy 0.2
# fills: ETH/USDT:USDT sell 0.6
# positions: ETH/USDT:USDT short 0.4
# legacy exit: 1
# last: binanceusdm 3 markets, short closed
# legacy last: ValueError: too many values to unpack (expected 1)
import asyncio

import ccxt.async_support as ccxt


async def main():
    exchange = ccxt.binanceusdm({"apiKey": "key", "secret": "secret"})
    markets = await exchange.load_markets()
    assert all(market["linear"] for market in markets.values())
    symbol = "ETH/USDT:USDT"
    await exchange.set_margin_mode("isolated", symbol)
    await exchange.set_leverage(5, symbol)
    try:
        await exchange.create_order(symbol, "market", "sell", 0.6)
        order = await exchange.create_order(symbol, "market", "buy", 0.2, None, {"reduceOnly": True})
        [position] = await exchange.fetch_positions([symbol])
        print(exchange.id, len(markets), "markets,", position["side"], order["status"])
    finally:
        await exchange.close()


asyncio.run(main())
