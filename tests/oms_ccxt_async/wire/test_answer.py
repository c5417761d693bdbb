"""`oms_ccxt_async.wire.answer`: what a text stands for, and what is too much of it."""

from __future__ import annotations

from contextlib import suppress

import pytest

from oms_ccxt_async.wire.answer import LEAST, decoded
from tests.security.memory import MEBI, measured


def test_json_is_decoded() -> None:
    """Whatever its size allows."""
    assert decoded(b'{"items": [1, "a", null]}', 100) == {"items": [1, "a", None]}
    assert decoded(b"[" + b"[]," * (LEAST - 2) + b"[]]", 100)[0] == []
    assert len(decoded(b"[" + b"[60000.1,0.5]," * 100_000 + b"[]]", 4 * MEBI)) == 100_001


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"NaN", b"[" * 900 + b"1", b"[" * 2_000 + b"]" * 2_000, b"[" + b"{}," * LEAST + b"{}]", b"\xff"]
)
def test_what_is_none_or_too_much(raw: bytes) -> None:
    """No JSON, nested too deeply, or more lists and objects than the largest text may have."""
    with pytest.raises(ValueError, match=r"."):
        decoded(raw, 100)


@pytest.mark.parametrize(
    "item", [b"{},", b"[],", b'{"a":1},', b"1.5,", b'"ab1234",', b"7,", b"[60000.1,0.5],", b'{"id":1,"qty":"0.500"},']
)
def test_memory_is_bounded(item: bytes) -> None:
    """Whatever a text of the largest size holds, decoding it, or seeing that it is too much, takes at most 30 times as
    much."""
    most = 4 * MEBI
    raw = b"[" + item * ((most - 3) // len(item)) + b"7]"
    with measured() as peak, suppress(ValueError):
        decoded(raw, most)
    assert len(raw) <= most
    assert peak.size < 30 * most, f"{peak.size / most:.1f} times"
