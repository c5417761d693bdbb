"""A bot for binance, as it is before it is moved to an OMS: it buys dips with a limit order, and sells at a profit.

    oms-ccxt run --as binance examples/binance_bot_before.py

runs it through the OMS as it is; examples/binance_bot_after.py is the same bot, moved.
"""

import os
import time

import ccxt

SYMBOL = "BTC/USDT"
ROUNDS = int(os.environ.get("ROUNDS", "3"))

exchange = ccxt.binance({"apiKey": os.environ.get("BINANCE_KEY"), "secret": os.environ.get("BINANCE_SECRET")})
exchange.load_markets()


def place(side, amount, price):
    """A limit order. When the answer is lost it looks whether the order exists before it sends another."""
    amount = exchange.amount_to_precision(SYMBOL, amount)
    price = exchange.price_to_precision(SYMBOL, price)
    name = f"dip-{exchange.milliseconds()}"
    for _ in range(3):
        try:
            return exchange.create_order(SYMBOL, "limit", side, amount, price, {"newClientOrderId": name})
        except ccxt.NetworkError:
            time.sleep(1)
            for order in exchange.fetch_open_orders(SYMBOL) + exchange.fetch_closed_orders(SYMBOL):
                if order["clientOrderId"] == name:
                    return order
    raise SystemExit("the order could not be placed")


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
