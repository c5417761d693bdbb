"""TLS: who does not prove that they are the OMS gets no key, over REST and over the WebSocket."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import ccxt
import pytest

import oms_ccxt_async
import oms_ccxt_pro
from oms_ccxt_async.errors import Fate, fate_of
from oms_ccxt_async.sandbox import Sandbox
from tests.faults.eventually import eventually
from tests.oms_ccxt_async.scripted import Scripted, answer
from tests.security.certificates import Authority, serving

CANARY = "canary-7f3d19ab-key"


async def relayed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, heard: list[bytes] | None) -> None:
    """Pass on what comes, until one end is gone."""
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            if heard is not None:
                heard.append(data)
            writer.write(data)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def behind_tls(certificate: Path) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A sandbox behind TLS with this certificate: the port, and what was said there once TLS was agreed upon."""
    heard: list[bytes] = []
    tasks: set[asyncio.Task[None]] = set()
    async with Sandbox(volatility=0, api_key=CANARY) as sandbox:

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            there, back = await asyncio.open_connection("127.0.0.1", int(sandbox.url.rpartition(":")[2]))
            for way in (relayed(reader, back, heard), relayed(there, writer, None)):
                tasks.add(asyncio.create_task(way))

        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=serving(certificate))
        try:
            yield server.sockets[0].getsockname()[1], heard
        finally:
            server.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Whom the exchanges of these tests trust."""
    return Authority(tmp_path_factory.mktemp("authority") / "ca.pem")


def config(port: int, authority: Authority, **more: Any) -> dict[str, Any]:
    options = {"base_url": f"https://127.0.0.1:{port}", "account_id": 1}
    return {"apiKey": CANARY, "cafile": str(authority.file), "timeout": 5_000, "options": options, **more}


async def test_a_certificate_that_is_trusted(authority: Authority, tmp_path: Path) -> None:
    """REST and streams go through."""
    certificate = authority.certify("127.0.0.1", tmp_path / "server.pem")
    async with behind_tls(certificate) as (port, heard), oms_ccxt_pro.oms(config(port, authority)) as exchange:
        assert await exchange.fetch_open_orders() == []
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(exchange.watch_orders(), 0.1)
        await eventually(lambda: exchange.stream_status()["state"] == "live")
        assert CANARY.encode() in b"".join(heard)


def self_signed(authority: Authority, folder: Path) -> Path:
    return Authority(folder / "another.pem").certify("127.0.0.1", folder / "server.pem")


def of_another_host(authority: Authority, folder: Path) -> Path:
    return authority.certify("oms.elsewhere.example", folder / "server.pem")


def expired(authority: Authority, folder: Path) -> Path:
    return authority.certify("127.0.0.1", folder / "server.pem", days=-1)


BAD = [(self_signed, "cafile"), (of_another_host, "another host"), (expired, "expired")]


@pytest.mark.parametrize(("made", "words"), BAD)
async def test_a_certificate_that_proves_nothing(made: Any, words: str, authority: Authority, tmp_path: Path) -> None:
    """One of nobody that is trusted, for another host, or out of date: the request is not sent, the error says what
    is wrong with it and what to do, and the key is not heard by whoever is there."""
    async with behind_tls(made(authority, tmp_path)) as (port, heard):
        async with oms_ccxt_async.oms(config(port, authority)) as exchange:
            with pytest.raises(ccxt.ExchangeNotAvailable) as raised:
                await exchange.fetch_open_orders()
        assert heard == []
    text = str(raised.value)
    assert "certificate" in text
    assert words in text
    assert fate_of(raised.value) is Fate.NOT_DONE


@pytest.mark.parametrize(("made", "words"), BAD)
async def test_a_socket_to_who_proves_nothing(made: Any, words: str, authority: Authority, tmp_path: Path) -> None:
    """The stream does not open either, says why in its state, and sends no key."""
    async with behind_tls(made(authority, tmp_path)) as (port, heard):
        async with oms_ccxt_pro.oms(config(port, authority, enableRateLimit=False)) as exchange:
            watching = asyncio.create_task(exchange.watch_orders())
            await eventually(lambda: exchange.stream_status().get("error") is not None)
            error = exchange.stream_status()["error"]
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
        assert heard == []
    assert "certificate" in error
    assert words in error


async def test_who_is_trusted_by_nobody_can_be_trusted_on_purpose(authority: Authority, tmp_path: Path) -> None:
    """`verify: False` is the program's own word: then the key goes to whoever is there, over both."""
    async with behind_tls(self_signed(authority, tmp_path)) as (port, heard):
        async with oms_ccxt_pro.oms(config(port, authority, verify=False)) as exchange:
            assert await exchange.fetch_open_orders() == []
        assert CANARY.encode() in b"".join(heard)


async def test_a_proxy_before_tls_hears_no_key() -> None:
    """What asks a proxy for a tunnel, for requests and for sockets, has the OMS's name in it and nothing of the key."""
    async with Scripted(answer(407)) as proxy:
        options = {"base_url": "https://oms.invalid", "account_id": 1, "ws": {"backoff": 1, "backoffCap": 10}}
        proxies = {"httpsProxy": proxy.url, "wssProxy": proxy.url}
        async with oms_ccxt_pro.oms({"apiKey": CANARY, "options": options, **proxies}) as exchange:
            with pytest.raises(ccxt.ExchangeNotAvailable):
                await exchange.fetch_open_orders()
            requests = len(proxy.seen)
            watching = asyncio.create_task(exchange.watch_orders())
            await eventually(lambda: len(proxy.seen) > requests)
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
        assert {(seen.method, seen.path) for seen in proxy.seen} == {("CONNECT", "oms.invalid:443")}
        assert CANARY not in str(proxy.seen)
