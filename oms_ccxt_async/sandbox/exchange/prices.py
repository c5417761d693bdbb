"""Where the exchange's prices come from: what a source of prices has to answer, whatever it is made of.

The engine and the unified methods ask nothing else. A source is simulated (`simulator`), replayed (`replayed`) or
observed at a real exchange (`observed`).
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple, Protocol

from oms_ccxt_async.sandbox.exchange.markets import Market, Markets
from oms_ccxt_async.sandbox.exchange.model import Side
from oms_ccxt_async.sandbox.exchange.path import TICK_MS, Bar

__all__ = ["DAY_TICKS", "FUNDING_MS", "INTEREST_RATE", "Level", "Liquidity", "Prices", "PublicTrade", "Turnover"]

DAY_TICKS = 24 * 60 * 60 * 1000 // TICK_MS

FUNDING_MS = 8 * 60 * 60 * 1000
"""Funding is due every so often, counted from the epoch."""
INTEREST_RATE = Decimal("0.0001")
"""About which the funding rates lie."""

Level = tuple[Decimal, Decimal]
"""Price and amount."""


class Turnover(NamedTuple):
    """A span's candle, and how much was traded in it, in base and quote currency."""

    bar: Bar
    base: Decimal
    quote: Decimal


class PublicTrade(NamedTuple):
    """A trade of the others; at most one a tick, so the tick is its identity."""

    tick: int
    side: Side
    price: Decimal
    amount: Decimal


class Liquidity(Protocol):
    """What may be traded with now in one market: who says which levels there are has the rest."""

    last: Decimal
    """The last price."""

    def best(self, side: Side) -> Decimal | None:
        """The first price that an order of this side would get; None if nothing is left."""
        return next((price for price, _ in self.levels(side, 1)), None)

    def walk(self, side: Side, amount: Decimal, limit: Decimal | None) -> list[Level]:
        """What an order of this side would get, level by level, up to `amount` and no further than `limit`."""
        fills: list[Level] = []
        for price, there in self.levels(side, None):
            if not amount or (limit is not None and (price > limit if side == "buy" else price < limit)):
                break
            taken = min(there, amount)
            fills.append((price, taken))
            amount -= taken
        return fills

    def eat(self, side: Side, amount: Decimal) -> None:
        """Take `amount`, which must be there, off the levels that an order of this side gets."""

    def levels(self, side: Side, limit: int | None) -> list[Level]:
        """The best `limit` levels that an order of this side would get; all of them without."""


class Prices(Protocol):
    """A source of prices. A tick is a time in units of `TICK_MS`; none is asked about that lies ahead."""

    markets: Markets

    def begin(self, market: Market) -> int:
        """The first tick of which there is anything to tell."""

    def why_closed(self, market: Market, tick: int) -> str | None:
        """Why nothing can trade now, as a refusal goes on after the exchange's name; None while it can."""

    def price(self, market: Market, tick: int) -> Decimal:
        """The last price at `tick`.

        Raises:
            ExchangeRefusal: none is known yet.
        """

    def extremes(self, market: Market, first: int, end: int) -> tuple[Decimal, Decimal]:
        """The lowest and the highest price of the ticks from `first` up to and without `end`, at least one."""

    def book(self, market: Market, tick: int) -> Liquidity:
        """The live book: what is eaten from it stays gone until the market has something new."""

    def reach(self, market: Market, tick: int) -> tuple[Decimal, Decimal]:
        """Up to which price resting sells are reached, and down to which price resting buys; infinite if none is."""

    def take(self, market: Market, tick: int, side: Side, amount: Decimal, limit: Decimal, since: int) -> Decimal:
        """Take what an order of this side gets that has rested at `limit` since a time in milliseconds; how much."""

    def funding_rate(self, market: Market, index: int) -> Decimal:
        """What a long position pays of its worth, or gets if negative, at the funding time `index` * `FUNDING_MS`."""

    def move(self, market: Market, tick: int, price: Decimal) -> None:
        """Let the market trade at `price` from now on.

        Raises:
            ValueError: no price that the market can have, or a source that nobody moves.
        """

    def span(self, market: Market, first: int, end: int) -> Bar:
        """The candle of the ticks from `first` up to and without `end` (at least one), prices in the market's ticks,
        volume in its lots."""

    def turnover(self, market: Market, first: int, end: int) -> Turnover:
        """The same, with what was paid."""

    def trades(self, market: Market, first: int, end: int) -> Iterable[PublicTrade]:
        """The public trades of the ticks from `first` up to and without `end`, oldest first."""

    def open_interest(self, market: Market, at: int) -> Decimal:
        """What is open in a swap at a time in epoch milliseconds, in its amounts."""
