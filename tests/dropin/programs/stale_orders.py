"""Housekeeping: limit orders that are older than allowed, or too far from the price, are canceled."""

# as: kraken
# orders: ETH/USDT buy limit 0.2 at 1500 canceled
# orders: ETH/USDT buy limit 0.2 at 2700 canceled
# orders: ETH/USDT buy limit 0.2 at 2990 submitted
# last: left: [2990.0]
import time

import ccxt

kraken = ccxt.kraken({"apiKey": "key", "secret": "c2VjcmV0"})
symbol = "ETH/USDT"
for price in (2990, 2700, 1500):
    kraken.create_limit_buy_order(symbol, 0.2, price)
time.sleep(0.1)
last = kraken.fetch_ticker(symbol)["last"]
for order in kraken.fetch_open_orders(symbol):
    age = kraken.milliseconds() - order["timestamp"]
    if abs(order["price"] / last - 1) > 0.05 or age > 3600 * 1000:
        kraken.cancel_order(order["id"], symbol)
        print("canceled", order["amount"], "@", order["price"])
print("left:", [order["price"] for order in kraken.fetch_open_orders(symbol)])
