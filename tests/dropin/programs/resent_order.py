"""A program that sends an order again when it hears nothing: it has one order."""

import ccxt

exchange = ccxt.oms({"timeout": 2000})
for _ in range(3):
    try:
        order = exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 30000)
        break
    except (ccxt.NetworkError, ccxt.ExchangeError):
        continue
assert order["status"] == "open"
assert [order["id"] for order in exchange.fetch_orders("BTC/USDT")] == [order["id"]]
