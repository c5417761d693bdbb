"""Leverage, margin mode and position mode are set, whatever they were, before anything is traded."""

# as: bybit
# orders: SOL/USDT:USDT buy limit 10 at 120 canceled
# last: 4.0
import ccxt

exchange = ccxt.bybit({"apiKey": "key", "secret": "secret", "options": {"defaultType": "swap"}})
exchange.load_markets()
symbol = "SOL/USDT:USDT"
for name, call in {
    "position mode": lambda: exchange.set_position_mode(False, symbol),
    "margin mode": lambda: exchange.set_margin_mode("isolated", symbol, {"leverage": 4}),
    "leverage": lambda: exchange.set_leverage(4, symbol),
}.items():
    try:
        call()
    except (ccxt.NoChange, ccxt.MarginModeAlreadySet, ccxt.BadRequest) as e:
        print(name, "is already so:", type(e).__name__)
tiers = exchange.fetch_leverage_tiers([symbol])[symbol]
print("up to", tiers[0]["maxLeverage"] >= 4)
order = exchange.create_order(symbol, "limit", "buy", 10, 120)
exchange.cancel_order(order["id"], symbol)
print(exchange.fetch_leverage(symbol)["longLeverage"])
