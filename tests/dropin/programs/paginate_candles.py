"""Candles from a day ago until now, page by page."""

from itertools import pairwise

import ccxt

exchange = ccxt.oms()
assert "1m" in exchange.timeframes
duration = exchange.parse_timeframe("1m") * 1000
now = exchange.milliseconds()
since = now - 300 * duration
candles = []
while since < now:
    page = exchange.fetch_ohlcv("BTC/USDT", "1m", since, 100)
    if not page:
        break
    candles += page
    since = candles[-1][0] + duration
assert 299 <= len(candles) <= 301
assert all(later[0] - earlier[0] == duration for earlier, later in pairwise(candles))
assert all(low <= open <= high and low <= close <= high for _, open, high, low, close, _ in candles)
