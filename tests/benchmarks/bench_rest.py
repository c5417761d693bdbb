"""What one `fetch_order` costs: aiohttp and orjson alone, this driver, and a ccxt class, on the same answers.

Run `python -m tests.benchmarks.bench_rest`. The server is a process of its own; the contenders take turns, and each
figure is the median over the rounds of CPU microseconds per call in the client. What counts is the ratio within one
run.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import statistics
import time
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import aiohttp
import ccxt.async_support
import orjson

import oms_ccxt_async

ROUNDS = 15
CALLS = 300


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
        b"/oms/orders/3": {"items": [row]},
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


async def _measure(calls: dict[str, Callable[[], Awaitable[Any]]]) -> dict[str, float]:
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            start = time.process_time()
            for _ in range(CALLS):
                await call()
            taken[name].append((time.process_time() - start) / CALLS * 1e6)
    return {name: statistics.median(times) for name, times in taken.items()}


async def _main(port: int) -> None:
    url = f"http://127.0.0.1:{port}"
    ours = oms_ccxt_async.oms({"apiKey": "k", "options": {"account_id": 1, "base_url": url}})
    plain = _Plain({"apiKey": "k", "urls": {"api": url}})
    async with aiohttp.ClientSession() as session, ours, plain:

        async def bare() -> Any:
            async with session.get(f"{url}/oms/orders/3", headers={"x-api-key": "k"}) as response:
                return orjson.loads(await response.read())["items"][0]

        mine, theirs = await ours.fetch_order("3"), await plain.fetch_order("3")
        assert {key: mine[key] for key in ("filled", "remaining", "cost")} == {
            key: theirs[key] for key in ("filled", "remaining", "cost")
        }
        contenders: dict[str, Callable[[], Awaitable[Any]]] = {
            "aiohttp + orjson": bare,
            "oms": lambda: ours.fetch_order("3"),
            "ccxt class": lambda: plain.fetch_order("3"),
        }
        costs = await _measure(contenders)
    for name, cost in costs.items():
        print(f"{name:18} {cost:7.0f} us CPU a call   {cost / costs['oms']:.2f} x oms")


if __name__ == "__main__":
    here, there = multiprocessing.Pipe()
    server = multiprocessing.Process(target=_serve, args=(there,), daemon=True)
    server.start()
    asyncio.run(_main(here.recv()))
    server.terminate()
