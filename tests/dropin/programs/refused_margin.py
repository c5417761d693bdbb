"""A bot that buys on margin, which would be bought with the account's own money."""

# as: binance
# refused: options["defaultType"] is "margin", and orders of an OMS account in BTC/USDT are spot orders
# exit: 1
import ccxt

exchange = ccxt.binance(
    {"apiKey": "k", "secret": "s", "options": {"defaultType": "margin", "defaultMarginMode": "cross"}}
)
exchange.load_markets()
exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 50000)
