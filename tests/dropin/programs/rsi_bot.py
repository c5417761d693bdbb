"""The relative strength index of minute candles, without any library: buys oversold, sells overbought."""

# as: binance
# market: 3 reads: BTC/USDT 58000
# market: 1 fills: BTC/USDT 64000
# orders: BTC/USDT buy market 0.02 filled
# orders: BTC/USDT sell market 0.02 filled
# fills: BTC/USDT buy 0.02
# fills: BTC/USDT sell 0.02
# last: sold at rsi above 70
import time

import ccxt

binance = ccxt.binance({"apiKey": "key", "secret": "secret"})


def rsi(closes, period=14):
    changes = [b - a for a, b in zip(closes, closes[1:])][-period:]
    up, down = sum(c for c in changes if c > 0), -sum(c for c in changes if c < 0)
    return 50 if up + down == 0 else 100 * up / (up + down)


symbol, position = "BTC/USDT", 0
for n in range(400):
    candles = binance.fetch_ohlcv(symbol, "1m", limit=50)
    value = rsi([candle[4] for candle in candles])
    if value < 30 and not position:
        order = binance.create_order(symbol, "market", "buy", 0.02)
        position = order["filled"]
        print("bought at rsi below 30")
    elif value > 70 and position:
        order = binance.create_order(symbol, "market", "sell", position)
        print("sold at rsi above 70")
        break
    time.sleep(0.02)
