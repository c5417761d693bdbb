"""One loop for the books, trades and candles of several symbols, and one for the best prices."""

import asyncio

import ccxt.pro


async def main():
    async with ccxt.pro.oms() as exchange:
        symbols = ["BTC/USDT", "ETH/USDT"]
        seen = set()
        while seen != set(symbols):
            book = await exchange.watch_order_book_for_symbols(symbols, 5)
            assert len(book["bids"]) <= 5
            seen.add(book["symbol"])
        seen = set()
        while seen != set(symbols):
            tickers = await exchange.watch_bids_asks(symbols)
            assert all(ticker["bid"] < ticker["ask"] for ticker in tickers.values())
            seen.update(tickers)
        trades = await exchange.watch_trades_for_symbols(symbols)
        assert {trade["symbol"] for trade in trades} <= set(symbols)
        pairs = [[symbols[0], "1m"], [symbols[1], "1h"]]
        seen = set()
        while len(seen) < len(pairs):
            candles = await exchange.watch_ohlcv_for_symbols(pairs)
            for symbol, by_timeframe in candles.items():
                seen.update((symbol, timeframe) for timeframe in by_timeframe)
        assert sorted(seen) == [("BTC/USDT", "1m"), ("ETH/USDT", "1h")]
        await exchange.un_watch_order_book_for_symbols(symbols)
        await exchange.un_watch_trades_for_symbols(symbols)
        await exchange.un_watch_ohlcv_for_symbols(pairs)
        every = await exchange.watch_tickers()
        assert set(symbols) <= set(every)


asyncio.run(main())
