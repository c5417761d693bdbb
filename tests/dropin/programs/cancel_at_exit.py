"""Interrupted with Ctrl-C in the middle of its loop, a bot takes its orders back before it ends."""

# as: binance
# orders: BTC/USDT sell limit 0.01 at 66000 canceled
# orders: BTC/USDT sell limit 0.01 at 67000 canceled
# orders: BTC/USDT sell limit 0.01 at 68000 canceled
# last: took back 3 orders
import os
import signal
import threading
import time

import ccxt

exchange = ccxt.binance({"apiKey": "key", "secret": "secret"})
symbol = "BTC/USDT"
try:
    for n in range(3):
        exchange.create_limit_sell_order(symbol, 0.01, 66000 + n * 1000)
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
    while True:
        exchange.fetch_ticker(symbol)
        time.sleep(0.01)
except KeyboardInterrupt:
    print("interrupted")
finally:
    canceled = exchange.cancel_all_orders(symbol)
    print("took back", len(canceled), "orders")
