"""Sandboxes on a free port, and a plain HTTP client to talk to them."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import orjson
import pytest
from pydantic import TypeAdapter

from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.sandbox.commands import Answer, execute
from oms_ccxt_async.sandbox.oms import OMS
from oms_ccxt_async.sandbox.schemas import AnyCommand, TaggedCommand
from oms_ccxt_async.sandbox.seeds import open_database
from oms_ccxt_async.sandbox.sqlite import SQLite
from tests.sandbox import support

Returned = TypeVar("Returned")


class Clock:
    """Epoch milliseconds that stand still until told otherwise."""

    def __init__(self, now: int = 1_795_350_656_000) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


async def healthy(url: str) -> bool:
    """Whether an OMS answers at an address."""
    async with aiohttp.ClientSession() as session, session.get(url + "/healthz") as response:
        return response.status == 200


@dataclass
class Client:
    """One key's view of one sandbox."""

    sandbox: Sandbox
    session: aiohttp.ClientSession
    role: str = "trader"

    async def send(self, method: str, path: str, body: Any = None, *, raw: bytes | None = None) -> tuple[int, Any]:
        """Status and JSON body of one request."""
        headers = {"x-api-key": self.sandbox.keys.get(self.role, self.role), "content-type": "application/json"}
        payload: dict[str, Any] = {"json": body} if raw is None and body is not None else {"data": raw}
        async with self.session.request(method, self.sandbox.url + path, headers=headers, **payload) as response:
            return response.status, await response.json()

    async def get(self, path: str) -> Any:
        """The body of a read that has to succeed."""
        status, body = await self.send("GET", path)
        assert status == 200, body
        return body

    async def command(self, command: str, account_id: int = 1, **payload: Any) -> tuple[int, Any]:
        """Status and body of one command."""
        request_id = payload.pop("request_id", None)
        body = {"account_id": account_id, "command": command, "payload": payload, "request_id": request_id}
        return await self.send("POST", "/oms/commands", body)

    async def done(self, command: str, account_id: int = 1, **payload: Any) -> int | None:
        """The order id of a command that has to succeed."""
        status, body = await self.command(command, account_id, **payload)
        assert status == 200, body
        order_id: int | None = body["results"][0]["order_id"]
        return order_id

    async def error(self, command: str, account_id: int = 1, **payload: Any) -> tuple[int, str, str]:
        """Status, code and message of a command that has to be refused."""
        status, body = await self.command(command, account_id, **payload)
        assert status >= 400, body
        return status, body["detail"]["code"], body["detail"]["message"]

    async def order(self, side: str, qty: str, account_id: int = 1, **payload: Any) -> int:
        """The id of a BTC/USDT order: limit with a price, market without."""
        payload = {"symbol": "BTC/USDT", "order_type": "limit" if "price" in payload else "market", **payload}
        order_id = await self.done("send_order", account_id, side=side, qty=qty, **payload)
        assert order_id is not None
        return order_id

    async def row(self, kind: str, row_id: int) -> dict[str, Any]:
        """One order, deal or position by id; `kind` is the plural."""
        items = (await self.get(f"/oms/{kind}/{row_id}"))["items"]
        assert len(items) == 1
        row: dict[str, Any] = items[0]
        return row

    async def positions(self, account_id: int = 1) -> list[tuple[int, str, str]]:
        """Id, side and quantity of the account's open positions."""
        items = (await self.get(f"/oms/positions/open?account_ids={account_id}&cache=false"))["items"]
        return [(item["id"], item["side"], short(item["qty"])) for item in items]

    def events(self, account_id: int = 1) -> list[tuple[str, dict[str, Any]]]:
        """Name and payload of every event of the account."""
        log = self.sandbox.oms.events.after(account_id, 0, limit=10_000) or []
        return [(event.name, orjson.loads(event.payload)) for event in log]

    def as_role(self, role: str) -> Client:
        """The same sandbox seen with another key."""
        return Client(self.sandbox, self.session, role)


def short(decimal: str) -> str:
    """A decimal string without its zeros."""
    return f"{float(decimal):g}"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def client(session: aiohttp.ClientSession, clock: Clock) -> AsyncIterator[Client]:
    """A trader's client of a full sandbox whose market and clock stand still."""
    async with Sandbox(volatility=0, clock=clock) as sandbox:
        yield Client(sandbox, session)


@pytest.fixture
async def legacy(session: aiohttp.ClientSession, clock: Clock) -> AsyncIterator[Client]:
    """The same of a legacy sandbox, which reconciles only when asked."""
    async with Sandbox(profile="legacy", volatility=0, clock=clock) as sandbox:
        yield Client(sandbox, session)


KEY = "the trader's key"
COMMANDS: TypeAdapter[AnyCommand] = TypeAdapter(TaggedCommand)


def open_oms(path: Path | str, clock: Clock, *, profile: str = "full") -> OMS:
    """An OMS without a server, whose market stands still."""
    storage = support.storage_at(path)
    open_database(storage, profile=profile, exchange_name="paper", api_key=KEY)
    return OMS(storage, clock=clock, full=profile == "full", volatility=0)


def carry_out(oms: OMS, command: str, account_id: int = 1, *, request_id: str | None = None, **payload: Any) -> Answer:
    """One command of the trader's, without HTTP."""
    body = {"account_id": account_id, "command": command, "payload": payload, "request_id": request_id}
    return at_once(execute(oms, KEY, COMMANDS.validate_python(body)))


def sqlite_of(oms: OMS) -> sqlite3.Connection:
    """The connection behind an OMS on SQLite."""
    if not isinstance(oms.storage, SQLite):
        pytest.skip("asks SQLite itself")
    return oms.storage._database


def at_once(coroutine: Coroutine[Any, Any, Returned]) -> Returned:
    """What a coroutine returns that has nothing to wait for."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        returned: Returned = done.value
        return returned
    coroutine.close()
    raise AssertionError(f"{coroutine} waits")


def send(oms: OMS, side: str, qty: str, account_id: int = 1, **payload: Any) -> Answer:
    """A BTC/USDT order: limit with a price, market without."""
    order_type = "limit" if "price" in payload else "market"
    payload = {"symbol": "BTC/USDT", "order_type": order_type, "side": side, "qty": qty, **payload}
    return carry_out(oms, "send_order", account_id, **payload)


@pytest.fixture
def oms(clock: Clock) -> Iterator[OMS]:
    """A full OMS in memory."""
    oms = open_oms(":memory:", clock)
    yield oms
    oms.storage.close()
