"""A program asks what can be done before it does it, and whatever is there can be called."""

import ccxt

exchange = ccxt.oms()
exchange.load_markets()
assert exchange.id == "oms"
assert "oms" in ccxt.exchanges
for method in (
    "fetchBalance",
    "fetchMyTrades",
    "fetchOpenOrders",
    "fetchOrders",
    "fetchPositions",
    "fetchClosedOrders",
):
    assert exchange.has[method] is True
    assert isinstance(getattr(exchange, method)(), dict if method == "fetchBalance" else list)
assert exchange.feature_value("BTC/USDT", "createOrder", "timeInForce")["IOC"] is True
assert exchange.has["withdraw"] in (None, False)
try:
    exchange.withdraw("BTC", 1, "address")
    raise AssertionError("it was withdrawn")
except ccxt.NotSupported:
    pass
assert exchange.timeframes["1m"]
assert exchange.check_required_credentials()
