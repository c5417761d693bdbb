"""Downloads the public trades of an hour page by page, without gaps and without doubles."""

# as: binance
# last: binance over ten thousand trades: True largest gap below a second: True
import ccxt

exchange = ccxt.binance({"enableRateLimit": True})
symbol = "ETH/BTC"
since = exchange.milliseconds() - 3600 * 1000
end = exchange.milliseconds() - 60 * 1000
all_trades, seen = [], set()
while since < end:
    trades = exchange.fetch_trades(symbol, since, 1000)
    fresh = [trade for trade in trades if trade["id"] not in seen]
    if not fresh:
        break
    seen.update(trade["id"] for trade in fresh)
    all_trades += fresh
    since = trades[-1]["timestamp"]
assert all(a["timestamp"] <= b["timestamp"] for a, b in zip(all_trades, all_trades[1:]))
gaps = [b["timestamp"] - a["timestamp"] for a, b in zip(all_trades, all_trades[1:])]
print(
    exchange.id, "over ten thousand trades:", len(all_trades) > 10000, "largest gap below a second:", max(gaps) < 1000
)
