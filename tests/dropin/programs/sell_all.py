"""Sells everything that is no dollar, and skips what is below the smallest order."""

# as: kraken
# orders: BTC/USDT sell market 10 filled
# orders: ETH/USDT sell market 10 filled
# orders: XRP/USDT buy market 25 filled
# orders: XRP/USDT sell market 10 filled
# fills: BTC/USDT sell 10
# fills: ETH/USDT sell 10
# fills: XRP/USDT buy 25
# fills: XRP/USDT sell 10
# positions: BTC/USDT short 10
# positions: ETH/USDT short 10
# positions: XRP/USDT long 15
# last: sold 10.0 XRP
import ccxt

kraken = ccxt.kraken({"apiKey": "key", "secret": "c2VjcmV0"})
markets = kraken.load_markets()
kraken.create_order("XRP/USDT", "market", "buy", 25)
for currency, free in sorted(kraken.fetch_free_balance().items()):
    symbol = f"{currency}/USDT"
    if symbol not in markets or not free:
        continue
    amount = float(kraken.amount_to_precision(symbol, min(free, 10)))
    if amount < (markets[symbol]["limits"]["amount"]["min"] or 0):
        print("dust:", free, currency)
        continue
    order = kraken.create_market_sell_order(symbol, amount)
    print("sold", order["filled"], currency)
