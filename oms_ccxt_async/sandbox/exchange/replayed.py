"""Recorded candles, played again: a source of prices of which every order sees as much as had happened by then.

Within a candle the price goes from its open to its low, its high and its close, in straight lines, or to its high
first where the candle falls; it stands for a tick. Around it there is a book of ten levels a tick apart, and all that
orders take of a side within one candle is at most what the candle traded.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import pairwise
from typing import NamedTuple

from oms_ccxt_async.sandbox.exchange.markets import Market, Markets
from oms_ccxt_async.sandbox.exchange.model import Side
from oms_ccxt_async.sandbox.exchange.path import TICK_MS, Bar, join
from oms_ccxt_async.sandbox.exchange.prices import INTEREST_RATE, Level, Liquidity, PublicTrade, Turnover

__all__ = ["MIN_CANDLE_MS", "Candle", "CandleBook", "Recording", "Replayed"]

MIN_CANDLE_MS = 4 * TICK_MS
"""A candle has four points at least."""
LEVELS = 10
UNLIMITED = 10**12
"""What a level of a market holds whose candles have no volume."""
_ZERO, _INFINITE = Decimal(0), Decimal("Infinity")


class Candle(NamedTuple):
    """One candle from `start`, in epoch milliseconds; `volume` None is not known."""

    start: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal | None


class Recording:
    """The candles of one market, as they were recorded, by tick.

    Args:
        market: whose; prices go to its grid.
        candles: at least one, in order of time, all of one length, with gaps between them or not.

    Raises:
        ValueError: they are not.
    """

    def __init__(self, market: Market, candles: Sequence[Candle]) -> None:
        steps = [later.start - earlier.start for earlier, later in pairwise(candles)]
        length = min(steps, default=60_000)
        if length < MIN_CANDLE_MS or any(step % length for step in steps) or candles[0].start % TICK_MS:
            raise ValueError(f"{market.symbol}: candles must be in order, of one length, and a second long at least")
        self.ticks = length // TICK_MS
        self._starts = [candle.start // TICK_MS for candle in candles]
        self.begin, self.end = self._starts[0], self._starts[-1] + self.ticks
        self._bars = [_bar(market, candle) for candle in candles]
        self.unlimited = all(candle.volume is None for candle in candles)
        self._turns = (0, max(1, self.ticks // 4), min(3 * self.ticks // 4, self.ticks - 2), self.ticks - 1)

    def index(self, tick: int) -> int:
        """Which candle is the last that has begun by a tick; before all, the first."""
        return max(0, bisect_right(self._starts, tick) - 1)

    def bar(self, index: int) -> Bar:
        """A whole candle."""
        return self._bars[index]

    def traded(self, tick: int) -> int:
        """What the candle of a tick trades in all, in lots; nothing in a gap."""
        index = self.index(tick)
        return self._bars[index].volume if 0 <= tick - self._starts[index] < self.ticks else 0

    def points(self, index: int) -> list[tuple[int, int]]:
        """The ticks at which the price of a candle turns, and the prices there."""
        bar = self._bars[index]
        ways = (bar.open, bar.low, bar.high, bar.close) if bar.close >= bar.open else (bar.open, *bar[1:4])
        return [(self._starts[index] + turn, price) for turn, price in zip(self._turns, ways, strict=True)]

    def price(self, tick: int) -> int:
        """The price that stands through a tick; before the recording its first, after it and in gaps the last."""
        index = self.index(tick)
        points = self.points(index)
        if tick <= points[0][0]:
            return points[0][1]
        for (before, low), (after, high) in pairwise(points):
            if tick <= after:
                return low + (high - low) * (tick - before) // (after - before)
        return points[-1][1]

    def span(self, first: int, end: int) -> Iterator[Bar]:
        """The bars that tile the ticks from `first` up to and without `end`: whole candles, and parts of them."""
        for index in range(self.index(first), self.index(end - 1) + 1):
            start = self._starts[index]
            begin, stop = max(first, start), min(end, start + self.ticks)
            if begin <= start and stop == start + self.ticks:
                yield self._bars[index]
                continue
            if begin >= stop:
                begin, stop = first, min(end, first + 1)  # in a gap
            prices = [self.price(begin), self.price(stop - 1)]
            prices[1:1] = [price for tick, price in self.points(index) if begin < tick < stop - 1]
            lots = self._bars[index].volume
            so_far = [lots * max(0, min(tick - start, self.ticks)) // self.ticks for tick in (begin, stop)]
            yield Bar(prices[0], max(prices), min(prices), prices[-1], so_far[1] - so_far[0])

    def next(self, tick: int, levels: Iterable[int]) -> int:
        """The next tick at which the price turns or first is at or beyond one of these levels; the recording's end
        after the last."""
        for index in range(self.index(tick), len(self._bars)):
            points = self.points(index)
            if tick < points[0][0]:
                return points[0][0]
            for (before, low), (after, high) in pairwise(points):
                if after <= tick:
                    continue
                now, ticks, found = self.price(tick), after - before, after
                for level in levels:
                    if now < level <= high:  # prices between are rounded down
                        found = min(found, before - (low - level) * ticks // (high - low))
                    elif high <= level < now:
                        found = min(found, before + (low - level - 1) * ticks // (low - high) + 1)
                return found
        return self.end


class CandleBook(Liquidity):
    """What a candle leaves to trade with around its price.

    Args:
        market: whose.
        last: in ticks of the market.
        volume: what each side has at first; None: without end.
        eaten: what was taken of each side.
    """

    def __init__(self, market: Market, last: int, volume: Decimal | None, eaten: dict[Side, Decimal]) -> None:
        self.last = last * market.tick
        self._market = market
        self._last = last
        self._volume = volume
        self._eaten = eaten

    def eat(self, side: Side, amount: Decimal) -> None:
        """Take `amount`, which must be there, off the levels that an order of this side gets."""
        self._eaten[side] += amount

    def levels(self, side: Side, limit: int | None) -> list[Level]:
        """The best `limit` levels that an order of this side would get; all of them without."""
        market, direction, gone = self._market, 1 if side == "buy" else -1, self._eaten[side]
        each = Decimal(UNLIMITED) if self._volume is None else self._volume / LEVELS // market.step * market.step
        rest = _ZERO if self._volume is None else self._volume // market.step * market.step - LEVELS * each
        found: list[Level] = []
        for number in range(1, LEVELS + 1):
            there = each + (rest if number == 1 else _ZERO)
            price = (self._last + direction * number) * market.tick
            if there > gone and price > 0:
                found.append((price, there - gone))
            gone = max(_ZERO, gone - there)
        return found[:limit]


class Replayed:
    """The recordings of several markets, as a source of prices.

    Args:
        recordings: by symbol, with their markets.
    """

    def __init__(self, recordings: Mapping[str, tuple[Market, Recording]]) -> None:
        self.markets = Markets(market for market, _ in recordings.values())
        self._recordings = {symbol: recording for symbol, (_, recording) in recordings.items()}
        self._eaten: dict[str, tuple[int, dict[Side, Decimal]]] = {}
        self.begin_ms = min(recording.begin for recording in self._recordings.values()) * TICK_MS
        self.end_ms = max(recording.end for recording in self._recordings.values()) * TICK_MS

    def begin(self, market: Market) -> int:
        """The first tick of the market's recording."""
        return self._recordings[market.symbol].begin

    def next(self, market: Market, tick: int, levels: Iterable[Decimal]) -> int:
        """The next tick at which the market's price turns, or is at or beyond a level, or that ends its recording."""
        exact = [level / market.tick for level in levels]
        beside = {int(level.to_integral_value(way)) for level in exact for way in (ROUND_FLOOR, ROUND_CEILING)}
        return self._recordings[market.symbol].next(tick, beside)

    def why_closed(self, market: Market, tick: int) -> str | None:
        """That the recording has not begun, or has ended."""
        recording = self._recordings[market.symbol]
        if recording.begin <= tick < recording.end:
            return None
        state = "has not begun" if tick < recording.begin else "has ended"
        return f"trading is halted: the recording of {market.symbol} {state}"

    def price(self, market: Market, tick: int) -> Decimal:
        """The price at `tick`."""
        return self._recordings[market.symbol].price(tick) * market.tick

    def extremes(self, market: Market, first: int, end: int) -> tuple[Decimal, Decimal]:
        """The lowest and the highest price of the ticks from `first` up to and without `end`."""
        bar = self.span(market, first, end)
        return bar.low * market.tick, bar.high * market.tick

    def book(self, market: Market, tick: int) -> CandleBook:
        """The book of `tick`; what is eaten is gone for as long as its candle lasts."""
        recording = self._recordings[market.symbol]
        index = recording.index(tick)
        if self._eaten.get(market.symbol, (None,))[0] != index:
            self._eaten[market.symbol] = index, {"buy": _ZERO, "sell": _ZERO}
        volume = None if recording.unlimited else recording.traded(tick) * market.lot
        return CandleBook(market, recording.price(tick), volume, self._eaten[market.symbol][1])

    def reach(self, market: Market, tick: int) -> tuple[Decimal, Decimal]:
        """Up to which price resting sells are reached, and down to which price resting buys."""
        book = self.book(market, tick)
        return book.best("sell") or -_INFINITE, book.best("buy") or _INFINITE

    def take(self, market: Market, tick: int, side: Side, amount: Decimal, limit: Decimal, since: int) -> Decimal:
        """Take what a resting order of this side gets: what the book has at its price or better."""
        book = self.book(market, tick)
        taken = sum((there for _, there in book.walk(side, amount, limit)), _ZERO)
        book.eat(side, taken)
        return taken

    def funding_rate(self, market: Market, index: int) -> Decimal:
        """The same at any time: none is recorded."""
        return INTEREST_RATE

    def move(self, market: Market, tick: int, price: Decimal) -> None:
        """What was recorded is not moved.

        Raises:
            ValueError: always.
        """
        raise ValueError(f"{market.symbol} is replayed: its prices cannot be moved")

    def span(self, market: Market, first: int, end: int) -> Bar:
        """The candle of the ticks from `first` up to and without `end` (at least one), prices in the market's ticks,
        volume in its lots."""
        return join(self._recordings[market.symbol].span(first, end))

    def turnover(self, market: Market, first: int, end: int) -> Turnover:
        """The same, with what was paid: each candle traded at its mean price."""
        bars = list(self._recordings[market.symbol].span(first, end))
        day = join(bars)
        if market.inverse:
            base = sum((bar.volume * market.lot * market.contract_size / _mean(bar, market) for bar in bars), _ZERO)
            return Turnover(day, base, day.volume * market.lot * market.contract_size)
        paid = sum((bar.volume * market.lot * _mean(bar, market) for bar in bars), _ZERO)
        return Turnover(day, day.volume * market.lot, paid)

    def trades(self, market: Market, first: int, end: int) -> Iterator[PublicTrade]:
        """A trade at each point where the price turns, of a quarter of the candle's volume."""
        recording = self._recordings[market.symbol]
        for index in range(recording.index(first), recording.index(end - 1) + 1):
            quarter, before = recording.bar(index).volume // 4, 0
            for tick, price in recording.points(index):
                if quarter and first <= tick < end:
                    yield PublicTrade(
                        tick, "buy" if price >= before else "sell", price * market.tick, quarter * market.lot
                    )
                before = price

    def open_interest(self, market: Market, at: int) -> Decimal:
        """None is recorded."""
        return _ZERO


def _bar(market: Market, candle: Candle) -> Bar:
    """A candle in the market's ticks and lots."""
    opened, high, low, close = (int((price / market.tick).to_integral_value()) for price in candle[1:5])
    return Bar(opened, high, low, close, int((candle.volume or _ZERO) / market.lot))


def _mean(bar: Bar, market: Market) -> Decimal:
    return sum(bar[:4]) * market.tick / 4
