"""Numbers brought to the market's precision with each of ccxt's helpers, and what is too small left alone."""

# as: kraken
# orders: DOGE/USDT buy limit 1234 at 0.21235 submitted
# last: 1234 @ 0.21235 = 262.0399 open
import ccxt
from ccxt.base.decimal_to_precision import DECIMAL_PLACES, ROUND, TICK_SIZE, TRUNCATE, decimal_to_precision
from ccxt.base.precise import Precise

exchange = ccxt.kraken({"apiKey": "key", "secret": "c2VjcmV0"})
exchange.load_markets()
symbol = "DOGE/USDT"
market = exchange.market(symbol)
assert exchange.precisionMode == TICK_SIZE
amount = exchange.amount_to_precision(symbol, 1234.5678)
price = decimal_to_precision(0.2123456, ROUND, market["precision"]["price"], TICK_SIZE)
assert price == exchange.price_to_precision(symbol, 0.2123456)
assert decimal_to_precision(1.999, TRUNCATE, 2, DECIMAL_PLACES) == "1.99"
cost = Precise.string_mul(amount, price)
order = exchange.create_order(symbol, "limit", "buy", float(amount), float(price))
assert order["price"] == float(price)
try:
    exchange.create_order(symbol, "limit", "buy", 0.4, float(price))
except ccxt.InvalidOrder:
    print("less than one coin is no order")
print(amount, "@", price, "=", cost, order["status"])
