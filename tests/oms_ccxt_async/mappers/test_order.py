import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ccxt.base.errors import BadResponse
from hypothesis import given
from hypothesis import strategies as st

from oms_ccxt_async.mappers import MarketFacts, Number
from oms_ccxt_async.mappers.order import STATUSES, unified_order
from tests.oms_ccxt_async.mappers import oracle
from tests.oms_ccxt_async.mappers.oracle import Row

SWAP = MarketFacts("BTC/USDT:USDT", spot=False, contract=True, inverse=False, contract_size="0.001")


def order(**fields: Any) -> Row:
    """A limit order that nothing has filled yet."""
    return {"id": 7, "status": "SUBMITTED", "order_type": "limit", "side": "buy", "symbol": "BTC/USDT"} | {
        "qty": "0.500000000000000000",
        "price": "60000.000000000000000000",
        "filled_qty": "0E-18",
        "avg_fill_price": None,
        **fields,
    }


def deal(deal_id: int, qty: str, price: str, **fields: Any) -> Row:
    """A deal of that order."""
    return {"id": deal_id, "order_id": 7, "qty": qty, "price": price, "executed_at": "2026-11-22T12:31:00", **fields}


def recorded_orders() -> list[Row]:
    """Every order row of the recordings."""
    rows: list[Row] = []

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if "order_type" in node and "filled_qty" in node:
                rows.append(node)
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    for name in ("rest.json", "ws.json"):
        walk(json.loads((Path(__file__).parents[2] / "contract" / name).read_text()))
    return rows


@pytest.mark.parametrize("number", [float, str, Decimal])
@given(
    row=oracle.order_rows() | oracle.order_rows(oracle.long_amounts, oracle.long_prices),
    deals=oracle.deals_of_one_order() | oracle.deals_of_one_order(oracle.long_amounts, oracle.long_prices),
    market=oracle.markets,
    maintained=st.booleans(),
    extra=oracle.extras,
)
def test_order_equals_what_safe_order_makes_of_it(
    number: Number, row: Row, deals: list[Row], market: MarketFacts | None, maintained: bool, extra: Row
) -> None:
    """Every key, value and type is the one that ccxt computes, exactly, and converted last."""
    symbol = market.symbol if market else "BTC/USDT"
    row = {"side": "buy", **row, "symbol": symbol}  # where a row had none, safe_order would ask the deals
    deals = [{**deal, "symbol": symbol} for deal in deals]
    expected = oracle.expected_order(row, market=market, deals=deals, maintained=maintained, extra=extra)
    mapped = unified_order(row, market=market, number=number, deals=deals, maintained=maintained, extra=extra)
    assert oracle.typed(mapped) == oracle.typed(oracle.numbered(expected, number))


@given(row=oracle.order_rows(), extra=oracle.extras)
def test_order_without_deals_equals_what_safe_order_makes_in_floats(row: Row, extra: Row) -> None:
    """Where ccxt's own float arithmetic loses nothing, the oracle may compute in floats too."""
    exchange = oracle.oracle(float)
    expected = oracle.expected_order(row, market=None, deals=[], maintained=True, extra=extra, exchange=exchange)
    if expected["fee"]:
        expected["fee"]["cost"] = float(expected["fee"]["cost"])  # safe_order hands the raw string through
    assert unified_order(row, extra=extra) == expected


def test_deals_of_one_second_stay_in_the_order_of_their_ids() -> None:
    """Deal 9 precedes deal 10; safe_order sorts ids as strings, where "10" comes first."""
    deals = [deal(9, "0.1", "60000"), deal(10, "0.2", "60001")]
    ccxts = oracle.expected_order(order(), market=None, deals=deals, maintained=False, extra={})
    assert [trade["id"] for trade in ccxts["trades"]] == ["10", "9"]
    assert [trade["id"] for trade in unified_order(order(), deals=deals)["trades"]] == ["9", "10"]


def test_sums_over_deals_are_exact_in_floats() -> None:
    """Costs are added up before they become floats; safe_order adds floats that were rounded one by one."""
    deals = [deal(1, "0.123456789012345678", "3.000000000000000007"), deal(2, "0.1", "0.1")]
    mapped = unified_order(order(qty="1"), deals=deals, maintained=False)
    cost = Decimal("0.123456789012345678") * Decimal("3.000000000000000007") + Decimal("0.01")
    assert mapped["cost"] == float(cost)
    assert mapped["filled"] == float("0.223456789012345678")


def test_deals_are_not_lost_with_decimals() -> None:
    """With number = Decimal the deals count; ccxt 4.5.90 reads a Decimal as nothing and reports 0 filled."""
    deals = [deal(1, "0.2", "60000", fee="12", fee_currency="USDT")]
    exchange = oracle.oracle(Decimal)
    ccxts = oracle.expected_order(order(), market=None, deals=deals, maintained=False, extra={}, exchange=exchange)
    assert (ccxts["filled"], ccxts["trades"][0]["amount"]) == (Decimal(0), None)
    mapped = unified_order(order(), deals=deals, maintained=False, number=Decimal)
    assert (mapped["filled"], mapped["trades"][0]["amount"]) == (Decimal("0.2"), Decimal("0.2"))
    assert mapped["fee"] == {"currency": "USDT", "cost": Decimal(12)}


def test_deals_that_lag_behind_a_maintained_row_do_not_tell_its_cost() -> None:
    """Filled, average and cost agree with one another while a deal is still under way."""
    row = order(filled_qty="0.5", avg_fill_price="59000", status="FILLED")
    mapped = unified_order(row, deals=[deal(1, "0.1", "59000")])
    assert (mapped["filled"], mapped["average"], mapped["cost"]) == (0.5, 59000.0, 29500.0)


def test_complete_deals_tell_the_exact_cost() -> None:
    """The cost is what the deals cost; safe_order multiplies the quantity by an average that it cut to 18 places."""
    deals = [deal(1, "0.1", "100"), deal(2, "0.2", "101")]
    raw = dict.fromkeys(("type", "cost", "filled", "average", "price"))
    ccxts = oracle.oracle().safe_order({"id": "7", "symbol": "BTC/USDT", "side": "buy", "trades": deals, **raw})
    assert ccxts["cost"] == "30.1999999999999999998"
    mapped = unified_order(order(qty="0.3"), deals=deals, number=str, maintained=False)
    assert (mapped["cost"], mapped["average"]) == ("30.2", ccxts["average"])


def test_legacy_order_is_open_until_its_deals_fill_it() -> None:
    """The status SUBMITTED of a legacy OMS means open while the deals do not add up to the quantity (fact 19)."""
    deals = [deal(1, "0.2", "60000"), deal(2, "0.3", "59000")]
    part = unified_order(order(), deals=deals[:1], maintained=False)
    whole = unified_order(order(), deals=deals, maintained=False)
    assert (part["status"], part["filled"], part["remaining"]) == ("open", 0.2, 0.3)
    assert (whole["status"], whole["filled"], whole["remaining"], whole["average"]) == ("closed", 0.5, 0.0, 59400.0)


@pytest.mark.parametrize(("step", "status"), [("0.01", "closed"), ("0.005", "open"), (None, "open")])
def test_what_is_finer_than_the_market_is_never_filled(step: str | None, status: str) -> None:
    """A legacy order is whole when less is left than the exchange deals in, which it has cut off (fact 19)."""
    market = MarketFacts("BTC/USDT", spot=True, contract=False, inverse=False, contract_size=None, step=step)
    row = order(qty="0.505")
    assert unified_order(row, deals=[deal(1, "0.5", "60000")], market=market, maintained=False)["status"] == status
    assert unified_order(row, market=market, maintained=False)["status"] == "open"


def test_legacy_order_without_deals_is_unfilled() -> None:
    """What a legacy row says of fills is not looked at."""
    mapped = unified_order(order(filled_qty="0.5", avg_fill_price="1"), maintained=False)
    assert (mapped["filled"], mapped["average"], mapped["cost"], mapped["trades"]) == (0.0, None, 0.0, [])


def test_canceled_legacy_order_that_was_filled_is_closed() -> None:
    """A cancel that came too late does not hide that everything was filled."""
    mapped = unified_order(order(status="CANCELED"), deals=[deal(1, "0.5", "60000")], maintained=False)
    assert mapped["status"] == "closed"


def test_overfill_is_reported_as_it_is() -> None:
    """More filled than ordered leaves a negative rest instead of a wrong one."""
    mapped = unified_order(order(filled_qty="0.6", avg_fill_price="60000", status="FILLED"), number=str)
    assert (mapped["filled"], mapped["remaining"]) == ("0.6", "-0.1")


def test_contract_size_counts() -> None:
    """The cost of contracts is what they contain times the price."""
    mapped = unified_order(order(qty="5", filled_qty="5", avg_fill_price="60000"), market=SWAP)
    assert mapped["cost"] == 300.0


def test_fees_of_several_currencies_stand_side_by_side() -> None:
    """Fees are summed per currency, and `fee` is None where there is no single sum."""
    deals = [
        deal(1, "0.1", "60000", fee="1", fee_currency="USDT"),
        deal(2, "0.1", "60000", fee="0.1", fee_currency="BNB"),
        deal(3, "0.1", "60000", fee="2", fee_currency="USDT"),
    ]
    mapped = unified_order(order(), deals=deals, number=str)
    assert mapped["fees"] == [{"currency": "USDT", "cost": "3"}, {"currency": "BNB", "cost": "0.1"}]
    assert mapped["fee"] is None


def test_attached_stops_and_own_triggers() -> None:
    """The row's attached stops are reported, and the order's own trigger where the submitter knows one."""
    row = order(stop_loss="55000", stop_gain="65000")
    attached = unified_order(row)
    own = unified_order(row, extra={"stopLossPrice": "58000", "triggerPrice": "59000"})
    assert (attached["stopLossPrice"], attached["takeProfitPrice"], attached["triggerPrice"]) == (
        55000.0,
        65000.0,
        None,
    )
    assert (own["stopLossPrice"], own["triggerPrice"], own["stopPrice"]) == (58000.0, 59000.0, 59000.0)


@pytest.mark.parametrize(("status", "unified"), [*STATUSES.items(), ("SUSPENDED", None), (None, None), (["x"], None)])
def test_status(status: object, unified: str | None) -> None:
    """A status that the table does not know is None, and stands in `info`."""
    mapped = unified_order(order(status=status))
    assert mapped["status"] == unified
    assert mapped["info"]["status"] == status


def test_row_is_handed_on_and_not_changed() -> None:
    """`info` is the row itself, as it came."""
    row = order()
    before = json.dumps(row)
    assert unified_order(row, deals=[deal(1, "0.5", "60000")], maintained=False)["info"] is row
    assert json.dumps(row) == before


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (None, "order row is not an object: None"),
        ([1, 2], "order row is not an object: [1, 2]"),
        ({}, "order row without an integer id: None"),
        (order(id="7"), "order row without an integer id: '7'"),
        (order(id=True), "order row without an integer id: True"),
        (order(qty="NaN"), "order 7: qty is not a decimal: 'NaN'"),
        (order(qty=0.5), "order 7: qty is not a decimal: 0.5"),
        (order(qty="-1"), "order 7: qty is negative: '-1'"),
        (order(price="1e999"), "order 7: price is not a decimal: '1e999'"),
        (order(filled_qty="1" * 5000), "order 7: filled_qty is not a decimal: '111111111111111111111111111...1111"),
        (order(created_at="yesterday"), "order 7: created_at is not a timestamp: 'yesterday'"),
        (order(updated_at=1763814503), "order 7: updated_at is not a timestamp: 1763814503"),
        (order(updated_at="1912-06-23T12:00:00"), "order 7: updated_at lies before 1970: '1912-06-23T12:00:00'"),
    ],
)
def test_row_that_makes_no_sense_is_refused(row: Any, message: str) -> None:
    """The error names the order, the field, and what stood there."""
    with pytest.raises(BadResponse) as caught:
        unified_order(row)
    assert str(caught.value).startswith(message)


def test_deal_that_makes_no_sense_is_refused() -> None:
    """The error of an order's deal names the deal."""
    with pytest.raises(BadResponse, match="deal 3: price is not a decimal: 'x'"):
        unified_order(order(), deals=[deal(3, "1", "x")])


def test_every_recorded_order_maps() -> None:
    """All order rows of the recordings become what ccxt makes of them."""
    rows = recorded_orders()
    assert len(rows) > 50
    for row in rows:
        for maintained in (True, False):
            expected = oracle.expected_order(row, market=None, deals=[], maintained=maintained, extra={})
            assert unified_order(row, number=str, maintained=maintained) == expected
