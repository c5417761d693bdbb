"""All of one's trades, forwards from a moment, and the newest ones."""

import ccxt

exchange = ccxt.oms()
start = exchange.milliseconds() - 3_600_000
for _ in range(5):
    exchange.create_market_buy_order("ETH/USDT", 0.1)
while len(exchange.fetch_my_trades("ETH/USDT", start)) < 5:
    exchange.sleep(20)
since, found = start, []
while True:
    trades = exchange.fetch_my_trades("ETH/USDT", since, 2)
    if not trades:
        break
    found += trades
    since = trades[-1]["timestamp"] + 1
assert [trade["amount"] for trade in found] == [0.1] * 5
assert [trade["timestamp"] for trade in found] == sorted(trade["timestamp"] for trade in found)
assert exchange.fetch_my_trades("ETH/USDT", None, 1) == found[-1:]
assert exchange.fetch_my_trades("ETH/USDT", start, None, {"until": start + 1}) == []
