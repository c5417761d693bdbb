"""All orders since a moment, a page at a time, the next page from the last order on."""

import ccxt

exchange = ccxt.oms()
since = exchange.milliseconds() - 60_000
made = [exchange.create_limit_order("BTC/USDT", "buy", 0.01, 30000 + step)["id"] for step in range(7)]
found = {}
limit = 3
while since < exchange.milliseconds():
    orders = exchange.fetch_orders("BTC/USDT", since, limit)
    new = [order for order in orders if order["id"] not in found]
    if not new:
        limit *= 2
        if limit > 50:
            break
        continue
    found.update({order["id"]: order for order in new})
    since = orders[-1]["timestamp"]
assert list(found) == made
assert [order["price"] for order in found.values()] == [30000 + step for step in range(7)]
