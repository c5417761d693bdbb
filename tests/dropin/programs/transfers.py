"""Moves money to the futures wallet before it trades there, and reads the ledger afterwards."""

# as: binance
# orders: ETH/USDT:USDT buy market 1 filled
# orders: ETH/USDT:USDT sell market 1 filled
# fills: ETH/USDT:USDT buy 1
# fills: ETH/USDT:USDT sell 1
# last: entries: True last one is what is there: True
import ccxt

exchange = ccxt.binance({"apiKey": "key", "secret": "secret"})
exchange.load_markets()
transfer = exchange.transfer("USDT", 5000, "spot", "future")
print(transfer["currency"], transfer["amount"])
exchange.create_order("ETH/USDT:USDT", "market", "buy", 1)
exchange.create_order("ETH/USDT:USDT", "market", "sell", 1, None, {"reduceOnly": True})
ledger = exchange.fetch_ledger("USDT", None, 10, {"type": "future"})
print(
    "entries:",
    len(ledger) > 1,
    "last one is what is there:",
    ledger[-1]["after"] == exchange.fetch_balance()["USDT"]["total"],
)
