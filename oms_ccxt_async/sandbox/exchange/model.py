"""What the OMS and the paper exchange say to each other: orders in, executions out.

Amounts and prices are `Decimal`, times are epoch milliseconds in UTC. Everything that leaves the exchange is a frozen
snapshot, so that the caller can store it in one transaction and the exchange can go on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

__all__ = [
    "LIQUIDATION",
    "AccountState",
    "Balance",
    "Contract",
    "ExchangeOrder",
    "ExchangeRefusal",
    "ExchangeTrade",
    "Execution",
    "Funding",
    "MarginMode",
    "NetPosition",
    "Side",
    "Status",
    "Ticket",
    "Transfer",
]

LIQUIDATION = "liquidation"
"""The parameter of a ticket that is the exchange's own, by which it takes a position over."""

Side = Literal["buy", "sell"]
MarginMode = Literal["cross", "isolated"]
Status = Literal["open", "closed", "canceled", "expired", "rejected"]


class ExchangeRefusal(Exception):
    """The exchange says no; the text is what a client sees (`"paper insufficient balance"`). Nothing has changed."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """An order as it is handed to the exchange.

    `stop_price` triggers a buy at or above it and a sell at or below it, `take_profit_price` the other way round, and
    `trigger_price` in whichever direction the market has to move to reach it. A triggered order then is a market order
    (no `price`) or a limit order.
    """

    account_id: int
    symbol: str
    side: Side
    type: str
    amount: Decimal
    price: Decimal | None = None
    client_order_id: str | None = None
    time_in_force: str | None = None
    post_only: bool = False
    reduce_only: bool = False
    trigger_price: Decimal | None = None
    stop_price: Decimal | None = None
    take_profit_price: Decimal | None = None
    trailing_amount: Decimal | None = None
    trailing_percent: Decimal | None = None
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Contract:
    """What amounts of a swap are counted in: `size` of the base currency, or of the quote currency if it is inverse."""

    size: Decimal
    inverse: bool


@dataclass(frozen=True, slots=True)
class ExchangeOrder:
    """An order's state at the exchange, after the step that reported it."""

    id: int
    ticket: Ticket
    status: Status
    amount: Decimal
    """The amount now in force: the ticket's, or what an amend made of it."""
    price: Decimal | None
    filled: Decimal
    cost: Decimal
    triggered: bool
    """False while a trigger, stop or take-profit order waits for its price; True for every other order."""
    trigger_above: bool | None
    """For a waiting order: whether the market has to rise (True) or fall (False) to the trigger."""
    created_ms: int
    updated_ms: int


@dataclass(frozen=True, slots=True)
class ExchangeTrade:
    """One fill."""

    id: int
    order_id: int
    account_id: int
    symbol: str
    side: Side
    price: Decimal
    amount: Decimal
    taker_or_maker: Literal["taker", "maker"]
    fee: Decimal
    fee_currency: str
    timestamp_ms: int


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account holds of one currency: `total` = `free` + `used`."""

    free: Decimal
    used: Decimal


@dataclass(frozen=True, slots=True)
class NetPosition:
    """An account's net position in one swap at the exchange; `amount` is negative when short."""

    amount: Decimal
    entry_price: Decimal
    leverage: Decimal


@dataclass(frozen=True, slots=True)
class Funding:
    """What an account was paid for a position at a funding time, or had to pay if `amount` is negative."""

    id: int
    account_id: int
    symbol: str
    rate: Decimal
    amount: Decimal
    """In the currency that the swap is settled in."""
    timestamp_ms: int


@dataclass(frozen=True, slots=True)
class Transfer:
    """What an account was told to move from one of its wallets to another."""

    id: int
    account_id: int
    currency: str
    amount: Decimal
    from_account: str
    to_account: str
    timestamp_ms: int


@dataclass(frozen=True, slots=True)
class Execution:
    """One step of one order: its state, its new fills, and what the account holds after them."""

    order: ExchangeOrder
    trades: tuple[ExchangeTrade, ...]
    balances: dict[str, Balance]
    """The currencies of the order's account that this step changed."""
    positions: dict[str, NetPosition]
    """The swap positions of the order's account that this step changed, by symbol; amount 0 when closed."""


@dataclass(frozen=True, slots=True)
class AccountState:
    """Everything the exchange must be told to take up an account where it was left."""

    account_id: int
    balances: dict[str, Balance]
    positions: dict[str, NetPosition]
    open_orders: tuple[ExchangeOrder, ...]
    leverages: dict[str, Decimal]
    margin_modes: dict[str, MarginMode] = field(default_factory=dict)
