"""What a streamed event costs, beside its floor and beside ccxt.pro's own way, and whether memory stays flat.

    python -m tests.benchmarks.bench_streaming             # 1,000,000 events through three watchers

The OMS is another process on this machine; contenders take turns in this one, on the same events, over real sockets.
CPU time is this process's, so that the server's does not count.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import multiprocessing
import resource
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import aiohttp
import orjson
from aiohttp import web
from ccxt.async_support.base.exchange import Exchange
from ccxt.async_support.base.ws.cache import ArrayCacheBySymbolById
from websockets.asyncio.client import connect
from websockets.frames import Frame, Opcode

import oms_ccxt_pro
from tests.faults.eventually import eventually
from tests.oms_ccxt_pro.scripted import KEY, ScriptedOms, config, market, scripted

AT_ONCE = 30_000
CHUNK = 200
STATUSES = (("SUBMITTED", "0E-18"), ("PARTIALLY_FILLED", "0.500000000000000000"), ("FILLED", "1.000000000000000000"))


class Flooding(ScriptedOms):
    """A scripted OMS that sends as many events as it is asked for, as fast as they are taken."""

    numbers = itertools.count(1)

    async def rest(self, request: web.Request) -> web.Response:
        if request.path != "/flood":
            return await super().rest(request)
        count, kind = int(request.query["count"]), request.query["kind"]
        for socket in list(self._subscribed):
            assert socket._req is not None
            transport = socket._req.transport
            assert transport is not None
            for begin in range(0, count, AT_ONCE):
                numbers = list(itertools.islice(self.numbers, min(AT_ONCE, count - begin)))
                frames = [self._frame(number, kind) for number in numbers]  # now, so that it disturbs nobody's clock
                for at in range(0, len(frames), CHUNK):
                    transport.write(b"".join(frames[at : at + CHUNK]))
                    await eventually(functools.partial(_is_taken, transport), within=60)
                # The list of orders knows one that was told long ago, so that a driver need not remember those before.
                rows = (event(number, kind)["payload"].get("order") for number in numbers)
                self.orders = {row["id"]: row for row in itertools.islice(filter(None, rows), 1)}
        return web.Response()

    def _frame(self, number: int, kind: str) -> bytes:
        message = {"id": None, "ok": True, "type": "ws_event", "namespace": "position", "action": "event"}
        return Frame(Opcode.TEXT, orjson.dumps({**message, **event(number, kind)})).serialize(mask=False)


def _is_taken(transport: asyncio.WriteTransport) -> bool:
    return transport.get_write_buffer_size() < 65_536


def event(number: int, kind: str) -> dict[str, Any]:
    """Order states of orders that live for three events, or fills; `mixed` alternates."""
    if kind == "deal" or (kind == "mixed" and number % 2):
        return {"event": "deal_created", "event_id": number, "payload": {"account_id": 1, "deal": deal(number)}}
    key, state = divmod(number // 2 if kind == "mixed" else number, 3)
    status, filled = STATUSES[state]
    row = {**ORDER, "id": key + 1, "status": status, "filled_qty": filled, "avg_fill_price": ORDER["price"]}
    return {
        "event": "order_updated",
        "event_id": number,
        "payload": {"account_id": 1, "order_id": key + 1, "order": row},
    }


def deal(number: int) -> dict[str, Any]:
    """A fill of an order of before."""
    return {
        "id": number,
        "account_id": 1,
        "order_id": None,
        "position_id": 1,
        "symbol": "BTC/USDT",
        "side": "buy",
        "qty": "0.010000000000000000",
        "price": "60000.000000000000000000",
        "fee": "0.060000000000000000",
        "fee_currency": "USDT",
        "strategy_id": 0,
        "exchange_trade_id": str(number),
        "executed_at": "2026-11-22T12:30:57",
    }


ORDER: dict[str, Any] = {
    "account_id": 1,
    "symbol": "BTC/USDT",
    "side": "buy",
    "order_type": "limit",
    "strategy_id": 0,
    "position_id": 0,
    "reason": "api",
    "comment": None,
    "client_order_id": "oms-5d0b6a",
    "exchange_order_id": "900001",
    "qty": "1.000000000000000000",
    "price": "60000.000000000000000000",
    "stop_loss": None,
    "stop_gain": None,
    "created_at": "2026-11-22T12:30:56",
    "updated_at": "2026-11-22T12:30:56",
    "closed_at": None,
    "command_id": 1,
    "fee": "0.060000000000000000",
    "fee_currency": "USDT",
}


def serve(pipe: Connection) -> None:
    """The OMS's process."""

    async def main() -> None:
        async with scripted(make=Flooding) as oms:
            pipe.send(oms.url)
            await asyncio.get_running_loop().run_in_executor(None, pipe.recv)

    asyncio.run(main())


@contextlib.contextmanager
def server() -> Iterator[str]:
    """The address of an OMS in a process of its own."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(there,))
    process.start()
    try:
        yield here.recv()
    finally:
        here.send("stop")
        process.join()


def subscribe() -> str:
    """The message that begins a stream."""
    return orjson.dumps({"id": "s", "action": "subscribe", "payload": {"account_ids": [1]}}).decode()


async def floor(url: str, flood: Callable[[], Awaitable[None]], kind: str, events: int) -> float:
    """websockets and orjson, and nothing else."""
    headers = {"x-api-key": KEY}
    async with connect(f"ws{url[4:]}/ws", additional_headers=headers, compression=None, max_queue=1_024) as socket:
        await socket.send(subscribe())
        await socket.recv()
        await socket.recv()
        flooding = asyncio.ensure_future(flood())
        began = time.process_time()
        for _ in range(events):
            orjson.loads(await socket.recv(decode=False))
        spent = time.process_time() - began
        await flooding
    return spent


async def driver(url: str, flood: Callable[[], Awaitable[None]], kind: str, events: int) -> float:
    """From the socket to `watch_orders` (`watch_my_trades`) returning."""
    async with oms_ccxt_pro.oms(_config(url)) as exchange:
        watch = exchange.watch_orders if kind == "order" else exchange.watch_my_trades
        first = asyncio.ensure_future(watch())
        await eventually(lambda: exchange.stream_status().get("state") == "live")
        flooding = asyncio.ensure_future(flood())
        began = time.process_time()
        got = len(await first)
        while got < events:
            got += len(await watch())
        spent = time.process_time() - began
        await flooding
    return spent


async def ccxt_pro(url: str, flood: Callable[[], Awaitable[None]], kind: str, events: int) -> float:
    """ccxt.pro's client, cache and safe_order (safe_trade), as its exchange classes use them."""
    exchange = CcxtPro(kind)
    await exchange.watch_first(f"ws{url[4:]}/ws")
    flooding = asyncio.ensure_future(flood())
    began = time.process_time()
    while exchange.handled < events:
        await exchange.watch(f"ws{url[4:]}/ws", kind)
    spent = time.process_time() - began
    await flooding
    await exchange.close()
    return spent


class CcxtPro(Exchange):
    """An exchange class of ccxt.pro's kind."""

    def __init__(self, kind: str) -> None:
        super().__init__({"options": {"ws": {"options": {"headers": {"x-api-key": KEY}}}}, "newUpdates": True})
        self.kind = kind
        self.handled = 0
        self.rows = ArrayCacheBySymbolById(1_000)
        self.set_markets([market("BTC/USDT")])

    async def watch_first(self, url: str) -> None:
        await self.watch(url, "subscribed", orjson.loads(subscribe()), "subscribed")

    def handle_message(self, client: Any, message: dict[str, Any]) -> None:
        if message["event"] == "subscribed":
            client.resolve(message, "subscribed")
            return
        row = message["payload"].get(self.kind)
        if row is None:
            return
        parsed = self.order_of(row) if self.kind == "order" else self.trade_of(row)
        self.rows.append(parsed)
        self.handled += 1
        client.resolve(self.rows, self.kind)

    def order_of(self, row: dict[str, Any]) -> Any:
        statuses = {"SUBMITTED": "open", "PARTIALLY_FILLED": "open", "FILLED": "closed"}
        timestamp = self.parse8601(row["created_at"])
        market = self.market(row["symbol"])
        fields = {
            "id": self.safe_string(row, "id"),
            "clientOrderId": row["client_order_id"],
            "timestamp": timestamp,
            "datetime": self.iso8601(timestamp),
            "symbol": market["symbol"],
            "type": row["order_type"],
            "side": row["side"],
            "price": row["price"],
            "amount": row["qty"],
            "filled": row["filled_qty"],
            "average": row["avg_fill_price"],
            "status": self.safe_string(statuses, row["status"]),
            "info": row,
            "fee": {"cost": row["fee"], "currency": row["fee_currency"]},
        }
        return self.safe_order(fields, market)

    def trade_of(self, row: dict[str, Any]) -> Any:
        timestamp = self.parse8601(row["executed_at"])
        market = self.market(row["symbol"])
        fields = {
            "id": self.safe_string(row, "id"),
            "order": row["order_id"],
            "timestamp": timestamp,
            "info": row,
            "datetime": self.iso8601(timestamp),
            "symbol": market["symbol"],
            "side": row["side"],
            "price": row["price"],
            "amount": row["qty"],
            "fee": {"cost": row["fee"], "currency": row["fee_currency"]},
        }
        return self.safe_trade(fields, market)


class _Address:
    def __init__(self, url: str) -> None:
        self.url = url


def _config(url: str) -> dict[str, Any]:
    return config(_Address(url))  # type: ignore[arg-type]


class Streams:
    """The three ways to take events of one kind, in turn."""

    def __init__(self, runner: asyncio.Runner, url: str, kind: str, events: int) -> None:
        self._runner = runner
        self._url = url
        self._kind = kind
        self._events = events

    def costs(self) -> dict[str, float]:
        """Microseconds of CPU for an event, of each in turn."""
        return self._runner.run(self._costs())

    async def _costs(self) -> dict[str, float]:
        contenders = {"websockets + orjson": floor, "oms": driver, "ccxt.pro": ccxt_pro}
        async with flooding(self._url, self._kind, self._events) as flood:
            return {
                name: await contender(self._url, flood, self._kind, self._events) / self._events * 1e6
                for name, contender in contenders.items()
            }


@contextlib.asynccontextmanager
async def flooding(url: str, kind: str, count: int) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """What makes the OMS send its events."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as session:

        async def flood() -> None:
            async with session.get(f"{url}/flood?count={count}&kind={kind}") as response:
                await response.read()

        yield flood


async def soaked(url: str, count: int) -> list[float]:
    """Send so many events through three watchers; the memory (MiB) at each tenth of them."""
    async with oms_ccxt_pro.oms(_config(url)) as exchange, flooding(url, "mixed", count) as flood:
        got = {"orders": 0, "BTC/USDT": 0, "fills": 0}

        async def watch(name: str, call: Callable[[], Awaitable[list[Any]]]) -> None:
            while True:
                got[name] += len(await call())

        watchers = [
            asyncio.create_task(watch("orders", exchange.watch_orders)),
            asyncio.create_task(watch("BTC/USDT", lambda: exchange.watch_orders("BTC/USDT"))),
            asyncio.create_task(watch("fills", exchange.watch_my_trades)),
        ]
        await eventually(lambda: exchange.stream_status().get("state") == "live")
        sending = asyncio.ensure_future(flood())
        used = []
        for part in range(1, 11):
            due = functools.partial(lambda part: exchange.stream_status()["events"] >= count * part // 10, part)
            await eventually(due, within=600)
            used.append(memory())
        await sending
        await eventually(lambda: sum(got.values()) >= count * 3 // 2, within=60)
        for watcher in watchers:
            watcher.cancel()
        await asyncio.gather(*watchers, return_exceptions=True)
        return used


def memory() -> float:
    """This process's resident memory in MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def grown(count: int) -> tuple[float, float]:
    """The memory (MiB) of a process of its own after a fifth of so many events, and after all of them."""
    lines = subprocess.check_output([sys.executable, "-m", "tests.benchmarks.bench_streaming", str(count)], text=True)
    used = [float(line.split()[-2]) for line in lines.splitlines()]
    return used[1], used[-1]


def main(count: int = 1_000_000) -> None:
    """Print how much memory the driver has while events pass."""
    with server() as url:
        for part, used in enumerate(asyncio.run(soaked(url, count)), 1):
            print(f"{count * part // 10:10,} events {used:8.1f} MiB")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
