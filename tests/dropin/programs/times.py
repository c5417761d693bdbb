"""Times are milliseconds in UTC, or ISO 8601, and go from one to the other."""

import ccxt

exchange = ccxt.oms()
start = exchange.milliseconds()
assert exchange.parse8601(exchange.iso8601(start)) == start
assert exchange.iso8601(1700000000000) == "2023-11-14T22:13:20.000Z"
assert exchange.parse8601("2023-11-14T22:13:20.000Z") == 1700000000000
assert exchange.parse_timeframe("5m") == 300
exchange.sleep(5)
assert exchange.milliseconds() - start >= 5
order = exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 30000)
assert exchange.parse8601(order["datetime"]) == order["timestamp"]
assert abs(order["timestamp"] - exchange.fetch_time()) < 5000
assert exchange.fetch_status()["status"] == "ok"
