"""The OMS's own records, as they are stored: one class a table, one field a column.

Quantities, prices and money are `Decimal` with at most 18 places, times are epoch milliseconds in UTC. Mutable records
are changed by the OMS inside a transaction and written back.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Literal

from oms_ccxt_async.sandbox.exchange import Side

__all__ = [
    "HELD",
    "MAX_ID",
    "MONEY",
    "OPEN_STATUSES",
    "WORKING",
    "Account",
    "ApiKey",
    "Command",
    "Cursor",
    "Deal",
    "Event",
    "Order",
    "OrderStatus",
    "Permission",
    "Position",
    "PositionMode",
    "Strategy",
    "exact",
]

MONEY = Context(prec=80)
"""The arithmetic of this package: wide enough for the sum of products of two numbers of 18 + 18 digits."""
PLACES = Decimal("1E-18")
MAX_ID = 2**63 - 1

PositionMode = Literal["hedge", "netting", "strategy_netting"]
OrderStatus = Literal["PENDING_SUBMIT", "SUBMITTED", "PARTIALLY_FILLED", "FILLED", "CANCELED", "REJECTED"]
PositionState = Literal["open", "close_requested", "closed"]
OPEN_STATUSES: tuple[OrderStatus, ...] = ("PENDING_SUBMIT", "SUBMITTED", "PARTIALLY_FILLED")
WORKING: tuple[OrderStatus, ...] = ("SUBMITTED", "PARTIALLY_FILLED")
"""The statuses of an order that may be at the exchange."""
HELD: tuple[PositionState, ...] = ("open", "close_requested")
"""The states of a position that is not closed."""


def exact(value: Decimal) -> Decimal:
    """`value` rounded half-even to the 18 places that the OMS keeps."""
    return value.quantize(PLACES, context=MONEY)


@dataclass(slots=True)
class Account:
    account_id: int
    label: str
    exchange_id: str
    position_mode: PositionMode
    is_testnet: bool
    status: str
    allow_new_positions: bool


@dataclass(slots=True)
class Strategy:
    strategy_id: int
    client_strategy_id: int | None
    name: str
    status: Literal["active", "disabled"]
    account_ids: list[int]


@dataclass(slots=True)
class ApiKey:
    api_key_id: int
    role: str
    is_admin: bool
    digest: str


@dataclass(slots=True)
class Permission:
    """What a key may do with an account; `strategy_ids` None is no restriction."""

    api_key_id: int
    account_id: int
    can_read: bool
    can_trade: bool
    can_close: bool
    strategy_ids: list[int] | None


@dataclass(slots=True)
class Command:
    """A command that was taken up, with the answer it got; `request_id` and `body_digest` tell a repeat."""

    command_id: int
    account_id: int
    command: str
    request_id: str | None
    body_digest: str | None
    status: int
    answer: str
    created_ms: int


@dataclass(slots=True)
class Order:
    id: int
    command_id: int | None
    account_id: int
    symbol: str
    side: Side
    order_type: str
    status: OrderStatus
    strategy_id: int
    position_id: int
    previous_position_id: int | None
    reason: str
    comment: str | None
    client_order_id: str | None
    exchange_order_id: int | None
    reduce_only: bool
    qty: Decimal
    price: Decimal | None
    stop_loss: Decimal | None
    stop_gain: Decimal | None
    filled_qty: Decimal
    avg_fill_price: Decimal | None
    fee: Decimal | None
    fee_currency: str | None
    edit_replace_state: str | None
    edit_replace_ms: int | None
    created_ms: int
    updated_ms: int
    closed_ms: int | None


@dataclass(slots=True)
class Deal:
    id: int
    account_id: int
    order_id: int | None
    position_id: int
    previous_position_id: int | None
    symbol: str
    side: Side
    qty: Decimal
    price: Decimal
    fee: Decimal | None
    fee_currency: str | None
    pnl: Decimal
    strategy_id: int
    reason: str
    comment: str | None
    reconciled: bool
    exchange_trade_id: int | None
    created_ms: int
    executed_ms: int


@dataclass(slots=True)
class Position:
    id: int
    account_id: int
    symbol: str
    strategy_id: int
    side: Side
    qty: Decimal
    avg_price: Decimal
    stop_loss: Decimal | None
    stop_gain: Decimal | None
    state: PositionState
    reason: str
    comment: str | None
    opened_ms: int
    updated_ms: int
    closed_ms: int | None


@dataclass(slots=True)
class Event:
    """One entry of an account's event log; `payload` is the JSON object that a subscriber gets."""

    account_id: int
    event_id: int
    name: str
    payload: str
    created_ms: int


@dataclass(slots=True)
class Cursor:
    """How far an account's trades were reconciled: the last one, the time after it, and when that was looked at."""

    account_id: int
    trade_id: int
    cursor_ms: int | None
    updated_ms: int
