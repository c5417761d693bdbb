"""One client's HTTP connection: uvicorn's, with an end for requests that do not arrive."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

__all__ = ["CUT", "MAX_HEAD", "client_connection"]

CUT = "oms.cut"
"""The extension of a request's scope that closes its connection."""
MAX_HEAD = 64 * 1024
"""Bytes of a request's line and headers."""


def client_connection(arrival_seconds: float) -> type[asyncio.Protocol]:
    """What uvicorn runs for a connection (its `http` option).

    A connection is closed when a request is not there, head and body, so many seconds after the connection was made, or
    after the request's first byte on one that had others before; and when the head is larger than `MAX_HEAD`. How long
    a connection may idle between requests is uvicorn's own setting.
    """

    class ClientConnection(_ClientConnection):
        seconds = arrival_seconds

    return ClientConnection


class _ClientConnection(HttpToolsProtocol):
    seconds: float

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._due: asyncio.TimerHandle | None = None
        self._in_head = True
        self._head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_request()

    def connection_lost(self, exc: Exception | None) -> None:
        self._request_is_there()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD:
                self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head, self._head_bytes = True, 0
        self._await_request()

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()
        # what `Gate` closes to lose an answer; the application has not begun with the request yet
        self.scope.setdefault("extensions", {})[CUT] = self.transport.close  # type: ignore[assignment]

    def on_message_complete(self) -> None:
        self._request_is_there()
        super().on_message_complete()

    def _await_request(self) -> None:
        if self._due is None:
            self._due = self.loop.call_later(self.seconds, self.transport.close)

    def _request_is_there(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None
