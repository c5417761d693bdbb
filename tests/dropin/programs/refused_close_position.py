"""A stop that closes the whole position, whatever its size then."""

# as: binance
# refused: closePosition: the OMS takes the amount of an order
# exit: 1
import ccxt

exchange = ccxt.binance({"apiKey": "k", "secret": "s", "options": {"defaultType": "swap"}})
exchange.create_order("BTC/USDT", "STOP_MARKET", "sell", 0.01, None, {"stopPrice": 55000, "closePosition": True})
