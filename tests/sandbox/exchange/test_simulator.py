from __future__ import annotations

from decimal import Decimal

import pytest

from oms_ccxt_async.sandbox.exchange.markets import MARKETS, SWAPS, Market
from oms_ccxt_async.sandbox.exchange.prices import DAY_TICKS
from oms_ccxt_async.sandbox.exchange.simulator import BOOK_LEVELS, Simulator

NOW = 1_795_350_668_750 // 250
BTC = MARKETS["BTC/USDT"]
ALL = pytest.mark.parametrize("market", MARKETS.values(), ids=MARKETS)


def test_negative_volatility_is_an_error() -> None:
    """Volatility below zero means nothing."""
    with pytest.raises(ValueError, match="volatility must not be negative, got -1"):
        Simulator(1, -1)


@ALL
def test_prices_lie_on_the_grid(market: Market) -> None:
    """Every price of a market is a multiple of its tick."""
    simulator = Simulator(1, 1.0)
    assert all(simulator.price(market, NOW + i) % market.tick == 0 for i in range(100))


@ALL
def test_book_has_100_levels_around_the_last_price(market: Market) -> None:
    """Bids descend below and asks ascend above the last price, with amounts that vary."""
    book = Simulator(1, 1.0).book(market, NOW)
    bids, asks = book.levels("sell", None), book.levels("buy", None)
    assert len(bids) == len(asks) == BOOK_LEVELS == 100
    prices = [price for price, _ in (*reversed(bids), *asks)]
    assert prices == sorted(set(prices))
    assert bids[0][0] < book.last < asks[0][0]
    assert len({amount for _, amount in (*bids, *asks)}) > 20
    assert all(amount % market.step == 0 for _, amount in (*bids, *asks))


@ALL
def test_trades_make_the_candle(market: Market) -> None:
    """The public trades of a period have the high, low, close and volume of its candle."""
    simulator = Simulator(1, 1.0)
    bar = simulator.span(market, NOW, NOW + 400)
    trades = list(simulator.trades(market, NOW, NOW + 400))
    prices = [int(trade.price / market.tick) for trade in trades]
    assert (max(bar.open, *prices), min(bar.open, *prices), prices[-1]) == (bar.high, bar.low, bar.close)
    assert sum(trade.amount for trade in trades) == bar.volume * market.lot
    assert all(trade.amount % market.step == 0 for trade in trades)
    assert {trade.side for trade in trades} == {"buy", "sell"}


@pytest.mark.parametrize("swap", SWAPS.values(), ids=SWAPS)
def test_swap_follows_spot_at_its_basis(swap: Market) -> None:
    """A swap trades above spot by the same few hundredths of a percent at any time."""
    simulator, spot = Simulator(1, 1.0), MARKETS[swap.spot]
    grid = swap.tick / simulator.price(swap, NOW)
    for tick in range(NOW, NOW + 10 * DAY_TICKS, DAY_TICKS):
        basis = simulator.price(swap, tick) / simulator.price(spot, tick)
        assert Decimal("1.0001") - 2 * grid < basis < Decimal("1.0003") + 2 * grid


@pytest.mark.parametrize("base", ["ETH", "LTC"])
def test_triangle_closes(base: str) -> None:
    """What a base costs in BTC and what BTC costs are what it costs in USDT, up to their grids, at any time."""
    simulator = Simulator(1, 1.0)
    crossed, direct = MARKETS[f"{base}/BTC"], MARKETS[f"{base}/USDT"]
    for tick in range(NOW - 400 * DAY_TICKS, NOW, DAY_TICKS + 7):
        price, bitcoin = simulator.price(crossed, tick), simulator.price(BTC, tick)
        off = abs(price * bitcoin - simulator.price(direct, tick))
        assert off <= (crossed.tick * bitcoin + price * BTC.tick + direct.tick) / 2 + Decimal("1e-9")


def test_books_are_as_deep_as_told() -> None:
    """A level is the same whether it is asked for first, or after others, and whether its neighbours are eaten."""
    one, other = (Simulator(1, 1.0).book(BTC, NOW) for _ in range(2))
    assert one.levels("buy", 3) == one.levels("buy", 100)[:3] == other.levels("buy", None)[:3]
    other.eat("buy", sum((amount for _, amount in one.levels("buy", 40)), Decimal(0)))
    assert other.levels("buy", None) == one.levels("buy", None)[40:]


def test_a_book_stays_for_its_tick() -> None:
    """What is eaten is gone for the tick, and back with the next."""
    simulator = Simulator(1, 0.0)
    whole = simulator.book(BTC, NOW).levels("buy", None)
    simulator.book(BTC, NOW).eat("buy", Decimal(5))
    assert simulator.book(BTC, NOW).levels("buy", None) != whole
    assert simulator.book(BTC, NOW + 1).levels("buy", None) == whole


def test_books_differ_from_tick_to_tick() -> None:
    """In a moving market the amounts of the book move too."""
    simulator = Simulator(1, 1.0)
    assert simulator.book(BTC, NOW).levels("buy", None) != simulator.book(BTC, NOW + 1).levels("buy", None)


def test_move_sets_the_price_from_then_on() -> None:
    """A move changes nothing before it; after it a still market stands at the new price."""
    simulator = Simulator(1, 0.0)
    simulator.move(BTC, NOW, Decimal("61234.56"))
    prices = [simulator.price(BTC, tick) for tick in (NOW - 1, NOW, NOW + 1000)]
    assert prices == [Decimal(60000), Decimal("61234.56"), Decimal("61234.56")]


def test_move_redraws_the_book() -> None:
    """The book of the tick of the move is around the new price."""
    simulator = Simulator(1, 0.0)
    simulator.book(BTC, NOW)
    simulator.move(BTC, NOW, Decimal(61000))
    assert simulator.book(BTC, NOW).last == 61000


def test_a_later_move_at_the_same_tick_wins() -> None:
    """Two moves of one tick leave the second, and candles count it once."""
    simulator = Simulator(1, 0.0)
    simulator.move(BTC, NOW, Decimal(70000))
    simulator.move(BTC, NOW, Decimal(50000))
    assert simulator.span(BTC, NOW - 4, NOW + 4)[:4] == (6_000_000, 6_000_000, 5_000_000, 5_000_000)


def test_the_market_goes_on_from_a_move() -> None:
    """In a moving market the moved price is met exactly and moves on from there."""
    simulator = Simulator(1, 1.0)
    simulator.move(BTC, NOW, Decimal(30000))
    prices = [simulator.price(BTC, NOW + i) for i in range(100)]
    assert prices[0] == 30000
    assert len(set(prices)) > 10
    assert all(29000 < price < 31000 for price in prices)


@pytest.mark.parametrize("price", ["0", "-1", "60000.001"])
def test_a_price_that_cannot_be_is_an_error(price: str) -> None:
    """A market cannot be moved off its grid or to nothing."""
    with pytest.raises(ValueError, match="multiples of"):
        Simulator(1, 0.0).move(BTC, NOW, Decimal(price))
