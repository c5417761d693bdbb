"""The `handle_*` methods that programs override to see what a socket brings, under the names of ccxt.pro's classes.

Each takes the stream, as `client`, and the OMS's message. They are called one by another, from the plural to the
singular, and the last one lets the stream take the message: when `super().handle_orders(client, message)` returns,
`exchange.orders` has what the message told. Pure.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Mapping
from typing import Any

from oms_ccxt_pro.events import DELETED, SUBJECTS, Subject

__all__ = ["CHAINS", "Hooks"]

CHAINS = (
    ("handle_orders", "handle_order", "handle_order_update"),
    ("handle_my_trades", "handle_my_trade"),
    ("handle_positions", "handle_position"),
    ("handle_tickers", "handle_ticker"),
    ("handle_order_book",),
    ("handle_trades", "handle_trade"),
    ("handle_ohlcv",),
)
"""Which of them calls which: exchanges of ccxt have the one or the other, and programs know theirs."""
_OF_SUBJECTS: Mapping[Subject, str] = {
    "order": "handle_orders",
    "deal": "handle_my_trades",
    "position": "handle_positions",
}
_HANDLERS = {event: _OF_SUBJECTS[subject] for event, subject in {**SUBJECTS, **DELETED}.items()} | {
    "ticker_updated": "handle_tickers",
    "orderbook_updated": "handle_order_book",
    "trades_updated": "handle_trades",
    "ohlcv_updated": "handle_ohlcv",
}


class Hooks:
    """The methods that messages go through; override them on a class or on an instance."""

    def handle_message(self, client: Any, message: dict[str, Any]) -> None:
        """Take a message of a stream, by way of the `handle_*` method of its kind; override it to see every one."""
        handler = _HANDLERS.get(message.get("event", ""))
        if handler is None:
            client.take(message)
        else:
            getattr(self, handler)(client, message)

    def _taker(self, client: Any) -> Callable[[dict[str, Any]], None]:
        """What takes the messages of a stream: its own `take`, as long as nobody has overridden a method on the way."""
        own, kind = vars(self), type(self)
        if any(name in own or getattr(kind, name) is not inherited for name, inherited in _INHERITED.items()):
            return functools.partial(self.handle_message, client)
        taker: Callable[[dict[str, Any]], None] = client.take
        return taker

    def on_connected(self, client: Any, message: Any = None) -> None:
        """Called when a stream of the account or of market data is live, after every connect, to `client.url`."""


def _method(name: str, following: str | None) -> Callable[[Any, Any, dict[str, Any]], None]:
    def handle(self: Any, client: Any, message: dict[str, Any]) -> None:
        if following is None:
            client.take(message)
        else:
            getattr(self, following)(client, message)

    handle.__name__, handle.__qualname__ = name, f"{Hooks.__qualname__}.{name}"
    handle.__doc__ = f"Take a message of this kind; what it told is known when `super().{name}()` returns."
    return handle


for _chain in CHAINS:
    for _name, _following in zip(_chain, (*_chain[1:], None), strict=True):
        setattr(Hooks, _name, _method(_name, _following))

_INHERITED = {name: getattr(Hooks, name) for name in ("handle_message", *itertools.chain(*CHAINS))}
