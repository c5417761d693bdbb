"""Serving the page in a running event loop."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI
from nicegui import app as nicegui
from nicegui import ui

from oms_ccxt_async.view.follow import Follower
from oms_ccxt_async.view.page.guard import Guard
from oms_ccxt_async.view.page.page import Page

__all__ = ["served"]


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # signals belong to whoever runs the loop


@asynccontextmanager
async def served(
    followers: Sequence[Follower],
    *,
    now: Callable[[], int],
    trade: bool,
    host: str,
    port: int,
    token: bool,
    say: Callable[[str], None],
) -> AsyncIterator[None]:
    """Serve the page of these accounts; once in a process, as NiceGUI is one to a process.

    Args:
        followers: of each account that is looked at.
        now: epoch milliseconds.
        trade: whether there are buttons that do something.
        host, port: where to listen; port 0 takes a free one.
        token: whether a browser needs an address with a token, each of which works once.
        say: called with each address, the first one at once, another when one was used.

    Raises:
        OSError: the address cannot be listened on.
    """
    listener = _listen(host, port)
    bound = listener.getsockname()[1]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    address = f"http://{shown}:{bound}/"

    def page() -> None:
        Page(followers, now, trade=trade)

    ui.page("/", title="oms-ccxt dashboard", response_timeout=10)(page)
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    ui.run_with(
        app,
        title="oms-ccxt dashboard",
        favicon="📈",
        dark=None,
        language="en-US",
        tailwind=False,
        show_welcome_message=False,
    )
    nicegui.config.quasar_config["loadingBar"] = {"skipHijack": True}  # a bar without a name, for every request
    guarded: Any = Guard(app, host, (lambda fresh: say(f"{address}?token={fresh}")) if token else None)
    if not token:
        say(address)
    config = uvicorn.Config(
        guarded,
        log_config=None,
        log_level=logging.ERROR,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        lifespan="on",
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started:
            await asyncio.wait([serving], timeout=0.01)
            if serving.done():
                serving.result()
                raise RuntimeError("the server ended before it began")
        yield
    finally:
        server.should_exit = True
        await serving
        listener.close()


def _listen(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except BaseException:
        listener.close()
        raise
    return listener
