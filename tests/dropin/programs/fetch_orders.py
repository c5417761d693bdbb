"""Every list of orders, and what it holds."""

import ccxt

exchange = ccxt.oms()
start = exchange.milliseconds()
filled = exchange.create_order("BTC/USDT", "market", "buy", 0.01)["id"]
resting = exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 30000)["id"]
canceled = exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 30000)["id"]
exchange.cancel_order(canceled)
while exchange.fetch_order(filled)["status"] == "open":
    exchange.sleep(20)
assert [order["id"] for order in exchange.fetch_open_orders("BTC/USDT")] == [resting]
assert [order["id"] for order in exchange.fetch_closed_orders("BTC/USDT", start)] == [filled]
assert [order["id"] for order in exchange.fetch_canceled_orders("BTC/USDT")] == [canceled]
assert [order["id"] for order in exchange.fetch_canceled_and_closed_orders()] == [filled, canceled]
assert [order["id"] for order in exchange.fetch_orders(limit=2)] == [resting, canceled]
assert exchange.fetch_orders("ETH/USDT") == []
assert exchange.fetch_order_status(filled) == "closed"
[trade] = exchange.fetch_order_trades(filled, "BTC/USDT")
assert (trade["order"], trade["amount"]) == (filled, 0.01)
