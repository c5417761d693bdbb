"""Watching several symbols at once, best prices, and what is read at the exchange because the OMS streams it not."""

from __future__ import annotations

import asyncio
from typing import Any

import ccxt
import pytest
from ccxt.async_support.base.ws.cache import ArrayCache, ArrayCacheByTimestamp
from ccxt.async_support.base.ws.order_book import OrderBook
from ccxt.base.errors import UnsubscribeError

from tests.faults.eventually import eventually
from tests.oms_ccxt_pro.conftest import Desk, watching
from tests.oms_ccxt_pro.test_market_stream import begun, tell

BOTH = ["BTC/USDT", "ETH/USDT"]


def book(bid: float) -> dict[str, Any]:
    """An order book."""
    return {"bids": [[bid, 1.0], [bid - 1, 2.0]], "asks": [[bid + 1, 3.0], [bid + 2, 4.0]], "timestamp": 5}


def trade(number: int, symbol: str) -> dict[str, Any]:
    """A public trade."""
    return {"id": str(number), "timestamp": number, "symbol": symbol}


async def told(desk: Desk, count: int, timeframe: str | None = None) -> None:
    """So many messages of market data have arrived."""
    await eventually(lambda: desk.exchange._live.market(timeframe).status.events == count)


# Several symbols


async def test_the_books_of_several_symbols_come_one_by_one(full: Desk) -> None:
    """Each call returns one book, of the symbol that waits longest, the newest of it, in ccxt's type."""
    exchange = full.exchange
    call = await begun(full, exchange.watch_order_book_for_symbols(BOTH, 1), 2)
    tell(full, "orderbook", book(10.0))
    first = await call
    assert isinstance(first, OrderBook)
    assert (first["symbol"], first["bids"], first["asks"]) == ("BTC/USDT", [[10.0, 1.0]], [[11.0, 3.0]])
    assert first.limit() is first
    tell(full, "orderbook", book(20.0), "ETH/USDT")
    for bid in (11.0, 12.0):
        tell(full, "orderbook", book(bid))
    await told(full, 4)
    symbols = []
    for _ in range(2):
        found = await exchange.watch_order_book_for_symbols(BOTH)
        symbols.append((found["symbol"], found["bids"][0][0]))
    assert symbols == [("ETH/USDT", 20.0), ("BTC/USDT", 12.0)]
    assert await full.quiet(exchange.watch_order_book_for_symbols(BOTH))


async def test_a_busy_symbol_does_not_starve_the_others(full: Desk) -> None:
    """Though one has news at every call, the other has its turn."""
    exchange = full.exchange
    call = await begun(full, exchange.watch_trades_for_symbols(BOTH), 2)
    tell(full, "trades", [trade(1, "BTC/USDT")])
    assert [each["symbol"] for each in await call] == ["BTC/USDT"]
    tell(full, "trades", [trade(2, "BTC/USDT"), trade(3, "BTC/USDT")])
    tell(full, "trades", [trade(4, "ETH/USDT")], "ETH/USDT")
    await told(full, 3)
    assert [each["id"] for each in await exchange.watch_trades_for_symbols(BOTH)] == ["4"]
    assert [each["id"] for each in await exchange.watch_trades_for_symbols(BOTH)] == ["2", "3"]


async def test_calls_at_the_same_time_get_the_same_book(full: Desk) -> None:
    """Two calls of one task both end with what came; one that is cancelled takes nothing."""
    exchange = full.exchange
    cancelled = await begun(full, exchange.watch_order_book_for_symbols(BOTH), 2)
    cancelled.cancel()
    calls = asyncio.gather(*(exchange.watch_order_book_for_symbols(BOTH) for _ in range(2)))
    await asyncio.sleep(0)
    tell(full, "orderbook", book(10.0), "ETH/USDT")
    async with asyncio.timeout(5):
        assert [found["symbol"] for found in await calls] == ["ETH/USDT", "ETH/USDT"]


async def test_candles_of_several_pairs_come_by_symbol_and_timeframe(full: Desk) -> None:
    """One pair for each call; two timeframes of one symbol are not mixed up."""
    exchange = full.exchange
    pairs = [["BTC/USDT", "1m"], ["BTC/USDT", "1h"]]
    call = await begun(full, exchange.watch_ohlcv_for_symbols(pairs), 2)
    hourly = exchange._live.market("1h")
    payload = {"account_id": 1, "symbol": "BTC/USDT", "channel": "ohlcv", "data": [[1, 1.0], [2, 2.0]]}
    hourly.take({"event": "ohlcv_updated", "payload": payload})
    assert await call == {"BTC/USDT": {"1h": [[1, 1.0], [2, 2.0]]}}
    assert exchange.ohlcvs["BTC/USDT"] == {"1h": [[1, 1.0], [2, 2.0]]}
    assert await exchange.un_watch_ohlcv_for_symbols(pairs)
    assert exchange.ohlcvs == {"BTC/USDT": {}}


async def test_an_outage_is_told_once_to_a_loop_that_watches_several_symbols() -> None:
    """Though each symbol's watcher was told, the next call waits again."""
    async with watching(ws={"maxOutage": 50}) as desk:
        call = await begun(desk, desk.exchange.watch_order_book_for_symbols(BOTH), 2)
        desk.oms.handshake = 502, {}
        await desk.oms.disconnect()
        with pytest.raises(ccxt.NetworkError):
            await asyncio.wait_for(call, 5)
        assert await desk.quiet(desk.exchange.watch_order_book_for_symbols(BOTH))


async def test_a_refused_symbol_ends_the_call(full: Desk) -> None:
    """A definite refusal of one market is raised, and the other one can be watched on."""
    full.oms.market_trouble = ["permission_denied"]
    with pytest.raises(ccxt.PermissionDenied):
        await asyncio.wait_for(full.exchange.watch_trades_for_symbols(BOTH), 5)
    call = await begun(full, full.exchange.watch_trades_for_symbols(["ETH/USDT"]), 2)
    tell(full, "trades", [trade(1, "ETH/USDT")], "ETH/USDT")
    assert len(await call) == 1


# Best prices


async def test_best_prices_are_the_top_of_the_book(full: Desk) -> None:
    """`watchBidsAsks` tells bid and ask with their volumes as tickers, when they are others than before."""
    exchange = full.exchange
    call = await begun(full, exchange.watch_bids_asks(BOTH), 2)
    tell(full, "orderbook", book(10.0))
    [(symbol, best)] = (await call).items()
    assert symbol == best["symbol"] == "BTC/USDT"
    assert [best[name] for name in ("bid", "bidVolume", "ask", "askVolume", "timestamp")] == [10.0, 1.0, 11.0, 3.0, 5]
    tell(full, "orderbook", {**book(10.0), "timestamp": 6})
    await told(full, 2)
    assert await full.quiet(exchange.watch_bids_asks(BOTH))
    tell(full, "orderbook", {"bids": [], "asks": []}, "ETH/USDT")
    assert (await exchange.watch_bids_asks(BOTH))["ETH/USDT"]["bid"] is None
    assert exchange.bidsasks.keys() == {*BOTH}
    assert exchange.orderbooks == {}
    with pytest.raises(ccxt.ArgumentsRequired):
        await exchange.watch_bids_asks()


async def test_best_prices_and_the_book_share_a_subscription(full: Desk) -> None:
    """The OMS is asked once, and told to stop when nobody needs it any more."""
    exchange = full.exchange
    best = await begun(full, exchange.watch_bids_asks(["BTC/USDT"]))
    books = asyncio.create_task(exchange.watch_order_book("BTC/USDT"))
    await eventually(lambda: ("orderbook", "BTC/USDT") in exchange._live.market(None).topics)
    tell(full, "orderbook", book(10.0))
    await asyncio.gather(best, books)
    again = await asyncio.wait_for(exchange.watch_order_book("BTC/USDT", params={"consumer": "another"}), 5)
    assert again["bids"][0] == [10.0, 1.0]
    assert await exchange.un_watch_order_book("BTC/USDT")
    tell(full, "orderbook", book(11.0))
    assert (await exchange.watch_bids_asks(["BTC/USDT"]))["BTC/USDT"]["bid"] == 11.0
    assert [action for action, _ in full.oms.market_requests] == ["subscribe_market"]
    ticker = await begun(full, exchange.watch_ticker("BTC/USDT"), 2)
    assert await exchange.un_watch_bids_asks(["BTC/USDT"])
    assert full.oms.market_requests[-1] == (
        "unsubscribe_market",
        {"account_id": 1, "symbol": "BTC/USDT", "channels": ["orderbook"]},
    )
    ticker.cancel()


async def test_what_a_quiet_book_last_told_is_there_for_whoever_comes(full: Desk) -> None:
    """A book that came for best prices is the first one of `watchOrderBook`, and the other way round."""
    exchange = full.exchange
    best = await begun(full, exchange.watch_bids_asks(["BTC/USDT"]))
    tell(full, "orderbook", book(10.0))
    await best
    async with asyncio.timeout(5):
        assert (await exchange.watch_order_book("BTC/USDT"))["bids"][0] == [10.0, 1.0]
        assert await exchange.un_watch_bids_asks()
        assert (await exchange.watch_bids_asks(["BTC/USDT"]))["BTC/USDT"]["bid"] == 10.0


async def test_best_prices_come_again_after_a_disconnect(full: Desk) -> None:
    """The channel that they are made of is subscribed to again, once."""
    call = await begun(full, full.exchange.watch_bids_asks(["BTC/USDT"]))
    await full.oms.disconnect()
    await eventually(lambda: len(full.oms.market_requests) == 2)
    assert full.oms.market_requests[-1][1]["channels"] == ["orderbook"]
    tell(full, "orderbook", book(10.0))
    assert (await call)["BTC/USDT"]["ask"] == 11.0


# What the OMS does not stream


async def test_the_tickers_of_all_markets_are_read() -> None:
    """`watchTickers` without symbols returns all of them when one is another one."""
    async with watching(ws={"tickersInterval": 10}) as desk:
        exchange, oms = desk.exchange, desk.oms
        oms.answers["fetch_tickers"] = {symbol: {"symbol": symbol, "last": 1.0, "info": {}} for symbol in BOTH}
        assert (await exchange.watch_tickers()).keys() == {*BOTH}
        assert await desk.quiet(exchange.watch_tickers())
        oms.answers["fetch_tickers"]["ETH/USDT"]["last"] = 2.0
        async with asyncio.timeout(5):
            tickers = await exchange.watch_tickers()
        assert [tickers[symbol]["last"] for symbol in BOTH] == [1.0, 2.0]
        assert [exchange.tickers[symbol]["last"] for symbol in BOTH] == [1.0, 2.0]
        call = asyncio.create_task(exchange.watch_tickers())
        await asyncio.sleep(0)
        assert await exchange.un_watch_tickers()
        with pytest.raises(UnsubscribeError):
            await call
        assert exchange.tickers == {}
        assert not await exchange.un_watch_tickers()


async def test_nothing_is_read_for_a_loop_that_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """When nobody has called for a while the exchange is left alone, and a call begins it again."""
    monkeypatch.setattr("oms_ccxt_pro.rereading.IDLE", 0.0)
    async with watching(ws={"tickersInterval": 1}) as desk:
        exchange, oms = desk.exchange, desk.oms
        oms.answers["fetch_tickers"] = {"BTC/USDT": {"symbol": "BTC/USDT", "last": 1.0}}
        await exchange.watch_tickers()
        await desk.quiet(exchange.watch_ticker("BTC/USDT"))
        assert oms.requests.count(("POST", "/ccxt/1/fetch_tickers")) <= 2
        oms.answers["fetch_tickers"] = {"BTC/USDT": {"symbol": "BTC/USDT", "last": 2.0}}
        assert (await exchange.watch_tickers())["BTC/USDT"]["last"] == 2.0


@pytest.mark.parametrize("has", [{"fetchMarkPrice": True}, {"fetchMarkPrices": True}])
async def test_mark_prices_are_read(has: dict[str, bool]) -> None:
    """By whichever method the exchange has; each loop is told when the price is another one, not when the time is."""
    async with watching(ws={"pollInterval": 10}) as desk:
        exchange, oms = desk.exchange, desk.oms
        exchange.has.update(has)
        one = {"symbol": "BTC/USDT", "markPrice": 1.0, "timestamp": 1, "info": {}}
        oms.answers.update(fetch_mark_price=one, fetch_mark_prices={"BTC/USDT": one})
        assert (await exchange.watch_mark_price("BTC/USDT"))["markPrice"] == 1.0
        one["timestamp"] = 2
        assert await desk.quiet(exchange.watch_mark_price("BTC/USDT"))
        one["markPrice"] = 2.0
        async with asyncio.timeout(5):
            assert (await exchange.watch_mark_prices(["BTC/USDT"]))["BTC/USDT"]["markPrice"] == 2.0
        assert exchange.tickers["BTC/USDT"]["markPrice"] == 2.0
        assert await exchange.un_watch_mark_price("BTC/USDT")


async def test_closing_ends_what_is_read(full: Desk) -> None:
    """A call that waits for the exchange's tickers ends as every other does."""
    assert await full.exchange.watch_tickers() == {}
    call = asyncio.create_task(full.exchange.watch_tickers())
    await asyncio.sleep(0)
    await full.exchange.close()
    with pytest.raises(ccxt.ExchangeClosedByUser):
        await call


# `newUpdates: False`


async def test_without_new_updates_a_call_returns_all_that_is_kept(full: Desk) -> None:
    """Trades and candles in ccxt's types, with `since` and `limit` as ccxt means them; tickers of all the symbols."""
    exchange = full.exchange
    exchange.newUpdates = False
    call = await begun(full, exchange.watch_trades("BTC/USDT"))
    for number in (1, 2, 3):
        tell(full, "trades", [trade(number, "BTC/USDT")])
    await told(full, 3)
    kept = await call
    assert isinstance(kept, ArrayCache)
    assert [each["id"] for each in kept] == ["1", "2", "3"]
    tell(full, "trades", [trade(4, "BTC/USDT")])
    assert [each["id"] for each in await exchange.watch_trades("BTC/USDT", 2, 2)] == ["3", "4"]
    candles = await begun(full, exchange.watch_ohlcv("BTC/USDT"), 2)
    tell(full, "ohlcv", [[1, 1.0], [2, 2.0]])
    assert await candles == [[1, 1.0], [2, 2.0]]
    tell(full, "ohlcv", [[2, 2.5], [3, 3.0]])
    kept = await exchange.watch_ohlcv("BTC/USDT")
    assert isinstance(kept, ArrayCacheByTimestamp)
    assert kept == [[1, 1.0], [2, 2.5], [3, 3.0]]
    tickers = await begun(full, exchange.watch_tickers(BOTH), 4)
    for symbol in BOTH:
        tell(full, "ticker", {"last": 1.0}, symbol)
    await tickers
    tell(full, "ticker", {"last": 2.0})
    await eventually(lambda: exchange.tickers["BTC/USDT"]["last"] == 2.0)
    assert await exchange.watch_tickers(BOTH) == {"BTC/USDT": {"last": 2.0}, "ETH/USDT": {"last": 1.0}}
