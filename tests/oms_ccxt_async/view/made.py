"""Rows for the tests of views, made of what differs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from oms_ccxt_async.view.model import AccountView
from oms_ccxt_async.view.rows import Contract, Fill, Order, Position, Price

SWAP = "BTC/USDT:USDT"
INVERSE = "BTC/USD:BTC"
SPOT = "ETH/USDT"
CONTRACTS = {
    SWAP: Contract("BTC", "USDT", "USDT", Decimal(1), is_spot=False),
    INVERSE: Contract("BTC", "USD", "BTC", Decimal(100), inverse=True, is_spot=False),
    SPOT: Contract("ETH", "USDT", "USDT"),
}
NOON = 1_795_694_400_000
"""2026-11-26 12:00:00 UTC."""


def view() -> AccountView:
    """The view of account 2, which begins at noon."""
    return AccountView("2", "paper", NOON, CONTRACTS.get)


def order(id: str = "1", status: str = "open", **other: Any) -> Order:
    """A limit order to buy."""
    given: dict[str, Any] = {
        "client_id": f"c-{id}",
        "symbol": SWAP,
        "side": "buy",
        "type": "limit",
        "amount": Decimal("0.5"),
        "filled": Decimal(0),
        "price": Decimal(60_000),
        "average": None,
        "created": NOON + 1000,
        "updated": NOON + 1000,
        "strategy": "1",
    }
    return Order(id=id, status=status, **{**given, **other})


def fill(id: str = "1", side: str = "buy", amount: str = "0.5", price: str = "60000", **other: Any) -> Fill:
    """A fill of order 1, without a fee."""
    given: dict[str, Any] = {
        "order": "1",
        "symbol": SWAP,
        "fee": Decimal(0),
        "fee_currency": "USDT",
        "at": NOON + 2000,
        "strategy": "1",
    }
    return Fill(id=id, side=side, amount=Decimal(amount), price=Decimal(price), **{**given, **other})


def position(contracts: str, entry: str = "60000", id: str = "1", symbol: str = SWAP, strategy: str = "1") -> Position:
    """A position; negative contracts are short."""
    held = Decimal(contracts)
    return Position(id, symbol, "short" if held < 0 else "long", held, Decimal(entry), strategy, NOON)


def price(last: str, symbol: str = SWAP, at: int = NOON + 3000) -> Price:
    """A price without a book."""
    return Price(symbol, Decimal(last), None, None, at)
