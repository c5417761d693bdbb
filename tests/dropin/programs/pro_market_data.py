"""Several streams of market data at once, each in a loop of its own."""

import asyncio

import ccxt.pro as ccxtpro


async def books(exchange, symbol):
    book = await exchange.watch_order_book(symbol, 5)
    assert book["bids"][0][0] < book["asks"][0][0]
    return book["symbol"]


async def tickers(exchange, symbol):
    ticker = await exchange.watch_ticker(symbol)
    assert ticker["bid"] < ticker["ask"]
    assert exchange.parse8601(ticker["datetime"]) == ticker["timestamp"]
    return ticker["symbol"]


async def main():
    async with ccxtpro.oms() as exchange:
        symbols = ["BTC/USDT", "ETH/USDT"]
        loops = [loop(exchange, symbol) for loop in (books, tickers) for symbol in symbols]
        assert await asyncio.gather(*loops) == symbols + symbols
        candles = await exchange.watch_ohlcv("BTC/USDT", "1m")
        assert len(candles[-1]) == 6
        await exchange.un_watch_ohlcv("BTC/USDT", "1m")


asyncio.run(main())
