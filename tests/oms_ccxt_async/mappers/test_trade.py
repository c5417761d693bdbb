import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ccxt.base.errors import BadResponse
from hypothesis import given
from hypothesis import strategies as st

from oms_ccxt_async.mappers import MarketFacts, Number
from oms_ccxt_async.mappers.trade import unified_trade
from tests.oms_ccxt_async.mappers import oracle
from tests.oms_ccxt_async.mappers.oracle import Row


def recorded_deals() -> list[Row]:
    """Every deal row of the recordings."""
    calls = json.loads((Path(__file__).parents[2] / "contract" / "rest.json").read_text())
    answers = [call["response"]["body"] for call in calls if call["request"]["path"].startswith("/oms/deals?")]
    return [row for answer in answers for row in answer.get("items", [])]


@pytest.mark.parametrize("number", [float, str, Decimal])
@given(
    row=oracle.deal_rows() | oracle.deal_rows(oracle.long_amounts, oracle.long_prices),
    market=oracle.markets,
    order_type=st.sampled_from([None, "limit"]),
)
def test_trade_equals_what_safe_trade_makes_of_it(
    number: Number, row: Row, market: MarketFacts | None, order_type: str | None
) -> None:
    """Every key, value and type is the one that ccxt computes, exactly, and converted last."""
    expected = oracle.expected_trade(row, market=market, order_type=order_type)
    mapped = unified_trade(row, market=market, number=number, order_type=order_type)
    assert oracle.typed(mapped) == oracle.typed(oracle.numbered(expected, number))


def test_taker_or_maker_is_unknown_unless_told() -> None:
    """A deal does not say who rested, its reader may."""
    row = {"id": 1, "order_id": 7}
    assert unified_trade(row)["takerOrMaker"] is None
    assert unified_trade(row, taker_or_maker="maker")["takerOrMaker"] == "maker"


def test_ids_of_any_size_keep_their_digits() -> None:
    """Ids become strings without a binary float on the way."""
    mapped = unified_trade({"id": 2**63 - 1, "order_id": 2**53 + 1})
    assert (mapped["id"], mapped["order"]) == ("9223372036854775807", "9007199254740993")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"order_id": "x"}, "deal 1: order_id is not an integer: 'x'"),
        ({"qty": "-1"}, "deal 1: qty is negative: '-1'"),
        ({"fee": "free"}, "deal 1: fee is not a decimal: 'free'"),
        ({"executed_at": "2026-02-30T00:00:00"}, "deal 1: executed_at is not a timestamp: '2026-02-30T00:00:00'"),
    ],
)
def test_row_that_makes_no_sense_is_refused(fields: Row, message: str) -> None:
    """The error names the deal, the field, and what stood there."""
    with pytest.raises(BadResponse) as caught:
        unified_trade({"id": 1, **fields})
    assert str(caught.value) == message


def test_every_recorded_deal_maps() -> None:
    """All deal rows of the recordings become what ccxt makes of them."""
    rows = recorded_deals()
    assert len(rows) > 10
    for row in rows:
        expected: Any = oracle.expected_trade(row, market=None, order_type=None)
        assert unified_trade(row, number=str) == expected
