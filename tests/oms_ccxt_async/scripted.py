"""A TCP server that answers by a script, and a transport to talk to it with."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, Self

import ccxt
import ccxt.async_support
import orjson
import pytest

from oms_ccxt_async.wire.retry import Kind
from oms_ccxt_async.wire.settings import Settings
from oms_ccxt_async.wire.transport import Request, Transport
from tests.faults.wire import read_body, read_head

__all__ = [
    "CANARY",
    "GOOD",
    "RESET",
    "SILENCE",
    "Act",
    "Clock",
    "Scripted",
    "Seen",
    "answer",
    "driving",
    "failure",
    "free_port",
    "order",
    "read",
    "then_close",
]

CANARY = "canary-7f3d19ab-key"


class Seen(NamedTuple):
    """A request as it arrived: header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Act = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]


def answer(status: int, body: Any = b"", headers: dict[str, str] | None = None) -> bytes:
    """A whole HTTP answer: bytes as they are, everything else as JSON; a header set to "" is left out."""
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    length = {} if status in (204, 304) else {"Content-Length": str(len(raw))}
    lines = {"Content-Type": "application/json", **length, **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value)
    return f"HTTP/1.1 {status} Scripted\r\n{head}\r\n".encode() + raw


GOOD = answer(200, {"items": [], "results": [], "result": 1})


async def _reset(writer: asyncio.StreamWriter) -> None:
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.close()


async def _silence(writer: asyncio.StreamWriter) -> None:
    await asyncio.get_running_loop().create_future()


RESET: Act = _reset
SILENCE: Act = _silence


def then_close(data: bytes) -> Act:
    """Send these bytes, then close the connection."""

    async def act(writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        writer.close()

    return act


class Scripted:
    """Answers the n-th request with the n-th act of the script, and every later one with the last."""

    def __init__(self, *script: Act) -> None:
        self.script = script or (GOOD,)
        self.seen: list[Seen] = []
        self.connections = 0
        self.url = ""
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self.stop_listening()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def stop_listening(self) -> None:
        """Refuse new connections; those that exist stay."""
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            while not writer.is_closing():
                head = await read_head(reader)
                body = b"".join([piece async for piece in read_body(reader, head.headers)])
                self.seen.append(Seen(head.start[0], head.start[1], head.headers, body))
                act = self.script[min(len(self.seen), len(self.script)) - 1]
                if isinstance(act, bytes):
                    writer.write(act)
                    await writer.drain()
                else:
                    await act(writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


async def no_wait(seconds: float) -> None:
    """A sleep that takes no time."""


@asynccontextmanager
async def driving(
    url: str,
    *,
    sleep: Callable[[float], Awaitable[Any]] = no_wait,
    clock: Callable[[], float] = time.monotonic,
    wall: Callable[[], float] = time.time,
    **config: Any,
) -> AsyncIterator[tuple[Any, Transport]]:
    """A ccxt exchange with the canary as its key, and a transport to `url` whose retries take no time."""
    exchange = ccxt.async_support.Exchange(
        {"apiKey": CANARY, "enableRateLimit": False, "timeout": 5_000, "verify": False, **config}
    )
    exchange.id = "oms"
    exchange.options["base_url"] = url
    exchange.timeout_on_exit = 0
    try:
        yield (
            exchange,
            Transport(exchange, Settings(exchange, {}), draw=lambda: 0.5, clock=clock, wall=wall, sleep=sleep),
        )
    finally:
        await exchange.close()


def read(path: str = "/oms/orders/open", **fields: Any) -> Request:
    """A request for a list."""
    return Request("GET", path, "fetch_open_orders()", "items", **fields)


def order(kind: Kind = Kind.ONCE, **fields: Any) -> Request:
    """A command that places an order."""
    return Request("POST", "/oms/commands", "create_order(BTC/USDT)", "results", kind, b'{"command":1}', **fields)


class Clock:
    """Seconds that pass when slept."""

    def __init__(self, now: float = 1_000.0) -> None:
        self.now = now
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


async def failure(transport: Transport, request: Request) -> ccxt.BaseError:
    """The exception of a request that has to fail."""
    with pytest.raises(ccxt.BaseError) as raised:
        await transport.send(request)
    return raised.value
