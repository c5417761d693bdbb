"""The market simulator: prices, order books, trades and candles that follow from a seed and the time.

Nothing is stored but where somebody moved the market by hand and what takers ate from the book of this tick.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from decimal import Decimal
from itertools import chain, count, islice

from oms_ccxt_async.sandbox.exchange.book import Book
from oms_ccxt_async.sandbox.exchange.markets import MARKETS, Market
from oms_ccxt_async.sandbox.exchange.model import Side
from oms_ccxt_async.sandbox.exchange.path import SIZES, TICK_MS, Bar, Path, PricePath, Product, draws, join
from oms_ccxt_async.sandbox.exchange.prices import DAY_TICKS, INTEREST_RATE, PublicTrade, Turnover

__all__ = ["BOOK_LEVELS", "Simulator"]

_HOUR_MS = 60 * 60 * 1000
_INFINITE = Decimal("Infinity")

BOOK_LEVELS = 100
"""Of each side."""

_BTC = (6_000_000, Decimal("0.01"), 200)
"""What a bitcoin costs, the unit of that in USDT, and how many lots of it a tick trades."""
_UNIT = Decimal("1e-12")
_ASSETS = {
    "ETH": 50_000_000_000,
    "SOL": 2_500_000_000,
    "XRP": 40_000_000,
    "LTC": 1_400_000_000,
    "DOGE": 4_000_000,
}
"""What other assets cost, in units of 10^-12 BTC."""
_LOTS = 3_000
"""How much of each a tick trades."""
_OF_BTC = 0.6
"""How far the prices in BTC go, compared with that of BTC."""


class Simulator:
    """Every market at every time.

    Args:
        seed: the same seed gives the same history and future.
        volatility: 1 is a calm crypto market; 0 lets prices and books stand still.
    """

    markets = MARKETS

    def __init__(self, seed: int, volatility: float) -> None:
        if volatility < 0:
            raise ValueError(f"volatility must not be negative, got {volatility}")
        self._seed = seed
        self._still = volatility == 0
        price, unit, lots = _BTC
        leader = PricePath(f"{seed}:BTC", price=price, volume=lots * SIZES[0], volatility=volatility)
        paths: dict[str, tuple[Path, Decimal]] = {"BTC/USDT": (leader, unit)}
        for base, price in _ASSETS.items():
            follower = PricePath(
                f"{seed}:{base}",
                price=price,
                volume=_LOTS * SIZES[0],
                volatility=volatility * _OF_BTC,
                leader=leader,
            )
            paths[f"{base}/BTC"] = follower, _UNIT
            paths[f"{base}/USDT"] = Product(leader, follower), unit * _UNIT
        self._paths: dict[str, Path] = {}
        self._scales: dict[str, tuple[int, int]] = {}
        for symbol, market in MARKETS.items():
            self._paths[symbol], unit = paths[market.spot]
            self._scales[symbol] = (unit * market.premium / market.tick).as_integer_ratio()
        self._moves: dict[str, list[tuple[int, tuple[int, int]]]] = {symbol: [] for symbol in MARKETS}
        self._books: dict[str, Book] = {}

    def begin(self, market: Market) -> int:
        """The epoch."""
        return 0

    def why_closed(self, market: Market, tick: int) -> str | None:
        """None: it always trades."""
        return None

    def price(self, market: Market, tick: int) -> Decimal:
        """The last price at `tick`."""
        return _on_grid(self._paths[market.symbol].at(tick).close, self._scale(market, tick)) * market.tick

    def move(self, market: Market, tick: int, price: Decimal) -> None:
        """Let the market trade at `price` at `tick`, and go its way in proportion to that from there.

        Raises:
            ValueError: the price is below the market's smallest or off its grid.
        """
        if price < market.min_price or price % market.tick:
            raise ValueError(f"{market.symbol} cannot trade at {price}: its prices are multiples of {market.tick}")
        earlier = [move for move in self._moves[market.symbol] if move[0] < tick]
        scale = int(price / market.tick), self._paths[market.symbol].at(tick).close
        self._moves[market.symbol] = [*earlier, (tick, scale)]
        self._books.pop(market.symbol, None)

    def span(self, market: Market, first: int, end: int) -> Bar:
        """The candle of the ticks from `first` up to and without `end` (at least one), prices in the market's ticks,
        volume in its lots."""
        path = self._paths[market.symbol]
        return join(
            _in_ticks(join(path.span(*stretch)), scale) for stretch, scale in self._stretches(market, first, end)
        )

    def extremes(self, market: Market, first: int, end: int) -> tuple[Decimal, Decimal]:
        """The lowest and the highest price of the ticks from `first` up to and without `end`, at least one."""
        bar = self.span(market, first, end)
        return bar.low * market.tick, bar.high * market.tick

    def turnover(self, market: Market, first: int, end: int) -> Turnover:
        """The same, with what was paid: each hour of the span, or what of it there is, traded at its mean price."""
        path, bars, paid = self._paths[market.symbol], [], Decimal(0)
        for stretch, scale in self._stretches(market, first, end):
            hours = list(path.span(*stretch, _HOUR_MS // TICK_MS))
            bars.append(_in_ticks(join(hours), scale))
            to_ticks = Decimal(scale[0]) / (4 * scale[1])
            if market.inverse:
                paid += sum(bar.volume / (sum(bar[:4]) * to_ticks) for bar in hours)
            else:
                paid += sum(bar.volume * sum(bar[:4]) for bar in hours) * to_ticks
        day = join(bars)
        amount = day.volume * market.lot
        if market.inverse:
            worth = amount * market.contract_size
            return Turnover(day, paid * market.lot * market.contract_size / market.tick, worth)
        return Turnover(day, amount, paid * market.lot * market.tick)

    def funding_rate(self, market: Market, index: int) -> Decimal:
        """What a long position pays of its worth, or gets if negative, at the funding time `index` * `FUNDING_MS`."""
        if self._still:
            return INTEREST_RATE
        drawn = draws(self._seed, market.symbol, "funding", index)[0]
        return INTEREST_RATE + Decimal(round((drawn - 0.5) * 40_000)).scaleb(-8)

    def open_interest(self, market: Market, at: int) -> Decimal:
        """What is open in a swap at a time in epoch milliseconds, in its amounts: about eight hours' volume."""
        hour, into = divmod(at, _HOUR_MS)
        before, after = (
            0.5 if self._still else draws(self._seed, market.symbol, "interest", hour + i)[0] for i in range(2)
        )
        share = 0.8 + 0.4 * (before + (after - before) * into / _HOUR_MS)
        lots = (_BTC[2] if market.base == "BTC" else _LOTS) * DAY_TICKS // 3
        return round(lots * share) * market.lot

    def book(self, market: Market, tick: int) -> Book:
        """The live book of `tick`: what is eaten from it stays gone until another tick is asked for."""
        book = self._books.get(market.symbol)
        if book is None or book.tick != tick:
            book = self._books[market.symbol] = self._draw_book(market, tick)
        return book

    def reach(self, market: Market, tick: int) -> tuple[Decimal, Decimal]:
        """Up to which price resting sells are reached, and down to which price resting buys."""
        book = self.book(market, tick)
        return book.best("sell") or -_INFINITE, book.best("buy") or _INFINITE

    def take(self, market: Market, tick: int, side: Side, amount: Decimal, limit: Decimal, since: int) -> Decimal:
        """Take what a resting order of this side gets: what the book has at its price or better."""
        book = self.book(market, tick)
        taken = sum((there for _, there in book.walk(side, amount, limit)), Decimal(0))
        book.eat(side, taken)
        return taken

    def trades(self, market: Market, first: int, end: int) -> Iterator[PublicTrade]:
        """The public trades of the ticks from `first` up to and without `end`, oldest first."""
        for tick in range(first, end):
            bar = self._paths[market.symbol].at(tick)
            if bar.volume:
                side: Side = "buy" if bar.close >= bar.open else "sell"
                price = _on_grid(bar.close, self._scale(market, tick)) * market.tick
                yield PublicTrade(tick, side, price, bar.volume * market.lot)

    def _scale(self, market: Market, tick: int) -> tuple[int, int]:
        moves = self._moves[market.symbol]
        position = bisect_right(moves, tick, key=lambda move: move[0])
        return moves[position - 1][1] if position else self._scales[market.symbol]

    def _stretches(self, market: Market, first: int, end: int) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
        """The parts of the span between which the market was moved, each with its scale."""
        cuts = [tick for tick, _ in self._moves[market.symbol] if first < tick < end]
        for start, stop in zip([first, *cuts], [*cuts, end], strict=True):
            yield (start, stop), self._scale(market, start)

    def _draw_book(self, market: Market, tick: int) -> Book:
        last = _on_grid(self._paths[market.symbol].at(tick).close, self._scale(market, tick))
        key = (self._seed, market.symbol, "still" if self._still else tick)
        return Book(market, tick, last, bids=_levels(*key, "bids"), asks=_levels(*key, "asks"))


def _levels(*key: object) -> Iterator[float]:
    """A number in [0, 1) for every level of a side of the book."""
    deeper = chain.from_iterable(draws(*key, page) for page in count(1))
    return islice(chain(draws(*key), deeper), BOOK_LEVELS)


def _in_ticks(bar: Bar, scale: tuple[int, int]) -> Bar:
    opened, high, low, close = (_on_grid(value, scale) for value in bar[:4])
    return Bar(opened, high, low, close, bar.volume)


def _on_grid(price: int, scale: tuple[int, int]) -> int:
    """A price of the path in ticks of a market, rounded half up; monotone, so that a candle stays a candle."""
    numerator, denominator = scale
    return max(1, (2 * price * numerator + denominator) // (2 * denominator))
