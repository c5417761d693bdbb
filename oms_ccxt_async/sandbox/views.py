"""Records as clients see them: the keys and formats of the recorded answers."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from oms_ccxt_async.sandbox.rows import Deal, Order, Position, exact

__all__ = ["deal_view", "fine_stamp", "money", "order_view", "position_view", "stamp", "text"]


def money(value: Decimal | None) -> str | None:
    """A decimal with 18 places, as `str` writes it: zero is `0E-18` (fact 14)."""
    return None if value is None else str(exact(value))


@lru_cache(maxsize=4096)
def _whole_seconds(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None).isoformat()


def stamp(milliseconds: int | None) -> str | None:
    """A time as the OMS writes it: naive, UTC, whole seconds (fact 15)."""
    return None if milliseconds is None else _whole_seconds(milliseconds // 1000)


def fine_stamp(milliseconds: int) -> str:
    """A time with milliseconds."""
    return f"{_whole_seconds(milliseconds // 1000)}.{milliseconds % 1000:03d}"


def text(number: int | None) -> str | None:
    """An id of the exchange."""
    return None if number is None else str(number)


def order_view(order: Order, *, full: bool) -> dict[str, Any]:
    """An order; a full OMS adds `fee` and `fee_currency`."""
    view = {
        "id": order.id,
        "command_id": order.command_id,
        "account_id": order.account_id,
        "symbol": order.symbol,
        "side": order.side,
        "order_type": order.order_type,
        "status": order.status,
        "strategy_id": order.strategy_id,
        "position_id": order.position_id,
        "previous_position_id": order.previous_position_id,
        "reason": order.reason,
        "comment": order.comment,
        "client_order_id": order.client_order_id,
        "exchange_order_id": text(order.exchange_order_id),
        "qty": money(order.qty),
        "price": money(order.price),
        "stop_loss": money(order.stop_loss),
        "stop_gain": money(order.stop_gain),
        "filled_qty": money(order.filled_qty),
        "avg_fill_price": money(order.avg_fill_price),
        "edit_replace_state": order.edit_replace_state,
        "edit_replace_at": stamp(order.edit_replace_ms),
        "edit_replace_orphan_order_id": None,
        "edit_replace_origin_order_id": None,
        "created_at": stamp(order.created_ms),
        "updated_at": stamp(order.updated_ms),
        "closed_at": stamp(order.closed_ms),
    }
    if full:
        view["fee"] = money(order.fee)
        view["fee_currency"] = order.fee_currency
    return view


def deal_view(deal: Deal, *, full: bool) -> dict[str, Any]:
    """A deal; a full OMS tells its time of execution in milliseconds."""
    return {
        "id": deal.id,
        "account_id": deal.account_id,
        "order_id": deal.order_id,
        "position_id": deal.position_id,
        "previous_position_id": deal.previous_position_id,
        "symbol": deal.symbol,
        "side": deal.side,
        "qty": money(deal.qty),
        "price": money(deal.price),
        "fee": money(deal.fee),
        "fee_currency": deal.fee_currency,
        "pnl": money(deal.pnl),
        "strategy_id": deal.strategy_id,
        "reason": deal.reason,
        "comment": deal.comment,
        "reconciled": deal.reconciled,
        "exchange_trade_id": text(deal.exchange_trade_id),
        "created_at": stamp(deal.created_ms),
        "executed_at": fine_stamp(deal.executed_ms) if full else stamp(deal.executed_ms),
    }


def position_view(position: Position) -> dict[str, Any]:
    """A position."""
    return {
        "id": position.id,
        "account_id": position.account_id,
        "symbol": position.symbol,
        "strategy_id": position.strategy_id,
        "side": position.side,
        "qty": money(position.qty),
        "avg_price": money(position.avg_price),
        "stop_loss": money(position.stop_loss),
        "stop_gain": money(position.stop_gain),
        "state": position.state,
        "reason": position.reason,
        "comment": position.comment,
        "opened_at": stamp(position.opened_ms),
        "updated_at": stamp(position.updated_ms),
        "closed_at": stamp(position.closed_ms),
    }
