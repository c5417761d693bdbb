"""Loops only watch; what they have seen is read from the exchange's caches, now and then."""

import asyncio

import ccxt.pro


async def watch(method, *args):
    while True:
        await method(*args)


async def until(condition):
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come")


async def main():
    exchange = ccxt.pro.oms({"newUpdates": False})
    symbols = ["BTC/USDT", "ETH/USDT"]
    assert exchange.orders is None
    assert exchange.myTrades is None
    await exchange.load_markets()
    loops = [
        asyncio.create_task(watch(exchange.watch_orders)),
        asyncio.create_task(watch(exchange.watch_my_trades)),
        asyncio.create_task(watch(exchange.watch_balance)),
        asyncio.create_task(watch(exchange.watch_tickers, symbols)),
        *(asyncio.create_task(watch(exchange.watch_order_book, symbol)) for symbol in symbols),
        asyncio.create_task(watch(exchange.watch_ohlcv, symbols[0], "1m")),
    ]
    await until(lambda: all(symbol in exchange.orderbooks and symbol in exchange.tickers for symbol in symbols))
    await until(lambda: exchange.orders is not None and exchange.balance)
    order = await exchange.create_order(symbols[0], "market", "buy", 0.01)
    await until(lambda: exchange.myTrades and exchange.myTrades[-1]["order"] == order["id"])
    await until(
        lambda: [my_order["status"] for my_order in exchange.orders if my_order["id"] == order["id"]] == ["closed"]
    )
    for symbol, book in exchange.orderbooks.items():
        assert book["symbol"] == symbol
        assert book["bids"][0][0] < book["asks"][0][0]
        assert book.limit() is book
    assert exchange.balance["BTC"]["total"] > 0
    await until(lambda: "1m" in exchange.ohlcvs.get(symbols[0], {}))
    candles = exchange.ohlcvs[symbols[0]]
    assert len(candles["1m"][-1]) == 6
    for loop in loops:
        loop.cancel()
    await asyncio.gather(*loops, return_exceptions=True)
    await exchange.close()


asyncio.run(main())
