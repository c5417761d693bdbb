"""Flat by the evening: every open position is closed with a reduce-only order on its other side."""

# as: okx
# orders: BTC/USDT:USDT buy market 0.02 filled
# orders: BTC/USDT:USDT sell market 0.02 filled
# orders: ETH/USDT:USDT buy market 0.5 filled
# orders: ETH/USDT:USDT sell market 0.5 filled
# fills: BTC/USDT:USDT buy 0.02
# fills: BTC/USDT:USDT sell 0.02
# fills: ETH/USDT:USDT buy 0.5
# fills: ETH/USDT:USDT sell 0.5
# last: flat
import ccxt

okx = ccxt.okx({"apiKey": "k", "secret": "s", "password": "p", "options": {"defaultType": "swap"}})
okx.load_markets()
okx.create_order("BTC/USDT:USDT", "market", "buy", 0.02)
okx.create_order("ETH/USDT:USDT", "market", "sell", 0.5)
for position in okx.fetch_positions():
    if not position["contracts"]:
        continue
    side = "sell" if position["side"] == "long" else "buy"
    order = okx.create_order(position["symbol"], "market", side, position["contracts"], None, {"reduceOnly": True})
    print("closed", position["side"], order["filled"], order["symbol"])
print("flat")
