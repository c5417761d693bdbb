"""By which way requests go, and what a proxy gets to see."""

from __future__ import annotations

import asyncio
from typing import Any

import ccxt
import pytest

from oms_ccxt_async.errors import Fate, fate_of
from tests.oms_ccxt_async.scripted import CANARY, GOOD, Scripted, answer, driving, failure, order, read
from tests.oms_ccxt_async.support import ccxt_class


async def forward(writer_of: list[str], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A forward proxy for one plain HTTP request."""
    head = await reader.readuntil(b"\r\n\r\n")
    writer_of.append(head.split(b" ")[1].decode())
    writer.write(GOOD)
    writer.close()


@pytest.mark.parametrize("option", ["httpProxy", "http_proxy", "aiohttp_proxy"])
async def test_http_proxy(option: str) -> None:
    """The request goes to the proxy, whole address first."""
    targets: list[str] = []
    proxy = await asyncio.start_server(lambda r, w: forward(targets, r, w), "127.0.0.1", 0)
    address = f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}"
    config: dict[str, Any] = {option: address}
    async with proxy, driving("http://oms.invalid:8000", **config) as (_, transport):
        assert (await transport.send(read()))["items"] == []
    assert targets == ["http://oms.invalid:8000/oms/orders/open"]


async def test_trust_env_takes_the_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """`aiohttp_trust_env` uses the system's proxy, and without it the environment does not matter."""
    async with Scripted(), Scripted() as oms:
        targets: list[str] = []
        proxy = await asyncio.start_server(lambda r, w: forward(targets, r, w), "127.0.0.1", 0)
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}")
        async with proxy:
            async with driving(oms.url) as (_, transport):
                await transport.send(read())
            async with driving("http://oms.invalid", aiohttp_trust_env=True) as (_, transport):
                await transport.send(read())
        assert (len(oms.seen), targets) == (1, ["http://oms.invalid/oms/orders/open"])


async def test_proxy_that_refuses_a_tunnel() -> None:
    """A proxy that does not let us through to an https address is proof that nothing was sent."""
    async with Scripted(answer(407)) as proxy, driving("https://oms.invalid", httpsProxy=proxy.url) as (_, transport):
        raised = await failure(transport, order())
    assert (ccxt_class(raised), fate_of(raised)) == (ccxt.ExchangeNotAvailable, Fate.NOT_DONE)
    assert "407" in str(raised)
    assert CANARY not in str([seen.headers for seen in proxy.seen])


async def test_proxy_url_is_refused() -> None:
    """The proxy form that would be handed the key is not used."""
    async with Scripted() as proxy, driving("http://oms.example:8000", proxyUrl=proxy.url + "/?url=") as (_, transport):
        assert isinstance(await failure(transport, read()), ccxt.NotSupported)
        assert proxy.connections == 0


async def test_proxy_callback_does_not_see_the_key() -> None:
    """The key is added after ccxt's callbacks were asked."""
    shown: list[Any] = []

    def choose(url: str, method: str, headers: Any, body: Any) -> None:
        shown.append((url, method, dict(headers), body))

    async with Scripted() as server, driving(server.url, httpProxyCallback=choose) as (_, transport):
        await transport.send(order())
    assert [(method, body) for _, method, _, body in shown] == [("POST", b'{"command":1}')]
    assert CANARY not in str(shown)
