"""The order book of one tick: the simulated crowd's liquidity, and what is left of it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from oms_ccxt_async.sandbox.exchange.markets import Market
from oms_ccxt_async.sandbox.exchange.model import Side

__all__ = ["Book", "Level"]

Level = tuple[Decimal, Decimal]
"""Price and amount."""

_HALF_SPREAD = 2
"""Ticks between the last price and the best bid, and the best ask."""

_AMOUNT_DIGITS = 6
"""Amounts are kept as whole numbers of 10^-6, prices as ticks: most levels are drawn but never looked at."""


class Book:
    """One market's liquidity around `last`, its last price.

    Args:
        market: whose book.
        tick: when.
        last: in ticks of the market.
        bids: one number in [0, 1) for every level below `last`; distance and amount of the level follow from it.
        asks: the same above.
    """

    def __init__(self, market: Market, tick: int, last: int, bids: Sequence[float], asks: Sequence[float]) -> None:
        self.tick = tick
        self.last = last * market.tick
        self._price_tick = market.tick
        self._levels: dict[Side, list[tuple[int, int]]] = {
            "buy": _levels(market, last, 1, asks),
            "sell": _levels(market, last, -1, bids),
        }

    def best(self, side: Side) -> Decimal | None:
        """The first price that an order of this side would get; None if nothing is left."""
        levels = self._levels[side]
        return levels[0][0] * self._price_tick if levels else None

    def walk(self, side: Side, amount: Decimal, limit: Decimal | None) -> list[Level]:
        """What an order of this side would get, level by level, up to `amount` and no further than `limit`."""
        wanted, fills = _units(amount), []
        bound = None if limit is None else int(limit / self._price_tick)
        for price, there in self._levels[side]:
            if not wanted or (bound is not None and (price > bound if side == "buy" else price < bound)):
                break
            taken = min(there, wanted)
            fills.append((price * self._price_tick, Decimal(taken).scaleb(-_AMOUNT_DIGITS)))
            wanted -= taken
        return fills

    def eat(self, side: Side, amount: Decimal) -> None:
        """Take `amount`, which must be there, off the levels that an order of this side gets."""
        levels, left, emptied = self._levels[side], _units(amount), 0
        while left:
            price, there = levels[emptied]
            if there > left:
                levels[emptied] = (price, there - left)
                break
            left -= there
            emptied += 1
        del levels[:emptied]

    def levels(self, side: Side, limit: int | None) -> list[Level]:
        """The best `limit` levels that an order of this side would get."""
        return [
            (price * self._price_tick, Decimal(amount).scaleb(-_AMOUNT_DIGITS))
            for price, amount in self._levels[side][:limit]
        ]


def _levels(market: Market, last: int, direction: int, drawn: Sequence[float]) -> list[tuple[int, int]]:
    """A side of the book; of a stretched draw the whole part is the gap behind the level, the fraction its amount."""
    levels = []
    price = last + direction * _HALF_SPREAD
    for i, draw in enumerate(drawn):
        if price <= 0:
            break
        gap = int(market.gap * draw)
        thousandths = (1 + int(1000 * (market.gap * draw - gap))) * (1 + i // 4) * market.depth
        levels.append((price, 1000 * thousandths))
        price += direction * (1 + gap)
    return levels


def _units(amount: Decimal) -> int:
    return int(amount.scaleb(_AMOUNT_DIGITS))
