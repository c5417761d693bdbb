"""binance's own words for stops: STOP_LOSS_LIMIT with stopPrice; the stop is triggered as the price falls."""

# as: binance
# market: 1 open: BTC/USDT 56900
# orders: BTC/USDT buy market 0.02 filled
# orders: BTC/USDT sell stop_loss_limit 0.02 at 56430.02 filled
# fills: BTC/USDT buy 0.02
# fills: BTC/USDT sell 0.02
# last: stopped out: closed 0.02
import time

import ccxt

exchange = ccxt.binance({"apiKey": "key", "secret": "secret"})
symbol, amount = "BTC/USDT", 0.02
entry = exchange.create_order(symbol, "market", "buy", amount)
stop_price = float(exchange.price_to_precision(symbol, entry["average"] * 0.95))
limit = float(exchange.price_to_precision(symbol, stop_price * 0.99))
stop = exchange.create_order(symbol, "STOP_LOSS_LIMIT", "sell", amount, limit, {"stopPrice": stop_price})
print("stop at", stop["stopPrice"], stop["status"])
while stop["status"] == "open":
    time.sleep(0.02)
    stop = exchange.fetch_order(stop["id"], symbol)
print("stopped out:", stop["status"], stop["filled"])
