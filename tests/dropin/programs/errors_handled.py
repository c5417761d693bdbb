"""Every kind of refusal has its exception, and a program that tells them apart goes on."""

# as: bybit
# legacy: the order that is refused stays pending at the OMS; otherwise the same
# orders: BTC/USDT buy limit 1000 at 50000 rejected
# legacy orders: BTC/USDT buy limit 1000 at 50000 pending_submit
# last: nothing to cancel
import ccxt

exchange = ccxt.bybit({"apiKey": "key", "secret": "secret"})
exchange.load_markets()
attempts = [
    ("BTC/USDT", "limit", "buy", 1000, 50000),
    ("BTC/USDT", "limit", "buy", 0.0000001, 50000),
    ("BTC/NOPE", "limit", "buy", 1, 1),
    ("BTC/USDT", "limit", "buy", 0.01, None),
]
for attempt in attempts:
    try:
        exchange.create_order(*attempt)
        print("placed", attempt)
    except ccxt.InsufficientFunds:
        print("too little money")
    except ccxt.BadSymbol:
        print("no such market")
    except ccxt.InvalidOrder as e:
        print("no such order:", type(e).__name__)
    except ccxt.ArgumentsRequired:
        print("a price is missing")
try:
    exchange.cancel_order("987654321", "BTC/USDT")
except ccxt.OrderNotFound:
    print("nothing to cancel")
