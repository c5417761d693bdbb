from __future__ import annotations

from decimal import Decimal

from oms_ccxt_async.sandbox.exchange.markets import CURRENCIES, MARKETS, market_structure


def test_currencies_are_those_of_the_markets() -> None:
    """Each currency is named once."""
    assert CURRENCIES == ("BTC", "USDT", "ETH")


def test_a_swap_moves_its_settle_currency_only() -> None:
    """Spot moves both currencies of the pair, a swap the one that it settles in."""
    assert MARKETS["BTC/USDT"].currencies == ("BTC", "USDT")
    assert MARKETS["BTC/USDT:USDT"].currencies == ("USDT",)


def test_ids_are_unique() -> None:
    """No two markets share an id."""
    assert len({market_structure(market)["id"] for market in MARKETS.values()}) == len(MARKETS)


def test_grids_are_powers_of_ten() -> None:
    """Precision can be given as a number of digits, as some clients do."""
    for market in MARKETS.values():
        assert Decimal(1).scaleb(market.tick.adjusted()) == market.tick
        assert Decimal(1).scaleb(market.step.adjusted()) == market.step
