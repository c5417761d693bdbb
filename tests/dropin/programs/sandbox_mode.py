"""Nothing is traded for real by somebody who asked for a test network that is not there."""

import ccxt

exchange = ccxt.oms()
try:
    exchange.set_sandbox_mode(True)
    raise AssertionError("there is no test network")
except ccxt.NotSupported:
    pass
exchange.set_sandbox_mode(False)
exchange.urls["test"] = "http://127.0.0.1:9"
exchange.set_sandbox_mode(True)
try:
    exchange.fetch_balance()
    raise AssertionError("the test network was there")
except ccxt.ExchangeNotAvailable:
    pass
