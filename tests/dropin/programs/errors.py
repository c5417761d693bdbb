"""What goes wrong says what it was, by its class."""

import ccxt

exchange = ccxt.oms()


def attempt(*order):
    try:
        return exchange.create_order(*order)["status"]
    except ccxt.InsufficientFunds:
        return "no funds"
    except ccxt.InvalidOrder:
        return "invalid order"
    except ccxt.BadSymbol:
        return "no such market"
    except ccxt.NetworkError:
        return "try again"
    except ccxt.ExchangeError as error:
        return type(error).__name__


assert attempt("BTC/USDT", "limit", "buy", 0.01, 30000) == "open"
assert attempt("BTC/USDT", "market", "buy", 900) == "no funds"
assert attempt("BTC/USDT", "limit", "buy", -1, 30000) == "invalid order"
assert attempt("NO/SUCH", "limit", "buy", 1, 30000) == "no such market"
assert attempt("BTC/USDT", "limit", "buy", 1) == "ArgumentsRequired"
try:
    ccxt.oms({"apiKey": "wrong"}).fetch_balance()
    raise AssertionError("a wrong key was taken")
except ccxt.AuthenticationError:
    pass
