"""Collects funding: short the swap with the highest rate, hold as much of the coin, and tell the yield."""

# as: binance
# orders: SOL/USDT buy market 19.99 filled
# orders: SOL/USDT:USDT sell market 19.99 filled
# fills: SOL/USDT buy 19.99
# fills: SOL/USDT:USDT sell 19.99
# positions: SOL/USDT long 19.99
# positions: SOL/USDT:USDT short 19.99
# last: short 19.99 with leverage 2.0
import ccxt

exchange = ccxt.binance({"apiKey": "key", "secret": "secret", "enableRateLimit": True})
exchange.load_markets()
swaps = [m["symbol"] for m in exchange.markets.values() if m["swap"] and m["linear"] and m["active"] is not False]
rates = {symbol: exchange.fetch_funding_rate(symbol) for symbol in swaps}
best = max(rates, key=lambda symbol: (rates[symbol]["fundingRate"], symbol))
rate = rates[best]["fundingRate"]
history = exchange.fetch_funding_rate_history(best, limit=21)
print(best, "pays", rate, "next at", exchange.iso8601(rates[best]["fundingTimestamp"]), "known:", len(history))
if exchange.has["setLeverage"]:
    exchange.set_leverage(2, best)
base = exchange.market(best)["base"]
amount = float(exchange.amount_to_precision(best, 3000 / rates[best]["markPrice"]))
exchange.create_market_buy_order(f"{base}/USDT", amount)
exchange.create_market_sell_order(best, amount)
short = [p for p in exchange.fetch_positions([best]) if p["side"] == "short"]
print("short", short[0]["contracts"], "with leverage", short[0]["leverage"])
