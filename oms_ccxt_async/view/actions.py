"""What a person may do from a view: what is asked before, what is done, what is said then."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from oms_ccxt_async.view.rows import Order, Position, exact
from oms_ccxt_async.view.words import number

__all__ = ["Action", "cancel", "cancel_all", "close", "create", "ticket"]

_THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+\.\d*|\d{1,3}(,\d{3}){2,}").fullmatch
"""Commas that can be nothing else."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something that is done once a person has agreed.

    Attributes:
        question: what the person is asked.
        done: what is said when the OMS has answered.
        run: does it; raises what the driver raises.
    """

    question: str
    done: str
    run: Callable[[], Awaitable[Any]]


def cancel(exchange: Any, order: Order) -> Action:
    """Cancel one order."""
    named = _named(order)
    return Action(
        f"Cancel {named}?", f"order {order.id} is canceled", lambda: exchange.cancel_order(order.id, order.symbol)
    )


def cancel_all(exchange: Any, symbol: str | None, many: int, strategy: str | None = None) -> Action:
    """Cancel every open order, of one market or of all, of one strategy or of all."""
    of = (f" in {symbol}" if symbol else "") + (f" of strategy {strategy}" if strategy else "")
    orders = "the open order" if many == 1 else f"all {many} open orders"
    params = {} if strategy is None else {"strategy_id": int(strategy)}
    return Action(
        f"Cancel {orders}{of}?", f"open orders{of} are canceled", lambda: exchange.cancel_all_orders(symbol, params)
    )


def close(exchange: Any, position: Position) -> Action:
    """Close one position at the market."""
    side = "short" if position.contracts < 0 else "long"
    named = f"the {side} position of {number(abs(position.contracts))} {position.symbol}"
    params: dict[str, Any] = {"position_id": position.id}
    if position.strategy:
        params["strategy_id"] = int(position.strategy)
    return Action(
        f"Close {named} at the market price?",
        f"{named} is being closed",
        lambda: exchange.close_position(position.symbol, None, params),
    )


def create(
    exchange: Any, symbol: str, type_: str, side: str, amount: str, price: str | None, strategy: str | None
) -> Action:
    """Send an order, as `ticket` has checked it."""
    at = f"at {price}" if type_ == "limit" else "at the market price"
    named = f"{side} {amount} {symbol} {at}"
    params = {} if strategy is None else {"strategy_id": int(strategy)}
    return Action(
        f"Send the order to {named}?",
        f"the order to {named} is with the OMS",
        lambda: exchange.create_order(symbol, type_, side, amount, price if type_ == "limit" else None, params),
    )


def ticket(exchange: Any, symbol: str, type_: str, amount: str, price: str) -> tuple[str, str | None]:
    """The amount and price of an order ticket on the market's grid.

    Raises:
        ValueError: what is missing or makes no sense, in words.
    """
    wanted = _typed(amount, "amount")
    limit = _typed(price, "price") if type_ == "limit" else None
    try:
        gridded = None if limit is None else str(exchange.price_to_precision(symbol, limit))
        return str(exchange.amount_to_precision(symbol, wanted)), gridded
    except Exception as error:  # what ccxt says of an amount below the grid
        raise ValueError(str(error)) from None


def _typed(text: str, name: str) -> Decimal:
    text = text.strip()
    if "," in text and not _THOUSANDS(text):
        raise ValueError(f"the {name} {text!r} has a comma that could be that of decimals: write 0.5, or 1000")
    value = exact(text.replace(",", "")) if text else None
    if value is None or value <= 0:
        raise ValueError(f"the {name} must be a number above zero")
    return value


def _named(order: Order) -> str:
    at = f" at {number(order.price)}" if order.price is not None else ""
    return f"order {order.id} ({order.side} {number(order.amount - order.filled)} {order.symbol}{at})"
