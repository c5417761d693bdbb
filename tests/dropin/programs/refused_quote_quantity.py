"""Buys for a hundred dollars in binance's own word, quoteOrderQty, with an amount beside it."""

# as: binance
# refused: quoteOrderQty: the OMS takes the amount of an order, not its cost: divide it by a price
# exit: 1
import ccxt

exchange = ccxt.binance({"apiKey": "k", "secret": "s"})
exchange.load_markets()
exchange.create_order("BTC/USDT", "market", "buy", 0.01, None, {"quoteOrderQty": 100})
