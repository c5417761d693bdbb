"""The exchange and what to do with it come from the command line."""

# as: okx
# args: okx LTC/USDT buy 0.5 80
# orders: LTC/USDT buy limit 0.5 at 80 submitted
# last: OKX buy 0.5 @ 80.0 open
import sys

import ccxt

exchange_id, symbol, side, amount, price = sys.argv[1:]
if exchange_id not in ccxt.exchanges:
    sys.exit(f"{exchange_id} is none of {len(ccxt.exchanges)} exchanges")
exchange = getattr(ccxt, exchange_id)()
exchange.apiKey, exchange.secret, exchange.password = "key", "secret", "password"
exchange.check_required_credentials()
method = getattr(exchange, f"create_limit_{side}_order")
order = method(symbol, float(amount), float(price))
print(exchange.name, order["side"], order["amount"], "@", order["price"], order["status"])
