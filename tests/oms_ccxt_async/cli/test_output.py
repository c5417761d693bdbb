"""`oms_ccxt_async.cli.output`: JSON and tables."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from oms_ccxt_async.cli.output import encoded, flat, show_table, word

VALUES: list[Any] = [
    None,
    True,
    0,
    -5,
    0.1,
    1e300,
    'a\n"b" \u00e9 \u2028',
    [],
    {},
    [[], {}, [1]],
    {"a": {"b": [1, "2", None]}, "c": "d"},
]


@pytest.mark.parametrize("indent", ["  ", None])
@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_json_reads_back(value: Any, indent: str | None) -> None:
    """What JSON has is written as JSON, in one line if that is wanted."""
    text = encoded(value, indent)
    assert json.loads(text) == value
    assert indent is not None or "\n" not in text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("0.100000000000000000000001"), "0.100000000000000000000001"),
        (Decimal("1E+3"), "1000"),
        (Decimal("0E-18"), "0.000000000000000000"),
        (Decimal("NaN"), "null"),
        (float("nan"), "null"),
        (float("-inf"), "null"),
        ((1, 2), "[1, 2]"),
    ],
)
def test_numbers_are_whole(value: Any, text: str) -> None:
    """A Decimal has all its digits, and what is no number is null."""
    assert encoded(value, None) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), ("", "-"), (True, "yes"), (Decimal("1.50"), "1.5"), (1e-7, "0.0000001"), ([1], "[1]"), ("a", "a")],
)
def test_words(value: Any, text: str) -> None:
    """A cell says plainly what is in it."""
    assert word(value) == text


@pytest.mark.parametrize(
    ("value", "headings", "rows"),
    [
        ([{"a": 1, "info": 2}, {"b": 3, "c": None}], ["a", "b"], [[1, None], [None, 3]]),
        ({"x": {"a": 1}, "y": {"a": 2}, "info": {}}, ["", "a"], [["x", 1], ["y", 2]]),
        ({"a": 1, "info": {}}, ["name", "value"], [["a", 1]]),
        ([[1, 2], [3]], ["0", "1"], [[1, 2], [3, None]]),
        ("text", ["value"], [["text"]]),
        ([], ["value"], []),
    ],
)
def test_a_table_of_anything(value: Any, headings: list[str], rows: list[list[Any]]) -> None:
    """What unified methods return becomes rows, without what the exchange said."""
    assert flat(value) == (headings, rows)


def test_plain_columns(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a terminal columns line up, nothing is cut, and an empty cell is a dash."""
    show_table(["id", "text"], [[1, "x" * 300], [22, None], [333, "two\nlines"]])
    printed = capsys.readouterr().out
    assert printed == f"id   text\n1    {'x' * 300}\n22   -\n333  two lines\n"
