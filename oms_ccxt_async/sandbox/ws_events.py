"""Events on their way to subscribers: what they look like, who may see them, and everyone told at once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from oms_ccxt_async.sandbox.errors import StorageUnavailable
from oms_ccxt_async.sandbox.oms import OMS
from oms_ccxt_async.sandbox.rows import Event, Order, Position
from oms_ccxt_async.sandbox.ws_socket import INTERNAL_ERROR, TRY_AGAIN_LATER, ClientSocket, frame

__all__ = ["Broadcast", "Strategies", "event_frame", "visible"]

logger = logging.getLogger(__name__)

SECONDS_PER_CLIENT = 100e-6
"""Twenty times what it costs to write to one: with this much between two rounds, however many clients there are, they
take a twentieth of the loop's time. After a quiet moment events go out at once."""

Strategies = frozenset[int] | None
"""The strategies that a subscriber is restricted to; None is no restriction."""
Scope = frozenset[tuple[int, Strategies]]
"""What a subscriber hears of: accounts, each with its restriction."""

ORDER_IDS = ("order_id", "canceled_order_ids", "skipped_order_ids")
POSITION_IDS = ("position_id", "position_id_a", "position_id_b", "source_position_id", "target_position_id")


def event_frame(oms: OMS, event: Event) -> bytes:
    """An event as subscribers get it; in a full OMS with its `event_id` beside its name (extension 3)."""
    number = {"event_id": event.event_id} if oms.full else {}
    message = {
        "id": None,
        "ok": True,
        "type": "ws_event",
        "namespace": "position",
        "action": "event",
        "event": event.name,
        **number,
        "payload": orjson.Fragment(event.payload),
    }
    return frame(orjson.dumps(message))


def visible(oms: OMS, event: Event, strategies: Strategies) -> bool:
    """Whether a subscriber with this restriction may see an event: it has to be about these strategies alone."""
    if strategies is None:
        return True
    about = _strategies(oms, orjson.loads(event.payload))
    return bool(about) and about <= strategies


def _strategies(oms: OMS, payload: dict[str, Any]) -> set[int]:
    """The strategies that an event tells of; a thin one is looked up by the ids that it carries."""
    rows = [payload, *(payload[name] for name in ("order", "deal", "position") if name in payload)]
    told = {row["strategy_id"] for row in rows if "strategy_id" in row}
    if told:
        return told
    orders = oms.storage.select(Order, id=_ids(payload, ORDER_IDS))
    positions = oms.storage.select(Position, id=_ids(payload, POSITION_IDS))
    return {order.strategy_id for order in orders} | {position.strategy_id for position in positions}


def _ids(payload: dict[str, Any], names: Iterable[str]) -> list[int]:
    found: list[int] = []
    for name in names:
        value = payload.get(name)
        found += value if isinstance(value, list) else [] if value is None else [value]
    return found


class Broadcast:
    """Tells subscribers of events as they are committed: each is encoded once, and all get the same bytes.

    What is committed while the clients are being told of something else goes out together in the next round.

    Args:
        oms: whose events.
    """

    def __init__(self, oms: OMS) -> None:
        self._oms = oms
        self._scopes: dict[ClientSocket, Scope] = {}
        self._pending: list[Event] = []
        self._told: dict[int, int] = {}
        """The newest event of each account that clients were told of, or joined after."""
        self._due = 0.0
        oms.events.subscribe(self._committed, self._wants)

    def join(self, socket: ClientSocket, account_id: int, strategies: Strategies) -> None:
        """Tell this client of the account's events from the next one on."""
        self.leave(socket, account_id)
        self._scopes[socket] = self._scopes.get(socket, frozenset()) | {(account_id, strategies)}
        self._told[account_id] = self._oms.events.newest_id(account_id)

    def leave(self, socket: ClientSocket, account_id: int | None = None) -> None:
        """Tell this client no more of the account's events, or of any; what is committed already is sent."""
        self._flush()
        scope = frozenset(entry for entry in self._scopes.pop(socket, ()) if account_id not in (None, entry[0]))
        if scope:
            self._scopes[socket] = scope

    def _wants(self, account_id: int) -> bool:
        return any(account_id == entry[0] for scope in self._scopes.values() for entry in scope)

    def _committed(self, events: Sequence[Event]) -> None:
        if not self._scopes:
            return
        for event in events:
            if event.event_id > self._told.get(event.account_id, event.event_id) + 1:
                self._missed(event.account_id)
            self._told[event.account_id] = event.event_id
        if not self._pending:
            asyncio.get_running_loop().call_at(self._due, self._flush)
        self._pending += events

    def _missed(self, account_id: int) -> None:
        """Let the account's clients come again: events were forgotten before this process heard of them."""
        for socket, scope in tuple(self._scopes.items()):
            if any(account_id == entry[0] for entry in scope):
                self.leave(socket)
                socket.drop(TRY_AGAIN_LATER, "events are no longer kept that were not told")

    def _flush(self) -> None:
        if not self._pending:
            return
        self._due = asyncio.get_running_loop().time() + len(self._scopes) * SECONDS_PER_CLIENT
        events = [(event, event_frame(self._oms, event)) for event in self._pending]
        self._pending = []
        rounds: dict[Scope, bytes] = {}
        for socket, scope in self._scopes.items():
            try:
                if scope not in rounds:
                    rounds[scope] = self._shown(events, dict(scope))
            except StorageUnavailable:
                logger.exception("the events of a restricted client could not be told from others")
                socket.drop(INTERNAL_ERROR, "internal error")
            else:
                socket.write(rounds[scope])

    def _shown(self, events: list[tuple[Event, bytes]], allowed: dict[int, Strategies]) -> bytes:
        return b"".join(
            encoded
            for event, encoded in events
            if event.account_id in allowed and visible(self._oms, event, allowed[event.account_id])
        )
