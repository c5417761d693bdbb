"""A trailing stop that the program keeps itself: it sells when the price has come down from its high."""

# as: binance
# market: 1 fills: BTC/USDT 61000
# market: 4 reads: BTC/USDT 62000
# market: 4 reads: BTC/USDT 60500
# orders: BTC/USDT buy market 0.05 filled
# orders: BTC/USDT sell market 0.05 filled
# fills: BTC/USDT buy 0.05
# fills: BTC/USDT sell 0.05
# last: profit 25.0
import time

import ccxt

exchange = ccxt.binance({"apiKey": "key", "secret": "secret"})
symbol, amount, trail = "BTC/USDT", 0.05, 0.02
entry = exchange.create_market_buy_order(symbol, amount)
high = entry["average"]
stop = high * (1 - trail)
while True:
    last = exchange.fetch_ticker(symbol)["last"]
    if last > high:
        high, stop = last, last * (1 - trail)
        print("stop moved to", exchange.price_to_precision(symbol, stop))
    elif last <= stop:
        order = exchange.create_market_sell_order(symbol, amount)
        break
    time.sleep(0.02)
print("profit", round(order["cost"] - entry["cost"], 1))
