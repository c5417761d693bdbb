"""Places a limit order and asks for it again and again until it is closed; then tells fee and trades."""

# as: bybit
# market: 1 open: LTC/USDT 79
# orders: LTC/USDT buy limit 4 at 80 filled
# fills: LTC/USDT buy 4
# positions: LTC/USDT long 4
# last: closed 4.0 fee: True trades: 4.0
import time

import ccxt

exchange = ccxt.bybit({"apiKey": "key", "secret": "secret", "options": {"fetchOrder": {"acknowledged": True}}})
symbol = "LTC/USDT"
order = exchange.create_order(symbol, "limit", "buy", 4, 80)
for _ in range(1000):
    order = exchange.fetch_order(order["id"], symbol, {"acknowledged": True})
    if order["status"] in ("closed", "canceled", "rejected", "expired"):
        break
    time.sleep(0.02)
trades = [trade for trade in exchange.fetch_my_trades(symbol) if trade["order"] == order["id"]]
print(order["status"], order["filled"], "fee:", order["fee"]["cost"] > 0, "trades:", sum(t["amount"] for t in trades))
