"""`oms_ccxt_async.wire.exposure`: to which addresses a key would go in the open."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from typing import Any

import pytest

from oms_ccxt_async.wire.exposure import distrust, exposed
from tests.oms_ccxt_async.scripted import Scripted, driving, read

HOSTS: dict[str, tuple[str, ...]] = {
    "oms.desk.example": ("10.1.2.3",),
    "oms.public.example": ("8.8.8.8",),
    "oms.both.example": ("10.1.2.3", "2606:4700::1111"),
    "134744072": ("8.8.8.8",),
    "0x08080808": ("8.8.8.8",),
    "2130706433": ("127.0.0.1",),
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names that a name server, which knows `HOSTS`, was asked for."""
    names: list[str] = []

    async def getaddrinfo(self: Any, host: str, *_: Any, **__: Any) -> list[Any]:
        names.append(host)
        if host not in HOSTS:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in HOSTS[host]]

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", getaddrinfo)
    return names


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "[::1]", "localhost", "10.0.0.5", "172.20.1.1", "192.168.1.2", "169.254.1.1", "[fd00::1]"),
        *("[fe80::1]", "100.101.1.2", "oms", "oms.local", "oms.desk.internal", "OMS.LAN.", "oms.desk.example"),
        *("[::ffff:10.0.0.1]", "nobody-knows.example", "2130706433"),
    ],
)
async def test_what_is_private(host: str, asked: list[str]) -> None:
    """This machine, private networks, shared address space, names without a domain or in a private one, and names that
    stand for such addresses."""
    assert not await exposed(f"http://{host}:8000", proxied=False, patience=5)


@pytest.mark.parametrize(
    "host",
    [
        *("8.8.8.8", "[2606:4700::1111]", "[::ffff:8.8.8.8]", "oms.public.example", "oms.both.example"),
        *("134744072", "0x08080808"),  # as some write 8.8.8.8
    ],
)
async def test_what_is_not(host: str, asked: list[str]) -> None:
    """Public addresses, and names of which one stands for such an address; with TLS nothing is exposed."""
    assert await exposed(f"http://{host}:8000", proxied=False, patience=5)
    assert not await exposed(f"https://{host}:8000", proxied=False, patience=5)


async def test_a_name_that_only_the_proxy_has_to_know(asked: list[str]) -> None:
    """It is not looked up; an address that is public is told of all the same."""
    assert not await exposed("http://oms.public.example", proxied=True, patience=5)
    assert await exposed("http://8.8.8.8", proxied=True, patience=5)
    assert asked == []


@pytest.mark.parametrize(
    ("code", "words"),
    [(10, "renewed"), (9, "clock"), (62, "base_url"), (64, "base_url"), (18, "cafile"), (19, "cafile")],
)
def test_a_certificate_that_proves_nothing(code: int, words: str) -> None:
    """What is wrong with it decides what to do; an error that is not about one is none of this."""
    error = ssl.SSLCertVerificationError()
    error.verify_code, error.verify_message = code, "of the library."
    assert words in str(distrust(error))
    assert "(of the library)" in str(distrust(error))
    assert distrust(OSError()) is None


async def test_it_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    """One WARNING for an address, however many requests go there."""
    async with Scripted() as proxy, driving("http://8.8.8.8:8000", httpProxy=proxy.url) as (exchange, transport):
        with caplog.at_level(logging.WARNING):
            for _ in range(3):
                await transport.send(read())
            exchange.options["base_url"] = "http://10.0.0.1:8000"
            await transport.send(read())
        assert len(proxy.seen) == 4
    said = [record.message for record in caplog.records if "who is on the way" in record.message]
    assert len(said) == 1
    assert said[0].startswith("http://8.8.8.8:8000 ")
