"""The sandbox among hostile clients: ten thousand messages that fuzzing makes of good ones, and it serves on.

`make fuzz` sends twenty times as many, of other seeds.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import os
import random
import sqlite3
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from oms_ccxt_async.sandbox import Sandbox
from tests.security.memory import MEBI
from tests.security.test_hostile_oms import framed

TIMES = int(os.environ.get("FUZZ", "1"))
MESSAGES = 3_400
"""Of each of three kinds: bodies, frames, and bytes that are no HTTP."""

ORDER = {"symbol": "BTC/USDT", "side": "buy", "order_type": "limit", "qty": "0.01", "price": "50000"}
COMMAND: dict[str, Any] = {"account_id": 1, "command": "send_order", "payload": ORDER, "request_id": "r"}
BODIES: list[tuple[str, Any]] = [
    ("/oms/commands", COMMAND),
    ("/oms/commands", [COMMAND, {"account_id": 1, "command": "cancel_order", "payload": {"order_id": 1}}]),
    ("/oms/commands", {"account_id": 2, "command": "close_position", "payload": {"position_id": 1, "qty": "1"}}),
    ("/oms/commands", {"account_id": 1, "command": "change_order", "payload": {"order_id": 1, "new_price": "1"}}),
    ("/oms/commands", {"account_id": 1, "command": "position_change", "payload": {"position_id": 1, "comment": "x"}}),
    ("/oms/reconcile", {"account_id": 1, "scope": "short", "start_date": "2026-11-26", "end_date": "2026-11-26"}),
    ("/strategies", {"name": "x", "account_ids": [1], "client_strategy_id": 7}),
    ("/ccxt/1/fetch_ohlcv", {"args": ["BTC/USDT", "1m", 1_795_000_000_000, 5], "kwargs": {}}),
    ("/ccxt/1/create_order", {"args": ["BTC/USDT", "limit", "buy", 0.01, 50_000, {"postOnly": True}], "kwargs": {}}),
    ("/ccxt/1/transfer", {"args": ["USDT", 1, "spot", "swap"], "kwargs": {}}),
    ("/ccxt/core/1/create_order", {"symbol": "BTC/USDT", "side": "buy", "order_type": "market", "amount": "0.01"}),
    ("/ccxt/commands", [{"account_id": 1, "func": "fetch_ticker", "args": ["BTC/USDT"]}]),
]
PATHS = [
    "/oms/orders/open?account_ids=1&limit=5&cache=false",
    "/oms/orders/history?account_ids=1&start_date=2026-11-26&end_date=2026-11-26&page=1&page_size=5",
    "/oms/deals?account_ids=1,2&start_date=2026-11-26&end_date=2026-11-26",
    "/oms/deals?order_ids=1,2,3",
    "/oms/orders/1,2,3",
    "/oms/reconcile/1/status?stale_after_seconds=5",
    "/ccxt/trades/raw?account_ids=1&start_date=2026-11-26&end_date=2026-11-26",
]
FRAMES: list[Any] = [
    {"id": 1, "action": "ping"},
    {"id": 2, "action": "auth", "payload": {"api_key": "x"}},
    {
        "id": 3,
        "action": "subscribe",
        "payload": {"account_ids": [1, 2], "with_snapshot": True, "namespaces": ["position"]},
    },
    {"id": 4, "action": "subscribe", "payload": {"account_ids": [1], "from_event_id": {"1": 0}, "epoch": "e"}},
    {"id": 5, "action": "command", "payload": COMMAND},
    {"id": 6, "action": "call", "payload": {"account_id": 1, "func": "fetch_order_book", "args": ["BTC/USDT", 5]}},
    {"id": 7, "action": "subscribe_market", "payload": {"account_id": 1, "symbol": "BTC/USDT", "channels": ["ticker"]}},
    {
        "id": 8,
        "action": "unsubscribe_market",
        "payload": {"account_id": 1, "symbol": "BTC/USDT", "channels": ["ohlcv"]},
    },
]
ODD: list[Any] = [
    *(None, True, False, 0, -1, 1, 2**31, 2**63, 2**64, -(2**63) - 1, 10**30, 0.1, -0.0, 1e308, 5e-324),
    *("", " ", "0", "-1", "1e999", "NaN", "Infinity", "0x10", "\u0661", "1" * 400, "x" * 5_000, "\x00", "\ud800"),
    *("../../etc/passwd", "'; DROP TABLE orders; --", "{{7*7}}", "%00", "\r\nX-Injected: 1", "\U0001f980" * 50),
    *([], {}, [[]], [1] * 300, {"a": {"b": []}}, {"": ""}, {"__class__": 1}),
]


def mangled(value: Any, draw: random.Random) -> Any:
    """A value with one place of it changed."""
    if draw.random() < 0.15 or not isinstance(value, dict | list) or not value:
        return draw.choice(ODD)
    if isinstance(value, list):
        place = draw.randrange(len(value))
        changed = [*value]
        if draw.random() < 0.2:
            return changed * draw.choice((0, 2, 30))
        changed[place] = mangled(changed[place], draw)
        return changed
    name = draw.choice(list(value))
    roll = draw.random()
    if roll < 0.15:
        return {key: each for key, each in value.items() if key != name}
    if roll < 0.25:
        return value | {draw.choice(["x", "", "account_id", "payload", "__proto__"]): draw.choice(ODD)}
    return value | {name: mangled(value[name], draw)}


def bent(whole: bytes, draw: random.Random) -> bytes:
    """Bytes of which some are other ones, gone, or there twice."""
    data = bytearray(whole)
    for _ in range(draw.choice((0, 1, 1, 2, 8))):
        place = draw.randrange(len(data) + 1)
        roll = draw.random()
        if roll < 0.4 and data:
            data[place % len(data)] = draw.randrange(256)
        elif roll < 0.6:
            del data[place : place + draw.choice((1, 5, 50))]
        elif roll < 0.8:
            data[place:place] = draw.randbytes(draw.choice((1, 4, 40)))
        else:
            data += data[place : place + 200]
    return bytes(data)


def text(value: Any, draw: random.Random) -> bytes:
    """JSON, most of the time."""
    found = json.dumps(value).encode()
    return bent(found, draw) if draw.random() < 0.25 else found


def a_request(draw: random.Random, key: str) -> bytes:
    """An HTTP request of which something is not as it should be."""
    if draw.random() < 0.25:
        path, body, method = draw.choice(PATHS), b"", "GET"
        place = draw.randrange(1, len(path))
        odd = str(draw.choice(ODD)).encode("utf-8", "replace").hex()
        quoted = "".join(f"%{odd[n : n + 2]}" for n in range(0, min(len(odd), 200), 2))
        path = path[:place] + draw.choice((quoted, "", path[:place], "&&==", "%zz")) + path[place + 1 :]
    else:
        path, value = draw.choice(BODIES)
        body, method = text(mangled(value, draw), draw), draw.choice(("POST", "POST", "POST", "PUT", "DELETE", "TRACE"))
    kind = draw.choice(("application/json", "application/json", "text/plain", "application/x-www-form-urlencoded"))
    who = draw.choice((key, key, key, "nobody", ""))
    head = f"{method} {path} HTTP/1.1\r\nhost: x\r\nx-api-key: {who}\r\ncontent-type: {kind}\r\n"
    return head.encode() + f"content-length: {len(body)}\r\n\r\n".encode() + body


def a_frame(draw: random.Random) -> bytes:
    """A client's WebSocket frame of which something is not as it should be."""
    payload = text(mangled(draw.choice(FRAMES), draw), draw)
    roll = draw.random()
    kind = 1 if roll < 0.9 else draw.choice((0, 2, 8, 9, 10, 3, 11))
    if kind > 7:
        payload = payload[:125]
    plain = bytearray(framed(payload, kind, fin=draw.random() < 0.98))
    plain[1] |= 0x80
    head = len(plain) - len(payload)
    whole = bytes(plain[:head]) + b"\x00\x00\x00\x00" + payload
    return bent(whole, draw) if draw.random() < 0.03 else whole


HANDSHAKE = (
    "GET /ws HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
    "sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


class Attacker:
    """Connections to a sandbox, and what it answered."""

    def __init__(self, sandbox: Sandbox, draw: random.Random) -> None:
        self.host, self.port = sandbox.url.removeprefix("http://").split(":")
        self.key = sandbox.keys["trader"]
        self.draw = draw
        self.statuses: dict[int, int] = {}
        self.sent = 0
        self.crashes: list[str] = []

    @contextlib.asynccontextmanager
    async def connected(self) -> Any:
        reader, writer = await asyncio.open_connection(self.host, int(self.port))
        try:
            yield reader, writer
        finally:
            writer.transport.abort()

    async def requests(self, count: int) -> None:
        """One after the other on a connection, which is made anew when the sandbox closes it."""
        while count > 0:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                async with self.connected() as (reader, writer):
                    while count > 0:
                        sent = a_request(self.draw, self.key)
                        count, self.sent = count - 1, self.sent + 1
                        writer.write(sent)
                        async with asyncio.timeout(5):
                            await self._answer(reader, sent)

    async def _answer(self, reader: asyncio.StreamReader, sent: bytes) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        length = [int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        body = await reader.readexactly(length[0] if length else 0)
        self.statuses[status] = self.statuses.get(status, 0) + 1
        if status >= 500 and not (status == 502 and b'"dispatcher_error"' in body):
            self.crashes.append(f"{status} {body[:200]!r} for {sent[-500:]!r}")

    async def bytes_of_nothing(self, count: int) -> None:
        """What is hardly HTTP, a connection each; now and then only the beginning of something."""
        for _ in range(count):
            draw = self.draw
            sent = bent(a_request(draw, self.key), draw) if draw.random() < 0.7 else draw.randbytes(200)
            self.sent += 1
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, TimeoutError, ValueError, IndexError):
                async with self.connected() as (reader, writer):
                    writer.write(sent[: draw.choice((50, 5_000))])
                    async with asyncio.timeout(0.02):
                        await self._answer(reader, sent)

    async def frames(self, count: int) -> None:
        """Over sockets, which are made anew when the sandbox closes them; answers are read, and looked at."""
        while count > 0:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                async with self.connected() as (reader, writer):
                    writer.write(HANDSHAKE.format(key=self.draw.choice((self.key, self.key, ""))).encode())
                    await reader.readuntil(b"\r\n\r\n")
                    heard = asyncio.create_task(self._heard(reader))
                    for _ in range(min(count, 200)):
                        count, self.sent = count - 1, self.sent + 1
                        writer.write(a_frame(self.draw))
                        await writer.drain()
                        if heard.done():
                            break
                        await asyncio.sleep(0)
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(heard, 0.1)

    async def _heard(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(OSError):
            while await reader.read(65_536):
                pass


@pytest.mark.timeout(300 * TIMES)
@pytest.mark.parametrize("profile", ["full", "legacy"])
async def test_ten_thousand_hostile_messages(profile: Any, caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    """No crash, no server's error but what the exchange said (502), nothing in the log, memory as before, and a good
    client is served all the while; afterwards the database is whole."""
    seed = random.Random(f"{profile} {TIMES}").randrange(10**6)
    caplog.set_level(logging.WARNING)
    options: dict[str, Any] = {"poll_seconds": 0.05, "subscribe_seconds": 1.0, "database": tmp_path / "oms.sqlite"}
    async with Sandbox(profile=profile, volatility=0, **options) as sandbox:
        slowest = 0.0
        served = 0

        async def good() -> None:
            nonlocal slowest, served
            attacker = Attacker(sandbox, random.Random(0))
            head = f"GET /oms/accounts HTTP/1.1\r\nhost: x\r\nx-api-key: {attacker.key}\r\n\r\n".encode()
            async with attacker.connected() as (reader, writer):
                while True:
                    began = time.monotonic()
                    writer.write(head)
                    await attacker._answer(reader, head)
                    slowest, served = max(slowest, time.monotonic() - began), served + 1
                    assert attacker.statuses == {200: served}
                    await asyncio.sleep(0.02)

        serving = asyncio.create_task(good())
        attackers = [Attacker(sandbox, random.Random(seed + number)) for number in range(6)]
        kinds = [Attacker.requests, Attacker.frames, Attacker.bytes_of_nothing] * 2
        warmed = [kind(one, 100) for one, kind in zip(attackers, kinds, strict=True)]
        await asyncio.gather(*warmed)
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        share = TIMES * MESSAGES // 4
        await asyncio.gather(*(kind(one, share) for one, kind in zip(attackers, kinds, strict=True)))
        gc.collect()
        kept, peak = (each - before for each in tracemalloc.get_traced_memory())
        tracemalloc.stop()
        assert not serving.done(), serving
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
    with contextlib.closing(sqlite3.connect(tmp_path / "oms.sqlite")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    answered = {status: sum(one.statuses.get(status, 0) for one in attackers) for status in (200, 422)}
    assert answered[200] > 40 * TIMES, answered
    assert answered[422] > 300 * TIMES, answered
    assert [crash for one in attackers for crash in one.crashes] == [], f"seed {seed}"
    assert [record.getMessage() for record in caplog.records if record.name.startswith("oms_ccxt_async.sandbox")] == []
    assert sum(one.sent for one in attackers) * 2 >= 10_000 * TIMES
    assert served > 20
    assert slowest < 5
    assert kept < 24 * MEBI, f"{kept / MEBI:.1f} MiB"
    assert peak < 64 * MEBI, f"{peak / MEBI:.1f} MiB"
