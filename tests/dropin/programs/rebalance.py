"""A portfolio goes back to its weights: what is too much is sold, what is too little is bought."""

# as: kraken
# orders: BTC/USDT buy market 5.833333 filled
# orders: ETH/USDT buy market 26.666666 filled
# fills: BTC/USDT buy 5.833333
# fills: ETH/USDT buy 26.666666
# positions: BTC/USDT long 5.833333
# positions: ETH/USDT long 26.666666
# last: buy 26.666666 ETH/USDT closed
import ccxt

exchange = ccxt.kraken({"apiKey": "key", "secret": "c2VjcmV0"})
target = {"BTC": 0.5, "ETH": 0.2, "USDT": 0.3}
exchange.load_markets()
balance = exchange.fetch_balance()
tickers = exchange.fetch_tickers([f"{coin}/USDT" for coin in target if coin != "USDT"])
value = {coin: balance[coin]["total"] * (1 if coin == "USDT" else tickers[f"{coin}/USDT"]["last"]) for coin in target}
total = sum(value.values())
trades = []
for coin, weight in target.items():
    if coin == "USDT":
        continue
    symbol = coin + "/USDT"
    difference = total * weight - value[coin]
    if abs(difference) / total < 0.01:
        continue
    amount = exchange.amount_to_precision(symbol, abs(difference) / tickers[symbol]["last"])
    trades.append((symbol, "buy" if difference > 0 else "sell", amount))
for symbol, side, amount in sorted(trades, key=lambda trade: trade[1], reverse=True):
    order = exchange.create_order(symbol, "market", side, float(amount))
    print(side, order["amount"], symbol, order["status"])
