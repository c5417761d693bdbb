"""A plain WebSocket client to talk to sandboxes with, on the `websockets` library."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from oms_ccxt_async.sandbox import Sandbox

Message = dict[str, Any]


class Talk:
    """One connection, and what it has heard that nobody has asked for yet."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.heard: list[Message] = []
        self._asked = 0

    async def send(self, message: Any) -> None:
        """Send a message; text as it is, anything else as JSON."""
        await self.socket.send(message if isinstance(message, str | bytes) else json.dumps(message))

    async def hear(self, within: float = 10) -> Message:
        """The next message from the wire, if it comes within so many seconds."""
        async with asyncio.timeout(within):
            message: Message = orjson.loads(await self.socket.recv())
            return message

    async def ask(self, action: str, payload: Any = None, **fields: Any) -> Message:
        """The answer to a request; what comes before it is kept in `heard`."""
        self._asked += 1
        await self.send({"id": self._asked, "action": action, "payload": payload, **fields})
        while (message := await self.hear()).get("id") != self._asked or message["type"] != "ws_response":
            self.heard.append(message)
        return message

    async def event(self, name: str) -> Message:
        """The first message with this event name that was not asked for before; others are kept in `heard`."""
        while (message := next((each for each in self.heard if each["event"] == name), None)) is None:
            self.heard.append(await self.hear())
        self.heard.remove(message)
        return message

    async def subscribe(self, *account_ids: int, **payload: Any) -> Message:
        """The answer to a subscription to these accounts, 1 if none is named."""
        return await self.ask("subscribe", {"account_ids": account_ids or (1,), **payload})

    async def until(self, event_id: int) -> list[Message]:
        """The events up to the one with this id."""
        found: list[Message] = []
        while not found or found[-1]["event_id"] < event_id:
            message = self.heard.pop(0) if self.heard else await self.hear()
            if message["action"] == "event":
                found.append(message)
        return found


def address(sandbox: Sandbox) -> str:
    """Where a sandbox's WebSocket is."""
    return sandbox.url.replace("http", "ws", 1) + "/ws"


async def closing(talk: Talk) -> tuple[int, str]:
    """Code and reason with which the server closes; what comes before is kept in `heard`."""
    with suppress(ConnectionClosed):
        while True:
            talk.heard.append(await talk.hear())
    code, reason = talk.socket.close_code, talk.socket.close_reason
    assert code is not None
    return code, reason or ""


@asynccontextmanager
async def talking(sandbox: Sandbox, role: str | None = "trader", *, max_queue: int = 4096) -> AsyncIterator[Talk]:
    """A connection that has been greeted, with this role's key (or this key) in its header, or with none.

    Args:
        max_queue: how many messages it takes off the wire before anybody asks for them.
    """
    headers = {} if role is None else {"x-api-key": sandbox.keys.get(role, role)}
    async with connect(
        address(sandbox), additional_headers=headers, proxy=None, compression=None, max_size=None, max_queue=max_queue
    ) as socket:
        talk = Talk(socket)
        assert (await talk.hear())["id"] == "server-hello"
        yield talk


def tell(sandbox: Sandbox, count: int, account_id: int = 1) -> int:
    """Commit so many events in one transaction; the id of the last."""
    with sandbox.oms.transaction([account_id]):
        for number in range(count):
            sandbox.oms.events.append(account_id, "something", number=number)
    return sandbox.oms.events.newest_id(account_id)


async def tell_one_by_one(sandbox: Sandbox, count: int) -> None:
    """Commit so many events of account 1, one transaction each, with the server at work between them."""
    for _ in range(count):
        tell(sandbox, 1)
        await asyncio.sleep(0)


def ids(messages: list[Message]) -> list[int]:
    return [message["event_id"] for message in messages]


def place(client_order_id: str, **payload: Any) -> dict[str, Any]:
    order = {"symbol": "BTC/USDT", "side": "buy", "order_type": "limit", "qty": "0.01", "price": "50000"}
    return {
        "account_id": 1,
        "command": "send_order",
        "request_id": f"request of {client_order_id}",
        "payload": {**order, "client_order_id": client_order_id, **payload},
    }


async def still_there(talk: Talk) -> None:
    assert (await talk.ask("ping"))["event"] == "pong"
