"""ccxt as it was written years ago: camelCase, `describe`, `id`, a loop over `orders`."""

# as: kraken
# orders: BTC/USDT sell limit 0.05 at 77000 submitted
# orders: LTC/BTC buy limit 20 at 0.0012598 canceled
# last: 1 order left
import os
import sys

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.append(root)

import ccxt  # noqa: E402

exchange = ccxt.kraken(
    {
        "apiKey": "key",
        "secret": "c2VjcmV0",
    }
)
exchange.loadMarkets(True)
print(exchange.id, exchange.name, len(exchange.symbols) > 8, "fetchBalance" in exchange.describe()["has"])
symbol = "LTC/BTC"
ticker = exchange.fetchTicker(symbol)
exchange.createLimitBuyOrder(symbol, 20, exchange.priceToPrecision(symbol, ticker["bid"] * 0.9))
exchange.createLimitSellOrder("BTC/USDT", 0.05, 77000, {})
for order in exchange.fetchOpenOrders():
    print(order["symbol"], order["side"], order["amount"], order["price"])
    if order["symbol"] == symbol:
        exchange.cancelOrder(order["id"], order["symbol"])
print(len(exchange.fetchOpenOrders()), "order left")
