from __future__ import annotations

from decimal import Decimal

from oms_ccxt_async.sandbox.exchange.book import Book
from oms_ccxt_async.sandbox.exchange.markets import MARKETS

MARKET = MARKETS["BTC/USDT"]


def book() -> Book:
    """Two levels a side: 0.001 two ticks away, 0.501 behind it."""
    return Book(MARKET, 7, 6_000_000, bids=[0.0, 0.5125], asks=[0.0, 0.5125])


def test_levels_go_away_from_the_last_price() -> None:
    """The best bid is below and the best ask above the last price, and worse levels lie behind them."""
    assert book().last == Decimal("60000.00")
    assert [price for price, _ in book().levels("sell", None)] == [Decimal("59999.98"), Decimal("59999.97")]
    assert [price for price, _ in book().levels("buy", None)] == [Decimal("60000.02"), Decimal("60000.03")]


def test_levels_are_cut_to_the_limit() -> None:
    """As many levels are given as asked for."""
    assert len(book().levels("buy", 1)) == 1


def test_walk_takes_level_by_level() -> None:
    """An order gets the best level first and only what it wants of the last."""
    assert book().walk("buy", Decimal("0.0015"), None) == [
        (Decimal("60000.02"), Decimal("0.001")),
        (Decimal("60000.03"), Decimal("0.0005")),
    ]


def test_walk_stops_at_the_limit() -> None:
    """An order gets nothing beyond its price, and what is exactly at it."""
    assert book().walk("buy", Decimal(1), Decimal("60000.01")) == []
    assert len(book().walk("buy", Decimal(1), Decimal("60000.02"))) == 1
    assert book().walk("sell", Decimal(1), Decimal("59999.99")) == []
    assert len(book().walk("sell", Decimal(1), Decimal("59999.98"))) == 1


def test_what_is_eaten_is_gone() -> None:
    """What was taken is not there for the next, on that side only."""
    one = book()
    one.eat("buy", Decimal("0.0015"))
    assert one.levels("buy", None) == [(Decimal("60000.03"), Decimal("0.5005"))]
    assert one.levels("sell", None) == book().levels("sell", None)


def test_an_eaten_side_has_no_best() -> None:
    """A side can be emptied to the last level."""
    one = book()
    one.eat("buy", sum((amount for _, amount in one.levels("buy", None)), Decimal(0)))
    assert one.best("buy") is None
    assert one.best("sell") == Decimal("59999.98")


def test_no_bid_at_or_below_zero() -> None:
    """Near the bottom of the price scale the bids end."""
    low = Book(MARKET, 7, 3, bids=[0.0, 0.0, 0.0], asks=[0.0])
    assert [price for price, _ in low.levels("sell", None)] == [Decimal("0.01")]
