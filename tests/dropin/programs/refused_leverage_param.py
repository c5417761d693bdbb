"""Gives the leverage with the order, which ccxt's class for kraken takes and that for binance does not."""

# as: binance
# refused: ccxt's class for binance takes no leverage for an order
# exit: 1
import ccxt

exchange = ccxt.binance({"apiKey": "k", "secret": "s", "options": {"defaultType": "swap"}})
exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 50000, {"leverage": 5})
