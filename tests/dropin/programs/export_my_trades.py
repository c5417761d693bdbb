"""All of one's trades into a database, page by page, as tax programs do it."""

# as: binance
# orders: 2 LTC/USDT buy market 1 filled
# orders: ETH/USDT sell market 1 filled
# fills: ETH/USDT sell 1
# fills: LTC/USDT buy 2
# positions: ETH/USDT short 1
# positions: LTC/USDT long 2
# last: LTC/USDT buy 2.0
import sqlite3

import ccxt

exchange = ccxt.binance({"apiKey": "key", "secret": "secret"})
start = exchange.milliseconds() - 60000
for side in ("buy", "sell", "buy"):
    exchange.create_order("LTC/USDT" if side == "buy" else "ETH/USDT", "market", side, 1)
database = sqlite3.connect(":memory:")
database.execute(
    "create table trades (id text primary key, at text, symbol text, side text, amount real, price real, fee real)"
)
for symbol in ("LTC/USDT", "ETH/USDT"):
    since = start
    while True:
        trades = exchange.fetch_my_trades(symbol, since, 2)
        new = 0
        for trade in trades:
            row = [trade[key] for key in ("id", "datetime", "symbol", "side", "amount", "price")]
            new += database.execute(
                "insert or ignore into trades values (?,?,?,?,?,?,?)", [*row, trade["fee"]["cost"]]
            ).rowcount
        if not new:
            break
        since = trades[-1]["timestamp"]
for row in database.execute("select symbol, side, sum(amount) from trades group by symbol, side order by symbol"):
    print(*row)
