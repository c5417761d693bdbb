"""The prices of a real exchange, as they were last seen: a source of prices that can fall silent, and lie.

What is seen is believed only if it makes sense: a book that is crossed, has a side without a level or goes back in time
is not, and so the one before it grows old. Nothing trades on a book that is too old.

What an order takes stays taken until the exchange says something new of that level. A resting order is reached by the
other side of the book, or by a trade of others beyond its price.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from oms_ccxt_async.sandbox.exchange.listing import number
from oms_ccxt_async.sandbox.exchange.markets import Market, Markets
from oms_ccxt_async.sandbox.exchange.model import ExchangeRefusal, Side
from oms_ccxt_async.sandbox.exchange.path import TICK_MS, Bar
from oms_ccxt_async.sandbox.exchange.prices import INTEREST_RATE, Level, Liquidity, PublicTrade, Turnover

__all__ = ["DEPTH", "Observed", "ObservedBook"]

DEPTH = 100
"""How many levels of each side are looked at."""
KNOWN_TRADES = 5000
"""By how many of a market's trades a repeat is known."""
_ZERO, _INFINITE = Decimal(0), Decimal("Infinity")


class ObservedBook(Liquidity):
    """One market's book as it was last seen, without what orders took of it."""

    def __init__(self) -> None:
        self.last = _ZERO
        self._seen: dict[Side, dict[Decimal, Decimal]] = {"buy": {}, "sell": {}}
        self._taken: dict[Side, dict[Decimal, Decimal]] = {"buy": {}, "sell": {}}

    def see(self, bids: list[Level], asks: list[Level]) -> None:
        """Take up a newer state, best levels first."""
        sides: dict[Side, list[Level]] = {"buy": asks, "sell": bids}
        for side, levels in sides.items():
            old, seen = self._seen[side], dict(levels)
            self._taken[side] = {
                price: taken for price, taken in self._taken[side].items() if seen.get(price) == old[price]
            }
            self._seen[side] = seen

    def eat(self, side: Side, amount: Decimal) -> None:
        """Take `amount`, which must be there, off the levels that an order of this side gets."""
        for price, there in self.walk(side, amount, None):
            self._taken[side][price] = self._taken[side].get(price, _ZERO) + there

    def levels(self, side: Side, limit: int | None) -> list[Level]:
        """The best `limit` levels that an order of this side would get; all of them without."""
        taken = self._taken[side]
        found: list[Level] = []
        for price, amount in self._seen[side].items():
            if limit is not None and len(found) >= limit:
                break
            left = amount - taken.get(price, _ZERO)
            if left > 0:
                found.append((price, left))
        return found


@dataclass(slots=True)
class _Passing:
    """What is left of a trade of others."""

    price: Decimal
    amount: Decimal
    timestamp: int


@dataclass(slots=True)
class _View:
    """What was seen of one market."""

    book: ObservedBook = field(default_factory=ObservedBook)
    seen_at: int | None = None
    """When its book was last seen, by our clock."""
    stamp: int | None = None
    """The same by the exchange's."""
    traded: Decimal | None = None
    traded_at: int = 0
    lows: list[tuple[int, Decimal]] = field(default_factory=list)
    """Of all prices since, each that no later one undercuts, with its tick."""
    highs: list[tuple[int, Decimal]] = field(default_factory=list)
    passing: list[_Passing] = field(default_factory=list)
    known: deque[object] = field(default_factory=lambda: deque(maxlen=KNOWN_TRADES))
    known_set: set[object] = field(default_factory=set)
    rate: Decimal | None = None
    lies: int = 0


class Observed:
    """What was seen of every market.

    Args:
        markets: those of the exchange.
        clock: epoch milliseconds.
        stale_ms: how old a book may be that is traded on.
    """

    def __init__(self, markets: Markets, clock: Callable[[], int], *, stale_ms: int) -> None:
        self.markets = markets
        self._clock = clock
        self._stale_ms = stale_ms
        self._views: dict[str, _View] = {}
        self._skew: int | None = None

    def see_book(self, symbol: str, raw: Mapping[str, Any], *, anew: bool = False) -> bool:
        """Take up a book as ccxt has it; whether it is believed.

        Args:
            symbol: whose.
            raw: the book.
            anew: it was asked for just now, so that its time is right, whatever was told before.
        """
        market, view = self.markets[symbol], self._view(symbol)
        if anew:
            self._skew = view.stamp = None
        bids = _levels(market, raw.get("bids"), descending=True)
        asks = _levels(market, raw.get("asks"), descending=False)
        stamp, now = raw.get("timestamp"), self._clock()
        if not isinstance(stamp, int) or isinstance(stamp, bool):
            stamp = None
        back = stamp is not None and view.stamp is not None and stamp < view.stamp
        if not (bids and asks) or bids[0][0] >= asks[0][0] or back or (not anew and self._off(stamp, now)):
            view.lies += 1
            return False
        if stamp is not None:
            self._skew = now - stamp if self._skew is None else min(self._skew, now - stamp)
            view.stamp = stamp
        view.book.see(bids, asks)
        view.seen_at = now
        self._price(market, view, now)
        return True

    def see_trades(self, symbol: str, trades: Iterable[Mapping[str, Any]]) -> bool:
        """Take up trades as ccxt has them, those that were seen before and those without a price or an amount left out;
        whether one may have reached a resting order."""
        market, view, now = self.markets[symbol], self._view(symbol), self._clock()
        timed = [raw for raw in trades if isinstance(raw, Mapping) and isinstance(raw.get("timestamp"), int)]
        for raw in sorted(timed, key=lambda raw: raw["timestamp"]):
            price, amount, stamp = number(raw.get("price")), number(raw.get("amount")), raw["timestamp"]
            if not price or not amount or price < 0 or amount < 0:
                continue
            known = raw.get("id") or (stamp, price, amount)
            if known in view.known_set:
                continue
            if len(view.known) == KNOWN_TRADES:
                view.known_set.discard(view.known[0])
            view.known.append(known)
            view.known_set.add(known)
            if stamp < view.traded_at or self._off(stamp, now):
                continue  # told late: whoever rested then has had what it could get
            view.traded, view.traded_at = market.price_to_precision(price), stamp
            view.passing.append(_Passing(view.traded, market.amount_to_precision(amount), stamp))
        if view.seen_at is not None:
            self._price(market, view, now)
        return bool(view.passing)

    def see_funding_rate(self, symbol: str, rate: object) -> None:
        """Take up the funding rate of a swap."""
        found = number(rate)
        if found is not None:
            self._view(symbol).rate = found

    def forget_passed(self) -> None:
        """Let nothing more be reached by the trades that were seen: whoever rested has been looked at."""
        for view in self._views.values():
            view.passing.clear()

    def age(self, symbol: str) -> int | None:
        """How many milliseconds ago the market's book was seen; None: never."""
        seen_at = self._view(symbol).seen_at
        return None if seen_at is None else max(0, self._clock() - seen_at)

    def fresh(self, symbol: str) -> bool:
        """Whether the market's book may be traded on."""
        return not self._old(self._view(symbol), self._clock())

    def lies(self, symbol: str) -> int:
        """How many of the market's books were not believed."""
        return self._view(symbol).lies

    def begin(self, market: Market) -> int:
        """The exchange itself is asked for what was."""
        raise NotImplementedError

    def why_closed(self, market: Market, tick: int) -> str | None:
        """That there are no prices, or old ones, as long as that is so."""
        if self.fresh(market.symbol):
            return None
        age = self.age(market.symbol)
        what = "there are none yet" if age is None else f"the last ones are {age / 1000:.0f} s old"
        return f"trading is suspended for want of prices of {market.symbol}: {what}"

    def price(self, market: Market, tick: int) -> Decimal:
        """The price of the last trade, held within the book; the last one known where the book is old.

        Raises:
            ExchangeRefusal: none is known.
        """
        view = self._view(market.symbol)
        if view.seen_at is None:
            raise ExchangeRefusal(self.why_closed(market, tick))
        return view.book.last

    def extremes(self, market: Market, first: int, end: int) -> tuple[Decimal, Decimal]:
        """The lowest and the highest price seen since a tick."""
        view = self._view(market.symbol)
        low, high = (
            prices[at][1] if (at := bisect_left(prices, first, key=lambda seen: seen[0])) < len(prices) else None
            for prices in (view.lows, view.highs)
        )
        return low or view.book.last, high or view.book.last

    def book(self, market: Market, tick: int) -> ObservedBook:
        """The book as it was last seen."""
        return self._view(market.symbol).book

    def reach(self, market: Market, tick: int) -> tuple[Decimal, Decimal]:
        """Up to which price resting sells are reached, and down to which price resting buys."""
        view = self._view(market.symbol)
        sells, buys = view.book.best("sell") or -_INFINITE, view.book.best("buy") or _INFINITE
        for trade in view.passing:
            sells, buys = max(sells, trade.price - market.tick), min(buys, trade.price + market.tick)
        return sells, buys

    def take(self, market: Market, tick: int, side: Side, amount: Decimal, limit: Decimal, since: int) -> Decimal:
        """Take what a resting order of this side gets: from the book, and from trades beyond its price."""
        view = self._view(market.symbol)
        taken = sum((there for _, there in view.book.walk(side, amount, limit)), _ZERO)
        view.book.eat(side, taken)
        for trade in view.passing:
            beyond = trade.price < limit if side == "buy" else trade.price > limit
            if beyond and trade.timestamp >= since and taken < amount:
                part = min(trade.amount, amount - taken)
                trade.amount -= part
                taken += part
        return taken

    def funding_rate(self, market: Market, index: int) -> Decimal:
        """The rate that was last seen."""
        rate = self._view(market.symbol).rate
        return INTEREST_RATE if rate is None else rate

    def move(self, market: Market, tick: int, price: Decimal) -> None:
        """Nobody moves a real market.

        Raises:
            ValueError: always.
        """
        raise ValueError(f"{market.symbol} has the prices of a real exchange: they cannot be moved")

    def span(self, market: Market, first: int, end: int) -> Bar:
        """The exchange itself is asked for candles."""
        raise NotImplementedError

    def turnover(self, market: Market, first: int, end: int) -> Turnover:
        """The exchange itself is asked for tickers."""
        raise NotImplementedError

    def trades(self, market: Market, first: int, end: int) -> Iterable[PublicTrade]:
        """The exchange itself is asked for trades."""
        raise NotImplementedError

    def open_interest(self, market: Market, at: int) -> Decimal:
        """The exchange itself is asked for it."""
        raise NotImplementedError

    def _view(self, symbol: str) -> _View:
        return self._views.setdefault(symbol, _View())

    def _old(self, view: _View, now: int) -> bool:
        return view.seen_at is None or now - view.seen_at > self._stale_ms

    def _off(self, stamp: int | None, now: int) -> bool:
        """Whether a time of the exchange's was told late, by the smallest difference that the clocks have shown, or
        lies ahead of both clocks."""
        if stamp is None:
            return False
        behind, usual = now - stamp, self._skew
        if usual is None:
            return behind < -self._stale_ms
        return behind > usual + self._stale_ms or behind < min(usual, 0) - self._stale_ms

    def _price(self, market: Market, view: _View, now: int) -> None:
        bid, ask = (view.book.levels(side, 1) for side in ("sell", "buy"))
        low, high = (bid[0][0] if bid else None), (ask[0][0] if ask else None)
        price = view.traded
        if price is None and low is not None and high is not None:
            price = market.price_to_precision((low + high) / 2)
        price = view.book.last if price is None else price
        if high is not None:
            price = min(price, high)
        if low is not None:
            price = max(price, low)
        view.book.last = price
        tick = now // TICK_MS
        for prices, worse in ((view.lows, Decimal.__ge__), (view.highs, Decimal.__le__)):
            while prices and worse(prices[-1][1], price):
                prices.pop()
            prices.append((tick, price))


def _levels(market: Market, raw: Any, *, descending: bool) -> list[Level]:
    """A side of a book, best level first, on the market's grid; what has no price or no amount is left out."""
    found: dict[Decimal, Decimal] = {}
    for level in list(raw or [])[:DEPTH]:
        if not isinstance(level, (list, tuple)) or len(level) < 2:
            continue
        price, amount = number(level[0]), number(level[1])
        if price is None or amount is None or price <= 0 or amount <= 0:
            continue
        price, amount = market.price_to_precision(price), market.amount_to_precision(amount)
        if amount:
            found[price] = found.get(price, _ZERO) + amount
    return sorted(found.items(), reverse=descending)
