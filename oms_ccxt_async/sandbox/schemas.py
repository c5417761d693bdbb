"""What clients send, as pydantic models with the names and shapes of the recorded OpenAPI schema."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = [
    "AnyCommand",
    "CancelAllOrdersPayload",
    "CancelOrderPayload",
    "CcxtBatchItem",
    "CcxtCallInput",
    "CcxtCoreCancelOrderInput",
    "CcxtCoreCreateOrderInput",
    "CcxtCoreFetchBalanceInput",
    "CcxtCoreFetchOpenOrdersInput",
    "CcxtCoreFetchOrderInput",
    "ChangeOrderPayload",
    "CloseByPayload",
    "ClosePositionPayload",
    "CommandsInput",
    "CreateStrategyInput",
    "MergePositionsPayload",
    "OrderOptions",
    "PositionChangePayload",
    "ReconcileNowInput",
    "SendOrderPayload",
    "Side",
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
