"""Where messages end on an HTTP/1.1 or WebSocket byte stream, and nothing more: no sockets, no validation."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Literal, NamedTuple

__all__ = ["Head", "Piece", "decode_chunked", "read_answer", "read_body", "read_frames", "read_head"]

READ_SIZE = 65536


class Piece(NamedTuple):
    """A run of bytes to be passed on as it is.

    `kind` is `head` (start line and headers), `body` (with its chunk framing), `message` (a frame that completes a
    text or binary message) or `frame` (any other frame: a fragment, a ping, a close).
    """

    data: bytes
    kind: Literal["head", "body", "message", "frame"]


class Head(NamedTuple):
    """Start line and headers of a request or an answer: the bytes, and what they say (names in lower case)."""

    raw: bytes
    start: list[str]
    headers: dict[str, str]


async def read_head(reader: asyncio.StreamReader) -> Head:
    """Read a start line and the headers below it; a repeated header is joined by commas.

    Raises:
        asyncio.IncompleteReadError: the stream ended first.
    """
    raw = await reader.readuntil(b"\r\n\r\n")
    start, *lines = raw[:-4].decode("latin-1").split("\r\n")
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        name, value = name.lower(), value.strip()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return Head(raw, start.split(" ", 2), headers)


async def read_body(
    reader: asyncio.StreamReader, headers: dict[str, str], *, until_close: bool = False
) -> AsyncGenerator[bytes, None]:
    """Read the body that follows a head, piece by piece as it comes, chunk framing and trailers included.

    Args:
        until_close: an answer that states no length ends with the connection; a request without one has no body.

    Raises:
        asyncio.IncompleteReadError: the stream ended before the body did.
    """
    if "chunked" in headers.get("transfer-encoding", "").lower():
        while size := int((line := await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            yield line
            yield await reader.readexactly(size + 2)
        yield line
        while line != b"\r\n":
            yield (line := await reader.readuntil(b"\r\n"))
    elif "content-length" in headers:
        left = int(headers["content-length"])
        while left:
            if not (data := await reader.read(min(left, READ_SIZE))):
                raise asyncio.IncompleteReadError(b"", left)
            left -= len(data)
            yield data
    elif until_close:
        while data := await reader.read(READ_SIZE):
            yield data


def decode_chunked(body: bytes) -> bytes:
    """Take the chunk framing and the trailers off a whole body."""
    decoded = b""
    while size := int((line_and_rest := body.split(b"\r\n", 1))[0].split(b";")[0], 16):
        decoded, body = decoded + line_and_rest[1][:size], line_and_rest[1][size + 2 :]
    return decoded


async def read_answer(reader: asyncio.StreamReader, method: str) -> AsyncGenerator[Piece, None]:
    """Read one answer, interim ones (1xx) before it included; after a 101 the stream belongs to another protocol.

    Args:
        method: of the request; the answer to a HEAD has no body, whatever its headers say.

    Raises:
        asyncio.IncompleteReadError: the stream ended in the middle.
    """
    status = 100
    while 100 <= status < 200 and status != 101:
        head = await read_head(reader)
        status = int(head.start[1])
        yield Piece(head.raw, "head")
    if method != "HEAD" and status not in (101, 204, 304):
        async for data in read_body(reader, head.headers, until_close=True):
            yield Piece(data, "body")


async def read_frames(reader: asyncio.StreamReader) -> AsyncGenerator[Piece, None]:
    """Read WebSocket frames, each whole, for ever.

    Raises:
        asyncio.IncompleteReadError: the stream ended; it always does, since a close frame is a frame like any other.
    """
    while True:
        frame = await reader.readexactly(2)
        final, opcode = frame[0] & 0x80, frame[0] & 0x0F
        masked, length = frame[1] & 0x80, frame[1] & 0x7F
        if length >= 126:
            extended = await reader.readexactly(2 if length == 126 else 8)
            frame, length = frame + extended, int.from_bytes(extended, "big")
        frame += await reader.readexactly(length + (4 if masked else 0))
        yield Piece(frame, "message" if final and opcode < 8 else "frame")
