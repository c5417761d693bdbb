"""The boundaries of messages on a byte stream."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from tests.faults.wire import Piece, decode_chunked, read_answer, read_body, read_frames, read_head


def stream(data: bytes) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    return reader


async def answer(data: bytes, method: str = "GET") -> tuple[list[Piece], bytes]:
    """The pieces of the first answer on a stream, and what the stream still holds."""
    reader = stream(data)
    pieces = [piece async for piece in read_answer(reader, method)]
    return pieces, await reader.read()


async def test_head_keeps_the_bytes_and_reads_the_headers() -> None:
    """A head is its exact bytes, its start line in three and its headers by lower-case name, repetitions joined."""
    raw = b"GET /a?b=c HTTP/1.1\r\nX-Api-Key: secret\r\naccept:a\r\nAccept: b\r\n\r\n"
    head = await read_head(stream(raw + b"rest"))
    assert head.raw == raw
    assert head.start == ["GET", "/a?b=c", "HTTP/1.1"]
    assert head.headers == {"x-api-key": "secret", "accept": "a, b"}


async def test_answer_ends_with_its_content_length() -> None:
    """Content-Length bytes belong to an answer, what follows does not."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"
    assert await answer(head + b"abcHTTP/1.1") == ([Piece(head, "head"), Piece(b"abc", "body")], b"HTTP/1.1")


async def test_answer_ends_with_its_last_chunk_and_trailers() -> None:
    """Chunks, chunk extensions and trailers belong to an answer, what follows does not."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = b"3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: 1\r\n\r\n"
    pieces, rest = await answer(head + body + b"HTTP/1.1")
    assert b"".join(piece.data for piece in pieces) == head + body
    assert rest == b"HTTP/1.1"
    assert decode_chunked(body) == b"abc0123456789"


@given(st.lists(st.binary(min_size=1, max_size=40)))
def test_chunk_framing_comes_off(chunks: list[bytes]) -> None:
    """A body in any chunks, whatever bytes they hold, is read to its end and decoded to its bytes."""
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"

    async def read() -> bytes:
        headers = {"transfer-encoding": "chunked"}
        return b"".join([data async for data in read_body(stream(body + b"rest"), headers)])

    assert asyncio.run(read()) == body
    assert decode_chunked(body) == b"".join(chunks)


async def test_answer_without_a_length_ends_with_the_connection() -> None:
    """An answer that states no length is everything up to the end of the stream."""
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    assert await answer(head + b"abc") == ([Piece(head, "head"), Piece(b"abc", "body")], b"")


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304), ("GET", 101)])
async def test_answer_without_a_body_ends_with_its_head(method: str, status: int) -> None:
    """The method or the status can forbid a body whatever the headers say."""
    head = b"HTTP/1.1 %d X\r\nContent-Length: 3\r\n\r\n" % status
    assert await answer(head + b"next", method) == ([Piece(head, "head")], b"next")


async def test_interim_answers_belong_to_the_final_one() -> None:
    """A 100 is passed on and is not the answer."""
    interim, final = b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 204 No Content\r\n\r\n"
    assert await answer(interim + final) == ([Piece(interim, "head"), Piece(final, "head")], b"")


async def test_request_without_a_length_has_no_body() -> None:
    """A request that states no length ends with its head."""
    assert [data async for data in read_body(stream(b"next"), {})] == []


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
    ],
)
async def test_answer_that_breaks_off_is_an_error(data: bytes) -> None:
    """A stream that ends in the middle of an answer is told from one that ends behind it."""
    with pytest.raises(asyncio.IncompleteReadError):
        await answer(data)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("length", [0, 1, 125, 126, 65535, 65536])
async def test_frames_are_told_apart_at_every_length(length: int, masked: bool) -> None:
    """Each frame comes out whole and alone, for all three encodings of its length."""
    frames = [Frame(Opcode.TEXT, data).serialize(mask=masked) for data in (b"x" * length, b"next")]
    reader = read_frames(stream(b"".join(frames)))
    assert [await anext(reader), await anext(reader)] == [Piece(data, "message") for data in frames]
    with pytest.raises(asyncio.IncompleteReadError):
        await anext(reader)


async def test_only_a_completed_message_is_a_message() -> None:
    """A fragment, a ping between fragments and a close are frames; the last fragment completes the message."""
    frames = [
        Frame(Opcode.TEXT, b"a", fin=False),
        Frame(Opcode.PING, b""),
        Frame(Opcode.CONT, b"b"),
        Frame(Opcode.CLOSE, b""),
    ]
    reader = read_frames(stream(b"".join(frame.serialize(mask=True) for frame in frames)))
    assert [(await anext(reader)).kind for _ in frames] == ["frame", "frame", "message", "frame"]
    await reader.aclose()
