"""Raw connections through a fault proxy, seen from both ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import aiohttp

from tests.faults.eventually import eventually
from tests.faults.plan import (
    How,
)
from tests.faults.proxy import FaultProxy

REQUEST = b"POST /oms/commands HTTP/1.1\r\nHost: oms\r\nContent-Length: 14\r\n\r\n" + b'{"command":"x"'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n[1,2]"


class Peer(asyncio.Protocol):
    """One end of a raw connection: what it received, in which runs, and how the connection ended."""

    def __init__(self, answer: bytes = b"", connected: list["Peer"] | None = None) -> None:
        self.runs: list[bytes] = []
        self.ended: How | None = None
        self._answer = answer
        self._connected = connected

    @property
    def received(self) -> bytes:
        return b"".join(self.runs)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        if self._connected is not None:
            self._connected.append(self)

    def data_received(self, data: bytes) -> None:
        self.runs.append(data)
        if self._answer and self.received == REQUEST:
            self.transport.write(self._answer)

    def eof_received(self) -> None:
        self.ended = "fin"

    def connection_lost(self, exc: Exception | None) -> None:
        if isinstance(exc, ConnectionResetError):
            self.ended = self.ended or "rst"  # the first end counts


class Raw:
    """A proxy between raw peers; the server answers `ANSWER` to `REQUEST` and to nothing else."""

    def __init__(self, proxy: FaultProxy, server_port: int, servers: list[Peer]) -> None:
        self.proxy = proxy
        self.server_port = server_port
        self.servers = servers

    async def connect(self, port: int | None = None) -> Peer:
        loop = asyncio.get_running_loop()
        return (await loop.create_connection(Peer, "127.0.0.1", port or self.proxy.port))[1]

    async def send(self) -> Peer:
        client = await self.connect()
        client.transport.write(REQUEST)
        return client

    async def pass_time(self) -> None:
        """Let a whole exchange happen beside the proxy: what has not come through it by then is held back."""
        client = await self.connect(self.server_port)
        client.transport.write(REQUEST)
        await eventually(lambda: client.received)
        client.transport.abort()


@asynccontextmanager
async def raw_proxy(answer: bytes = ANSWER) -> AsyncIterator[Raw]:
    servers: list[Peer] = []
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Peer(answer, servers), "127.0.0.1", 0)
    try:
        host, port = server.sockets[0].getsockname()
        async with FaultProxy((host, port)) as proxy:
            yield Raw(proxy, port, servers)
    finally:
        for peer in servers:
            peer.transport.abort()
        server.close()
        await server.wait_closed()


async def post(client: aiohttp.ClientSession, proxy: FaultProxy, path: str = "/oms/commands", body: str = "[1]") -> str:
    async with client.post(proxy.url + path, data=body) as response:
        return await response.text()
