"""The life of an OMS order at the exchange: placing, amending and canceling it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from oms_ccxt_async.sandbox.columns import check_columns
from oms_ccxt_async.sandbox.errors import OmsError, from_exchange
from oms_ccxt_async.sandbox.exchange import ExchangeRefusal, Execution, Side, Ticket
from oms_ccxt_async.sandbox.fills import held_position, settle, tell_order
from oms_ccxt_async.sandbox.oms import OMS
from oms_ccxt_async.sandbox.positions import ZERO, opposite
from oms_ccxt_async.sandbox.rows import WORKING, Order, Position

__all__ = ["amend", "cancel", "draft", "reducible", "submit"]


def draft(
    oms: OMS,
    *,
    command_id: int | None,
    account_id: int,
    symbol: str,
    side: Side,
    order_type: str,
    qty: Decimal,
    price: Decimal | None = None,
    strategy_id: int = 0,
    position_id: int = 0,
    reason: str = "api",
    comment: str | None = None,
    client_order_id: str | None = None,
    reduce_only: bool = False,
    stop_loss: Decimal | None = None,
    stop_gain: Decimal | None = None,
) -> Order:
    """A new order that the exchange has not been asked about; inside a transaction.

    The recorded OMS stores it at once, so that it is seen, and stays, as `PENDING_SUBMIT` until the exchange's answer
    is recorded (fact 30).

    Raises:
        OmsError: a column cannot hold what it is given; nothing has changed.
    """
    now = oms.clock()
    order = Order(
        id=0,
        command_id=command_id,
        account_id=account_id,
        symbol=symbol,
        side=side,
        order_type=order_type,
        status="PENDING_SUBMIT",
        strategy_id=strategy_id,
        position_id=position_id,
        previous_position_id=None,
        reason=reason,
        comment=comment,
        client_order_id=client_order_id,
        exchange_order_id=None,
        reduce_only=reduce_only,
        qty=qty,
        price=price,
        stop_loss=stop_loss,
        stop_gain=stop_gain,
        filled_qty=ZERO,
        avg_fill_price=None,
        fee=None,
        fee_currency=None,
        edit_replace_state=None,
        edit_replace_ms=None,
        created_ms=now,
        updated_ms=now,
        closed_ms=None,
    )
    check_columns(order, full=oms.full)
    order.id = oms.next_id(Order)
    if not oms.full:
        oms.storage.insert(order)
    return order


def submit(oms: OMS, order: Order, options: dict[str, Any] = {}) -> None:
    """Hand a draft to the exchange and record the answer; inside a transaction.

    A reduce-only order has been cut to its position by now: the exchange, which does not know the OMS's positions,
    gets it as an ordinary one.

    Args:
        oms: the OMS.
        order: from `draft`.
        options: the fields of a ticket that say how it is to be worked.

    Raises:
        OmsError: the exchange refused, and the order is `REJECTED`; in the recorded OMS it stays `PENDING_SUBMIT`
            (fact 10). Or the recorded OMS broke down, before the exchange was asked or after it took the order.
    """
    oms.break_down("before")
    ticket = Ticket(
        order.account_id,
        order.symbol,
        order.side,
        order.order_type,
        order.qty,
        order.price,
        order.client_order_id,
        **options,
    )
    try:
        execution = oms.exchange.place(ticket)
    except ExchangeRefusal as refusal:
        if oms.full:
            order.status, order.closed_ms = "REJECTED", order.created_ms
            oms.storage.insert(order)
            tell_order(oms, "order_updated", order, command_id=order.command_id)
        raise from_exchange(refusal) from refusal
    _outlive_breakdown(oms, execution)
    order.exchange_order_id, order.status, order.updated_ms = execution.order.id, "SUBMITTED", oms.clock()
    oms.storage.save(order)
    at_exchange = str(execution.order.id)
    tell_order(oms, "order_submitted", order, command_id=order.command_id, exchange_order_id=at_exchange)
    settle(oms, execution, order=order)


def _outlive_breakdown(oms: OMS, execution: Execution) -> None:
    """Where the OMS breaks down now, what the exchange did stays done."""
    try:
        oms.break_down("after")
    except OmsError:
        oms.storage.store_execution(execution)
        raise


def amend(oms: OMS, order: Order, *, qty: Decimal | None, price: Decimal | None, command_id: int) -> None:
    """Change a working order in place; inside a transaction.

    Raises:
        OmsError: the exchange refused and nothing has changed, or the recorded OMS broke down.
    """
    if order.exchange_order_id is None:
        raise OmsError(400, "invalid_order_state", "order state does not allow changes")
    oms.break_down("before")
    try:
        execution = oms.exchange.amend(order.account_id, order.exchange_order_id, amount=qty, price=price)
    except ExchangeRefusal as refusal:
        raise from_exchange(refusal) from refusal
    _outlive_breakdown(oms, execution)
    now = oms.clock()
    order.qty = order.qty if qty is None else qty
    order.price = order.price if price is None else price
    order.edit_replace_state, order.edit_replace_ms, order.updated_ms = "consolidated_to_self", now, now
    oms.storage.save(order)
    tell_order(oms, "order_changed", order, command_id=command_id)
    settle(oms, execution, order=order)


def cancel(oms: OMS, order: Order, *, command_id: int) -> bool:
    """Cancel an order if the exchange still works it; inside a transaction. Whether there was something to cancel.

    Raises:
        OmsError: the exchange is closed, or the recorded OMS broke down.
    """
    if order.status not in WORKING or order.exchange_order_id is None:
        return False
    oms.break_down("before")
    try:
        oms.exchange.check_open()
    except ExchangeRefusal as refusal:
        raise from_exchange(refusal) from refusal
    try:
        execution = oms.exchange.cancel(order.account_id, order.exchange_order_id)
    except ExchangeRefusal:
        return False
    _outlive_breakdown(oms, execution)
    oms.storage.store_execution(execution)
    order.status = "CANCELED"
    order.updated_ms = order.closed_ms = oms.clock()
    oms.storage.save(order)
    tell_order(oms, "order_canceled", order, command_id=command_id)
    return True


def reducible(
    oms: OMS, account_id: int, symbol: str, side: Side, strategy_id: int, position: Position | None
) -> Position:
    """The open position that a reduce-only order would make smaller.

    Args:
        position: the one that the order names, if it names one. In hedge mode it has to.

    Raises:
        OmsError: there is none on the other side.
    """
    target = position or held_position(oms, account_id, symbol, strategy_id, opposite(side))
    if target is None or target.side == side:
        raise OmsError(400, "reduce_only_rejected", "reduce_only needs an open position on the other side")
    return target
