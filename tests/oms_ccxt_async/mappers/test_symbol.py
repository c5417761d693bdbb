"""What a unified symbol says of its market."""

from __future__ import annotations

import pytest

from oms_ccxt_async.mappers.symbol import spelled


@pytest.mark.parametrize(
    ("symbol", "told"),
    [
        ("BTC/USDT", ("spot", False, None)),
        ("BTC/USDT:USDT", ("swap", True, False)),
        ("BTC/USD:BTC", ("swap", True, True)),
        ("BTC/USD:BTC-261225", ("future", True, True)),
        ("BTC/USDC:USDC-261225-100000-C", ("option", True, False)),
        ("1000PEPE/USDT:USDT", ("swap", True, False)),
    ],
)
def test_unified_symbols(symbol: str, told: tuple[str, bool, bool | None]) -> None:
    """Its type, whether it is a contract, and whether that is settled in the base currency."""
    market = spelled(symbol)
    assert market is not None
    assert (market["type"], market["contract"], market["inverse"]) == told
    assert [name for name in ("spot", "swap", "future", "option") if market[name]] == [told[0]]


@pytest.mark.parametrize("symbol", ["BTCUSDT", "BTC-USDT", "", "BTC/", "/USDT", "BTC/USDT/EUR", "BTC/USDT:", None, 7])
def test_everything_else(symbol: object) -> None:
    """A market id, or nonsense, tells nothing."""
    assert spelled(symbol) is None
