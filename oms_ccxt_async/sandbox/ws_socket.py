"""One client's WebSocket: uvicorn's, with frames that clients share and an end for those that do not keep up."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode

__all__ = ["INTERNAL_ERROR", "TRY_AGAIN_LATER", "ClientSocket", "frame"]

EXTENSION = "oms.socket"
MAX_BUFFER = 1 << 20
"""Bytes that may wait for a client, beside what the kernel holds for it."""
LINGER_SECONDS = 5.0
"""How long a client that is dropped has to read why."""
SHUTDOWN_SECONDS = 0.2
"""How long a client has to read that the server ends."""

TRY_AGAIN_LATER = 1013
INTERNAL_ERROR = 1011


def frame(message: bytes) -> bytes:
    """A message as it goes over the wire, the same for every client: servers do not mask, and nothing is compressed."""
    return Frame(Opcode.TEXT, message).serialize(mask=False)


class ClientSocket(WebSocketsSansIOProtocol):
    """What uvicorn runs for a connection (its `ws` option); an endpoint gets it with `of`.

    uvicorn's own `send` makes a frame for each client and waits without end for one that does not read.
    """

    @staticmethod
    def of(scope: Any) -> ClientSocket:
        """The socket of a connection's ASGI scope."""
        socket = scope["extensions"][EXTENSION]["socket"]
        assert isinstance(socket, ClientSocket)
        return socket

    async def run_asgi(self) -> None:
        self.scope["extensions"][EXTENSION] = {"socket": self}
        await super().run_asgi()

    @property
    def open(self) -> bool:
        """Whether what is written may still arrive."""
        return not (self.close_sent or self.transport.is_closing())

    def write(self, frames: bytes) -> None:
        """Send frames without waiting; a client that has left too much unread is dropped instead."""
        if not (frames and self.open):
            return
        if self.transport.get_write_buffer_size() > MAX_BUFFER:
            self.drop(TRY_AGAIN_LATER, "the client does not keep up")
        else:
            self.transport.write(frames)

    async def room(self) -> None:
        """Let others go first, and wait until the client has read most of what it was sent, or is gone."""
        await asyncio.sleep(0)
        await self.writable.wait()

    def drop(self, code: int, reason: str) -> None:
        """Close from this side: the client finds the code behind what it has not read, and after a while is cut off."""
        if not self.open:
            return
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    def shutdown(self) -> None:
        super().shutdown()
        self.loop.call_later(SHUTDOWN_SECONDS, self.transport.abort)

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self.loop.call_later(LINGER_SECONDS, self.transport.abort)
