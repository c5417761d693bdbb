"""Writes a week of candles to a file, backwards with `until`, and checks that none is missing."""

# as: okx
# last: 0 missing of 168
import asyncio
import csv

import ccxt.async_support as ccxt


async def main():
    exchange = ccxt.okx()
    timeframe, symbol = "1h", "BTC/USDT"
    step = exchange.parse_timeframe(timeframe) * 1000
    now = exchange.milliseconds() // step * step
    begin = now - 7 * 24 * step
    rows = {}
    since = begin
    while since < now:
        candles = await exchange.fetch_ohlcv(symbol, timeframe, since, 100)
        if not candles:
            break
        rows.update((candle[0], candle) for candle in candles)
        since = candles[-1][0] + step
    await exchange.close()
    with open("candles.csv", "w", newline="") as file:
        csv.writer(file).writerows(rows[key] for key in sorted(rows))
    missing = [t for t in range(begin, now, step) if t not in rows]
    print(f"{len(missing)} missing of {7 * 24}")


asyncio.run(main())
