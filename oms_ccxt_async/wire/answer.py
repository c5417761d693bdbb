"""The JSON of answers and messages, within what its size may cost. Pure."""

from __future__ import annotations

from typing import Any

import orjson

__all__ = ["decoded"]

BYTES_EACH = 32
"""A list or an object takes some 64 bytes of memory: there may be one for so many bytes of the largest text that is
taken. Whole order books have one for 15, and are far from the largest."""
LEAST = 1_000


def decoded(raw: bytes, most: int) -> Any:
    """What a text of at most `most` bytes stands for.

    Decoding takes some 12 bytes for each of the text, and values up to 20: together at most 30 times `most`.

    Raises:
        ValueError: it is no JSON, nested too deeply, or has more lists and objects than its size may cost.
    """
    most_of_them = max(LEAST, most // BYTES_EACH)
    if len(raw) > most_of_them and raw.count(b"{") + raw.count(b"[") > most_of_them:
        raise ValueError("too many lists and objects")
    return orjson.loads(raw)
