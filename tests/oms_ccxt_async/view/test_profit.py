"""Profit of a session, to the digit."""

from __future__ import annotations

from decimal import Decimal

from oms_ccxt_async.view.profit import Session, totals, valued
from oms_ccxt_async.view.rows import Balance
from tests.oms_ccxt_async.view.made import CONTRACTS, INVERSE, SPOT, SWAP, fill, position


def session() -> Session:
    """One that knows the three markets."""
    return Session(CONTRACTS.get)


def prices(**by_symbol: str) -> dict[str, Decimal]:
    """By symbol."""
    return {symbol: Decimal(price) for symbol, price in by_symbol.items()}


def test_a_round_trip_brings_its_difference_less_fees() -> None:
    """Bought at 60,000 and sold at 60,010: whatever the price is now, 5 less the fees of both."""
    trade = session()
    trade.filled(fill("1", "buy", "0.5", "60000", fee=Decimal("0.1")))
    trade.filled(fill("2", "sell", "0.5", "60010", fee=Decimal("0.2")))
    for price in ("1", "99999"):
        assert trade.gains(prices(**{SWAP: price})) == {"USDT": Decimal("4.7")}
    assert trade.fees() == {"USDT": Decimal("0.3")}


def test_what_is_held_counts_at_the_present_price() -> None:
    """A short sale gains when the price falls; with a fee in another currency that is a loss of its own."""
    trade = session()
    trade.filled(fill("1", "sell", "2", "100", fee=Decimal("0.01"), fee_currency="BNB"))
    assert trade.gains(prices(**{SWAP: "90"})) == {"USDT": Decimal(20), "BNB": Decimal("-0.01")}


def test_an_inverse_swap_pays_in_its_base_currency() -> None:
    """100 contracts of 100 USD bought at 50,000 are worth 0.1 BTC more at 100,000."""
    trade = session()
    trade.filled(fill("1", "buy", "100", "50000", symbol=INVERSE))
    assert trade.gains(prices(**{INVERSE: "100000"})) == {"BTC": Decimal("0.1")}


def test_what_was_held_before_counts_from_its_first_price() -> None:
    """A position of 3 after a purchase of 1 was 2 before: those count from the first price that was seen."""
    trade = session()
    trade.filled(fill("1", "buy", "1", "100"))
    trade.holds([position("3", entry="50")])
    trade.priced(SWAP, Decimal(100))
    trade.priced(SWAP, Decimal(105))
    assert trade.gains(prices(**{SWAP: "110"})) == {"USDT": Decimal(30)}
    assert trade.gains(prices(**{SWAP: "110"}), "1") == {"USDT": Decimal(10)}


def test_a_position_that_was_closed_before_it_was_read() -> None:
    """Without a position after a sale of 1, there was 1 before: what it lost until the sale is the session's."""
    trade = session()
    trade.priced(SWAP, Decimal(100))
    trade.filled(fill("1", "sell", "1", "95"))
    trade.holds([])
    assert trade.gains(prices(**{SWAP: "1"})) == {"USDT": Decimal(-5)}


def test_a_spot_market_has_no_position() -> None:
    """What was bought on a spot market was not held before it."""
    trade = session()
    trade.filled(fill("1", "buy", "1", "100", symbol=SPOT))
    trade.holds([])
    assert trade.gains(prices(**{SPOT: "101"})) == {"USDT": Decimal(1)}


def test_values_in_one_currency() -> None:
    """By the spot price, by the price the other way round, by a swap's; what has no price stays apart."""
    known = prices(**{"BTC/USDT": "50000", "USDT/TRY": "40", "SOL/USDT:USDT": "200"})
    amounts = totals([Balance(name, Decimal(0), Decimal(0), Decimal(8)) for name in ("USDT", "BTC", "TRY", "SOL", "X")])
    value = valued(amounts, "USDT", known)
    assert value.amount == Decimal(8) + 8 * 50_000 + Decimal("0.2") + 1600
    assert value.apart == {"X": Decimal(8)}
