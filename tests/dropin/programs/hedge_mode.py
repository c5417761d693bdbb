"""Both sides of one swap at once, in hedge mode, with binance's positionSide."""

# as: binance
# account: 1
# orders: account 1: BTC/USDT:USDT buy market 0.03 filled
# orders: account 1: BTC/USDT:USDT sell market 0.01 filled
# fills: account 1: BTC/USDT:USDT buy 0.03
# fills: account 1: BTC/USDT:USDT sell 0.01
# positions: account 1: BTC/USDT:USDT long 0.03
# positions: account 1: BTC/USDT:USDT short 0.01
# last: short 0.01 True
import ccxt

exchange = ccxt.binance({"apiKey": "key", "secret": "secret", "options": {"defaultType": "swap"}})
symbol = "BTC/USDT:USDT"
exchange.create_order(symbol, "market", "buy", 0.03, None, {"positionSide": "LONG"})
exchange.create_order(symbol, "market", "sell", 0.01, None, {"positionSide": "SHORT"})
for position in sorted(exchange.fetch_positions([symbol]), key=lambda position: position["side"]):
    print(position["side"], position["contracts"], position["hedged"])
