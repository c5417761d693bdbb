"""Gives its orders names in binance's words, finds them by these names, and is refused a name twice."""

# as: binance
# orders: BTC/USDT buy limit 0.01 at 50000 canceled
# last: canceled bot-7-entry
import ccxt

exchange = ccxt.binance({"apiKey": "key", "secret": "secret"})
symbol = "BTC/USDT"
order = exchange.create_order(symbol, "limit", "buy", 0.01, 50000, {"newClientOrderId": "bot-7-entry"})
found = exchange.fetch_order(None, symbol, {"origClientOrderId": "bot-7-entry"})
assert found["id"] == order["id"]
try:
    exchange.create_order(symbol, "limit", "buy", 0.02, 50000, {"newClientOrderId": "bot-7-entry"})
except ccxt.InvalidOrder as e:
    print("refused:", type(e).__name__)
exchange.cancel_order(None, symbol, {"origClientOrderId": "bot-7-entry"})
print(exchange.fetch_order(order["id"], symbol)["status"], found["clientOrderId"])
