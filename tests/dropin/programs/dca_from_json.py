"""Dollar cost averaging with everything in a file: exchange, keys, coins."""

# as: binance
# json: {"exchange": "binance", "apiKey": "abc", "secret": "def", "quote": "USDT", "budget": 1000,
# json:  "weights": {"BTC": 0.5, "ETH": 0.3, "SOL": 0.2}}
# orders: BTC/USDT buy market 0.008333 filled
# orders: ETH/USDT buy market 0.1 filled
# orders: SOL/USDT buy market 1.333 filled
# fills: BTC/USDT buy 0.008333
# fills: ETH/USDT buy 0.1
# fills: SOL/USDT buy 1.333
# positions: BTC/USDT long 0.008333
# positions: ETH/USDT long 0.1
# positions: SOL/USDT long 1.333
# last: SOL/USDT: bought 1.333 for 199.98, fee 0.2000
import json

import ccxt

with open("config.json") as file:
    config = json.load(file)
exchange_class = getattr(ccxt, config["exchange"])
exchange = exchange_class(
    {"apiKey": config["apiKey"], "secret": config["secret"], "timeout": 30000, "enableRateLimit": True}
)
markets = exchange.load_markets()
free = exchange.fetch_balance()[config["quote"]]["free"]
if free < config["budget"]:
    raise SystemExit(f"only {free} {config['quote']} left")
for base, weight in config["weights"].items():
    symbol = f"{base}/{config['quote']}"
    market = markets[symbol]
    price = exchange.fetch_ticker(symbol)["last"]
    amount = exchange.amount_to_precision(symbol, config["budget"] * weight / price)
    minimum = market["limits"]["cost"]["min"]
    if minimum and float(amount) * price < minimum:
        print("skip", symbol, "below", minimum)
        continue
    order = exchange.create_market_buy_order(symbol, amount)
    print(f"{order['symbol']}: bought {order['filled']} for {order['cost']:.2f}, fee {order['fee']['cost']:.4f}")
