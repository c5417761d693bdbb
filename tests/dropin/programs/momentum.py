"""Rotation: all tickers sorted by their change, the strongest bought with a share of the money each."""

# as: binance
# market: 1 reads: SOL/USDT 165, XRP/USDT 2.5
# orders: SOL/USDT buy market 3.029 filled
# orders: XRP/USDT buy market 199.9 filled
# fills: SOL/USDT buy 3.029
# fills: XRP/USDT buy 199.9
# positions: SOL/USDT long 3.029
# positions: XRP/USDT long 199.9
# last: XRP/USDT +4.2 %
import ccxt

exchange = ccxt.binance({"apiKey": "key", "secret": "secret"})
exchange.load_markets()
exchange.sleep(300)
tickers = exchange.fetch_tickers()
usdt = {
    s: t
    for s, t in tickers.items()
    if exchange.markets[s]["spot"] and s.endswith("/USDT") and t["percentage"] is not None
}
ranking = sorted(usdt.values(), key=lambda ticker: ticker["percentage"], reverse=True)
for ticker in ranking[:2]:
    amount = exchange.amount_to_precision(ticker["symbol"], 500 / ticker["ask"])
    order = exchange.create_order(ticker["symbol"], "market", "buy", float(amount))
    print(order["symbol"], "+%.1f %%" % ticker["percentage"])
