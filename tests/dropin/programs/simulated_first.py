"""Asks the exchange to check an order without placing it, and places it only then."""

# as: binance
# orders: ETH/USDT buy limit 0.5 at 2500 submitted
# last: open orders: 1
import ccxt

exchange = ccxt.binance({"apiKey": "key", "secret": "secret"})
arguments = "ETH/USDT", "limit", "buy", 0.5, 2500
exchange.create_order(*arguments, {"test": True})
print("checked, orders:", len(exchange.fetch_open_orders("ETH/USDT")))
order = exchange.create_order(*arguments)
print(order["status"], "orders:", len(exchange.fetch_open_orders("ETH/USDT")))
