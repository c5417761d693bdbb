"""What is free, used and there in all, by currency and by kind."""

import ccxt

exchange = ccxt.oms()
before = exchange.fetch_balance()
order = exchange.create_order("BTC/USDT", "limit", "buy", 1, 30000)
balance = exchange.fetch_balance()
assert balance["USDT"]["used"] == balance["used"]["USDT"] >= 30000
assert balance["free"]["USDT"] == before["free"]["USDT"] - balance["used"]["USDT"]
for code in balance["total"]:
    assert balance[code]["free"] + balance[code]["used"] == balance["total"][code]
exchange.cancel_order(order["id"])
assert exchange.fetch_free_balance() == before["free"]
assert exchange.fetch_total_balance()["BTC"] > 0
assert exchange.fetch_balance({"type": "spot"})["USDT"]["used"] == 0
