"""A program on the test network: with no account that is meant for test networks, nothing is traded for it."""

# as: binance
# refused: this program points elsewhere (set_sandbox_mode(True)), and OMS account 2 is not a test account
# sent: nothing
# exit: 1
import ccxt

exchange = ccxt.binance({"apiKey": "testnet key", "secret": "secret"})
exchange.set_sandbox_mode(True)
order = exchange.create_market_buy_order("BTC/USDT", 0.01)
print(order)
