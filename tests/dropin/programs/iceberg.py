"""An iceberg: only a small part of the order is shown, and the next one when that is filled."""

# as: kraken
# market: 1 open: SOL/USDT 145
# orders: 3 SOL/USDT buy limit 10 at 146.98 filled
# fills: SOL/USDT buy 30
# positions: SOL/USDT long 30
# last: filled 30.0 of 30.0
import ccxt

exchange = ccxt.kraken({"apiKey": "key", "secret": "c2VjcmV0", "enableRateLimit": False})
symbol, total, shown = "SOL/USDT", 30.0, 10.0
limit = exchange.price_to_precision(symbol, exchange.fetch_ticker(symbol)["bid"] * 0.98)
filled = 0.0
while filled < total:
    order = exchange.create_limit_buy_order(symbol, min(shown, total - filled), limit)
    while order["status"] == "open":
        exchange.sleep(15)
        order = exchange.fetch_order(order["id"], symbol)
    filled += order["filled"]
    print("filled", filled, "of", total)
