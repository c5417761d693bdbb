"""A program with another hostname."""

# as: bybit
# refused: this program points elsewhere (hostname 'bytick.com')
# sent: nothing
# exit: 1
import ccxt

exchange = ccxt.bybit({"apiKey": "k", "secret": "s", "hostname": "bytick.com"})
print(exchange.fetch_balance())
