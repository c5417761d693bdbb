"""The life of an OMS order at the exchange: placing, amending and canceling it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from oms_ccxt_async.sandbox.errors import OmsError, from_exchange
from oms_ccxt_async.sandbox.exchange import ExchangeRefusal, Side, Ticket
from oms_ccxt_async.sandbox.fills import held_position, settle, tell_order
from oms_ccxt_async.sandbox.oms import OMS
from oms_ccxt_async.sandbox.positions import ZERO, opposite
from oms_ccxt_async.sandbox.rows import WORKING, Order, Position

__all__ = ["amend", "cancel", "place", "reducible"]


def place(
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
    options: dict[str, Any] = {},
) -> tuple[Order, OmsError | None]:
    """Record an order and hand it to the exchange; inside a transaction.

    A reduce-only order has been cut to its position by now: the exchange, which does not know the OMS's positions,
    gets it as an ordinary one.

    Args:
        options: the fields of a ticket that say how it is to be worked.

    Returns:
        the order, and the exchange's refusal if it refused. The order then is `REJECTED`; in the recorded OMS it stays
        `PENDING_SUBMIT` (fact 10).
    """
    now = oms.clock()
    order = Order(
        id=oms.next_id(Order),
        command_id=command_id,
        account_id=account_id,
        symbol=symbol,
        side=side,
        order_type=order_type,
        status="SUBMITTED",
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
    ticket = Ticket(account_id, symbol, side, order_type, qty, price, client_order_id, **options)
    try:
        execution = oms.exchange.place(ticket)
    except ExchangeRefusal as refusal:
        order.status = "REJECTED" if oms.full else "PENDING_SUBMIT"
        order.closed_ms = now if oms.full else None
        oms.storage.insert(order)
        if oms.full:
            tell_order(oms, "order_updated", order, command_id=command_id)
        return order, from_exchange(refusal)
    order.exchange_order_id = execution.order.id
    oms.storage.insert(order)
    tell_order(oms, "order_submitted", order, command_id=command_id, exchange_order_id=str(execution.order.id))
    settle(oms, execution, order=order)
    return order, None


def amend(oms: OMS, order: Order, *, qty: Decimal | None, price: Decimal | None, command_id: int) -> None:
    """Change a working order in place; inside a transaction.

    Raises:
        OmsError: the exchange refused; nothing has changed.
    """
    if order.exchange_order_id is None:
        raise OmsError(400, "invalid_order_state", "order state does not allow changes")
    try:
        execution = oms.exchange.amend(order.account_id, order.exchange_order_id, amount=qty, price=price)
    except ExchangeRefusal as refusal:
        raise from_exchange(refusal) from refusal
    now = oms.clock()
    order.qty = order.qty if qty is None else qty
    order.price = order.price if price is None else price
    order.edit_replace_state, order.edit_replace_ms, order.updated_ms = "consolidated_to_self", now, now
    oms.storage.save(order)
    tell_order(oms, "order_changed", order, command_id=command_id)
    settle(oms, execution, order=order)


def cancel(oms: OMS, orders: list[Order], *, command_id: int) -> tuple[list[int], list[int]]:
    """Cancel those of the orders that the exchange still works; inside a transaction.

    Returns:
        the ids of those that were canceled, and of those that there was nothing to cancel of.
    """
    canceled: list[int] = []
    skipped: list[int] = []
    for order in orders:
        if order.status not in WORKING or order.exchange_order_id is None:
            skipped.append(order.id)
            continue
        try:
            execution = oms.exchange.cancel(order.account_id, order.exchange_order_id)
        except ExchangeRefusal:
            skipped.append(order.id)
            continue
        oms.storage.store_execution(execution)
        order.status = "CANCELED"
        order.updated_ms = order.closed_ms = oms.clock()
        oms.storage.save(order)
        tell_order(oms, "order_canceled", order, command_id=command_id)
        canceled.append(order.id)
    return canceled, skipped


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
