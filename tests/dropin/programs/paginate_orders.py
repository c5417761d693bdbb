"""All orders since a moment, a page at a time, the next page after the last order."""

import ccxt

exchange = ccxt.oms()
since = exchange.milliseconds() - 60_000
made = [exchange.create_limit_order("BTC/USDT", "buy", 0.01, 30000 + step)["id"] for step in range(7)]
found = []
while since < exchange.milliseconds():
    orders = exchange.fetch_orders("BTC/USDT", since, 3)
    if not orders:
        break
    found += orders
    since = orders[-1]["timestamp"] + 1
assert [order["id"] for order in found] == made
assert [order["price"] for order in found] == [30000 + step for step in range(7)]
