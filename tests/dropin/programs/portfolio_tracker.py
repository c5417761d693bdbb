"""What everything is worth: balances times prices, the small rest left out."""

# as: kraken
# last: total 1900000.00 USDT
import ccxt

kraken = ccxt.kraken({"apiKey": "key", "secret": "c2VjcmV0", "verbose": False})
kraken.load_markets()
balance = kraken.fetch_balance()
rows = []
for currency, total in balance["total"].items():
    if not total:
        continue
    if currency == "USDT":
        value = total
    elif currency + "/USDT" in kraken.markets:
        value = total * kraken.fetch_ticker(currency + "/USDT")["close"]
    else:
        continue
    if value > 1:
        rows.append((value, currency, total, balance[currency]["free"], balance[currency]["used"]))
for value, currency, total, free, used in sorted(rows, reverse=True):
    print(f"{currency:6} {total:>16.6f} {free:>16.6f} {used:>10.6f} {value:>16.2f}")
print(f"total {sum(row[0] for row in rows):.2f} USDT")
