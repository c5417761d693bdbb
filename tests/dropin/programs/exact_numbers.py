"""Numbers as strings, or as anything else, exactly."""

from decimal import Decimal

import ccxt

exchange = ccxt.oms({"number": str})
order = exchange.create_order("BTC/USDT", "limit", "buy", "0.012345", "30000.10")
assert (order["amount"], order["price"], order["filled"]) == ("0.012345", "30000.1", "0")
exchange = ccxt.oms({"number": Decimal})
order = exchange.fetch_order(order["id"])
assert order["amount"] * order["price"] == Decimal("370.3512345")
assert exchange.create_order("BTC/USDT", "limit", "buy", Decimal("0.1"), Decimal("30000.01"))["price"] == Decimal(
    "30000.01"
)
assert exchange.fetch_ticker("BTC/USDT")["last"] > Decimal(0)
