"""Dollar cost averaging in ccxt's old spelling: so many dollars of each coin at the market, three times."""

# as: kraken
# orders: 3 BTC/USDT buy market 0.009999 filled
# orders: 3 ETH/USDT buy market 0.099999 filled
# fills: BTC/USDT buy 0.029997
# fills: ETH/USDT buy 0.299997
# positions: BTC/USDT long 0.029997
# positions: ETH/USDT long 0.299997
# last: holding 10.029997 BTC and 100.299997 ETH
import time

import ccxt

kraken = ccxt.kraken({"apiKey": "k", "secret": "cw=="})
kraken.loadMarkets()
for n in range(3):
    for coin, usd in (("BTC", 600), ("ETH", 300)):
        symbol = coin + "/USDT"
        price = kraken.fetchTicker(symbol)["ask"]
        amount = kraken.amountToPrecision(symbol, usd / price)
        order = kraken.createMarketBuyOrder(symbol, float(amount))
        print(kraken.iso8601(kraken.milliseconds()), order["side"], order["filled"], symbol, "@", order["average"])
    time.sleep(0.05)
total = kraken.fetchBalance()["total"]
print("holding", total["BTC"], "BTC and", total["ETH"], "ETH")
