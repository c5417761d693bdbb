"""Doubles a falling swap position twice, and takes the profit at the average of it all."""

# as: bybit
# market: 1 fills: SOL/USDT:USDT 147
# market: 2 fills: SOL/USDT:USDT 144
# market: 3 fills: SOL/USDT:USDT 148
# orders: 2 SOL/USDT:USDT buy market 4 filled
# orders: SOL/USDT:USDT buy market 8 filled
# orders: SOL/USDT:USDT sell market 16 filled
# fills: SOL/USDT:USDT buy 16
# fills: SOL/USDT:USDT sell 16
# last: closed 16.0 with profit: True
import time

import ccxt

exchange = ccxt.bybit({"apiKey": "key", "secret": "secret"})
exchange.options["defaultType"] = "swap"
symbol, size, step, target = "SOL/USDT:USDT", 4.0, 0.015, 0.005
bought, cost = 0.0, 0.0


def buy(amount):
    global bought, cost
    order = exchange.create_order(symbol, "market", "buy", amount)
    bought, cost = bought + order["filled"], cost + order["cost"]
    print("bought", order["filled"], "average", round(cost / bought, 2))
    return order["average"]


last_buy = buy(size)
while True:
    price = exchange.fetch_ticker(symbol)["bid"]
    if price < last_buy * (1 - step) and bought < 4 * size:
        last_buy = buy(bought)
    elif price > cost / bought * (1 + target):
        order = exchange.create_order(symbol, "market", "sell", bought, None, {"reduceOnly": True})
        break
    time.sleep(0.02)
print("closed", order["filled"], "with profit:", order["cost"] > cost)
