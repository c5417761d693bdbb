"""A key that no account of the settings is meant for."""

# as: binance
# settings: [[account]]
# settings: as = "binance"
# settings: account_id = 2
# settings: when = { apiKey = "the key of the first bot" }
# refused: no account stands in for binance with this apiKey
# sent: nothing
# exit: 1
import ccxt

exchange = ccxt.binance({"apiKey": "a key of somebody else", "secret": "s"})
exchange.create_limit_buy_order("BTC/USDT", 0.01, 50000)
