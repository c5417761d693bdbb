"""Exchanges, symbols, timeframes: three loops in each other, all at once with gather."""

# as: binance, bybit
# last: 36 lists of {20}
import asyncio

import ccxt.async_support as ccxt


async def candles(exchange, symbol, timeframe):
    rows = await exchange.fetch_ohlcv(symbol, timeframe, limit=20)
    return exchange.id, symbol, timeframe, len(rows), rows[-1][4]


async def main():
    exchanges = [getattr(ccxt, name)({"enableRateLimit": True}) for name in ("binance", "bybit")]
    loops = []
    for exchange in exchanges:
        await exchange.load_markets()
        for symbol in [s for s in exchange.symbols if s.endswith("/USDT")]:
            for timeframe in ("1m", "15m", "1h"):
                loops.append(candles(exchange, symbol, timeframe))
    results = await asyncio.gather(*loops)
    for exchange in exchanges:
        await exchange.close()
    print(len(results), "lists of", {length for _, _, _, length, _ in results})


asyncio.run(main())
