"""While the network is bad: try again, as ccxt's manual says, until it is good."""

import ccxt

exchange = ccxt.oms({"timeout": 2000})
failures = 0
while True:
    try:
        ticker = exchange.fetch_ticker("BTC/USDT")
        break
    except ccxt.NetworkError:
        failures += 1
    except ccxt.ExchangeError as error:
        raise AssertionError("the network's fault is not the exchange's") from error
assert failures > 0
assert ticker["last"] > 0
