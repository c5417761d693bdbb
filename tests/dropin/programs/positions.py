"""A swap position is opened, looked at, reduced and closed."""
# legacy: a legacy OMS books fills that it finds at the exchange as positions of their own

import ccxt

exchange = ccxt.oms()
symbol = "BTC/USDT:USDT"
if exchange.has["setLeverage"]:
    exchange.set_leverage(5, symbol)
exchange.create_order(symbol, "market", "buy", 0.03)
while not (positions := exchange.fetch_positions([symbol])):
    exchange.sleep(20)
[position] = positions
assert (position["side"], position["contracts"], position["symbol"]) == ("long", 0.03, symbol)
order = exchange.create_reduce_only_order(symbol, "market", "sell", 0.01)
assert order["reduceOnly"] is True
while (position := exchange.fetch_position(symbol))["contracts"] != 0.02:
    exchange.sleep(20)
order = exchange.create_order(symbol, "limit", "sell", 0.02, position["entryPrice"] * 1.2, {"reduceOnly": True})
exchange.cancel_order(order["id"], symbol)
exchange.close_position(symbol)
while exchange.fetch_positions([symbol], {"type": "swap"}):
    exchange.sleep(20)
assert exchange.fetch_position(symbol)["contracts"] == 0
