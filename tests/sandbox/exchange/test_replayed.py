"""Recorded candles as a market: the path within them, the book around it, and what is told of them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms_ccxt_async.sandbox.exchange import ExchangeRefusal, PaperExchange
from oms_ccxt_async.sandbox.exchange.markets import MARKETS, Market
from oms_ccxt_async.sandbox.exchange.path import TICK_MS, join
from oms_ccxt_async.sandbox.exchange.replayed import Candle, Recording, Replayed
from tests.sandbox.exchange.support import BTC, Clock, funded, ticket

D = Decimal
MINUTE = 60_000
BEGIN = 1_780_272_000_000
TICKS = MINUTE // TICK_MS
MARKET = Market(BTC, "BTC", "USDT", D("0.01"), D("0.001"), lot=D("0.001"))
UP, DOWN = ("100", "110", "90", "105", "10"), ("105", "106", "80", "82", "4")


def candles(*rows: Sequence[str | None], skip: int = 0) -> list[Candle]:
    """Minutes from `BEGIN` on; before the last, so many are missing."""
    found = []
    for at, row in enumerate(rows):
        opened, high, low, close = (D(str(cell)) for cell in row[:4])
        volume = None if row[4] is None else D(row[4])
        found.append(
            Candle(BEGIN + (at + (skip if at == len(rows) - 1 else 0)) * MINUTE, opened, high, low, close, volume)
        )
    return found


class Playing:
    """A paper exchange on a recording."""

    def __init__(self, *rows: Sequence[str | None], skip: int = 0) -> None:
        self.clock = Clock()
        self.clock.now = BEGIN
        self.prices = Replayed({BTC: (MARKET, Recording(MARKET, candles(*rows, skip=skip)))})
        self.exchange = PaperExchange(clock=self.clock, prices=self.prices)
        self.exchange.open(funded())

    def at(self, share: float, candle: int = 0) -> None:
        """Go to a share of a candle."""
        self.clock.now = BEGIN + candle * MINUTE + int(share * TICKS) * TICK_MS

    def call(self, func: str, *args: Any, **kwargs: Any) -> Any:
        return self.exchange.call(1, func, list(args), kwargs)


def test_the_path_of_a_candle() -> None:
    """A rising candle goes to its low first, a falling one to its high; it begins at its open and ends at its close."""
    playing = Playing(UP, DOWN)
    seen = []
    for candle, share in ((0, 0), (0, 0.25), (0, 0.5), (0, 0.75), (0, 0.999), (1, 0), (1, 0.25), (1, 0.75), (1, 0.999)):
        playing.at(share, candle)
        seen.append(str(playing.exchange.last_price(BTC)))
    assert seen == ["100.00", "90.00", "100.00", "110.00", "105.00", "105.00", "106.00", "80.00", "82.00"]


def test_no_candle_tells_what_is_to_come() -> None:
    """The candle that is being played is told as far as it has gone; before it are only those that are over."""
    playing = Playing(UP, DOWN)
    playing.at(0.25)
    ((start, opened, high, low, close, volume),) = playing.call("fetch_ohlcv", BTC, "1m")
    assert (start, opened, high, low, close) == (BEGIN, 100.0, 100.0, 90.0, 90.0)
    assert 2.5 <= volume < 2.6
    playing.at(0, 1)
    assert [candle[:5] for candle in playing.call("fetch_ohlcv", BTC, "1m")] == [
        [BEGIN, 100.0, 110.0, 90.0, 105.0],
        [BEGIN + MINUTE, 105.0, 105.0, 105.0, 105.0],
    ]
    ticker = playing.call("fetch_ticker", BTC)
    assert (ticker["high"], ticker["low"], ticker["last"], ticker["bid"]) == (110.0, 90.0, 105.0, 104.99)


def test_lists_begin_with_the_recording() -> None:
    """Whatever is asked for from before it begins with its first candle, and a limit counts from there."""
    playing = Playing(UP, DOWN, UP)
    playing.at(0.5, 2)
    found = playing.call("fetch_ohlcv", BTC, "1m", BEGIN - 100 * MINUTE, 2)
    assert [candle[0] for candle in found] == [BEGIN, BEGIN + MINUTE]
    trades = playing.call("fetch_trades", BTC, BEGIN, 1000)
    assert [trade["price"] for trade in trades[:4]] == [100.0, 90.0, 110.0, 105.0]
    assert sum(trade["amount"] for trade in trades[:4]) == 10


def test_one_candle_gives_what_it_traded() -> None:
    """All that orders take of a side within a candle is at most its volume, at ever worse prices; the next one has its
    own."""
    playing = Playing(UP, DOWN)
    playing.at(0.5)
    first = playing.exchange.place(ticket("buy", "market", "7"))
    assert [str(trade.price) for trade in first.trades] == ["100.01", *(f"100.0{at}" for at in range(2, 8))]
    playing.at(0.6)
    second = playing.exchange.place(ticket("buy", "market", "7"))
    assert (sum(trade.amount for trade in second.trades), second.order.status) == (D(3), "canceled")
    assert playing.exchange.place(ticket("sell", "market", "1")).order.status == "closed"
    playing.at(0.1, 1)
    assert playing.exchange.place(ticket("buy", "market", "4")).order.status == "closed"


def test_without_volumes_there_is_always_enough() -> None:
    """Candles of prices alone say nothing of how much was traded."""
    playing = Playing((*UP[:4], None))
    playing.at(0.5)
    (trade,) = playing.exchange.place(ticket("buy", "market", "900")).trades
    assert (trade.amount, trade.price) == (D(900), D("100.01"))


def test_the_recording_ends() -> None:
    """After the last candle nothing trades, and orders are refused for that; what was is still told."""
    playing = Playing(UP)
    playing.exchange.place(ticket("buy", "limit", "1", "50"))
    playing.at(0, 1)
    with pytest.raises(ExchangeRefusal, match="trading is halted: the recording of BTC/USDT has ended"):
        playing.exchange.place(ticket("buy", "market", "1"))
    assert playing.exchange.advance() == []
    assert playing.exchange.last_price(BTC) == 105
    assert playing.call("fetch_ohlcv", BTC, "1m")[0][4] == 105.0
    assert playing.exchange.cancel(1, 900_001).order.status == "canceled"


def test_gaps() -> None:
    """In a gap the last close stands, and there is nothing to trade with."""
    playing = Playing(UP, DOWN, UP, skip=2)
    playing.at(0.5, 3)
    assert playing.exchange.last_price(BTC) == 82
    assert playing.exchange.place(ticket("buy", "market", "1")).order.status == "canceled"
    assert [candle[4:] for candle in playing.call("fetch_ohlcv", BTC, "1m")] == [[105, 10], [82, 4], [82, 0], [82, 0]]


def test_recordings_are_not_moved() -> None:
    """What was is not changed."""
    with pytest.raises(ValueError, match="is replayed"):
        Playing(UP).exchange.move(BTC, D(1))


prices = st.integers(1, 400)
drawn = st.lists(st.tuples(prices, prices, prices, prices, st.integers(0, 3000)), min_size=1, max_size=6)


def recording(rows: list[tuple[int, int, int, int, int]], ticks: int) -> Recording:
    found = []
    for at, (*four, volume) in enumerate(rows):
        low, opened, close, high = sorted(four)
        opened, close = (opened, close) if four[0] <= four[1] else (close, opened)
        told = (D(cell) / 100 for cell in (opened, high, low, close))
        found.append(Candle(BEGIN + at * ticks * TICK_MS, *told, D(volume) / 1000))  # type: ignore[call-arg]
    return Recording(MARKET, found)


@settings(max_examples=80, deadline=None)
@given(drawn, st.sampled_from([4, 5, 20, 240]), st.data())
def test_parts_make_up_the_whole(rows: Any, ticks: int, data: st.DataObject) -> None:
    """However a span is cut, its parts join to the whole; whole candles are those of the file, tick by tick."""
    found = recording(rows, ticks)
    if len(rows) == 1:
        found.ticks = 240
    begin, end = found.begin, found.begin + found.ticks * len(rows)
    first = data.draw(st.integers(begin, end - 2))
    last = data.draw(st.integers(first + 2, end))
    cut = data.draw(st.integers(first + 1, last - 1))
    whole = join(found.span(first, last))
    assert join([*found.span(first, cut), *found.span(cut, last)]) == whole
    told = [found.price(tick) for tick in range(first, last)]
    assert (whole.open, whole.high, whole.low, whole.close) == (told[0], max(told), min(told), told[-1])
    for index in range(len(rows)):
        at = begin + index * found.ticks
        assert join(found.span(at, at + found.ticks)) == found.bar(index)


@settings(max_examples=80, deadline=None)
@given(drawn, st.lists(prices, max_size=4), st.data())
def test_the_next_moment_is_the_first(rows: Any, levels: list[int], data: st.DataObject) -> None:
    """Before the tick that is named the price neither turns nor comes to a level; at it, it does one of the two."""
    found = recording(rows, 20)
    end = found.begin + found.ticks * len(rows)
    tick = data.draw(st.integers(found.begin, end - 1))
    named = found.next(tick, levels)
    assert tick < named <= found.end
    turns = {at for index in range(len(rows)) for at, _ in found.points(index)} | {found.end}
    now = found.price(tick)

    def reached(at: int) -> bool:
        price = found.price(at)
        return any(min(now, price) <= level <= max(now, price) and level != now for level in levels)

    assert not any(at in turns or reached(at) for at in range(tick + 1, named))
    assert named in turns or reached(named)


def test_the_simulated_markets_have_no_end() -> None:
    """The seam's other side: a simulated market trades at any time."""
    exchange = PaperExchange(clock=Clock())
    assert all(exchange.tradable(symbol) for symbol in MARKETS)
