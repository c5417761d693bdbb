"""Rows of a view: what ccxt's structures come to."""

from __future__ import annotations

from decimal import Decimal

import pytest

from oms_ccxt_async.view.rows import (
    Balance,
    Contract,
    balances_of,
    contract_of,
    exact,
    fill_of,
    order_of,
    position_of,
    price_of,
)
from tests.oms_ccxt_async.view.made import CONTRACTS, INVERSE, SWAP


@pytest.mark.parametrize(
    ("given", "expected"),
    [(1.1, "1.1"), ("0.30", "0.30"), (Decimal("2e-9"), "2e-9"), (None, None), ("", None), ("NaN", None), ("x", None)],
)
def test_exact(given: object, expected: str | None) -> None:
    """Numbers come without a binary rest; what is none is None."""
    assert exact(given) == (None if expected is None else Decimal(expected))


def test_an_order_of_nothing_but_an_id() -> None:
    """What an OMS leaves out is empty, and no error."""
    order = order_of({"id": 7})
    assert (order.id, order.client_id, order.price, order.filled, order.strategy) == ("7", "", None, Decimal(0), "")


@pytest.mark.parametrize(
    ("status", "filled", "stage"),
    [("open", 0, "open"), ("open", 1, "partly filled"), ("closed", 2, "filled"), ("canceled", 1, "canceled")],
)
def test_stages(status: str, filled: int, stage: str) -> None:
    """A stage says how an order stands in the trader's words."""
    assert order_of({"id": 1, "status": status, "filled": filled}).stage == stage


def test_a_fill_has_its_fee_and_sign() -> None:
    """A sale is negative; the fee has its currency; the strategy is the OMS's."""
    row = {"id": 3, "order": 1, "side": "sell", "amount": 2, "price": "5.5", "fee": {"cost": 0.1, "currency": "BNB"}}
    fill = fill_of({**row, "info": {"strategy_id": 4}})
    assert (fill.signed, fill.fee, fill.fee_currency, fill.strategy) == (Decimal(-2), Decimal("0.1"), "BNB", "4")


def test_a_short_position_is_negative() -> None:
    """The sign of a position is that of its side."""
    assert position_of({"id": 1, "side": "short", "contracts": 2.5}).contracts == Decimal("-2.5")


def test_balances_leave_out_what_is_empty() -> None:
    """Only currencies of which there is something are shown."""
    zero = {"free": 0, "used": 0, "total": 0}
    balance = {"total": {"BTC": 1, "ETH": 0}, "BTC": {"free": 0.4, "used": 0.6, "total": 1}, "ETH": zero}
    assert balances_of(balance) == [Balance("BTC", Decimal("0.4"), Decimal("0.6"), Decimal(1))]


@pytest.mark.parametrize(
    ("ticker", "last"),
    [({"last": 5}, "5"), ({"close": 6}, "6"), ({"bid": 1, "ask": 2}, "1.5"), ({"bid": 1}, "1"), ({}, None)],
)
def test_prices(ticker: dict[str, int], last: str | None) -> None:
    """The last price, else the middle of the book, else none."""
    price = price_of({"symbol": SWAP, **ticker}, 9)
    assert (None if price is None else (price.last, price.at)) == (None if last is None else (Decimal(last), 9))


def test_contracts() -> None:
    """A market's contract, and what a spot market is."""
    inverse = {"base": "BTC", "quote": "USD", "settle": "BTC", "contractSize": 100.0, "inverse": True, "contract": True}
    assert contract_of(inverse) == CONTRACTS[INVERSE]
    spot = {"base": "ETH", "quote": "USDT", "settle": None, "contractSize": None, "contract": False}
    assert contract_of(spot) == Contract("ETH", "USDT", "USDT")


@pytest.mark.parametrize(
    ("symbol", "amount", "expected"),
    [(SWAP, 2, 2_000), (SWAP, -2, -2_000), (INVERSE, 50, "0.05"), (INVERSE, -50, "-0.05")],
)
def test_gains(symbol: str, amount: int, expected: str | int) -> None:
    """A rise from 50,000 (inverse: to 100,000) by a thousand brings a long position money, and costs a short one."""
    to = 51_000 if symbol == SWAP else 100_000
    assert CONTRACTS[symbol].gain(Decimal(amount), Decimal(50_000), Decimal(to)) == Decimal(expected)
