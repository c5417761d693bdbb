"""Entry, target and stop as the params that ccxt has for all exchanges: stopLoss and takeProfit."""

# as: bybit
# orders: ETH/USDT:USDT buy limit 1 at 2910.58 submitted
# last: open 2820.56 3060.61
import ccxt

exchange = ccxt.bybit({"apiKey": "key", "secret": "secret", "options": {"defaultType": "swap"}})
symbol = "ETH/USDT:USDT"
price = exchange.fetch_ticker(symbol)["last"]
order = exchange.create_order(
    symbol,
    "limit",
    "buy",
    1,
    price * 0.97,
    {
        "takeProfit": {"triggerPrice": price * 1.02},
        "stopLoss": {"triggerPrice": price * 0.94},
    },
)
print(order["status"], order["stopLossPrice"], order["takeProfitPrice"])
