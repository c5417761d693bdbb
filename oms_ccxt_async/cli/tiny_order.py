"""One tiny order: created far from the market, edited, canceled, and never left open.

While it may be open, Ctrl-C and the other signals that end a command are noted and answered after the order is over.
"""

from __future__ import annotations

import signal
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import ccxt

from oms_ccxt_async import Fate, errors

if TYPE_CHECKING:
    from oms_ccxt_async.sync import oms

__all__ = ["Outcome", "planned", "tried"]

FAR = Decimal("0.8")
"""Of the market's price: too low to be filled, and near enough for exchanges that refuse prices from another world."""
PATIENCE = 60.0
"""Seconds for which an order that may be open is looked for and canceled again."""
PAUSE = 0.5
SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


@dataclass(slots=True)
class Outcome:
    """What became of it.

    Attributes:
        done: the steps that went well, in words.
        failure: what did not; None if all went well.
        todo: what the user has to do about it.
        interrupted: whether a signal came meanwhile.
    """

    done: list[str] = field(default_factory=list)
    failure: str | None = None
    todo: str | None = None
    interrupted: bool = False

    def failed(self, failure: str, todo: str) -> None:
        """Note what did not go well first."""
        if self.failure is None:
            self.failure, self.todo = failure, todo


def planned(exchange: oms, symbol: str) -> tuple[Decimal, Decimal]:
    """Amount and price of the order: the least that the market takes, a fifth below what is bid.

    Raises:
        ccxt.BaseError: the market or its price cannot be had.
    """
    exchange.load_markets()
    market = exchange.market(symbol)
    ticker = exchange.fetch_ticker(market["symbol"])
    quotes = [_decimal(ticker.get(name)) for name in ("bid", "ask", "last")]
    if not (known := [each for each in quotes if each]):
        raise errors.BadResponse(f"oms {symbol}: its ticker has no price that an order could be far from")
    price = _decimal(exchange.price_to_precision(symbol, str(min(known) * FAR)))
    limits = market.get("limits") or {}
    least, cost = (_decimal((limits.get(name) or {}).get("min")) for name in ("amount", "cost"))
    step = _decimal((market.get("precision") or {}).get("amount"))
    if exchange.precisionMode == ccxt.DECIMAL_PLACES and step:
        step = Decimal(10) ** -int(step)
    size = _decimal(market.get("contractSize")) if market.get("contract") else Decimal(1)
    # A tenth more: it is to be worth enough after it was edited to a lower price, too.
    worth = cost * Decimal("1.1") / (price * (size or 1)) if price and not market.get("inverse") else Decimal(0)
    amount = max(least, worth, step)
    cut = _decimal(exchange.amount_to_precision(symbol, str(amount)))
    return (cut if cut >= amount else _decimal(exchange.amount_to_precision(symbol, str(amount + step)))), price


def _decimal(value: Any) -> Decimal:
    return Decimal(0) if value is None else Decimal(str(value))


def tried(exchange: oms, symbol: str, amount: Decimal, price: Decimal, say: Callable[[str], None]) -> Outcome:
    """Create the order, edit it, cancel it; returns when it is over, or when it could not be settled in a minute.

    Args:
        say: told what happens where it takes longer than it should.
    """
    key = f"check-{uuid.uuid4().hex}"
    outcome = Outcome()
    with _deferred(outcome, say):
        try:
            order = exchange.create_order(symbol, "limit", "buy", str(amount), str(price), {"clientOrderId": key})
            outcome.done.append(f"created {order['id']}")
            if not outcome.interrupted:
                _edit(exchange, order, symbol, price, outcome)
        except Exception as error:  # also a defect of ours does not leave it open
            outcome.failed(_line(error), "see what the message says; the order is not open")
            if getattr(error, "fate", Fate.UNKNOWN) is not Fate.UNKNOWN and not outcome.done:
                return outcome  # it was refused, or never sent
        _end(exchange, symbol, key, outcome, say)
    return outcome


def _edit(exchange: oms, order: dict[str, Any], symbol: str, price: Decimal, outcome: Outcome) -> None:
    lower = str(exchange.price_to_precision(symbol, str(price * Decimal("0.99"))))
    edited = exchange.edit_order(order["id"], symbol, "limit", "buy", None, lower)
    if _decimal(edited["price"]) != Decimal(lower):
        outcome.failed(f"edited to {lower}, it says {edited['price']}", "tell whoever runs the OMS")
    else:
        outcome.done.append("edited")


def _end(exchange: oms, symbol: str, key: str, outcome: Outcome, say: Callable[[str], None]) -> None:
    """Cancel the order until it is over: what was lost on the way may be there, or may come yet."""
    until = time.monotonic() + PATIENCE
    told, absent = False, 0
    last: BaseException | None = None
    while time.monotonic() < until:
        try:
            order = exchange.fetch_order(None, symbol, {"clientOrderId": key})
            if order["status"] == "open":
                order = exchange.cancel_order(order["id"], symbol)
                order = exchange.fetch_order(order["id"], symbol)
            if order["status"] != "open":
                _over(order, outcome)
                return
        except ccxt.OrderNotFound as error:
            last = error
            absent += not outcome.done
            if absent > 2 and not exchange.unknown_orders():
                return  # the OMS says that there is none, again and again, and the driver has settled it
        except Exception as error:
            last = error
        if not told:
            say(f"the order {key} may be open: it is looked for and canceled for up to {PATIENCE:.0f} s")
            told = True
        time.sleep(PAUSE)
    what = "it could not be canceled" if outcome.done else "it could not be found out whether it is there"
    outcome.failure = f"{what}: {_line(last)}" if last is not None else what
    outcome.todo = f"look for the client order id {key} at the OMS, and cancel it"


def _over(order: dict[str, Any], outcome: Outcome) -> None:
    if _decimal(order["filled"]):
        outcome.failure = f"{order['filled']} of it was filled at {order['average']}"
        outcome.todo = f"close the position in {order['symbol']}"
    elif order["status"] in ("canceled", "rejected", "expired"):
        outcome.done.append(order["status"])
    else:
        outcome.failed(f"its status is {order['status']}", f"look at order {order['id']}")


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())


@contextmanager
def _deferred(outcome: Outcome, say: Callable[[str], None]) -> Iterator[None]:
    def note(*_: Any) -> None:
        outcome.interrupted = True
        say("interrupted: the order is canceled first")

    before = {number: signal.signal(number, note) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
