"""A program in demo trading."""

# as: bybit
# refused: this program points elsewhere (options["enableDemoTrading"])
# sent: nothing
# exit: 1
import ccxt

exchange = ccxt.bybit({"apiKey": "demo key", "secret": "s"})
exchange.enable_demo_trading(True)
exchange.create_order("BTC/USDT:USDT", "market", "sell", 0.01)
