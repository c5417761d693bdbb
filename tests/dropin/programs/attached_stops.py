"""A position's stops come with its order; what the OMS cannot express is refused before anything is sent."""

import ccxt

exchange = ccxt.oms()
symbol = "BTC/USDT:USDT"
last = exchange.fetch_ticker(symbol)["last"]
low, high = (float(exchange.price_to_precision(symbol, last * part)) for part in (0.9, 1.1))
stops = {"stopLoss": {"triggerPrice": last * 0.9}, "takeProfit": {"triggerPrice": last * 1.1}}
order = exchange.create_order(symbol, "limit", "buy", 0.01, last * 0.95, stops)
assert (order["stopLossPrice"], order["takeProfitPrice"]) == (low, high)
order = exchange.create_order_with_take_profit_and_stop_loss(
    symbol, "limit", "buy", 0.01, last * 0.95, last * 1.1, last * 0.9
)
assert (order["stopLossPrice"], order["takeProfitPrice"]) == (low, high)
try:
    limit_stop = {"stopLoss": {"triggerPrice": last * 0.9, "type": "limit", "price": last * 0.89}}
    exchange.create_order(symbol, "limit", "buy", 0.01, last * 0.95, limit_stop)
    raise AssertionError("a limit order as stop was taken")
except ccxt.NotSupported:
    pass
assert len(exchange.fetch_orders(symbol)) == 2
