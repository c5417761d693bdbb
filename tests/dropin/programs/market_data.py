"""Tickers, books, trades, candles."""

import asyncio

import ccxt.async_support as ccxt


async def main():
    exchange = ccxt.oms()
    try:
        tickers = await exchange.fetch_tickers(["BTC/USDT", "ETH/USDT"])
        assert sorted(tickers) == ["BTC/USDT", "ETH/USDT"]
        assert all(ticker["bid"] < ticker["ask"] for ticker in tickers.values())
        book = await exchange.fetch_order_book("BTC/USDT", 5)
        bids, asks = book["bids"], book["asks"]
        assert len(bids) == len(asks) == 5
        assert bids == sorted(bids, reverse=True)
        assert asks[0][0] - bids[0][0] > 0
        book = await exchange.fetch_l2_order_book("BTC/USDT")
        assert book["symbol"] == "BTC/USDT"
        trades = await exchange.fetch_trades("BTC/USDT", limit=10)
        assert all(trade["price"] * trade["amount"] > 0 for trade in trades)
        assert [trade["timestamp"] for trade in trades] == sorted(trade["timestamp"] for trade in trades)
        candles = await exchange.fetch_ohlcv("BTC/USDT", "1h", limit=24)
        assert len(candles) == 24
    finally:
        await exchange.close()


asyncio.run(main())
