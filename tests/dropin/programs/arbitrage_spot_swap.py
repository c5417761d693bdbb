"""Cash and carry between two symbols: buys the coin and sells the swap when the swap is dear, and back."""

# as: binance
# legacy: it counts its positions, and a legacy OMS makes one of every fill that it finds; the orders are the same
# market: 3 reads: BTC/USDT:USDT 60500
# market: 2 fills: BTC/USDT:USDT 60012
# orders: BTC/USDT buy market 0.1 filled
# orders: BTC/USDT sell market 0.1 filled
# orders: BTC/USDT:USDT buy market 0.1 filled
# orders: BTC/USDT:USDT sell market 0.1 filled
# fills: BTC/USDT buy 0.1
# fills: BTC/USDT sell 0.1
# fills: BTC/USDT:USDT buy 0.1
# fills: BTC/USDT:USDT sell 0.1
# last: out, 0 positions left
# legacy last: out, 2 positions left
import ccxt

exchange = ccxt.binance({"apiKey": "key", "secret": "secret"})
spot, swap, amount = "BTC/USDT", "BTC/USDT:USDT", 0.1
exchange.load_markets()


def basis():
    tickers = {symbol: exchange.fetch_ticker(symbol) for symbol in (spot, swap)}
    return (tickers[swap]["bid"] - tickers[spot]["ask"]) / tickers[spot]["ask"]


while basis() < 0.005:
    exchange.sleep(20)
exchange.create_order(spot, "market", "buy", amount)
exchange.create_order(swap, "market", "sell", amount)
print("in")
while basis() > 0.001:
    exchange.sleep(20)
exchange.create_order(spot, "market", "sell", amount)
exchange.create_order(swap, "market", "buy", amount, params={"reduceOnly": True})
print("out,", len(exchange.fetch_positions([swap])), "positions left")
