from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms_ccxt_async.sandbox.exchange.path import SIZES, Bar, Path, PricePath, Product, join

PATH = PricePath("1:BTC", price=6_000_000, volume=200 * SIZES[0], volatility=1.0)
FOLLOWER = PricePath("1:ETH", price=50_000_000_000, volume=3000 * SIZES[0], volatility=0.6, leader=PATH)
PRODUCT = Product(PATH, FOLLOWER)
NOW = 1_795_350_668_750 // 250


def whole(first: int, end: int) -> Bar:
    return join(PATH.span(first, end))


@given(st.integers(0, 2 * NOW), st.integers(1, 10**7), st.integers(1, 10**7))
def test_spans_of_any_cut_make_the_same_whole(first: int, left: int, right: int) -> None:
    """A span is the same candle however it is cut in two."""
    cut, end = first + left, first + left + right
    assert join([whole(first, cut), whole(cut, end)]) == whole(first, end)


@pytest.mark.parametrize("path", [PATH, FOLLOWER, PRODUCT], ids=["leader", "follower", "product"])
@settings(deadline=None)
@given(first=st.integers(0, 2 * NOW), length=st.integers(1, 400))
def test_span_is_made_of_its_ticks(path: Path, first: int, length: int) -> None:
    """A candle's open, high, low, close and volume are those of the ticks in it."""
    ticks = [path.at(tick) for tick in range(first, first + length)]
    span = join(path.span(first, first + length))
    assert span.open == path.at(first - 1).close
    assert span.close == ticks[-1].close
    assert span.high == max(span.open, *(tick.close for tick in ticks))
    assert span.low == min(span.open, *(tick.close for tick in ticks))
    assert span.volume == sum(tick.volume for tick in ticks)


def test_another_path_of_the_same_key_agrees() -> None:
    """A price follows from the key and the time alone, not from what was asked before."""
    again = PricePath("1:BTC", price=6_000_000, volume=200 * SIZES[0], volatility=1.0)
    assert [again.at(tick) for tick in (NOW, 0, NOW + 999, -5)] == [PATH.at(tick) for tick in (NOW, 0, NOW + 999, -5)]


def test_keys_differ() -> None:
    """Another key is another path."""
    other = PricePath("2:BTC", price=6_000_000, volume=200 * SIZES[0], volatility=1.0)
    assert [other.at(NOW + i).close for i in range(4)] != [PATH.at(NOW + i).close for i in range(4)]


def test_volatility_0_stands_still() -> None:
    """Without volatility every candle is flat at the given price, and volume goes on."""
    still = PricePath("1:BTC", price=6_000_000, volume=200 * SIZES[0], volatility=0.0)
    bars = [still.at(NOW + i) for i in range(50)]
    assert {bar[:4] for bar in bars} == {(6_000_000,) * 4}
    assert all(bar.volume > 0 for bar in bars)


def test_path_hovers_around_its_price() -> None:
    """Through two years of weeks the price stays within 12 % of where it belongs, and moves by more than 1 % a week."""
    weeks = [whole(index * SIZES[0], (index + 1) * SIZES[0]) for index in range(2800, 2904)]
    assert all(5_280_000 < bar.low < bar.high < 6_720_000 for bar in weeks)
    assert all(bar.high - bar.low > 60_000 for bar in weeks)


def test_ticks_move_like_a_market() -> None:
    """Most ticks move the price, by some hundredths of a percent at most on average."""
    closes = [PATH.at(NOW + i).close for i in range(2000)]
    steps = [abs(after - before) for before, after in pairwise(closes)]
    assert steps.count(0) < 800
    assert 1 < sum(steps) / len(steps) < 2000


@given(st.integers(0, 2 * NOW))
def test_product_of_prices(tick: int) -> None:
    """What something costs in the third is at any time the product of the two prices."""
    assert PRODUCT.at(tick).close == PATH.at(tick).close * FOLLOWER.at(tick).close


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 200), st.integers(0, 6))
def test_candles_of_a_product_are_products(week: int, day: int) -> None:
    """A path that follows has its extremes where the other has them, so that a day of the product, looked through by
    the minute, reaches the product of the days' highs and that of their lows, and goes no further."""
    first = (2800 + week) * SIZES[0] + day * SIZES[1]
    minutes = [join(PRODUCT.span(first + i * 240, first + (i + 1) * 240)) for i in range(1440)]
    assert join(minutes) == join(PRODUCT.span(first, first + SIZES[1]))
    leading, following = (join(path.span(first, first + SIZES[1])) for path in (PATH, FOLLOWER))
    assert (max(bar.high for bar in minutes), min(bar.low for bar in minutes)) == (
        leading.high * following.high,
        leading.low * following.low,
    )


def test_a_follower_goes_its_own_way() -> None:
    """Prices of both rise together more often than not, but by no means always."""
    steps = range(NOW, NOW + 500 * 240, 240)
    ways = [
        (PATH.at(tick + 240).close > PATH.at(tick).close) == (FOLLOWER.at(tick + 240).close > FOLLOWER.at(tick).close)
        for tick in steps
    ]
    assert 250 < sum(ways) < 450
