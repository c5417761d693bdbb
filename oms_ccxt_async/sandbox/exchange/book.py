"""The order book of one tick: the simulated crowd's liquidity, and what is left of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import islice

from oms_ccxt_async.sandbox.exchange.markets import Market
from oms_ccxt_async.sandbox.exchange.model import Side
from oms_ccxt_async.sandbox.exchange.prices import Level

__all__ = ["Book"]

_HALF_SPREAD = 2
"""Ticks between the last price and the best bid, and the best ask."""

_NEAR = 32
"""So many levels hold almost all that there is of a side; behind them it is thin."""

_AMOUNT_DIGITS = 6
"""Amounts are kept as whole numbers of 10^-6, prices as ticks: most levels are drawn but never looked at."""


class Book:
    """One market's liquidity around `last`, its last price.

    Args:
        market: whose book.
        tick: when.
        last: in ticks of the market.
        bids: one number in [0, 1) for every level below `last`; distance and amount of the level follow from it. They
            are drawn as far as somebody looks.
        asks: the same above.
    """

    def __init__(self, market: Market, tick: int, last: int, bids: Iterable[float], asks: Iterable[float]) -> None:
        self.tick = tick
        self.last = last * market.tick
        self._price_tick = market.tick
        self._levels: dict[Side, list[tuple[int, int]]] = {"buy": [], "sell": []}
        self._deeper: dict[Side, Iterator[tuple[int, int]]] = {
            "buy": _levels(market, last, 1, asks),
            "sell": _levels(market, last, -1, bids),
        }

    def best(self, side: Side) -> Decimal | None:
        """The first price that an order of this side would get; None if nothing is left."""
        best = self._at(side, 0)
        return best and best[0] * self._price_tick

    def walk(self, side: Side, amount: Decimal, limit: Decimal | None) -> list[Level]:
        """What an order of this side would get, level by level, up to `amount` and no further than `limit`."""
        wanted = _units(amount)
        fills: list[Level] = []
        bound = None if limit is None else int(limit / self._price_tick)
        while wanted and (level := self._at(side, len(fills))):
            price, there = level
            if bound is not None and (price > bound if side == "buy" else price < bound):
                break
            taken = min(there, wanted)
            fills.append((price * self._price_tick, Decimal(taken).scaleb(-_AMOUNT_DIGITS)))
            wanted -= taken
        return fills

    def eat(self, side: Side, amount: Decimal) -> None:
        """Take `amount`, which must be there, off the levels that an order of this side gets."""
        levels, left, emptied = self._levels[side], _units(amount), 0
        while left and (level := self._at(side, emptied)):
            price, there = level
            if there > left:
                levels[emptied] = (price, there - left)
                break
            left -= there
            emptied += 1
        del levels[:emptied]

    def levels(self, side: Side, limit: int | None) -> list[Level]:
        """The best `limit` levels that an order of this side would get; all of them without."""
        levels, deeper = self._levels[side], self._deeper[side]
        levels += deeper if limit is None else islice(deeper, max(0, limit - len(levels)))
        return [(price * self._price_tick, Decimal(amount).scaleb(-_AMOUNT_DIGITS)) for price, amount in levels[:limit]]

    def _at(self, side: Side, index: int) -> tuple[int, int] | None:
        """One level, counted from the best."""
        levels = self._levels[side]
        levels += islice(self._deeper[side], index + 1 - len(levels) if index >= len(levels) else 0)
        return levels[index] if index < len(levels) else None


def _levels(market: Market, last: int, direction: int, drawn: Iterable[float]) -> Iterator[tuple[int, int]]:
    """A side of the book; of a stretched draw the whole part is the gap behind the level, the fraction its amount."""
    price = last + direction * _HALF_SPREAD
    for i, draw in enumerate(drawn):
        if price <= 0:
            break
        gap = int(market.gap * draw)
        amount = market.gap * draw - gap
        thousandths = (1 + int(1000 * amount)) * (1 + i // 4) if i < _NEAR else 1 + int(10 * amount)
        yield price, 1000 * thousandths * market.depth
        price += direction * (1 + gap)


def _units(amount: Decimal) -> int:
    return int(amount.scaleb(_AMOUNT_DIGITS))
