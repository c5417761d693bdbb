"""An OMS, or who has taken its place, that sends too much: typed errors, and no more memory than was agreed to."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gzip
import hashlib
import logging
import re
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import ccxt
import pytest

from oms_ccxt_async.errors import Fate, fate_of
from oms_ccxt_async.instrumentation.telemetry import Telemetry
from oms_ccxt_pro.backoff import Backoff
from oms_ccxt_pro.settings import StreamSettings
from oms_ccxt_pro.status import Status
from oms_ccxt_pro.stream import Address, Stream
from tests.faults.eventually import eventually
from tests.oms_ccxt_async.scripted import Act, Scripted, answer, driving, failure, order, read
from tests.security.memory import MEBI, measured

LIMIT = 4 * MEBI
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
PIECE = b"x" * 65_536


def without_end(head: bytes, piece: bytes, most: int = 4_000) -> Act:
    """Send a head, and then the same again and again, 250 MiB of it, if somebody reads that much."""

    async def act(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        for _ in range(most):
            writer.write(piece)
            await writer.drain()
        writer.close()

    return act


def packed(name: str, size: int, compress: Callable[[bytes], bytes]) -> Act:
    """A body that is `size` bytes when it is unpacked."""
    body = compress(b"0" * size)
    return answer(200, body, {"Content-Encoding": name})


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


ACTS: dict[str, Act] = {
    "a length beyond the limit": without_end(HEAD + b"Content-Length: 99999999999\r\n\r\n", PIECE),
    "chunks without end": without_end(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + PIECE + b"\r\n"),
    "a body without end": without_end(HEAD + b"Connection: close\r\n\r\n", PIECE),
    "a header without end": without_end(HEAD + b"X-Long: ", PIECE),
    "headers without end": without_end(HEAD, b"X-Many: 1\r\n" * 5_000),
    "a status line without end": without_end(b"HTTP/1.1 200 ", PIECE),
    "chunk extensions without end": without_end(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", PIECE),
    "trailers without end": without_end(HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-T: 1\r\n" * 5_000),
    "answers before the answer": without_end(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 2_000),
    "a gzip bomb": packed("gzip", 200 * MEBI, lambda data: gzip.compress(data, 9)),
    "a zlib bomb": packed("deflate", 200 * MEBI, lambda data: zlib.compress(data, 9)),
    "a deflate bomb": packed("deflate", 200 * MEBI, raw_deflate),
    "lists in lists": answer(200, b'{"items": ' + b"[" * 1_000_000),
    "objects in objects": answer(200, b'{"items": ' + b'{"a":' * 500_000),
    "objects without end": answer(200, b'{"items": [' + b"{}," * 1_000_000 + b"{}]}"),
    "lists by the million": answer(200, b'{"items": [' + b"[]," * 1_000_000 + b"[]]}"),
    "a number of a million digits": answer(200, b'{"items": [], "total": ' + b"9" * 1_000_000 + b"e"),
    "no end of a text": answer(200, b'{"items": ["' + b"x" * 3_000_000),
    "what is not UTF-8": answer(200, b'{"items": ["' + b"\xff\xfe" * 100_000 + b'"]}'),
}


PARSED = [name for name, act in ACTS.items() if isinstance(act, bytes) and "bomb" not in name]


@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize("request_", [read(), order()], ids=["read", "order"])
async def test_an_answer_that_is_too_much(name: str, request_: Any) -> None:
    """A ccxt error of this driver, which says what it was about, within the time of a request and a few times the
    limit of memory; what became of an order is in doubt, as nobody refused it."""
    async with Scripted(ACTS[name]) as server, driving(server.url, timeout=2_000) as (exchange, transport):
        exchange.options |= {"maxResponseBytes": LIMIT, "retry": {"attempts": 1}}
        with measured() as peak:
            raised = await failure(transport, request_)
    assert isinstance(raised, ccxt.NetworkError | ccxt.BadResponse), repr(raised)
    assert fate_of(raised) is Fate.UNKNOWN
    assert request_.asked in str(raised)
    assert len(str(raised)) < 1_000
    assert peak.size < (30 if name in PARSED else 2) * LIMIT, f"{peak.size / MEBI:.1f} MiB"


# The WebSocket

SIZE = 256 * 1024
TEXT, CONTINUES, PING = 0x1, 0x0, 0x9


def framed(payload: bytes, kind: int = TEXT, *, fin: bool = True, first: int = 0) -> bytes:
    """A frame of a server; `first` is added to its first byte."""
    head = bytes([(0x80 if fin else 0) | kind | first])
    if len(payload) < 126:
        return head + bytes([len(payload)]) + payload
    if len(payload) < 65_536:
        return head + b"\x7e" + len(payload).to_bytes(2, "big") + payload
    return head + b"\x7f" + len(payload).to_bytes(8, "big") + payload


HUGE = bytes([0x80 | TEXT, 0x7F]) + (1 << 40).to_bytes(8, "big")
ANSWERED = b"HTTP/1.1 401 Unauthorized\r\n"
FRAMES: dict[str, tuple[bytes, bytes]] = {  # what comes once, and what comes again and again
    "a frame of a terabyte": (HUGE, PIECE),
    "fragments without end": (framed(b"x" * 1_000, fin=False), framed(b"x" * 10_000, CONTINUES, fin=False)),
    "empty fragments without end": (framed(b"x", fin=False), framed(b"", CONTINUES, fin=False) * 5_000),
    "pings without end": (b"", framed(b"x" * 125, PING) * 500),
    "lists in lists": (b"", framed(b"[" * 50_000)),
    "objects without end": (b"", framed(b"[" + b"{}," * 60_000 + b"{}]")),
    "what is not JSON": (b"", framed(b"x" * 50_000)),
    "what is not UTF-8": (b"", framed(b"\xff\xfe" * 1_000)),
    "compressed, though nobody asked": (b"", framed(b"x" * 100, first=0x40)),
    "an unknown kind of frame": (b"", framed(b"x", 0x5)),
    "a frame that is masked": (b"", b"\x81\x81\x00\x00\x00\x00x"),
    "events of nobody": (b"", framed(b'{"id": null, "type": "ws_event", "event": "x", "payload": {}}') * 500),
    "numbers by the million": (b"", framed(b'{"event": [' + b"7," * 100_000 + b"7]}")),
}
HANDSHAKES: dict[str, tuple[bytes, bytes]] = {
    "a header without end": (b"HTTP/1.1 101 Switching Protocols\r\nX-Long: ", PIECE),
    "headers without end": (b"HTTP/1.1 101 Switching Protocols\r\n", b"X-Many: 1\r\n" * 5_000),
    "a status line without end": (b"HTTP/1.1 101 ", PIECE),
    "a refusal without end": (ANSWERED + b"Content-Length: 99999999999\r\n\r\n", PIECE),
    "chunks of a refusal without end": (
        ANSWERED + b"Transfer-Encoding: chunked\r\n\r\n",
        b"10000\r\n" + PIECE + b"\r\n",
    ),
}


@asynccontextmanager
async def flooding(once: bytes, again: bytes, *, shakes_hands: bool) -> AsyncIterator[tuple[str, list[int]]]:
    """A server of sockets that sends one thing, then the other again and again, up to 100 MiB, and reads nothing: its
    address, and how many bytes each connection took."""
    taken: list[int] = []
    tasks: set[asyncio.Task[Any]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())  # type: ignore[arg-type]
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = await reader.readuntil(b"\r\n\r\n")
            number = len(taken)
            taken.append(0)
            if shakes_hands:
                key = re.findall(rb"(?i)sec-websocket-key: (\S+)", head)[0]
                accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
                writer.write(
                    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
                )
            reader._transport.pause_reading()  # type: ignore[attr-defined]
            writer.write(once)
            while taken[number] < 100 * MEBI:
                writer.write(again)
                await writer.drain()
                taken[number] += len(again)
                await asyncio.sleep(0)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ws", taken
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def streaming(url: str) -> AsyncIterator[Stream]:
    """A stream to there, which takes messages of at most `SIZE` bytes."""

    async def opened(stream: Stream) -> None:
        await asyncio.sleep(0)

    status = Status()
    stream = Stream(
        lambda: Address(url, {"x-api-key": "k"}),
        StreamSettings(maxSize=SIZE, openTimeout=2_000, backoff=1, backoffCap=20),
        opened=opened,
        taker=lambda: lambda message: None,
        refused=lambda error: None,
        outage=lambda error: None,
        backoff=Backoff(1, 20, lambda: 0.5),
        status=status,
        clock=lambda: 0,
        name="account",
        telemetry=Telemetry(lambda: logging.Logger("nobody", logging.CRITICAL)),  # records hold what they tell of
        teller=lambda: None,
    )
    stream.start()
    try:
        yield stream
    finally:
        await stream.close()


@pytest.mark.parametrize("name", [*FRAMES, *HANDSHAKES])
async def test_a_socket_that_sends_too_much(name: str) -> None:
    """For as long as it goes on no more memory is taken than a few of the largest messages; what cannot be read is
    passed over or ends the connection with an error, and the stream lives on."""
    once, again = (FRAMES | HANDSHAKES)[name]
    async with flooding(once, again, shakes_hands=name in FRAMES) as (url, taken):
        with measured() as peak:
            async with streaming(url) as stream:
                await eventually(lambda: bool(taken))
                with contextlib.suppress(AssertionError):
                    await eventually(lambda: stream.status.error is not None and sum(taken) > MEBI, within=0.5)
                assert stream.running
                assert stream.status.state in ("live", "down", "connecting", "refused")
    assert peak.size < 30 * MEBI, f"{peak.size / MEBI:.1f} MiB"
