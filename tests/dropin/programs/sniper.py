"""Immediate or cancel, fill or kill: takes what is offered at the price, or nothing."""

# as: binance
# legacy: it reads before a fill is found, and the OMS does not learn what the exchange has canceled
# orders: SOL/USDT buy limit 3 at 135.02 canceled
# orders: SOL/USDT buy limit 3 at 150.02 filled
# fills: SOL/USDT buy 3
# positions: SOL/USDT long 3
# legacy orders: SOL/USDT buy limit 3 at 135.02 submitted
# legacy orders: SOL/USDT buy limit 3 at 150.02 filled
# last: far away: 0.0
import ccxt

binance = ccxt.binance({"apiKey": "key", "secret": "secret"})
symbol = "SOL/USDT"
ask = binance.fetch_order_book(symbol, 10)["asks"][0]
order = binance.create_order(symbol, "limit", "buy", 3, ask[0], {"timeInForce": "FOK"})
print("all of it:", order["status"], order["filled"])
order = binance.create_order(symbol, "limit", "buy", 3, round(ask[0] * 0.9, 2), {"timeInForce": "IOC"})
if order["status"] == "open":
    order = binance.fetch_order(order["id"], symbol)
print("far away:", order["filled"])
