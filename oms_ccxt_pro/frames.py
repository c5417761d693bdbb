"""The frames of a server, as far as they are whole messages in one frame; the others stay the library's. Pure.

Almost every frame of a stream is text, final, not masked, and below 64 KiB: a header of two or four bytes, and the
message (RFC 6455, 5.2). Pings, closes, fragments, large messages and mistakes are handed on byte by byte.
"""

from __future__ import annotations

__all__ = ["Frames"]

_TEXT = 0x81
"""The first byte of a text message in one frame."""
_FINAL = 0x80
_CONTROL = 0x08
"""The bit of an opcode that pings, pongs and closes have."""
_MASKED = 0x80
_LONG, _LONGER = 126, 127
"""Lengths that stand for a length in the next two, or eight, bytes."""
_END = b"\r\n\r\n"


class Frames:
    """Where in the bytes of a connection one frame ends and the next begins.

    Args:
        most: bytes of the largest message: it is for the library to refuse larger ones.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._rest = b""  # the beginning of a frame, or the last bytes of an unfinished head
        self._theirs = 0  # bytes still to come of a frame that was handed on
        self._fragmented = False  # whether the last message that was handed on is not complete

    def head(self, data: bytes) -> tuple[bytes, bytes]:
        """Split what comes before a connection is open: the handshake's answer, which ends with an empty line, and what
        is behind it."""
        known = len(self._rest)
        end = (self._rest + data).find(_END)
        if end < 0:
            self._rest = (self._rest + data)[-len(_END) + 1 :]
            return data, b""
        self._rest = b""
        cut = end + len(_END) - known
        return data[:cut], data[cut:]

    def take(self, data: bytes, messages: list[bytes]) -> tuple[bytes, bytes]:
        """Append the messages that stand at the beginning of some bytes.

        Returns:
            What is to be handed on, and what is to be taken after that.
        """
        if self._theirs:
            cut = self._theirs
            self._theirs -= min(cut, len(data))
            return data[:cut], data[cut:]
        if self._rest:
            data, self._rest = self._rest + data, b""
        at, end = (0 if self._fragmented else self._messages(data, messages)), len(data)
        size = _size(data, at)
        if size is None or (size > end - at and self._is_message(data, at, size)):
            self._rest = data[at:]
            return b"", b""
        if not data[at] & _CONTROL:
            self._fragmented = not data[at] & _FINAL
        self._theirs = max(0, size - (end - at))
        return data[at : at + size], data[at + size :]

    def _messages(self, data: bytes, messages: list[bytes]) -> int:
        """Append the whole messages; where the first frame begins that is none."""
        at, end, most = 0, len(data), self._most
        while end - at >= 4 and data[at] == _TEXT:
            size, begin = data[at + 1], at + 2
            if size == _LONG:
                size, begin = data[at + 2] << 8 | data[at + 3], at + 4
            elif size > _LONG:
                break
            if size > most or begin + size > end:
                break
            at = begin + size
            messages.append(data[begin:at])
        return at

    def _is_message(self, data: bytes, at: int, size: int) -> bool:
        """Whether a frame of which a part is missing will be a whole message."""
        return data[at] == _TEXT and data[at + 1] <= _LONG and size <= self._most and not self._fragmented


def _size(data: bytes, at: int) -> int | None:
    """How long a frame is, with its header; None if that is not known yet."""
    left = len(data) - at
    if left < 2:
        return None
    size, masked = data[at + 1] & ~_MASKED, data[at + 1] & _MASKED
    header = 2 + {_LONG: 2, _LONGER: 8}.get(size, 0)
    if left < header:
        return None
    if header > 2:
        size = int.from_bytes(data[at + 2 : at + header])
    return header + (4 if masked else 0) + size
