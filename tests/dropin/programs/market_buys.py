"""The shortest of programs: a market buy and the market sell of what it got."""

# as: binance
# orders: ETH/USDT buy market 0.75 filled
# orders: ETH/USDT sell market 0.75 filled
# fills: ETH/USDT buy 0.75
# fills: ETH/USDT sell 0.75
# last: sell closed
import ccxt

exchange = ccxt.binance({"apiKey": "YOUR_API_KEY", "secret": "YOUR_SECRET"})
exchange.options["createMarketBuyOrderRequiresPrice"] = False
order = exchange.create_market_buy_order("ETH/USDT", 0.75)
print(order["id"] is not None, order["status"], order["filled"], order["average"])
order = exchange.create_market_sell_order("ETH/USDT", order["filled"])
print(order["side"], order["status"])
