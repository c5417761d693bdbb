"""Listening at an address, and answering there what a program in ASGI answers, until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn

from oms_ccxt_async.sandbox.gate import MAX_BODY
from oms_ccxt_async.sandbox.http_socket import client_connection
from oms_ccxt_async.sandbox.ws_socket import ClientSocket

__all__ = ["answering", "listen", "url_of"]


def listen(host: str, port: int, *, shared: bool, backlog: int | None = 2048) -> socket.socket:
    """A socket that is bound to an address and listens there.

    Args:
        host, port: the address; port 0 takes a free one.
        shared: whether other processes may have the port too.
        backlog: how many connections may wait; with None it does not listen, and only keeps the port.

    Raises:
        OSError: the address cannot be had.
    """
    # with the protocol named, asyncio sets TCP_NODELAY on what is accepted: without it every answer waits 40 ms
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if shared:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(address)
        if backlog is not None:
            listener.listen(backlog)
    except BaseException:
        listener.close()
        raise
    return listener


def url_of(listener: socket.socket) -> str:
    """The address at which a socket is reached."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # signals belong to whoever runs the loop


@asynccontextmanager
async def answering(
    app: Any, listener: socket.socket, *, request_seconds: float, ping_seconds: float
) -> AsyncIterator[None]:
    """Answer what comes to a socket; at the end, what is being answered has a second.

    Args:
        app: what answers.
        listener: where it comes to.
        request_seconds, ping_seconds: as of `Sandbox`.
    """
    config = uvicorn.Config(
        app,
        http=client_connection(request_seconds),
        ws=ClientSocket,
        ws_max_size=MAX_BODY,
        ws_ping_interval=ping_seconds,
        ws_ping_timeout=ping_seconds,
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
        log_level=logging.ERROR,
        access_log=False,
        proxy_headers=False,
        timeout_keep_alive=75,  # longer than clients keep idle connections, so that they close them
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started:
            await asyncio.wait([serving], timeout=0.005)
            if serving.done():
                serving.result()
                raise RuntimeError("the server ended before it began")
        yield
    finally:
        server.should_exit = True
        await serving
