"""An order at the OMS has an amount: one by cost is refused before it is sent, and its amount is easily found."""

import ccxt

exchange = ccxt.oms()
exchange.load_markets()
refused = 0
try:
    exchange.create_market_buy_order_with_cost("BTC/USDT", 500)
except ccxt.NotSupported:
    refused += 1
try:
    exchange.create_order("BTC/USDT", "market", "buy", 1, None, {"cost": 500})
except ccxt.NotSupported:
    refused += 1
assert refused == 2
assert not exchange.has["createMarketBuyOrderWithCost"]
assert exchange.fetch_orders("BTC/USDT") == []
ticker = exchange.fetch_ticker("BTC/USDT")
amount = exchange.amount_to_precision("BTC/USDT", 500 / ticker["ask"])
order = exchange.create_order("BTC/USDT", "market", "buy", amount)
assert order["amount"] == float(amount)
