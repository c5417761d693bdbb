"""Started without `--as`: nothing of binance that needs a key is done."""

# as: nothing
# for: binance
# refused: binance may only do what is public, and nothing was sent; nothing stands in for binance: say --as binance
# sent: nothing
# exit: 1
import ccxt

exchange = ccxt.binance({"apiKey": "k", "secret": "s"})
exchange.check_required_credentials()
print(exchange.create_market_buy_order("BTC/USDT", 0.01))
