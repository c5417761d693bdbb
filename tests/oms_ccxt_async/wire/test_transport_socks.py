"""A SOCKS proxy between the driver and the OMS: one that works, and those that do not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Literal

import ccxt
import pytest

from oms_ccxt_async.errors import Fate, fate_of
from oms_ccxt_async.wire.transport import Request
from tests.oms_ccxt_async.scripted import CANARY, Scripted, driving, failure, free_port, order, read
from tests.oms_ccxt_async.support import ccxt_class

pytest.importorskip("aiohttp_socks")

Manner = Literal["works", "refuses", "hangs up", "is silent", "talks nonsense"]


async def _piped(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
    writer.close()


@asynccontextmanager
async def socks(manner: Manner) -> AsyncIterator[str]:
    """The address of a SOCKS5 proxy without authentication (RFC 1928) that does this with a CONNECT."""
    serving: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        serving.add(task)
        with suppress(asyncio.IncompleteReadError, OSError, asyncio.CancelledError):
            _, methods = await reader.readexactly(2)
            await reader.readexactly(methods)
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n" if manner == "talks nonsense" else b"\x05\x00")
            _, _, _, kind = await reader.readexactly(4)
            size = 4 if kind == 1 else (await reader.readexactly(1))[0]
            address = await reader.readexactly(size)
            port = int.from_bytes(await reader.readexactly(2), "big")
            if manner == "is silent":
                await asyncio.get_running_loop().create_future()
            if manner == "refuses":
                writer.write(b"\x05\x02\x00\x01" + bytes(6))
            if manner == "works":
                host = ".".join(map(str, address)) if kind == 1 else address.decode()
                far, onward = await asyncio.open_connection(host, port)
                writer.write(b"\x05\x00\x00\x01" + bytes(6))
                await asyncio.gather(_piped(reader, onward), _piped(far, writer))
        writer.close()
        serving.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"socks5://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in serving.copy():
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)


async def test_a_proxy_that_works() -> None:
    """The request goes through it, whole."""
    async with (
        Scripted() as server,
        socks("works") as proxy,
        driving(server.url, socksProxy=proxy) as (_, transport),
    ):
        assert (await transport.send(order()))["results"] == []
    assert [(seen.path, seen.body) for seen in server.seen] == [("/oms/commands", b'{"command":1}')]


@pytest.mark.parametrize("request_", [read(), order()], ids=["read", "order"])
@pytest.mark.parametrize("manner", ["refuses", "hangs up", "is silent", "talks nonsense"])
async def test_a_proxy_that_does_not(manner: Manner, request_: Request) -> None:
    """What a SOCKS proxy does not let through was not sent, by proof, and is a ccxt error that may be tried again."""
    async with Scripted() as server, socks(manner) as proxy:
        async with driving(server.url, socksProxy=proxy, timeout=400) as (_, transport):
            raised = await failure(transport, request_)
        assert server.connections == 0
    assert ccxt_class(raised) in (ccxt.ExchangeNotAvailable, ccxt.RequestTimeout)
    if request_.body is not None:  # of a read it does not matter
        assert fate_of(raised) is Fate.NOT_DONE
    assert CANARY not in str(raised)


async def test_no_proxy_at_all() -> None:
    """An address where no proxy listens is proof, too."""
    proxy = f"socks5://127.0.0.1:{free_port()}"
    async with driving("http://127.0.0.1:8000", socksProxy=proxy) as (_, transport):
        raised = await failure(transport, order())
    assert (ccxt_class(raised), fate_of(raised)) == (ccxt.ExchangeNotAvailable, Fate.NOT_DONE)
