"""What clients get, as pydantic models with the names and shapes of the recorded OpenAPI schema."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from oms_ccxt_async.sandbox.schemas import Side

__all__ = [
    "AccountsResponse",
    "CcxtBatchResponse",
    "CcxtRawOrdersResponse",
    "CcxtRawTradesResponse",
    "CcxtResponse",
    "CommandsResponse",
    "CreateStrategyResponse",
    "PositionDealsResponse",
    "PositionOrdersResponse",
    "PositionsResponse",
    "ReconcileNowResponse",
    "ReconcileStatusResponse",
    "Refusal",
    "StrategiesResponse",
]


class CcxtResponse(BaseModel):
    ok: bool = True
    result: Any


class CcxtBatchResponse(BaseModel):
    results: list[dict[str, Any]]


class PositionOrderModel(BaseModel):
    """An order; a full OMS adds `fee` and `fee_currency`."""

    id: int
    command_id: int | None = None
    account_id: int
    symbol: str
    side: Side
    order_type: str
    status: Literal["PENDING_SUBMIT", "SUBMITTED", "PARTIALLY_FILLED", "FILLED", "CANCELED", "REJECTED"]
    strategy_id: int
    position_id: int
    previous_position_id: int | None = None
    reason: str
    comment: str | None = None
    client_order_id: str | None = None
    exchange_order_id: str | None = None
    qty: str
    price: str | None = None
    stop_loss: str | None = None
    stop_gain: str | None = None
    filled_qty: str
    avg_fill_price: str | None = None
    fee: str | None = None
    fee_currency: str | None = None
    edit_replace_state: str | None = None
    edit_replace_at: datetime | None = None
    edit_replace_orphan_order_id: int | None = None
    edit_replace_origin_order_id: int | None = None
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None = None


class CommandResult(BaseModel):
    """What a command came to; a full OMS adds the row of the order that `send_order` or `close_position` made."""

    index: int
    ok: bool
    command_id: int | None = None
    order_id: int | None = None
    error: dict[str, Any] | None = None
    order: PositionOrderModel | None = None


class CommandsResponse(BaseModel):
    results: list[CommandResult]


class PositionDealModel(BaseModel):
    id: int
    account_id: int
    order_id: int | None = None
    position_id: int
    previous_position_id: int | None = None
    symbol: str
    side: Side
    qty: str
    price: str
    fee: str | None = None
    fee_currency: str | None = None
    pnl: str | None = None
    strategy_id: int
    reason: str
    comment: str | None = None
    reconciled: bool
    exchange_trade_id: str | None = None
    created_at: datetime
    executed_at: datetime


class PositionModel(BaseModel):
    id: int
    account_id: int
    symbol: str
    strategy_id: int
    side: Side
    qty: str
    avg_price: str
    stop_loss: str | None = None
    stop_gain: str | None = None
    state: Literal["open", "close_requested", "closed"]  # fact 28: `merged` is missing in the recorded OMS
    reason: str
    comment: str | None = None
    opened_at: datetime
    updated_at: datetime
    closed_at: datetime | None = None


class CcxtRawOrderModel(BaseModel):
    id: int
    account_id: int
    exchange_id: str
    exchange_order_id: str | None = None
    client_order_id: str | None = None
    symbol: str | None = None
    raw_json: dict[str, Any]
    observed_at: datetime


class CcxtRawTradeModel(BaseModel):
    id: int
    account_id: int
    exchange_id: str
    exchange_trade_id: str | None = None
    exchange_order_id: str | None = None
    symbol: str | None = None
    raw_json: dict[str, Any]
    observed_at: datetime


class Page(BaseModel):
    """A list's place in the whole; all null where there are no pages."""

    total: int | None = None
    page: int | None = None
    page_size: int | None = None


class PositionOrdersResponse(Page):
    items: list[PositionOrderModel]


class PositionDealsResponse(Page):
    items: list[PositionDealModel]


class PositionsResponse(Page):
    items: list[PositionModel]


class CcxtRawOrdersResponse(Page):
    items: list[CcxtRawOrderModel]


class CcxtRawTradesResponse(Page):
    items: list[CcxtRawTradeModel]


class AccountSummaryItem(BaseModel):
    account_id: int
    label: str
    exchange_id: str
    position_mode: str
    is_testnet: bool
    status: str
    allow_new_positions: bool | None = None
    can_read: bool
    can_trade: bool
    can_risk_manage: bool


class AccountsResponse(BaseModel):
    items: list[AccountSummaryItem]


class StrategyItem(BaseModel):
    strategy_id: int
    client_strategy_id: int | None = None
    name: str
    status: Literal["active", "disabled"]
    account_ids: list[int] = Field(default_factory=list)


class StrategiesResponse(BaseModel):
    items: list[StrategyItem]


class CreateStrategyResponse(BaseModel):
    ok: bool
    strategy_id: int


class RefusalDetail(BaseModel):
    """Why something is refused; of commands with `results`, of a duplicate with `order_id`."""

    model_config = ConfigDict(extra="allow")

    code: str
    message: str


class SchemaViolation(BaseModel):
    """One place where a request is not of the schema."""

    model_config = ConfigDict(extra="allow")

    type: str
    loc: list[str | int]
    msg: str


class Refusal(BaseModel):
    """The body of every error (fact 1)."""

    detail: RefusalDetail | list[SchemaViolation] | str


class ReconcileNowResponse(BaseModel):
    ok: bool
    account_ids: list[int]
    triggered_count: int


class ReconcileStatusItem(BaseModel):
    account_id: int
    status: Literal["fresh", "stale", "never"]
    cursor_value: str | None = None
    updated_at: datetime | None = None
    age_seconds: int | None = None


class ReconcileStatusResponse(BaseModel):
    items: list[ReconcileStatusItem]
