"""Trigger orders are listed, read and canceled apart from the others."""

import ccxt

exchange = ccxt.oms()
last = exchange.fetch_ticker("BTC/USDT")["last"]
above, below = round(last * 1.2, 2), round(last * 0.8, 2)
resting_order = exchange.create_order("BTC/USDT", "limit", "buy", 0.1 + 0.2, below)
assert resting_order["amount"] == 0.3
waiting_order = exchange.create_order("BTC/USDT", "limit", "buy", 0.01, above, {"triggerPrice": above})
assert [order["id"] for order in exchange.fetch_open_orders("BTC/USDT", params={"trigger": True})] == [
    waiting_order["id"]
]
order = exchange.fetch_order(waiting_order["id"], "BTC/USDT", {"trigger": True})
assert order["triggerPrice"] == above
orders = exchange.cancel_all_orders("BTC/USDT", {"trigger": True})
assert [order["id"] for order in orders] == [waiting_order["id"]]
assert [order["id"] for order in exchange.fetch_open_orders("BTC/USDT")] == [resting_order["id"]]
assert exchange.create_order("BTC/USDT", "limit", "buy", 0.01, below, {"test": True})["id"] is None
assert len(exchange.cancel_all_orders("BTC/USDT")) == 1
