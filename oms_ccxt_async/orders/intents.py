"""An order on its way: what was sent, under which ids, and what is known of its fate."""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from ccxt.base.errors import BaseError

from oms_ccxt_async import errors
from oms_ccxt_async.errors import OrderOutcomeUnknown

__all__ = ["Accepted", "Build", "Intent", "Memory", "Timing", "checked_client_order_id"]

_KEPT = ("command", "extra", "request", "strategy_id", "began", "own_id")
_CLIENT_ORDER_ID = re.compile(r"[\x21-\x7e]{1,64}")


@dataclass(frozen=True, slots=True)
class Timing:
    """How long things are waited for, in milliseconds.

    Attributes:
        settle: how long an unclear outcome is pursued, after the request's own deadline.
        poll: the first wait between two looks; each further one is twice as long, up to a second.
        adopt: how long an order whose answer never reached its caller is taken for an identical one that is sent again;
            0 switches adoption off.
        pending: after this long an order that the exchange never acknowledged is taken for rejected (fact 10); 0:
            never.
        close: how long `close()` waits for submissions under way.
    """

    settle: float = 10_000
    poll: float = 100
    adopt: float = 300_000
    pending: float = 60_000
    close: float = 5_000


@dataclass(frozen=True, slots=True)
class Accepted:
    """The OMS took the order.

    Attributes:
        order_id: its id at the OMS.
        intent: what was sent.
        result: the command's result, where there is one.
    """

    order_id: int
    intent: Intent
    result: dict[str, Any] | None = None


@dataclass(slots=True, eq=False)
class Intent:
    """One order on its way.

    Attributes:
        client_order_id, request_id: fixed for good.
        command: the command's body.
        extra: what the order's row will not carry, for the mapper.
        request: the unified arguments, for error messages and for telling an identical order.
        strategy_id: whose lists show the order.
        began: when, in epoch milliseconds.
        own_id: whether the client order id is ours rather than the user's.
    """

    client_order_id: str
    request_id: str
    command: dict[str, Any]
    extra: dict[str, Any]
    request: dict[str, Any]
    strategy_id: int | None
    began: int
    own_id: bool
    doubted: bool = False
    outcome: Accepted | BaseError | None = None
    task: asyncio.Task[None] | None = field(default=None, repr=False)

    @property
    def fingerprint(self) -> bytes:
        """What makes two orders identical: everything but their ids."""
        payload = {name: value for name, value in self.command["payload"].items() if name != "client_order_id"}
        parts = (self.command["account_id"], self.command["command"], payload)
        return orjson.dumps(parts, default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)

    @property
    def asked(self) -> str:
        """The call, as it shall stand in error messages."""
        words = (self.request.get(name) for name in ("method", "symbol", "type", "side", "amount", "price"))
        method, *rest = (str(word) for word in words if word is not None)
        return f"{method}({', '.join(rest)})"

    def record(self) -> dict[str, Any]:
        """What the journal keeps, JSON only."""
        record = {name: getattr(self, name) for name in _KEPT}
        plain: dict[str, Any] = orjson.loads(orjson.dumps(record, default=str, option=orjson.OPT_NON_STR_KEYS))
        return plain

    @classmethod
    def from_record(cls, client_order_id: str, record: Mapping[str, Any]) -> Intent:
        """The intent that an earlier process left in its journal; nothing is known of its fate."""
        kept = {name: record[name] for name in _KEPT}
        return cls(client_order_id, record["command"]["request_id"], doubted=True, **kept)


@dataclass(slots=True)
class Memory:
    """What one exchange instance knows of its orders' fates, whatever event loop it lives in.

    Attributes:
        known: by client order id, oldest first.
        unanswered: those of them whose outcome never reached their caller.
        recovered: what became of the orders that the journal of an earlier process had left open.
    """

    known: OrderedDict[str, Intent] = field(default_factory=OrderedDict)
    unanswered: dict[str, Intent] = field(default_factory=dict)
    recovered: list[dict[str, Any]] = field(default_factory=list)

    @property
    def unknown(self) -> list[str]:
        """The client order ids whose orders may or may not be at the OMS."""
        return [key for key, intent in self.known.items() if isinstance(intent.outcome, OrderOutcomeUnknown)]

    def extra_of(self, client_order_id: str | None) -> dict[str, Any] | None:
        """What an order's row does not carry, if the order is of this instance."""
        intent = self.known.get(client_order_id or "")
        return None if intent is None else intent.extra


Build = Callable[[str, str], tuple[dict[str, Any], dict[str, Any]]]
"""From a request id and a client order id to a command's body and its `extra`."""


def checked_client_order_id(client_order_id: Any) -> str:
    """The user's client order id, unchanged; `ccxt.InvalidOrder` if no exchange could take it."""
    if not isinstance(client_order_id, str) or not _CLIENT_ORDER_ID.fullmatch(client_order_id):
        raise errors.InvalidOrder(
            f"oms clientOrderId must be 1 to 64 printable characters without spaces, not {client_order_id!r}"
        )
    return client_order_id
