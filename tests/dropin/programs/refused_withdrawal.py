"""Withdraws what it has earned."""

# as: kraken
# refused: the exchange behind the account does not offer this
# exit: 1
import ccxt

exchange = ccxt.kraken({"apiKey": "k", "secret": "c2VjcmV0"})
exchange.withdraw("BTC", 0.1, "an address", {"key": "wallet"})
