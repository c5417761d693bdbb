"""Candles of several coins over sockets, one loop each, all in one gather."""

# as: bybit
# last: candles of 4 symbols
import asyncio

import ccxt.pro as ccxtpro


async def loop(exchange, symbol, timeframe, results):
    while symbol not in results:
        ohlcvs = await exchange.watch_ohlcv(symbol, timeframe)
        if ohlcvs and len(ohlcvs[-1]) == 6:
            results[symbol] = ohlcvs[-1]


async def main():
    exchange = ccxtpro.bybit({"newUpdates": False})
    results = {}
    symbols = ["BTC/USDT", "ETH/USDT", "SOL/USDT", "BTC/USDT:USDT"]
    await asyncio.gather(*[loop(exchange, symbol, "1m", results) for symbol in symbols])
    await exchange.close()
    print("candles of", len(results), "symbols")


asyncio.run(main())
