"""Buys when the bids outweigh the asks in the first levels of the watched book."""

# as: okx
# orders: SOL/USDT buy limit 2 at 150.02 filled
# fills: SOL/USDT buy 2
# positions: SOL/USDT long 2
# last: bought 2.0
import asyncio

import ccxt.pro


def imbalance(book, levels):
    bids = sum(level[1] for level in book["bids"][:levels])
    asks = sum(level[1] for level in book["asks"][:levels])
    return (bids - asks) / (bids + asks)


async def main():
    exchange = ccxt.pro.okx({"apiKey": "k", "secret": "s", "password": "p"})
    symbol = "SOL/USDT"
    for _ in range(100):
        book = await exchange.watch_order_book(symbol, 10)
        weight = imbalance(book, 10)
        assert -1 < weight < 1
        if abs(weight) > 0.001:
            side = "buy" if weight > 0 else "sell"
            order = await exchange.create_order(symbol, "limit", "buy", 2, book["asks"][0][0], {"timeInForce": "GTC"})
            print("the book leans to", side)
            break
    while order["status"] != "closed":
        order = (await exchange.watch_orders(symbol))[-1]
    print("bought", order["filled"])
    await exchange.close()


asyncio.run(main())
