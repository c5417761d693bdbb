"""What one `fetch_order` costs: aiohttp and orjson alone, this driver, and a ccxt class, on the same answers; and how
many requests a hundred of them are.

The server is a process of its own; what counts is this process's CPU.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import multiprocessing
import time
from collections.abc import Awaitable, Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Self

import aiohttp
import ccxt.async_support
import orjson

import oms_ccxt_async

MANY = range(1, 101)
"""The orders that are looked up at once."""


def _row() -> dict[str, Any]:
    calls = json.loads((Path(__file__).parents[1] / "contract" / "rest.json").read_text())
    listed = next(call for call in calls if call["name"] == "open orders before reconcile")
    row: dict[str, Any] = listed["response"]["body"]["items"][1]
    return {**row, "status": "PARTIALLY_FILLED", "filled_qty": "0.05", "avg_fill_price": "60000", "account_id": 1}


def _markets() -> Any:
    calls = json.loads((Path(__file__).parents[1] / "contract" / "rest.json").read_text())
    return next(call for call in calls if call["name"].endswith("fetch_markets"))["response"]["body"]["result"]


def _serve(ready: Connection) -> None:
    """Answer what the driver asks before it reads an order, and the same order for ever."""
    row = _row()
    account = {"account_id": 1, "exchange_id": "ccxt.paper", "position_mode": "hedge"}
    answers = {
        b"/healthz": {"status": "ok", "features": ["by_ids", "idempotency"]},
        b"/oms/accounts": {"items": [account]},
        b"/ccxt/1/fetch_markets": {"ok": True, "result": _markets()},
        b"/ccxt/1/fetch_open_orders": {"ok": True, "result": []},
        b"/oms/orders/3": {"items": [row]},
        f"/oms/orders/{','.join(map(str, MANY))}".encode(): {"items": [{**row, "id": number} for number in MANY]},
    }
    raw = {}
    for path, answer in answers.items():
        body = orjson.dumps(answer)
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        raw[path] = head.encode() + body

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                for line in head.split(b"\r\n"):
                    if line.lower().startswith(b"content-length:"):
                        await reader.readexactly(int(line.split(b":")[1]))
                writer.write(raw[head.split(b" ", 2)[1].partition(b"?")[0]])
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def main() -> None:
        server = await asyncio.start_server(converse, "127.0.0.1", 0)
        ready.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


def plain_order(exchange: Any, row: dict[str, Any]) -> Any:
    """An order as a ccxt class makes it of a row."""
    timestamp = exchange.parse8601(row["created_at"] + "Z")
    return exchange.safe_order(
        {
            "id": str(row["id"]),
            "clientOrderId": row["client_order_id"],
            "timestamp": timestamp,
            "datetime": exchange.iso8601(timestamp),
            "symbol": row["symbol"],
            "type": row["order_type"],
            "side": row["side"],
            "amount": row["qty"],
            "price": row["price"],
            "filled": row["filled_qty"],
            "average": row["avg_fill_price"],
            "status": "open",
            "info": row,
        }
    )


class _Plain(ccxt.async_support.Exchange):
    """A ccxt class as ccxt's own are written: `fetch2`, then `safe_order`."""

    def describe(self) -> dict[str, Any]:
        return dict(self.deep_extend(super().describe(), {"id": "plain", "rateLimit": 10, "enableRateLimit": False}))

    def sign(self, path: str, *_: Any) -> dict[str, Any]:
        return {"url": self.urls["api"] + path, "method": "GET", "headers": {"x-api-key": "k"}, "body": None}

    def handle_errors(self, *_: Any) -> None:
        return None

    async def fetch_order(self, id: str, symbol: str | None = None, params: Any = {}) -> Any:
        row = (await self.fetch2(f"/oms/orders/{id}"))["items"][0]
        return plain_order(self, row)


class Rest:
    """An exchange, a ccxt class and a bare session, each asked for the same order."""

    def __init__(self, runner: asyncio.Runner, url: str, calls: int) -> None:
        self._runner = runner
        self._url = url
        self._calls = calls
        self._held = contextlib.AsyncExitStack()

    def __enter__(self) -> Self:
        self._runner.run(self._open())
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self._held.aclose())

    async def _open(self) -> None:
        url = self._url
        self._ours = await self._held.enter_async_context(
            oms_ccxt_async.oms({"apiKey": "k", "options": {"account_id": 1, "base_url": url}})
        )
        plain = await self._held.enter_async_context(_Plain({"apiKey": "k", "urls": {"api": url}}))
        session = await self._held.enter_async_context(aiohttp.ClientSession())

        async def bare() -> Any:
            async with session.get(f"{url}/oms/orders/3", headers={"x-api-key": "k"}) as response:
                return orjson.loads(await response.read())["items"][0]

        mine, theirs = await self._ours.fetch_order("3"), await plain.fetch_order("3")
        assert all(mine[name] == theirs[name] for name in ("filled", "remaining", "cost"))
        self._contenders: dict[str, Callable[[], Awaitable[Any]]] = {
            "aiohttp + orjson": bare,
            "oms": lambda: self._ours.fetch_order("3"),
            "ccxt class": lambda: plain.fetch_order("3"),
        }

    def costs(self) -> dict[str, float]:
        """Microseconds of CPU for a call, of each in turn."""
        return self._runner.run(self._costs())

    async def _costs(self) -> dict[str, float]:
        spent = {}
        for name, call in self._contenders.items():
            began = time.process_time()
            for _ in range(self._calls):
                await call()
            spent[name] = (time.process_time() - began) / self._calls * 1e6
        return spent

    def requests(self, orders: int) -> int:
        """How many requests it takes to look up so many orders at once."""

        async def look_up() -> int:
            before = self._ours.stats()["requests"]
            found = await asyncio.gather(*(self._ours.fetch_order(str(number)) for number in range(1, orders + 1)))
            assert [order["id"] for order in found] == [str(number) for number in range(1, orders + 1)]
            return int(self._ours.stats()["requests"] - before)

        return self._runner.run(look_up())


@contextlib.contextmanager
def server() -> Iterator[str]:
    """The address of an OMS in a process of its own."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(there,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{here.recv()}"
    finally:
        process.terminate()
        process.join()
