"""A thread for each coin, all with one exchange object."""

# as: bybit
# orders: BTC/USDT buy limit 0.000333 at 57000 canceled
# orders: DOGE/USDT buy limit 83 at 0.228 canceled
# orders: ETH/USDT buy limit 0.006666 at 2850 canceled
# orders: SOL/USDT buy limit 0.133 at 142.5 canceled
# orders: XRP/USDT buy limit 8.3 at 2.28 canceled
# last: 5 threads: canceled
import threading

import ccxt

exchange = ccxt.bybit({"apiKey": "key", "secret": "secret", "enableRateLimit": True})
exchange.load_markets()
results, lock = {}, threading.Lock()


def worker(symbol):
    ticker = exchange.fetch_ticker(symbol)
    cost = max(20, exchange.market(symbol)["limits"]["cost"]["min"] or 0)
    amount = float(exchange.amount_to_precision(symbol, cost / ticker["last"]))
    order = exchange.create_limit_order(
        symbol, "buy", amount, exchange.price_to_precision(symbol, ticker["last"] * 0.95)
    )
    canceled = exchange.cancel_order(order["id"], symbol)
    with lock:
        results[symbol] = canceled["status"]


threads = [
    threading.Thread(target=worker, args=(s,)) for s in ("BTC/USDT", "ETH/USDT", "SOL/USDT", "XRP/USDT", "DOGE/USDT")
]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(results), "threads:", ", ".join(sorted(set(results.values()))))
