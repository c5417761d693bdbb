"""What the exchange did, as the OMS records it: an order's progress, a deal per fill, and the positions they make.

In a full OMS this happens in the transaction of the execution itself. The recorded OMS learns of fills only by
reconciling, opens a position for every deal whatever the account's mode, unless its order names one (fact 29), and
leaves the order as it was (fact 19).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from oms_ccxt_async.sandbox.exchange import LIQUIDATION, ExchangeRefusal, ExchangeTrade, Execution, Side, Status
from oms_ccxt_async.sandbox.oms import OMS
from oms_ccxt_async.sandbox.positions import Stake, Step, fill, opposite
from oms_ccxt_async.sandbox.rows import (
    HELD,
    MONEY,
    OPEN_STATUSES,
    WORKING,
    Deal,
    Order,
    OrderStatus,
    Position,
    exact,
)
from oms_ccxt_async.sandbox.views import deal_view, order_view, position_view

__all__ = [
    "cut_reduce_only",
    "held_position",
    "project",
    "settle",
    "tell_deal",
    "tell_order",
    "tell_position",
    "write_stake",
]

STATUSES: dict[Status, OrderStatus] = {
    "open": "SUBMITTED",
    "closed": "FILLED",
    "canceled": "CANCELED",
    "expired": "CANCELED",
    "rejected": "REJECTED",
}


def settle(oms: OMS, *executions: Execution, order: Order | None = None) -> None:
    """Store what the exchange did, in a full OMS with all that follows from it; inside a transaction.

    Args:
        oms: the OMS.
        executions: the steps, in their order.
        order: the OMS's order, already stored, where they are all of one; without it, it is looked up. There is none
            for an order that was placed past the OMS.
    """
    reduced: list[Position] = []
    for execution in executions:
        oms.storage.store_execution(execution)
        if not oms.full:
            continue
        known = order or oms.storage.get(Order, exchange_order_id=execution.order.id)
        taken = LIQUIDATION in execution.order.ticket.params
        for trade in execution.trades:
            reduced += _liquidate(oms, trade) if taken else project(oms, trade, known)
        if known is not None and _follow(oms, known, execution):
            oms.storage.save(known)
            tell_order(oms, "order_updated", known)
    for position in reduced:
        cut_reduce_only(oms, position)


def _liquidate(oms: OMS, trade: ExchangeTrade) -> list[Position]:
    """Record that the exchange took over its net position: it closes the OMS's positions of that side, the oldest
    first, whatever the account's mode and their strategies. What is beyond them, others traded past the OMS."""
    scope: dict[str, Any] = {"account_id": trade.account_id, "symbol": trade.symbol, "state": HELD}
    held = oms.storage.select(Position, **scope, side=opposite(trade.side))
    left, fee_left, reduced = trade.amount, trade.fee, list[Position]()
    for target in [*held, None]:
        part = left if target is None else min(left, target.qty)
        if not part:
            continue
        fee = fee_left if part == left else exact(MONEY.divide(MONEY.multiply(trade.fee, part), trade.amount))
        reduced += project(oms, replace(trade, amount=part, fee=fee), None, target=target, reason=LIQUIDATION)
        left, fee_left = MONEY.subtract(left, part), MONEY.subtract(fee_left, fee)
    return reduced


def project(
    oms: OMS,
    trade: ExchangeTrade,
    order: Order | None,
    *,
    target: Position | None = None,
    reason: str | None = None,
) -> list[Position]:
    """Record a fill as deals and let it act on positions; inside a transaction.

    A fill that reverses a position becomes two deals, one that closes it and one that opens the next, with the fee
    shared in proportion: the deals of a position always add up to it.

    Returns:
        the positions that it made smaller.
    """
    target = target or _target(oms, trade, order)
    stake = None if target is None else Stake(target.side, target.qty, target.avg_price)
    now = oms.clock()
    reduced: list[Position] = []
    fee_left = trade.fee
    steps = fill(stake, trade.side, trade.amount, trade.price, oms.exchange.contract(trade.symbol))
    for step in steps:
        if step.opens or target is None:
            position = _open(oms, trade, order, step, now)
        else:
            position = target
            write_stake(position, step.stake, now)
            if position.side != trade.side:
                reduced.append(position)
        oms.storage.save(position)
        share = (
            fee_left if step is steps[-1] else exact(MONEY.divide(MONEY.multiply(trade.fee, step.qty), trade.amount))
        )
        fee_left = MONEY.subtract(fee_left, share)
        deal = Deal(
            id=oms.next_id(Deal),
            account_id=trade.account_id,
            order_id=None if order is None else order.id,
            position_id=position.id,
            previous_position_id=None,
            symbol=trade.symbol,
            side=trade.side,
            qty=step.qty,
            price=trade.price,
            fee=share,
            fee_currency=trade.fee_currency,
            pnl=step.pnl,
            strategy_id=0 if order is None else order.strategy_id,
            reason=reason or _reason(oms, order),
            comment=order.comment if order is not None and oms.full else None,
            reconciled=False,
            exchange_trade_id=trade.id,
            created_ms=now,
            executed_ms=trade.timestamp_ms if oms.full else now,
        )
        oms.storage.insert(deal)
        tell_deal(oms, deal)
        if oms.full:
            tell_position(oms, "position_updated", position)
    return reduced


def write_stake(position: Position, stake: Stake, now: int) -> None:
    """Give a position the quantity and price that it now has; at zero it is closed."""
    position.qty, position.avg_price, position.updated_ms = stake.qty, stake.avg_price, now
    if not stake.qty:
        position.state, position.closed_ms = "closed", now


def cut_reduce_only(oms: OMS, position: Position) -> None:
    """Cut or cancel resting reduce-only orders that are now larger than the position that they act on.

    The exchange does not know the OMS's positions: fills of one and the same market step come before this, and may
    leave a reduce-only order nothing to reduce. Such a fill is recorded like any other.
    """
    resting = oms.storage.select(Order, account_id=position.account_id, status=WORKING, symbol=position.symbol)
    for order in resting:
        if not (order.reduce_only and order.side == opposite(position.side) and acts_on(oms, order, position)):
            continue
        left = MONEY.subtract(order.qty, order.filled_qty)
        if left <= position.qty or order.exchange_order_id is None:
            continue
        account_id, exchange_id = order.account_id, order.exchange_order_id
        try:
            if not position.qty:
                raise ExchangeRefusal("nothing is left to reduce")
            amount = MONEY.add(order.filled_qty, position.qty)
            step = oms.exchange.amend(account_id, exchange_id, amount=amount, price=None)
        except ExchangeRefusal:
            step = oms.exchange.cancel(account_id, exchange_id)
        settle(oms, step, order=order)


def acts_on(oms: OMS, order: Order, position: Position) -> bool:
    """Whether fills of this order go to this position, by the rules of the account's mode."""
    if order.position_id:
        return order.position_id == position.id
    mode = oms.accounts[order.account_id].position_mode
    return mode == "netting" or (mode == "strategy_netting" and order.strategy_id == position.strategy_id)


def held_position(
    oms: OMS, account_id: int, symbol: str, strategy_id: int, side: Side | None = None
) -> Position | None:
    """The open position that a netting mode keeps for this symbol and strategy; in hedge mode there is none.

    With `side`, only one on that side: where deals are positions of their own there may be several.
    """
    mode = oms.accounts[account_id].position_mode
    if mode == "hedge":
        return None
    scope: dict[str, int | str] = {} if side is None else {"side": side}
    if mode == "strategy_netting":
        scope["strategy_id"] = strategy_id
    return oms.storage.get(Position, account_id=account_id, state=HELD, symbol=symbol, **scope)


def tell_order(oms: OMS, name: str, order: Order, **ids: int | str | None) -> None:
    """An event about an order, in a full OMS with its row (extension 4)."""
    row = {"order": order_view(order, full=True)} if oms.full else {}
    oms.events.append(order.account_id, name, **ids, order_id=order.id, **row)


def tell_position(oms: OMS, name: str, position: Position, **ids: int | None) -> None:
    """An event about a position, in a full OMS with its row (extension 4)."""
    row = {"position": position_view(position)} if oms.full else {}
    oms.events.append(position.account_id, name, **ids, position_id=position.id, **row)


def tell_deal(oms: OMS, deal: Deal) -> None:
    """The event of a new deal, in a full OMS with its row (extension 4)."""
    row = {"deal": deal_view(deal, full=True)} if oms.full else {}
    oms.events.append(
        deal.account_id,
        "deal_created",
        exchange_trade_id=None if deal.exchange_trade_id is None else str(deal.exchange_trade_id),
        position_id=deal.position_id,
        symbol=deal.symbol,
        side=deal.side,
        strategy_id=deal.strategy_id,
        order_id=deal.order_id,
        deal_id=deal.id,
        **row,
    )


def _target(oms: OMS, trade: ExchangeTrade, order: Order | None) -> Position | None:
    if order is not None and order.position_id:
        named = oms.storage.get(Position, id=order.position_id)
        if named is not None and named.state in HELD:
            return named
    if not oms.full:
        return None
    return held_position(oms, trade.account_id, trade.symbol, 0 if order is None else order.strategy_id)


def _open(oms: OMS, trade: ExchangeTrade, order: Order | None, step: Step, now: int) -> Position:
    position = Position(
        id=oms.next_id(Position),
        account_id=trade.account_id,
        symbol=trade.symbol,
        strategy_id=0 if order is None else order.strategy_id,
        side=step.stake.side,
        qty=step.stake.qty,
        avg_price=step.stake.avg_price,
        stop_loss=None if order is None else order.stop_loss,
        stop_gain=None if order is None else order.stop_gain,
        state="open",
        reason=_reason(oms, order),
        comment=None,
        opened_ms=now,
        updated_ms=now,
        closed_ms=None,
    )
    if order is not None and oms.full and oms.accounts[trade.account_id].position_mode == "hedge":
        # in hedge mode the rest of the order goes where its first fill went
        order.previous_position_id = order.position_id or None
        order.position_id = position.id
    return position


def _reason(oms: OMS, order: Order | None) -> str:
    return order.reason if order is not None and oms.full else "external"


def _follow(oms: OMS, order: Order, execution: Execution) -> bool:
    """Bring an order up to what the exchange says of it; whether anything changed.

    Quantity and price stay as they were asked for, unless the exchange has others than it makes of these.
    """
    there, now = execution.order, oms.clock()
    status = STATUSES[there.status]
    if status == "SUBMITTED" and there.filled:
        status = "PARTIALLY_FILLED"
    qty, price = order.qty, order.price
    if oms.exchange.amount_to_precision(order.symbol, qty) != there.amount:
        qty = there.amount
    if there.price is not None and (
        price is None or oms.exchange.price_to_precision(order.symbol, price) != there.price
    ):
        price = there.price
    if not execution.trades and (status, qty, price) == (order.status, order.qty, order.price):
        return False
    first = not order.filled_qty
    for trade in execution.trades:
        if first:
            order.fee, order.fee_currency, first = trade.fee, trade.fee_currency, False
        elif order.fee is not None and order.fee_currency == trade.fee_currency:
            order.fee = MONEY.add(order.fee, trade.fee)
        else:
            order.fee = order.fee_currency = None
    order.status, order.qty, order.price, order.filled_qty = status, qty, price, there.filled
    average = oms.exchange.average(there)
    if average is not None:
        order.avg_fill_price = exact(average)
    order.updated_ms = now
    order.closed_ms = None if status in OPEN_STATUSES else now
    return True
