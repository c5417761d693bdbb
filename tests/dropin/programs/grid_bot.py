"""A grid: three bids below the price, three offers above, and each fill is answered one step away."""

# as: binance
# market: 6 open: BTC/USDT 59650
# market: 7 orders: BTC/USDT 60100
# orders: BTC/USDT buy limit 0.01 at 59100 canceled
# orders: BTC/USDT buy limit 0.01 at 59400 canceled
# orders: BTC/USDT buy limit 0.01 at 59698.51 canceled
# orders: BTC/USDT buy limit 0.01 at 59700 filled
# orders: BTC/USDT sell limit 0.01 at 59998.5 filled
# orders: BTC/USDT sell limit 0.01 at 60300 canceled
# orders: BTC/USDT sell limit 0.01 at 60600 canceled
# orders: BTC/USDT sell limit 0.01 at 60900 canceled
# fills: BTC/USDT buy 0.01
# fills: BTC/USDT sell 0.01
# last: grid stopped, 6 orders canceled
import ccxt

exchange = ccxt.binance({"apiKey": "YOUR_API_KEY", "secret": "YOUR_SECRET", "enableRateLimit": True})
symbol, size, step, levels = "BTC/USDT", 0.01, 0.005, 3
center = exchange.fetch_ticker(symbol)["last"]
grid = {}


def place(side, price):
    order = exchange.create_order(symbol, "limit", side, size, exchange.price_to_precision(symbol, price))
    grid[order["id"]] = order


for i in range(1, levels + 1):
    place("buy", center * (1 - i * step))
    place("sell", center * (1 + i * step))
rounds = 0
while rounds < 2:
    for order_id in list(grid):
        order = exchange.fetch_order(order_id, symbol)
        if order["status"] == "closed":
            del grid[order_id]
            rounds += 1
            if order["side"] == "buy":
                place("sell", order["price"] * (1 + step))
            else:
                place("buy", order["price"] * (1 - step))
            print(order["side"], "filled at", order["price"])
    exchange.sleep(20)
for order_id in grid:
    exchange.cancel_order(order_id, symbol)
print("grid stopped,", len(grid), "orders canceled")
