"""A program on the test network, where the desk has given test networks an account of their own."""

# as: binance
# settings: [[account]]
# settings: as = "binance"
# settings: account_id = 2
# settings: [[account]]
# settings: as = "binance"
# settings: account_id = 3
# settings: test = true
# orders: account 3: BTC/USDT buy market 0.01 filled
# fills: account 3: BTC/USDT buy 0.01
# positions: account 3: BTC/USDT long 0.01
# last: closed 10.01
import ccxt

exchange = ccxt.binance({"apiKey": "testnet key", "secret": "secret"})
exchange.set_sandbox_mode(True)
order = exchange.create_market_buy_order("BTC/USDT", 0.01)
print(order["status"], exchange.fetch_balance()["BTC"]["total"])
