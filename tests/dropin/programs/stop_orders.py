"""Orders that wait for a price: stops, triggers, stop losses and take profits."""

import ccxt

exchange = ccxt.oms()
last = exchange.fetch_ticker("BTC/USDT")["last"]
below, above = round(last * 0.8, 2), round(last * 1.2, 2)
exchange.create_order("BTC/USDT", "market", "buy", 0.1)
orders = [
    exchange.create_order("BTC/USDT", "limit", "buy", 0.01, above, {"triggerPrice": above}),
    exchange.create_order("BTC/USDT", "market", "sell", 0.01, None, {"stopPrice": below}),
    exchange.create_trigger_order("BTC/USDT", "market", "buy", 0.01, None, above),
    exchange.create_stop_limit_order("BTC/USDT", "sell", 0.01, below, below),
    exchange.create_stop_market_order("BTC/USDT", "sell", 0.01, below),
]
assert [order["triggerPrice"] for order in orders] == [above, below, above, below, below]
loss_order = exchange.create_stop_loss_order("BTC/USDT", "market", "sell", 0.01, None, below)
profit_order = exchange.create_take_profit_order("BTC/USDT", "market", "sell", 0.01, None, above)
assert loss_order["stopLossPrice"] == below
assert profit_order["takeProfitPrice"] == above
assert {order["status"] for order in [*orders, loss_order, profit_order]} == {"open"}
assert len(exchange.cancel_all_orders("BTC/USDT")) == 7
