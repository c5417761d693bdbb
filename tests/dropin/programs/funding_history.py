"""Funding rates of a month, page after page, and what they add up to."""

# as: bybit
# last: True every 8 hours
import ccxt

exchange = ccxt.bybit()
symbol = "ETH/USDT:USDT"
since = exchange.milliseconds() - 30 * 86400 * 1000
rates = {}
while True:
    page = exchange.fetch_funding_rate_history(symbol, since, 40)
    page = [entry for entry in page if entry["timestamp"] not in rates]
    if not page:
        break
    for entry in page:
        rates[entry["timestamp"]] = entry["fundingRate"]
    since = max(rates)
times = sorted(rates)
print(len(rates) in (89, 90, 91), "every", {b - a for a, b in zip(times, times[1:])}.pop() // 3600000, "hours")
