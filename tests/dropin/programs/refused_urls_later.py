"""A program that moves the addresses after it has read the market."""

# as: okx
# refused: this program points elsewhere (urls["api"])
# exit: 1
import ccxt

exchange = ccxt.okx({"apiKey": "k", "secret": "s", "password": "p"})
print(exchange.fetch_ticker("BTC/USDT")["last"])
exchange.urls["api"]["rest"] = "https://my.proxy.example"
exchange.create_limit_buy_order("BTC/USDT", 0.01, 50000)
