"""Sends an order with binance's own endpoint, past everything that the OMS keeps."""

# as: binance
# refused: oms fapiPrivatePostOrder(): this endpoint of binance is not known to only read; nothing was sent
# sent: nothing
# exit: 1
import ccxt

exchange = ccxt.binance({"apiKey": "k", "secret": "s"})
exchange.fapiPrivatePostOrder({"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"})
