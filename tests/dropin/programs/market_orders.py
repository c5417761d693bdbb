"""Market orders in every spelling; what they cost is known when they are over."""

import ccxt

exchange = ccxt.oms()
orders = [
    exchange.create_order("BTC/USDT", "market", "buy", 0.01),
    exchange.create_market_order("BTC/USDT", "buy", 0.01),
    exchange.create_market_buy_order("BTC/USDT", 0.01),
    exchange.create_market_sell_order("BTC/USDT", 0.02),
    exchange.createMarketOrder("BTC/USDT", "sell", 0.01),
]
for order in orders:
    while order["status"] == "open":
        exchange.sleep(20)
        order = exchange.fetch_order(order["id"])
    assert (order["type"], order["status"], order["remaining"]) == ("market", "closed", 0)
    assert abs(order["average"] * order["filled"] - order["cost"]) < 1e-6
    assert order["fee"]["currency"] == "USDT"
assert [order["side"] for order in orders] == ["buy", "buy", "buy", "sell", "sell"]
