"""At which address a sandbox listens."""

from __future__ import annotations

import socket

import pytest

from oms_ccxt_async.sandbox import Sandbox
from tests.sandbox.conftest import healthy


async def test_a_taken_port_is_the_systems_error() -> None:
    """An address that is in use is an OSError, and the database is free again."""
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        async with Sandbox(port=taken.getsockname()[1]):
            pass


async def test_it_listens_where_told() -> None:
    """Host and port are the given ones."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    async with Sandbox(port=port) as sandbox:
        assert sandbox.url == f"http://127.0.0.1:{port}"


async def test_it_listens_on_ipv6() -> None:
    """An IPv6 address is listened on and stands in brackets in the URL."""
    try:
        async with Sandbox(host="::1") as sandbox:
            assert sandbox.url.startswith("http://[::1]:")
            assert await healthy(sandbox.url)
    except OSError:
        pytest.skip("this machine has no IPv6")
