"""Candles that were read, and candles made of prices."""

from __future__ import annotations

from decimal import Decimal

from oms_ccxt_async.view.candles import KEPT, SEEN, Candles


def test_prices_make_candles() -> None:
    """Open is the close before, high and low are those that were seen, close is the last."""
    candles = Candles("BTC/USDT", SEEN)
    for at, price in ((1_000, 10), (2_000, 14), (4_999, 12), (5_000, 9), (16_000, 11)):
        candles.traded(at, Decimal(price))
    assert [[int(each) for each in bar] for bar in candles.bars] == [
        [0, 10, 14, 10, 12],
        [5_000, 12, 12, 9, 9],
        [15_000, 9, 11, 9, 11],
    ]


def test_a_price_that_comes_late() -> None:
    """It belongs to the candle of its time, between those that are there."""
    candles = Candles("BTC/USDT", SEEN)
    for at in (0, 10_000, 5_000):
        candles.traded(at, Decimal(at + 1))
    assert [bar[0] for bar in candles.bars] == [0, 5_000, 10_000]


def test_what_is_read_replaces_what_is_known() -> None:
    """A candle that is still growing comes again; one without numbers is left out; only the latest are kept."""
    candles = Candles("BTC/USDT", "1m")
    candles.read([[0, 1, 2, 1, 2, 5], [60_000, 2, 2, 2, 2, 1], [120_000, None, 1, 1, 1, 1]])
    candles.read([[60_000, 2, 9, 2, 8, 3]])
    assert [[int(each) for each in bar[:3]] for bar in candles.bars] == [[0, 1, 2], [60_000, 2, 9]]
    candles.read([[at * 60_000, 1, 1, 1, 1, 1] for at in range(KEPT + 50)])
    assert len(candles.bars) == KEPT
    assert candles.bars[-1][0] == (KEPT + 49) * 60_000
