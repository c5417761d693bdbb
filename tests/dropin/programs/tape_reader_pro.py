"""Reads the tape: the watched trades are added up by side until there are enough of them to lean on."""

# as: binance
# orders: BTC/USDT buy limit 0.01 at 55000 canceled
# last: read the tape
import asyncio

import ccxt.pro


async def main():
    exchange = ccxt.pro.binance({"apiKey": "k", "secret": "s", "options": {"tradesLimit": 100}})
    symbol, volume, seen = "BTC/USDT", {"buy": 0.0, "sell": 0.0}, set()
    while len(seen) < 3:
        for trade in await exchange.watch_trades(symbol):
            if trade["id"] not in seen:
                seen.add(trade["id"])
                volume[trade["side"]] += trade["amount"]
    assert sum(volume.values()) > 0
    order = await exchange.create_order(symbol, "limit", "buy", 0.01, 55000)
    await exchange.cancel_order(order["id"], symbol)
    await exchange.close()
    print("read the tape")


asyncio.run(main())
