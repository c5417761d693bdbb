"""Frames that are cut out here are those that `websockets`' parser reads, wherever the bytes are cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import DATA_OPCODES, Close, Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from oms_ccxt_pro.frames import Frames

MOST = 70_000
HEAD = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n"
SIZES = st.sampled_from((0, 1, 125, 126, 127, 400, 65_535, 65_536, MOST, MOST + 1))
BYTES = st.builds(lambda size, letter: letter * size, SIZES, st.sampled_from((b"a", b"\x81", b"\x7e", b"\r\n")))


def frame(opcode: Opcode, data: bytes, fin: bool = True) -> bytes:
    """A frame as a server sends it."""
    return Frame(opcode, data, fin).serialize(mask=False)


MESSAGES = st.builds(lambda data: frame(Opcode.TEXT, data), BYTES)
CONTROLS = st.builds(lambda opcode, data: frame(opcode, data), st.sampled_from((Opcode.PING, Opcode.PONG)), st.binary())
PARTS = st.builds(
    lambda parts, opcode: b"".join(
        frame(opcode if at == 0 else Opcode.CONT, data, fin=at == len(parts) - 1) for at, data in enumerate(parts)
    ),
    st.lists(BYTES, min_size=2, max_size=3),
    st.sampled_from((Opcode.TEXT, Opcode.BINARY)),
)
MISTAKES = st.sampled_from(
    (
        frame(Opcode.CONT, b"of nothing"),
        frame(Opcode.TEXT, b"never ends", fin=False),
        frame(Opcode.CLOSE, Close(1000, "").serialize()),
        Frame(Opcode.TEXT, b"masked").serialize(mask=True),
        b"\xc1\x01a",
        b"\x83\x01a",
    )
)
STREAMS = st.lists(st.one_of(MESSAGES, MESSAGES, CONTROLS, PARTS, MISTAKES), max_size=8).map(b"".join)
CUTS = st.lists(st.integers(0, 300_000), max_size=30)


class Reader:
    """What comes of bytes that arrive in pieces: messages in order, and how the connection stands."""

    def __init__(self) -> None:
        self.library = ClientProtocol(parse_uri("ws://127.0.0.1/"), state=State.OPEN, max_size=MOST)
        self.messages: list[bytes] = []
        self._partial = b""

    def give(self, data: bytes) -> None:
        """Let the library parse."""
        self.library.receive_data(data)
        for event in self.library.events_received():
            assert isinstance(event, Frame)
            if event.opcode in DATA_OPCODES:
                self._partial += event.data
                if event.fin:
                    self.messages.append(self._partial)
                    self._partial = b""

    def outcome(self) -> tuple[object, ...]:
        """Messages, answers, and the state."""
        library = self.library
        return self.messages, library.data_to_send(), library.state, library.close_code


def pieces(stream: bytes, cuts: list[int]) -> list[bytes]:
    """A stream as it arrives, cut at some places."""
    places = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
    return [stream[begin:end] for begin, end in pairwise(places)]


@given(STREAMS, CUTS)
@example(frame(Opcode.TEXT, b"fir", fin=False) + frame(Opcode.TEXT, b"in between"), [])
@example(frame(Opcode.PING, b"") + frame(Opcode.TEXT, b"x" * 400), [1, 2, 3, 5])
def test_messages_are_those_of_the_library(stream: bytes, cuts: list[int]) -> None:
    """However it is cut, a stream gives the messages, the answers and the end that the library finds in it."""
    theirs, ours, frames = Reader(), Reader(), Frames(MOST)
    for piece in pieces(stream, cuts):
        theirs.give(piece)
        data = piece
        while data:
            if ours.library.state is State.OPEN:
                handed_on, data = frames.take(data, ours.messages)
            else:
                handed_on, data = data, b""
            if handed_on:
                ours.give(handed_on)
    (got, *end), (due, *its_end) = ours.outcome(), theirs.outcome()
    assert got == due
    if end != its_end:
        # Masking and answers are drawn anew; the answers' number, the state and the close code are not.
        (sent, *state), (its_sent, *its_state) = end, its_end
        assert isinstance(sent, list)
        assert isinstance(its_sent, list)
        assert (list(map(len, sent)), state) == (list(map(len, its_sent)), its_state)


@given(STREAMS, CUTS)
def test_what_is_behind_the_handshake_is_cut_off(stream: bytes, cuts: list[int]) -> None:
    """The head ends with its empty line, wherever it is cut; every byte behind it is left."""
    frames, head, rest = Frames(MOST), b"", b""
    for piece in pieces(HEAD + stream, cuts):
        if head.endswith(b"\r\n\r\n"):
            rest += piece
            continue
        theirs, behind = frames.head(piece)
        head, rest = head + theirs, rest + behind
    assert (head, rest) == (HEAD, stream)


@pytest.mark.parametrize("size", [2, 125, 126, 65_535])
def test_a_message_in_one_frame_is_not_handed_on(size: int) -> None:
    """Up to 64 KiB it is cut out here, byte by byte too: the library sees none of it."""
    frames, messages = Frames(MOST), list[bytes]()
    stream = frame(Opcode.TEXT, b"x" * size)
    pieces = [stream, *(bytes([byte]) for byte in stream[:200]), stream[200:]]
    assert [frames.take(piece, messages) for piece in pieces if piece] == [(b"", b"")] * len([*filter(None, pieces)])
    assert messages == [b"x" * size] * 2
