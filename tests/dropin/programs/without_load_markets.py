"""Nobody loads the markets: the first read does, and amounts, prices and limits are the market's from then on."""

import ccxt

exchange = ccxt.oms()
symbol = "BTC/USDT"
ticker = exchange.fetch_ticker(symbol)
price = float(exchange.price_to_precision(symbol, ticker["bid"] * 0.9))
amount = float(exchange.amount_to_precision(symbol, 0.0123456789))
assert amount == 0.012345
market = exchange.market(symbol)
assert amount * price > market["limits"]["cost"]["min"]
order = exchange.create_order(symbol, "limit", "buy", amount, price)
assert (order["amount"], order["price"]) == (amount, price)
exchange.cancel_order(order["id"], symbol)
