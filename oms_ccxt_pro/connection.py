"""What this driver changes about the connections of the `websockets` library."""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Callable
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.frames import DATA_OPCODES, Frame
from websockets.protocol import State

from oms_ccxt_pro.frames import Frames

__all__ = ["MOST_UNREAD", "MOST_UNREAD_BYTES", "Connect", "Connection", "Redacting"]

MOST_UNREAD = 1_024
"""Messages that may wait to be taken; then the socket is not read ..."""
MOST_UNREAD_BYTES = 16_777_216
"""... nor when so many bytes have come since some were taken last."""
MOST_UNSENT_BYTES = 16_777_216
"""Bytes that may wait to be sent, among them answers to pings: a server that does not read them is left."""


class Redacting(logging.LoggerAdapter[logging.Logger]):
    """`websockets`' logger for one connection: at DEBUG it is told every header and every frame."""

    def __init__(self, redacted: Callable[[str], str]) -> None:
        super().__init__(logging.getLogger("websockets.client"))
        self._redacted = redacted

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        if self.isEnabledFor(level):
            self.logger.log(level, "%s", self._redacted(str(msg) % args if args else str(msg)), **kwargs)


class Connection(ClientConnection):
    """`websockets`' connection, whose messages are taken all at once, as many as have arrived.

    Its own queue, a switch between tasks for each message, and its parser, which steps a generator four times for a
    frame, cost more than parsing the message. Frames that are anything but a message in one piece are left to it.

    Args:
        max_size: bytes of the largest message.
    """

    def __init__(self, *arguments: Any, max_size: int, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._arrived: list[bytes] = []
        self._held = False  # whether the socket is not read
        self._size = 0  # bytes that have come since messages were taken last
        self._frames = Frames(max_size)
        self._partial = bytearray()  # the fragments of a message that is not complete
        self._waiter: asyncio.Future[None] | None = None

    def data_received(self, data: bytes) -> None:
        """Take what has come over the socket: the answer to the handshake, and frames behind it."""
        self._size += len(data)
        if self.debug:  # it logs every frame that it reads
            super().data_received(data)
        else:
            self._take(data)
        if self._arrived and (len(self._arrived) >= MOST_UNREAD or self._size >= MOST_UNREAD_BYTES):
            self._held = True
            self.transport.pause_reading()
        if self.transport.get_write_buffer_size() > MOST_UNSENT_BYTES:
            self.transport.abort()

    def _take(self, data: bytes) -> None:
        before = len(self._arrived)
        while data:
            if self.state is State.OPEN:
                theirs, data = self._frames.take(data, self._arrived)
            elif self.state is State.CONNECTING:
                theirs, data = self._frames.head(data)
            else:
                theirs, data = data, b""
            if theirs:
                super().data_received(theirs)
        if len(self._arrived) > before:
            self._wake()

    def process_event(self, event: Any) -> None:
        """Take a frame, or the answer to the handshake, from the parser."""
        if not isinstance(event, Frame) or event.opcode not in DATA_OPCODES:
            super().process_event(event)
            return
        message = bytes(event.data)
        if not event.fin or self._partial:
            self._partial += message
            if not event.fin:
                return
            message = bytes(self._partial)
            self._partial.clear()
        self._arrived.append(message)
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wake who waits for messages."""
        super().connection_lost(exc)
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def arrived(self) -> list[bytes]:
        """The messages that have arrived since the last call; waits for one.

        Raises:
            ConnectionClosed: the connection is gone, and what had arrived was taken.
        """
        while not self._arrived:
            if self.state is State.CLOSED:
                await self.recv()  # says how it was closed
            self._waiter = self.loop.create_future()
            await self._waiter
        messages, self._arrived = self._arrived, []
        self._size = 0
        if self._held:
            self._held = False
            self.transport.resume_reading()
        return messages


class Connect(connect):
    """`websockets`' connect to a `Connection`, without redirects: the key stays with the OMS."""

    def __init__(self, url: str, *, max_size: int, **options: Any) -> None:
        made: Any = functools.partial(Connection, max_size=max_size)  # a factory is documented, a type annotated
        super().__init__(url, create_connection=made, max_size=max_size, **options)

    async def __aenter__(self) -> Connection:
        connection = await super().__aenter__()
        assert isinstance(connection, Connection)
        return connection

    async def __aexit__(self, *error: Any) -> None:
        transport = self.connection.transport
        try:
            await super().__aexit__(*error)
        finally:
            transport.abort()  # whoever is canceled while it says goodbye leaves no socket behind

    def process_redirect(self, exc: Exception) -> Exception:
        return exc
