"""Reading the JSON that clients send."""

from __future__ import annotations

import json

import pytest

from oms_ccxt_async.sandbox.json_body import MAX_DEPTH, MAX_VALUES, parse


@pytest.mark.parametrize("text", ["{}", "[1, 2.5, null]", '"x"', '{"a": "[[[["}', "[" * MAX_DEPTH + "]" * MAX_DEPTH])
def test_json_is_read(text: str) -> None:
    """JSON is what the standard library makes of it."""
    assert parse(text.encode()) == json.loads(text)


@pytest.mark.parametrize("text", ["", "{", "{'a': 1}", "[1,]", "nope"])
def test_errors_are_the_standard_librarys(text: str) -> None:
    """What is wrong is said in the words of the recorded OMS, which are those of the standard library."""
    with pytest.raises(json.JSONDecodeError) as expected:
        json.loads(text)
    with pytest.raises(json.JSONDecodeError) as found:
        parse(text.encode())
    assert str(found.value) == str(expected.value)


@pytest.mark.parametrize(
    "body",
    [
        b"NaN",
        b"1e999",
        b'"\\ud800"',
        b"\xff",
        b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1),
        b"[" * 10**6,
        b"[" + b"1," * MAX_VALUES + b"1]",
        b"[" + b"{}," * (MAX_VALUES // 2) + b"1]",
    ],
)
def test_what_could_not_be_written_again_is_refused(body: bytes) -> None:
    """Numbers, texts, depths and crowds that no JSON answer could hold do not come in."""
    with pytest.raises(json.JSONDecodeError):
        parse(body)
