"""Servers to put a fault proxy in front of, and desks of both profiles."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from tests.faults.desk import Desk, desk
from tests.faults.peers import Raw, raw_proxy
from tests.faults.proxy import FaultProxy


async def _echo(request: web.Request) -> web.StreamResponse:
    """Answer the body, as JSON text; `/chunked` in chunks, `/status/N` with that status."""
    body = await request.read()
    if request.path == "/chunked":
        answer = web.StreamResponse()
        answer.enable_chunked_encoding()
        await answer.prepare(request)
        await answer.write(body)
        await answer.write_eof()
        return answer
    status = int(request.path.removeprefix("/status/")) if request.path.startswith("/status/") else 200
    return web.Response(status=status, body=body, content_type="application/json")


@pytest.fixture
async def echo() -> AsyncIterator[tuple[str, int]]:
    """The address of an HTTP server that answers with what it was sent."""
    application = web.Application(client_max_size=2**30)
    application.router.add_route("*", "/{path:.*}", _echo)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    yield host, port
    await runner.cleanup()


@pytest.fixture
async def proxy(echo: tuple[str, int]) -> AsyncIterator[FaultProxy]:
    """A fault proxy in front of the echo server."""
    async with FaultProxy(echo) as proxy:
        yield proxy


@pytest.fixture
async def raw() -> AsyncIterator[Raw]:
    """A proxy between raw peers."""
    async with raw_proxy() as raw:
        yield raw


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    """An HTTP client."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def full() -> AsyncIterator[Desk]:
    """A desk of an OMS with all extensions."""
    async with desk("full") as made:
        yield made


@pytest.fixture
async def legacy() -> AsyncIterator[Desk]:
    """A desk of an OMS as recorded."""
    async with desk("legacy") as made:
        yield made


@pytest.fixture(params=["full", "legacy"])
async def either(request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    """A desk of an OMS of each profile."""
    async with desk(request.param) as made:
        yield made
