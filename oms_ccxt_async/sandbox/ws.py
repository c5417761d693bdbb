"""`/ws`: one client's conversation with the OMS, message by message as recorded."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from oms_ccxt_async.sandbox import gateway
from oms_ccxt_async.sandbox.commands import Answer, execute
from oms_ccxt_async.sandbox.errors import OmsError, StorageUnavailable
from oms_ccxt_async.sandbox.json_body import parse
from oms_ccxt_async.sandbox.oms import OMS
from oms_ccxt_async.sandbox.rows import HELD, OPEN_STATUSES, ApiKey, Order, Position
from oms_ccxt_async.sandbox.schemas import AnyCommand, CcxtBatchItem, TaggedCommand
from oms_ccxt_async.sandbox.views import order_view, position_view
from oms_ccxt_async.sandbox.ws_events import Broadcast, Strategies, event_frame, visible
from oms_ccxt_async.sandbox.ws_market import MarketInput, MarketPolls
from oms_ccxt_async.sandbox.ws_socket import INTERNAL_ERROR, TRY_AGAIN_LATER, ClientSocket, frame

__all__ = ["BATCH", "route"]

logger = logging.getLogger(__name__)

POLICY_VIOLATION = 1008
BATCH = 500
"""Events or rows that are read, encoded and sent at once."""

COMMAND: TypeAdapter[AnyCommand] = TypeAdapter(TaggedCommand)
NAMESPACES = {
    "auth": "system",
    "subscribe": "system",
    "command": "position",
    "call": "ccxt",
    "subscribe_market": "ccxt",
    "unsubscribe_market": "ccxt",
}


WORTH_STAYING = ("subscribe", "subscribe_market", "command", "call")


class AuthInput(BaseModel):
    """The payload of `auth`."""

    api_key: str = ""


class SubscribeInput(BaseModel):
    """The payload of `subscribe`; `from_event_id` and `epoch` are those of extension 3."""

    namespaces: list[str] = ["position"]
    account_ids: list[int] = Field(default_factory=list)
    with_snapshot: bool = False
    from_event_id: dict[int, int] = Field(default_factory=dict)
    epoch: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a message, and what is sent after it."""

    event: str
    payload: dict[str, Any]
    ok: bool = True
    after: Callable[[], Awaitable[None]] | None = None


def refused(code: str, **payload: Any) -> Reply:
    """A refusal in the WebSocket's own words, of which the code is often all."""
    return Reply("error", {"code": code, **payload}, ok=False)


def route(oms: OMS, poll_seconds: float, subscribe_seconds: float) -> WebSocketRoute:
    """The route of the WebSocket.

    Args:
        oms: whom clients talk to.
        poll_seconds: how long a legacy OMS hears nothing from a client before it looks for events (fact 23).
        subscribe_seconds: how long a client may stay that has neither subscribed to anything nor had a command or call
            carried out.
    """
    broadcast = Broadcast(oms) if oms.full else None

    async def endpoint(websocket: WebSocket) -> None:
        await websocket.accept()
        key = websocket.headers.get("x-api-key", "")
        api_key = oms.permissions.find(key) if key else None
        if key and api_key is None:
            await websocket.close(POLICY_VIOLATION)  # fact 6
            return
        session = Session(oms, broadcast, websocket, key, api_key)
        try:
            await session.run(None if oms.full else poll_seconds, subscribe_seconds)
        finally:
            await session.end()

    return WebSocketRoute("/ws", endpoint)


class Session:
    """One client from its connection to its end.

    Args:
        oms: whom it talks to.
        broadcast: who tells it of events; None in a legacy OMS, where it looks for them itself.
        websocket: the accepted connection.
        key: what it authenticated with in the header, or an empty string.
        api_key: the record of the key.
    """

    def __init__(
        self, oms: OMS, broadcast: Broadcast | None, websocket: WebSocket, key: str, api_key: ApiKey | None
    ) -> None:
        self._oms = oms
        self._broadcast = broadcast
        self._websocket = websocket
        self._socket = ClientSocket.of(websocket.scope)
        self._key = key
        self._api_key = api_key
        self._told: dict[int, int] = {}
        """The last event that was sent, of each account that is subscribed to."""
        self._strategies: dict[int, Strategies] = {}
        """What the subscription of each account is restricted to."""
        self._idle = True
        """Until there is something to stay for: a subscription, or an answer to a command or call."""
        self._market = MarketPolls(self._fetch, self._send_market, oms.clock)
        self._handlers: dict[str, Callable[[Any], Reply | Awaitable[Reply]]] = {
            "auth": self._auth,
            "ping": self._ping,
            "subscribe": self._subscribe,
            "command": self._command,
            "call": self._call,
            "subscribe_market": self._subscribe_market,
            "unsubscribe_market": self._unsubscribe_market,
        }

    async def run(self, poll_seconds: float | None, subscribe_seconds: float) -> None:
        """Answer the client's messages until it is gone, or has stayed too long for nothing; with `poll_seconds`, look
        for events when it is silent."""
        now = asyncio.get_running_loop().time
        until = now() + subscribe_seconds
        self._send(id="server-hello", ok=True, type="ws_event", event="connected", payload={})
        while self._socket.open:
            await self._socket.room()
            wait = poll_seconds
            if self._idle:
                left = until - now()
                if left <= 0:
                    self._socket.drop(POLICY_VIOLATION, "nothing was subscribed to")
                    return
                wait = left if wait is None else min(wait, left)
            try:
                async with asyncio.timeout(wait):
                    received = await self._websocket.receive()
            except TimeoutError:
                received = None
            try:
                if received is None:
                    for account_id in tuple(self._told):
                        await self._catch_up(account_id)
                elif received["type"] == "websocket.disconnect":
                    return
                else:
                    await self._take(received.get("text") or received.get("bytes") or b"")
            except Exception:
                logger.exception("a WebSocket client was not served")
                self._socket.drop(INTERNAL_ERROR, "internal error")

    async def end(self) -> None:
        """Send nothing any more."""
        if self._broadcast is not None:
            self._broadcast.leave(self._socket)
        await self._market.close()

    async def _take(self, text: str | bytes) -> None:
        try:
            message = parse(text.encode() if isinstance(text, str) else text)
            if not isinstance(message, dict):
                raise json.JSONDecodeError("not an object", "", 0)
        except json.JSONDecodeError:  # fact 25
            failure = {"code": "internal_error"}
            self._send(id=None, ok=False, type="ws_response", event="error", payload=failure)
            return
        message_id, action, namespace = message.get("id"), message.get("action"), message.get("namespace")
        action = action if isinstance(action, str) else ""
        reply = await self._reply(action, message.get("payload"))
        if action == "command" and self._oms.bad_days.loses_answer():
            self._socket.drop(INTERNAL_ERROR, "an answer was lost")
            return
        self._send(
            id=message_id if isinstance(message_id, str | int | float) else None,
            ok=reply.ok,
            type="ws_response",
            namespace=NAMESPACES.get(action, namespace if isinstance(namespace, str) else ""),
            action=action,
            event=reply.event,
            payload=reply.payload,
        )
        if reply.after is not None:
            await reply.after()

    async def _reply(self, action: str, payload: Any) -> Reply:
        if self._api_key is None and action not in ("auth", "ping"):
            return refused("not_authenticated")
        handler = self._handlers.get(action)
        if handler is None:
            return refused("unsupported_action")
        try:
            answered = handler({} if payload is None else payload)
            reply = answered if isinstance(answered, Reply) else await answered
            if reply.ok and action in WORTH_STAYING:
                self._idle = False
            return reply
        except ValidationError as error:
            return refused("validation_error", message=_first(error))
        except (OmsError, StorageUnavailable) as error:
            return Reply("error", error.body, ok=False)
        except Exception:
            logger.exception("a %s was not carried out", action)
            return refused("internal_error")

    def _auth(self, payload: Any) -> Reply:
        wanted = AuthInput.model_validate(payload)
        if not wanted.api_key:
            return refused("missing_api_key")
        self._api_key = self._oms.permissions.authenticate(wanted.api_key, "read")
        self._key = wanted.api_key
        key_id = self._api_key.api_key_id
        role = "admin" if self._api_key.is_admin else "robot"
        return Reply("authenticated", {"user_id": key_id, "api_key_id": key_id, "role": role})

    def _ping(self, payload: Any) -> Reply:
        return Reply("pong", {})

    async def _command(self, payload: Any) -> Reply:
        try:
            answer = await execute(self._oms, self._key, COMMAND.validate_python(payload))
        except ValidationError as error:
            answer = Answer(422, error={"code": "validation_error", "message": _first(error)})
        return Reply("command_result", answer.result(0), ok=answer.error is None)

    async def _call(self, payload: Any) -> Reply:
        wanted = CcxtBatchItem.model_validate(payload)
        result = await gateway.call(self._oms, self._key, wanted.account_id, wanted.func, wanted.args, wanted.kwargs)
        return Reply("ccxt_result", {"result": result})

    async def _subscribe_market(self, payload: Any) -> Reply:
        wanted = MarketInput.model_validate(payload)
        wanted.check()
        await self._market.subscribe(wanted)
        told = wanted.model_dump(include={"account_id", "symbol", "channels"})
        return Reply("subscribed_market", {**told, "poll_interval_ms": wanted.poll_ms})

    def _unsubscribe_market(self, payload: Any) -> Reply:
        wanted = MarketInput.model_validate(payload)
        wanted.check()
        return Reply("unsubscribed_market", {"removed": self._market.unsubscribe(wanted)})

    def _subscribe(self, payload: Any) -> Reply:
        oms, wanted = self._oms, SubscribeInput.model_validate(payload)
        if not wanted.account_ids:
            return refused("missing_account_ids")
        assert self._api_key is not None
        readable = oms.permissions.readable(self._api_key)
        account_ids = [account_id for account_id in dict.fromkeys(wanted.account_ids) if account_id in readable]
        if not account_ids:
            return refused("permission_denied")
        if not oms.full and any(
            oms.permissions.grant(self._api_key, account_id).strategy_ids is not None for account_id in account_ids
        ):
            return refused("strategy_ws_not_supported")  # fact 34
        told: dict[str, Any] = {"namespaces": wanted.namespaces, "account_ids": account_ids}
        resumed: dict[int, int] = {}
        oms.refresh(account_ids)
        if oms.full:
            told["epoch"] = oms.events.epoch
            resumed = {number: after for number, after in wanted.from_event_id.items() if number in account_ids}
            lost = wanted.epoch != oms.events.epoch or any(
                oms.events.after(account_id, event_id, limit=1) is None for account_id, event_id in resumed.items()
            )
            if resumed and lost:
                return Reply("resync_required", told, ok=False)
        if "position" not in wanted.namespaces:
            return Reply("subscribed", told)

        async def begin() -> None:
            if wanted.with_snapshot:
                await self._send_snapshot([account_id for account_id in account_ids if account_id not in resumed])
            if self._broadcast is not None:
                for account_id in account_ids:
                    await self._catch_up(account_id)
                    self._broadcast.join(self._socket, account_id, self._strategies[account_id])

        for account_id in account_ids:
            if self._broadcast is not None:
                self._broadcast.leave(self._socket, account_id)
            allowed = oms.permissions.grant(self._api_key, account_id).strategy_ids
            self._strategies[account_id] = None if allowed is None else frozenset(allowed)
            self._told[account_id] = resumed.get(account_id, oms.events.newest_id(account_id))  # fact 24
        return Reply("subscribed", told, after=begin)

    async def _send_snapshot(self, account_ids: list[int]) -> None:
        accounts = []
        for account_id in account_ids:
            strategies = self._strategies[account_id]
            scope: dict[str, Any] = {} if strategies is None else {"strategy_id": strategies}
            number = {}
            with self._oms.storage.reading():
                self._oms.refresh([account_id])
                orders = self._oms.storage.select(Order, account_id=account_id, status=OPEN_STATUSES, **scope)
                positions = self._oms.storage.select(Position, account_id=account_id, state=HELD, **scope)
            if self._oms.full:  # that of the rows: nothing else runs in between
                self._told[account_id] = self._oms.events.newest_id(account_id)
                number = {"event_id": self._told[account_id]}
            await self._send_rows("open_orders", account_id, orders, self._order_view, number)
            await self._send_rows("open_positions", account_id, positions, position_view, number)
            counts = {"open_orders": len(orders), "open_positions": len(positions)}
            accounts.append({"account_id": account_id, **counts, **number})
        if account_ids:
            self._send_snapshot_part("done", {}, {"account_ids": account_ids, "accounts": accounts})

    def _order_view(self, order: Order) -> dict[str, Any]:
        return order_view(order, full=self._oms.full)

    async def _send_rows(
        self, what: str, account_id: int, rows: list[Any], view: Callable[[Any], dict[str, Any]], number: dict[str, int]
    ) -> None:
        """Rows in messages of a size that any client takes; without rows there is one, and it is empty."""
        for start in range(0, len(rows) or 1, BATCH):
            items = [_with_spaces(view(row)) for row in rows[start : start + BATCH]]
            self._send_snapshot_part(what, number, {"account_id": account_id, "items": items})
            await self._socket.room()

    def _send_snapshot_part(self, what: str, number: dict[str, int], payload: dict[str, Any]) -> None:
        self._send(
            id=None,
            ok=True,
            type="ws_event",
            namespace="position",
            action="snapshot",
            event=f"snapshot_{what}",
            **number,
            payload=payload,
        )

    async def _catch_up(self, account_id: int) -> None:
        """Send what followed the last event that was sent, at the client's pace."""
        strategies = self._strategies[account_id]
        while self._socket.open:
            events = self._oms.events.after(account_id, self._told[account_id], limit=BATCH)
            if events is None:  # the client took longer than they are kept
                self._socket.drop(TRY_AGAIN_LATER, "the events to come are no longer kept")
                return
            if not events:
                return
            self._told[account_id] = events[-1].event_id
            shown = [event_frame(self._oms, event) for event in events if visible(self._oms, event, strategies)]
            self._socket.write(b"".join(shown))
            await self._socket.room()

    async def _fetch(self, account_id: int, func: str, args: list[Any]) -> Any:
        return await gateway.call(self._oms, self._key, account_id, func, args, {})

    async def _send_market(self, event: str, payload: dict[str, Any]) -> None:
        await self._socket.room()
        self._send(id=None, ok=True, type="ws_event", namespace="ccxt", action="event", event=event, payload=payload)

    def _send(self, **message: Any) -> None:
        self._socket.write(frame(orjson.dumps(message)))


def _with_spaces(row: dict[str, Any]) -> dict[str, Any]:
    """A row as snapshots have it: its times with a space (fact 15)."""
    return {name: value.replace("T", " ") if name.endswith("_at") and value else value for name, value in row.items()}


def _first(error: ValidationError) -> str:
    """What is wrong with a payload, in a line."""
    found = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return ": ".join(filter(None, [".".join(map(str, found["loc"])), found["msg"]]))
