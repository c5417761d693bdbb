"""What happens to an OMS while it runs, a line for each command, fill and rejection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import orjson

from oms_ccxt_async.sandbox.commands import Answer
from oms_ccxt_async.sandbox.oms import OMS
from oms_ccxt_async.sandbox.rows import Deal, Event, Order
from oms_ccxt_async.sandbox.schemas import AnyCommand

__all__ = ["Activity", "command_line", "deal_line"]

Say = Callable[[str], None]
REJECTED = "REJECTED"


class Activity:
    """Tells of one OMS, from its making until it is gone.

    Args:
        oms: which.
        say: called with each line; it must not block or raise.
    """

    def __init__(self, oms: OMS, say: Say) -> None:
        self._oms = oms
        self._say = say
        oms.heard = self._command
        oms.events.subscribe(self._events)

    def _command(self, command: AnyCommand, answer: Answer) -> None:
        self._say(command_line(command, answer))

    def _events(self, events: Sequence[Event]) -> None:
        for event in events:
            payload = orjson.loads(event.payload)
            if event.name == "deal_created":
                deal = self._oms.storage.get(Deal, id=payload["deal_id"])
                if deal is not None:
                    self._say(deal_line(deal))
            elif event.name.startswith("order_") and payload.get("order_id"):
                order = self._oms.storage.get(Order, id=payload["order_id"])
                if order is not None and order.status == REJECTED:
                    self._say(f"account {order.account_id}  REJECTED by the exchange: {_named(order)}")


def command_line(command: AnyCommand, answer: Answer) -> str:
    """A command and what came of it, in one line."""
    said = f"account {command.account_id}  {_asked(command)}"
    if answer.error is not None:
        code, message = answer.error.get("code"), answer.error.get("message")
        told = code if message in (None, "", code) else f"{code}: {message}"
        return _line(f"{said}  REFUSED: {told}")
    created = command.command in ("send_order", "close_position") and answer.order_id is not None
    return _line(f"{said}  -> order {answer.order_id}" if created else said)


def deal_line(deal: Deal) -> str:
    """A fill in one line."""
    traded = f"{deal.side} {_plain(deal.qty)} {deal.symbol} at {_plain(deal.price)}"
    return _line(f"account {deal.account_id}  FILL {traded}  (order {deal.order_id})")


def _asked(command: AnyCommand) -> str:
    given: Any = command.payload
    if command.command == "send_order":
        at = "" if given.price is None else f" at {_plain(given.price)}"
        return f"{given.order_type} {given.side} {_plain(given.qty)} {given.symbol}{at}"
    if command.command == "change_order":
        changes = [f"{name} {_plain(value)}" for name, value in _changes(given) if value is not None]
        return f"edit order {given.order_id}: {', '.join(changes)}"
    if command.command == "cancel_order":
        return f"cancel order {', '.join(map(str, given.ids()))}"
    words = [f"{name} {value}" for name, value in given.model_dump(exclude_unset=True).items() if value is not None]
    return " ".join([command.command.replace("_", " "), *words])


def _changes(given: Any) -> list[tuple[str, Decimal | None]]:
    return [("price", given.new_price), ("amount", given.new_qty)]


def _named(order: Order) -> str:
    return _line(f"order {order.id}, {order.side} {_plain(order.qty)} {order.symbol}")


def _plain(value: Any) -> str:
    number = Decimal(str(value))
    return f"{number.normalize():f}" if number.is_finite() else str(number)


def _line(text: str) -> str:
    """Text from a client as one line without anything that a terminal would obey."""
    return "".join(each if each.isprintable() else "?" for each in text)[:500]
