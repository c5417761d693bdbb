"""Orders that must not take: they rest, or they are refused."""

import ccxt

exchange = ccxt.oms()
ticker = exchange.fetch_ticker("ETH/USDT")
order = exchange.create_order("ETH/USDT", "limit", "buy", 0.1, ticker["bid"] * 0.9, {"postOnly": True})
assert (order["postOnly"], order["status"]) == (True, "open")
order = exchange.create_post_only_order("ETH/USDT", "limit", "sell", 0.1, ticker["ask"] * 1.1)
assert (order["postOnly"], order["status"]) == (True, "open")
order = exchange.create_order("ETH/USDT", "limit", "buy", 0.1, ticker["bid"] * 0.9, {"timeInForce": "PO"})
assert (order["postOnly"], order["timeInForce"]) == (True, "PO")
for type, price in [("limit", ticker["ask"] * 1.1), ("market", None)]:
    try:
        exchange.create_order("ETH/USDT", type, "buy", 0.1, price, {"postOnly": True})
        raise AssertionError("it took")
    except ccxt.InvalidOrder:
        pass
assert len(exchange.cancel_all_orders("ETH/USDT")) == 3
