"""Orders are changed in place, and canceled in every way."""

import ccxt

exchange = ccxt.oms()
ids = [exchange.create_limit_sell_order("ETH/USDT", 0.1, 9000 + step)["id"] for step in range(5)]
order = exchange.edit_limit_order(ids[0], "ETH/USDT", "sell", 0.2, 9500)
assert (order["id"], order["amount"], order["price"]) == (ids[0], 0.2, 9500)
order = exchange.edit_order(ids[1], "ETH/USDT", "limit", "sell", 0.1, 9600)
assert order["price"] == 9600
assert exchange.cancel_order(ids[0], "ETH/USDT")["status"] == "canceled"
assert exchange.cancelOrder(ids[0], "ETH/USDT")["status"] == "canceled"
assert [order["id"] for order in exchange.cancel_orders(ids[1:3], "ETH/USDT")] == ids[1:3]
assert [order["id"] for order in exchange.cancel_all_orders("ETH/USDT")] == ids[3:]
canceled = exchange.fetch_canceled_orders("ETH/USDT")
assert [order["id"] for order in canceled] == ids
try:
    exchange.cancel_order("987654321", "ETH/USDT")
    raise AssertionError("it was there")
except ccxt.OrderNotFound:
    pass
