"""A triangle: dollars to bitcoin to ether to dollars, when a round pays more than its fees."""

# as: binance
# market: 6 reads: ETH/USDT 3100
# orders: BTC/USDT buy market 0.100204 filled
# orders: ETH/BTC buy market 2 filled
# orders: ETH/USDT sell market 2 filled
# fills: BTC/USDT buy 0.100204
# fills: ETH/BTC buy 2
# fills: ETH/USDT sell 2
# positions: BTC/USDT long 0.100204
# positions: ETH/BTC long 2
# positions: ETH/USDT short 2
# last: earned 188
import ccxt

binance = ccxt.binance({"apiKey": "key", "secret": "secret", "enableRateLimit": True})
binance.load_markets()
FEE = binance.markets["BTC/USDT"]["taker"] or 0.001


def best(symbol):
    book = binance.fetch_order_book(symbol, 5)
    return book["bids"][0][0], book["asks"][0][0]


for attempt in range(500):
    (_, btc), (_, eth_btc), (eth, _) = best("BTC/USDT"), best("ETH/BTC"), best("ETH/USDT")
    gain = eth / (btc * eth_btc) * (1 - FEE) ** 3 - 1
    if gain > 0.01:
        break
    binance.sleep(10)
else:
    raise SystemExit("no opportunity")
amount = float(binance.amount_to_precision("ETH/BTC", 2))
bitcoin = float(binance.amount_to_precision("BTC/USDT", amount * eth_btc * 1.002))
legs = [
    binance.create_market_buy_order("BTC/USDT", bitcoin),
    binance.create_market_buy_order("ETH/BTC", amount),
    binance.create_market_sell_order("ETH/USDT", amount),
]
assert all(leg["status"] == "closed" for leg in legs)
print("earned", round(legs[2]["cost"] - legs[0]["cost"]))
