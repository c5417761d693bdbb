"""A ladder of orders, further apart and larger with each rung, sent as one batch and taken back as one."""

# as: bybit
# orders: ETH/USDT buy limit 0.1 at 2969.98 submitted
# orders: ETH/USDT buy limit 0.2 at 2954.98 submitted
# orders: ETH/USDT buy limit 0.3 at 2932.48 canceled
# orders: ETH/USDT buy limit 0.4 at 2898.73 canceled
# orders: ETH/USDT buy limit 0.5 at 2848.11 canceled
# last: left [0.1, 0.2]
import ccxt

bybit = ccxt.bybit({"apiKey": "key", "secret": "secret"})
bybit.load_markets()
symbol = "ETH/USDT"
bid = bybit.fetch_order_book(symbol, 1)["bids"][0][0]
rungs = []
for n in range(5):
    price = bybit.price_to_precision(symbol, bid * (1 - 0.01 * 1.5**n))
    rungs.append({"symbol": symbol, "type": "limit", "side": "buy", "amount": 0.1 * (n + 1), "price": float(price)})
orders = bybit.create_orders(rungs)
ids = [order["id"] for order in orders]
print(len(orders), "orders,", sum(order["amount"] for order in orders), "ETH")
bybit.cancel_orders(ids[2:], symbol)
print("left", sorted(order["amount"] for order in bybit.fetch_open_orders(symbol)))
