import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ccxt.base.errors import BadResponse
from hypothesis import given
from hypothesis import strategies as st

from oms_ccxt_async.mappers import MarketFacts, Number
from oms_ccxt_async.mappers.position import unified_position
from tests.oms_ccxt_async.mappers import oracle
from tests.oms_ccxt_async.mappers.oracle import Row

SPOT = MarketFacts("BTC/USDT", spot=True, contract=False, inverse=False, contract_size=None)


def recorded_positions() -> list[Row]:
    """Every position row of the recordings."""
    calls = json.loads((Path(__file__).parents[2] / "contract" / "rest.json").read_text())
    answers = [call["response"]["body"] for call in calls if call["request"]["path"].startswith("/oms/positions/")]
    return [row for answer in answers for row in answer.get("items", [])]


@pytest.mark.parametrize("number", [float, str, Decimal])
@given(
    row=oracle.position_rows(),
    market=oracle.markets,
    hedged=st.sampled_from([None, False, True]),
    mark_price=st.sampled_from([None, "60000", "0.03", "59999.999999999"]),
    leverage=st.sampled_from([None, "1", "3", "125"]),
)
def test_position_equals_what_safe_position_makes_of_it(
    number: Number,
    row: Row,
    market: MarketFacts | None,
    hedged: bool | None,
    mark_price: str | None,
    leverage: str | None,
) -> None:
    """Every key, value and type is the one that ccxt computes, exactly, and converted last."""
    if market is not None:
        row = {**row, "symbol": market.symbol}
    facts: Any = {"market": market, "hedged": hedged, "mark_price": mark_price, "leverage": leverage}
    expected = oracle.expected_position(row, **facts)
    mapped = unified_position(row, number=number, **facts)
    assert oracle.typed(mapped) == oracle.typed(oracle.numbered(expected, number))


@pytest.mark.parametrize("inverse", [False, True])
@pytest.mark.parametrize("qty", ["0.000000000000000001", "0.000000400000000000", "0.000002000000000000"])
def test_dust_is_valued_as_ccxt_values_it(qty: str, inverse: bool) -> None:
    """A value that is cut to nothing, and a profit below a millionth, are left unsaid."""
    market = MarketFacts("BTC/USDT:USDT", spot=False, contract=True, inverse=inverse, contract_size="1")
    row = {"id": 1, "symbol": market.symbol, "side": "buy", "qty": qty, "avg_price": "1", "state": "open"}
    facts: Any = {"market": market, "hedged": None, "mark_price": "3", "leverage": "2"}
    assert unified_position(row, number=str, **facts) == oracle.expected_position(row, **facts)


def test_position_in_a_spot_market_is_complete() -> None:
    """A position of a spot account has contracts of one unit each, a value and a profit."""
    row = {"id": 1, "side": "buy", "qty": "0.5", "avg_price": "60000", "state": "open"}
    mapped = unified_position(row, market=SPOT, hedged=True, mark_price="61000", leverage="2")
    assert (mapped["symbol"], mapped["contracts"], mapped["contractSize"]) == ("BTC/USDT", 0.5, 1.0)
    assert (mapped["side"], mapped["notional"], mapped["unrealizedPnl"]) == ("long", 30500.0, 500.0)
    assert (mapped["initialMargin"], mapped["percentage"], mapped["hedged"]) == (15250.0, 3.27, True)


def test_closed_position_holds_nothing() -> None:
    """A closed position has no contracts, whatever quantity its row kept."""
    mapped = unified_position({"id": 1, "qty": "0.5", "state": "closed"}, mark_price="1")
    assert (mapped["contracts"], mapped["notional"]) == (0.0, None)


def test_row_that_makes_no_sense_is_refused() -> None:
    """The error names the position, the field, and what stood there."""
    with pytest.raises(BadResponse, match="position 4: qty is not a decimal: 'Infinity'"):
        unified_position({"id": 4, "qty": "Infinity"})


def test_every_recorded_position_maps() -> None:
    """All position rows of the recordings become what ccxt makes of them."""
    rows = recorded_positions()
    assert len(rows) > 20
    for row in rows:
        facts: Any = {"market": SPOT, "hedged": True, "mark_price": "60000", "leverage": None}
        assert unified_position(row, number=str, **facts) == oracle.expected_position(row, **facts)
