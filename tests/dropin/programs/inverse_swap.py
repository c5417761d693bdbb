"""The inverse swap: amounts are contracts of a hundred dollars, profit is in bitcoin."""

# as: bybit
# market: 1 fills: BTC/USD:BTC 61000
# orders: BTC/USD:BTC buy market 60 filled
# orders: BTC/USD:BTC sell market 60 filled
# fills: BTC/USD:BTC buy 60
# fills: BTC/USD:BTC sell 60
# last: 60 contracts, 0.001629 BTC
import ccxt

exchange = ccxt.bybit({"apiKey": "key", "secret": "secret"})
exchange.load_markets()
symbol = "BTC/USD:BTC"
market = exchange.market(symbol)
assert market["inverse"] and market["settle"] == "BTC"
contracts = int(6000 / market["contractSize"])
entry = exchange.create_order(symbol, "market", "buy", contracts)
while exchange.fetch_ticker(symbol)["last"] < 60500:
    exchange.sleep(20)
leave = exchange.create_order(symbol, "market", "sell", contracts, None, {"reduceOnly": True})
profit = contracts * market["contractSize"] * (1 / entry["average"] - 1 / leave["average"])
print(f"{contracts} contracts, {profit:.6f} BTC")
