"""What clients send and what they get, as pydantic models with the names and shapes of the recorded OpenAPI schema."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = [
    "AccountsResponse",
    "AnyCommand",
    "CancelAllOrdersPayload",
    "CancelOrderPayload",
    "CcxtBatchItem",
    "CcxtBatchResponse",
    "CcxtCallInput",
    "CcxtCoreCancelOrderInput",
    "CcxtCoreCreateOrderInput",
    "CcxtCoreFetchBalanceInput",
    "CcxtCoreFetchOpenOrdersInput",
    "CcxtCoreFetchOrderInput",
    "CcxtRawOrdersResponse",
    "CcxtRawTradesResponse",
    "CcxtResponse",
    "ChangeOrderPayload",
    "CloseByPayload",
    "ClosePositionPayload",
    "CommandsInput",
    "CommandsResponse",
    "CreateStrategyInput",
    "CreateStrategyResponse",
    "MergePositionsPayload",
    "OrderOptions",
    "PositionChangePayload",
    "PositionDealsResponse",
    "PositionOrdersResponse",
    "PositionsResponse",
    "ReconcileNowInput",
    "ReconcileNowResponse",
    "ReconcileStatusResponse",
    "Refusal",
    "SendOrderPayload",
    "StrategiesResponse",
    "TaggedCommand",
    "positive_ids",
]

Id = Annotated[int, Field(gt=0)]
# the places of the database's DECIMAL(36, 18); what is too large for it, the OMS says itself (fact 31)
Number = Annotated[Decimal, Field(decimal_places=18)]
Quantity = Annotated[Decimal, Field(gt=0, decimal_places=18)]
Side = Literal["buy", "sell"]


def positive_ids(text: str) -> list[int]:
    """The ids of a comma-separated list, in order, each once.

    Raises:
        ValueError: anything in the list is not a positive integer in plain digits.
    """
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and len(part) <= 20 and int(part) > 0 for part in parts):
        raise ValueError("not a comma-separated list of positive integers")
    return list(dict.fromkeys(map(int, parts)))


class Strict(BaseModel):
    """A command or payload: an unknown key is an error (fact 7)."""

    model_config = ConfigDict(extra="forbid")


class OrderOptions(Strict):
    """How an order is to be worked at the exchange."""

    params: dict[str, Any] = Field(default_factory=dict)
    post_only: bool = False
    time_in_force: str | None = None
    trigger_price: Number | None = None
    stop_price: Number | None = None
    take_profit_price: Number | None = None
    trailing_amount: Number | None = None
    trailing_percent: Number | None = None


class SendOrderPayload(OrderOptions):
    symbol: str = Field(min_length=1)
    side: Side
    order_type: str = Field(min_length=1)
    qty: Quantity
    price: Number | None = None
    oms_stop_loss: Number | None = None
    oms_stop_gain: Number | None = None
    strategy_id: int = 0
    position_id: int = 0
    reason: str = "api"
    comment: str | None = None
    reduce_only: bool = False
    client_order_id: str | None = None

    @model_validator(mode="after")
    def limit_has_price(self) -> Self:
        if self.order_type == "limit" and self.price is None:
            raise ValueError("price is required for limit order")
        return self


class CancelOrderPayload(Strict):
    order_id: Id | None = None
    order_ids: list[int] = Field(default_factory=list)
    order_ids_csv: str | None = None

    @model_validator(mode="after")
    def names_an_order(self) -> Self:
        if not self.ids():
            raise ValueError("order_id, order_ids or order_ids_csv is required")
        return self

    def ids(self) -> list[int]:
        """Every order that is named, each once."""
        single = [] if self.order_id is None else [self.order_id]
        listed = positive_ids(self.order_ids_csv) if self.order_ids_csv else []
        return list(dict.fromkeys([*single, *self.order_ids, *listed]))


class CancelAllOrdersPayload(Strict):
    strategy_ids: list[int] = Field(default_factory=list)
    strategy_ids_csv: str | None = None

    @model_validator(mode="after")
    def ids_are_readable(self) -> Self:
        self.ids()
        return self

    def ids(self) -> list[int]:
        """The strategies that are named, each once; empty for all."""
        listed = positive_ids(self.strategy_ids_csv) if self.strategy_ids_csv else []
        return list(dict.fromkeys([*self.strategy_ids, *listed]))


class ChangeOrderPayload(Strict):
    order_id: Id
    new_price: Number | None = None
    new_qty: Quantity | None = None

    @model_validator(mode="after")
    def changes_something(self) -> Self:
        if self.new_price is None and self.new_qty is None:
            raise ValueError("new_price or new_qty is required")
        return self


class CloseByPayload(Strict):
    position_id_a: Id
    position_id_b: Id
    qty: Quantity | None = None
    strategy_id: int = 0


class MergePositionsPayload(Strict):
    source_position_id: Id
    target_position_id: Id
    stop_mode: Literal["keep", "clear", "set"] = "keep"
    oms_stop_loss: Number | None = None
    oms_stop_gain: Number | None = None


class ClosePositionPayload(OrderOptions):
    position_id: Id
    order_type: str = Field(default="market", min_length=1)
    price: Number | None = None
    qty: Quantity | None = None
    strategy_id: int = 0
    reason: str = "api"
    comment: str | None = None
    client_order_id: str | None = None


class PositionChangePayload(Strict):
    position_id: Id
    oms_stop_loss: Number | None = None
    oms_stop_gain: Number | None = None
    comment: str | None = None

    @model_validator(mode="after")
    def changes_something(self) -> Self:
        if not self.model_fields_set & {"oms_stop_loss", "oms_stop_gain", "comment"}:
            raise ValueError("at least one of stop_loss, stop_gain or comment must be provided")
        return self


class CommandBase(Strict):
    account_id: Id | None = None
    request_id: str | None = None


class SendOrderCommand(CommandBase):
    command: Literal["send_order"]
    payload: SendOrderPayload


class CancelOrderCommand(CommandBase):
    command: Literal["cancel_order"]
    payload: CancelOrderPayload


class CancelAllOrdersCommand(CommandBase):
    command: Literal["cancel_all_orders"]
    payload: CancelAllOrdersPayload


class ChangeOrderCommand(CommandBase):
    command: Literal["change_order"]
    payload: ChangeOrderPayload


class CloseByCommand(CommandBase):
    command: Literal["close_by"]
    payload: CloseByPayload


class MergePositionsCommand(CommandBase):
    command: Literal["merge_positions"]
    payload: MergePositionsPayload


class ClosePositionCommand(CommandBase):
    command: Literal["close_position"]
    payload: ClosePositionPayload


class PositionChangeCommand(CommandBase):
    command: Literal["position_change"]
    payload: PositionChangePayload


AnyCommand = (
    SendOrderCommand
    | CancelOrderCommand
    | CancelAllOrdersCommand
    | ChangeOrderCommand
    | CloseByCommand
    | MergePositionsCommand
    | ClosePositionCommand
    | PositionChangeCommand
)
TaggedCommand = Annotated[AnyCommand, Field(discriminator="command")]
CommandsInput = TaggedCommand | list[TaggedCommand]


class CcxtCallInput(BaseModel):
    args: list[Any] = Field(default_factory=list)
    kwargs: dict[str, Any] = Field(default_factory=dict)


class CcxtBatchItem(CcxtCallInput):
    account_id: Id
    func: str


class CcxtCoreFetchBalanceInput(BaseModel):
    params: dict[str, Any] = Field(default_factory=dict)


class CcxtCoreFetchOrderInput(CcxtCoreFetchBalanceInput):
    id: str = Field(min_length=1)
    symbol: str | None = None


class CcxtCoreCancelOrderInput(CcxtCoreFetchOrderInput):
    pass


class CcxtCoreFetchOpenOrdersInput(CcxtCoreFetchBalanceInput):
    symbol: str | None = None
    since: int | None = Field(default=None, ge=0)
    limit: int | None = Field(default=200, ge=1, le=1000)


class CcxtCoreCreateOrderInput(CcxtCoreFetchBalanceInput):
    symbol: str = Field(min_length=1)
    side: Side
    order_type: str = Field(min_length=1)
    amount: Quantity
    price: Number | None = None


class ReconcileNowInput(BaseModel):
    account_id: Id | None = None
    account_ids: list[int] | str | None = None
    symbols_hint: list[str] | None = None
    scope: Literal["short", "hourly", "long", "period"] = "short"
    start_date: str | None = None
    end_date: str | None = None


class CreateStrategyInput(BaseModel):
    name: str = Field(min_length=1)
    account_ids: list[int] = Field(default_factory=list)
    client_strategy_id: int | None = Field(default=None, ge=1)


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
