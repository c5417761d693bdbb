"""A bot for options, on an account whose exchange has none."""

# as: binance
# refused: options["defaultType"] is "option", and the exchange behind OMS account 2 has no such markets
# exit: 1
import ccxt

exchange = ccxt.binance({"apiKey": "k", "secret": "s", "options": {"defaultType": "option"}})
exchange.load_markets()
exchange.create_order("ETH/USDT", "market", "buy", 0.1)
