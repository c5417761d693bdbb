"""`oms_ccxt_async.conformance.rule`: the words in which answers are held against rules."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from oms_ccxt_async.conformance.rule import (
    Answer,
    Broken,
    Collected,
    Skipped,
    at,
    decimal,
    refusal,
    results_of,
    rows_of,
)


def answer(status: int, body: Any) -> Answer:
    return Answer("GET /x", status, body, str(body))


@pytest.mark.parametrize("value", [1, 0.5, None, "x", "NaN", "Infinity", ""])
def test_a_number_is_a_decimal_string(value: Any) -> None:
    """A binary float, a word and what is no finite number break the rule, and the text says which field."""
    assert decimal("0E-18", "qty") == Decimal(0)
    with pytest.raises(Broken, match="qty of 7"):
        decimal(value, "qty of 7")


@pytest.mark.parametrize("value", [None, "", "22/11/2026", 1795350656])
def test_a_time_is_iso_8601(value: Any) -> None:
    """With a T or a space between day and time, with or without a zone."""
    assert at("2026-11-22 12:28:23", "t") == at("2026-11-22T12:28:23", "t")
    with pytest.raises(Broken):
        at(value, "t")


@pytest.mark.parametrize(
    "wrong",
    [
        answer(200, {"detail": {"code": "x"}}),
        answer(500, None),
        answer(400, {"error": "x"}),
        answer(400, {"detail": {"message": "x"}}),
        answer(400, {"detail": 5}),
    ],
    ids=str,
)
def test_a_refusal_has_a_code(wrong: Answer) -> None:
    """A status below 400, no JSON, no `detail` and no `code` are no refusals; code and message are read together."""
    assert "order_not_found" in refusal(answer(404, {"detail": {"code": "x", "message": "order_not_found"}}))
    with pytest.raises(Broken):
        refusal(wrong)


def test_a_list_that_is_not_for_the_key_is_skipped() -> None:
    """What an OMS refuses because of the key's rights is no broken rule; rows without ids are."""
    with pytest.raises(Skipped):
        rows_of(answer(403, {"detail": {"code": "permission_denied", "message": "account_id=2"}}))
    wrong: list[Any] = [{"items": [{}]}, {"items": {}}, {"items": [{"id": "1"}]}, [], None]
    for body in wrong:
        with pytest.raises(Broken):
            rows_of(answer(200, body))


def test_results_are_those_of_failures_too() -> None:
    """A batch of which all failed has them in `detail`; anything else has none."""
    result = {"index": 0, "ok": False}
    assert results_of(answer(400, {"detail": {"results": [result]}})) == [result]
    assert results_of(answer(200, {"results": [result]})) == [result]
    others: list[Any] = [None, {}, {"detail": "x"}, {"results": 5}, {"results": [5]}]
    for body in others:
        assert results_of(answer(200, body)) == []


def test_rules_are_collected_in_order() -> None:
    """What looks at a rule is a rule of its room."""
    rules = Collected()

    @rules.rule("a.b", "fact 1", "nothing", trades=True)
    async def look(desk: Any) -> str:
        return ""

    assert [(rule.name, rule.reason, rule.trades, rule.needs) for rule in rules] == [("a.b", "fact 1", True, "")]
