"""The order ticket of the page."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from oms_ccxt_async.view import actions
from oms_ccxt_async.view.actions import Action
from oms_ccxt_async.view.model import AccountView
from oms_ccxt_async.view.rows import exact
from oms_ccxt_async.view.words import number

__all__ = ["Ticket"]

VALUE = "(event) => emit(event.target.value)"


class Ticket:
    """A small order in the market that is charted; its amount and price go to the market's grid before it is asked for.

    Args:
        exchange, view: those of the account that is shown.
        ask: has a person agree to an action.
    """

    def __init__(
        self, exchange: Callable[[], Any], view: Callable[[], AccountView], ask: Callable[[Action], None]
    ) -> None:
        self._exchange = exchange
        self._view = view
        self._ask = ask
        self._given = {"type": "limit", "amount": "", "price": "", "strategy": ""}
        with ui.element("div").classes("row"):
            self._symbol = TextElement(tag="b", text="")
            self._choice("type", "Type", ("limit", "market"))
            self._entry("amount", "Amount")
            self._entry("price", "Price (limit)")
            self._entry("strategy", "Strategy (id)")
            for side in ("buy", "sell"):
                button = TextElement(tag="button", text=side.capitalize()).classes("button").props("type=button")
                button.on("click", partial(self._pressed, side), [])
        self._grid = TextElement(tag="p", text="").classes("said")
        self._mistake = TextElement(tag="p", text="").classes("bad").props("role=alert")

    def market(self, symbol: str) -> None:
        """The market that is charted from now on."""
        self._symbol.set_text(symbol or "No market yet")
        market = (self._exchange().markets or {}).get(symbol) if symbol else None
        if market is None:
            self._grid.set_text("")
            return
        precision, limits = market.get("precision") or {}, (market.get("limits") or {}).get("amount") or {}
        steps = [
            f"amounts in steps of {_said(precision.get('amount'))}",
            f"prices in steps of {_said(precision.get('price'))}",
        ]
        if limits.get("min") is not None:
            steps.append(f"at least {_said(limits['min'])}")
        self._grid.set_text(", ".join(steps))

    def _choice(self, name: str, label: str, values: tuple[str, ...]) -> None:
        with ui.element("label").classes("field-label"):
            TextElement(tag="span", text=label)
            with ui.element("select").classes("field").on("change", self._taker(name), js_handler=VALUE):
                for value in values:
                    TextElement(tag="option", text=value).props["value"] = value

    def _entry(self, name: str, label: str) -> None:
        with ui.element("label").classes("field-label"):
            TextElement(tag="span", text=label)
            entry = ui.element("input").classes("field").props(f"inputmode=decimal size=10 name={name}")
            entry.on("input", self._taker(name), js_handler=VALUE)

    def _taker(self, name: str) -> Callable[[Any], None]:
        def take(event: Any) -> None:
            self._given[name] = str(event.args)

        return take

    def _pressed(self, side: str, _: Any) -> None:
        view, exchange, given = self._view(), self._exchange(), self._given
        symbol, strategy = view.candles.symbol, given["strategy"].strip()
        try:
            if not symbol:
                raise ValueError("there is no market yet")
            if strategy and not strategy.isdigit():
                raise ValueError("a strategy is a number")
            amount, price = actions.ticket(exchange, symbol, given["type"], given["amount"], given["price"])
        except ValueError as error:
            self._mistake.set_text(str(error))
            return
        self._mistake.set_text("")
        self._ask(actions.create(exchange, symbol, given["type"], side, amount, price, strategy or None))


def _said(value: Any) -> str:
    return number(exact(value))
