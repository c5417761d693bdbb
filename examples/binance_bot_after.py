"""The bot of examples/binance_bot_before.py on an OMS: one line constructs its exchange, and `place` is what it says.

Run it with OMS_BASE_URL, OMS_API_KEY and OMS_ACCOUNT_ID set (`oms-ccxt sandbox` prints them).
"""

import os
import time

import ccxt

from oms_ccxt_async.sync import oms

SYMBOL = "BTC/USDT"
ROUNDS = int(os.environ.get("ROUNDS", "3"))

exchange = oms()
exchange.load_markets()


def place(side, amount, price):
    """A limit order. Rounding, names and the search for an order whose answer was lost are the driver's."""
    return exchange.create_order(SYMBOL, "limit", side, amount, price)


def wait_for(order):
    """Until it is filled, or has waited too long: then it is taken back. What it has filled."""
    for _ in range(20):
        order = exchange.fetch_order(order["id"], SYMBOL)
        if order["status"] == "closed":
            return order["filled"]
        time.sleep(0.1)
    try:
        exchange.cancel_order(order["id"], SYMBOL)
    except ccxt.OrderNotFound:
        pass  # it was filled meanwhile
    return exchange.fetch_order(order["id"], SYMBOL)["filled"]


for _ in range(ROUNDS):
    last = exchange.fetch_ticker(SYMBOL)["last"]
    bought = wait_for(place("buy", 0.01, last * 1.001))
    if bought:
        sold = wait_for(place("sell", bought, last * 0.999))
        print(f"bought {bought}, sold {sold}")
