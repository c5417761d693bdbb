"""The eight commands: checked against key, account and records, carried out in one transaction each, then answered."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import orjson

from oms_ccxt_async.sandbox.columns import check_columns
from oms_ccxt_async.sandbox.desk import Desk
from oms_ccxt_async.sandbox.errors import OmsError, StorageUnavailable, invalid
from oms_ccxt_async.sandbox.fills import cut_reduce_only, tell_deal, tell_position, write_stake
from oms_ccxt_async.sandbox.oms import OMS
from oms_ccxt_async.sandbox.orders import amend, cancel, draft, reducible, submit
from oms_ccxt_async.sandbox.positions import ZERO, Stake, merge, opposite, realised
from oms_ccxt_async.sandbox.rows import MONEY, OPEN_STATUSES, WORKING, Command, Deal, Order, Position
from oms_ccxt_async.sandbox.schemas import (
    AnyCommand,
    CancelAllOrdersPayload,
    CancelOrderPayload,
    ChangeOrderPayload,
    CloseByPayload,
    ClosePositionPayload,
    MergePositionsPayload,
    OrderOptions,
    PositionChangePayload,
    SendOrderPayload,
)
from oms_ccxt_async.sandbox.views import order_view

__all__ = ["Answer", "execute", "respond"]

__all__ = ["Answer", "execute", "respond"]

OPTIONS = tuple(OrderOptions.model_fields)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command came to: `error` None is success; `order` is the row of the order that it made, in a full OMS."""

    status: int
    command_id: int | None = None
    order_id: int | None = None
    error: dict[str, Any] | None = None
    order: dict[str, Any] | None = None

    def result(self, index: int) -> dict[str, Any]:
        """The entry of this command in the list of results."""
        return {
            "index": index,
            "ok": self.error is None,
            "command_id": self.command_id,
            "order_id": self.order_id,
            "error": self.error,
            **({} if self.order is None else {"order": self.order}),
        }


def respond(answers: Sequence[Answer]) -> tuple[int, dict[str, Any]]:
    """The HTTP status and body for a request's commands (fact 8)."""
    results = [answer.result(index) for index, answer in enumerate(answers)]
    failed = [answer for answer in answers if answer.error is not None]
    if failed and len(failed) == len(answers):
        error = failed[0].error or {}
        message = error.get("message") or "all commands failed"
        return failed[0].status, {"detail": {**error, "message": message, "results": results}}
    return 207 if failed else 200, {"results": results}


async def execute(oms: OMS, key: str, command: AnyCommand) -> Answer:
    """Carry out a command for the holder of `key`; it is stored before this returns.

    In a full OMS it is one transaction, without anything to wait for but the way to the exchange. A legacy one does it
    in the account's lane, and commits what it has before each call of the exchange.
    """
    answer = await _execute(oms, key, command)
    if oms.heard is not None:
        oms.heard(command, answer)
    return answer


async def _execute(oms: OMS, key: str, command: AnyCommand) -> Answer:
    try:
        api_key = oms.permissions.authenticate(key, "command")
        account_id = command.account_id
        if account_id is None:
            raise invalid("account_id is required")
        oms.permissions.check_account(api_key, account_id)
        grant = oms.permissions.check_trade(api_key, account_id, "command", reduces=_only_reduces(command))
        if oms.far:
            await oms.approach(_markets(oms, account_id, command))
        async with oms.lane(account_id):
            with ExitStack() as transaction:
                transaction.enter_context(oms.transaction([account_id]))
                return await _run(Desk(oms, account_id, grant, transaction), command)
    except (OmsError, StorageUnavailable) as error:
        return Answer(error.status, error=error.body)


def _only_reduces(command: AnyCommand) -> bool:
    if command.command == "send_order":
        return command.payload.reduce_only
    return command.command in ("cancel_order", "cancel_all_orders", "close_position", "close_by")


def _markets(oms: OMS, account_id: int, command: AnyCommand) -> list[str] | None:
    """The markets in which a command may trade; None: it says nothing to the exchange."""
    if command.command == "send_order":
        return [command.payload.symbol]
    if command.command == "change_order":
        order = oms.storage.get(Order, id=command.payload.order_id, account_id=account_id)
        return [] if order is None else [order.symbol]
    if command.command == "close_position":
        position = oms.storage.get(Position, id=command.payload.position_id, account_id=account_id)
        return [] if position is None else [position.symbol]
    return [] if command.command in ("cancel_order", "cancel_all_orders") else None


async def _run(desk: Desk, command: AnyCommand) -> Answer:
    oms, account_id = desk.oms, desk.account_id
    check_columns(command, full=oms.full)
    request_id = command.request_id if oms.full else None
    digest = None
    if request_id is not None:
        body = command.model_dump_json(exclude={"request_id"}, exclude_unset=True)
        digest = hashlib.sha256(body.encode()).hexdigest()
        earlier = oms.storage.get(Command, account_id=account_id, request_id=request_id)
        if earlier is not None and earlier.body_digest != digest:
            message = "request_id was used for another command"
            return Answer(422, error={"code": "idempotency_mismatch", "message": message})
        if earlier is not None:
            answer = Answer(earlier.status, **orjson.loads(earlier.answer))
            return answer if answer.order_id is None else _showing(answer, desk.order(answer.order_id))
    order: Order | None = None
    try:
        order = await HANDLERS[command.command](desk, command.payload)
        answer = Answer(200, desk.command_id, None if order is None else order.id)
    except OmsError as error:  # what was changed by then stays
        answer = Answer(error.status, error=error.body)
    if desk.taken_id is not None or request_id is not None:
        text = orjson.dumps(
            {"command_id": answer.command_id, "order_id": answer.order_id, "error": answer.error}
        ).decode()
        now = oms.clock()
        oms.storage.insert(
            Command(desk.command_id, account_id, command.command, request_id, digest, answer.status, text, now)
        )
    return answer if order is None or not oms.full else _showing(answer, order)


def _showing(answer: Answer, order: Order) -> Answer:
    return replace(answer, order=order_view(order, full=True))


async def _send_order(desk: Desk, payload: SendOrderPayload) -> Order:
    oms = desk.oms
    if payload.reduce_only and not oms.full:
        desk.permit(payload.strategy_id)  # fact 36: whether it is registered is not looked at
    else:
        desk.check_strategy(payload.strategy_id)
    position = desk.position_for_order(payload.position_id, payload.symbol)
    desk.check_client_order_id(payload.client_order_id)
    qty = payload.qty
    if payload.reduce_only and oms.full:
        target = reducible(oms, desk.account_id, payload.symbol, payload.side, payload.strategy_id, position)
        qty = min(qty, target.qty)
    order = draft(
        oms,
        command_id=desk.command_id,
        account_id=desk.account_id,
        symbol=payload.symbol,
        side=payload.side,
        order_type=payload.order_type,
        qty=qty,
        price=payload.price,
        strategy_id=payload.strategy_id,
        position_id=payload.position_id,
        reason=payload.reason,
        comment=payload.comment,
        client_order_id=payload.client_order_id,
        reduce_only=payload.reduce_only,
        stop_loss=payload.oms_stop_loss,
        stop_gain=payload.oms_stop_gain,
    )
    await desk.ask_exchange()
    submit(oms, order, {name: getattr(payload, name) for name in OPTIONS})
    return order


async def _close_position(desk: Desk, payload: ClosePositionPayload) -> Order:
    if not desk.oms.full:
        if payload.qty is None:
            raise invalid("payload.qty is required")  # fact 11
        raise OmsError(400, "invalid_position_id", "position_id does not exist or is incompatible")  # fact 29
    position = desk.position(payload.position_id)
    strategy_id = payload.strategy_id or position.strategy_id
    desk.check_strategy(strategy_id)
    desk.check_client_order_id(payload.client_order_id)
    order = draft(
        desk.oms,
        command_id=desk.command_id,
        account_id=desk.account_id,
        symbol=position.symbol,
        side=opposite(position.side),
        order_type=payload.order_type,
        qty=position.qty if payload.qty is None else min(payload.qty, position.qty),
        price=payload.price,
        strategy_id=strategy_id,
        position_id=position.id,
        reason=payload.reason,
        comment=payload.comment,
        client_order_id=payload.client_order_id,
        reduce_only=True,
    )
    submit(desk.oms, order, {name: getattr(payload, name) for name in OPTIONS})
    return order


async def _cancel_order(desk: Desk, payload: CancelOrderPayload) -> None:
    orders = [desk.order(order_id) for order_id in payload.ids()]
    if desk.oms.full and all(order.status in ("FILLED", "REJECTED") for order in orders):
        raise OmsError(400, "invalid_order_state", "order state does not allow cancellation")
    await _cancel(desk, "cancel_order", orders, batch=len(orders) > 1)


async def _cancel_all_orders(desk: Desk, payload: CancelAllOrdersPayload) -> None:
    strategy_ids = payload.ids()
    for strategy_id in strategy_ids:
        desk.permit(strategy_id)
    if not strategy_ids:
        desk.permit(None)
    scope: dict[str, Any] = {"strategy_id": strategy_ids} if strategy_ids else {}
    # fact 33: in the recorded OMS these are all that ever filled, too
    orders = desk.oms.storage.select(Order, account_id=desk.account_id, status=OPEN_STATUSES, **scope)
    await _cancel(desk, "cancel_all_orders", orders, batch=True)


async def _cancel(desk: Desk, command: str, orders: list[Order], *, batch: bool) -> None:
    canceled: list[int] = []
    skipped: list[int] = []
    for order in orders:
        if order.status in WORKING:
            await desk.ask_exchange()
        (canceled if cancel(desk.oms, order, command_id=desk.command_id) else skipped).append(order.id)
    if not canceled and not desk.oms.full:
        raise OmsError(400, "internal_error", "no orders canceled")  # facts 12 and 13
    if batch and canceled:
        desk.oms.events.append(
            desk.account_id,
            "orders_canceled_batch",
            command_id=desk.command_id,
            command_type=command,
            canceled_order_ids=canceled,
            skipped_order_ids=skipped,
        )


async def _change_order(desk: Desk, payload: ChangeOrderPayload) -> None:
    order = desk.order(payload.order_id)
    if order.status not in WORKING:
        raise OmsError(400, "invalid_order_state", "order state does not allow changes")
    if not desk.oms.full and (payload.new_price is None or payload.new_qty is None):
        column = "qty" if payload.new_qty is None else "price"
        raise OmsError(400, "internal_error", f"(1048, \"Column '{column}' cannot be null\")")  # fact 11
    qty, price = payload.new_qty, payload.new_price
    check_columns(replace(order, qty=qty or order.qty, price=price), full=desk.oms.full)
    if qty is not None and order.reduce_only and desk.oms.full:
        named = desk.position(order.position_id) if order.position_id else None
        target = reducible(desk.oms, order.account_id, order.symbol, order.side, order.strategy_id, named)
        qty = min(qty, MONEY.add(order.filled_qty, target.qty))
    await desk.ask_exchange()
    amend(desk.oms, order, qty=qty, price=price, command_id=desk.command_id)


async def _close_by(desk: Desk, payload: CloseByPayload) -> None:
    try:
        a, b = desk.position(payload.position_id_a), desk.position(payload.position_id_b)
    except OmsError as error:
        if error.message != "position_not_found":
            raise
        raise OmsError(400, "internal_error", "close_by positions must exist and be open") from error
    if payload.strategy_id:
        desk.check_strategy(payload.strategy_id)
    if a.symbol != b.symbol:
        raise OmsError(400, "internal_error", "close_by requires same symbol")
    if a.side == b.side:
        raise OmsError(400, "internal_error", "close_by positions must be opposite sides")
    qty = min(a.qty, b.qty) if payload.qty is None else payload.qty
    if qty > min(a.qty, b.qty):
        raise OmsError(400, "internal_error", "close_by qty exceeds a position")
    oms, now = desk.oms, desk.oms.clock()
    # the one closes the other at the other's price of entry: all that the pair earned is realised on the first
    earned = realised(a.side, a.avg_price, b.avg_price, qty, oms.exchange.contract(a.symbol))
    for position, pnl in ((a, earned), (b, ZERO)):
        write_stake(position, Stake(position.side, MONEY.subtract(position.qty, qty), position.avg_price), now)
        oms.storage.save(position)
        deal = Deal(
            id=oms.next_id(Deal),
            account_id=desk.account_id,
            order_id=None,
            position_id=position.id,
            previous_position_id=None,
            symbol=position.symbol,
            side=opposite(position.side),
            qty=qty,
            price=b.avg_price,
            fee=None,
            fee_currency=None,
            pnl=pnl,
            strategy_id=position.strategy_id,
            reason="close_by",
            comment=None,
            reconciled=False,
            exchange_trade_id=None,
            created_ms=now,
            executed_ms=now,
        )
        oms.storage.insert(deal)
        if oms.full:
            tell_deal(oms, deal)
            tell_position(oms, "position_updated", position)
            cut_reduce_only(oms, position)
    oms.events.append(
        desk.account_id,
        "close_by_executed",
        command_id=desk.command_id,
        position_id_a=a.id,
        position_id_b=b.id,
        qty=str(qty),
    )


async def _merge_positions(desk: Desk, payload: MergePositionsPayload) -> None:
    source, target = desk.position(payload.source_position_id), desk.position(payload.target_position_id)
    if source.id == target.id:
        raise OmsError(400, "internal_error", "merge_positions requires two positions")
    if source.symbol != target.symbol:
        raise OmsError(400, "internal_error", "merge_positions requires same symbol")
    if source.side != target.side:
        raise OmsError(400, "internal_error", "merge_positions requires same side")
    oms, now = desk.oms, desk.oms.clock()
    merged = merge(_stake(source), _stake(target), oms.exchange.contract(source.symbol))
    write_stake(target, merged, now)
    write_stake(source, Stake(source.side, ZERO, source.avg_price), now)
    if not oms.full:
        source.state = "merged"  # fact 28
    if payload.stop_mode == "set":
        target.stop_loss, target.stop_gain = payload.oms_stop_loss, payload.oms_stop_gain
    elif payload.stop_mode == "clear":
        target.stop_loss = target.stop_gain = None
    check_columns(target, full=oms.full)
    oms.storage.save(source)
    oms.storage.save(target)
    oms.storage.reassign(source.id, target.id)
    if oms.full:
        tell_position(oms, "position_updated", source)
    tell_position(
        oms,
        "positions_merged",
        target,
        command_id=desk.command_id,
        source_position_id=source.id,
        target_position_id=target.id,
    )


async def _position_change(desk: Desk, payload: PositionChangePayload) -> None:
    position = desk.position(payload.position_id)
    given = payload.model_fields_set
    if "oms_stop_loss" in given:
        position.stop_loss = payload.oms_stop_loss
    if "oms_stop_gain" in given:
        position.stop_gain = payload.oms_stop_gain
    if "comment" in given:
        position.comment = payload.comment
    if given & {"oms_stop_loss", "oms_stop_gain"}:
        position.state = "open"  # a stop whose order was refused is armed again
    position.updated_ms = desk.oms.clock()
    check_columns(position, full=desk.oms.full)
    desk.oms.storage.save(position)
    tell_position(desk.oms, "position_changed", position, command_id=desk.command_id)


def _stake(position: Position) -> Stake:
    return Stake(position.side, position.qty, position.avg_price)


HANDLERS: dict[str, Callable[[Desk, Any], Awaitable[Order | None]]] = {
    "send_order": _send_order,
    "cancel_order": _cancel_order,
    "cancel_all_orders": _cancel_all_orders,
    "change_order": _change_order,
    "close_by": _close_by,
    "merge_positions": _merge_positions,
    "close_position": _close_position,
    "position_change": _position_change,
}
