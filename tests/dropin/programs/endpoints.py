"""Endpoints that ccxt has no method for, under their implicit names in both spellings."""
# legacy: a legacy OMS has no endpoint by ids

import ccxt

exchange = ccxt.oms()
order = exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 30000)
raw = exchange.omsGetOrdersIds({"ids": order["id"]})
assert [str(row["id"]) for row in raw["items"]] == [order["id"]]
raw = exchange.oms_get_orders_open({"account_ids": 2})
assert raw["items"][0]["symbol"] == order["symbol"]
raw = exchange.ccxtPostAccountIdFunc({"func": "fetch_time"})
assert abs(raw["result"] - exchange.milliseconds()) < 5000
exchange.omsPostCommands({"command": "cancel_order", "payload": {"order_id": int(order["id"])}})
assert exchange.fetch_order(order["id"])["status"] == "canceled"
