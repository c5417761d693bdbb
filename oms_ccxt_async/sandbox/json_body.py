"""The JSON that clients send, without the numbers, texts and depths that could not be written as JSON again."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

__all__ = ["MAX_DEPTH", "parse"]

MAX_DEPTH = 64


def parse(body: bytes) -> Any:
    """The value that a body stands for.

    Raises:
        json.JSONDecodeError: it is none, in the standard library's words, which the recorded OMS uses.
    """
    try:
        if _too_deep(body):
            raise json.JSONDecodeError("Nested too deeply", "", 0)
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise _as_json_error(body) from None


def _too_deep(body: bytes) -> bool:
    """Whether lists and objects are nested deeper than orjson would write them again."""
    if body.count(b"[") + body.count(b"{") <= MAX_DEPTH:
        return False
    depth = 0
    for mark in re.finditer(rb'[\[\]{}]|"(?:[^"\\]|\\.)*"', body):
        depth += (mark[0] in b"[{") - (mark[0] in b"]}")
        if depth > MAX_DEPTH:
            return True
    return False


def _as_json_error(body: bytes) -> json.JSONDecodeError:
    """The standard library's words for what is wrong with the body, which the recorded OMS uses."""
    try:
        json.loads(body)
    except json.JSONDecodeError as error:
        return error
    except (RecursionError, UnicodeDecodeError):
        pass
    return json.JSONDecodeError("Expecting value", "", 0)
