"""Every call through a decorator that tries again with growing pauses."""

# as: okx
# orders: ETH/USDT sell limit 0.25 at 4500 submitted
# last: open 1
import functools
import time

import ccxt


def retry(times=8, pause=0.01):
    def decorate(function):
        @functools.wraps(function)
        def wrapped(*args, **kwargs):
            for n in range(times):
                try:
                    return function(*args, **kwargs)
                except (ccxt.DDoSProtection, ccxt.RequestTimeout, ccxt.ExchangeNotAvailable):
                    print("again in", pause * 2**n)
                    time.sleep(pause * 2**n)
            raise RuntimeError("given up")

        return wrapped

    return decorate


exchange = ccxt.okx({"apiKey": "k", "secret": "s", "password": "p"})
ticker = retry()(exchange.fetch_ticker)("ETH/USDT")
order = retry()(exchange.create_order)("ETH/USDT", "limit", "sell", 0.25, ticker["last"] * 1.5)
print(order["status"], len(exchange.fetch_open_orders("ETH/USDT")))
