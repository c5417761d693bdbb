from __future__ import annotations

import itertools
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import ccxt
import ccxt.test.exchange.base as base
import pytest

from oms_ccxt_async.sandbox.exchange import ExchangeRefusal
from oms_ccxt_async.sandbox.exchange.market_data import TIMEFRAMES
from oms_ccxt_async.sandbox.exchange.markets import MARKETS
from tests.sandbox.exchange.support import BTC, START, SWAP, Floor

DAY = 24 * 60 * 60 * 1000


@pytest.mark.parametrize("symbol", MARKETS)
def test_ticker_agrees_with_candles_trades_and_book(moving: Floor, symbol: str) -> None:
    """The ticker's 24 hours are those of the candles, its last price the last trade's, its top the book's."""
    moving.clock.now = START // DAY * DAY + DAY - 250
    ticker = moving.call("fetch_ticker", symbol)
    (candle,) = moving.call("fetch_ohlcv", symbol, "1d", None, 1)
    keys = ("open", "high", "low", "close")
    assert candle[:-1] == [moving.clock.now - DAY + 250, *(ticker[key] for key in keys)]
    trade = moving.call("fetch_trades", symbol)[-1]
    assert ticker["last"] == trade["price"] == float(moving.exchange.last_price(symbol))
    book = moving.call("fetch_order_book", symbol)
    assert [ticker["bid"], ticker["bidVolume"]] == book["bids"][0]
    assert [ticker["ask"], ticker["askVolume"]] == book["asks"][0]
    assert ticker["change"] == pytest.approx(ticker["last"] - ticker["open"])
    assert ticker["percentage"] == pytest.approx(100 * (ticker["last"] / ticker["open"] - 1))
    (before,) = moving.call("fetch_ohlcv", symbol, "1m", candle[0] - 60_000, 1)
    assert ticker["open"] == ticker["previousClose"] == before[4]
    assert candle[-1] == ticker["quoteVolume" if MARKETS[symbol].inverse else "baseVolume"] / float(
        MARKETS[symbol].contract_size
    )


@pytest.mark.parametrize("symbol", MARKETS)
def test_volumes_are_what_was_traded(moving: Floor, symbol: str) -> None:
    """The ticker's two volumes differ by a mean price, which is near that of the trades; ccxt's validator agrees."""
    ticker = moving.call("fetch_ticker", symbol)
    assert ticker["vwap"] == pytest.approx(ticker["quoteVolume"] / ticker["baseVolume"])
    assert ticker["low"] < ticker["vwap"] < ticker["high"]
    hours = moving.call("fetch_ohlcv", symbol, "5m", START - DAY, 288)
    traded = sum(hour[5] for hour in hours)
    paid = sum(hour[5] * sum(hour[1:5]) / 4 for hour in hours)
    assert ticker["vwap"] == pytest.approx(paid / traded, rel=0.0005)
    exchange = ccxt.Exchange({"id": "paper"})
    exchange.set_markets(list(moving.call("fetch_markets")))
    base.test_ticker(exchange, {}, "fetchTicker", ticker, symbol)


def test_swaps_tell_index_and_mark_price(moving: Floor) -> None:
    """The index is the spot price, the mark price the swap's own; a spot market has neither."""
    ticker = moving.call("fetch_ticker", "BTC/USD:BTC")
    assert ticker["indexPrice"] == moving.call("fetch_ticker", BTC)["last"]
    assert ticker["markPrice"] == ticker["last"]
    assert moving.call("fetch_mark_price", SWAP)["markPrice"] == moving.call("fetch_mark_prices")[SWAP]["last"]
    assert moving.call("fetch_ticker", BTC)["markPrice"] is None
    with pytest.raises(ExchangeRefusal, match=r"paper fetch_mark_price\(\) supports linear and inverse contracts only"):
        moving.call("fetch_mark_price", BTC)


def test_a_move_by_hand_is_in_the_volumes() -> None:
    """What was traded before a move was traded at the price before it."""
    floor = Floor()
    floor.clock.now += DAY // 2
    floor.exchange.move(BTC, Decimal(30_000))
    floor.clock.now += DAY // 4
    ticker = floor.call("fetch_ticker", BTC)
    assert ticker["vwap"] == pytest.approx((3 * 60_000 + 30_000) / 4, rel=0.05)
    assert (ticker["open"], ticker["last"], ticker["percentage"]) == (60_000.0, 30_000.0, -50.0)


def test_history_goes_back_thirty_days_by_pages(moving: Floor) -> None:
    """The candles and the trades of any time of the last month are there, and each page is where the last one ended."""
    hour = 60 * 60 * 1000
    since = (START - 30 * DAY) // hour * hour
    for symbol in ("ETH/BTC", "BTC/USD:BTC"):
        candles = moving.call("fetch_ohlcv", symbol, "1h", since, 300)
        while candles[-1][0] < START - hour:
            candles += moving.call("fetch_ohlcv", symbol, "1h", candles[-1][0] + 1, 300)
        assert [candle[0] for candle in candles] == list(range(since, START, hour))
        minute = since + 60_000
        trades = moving.call("fetch_trades", symbol, minute, 240)
        ((_, opened, high, low, close, volume),) = moving.call("fetch_ohlcv", symbol, "1m", minute, 1)
        prices = [trade["price"] for trade in trades]
        assert (prices[-1], max(opened, *prices), min(opened, *prices)) == (close, high, low)
        assert volume == pytest.approx(sum(trade["amount"] for trade in trades))


def test_lists_end_where_they_are_told_to(moving: Floor) -> None:
    """`until` ends a list from `since` on, and without `since` a list is the last of what was before it."""
    until = START - DAY
    candles = moving.call("fetch_ohlcv", BTC, "1m", until - 600_000, 1000, {"until": until})
    assert candles[-1][0] == until // 60_000 * 60_000
    assert moving.call("fetch_ohlcv", BTC, "1m", None, 3, {"until": until}) == candles[-3:]
    trades = moving.call("fetch_trades", BTC, None, 2, {"until": until})
    assert [trade["timestamp"] for trade in trades] == [until // 250 * 250 - 250, until // 250 * 250]


def test_candles_of_mark_and_index(moving: Floor) -> None:
    """They are the swap's own and its spot market's, without a volume; other prices have none."""
    own, spot = (moving.call("fetch_ohlcv", symbol, "1h", None, 2) for symbol in (SWAP, BTC))
    marked = [[*candle[:5], None] for candle in own]
    assert moving.call("fetch_mark_ohlcv", SWAP, "1h", None, 2) == marked
    assert moving.call("fetch_ohlcv", SWAP, "1h", None, 2, {"price": "mark"}) == marked
    assert moving.call("fetch_index_ohlcv", SWAP, "1h", None, 2) == [[*candle[:5], None] for candle in spot]
    with pytest.raises(ExchangeRefusal, match="paper does not have candles of the premiumIndex price"):
        moving.call("fetch_ohlcv", SWAP, "1h", None, 2, {"price": "premiumIndex"})


@pytest.mark.parametrize(
    ("params", "count"),
    [
        ({}, 12),
        ({"type": "spot"}, 8),
        ({"type": "swap"}, 4),
        ({"type": "swap", "subType": "inverse"}, 1),
        ({"type": "future"}, 3),
        ({"type": "delivery"}, 1),
    ],
)
def test_tickers_of_a_type(moving: Floor, params: dict[str, str], count: int) -> None:
    """All tickers are those of the type that is asked for."""
    assert len(moving.call("fetch_tickers", None, params)) == count


def test_books_of_several_markets(moving: Floor) -> None:
    """They are the books that each has alone."""
    books = moving.call("fetch_order_books", [BTC, SWAP], 3)
    assert books == {symbol: moving.call("fetch_order_book", symbol, 3) for symbol in (BTC, SWAP)}


@pytest.mark.parametrize("timeframe", TIMEFRAMES)
def test_candles_of_every_timeframe(moving: Floor, timeframe: str) -> None:
    """500 candles unless told otherwise: aligned, without gaps, each opening at the close before, the last one live."""
    candles = moving.call("fetch_ohlcv", BTC, timeframe)
    period = TIMEFRAMES[timeframe] * 250
    assert len(candles) == 500
    assert candles[-1][0] == START // period * period
    assert candles[-1][4] == moving.call("fetch_ticker", BTC)["last"]
    for before, after in itertools.pairwise(candles):
        assert after[0] - before[0] == period
        assert after[1] == before[4]
    assert all(low <= min(opened, close) <= max(opened, close) <= high for _, opened, high, low, close, _ in candles)


def test_larger_candles_are_made_of_smaller_ones(moving: Floor) -> None:
    """An hour has the high, low and volume of its minutes."""
    ((start, opened, high, low, close, volume),) = moving.call("fetch_ohlcv", BTC, "1h", START - DAY, 1)
    minutes = moving.call("fetch_ohlcv", BTC, "1m", start, 60)
    assert (opened, close) == (minutes[0][1], minutes[-1][4])
    assert (high, low) == (max(minute[2] for minute in minutes), min(minute[3] for minute in minutes))
    assert volume == pytest.approx(sum(minute[5] for minute in minutes))


def test_candles_page_forward(moving: Floor) -> None:
    """Pages that begin where the last one ended join without gap or overlap, up to now."""
    since = START - 20 * 60_000
    pages: list[list[Any]] = []
    while page := moving.call("fetch_ohlcv", BTC, "1m", pages[-1][0] + 1 if pages else since, 7):
        pages += page
    assert pages == moving.call("fetch_ohlcv", BTC, "1m", since)
    assert len(pages) == 20


@pytest.mark.parametrize(
    ("call", "most"),
    [
        (lambda floor: floor.call("fetch_ohlcv", BTC, "1m", 0, 5000), 1500),
        (lambda floor: floor.call("fetch_trades", BTC, START - DAY, 5000), 1000),
        (lambda floor: floor.call("fetch_trades", BTC), 100),
    ],
)
def test_pages_have_a_largest_size(moving: Floor, call: Callable[[Floor], list[Any]], most: int) -> None:
    """No answer is longer than the exchange's page."""
    assert len(call(moving)) == most


def test_trades_page_forward(moving: Floor) -> None:
    """Trades from `since` on come oldest first, each once."""
    since = START - 60_000
    trades = moving.call("fetch_trades", BTC, since, 1000)
    assert [trade["timestamp"] for trade in trades] == list(range(since, START + 1, 250))
    assert moving.call("fetch_trades", BTC, since + 1, 3) == trades[1:4]
    assert moving.call("fetch_trades", BTC, START + 1) == []


def test_book_limit(moving: Floor) -> None:
    """A limit cuts both sides; without one every level is there."""
    assert [len(moving.call("fetch_l2_order_book", BTC, 5)[side]) for side in ("bids", "asks")] == [5, 5]
    assert len(moving.call("fetch_order_book", BTC, 100)["asks"]) == 100
    assert moving.call("fetch_order_book", BTC) == moving.call("fetch_order_book", BTC, 100)


def test_tickers_of_some_symbols(moving: Floor) -> None:
    """Only the symbols asked for are answered, and each as it would be alone."""
    assert moving.call("fetch_tickers", [BTC]) == {BTC: moving.call("fetch_ticker", BTC)}
    assert moving.call("fetch_last_prices", [BTC])[BTC]["price"] == float(moving.exchange.last_price(BTC))
