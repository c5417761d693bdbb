"""A process for each coin, each with an exchange of its own."""

# as: kraken
# orders: ETH/USDT buy limit 1 at 1500 submitted
# orders: LTC/USDT buy limit 1 at 42 submitted
# orders: SOL/USDT buy limit 1 at 75 submitted
# last: SOL/USDT open
import multiprocessing

import ccxt


def trade(symbol):
    exchange = ccxt.kraken({"apiKey": "key", "secret": "c2VjcmV0"})
    order = exchange.create_limit_buy_order(symbol, 1, exchange.fetch_ticker(symbol)["last"] * 0.5)
    return symbol, order["status"]


if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:
        for symbol, status in pool.map(trade, ["ETH/USDT", "LTC/USDT", "SOL/USDT"]):
            print(symbol, status)
