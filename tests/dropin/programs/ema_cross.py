"""Two moving averages of closed candles, written by a class that is a bot."""

# as: bybit
# args: --symbol ETH/USDT --fast 5 --slow 20 --size 0.4 --steps 3
# orders: ETH/USDT buy market 0.4 filled
# fills: ETH/USDT buy 0.4
# positions: ETH/USDT long 0.4
# last: INFO nothing to do
import argparse
import logging
import sys

import ccxt

logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stdout)


class Bot:
    def __init__(self, args):
        self.args = args
        self.log = logging.getLogger("bot")
        self.exchange = ccxt.bybit({"apiKey": "key", "secret": "secret", "enableRateLimit": True})
        self.in_market = False

    @staticmethod
    def ema(values, span):
        result, k = values[0], 2 / (span + 1)
        for value in values[1:]:
            result = value * k + result * (1 - k)
        return result

    def signal(self):
        closes = [row[4] for row in self.exchange.fetch_ohlcv(self.args.symbol, "5m", limit=100)[:-1]]
        return self.ema(closes, self.args.fast) >= self.ema(closes, self.args.slow)

    def step(self):
        if self.signal() and not self.in_market:
            order = self.exchange.create_market_buy_order(self.args.symbol, self.args.size)
            self.in_market = True
            self.log.info("bought %s %s", order["filled"], order["symbol"])
        else:
            self.log.info("nothing to do")


parser = argparse.ArgumentParser()
parser.add_argument("--symbol")
for name, kind in (("fast", int), ("slow", int), ("size", float), ("steps", int)):
    parser.add_argument(f"--{name}", type=kind)
arguments = parser.parse_args()
bot = Bot(arguments)
for _ in range(arguments.steps):
    bot.step()
