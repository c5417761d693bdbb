"""Settings with a slip in them: the program is not started."""

# as: nothing
# for: binance
# settings: [[accounts]]
# settings: as = "binance"
# settings: account_id = 2
# refused: the file has no accounts; did you mean [[account]]?
# sent: nothing
# exit: 1
import ccxt

exchange = ccxt.binance({"apiKey": "k", "secret": "s"})
print(exchange.fetch_balance())
