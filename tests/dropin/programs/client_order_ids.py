"""An order is found, changed and canceled by the id that the program gave it."""
# legacy: a legacy OMS takes a client order id twice (fact 9)

import ccxt

exchange = ccxt.oms()
name = exchange.uuid22()
order = exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 30000, {"clientOrderId": name})
assert order["clientOrderId"] == name
assert exchange.fetch_order(None, "BTC/USDT", {"clientOrderId": name})["id"] == order["id"]
assert exchange.fetch_order_with_client_order_id(name, "BTC/USDT")["id"] == order["id"]
assert exchange.edit_order_with_client_order_id(name, "BTC/USDT", "limit", "buy", 0.01, 31000)["price"] == 31000
try:
    exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 30000, {"clientOrderId": name})
    raise AssertionError("it was taken twice")
except ccxt.DuplicateOrderId:
    pass
assert exchange.cancel_order_with_client_order_id(name, "BTC/USDT")["status"] == "canceled"
names = [exchange.uuid22(), exchange.uuid22()]
for each in names:
    exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 30000, {"clientOrderId": each})
assert len(exchange.cancel_orders([], "BTC/USDT", {"clientOrderIds": names})) == 2
assert exchange.fetch_open_orders() == []
