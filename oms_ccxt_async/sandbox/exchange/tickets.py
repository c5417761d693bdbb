"""Reading an order ticket: what kind of order it is, what triggers it, whether it keeps to the market's rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from oms_ccxt_async.sandbox.exchange.markets import Market
from oms_ccxt_async.sandbox.exchange.model import ExchangeRefusal, Ticket

__all__ = [
    "FOK",
    "IOC",
    "ORDER_TYPES",
    "amount_on_grid",
    "check_cost",
    "prepare",
    "price_on_grid",
    "too_large",
    "trigger_above",
    "trigger_price",
]

GTC, IOC, FOK = "GTC", "IOC", "FOK"
POST_ONLY = "PO"

ORDER_TYPES: dict[str, tuple[bool | None, bool | None]] = {
    "market": (None, False),
    "limit": (None, True),
    "stop": (True, None),
    "stop_market": (True, False),
    "stop_limit": (True, True),
    "stop_loss": (True, None),
    "stop_loss_limit": (True, True),
    "take_profit": (False, None),
    "take_profit_market": (False, False),
    "take_profit_limit": (False, True),
}
"""By type: whether its trigger stops a loss (True) or takes a profit (False), None for either or no trigger at all; and
whether it then is a limit order (True), a market order (False) or whichever the price says (None)."""

_TRIGGERS = ("trigger_price", "stop_price", "take_profit_price", "trailing_amount", "trailing_percent")

_MAX_DIGITS = 15
"""Of an amount before the decimal point; what is larger is not even compared with a balance."""


def prepare(ticket: Ticket, market: Market, name: str) -> Ticket:
    """Return the ticket in one spelling: parameters in their fields, a known time in force, a price only if it counts,
    amount and prices on the market's grid.

    Args:
        ticket: as handed in.
        market: the ticket's.
        name: the exchange's, for messages.

    Raises:
        ExchangeRefusal: the ticket contradicts itself, leaves something out or breaks a rule of the market. The largest
            amount is not checked here: what cannot be afforded is to be refused for that first.
    """
    if ticket.params:
        ticket = _with_params(ticket, name)
    if ticket.type not in ORDER_TYPES:
        raise ExchangeRefusal(f"{name} does not support order type {ticket.type}")
    stops, is_limit = ORDER_TYPES[ticket.type]
    if is_limit is None:
        is_limit = ticket.price is not None
    if is_limit and ticket.price is None:
        raise ExchangeRefusal(f"{name} requires a price for a {ticket.type} order")
    triggers = {field: value for field in _TRIGGERS if (value := getattr(ticket, field)) is not None}
    if len(triggers) > 1:
        raise ExchangeRefusal(f"{name} order takes one trigger, given several")
    if stops is not None and not triggers:
        raise ExchangeRefusal(f"{name} requires a trigger price for a {ticket.type} order")
    time_in_force, post_only = (ticket.time_in_force or GTC).upper(), ticket.post_only
    if time_in_force == POST_ONLY:
        time_in_force, post_only = GTC, True
    if time_in_force not in (GTC, IOC, FOK):
        raise ExchangeRefusal(f"{name} does not support time in force {ticket.time_in_force}")
    if post_only and (not is_limit or time_in_force != GTC):
        raise ExchangeRefusal(f"{name} post only order must be a limit order that is good till canceled")
    amount = amount_on_grid(ticket.amount, market, name)
    price = ticket.price if is_limit else None
    if price is not None:
        price = price_on_grid(price, market, name, "price")
    for field, value in triggers.items():
        if field != "trailing_percent":
            triggers[field] = price_on_grid(value, market, name, field.replace("_", " "))
        elif not (value.is_finite() and 0 < value < 100):
            raise ExchangeRefusal(f"{name} order trailing percent must be between 0 and 100, not {value}")
    same = (ticket.amount, ticket.price, ticket.time_in_force or GTC, ticket.post_only)
    if not triggers and (amount, price, time_in_force, post_only) == same:
        return ticket
    return replace(ticket, amount=amount, price=price, time_in_force=time_in_force, post_only=post_only, **triggers)


def trigger_price(ticket: Ticket) -> Decimal | None:
    """The price that a prepared ticket waits for; None if for nothing, or if it trails the market."""
    return ticket.trigger_price or ticket.stop_price or ticket.take_profit_price


def trigger_above(ticket: Ticket, last: Decimal) -> bool | None:
    """Whether a prepared ticket waits for the market, now at `last`, to rise (True) or fall (False); None: it does not
    wait."""
    buys, stops = ticket.side == "buy", ORDER_TYPES[ticket.type][0]
    if ticket.trigger_price is not None:
        return ticket.trigger_price > last if stops is None else stops == buys
    if ticket.take_profit_price is not None:
        return not buys
    waits = ticket.stop_price is not None or ticket.trailing_amount is not None or ticket.trailing_percent is not None
    return buys if waits else None


def amount_on_grid(amount: Decimal, market: Market, name: str) -> Decimal:
    """The amount as it is traded; refuse one that is no number, too small, or beyond all measure."""
    if not amount.is_finite():
        raise ExchangeRefusal(f"{name} order amount is not a number: {amount}")
    if amount < market.least:
        raise ExchangeRefusal(f"{name} order amount is too small: {amount} {market.unit}, minimum {market.least}")
    if amount.adjusted() > _MAX_DIGITS:
        raise too_large(amount, market, name)
    return market.amount_to_precision(amount)


def too_large(amount: Decimal, market: Market, name: str) -> ExchangeRefusal:
    """What is said about an amount above the maximum."""
    return ExchangeRefusal(f"{name} order amount is too large: {amount:f} {market.unit}, maximum {market.max_amount}")


def price_on_grid(price: Decimal, market: Market, name: str, what: str) -> Decimal:
    """The price as it is traded; refuse one that is no number or outside the market's limits."""
    if not price.is_finite():
        raise ExchangeRefusal(f"{name} order {what} is not a number: {price}")
    if not market.min_price <= price <= market.max_price:
        raise ExchangeRefusal(f"{name} order {what} {price} is outside {market.min_price} to {market.max_price}")
    return market.price_to_precision(price)


def check_cost(price: Decimal, amount: Decimal, market: Market, name: str) -> None:
    """Refuse an order whose notional is too small."""
    cost = market.cost(price, amount)
    if cost < market.min_cost:
        raise ExchangeRefusal(
            f"{name} order cost is too small: {cost.normalize():f} {market.money}, minimum {market.min_cost}"
        )


def _decimal(value: Any) -> Decimal:
    return Decimal(str(value))


_PARAMS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "timeInForce": ("time_in_force", str),
    "postOnly": ("post_only", bool),
    "reduceOnly": ("reduce_only", bool),
    "triggerPrice": ("trigger_price", _decimal),
    "stopPrice": ("stop_price", _decimal),
    "stopLossPrice": ("stop_price", _decimal),
    "takeProfitPrice": ("take_profit_price", _decimal),
    "trailingAmount": ("trailing_amount", _decimal),
    "trailingPercent": ("trailing_percent", _decimal),
}


def _with_params(ticket: Ticket, name: str) -> Ticket:
    """The ticket with ccxt's unified parameters in the fields that the ticket leaves empty."""
    changes = {}
    for param, (field, convert) in _PARAMS.items():
        value = ticket.params.get(param)
        if value is not None and not getattr(ticket, field):
            try:
                changes[field] = convert(value)
            except InvalidOperation:
                raise ExchangeRefusal(f"{name} order {param} is not a number: {value}") from None
    return replace(ticket, **changes) if changes else ticket
