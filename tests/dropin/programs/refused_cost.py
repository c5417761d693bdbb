"""Buys for a hundred dollars: an order at the OMS has an amount."""

# as: binance
# refused: binance createMarketBuyOrderWithCost() is not supported yet
# sent: nothing
# exit: 1
import ccxt

exchange = ccxt.binance({"apiKey": "k", "secret": "s"})
exchange.create_market_buy_order_with_cost("BTC/USDT", 100)
