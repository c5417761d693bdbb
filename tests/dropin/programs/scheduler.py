"""Does its work at every full step of the clock, for as many steps as it is told, and keeps a log."""

# as: okx
# args: 3
# orders: BTC/USDT buy limit 0.005 at 58000 submitted
# orders: BTC/USDT buy limit 0.005 at 58100 canceled
# orders: BTC/USDT buy limit 0.005 at 58200 canceled
# last: step 2 open 58000.0
import sys
import time

import ccxt

exchange = ccxt.okx({"apiKey": "k", "secret": "s", "password": "p"})
exchange.load_markets()
steps, period = int(sys.argv[1]), 0.1
order = None
for step in range(steps):
    time.sleep(period - time.time() % period)
    if order:
        exchange.cancel_order(order["id"], order["symbol"])
    last = exchange.fetch_ticker("BTC/USDT")["last"]
    order = exchange.create_limit_buy_order("BTC/USDT", 0.005, round(last * 0.97 - step * 100, 2))
    print("step", step, order["status"], order["price"])
