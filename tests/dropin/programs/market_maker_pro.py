"""A market maker on sockets: the book is watched for the price, the orders for the fills."""

# as: binance
# market: 2 open: ETH/USDT 3010
# orders: ETH/USDT buy limit 1 at 2996.98 canceled
# orders: ETH/USDT sell limit 1 at 3003.02 filled
# fills: ETH/USDT sell 1
# positions: ETH/USDT short 1
# last: sold 1.0 at 3003.02
import asyncio

import ccxt.pro as ccxtpro

symbol = "ETH/USDT"
filled = asyncio.Event()


async def watch_fills(exchange):
    while True:
        for order in await exchange.watch_orders(symbol):
            print(order["side"], order["status"])
            if order["status"] == "closed":
                filled.set()


async def main():
    exchange = ccxtpro.binance({"apiKey": "key", "secret": "secret", "newUpdates": True})
    task = asyncio.create_task(watch_fills(exchange))
    book = await exchange.watch_order_book(symbol, 20)
    bid, ask = book["bids"][0][0], book["asks"][0][0]
    buy = await exchange.create_limit_buy_order(symbol, 1, bid * 0.999)
    sell = await exchange.create_limit_sell_order(symbol, 1, ask * 1.001)
    await filled.wait()
    buy, sell = [await exchange.fetch_order(order["id"], symbol) for order in (buy, sell)]
    if sell["status"] == "closed":
        await exchange.cancel_order(buy["id"], symbol)
    task.cancel()
    await exchange.close()
    print("sold", sell["filled"], "at", sell["average"])


asyncio.run(main())
