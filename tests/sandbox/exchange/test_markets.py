from __future__ import annotations

from decimal import Decimal

from oms_ccxt_async.sandbox.exchange.markets import CURRENCIES, MARKETS, SWAPS, market_structure


def test_currencies_are_those_of_the_markets() -> None:
    """Each currency is named once."""
    assert CURRENCIES == ("BTC", "USDT", "ETH", "SOL", "XRP", "LTC", "DOGE")


def test_eight_spot_markets_and_four_swaps() -> None:
    """Two are priced in BTC, one swap is settled in what it trades."""
    assert len(MARKETS) == 12
    assert [symbol for symbol, market in MARKETS.items() if market.quote == "BTC"] == ["ETH/BTC", "LTC/BTC"]
    assert list(SWAPS) == ["BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT", "BTC/USD:BTC"]
    assert [symbol for symbol, market in SWAPS.items() if market.inverse] == ["BTC/USD:BTC"]
    assert all(market.spot in MARKETS for market in MARKETS.values())


def test_inverse_contracts_are_worth_their_base_currency() -> None:
    """Of contracts of 100 USD, cost, fee and profit are in BTC, and what costs so much on average had that price."""
    market = MARKETS["BTC/USD:BTC"]
    assert market.cost(Decimal(50_000), Decimal(10)) == Decimal("0.02")
    assert market.fee(Decimal(50_000), Decimal(10)) == Decimal("0.00002")
    assert market.profit(Decimal(50_000), Decimal(100_000), Decimal(10)) == Decimal("0.01")
    assert market.profit(Decimal(50_000), Decimal(100_000), Decimal(-10)) == Decimal("-0.01")
    both = market.cost(Decimal(50_000), Decimal(10)) + market.cost(Decimal(100_000), Decimal(10))
    assert market.average(Decimal(20), both).quantize(Decimal("0.01")) == Decimal("66666.67")
    assert (market.unit, market.money, market.currencies) == ("contracts", "BTC", ("BTC",))


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
