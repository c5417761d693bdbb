"""A price path without storage: the candle of any aligned period follows from a seed, and so does every part of it.

A week's candle is drawn from the seed; a candle is then split into the candles of its parts, down to a tick of
250 ms, so that the parts open where the one before closed, reach exactly the whole's high and low, and sum to its
volume. Every timeframe of every age thus agrees with every other, at the cost of at most thirteen splits.

A path may follow another: it then reaches its highs and lows in the same ticks. The candles of the product of the two
are the products of their candles, and so the price of ETH in USDT is at any time that of ETH in BTC times that of BTC
in USDT, without anyone looking through the ticks between.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from hashlib import blake2b
from itertools import starmap
from struct import Struct
from typing import NamedTuple, Protocol

__all__ = ["SIZES", "TICK_MS", "Bar", "Path", "PricePath", "Product", "draws", "join"]

TICK_MS = 250
"""How long a price stands."""

PARTS = (7, 2, 3, 2, 2, 2, 2, 3, 5, 4, 3, 5, 4)
"""Into how many parts a period is split, level by level: week, day, 12 h, 4 h, 2 h, 1 h, 30 m, 15 m, 5 m, 1 m, 15 s,
5 s, 1 s, tick."""


def _sizes() -> tuple[int, ...]:
    sizes = [1]
    for parts in reversed(PARTS):
        sizes.append(sizes[-1] * parts)
    return tuple(reversed(sizes))


SIZES = _sizes()
"""How many ticks the period of each level has."""

_WORDS = Struct("<32H")


def draws(*key: object) -> tuple[float, ...]:
    """Return 32 numbers in [0, 1) that follow from `key` alone, on every machine."""
    digest = blake2b(":".join(map(str, key)).encode(), digest_size=64).digest()
    return tuple([word / 65536 for word in _WORDS.unpack(digest)])


class Bar(NamedTuple):
    """Open, high, low, close and volume, in units that are the path's."""

    open: int
    high: int
    low: int
    close: int
    volume: int


def join(bars: Iterable[Bar]) -> Bar:
    """The bar of a whole period from those of its parts, at least one, in order of time."""
    first, *others = bars
    if not others:
        return first
    opens, highs, lows, closes, volumes = zip(first, *others, strict=True)
    return Bar(opens[0], max(highs), min(lows), closes[-1], sum(volumes))


class Path(Protocol):
    """The price of something over all time."""

    def at(self, tick: int) -> Bar:
        """The bar of one tick; its close is the price that stands through it."""

    def span(self, first: int, end: int, most: int = SIZES[0]) -> Iterator[Bar]:
        """The bars that tile the ticks from `first` up to and without `end`, the fewest there are of at most `most`, in
        order of time."""


class PricePath:
    """The price of one asset over all time.

    Args:
        key: what the path follows from.
        price: what the price hovers around.
        volume: the volume of a week.
        volatility: 1 moves like a calm crypto market (some percent a week), 0 stands still.
        leader: a path in whose extremes this one has its own.
    """

    def __init__(
        self, key: str, *, price: int, volume: int, volatility: float, leader: PricePath | None = None
    ) -> None:
        self._key = key
        self._leader = leader
        self._price = price
        self._volume = volume
        self._volatility = volatility
        self.parts = lru_cache(maxsize=4096)(self._split)

    def at(self, tick: int) -> Bar:
        """The bar of one tick; its close is the price that stands through it."""
        return self.bar(len(PARTS), tick)

    def span(self, first: int, end: int, most: int = SIZES[0]) -> Iterator[Bar]:
        """The bars that tile the ticks from `first` up to and without `end`, the fewest there are of at most `most`, in
        order of time."""
        return starmap(self.bar, _tiles(first, end, most))

    def bar(self, level: int, index: int) -> Bar:
        """The bar of one period of a level: a tick, a second, ... or a week, counted from the epoch."""
        if level == 0:
            return self._week(index)
        whole, part = divmod(index, PARTS[level - 1])
        return self.parts(level - 1, whole)[part]

    def _week(self, index: int) -> Bar:
        def close(week: int) -> int:
            return round(self._price * (1 + 0.04 * self._volatility * (2 * draws(self._key, "week", week)[0] - 1)))

        before, after = max(1, close(index - 1)), max(1, close(index))
        _, up, down, *_ = draws(self._key, "week", index)
        high = round(max(before, after) * (1 + 0.02 * self._volatility * (0.5 + up)))
        low = round(min(before, after) * (1 - 0.02 * self._volatility * (0.5 + down)))
        return Bar(before, high, max(1, low), after, self._volume)

    def _split(self, level: int, index: int) -> tuple[Bar, ...]:
        whole = self.bar(level, index)
        parts = PARTS[level]
        random = iter(draws(self._key, level, index))
        leading = None if self._leader is None else self._leader.parts(level, index)
        if level == len(PARTS) - 1:
            points = self._tick_points(whole, random) if leading is None else _following_points(whole, leading, random)
            reach = 0.0
        else:
            points, reach = self._points(whole, parts, random), 1 / parts
        tops = [max(points[i], points[i + 1]) for i in range(parts)]
        bottoms = [min(points[i], points[i + 1]) for i in range(parts)]
        if leading is None or not reach:
            highest, lowest = tops.index(max(tops)), bottoms.index(min(bottoms))
        else:
            highest = max(range(parts), key=lambda i: leading[i].high)
            lowest = min(range(parts), key=lambda i: leading[i].low)
        weights = [0.5 + next(random) for _ in range(parts)]
        total, left = sum(weights), whole.volume
        bars = []
        for i, (top, bottom, weight) in enumerate(zip(tops, bottoms, weights, strict=True)):
            high = whole.high if i == highest else top + int((whole.high - top) * next(random) * reach)
            low = whole.low if i == lowest else bottom - int((bottom - whole.low) * next(random) * reach)
            volume = left if i == parts - 1 else int(whole.volume * weight / total)
            left -= volume
            bars.append(Bar(points[i], high, low, points[i + 1], volume))
        return tuple(bars)

    @staticmethod
    def _points(whole: Bar, parts: int, random: Iterator[float]) -> list[int]:
        """Where the parts begin and end: a straight line from open to close, disturbed, within high and low."""
        points = [whole.open]
        for i in range(1, parts):
            straight = whole.open + (whole.close - whole.open) * i / parts
            point = straight + (whole.high - whole.low) * (next(random) - 0.5)
            points.append(min(whole.high, max(whole.low, round(point))))
        return [*points, whole.close]

    @staticmethod
    def _tick_points(whole: Bar, random: Iterator[float]) -> list[int]:
        """As `_points`, for ticks: a tick has one price, so high and low are among them."""
        inner = [whole.high, whole.low] if next(random) < 0.5 else [whole.low, whole.high]
        inner.insert(int(3 * next(random)), whole.low + int((whole.high - whole.low) * next(random)))
        return [whole.open, *inner, whole.close]


def _following_points(whole: Bar, leading: tuple[Bar, ...], random: Iterator[float]) -> list[int]:
    """As `_tick_points`, with high and low where the path that leads has them."""
    inner = [bar.close for bar in leading[:-1]]
    highest, lowest = inner.index(max(inner)), len(inner) - 1 - inner[::-1].index(min(inner))
    points = [whole.low + int((whole.high - whole.low) * next(random)) for _ in inner]
    points[highest], points[lowest] = whole.high, whole.low
    return [whole.open, *points, whole.close]


class Product:
    """What an asset costs in a third one, by the path of its price in another and that other's path.

    Args:
        leader: the price of the other asset.
        follower: the price of this asset in the other, a path that follows `leader`.
    """

    def __init__(self, leader: PricePath, follower: PricePath) -> None:
        self._leader = leader
        self._follower = follower

    def at(self, tick: int) -> Bar:
        """As `Path`."""
        return self._bar(len(PARTS), tick)

    def span(self, first: int, end: int, most: int = SIZES[0]) -> Iterator[Bar]:
        """As `Path`."""
        return starmap(self._bar, _tiles(first, end, most))

    def _bar(self, level: int, index: int) -> Bar:
        one, other = self._leader.bar(level, index), self._follower.bar(level, index)
        opened, close = one.open * other.open, one.close * other.close
        if level == len(PARTS):  # the two may pass a tick in opposite directions
            return Bar(opened, max(opened, close), min(opened, close), close, other.volume)
        return Bar(opened, one.high * other.high, one.low * other.low, close, other.volume)


def _tiles(first: int, end: int, most: int) -> Iterator[tuple[int, int]]:
    """Level and index of the periods, the fewest there are of at most `most` ticks, that make up those from `first` to
    `end`."""
    level = len(PARTS)
    while first < end:
        while level and SIZES[level - 1] <= most and first % SIZES[level - 1] == 0 and first + SIZES[level - 1] <= end:
            level -= 1
        while first + SIZES[level] > end:
            level += 1
        yield level, first // SIZES[level]
        first += SIZES[level]
