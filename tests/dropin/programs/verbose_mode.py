"""Verbose mode shows requests and answers while somebody looks for an error, and is off again after it."""

# as: kraken
# orders: BTC/USDT sell limit 0.01 at 90000 canceled
# last: done 20
import ccxt

exchange = ccxt.kraken({"apiKey": "my kraken key", "secret": "c2VjcmV0"})
exchange.load_markets()
exchange.verbose = True
order = exchange.create_order("BTC/USDT", "limit", "sell", 0.01, 90000)
exchange.verbose = False
print("last json:", type(exchange.last_json_response).__name__)
exchange.cancel_order(order["id"], "BTC/USDT")
print("done", exchange.iso8601(order["timestamp"])[:2])
