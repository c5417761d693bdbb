"""Pairs trading of two swaps: when their ratio leaves its band one is bought and the other sold, until it is back."""

# as: bybit
# market: 4 reads: ETH/USDT:USDT 3090
# market: 2 fills: ETH/USDT:USDT 3000.6
# orders: BTC/USDT:USDT buy market 0.1 filled
# orders: BTC/USDT:USDT sell market 0.1 filled
# orders: ETH/USDT:USDT buy market 2 filled
# orders: ETH/USDT:USDT sell market 2 filled
# fills: BTC/USDT:USDT buy 0.1
# fills: BTC/USDT:USDT sell 0.1
# fills: ETH/USDT:USDT buy 2
# fills: ETH/USDT:USDT sell 2
# last: out
import asyncio
import statistics

import ccxt.async_support as ccxt

LONG, SHORT = "BTC/USDT:USDT", "ETH/USDT:USDT"


async def ratio(exchange):
    one, two = await asyncio.gather(exchange.fetch_ticker(LONG), exchange.fetch_ticker(SHORT))
    return two["last"] / one["last"]


async def main():
    exchange = ccxt.bybit({"apiKey": "k", "secret": "s", "options": {"defaultType": "linear"}})
    candles = await asyncio.gather(*[exchange.fetch_ohlcv(symbol, "1h", None, 48) for symbol in (LONG, SHORT)])
    history = [two[4] / one[4] for one, two in zip(*candles)]
    mean, deviation = statistics.mean(history), max(statistics.pstdev(history), 1e-4)
    while (await ratio(exchange) - mean) / deviation < 2:
        await asyncio.sleep(0.02)
    await asyncio.gather(
        exchange.create_order(SHORT, "market", "sell", 2), exchange.create_order(LONG, "market", "buy", 0.1)
    )
    print("in")
    while (await ratio(exchange) - mean) / deviation > 0.5:
        await asyncio.sleep(0.02)
    for symbol, side, amount in ((SHORT, "buy", 2), (LONG, "sell", 0.1)):
        await exchange.create_order(symbol, "market", side, amount, None, {"reduceOnly": True})
    await exchange.close()
    print("out")


asyncio.run(main())
