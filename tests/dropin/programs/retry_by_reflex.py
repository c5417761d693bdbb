"""Sends an order again whenever the network fails, without a look at what became of it."""

# as: binance
# orders: BTC/USDT buy market 0.01 filled
# orders: BTC/USDT buy market 0.011 filled
# fills: BTC/USDT buy 0.021
# positions: BTC/USDT long 0.021
# last: has 2 orders: 2
import ccxt

exchange = ccxt.binance({"apiKey": "key", "secret": "secret", "timeout": 2000})
done = 0
while done < 2:
    try:
        order = exchange.create_market_buy_order("BTC/USDT", 0.01 + done / 1000)
    except ccxt.NetworkError:
        continue
    done += 1
print("has", done, "orders:", len(exchange.fetch_orders("BTC/USDT")))
