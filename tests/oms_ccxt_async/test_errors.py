"""Each answer of the OMS has one exception and one fate; nothing that speaks of trouble is taken for a refusal."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import ccxt
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms_ccxt_async import errors
from oms_ccxt_async.errors import Fate, OrderOutcomeUnknown, answered, fate_of
from oms_ccxt_async.evidence import CODES
from tests.oms_ccxt_async.support import ccxt_class

CONTRACT = Path(__file__).parents[1] / "contract"
REFUSED, NOT_DONE, UNKNOWN = Fate.REFUSED, Fate.NOT_DONE, Fate.UNKNOWN


def recorded_answers() -> list[tuple[str, int | None, Any]]:
    """Every error of the recordings: where it stands, its status if it has one, and its detail."""
    found: list[tuple[str, int | None, Any]] = []
    for call in orjson.loads((CONTRACT / "rest.json").read_bytes()):
        response = call["response"]
        body = response["body"] if isinstance(response["body"], dict) else {}
        detail = body.get("detail")
        if response["status"] >= 400:
            found.append((call["name"], response["status"], detail))
        results = body.get("results") or (detail.get("results") if isinstance(detail, dict) else None) or []
        found += [(f"{call['name']}, item {row['index']}", None, row["error"]) for row in results if not row["ok"]]
    for conversation in orjson.loads((CONTRACT / "ws.json").read_bytes()):
        for entry in conversation["messages"]:
            message = entry.get("message")
            if isinstance(message, dict) and message.get("ok") is False:
                payload = message["payload"]
                found.append((f"ws {message['id']}", None, payload.get("error", payload)))
    return found


SCHEMA = "a schema violation"


def said(detail: Any) -> tuple[str | None, str | None] | str:
    """What identifies a recorded detail."""
    if isinstance(detail, dict):
        return detail.get("code"), detail.get("message")
    return SCHEMA if isinstance(detail, list) else str(detail)


RECORDED: dict[tuple[str | None, str | None] | str, tuple[type[Exception], Fate]] = {
    ("internal_error", "paper does not have market symbol NOPE/USDT"): (ccxt.BadSymbol, REFUSED),
    ("dispatcher_error", "paper does not have market symbol NOPE/USDT"): (ccxt.BadSymbol, REFUSED),
    ("internal_error", "paper insufficient balance"): (ccxt.InsufficientFunds, REFUSED),
    ("invalid_strategy_id", "strategy_id=77 is not registered for account_id=1"): (ccxt.BadRequest, REFUSED),
    ("account_not_found", "account_not_found"): (ccxt.AccountNotEnabled, REFUSED),
    ("account_not_found", "account_id=99"): (ccxt.AccountNotEnabled, REFUSED),
    ("dispatcher_error", "permission_denied"): (ccxt.PermissionDenied, REFUSED),
    ("permission_denied", "account_id=2"): (ccxt.PermissionDenied, REFUSED),
    ("dispatcher_error", "strategy_permission_denied"): (ccxt.PermissionDenied, REFUSED),
    ("dispatcher_error", "admin_read_only"): (ccxt.PermissionDenied, REFUSED),
    ("dispatcher_error", "invalid_api_key"): (ccxt.AuthenticationError, REFUSED),
    ("dispatcher_error", "missing_api_key"): (ccxt.AuthenticationError, REFUSED),
    ("dispatcher_error", "order_not_found"): (ccxt.OrderNotFound, REFUSED),
    ("dispatcher_error", "paper order not found"): (ccxt.OrderNotFound, REFUSED),
    ("internal_error", "no orders canceled"): (ccxt.InvalidOrder, REFUSED),
    ("invalid_order_state", "order state does not allow changes"): (ccxt.InvalidOrder, REFUSED),
    ("validation_error", "payload.qty is required"): (ccxt.BadRequest, REFUSED),
    ("validation_error", "start_date and end_date are required"): (ccxt.BadRequest, REFUSED),
    ("validation_error", "start_date must be YYYY-MM-DD"): (ccxt.BadRequest, REFUSED),
    ("validation_error", "start_date must be <= end_date"): (ccxt.BadRequest, REFUSED),
    ("validation_error", "account_ids is required"): (ccxt.BadRequest, REFUSED),
    ("validation_error", "unsupported core func: nope"): (ccxt.BadRequest, REFUSED),
    ("validation_error", "account_id, symbol, channels are required"): (ccxt.BadRequest, REFUSED),
    ("internal_error", "merge_positions requires same side"): (ccxt.ExchangeError, REFUSED),
    ("strategy_required", "strategy_id is required for account_id=1"): (ccxt.ArgumentsRequired, REFUSED),
    ("dispatcher_error", "object dict can't be used in 'await' expression"): (ccxt.NotSupported, REFUSED),
    ("dispatcher_error", "unsupported ccxt method: no_such"): (ccxt.NotSupported, REFUSED),
    # The OMS's database failed in the middle: that says nothing of what the exchange did before.
    ("internal_error", "(1048, \"Column 'qty' cannot be null\")"): (ccxt.ExchangeNotAvailable, UNKNOWN),
    SCHEMA: (ccxt.BadRequest, REFUSED),
    "Not Found": (ccxt.NotSupported, REFUSED),
    "Method Not Allowed": (ccxt.NotSupported, REFUSED),
    ("unsupported_action", None): (ccxt.NotSupported, REFUSED),
    # Without a text it is no word on anything (fact 32).
    ("internal_error", None): (ccxt.ExchangeNotAvailable, UNKNOWN),
    ("not_authenticated", None): (ccxt.AuthenticationError, REFUSED),
    ("missing_api_key", None): (ccxt.AuthenticationError, REFUSED),
    ("permission_denied", None): (ccxt.PermissionDenied, REFUSED),
    ("missing_account_ids", None): (ccxt.AccountNotEnabled, REFUSED),
}


@pytest.mark.parametrize(("place", "status", "detail"), recorded_answers())
def test_recorded_error_has_its_class_and_fate(place: str, status: int | None, detail: Any) -> None:
    """Every error that the OMS was ever seen to answer is raised as the table says."""
    error = answered(status, detail, asked="create_order(BTC/USDT)")
    assert (ccxt_class(error), fate_of(error)) == RECORDED[said(detail)]


def test_recorded_errors_are_all_in_the_table() -> None:
    """The table has no row for an error that was not recorded, and misses none that was."""
    assert {said(detail) for _, _, detail in recorded_answers()} == set(RECORDED)


TEXTS = [
    ('binance {"code":-2019,"msg":"Margin is insufficient."}', ccxt.InsufficientFunds, REFUSED),
    ("insufficient balance for an order at this price", ccxt.InsufficientFunds, REFUSED),
    ("kraken EOrder:Insufficient funds", ccxt.InsufficientFunds, REFUSED),
    ("Balance is not enough, minimum amount 5", ccxt.InsufficientFunds, REFUSED),
    ("insufficient permissions for this key", ccxt.PermissionDenied, REFUSED),
    ("insufficient liquidity: amount exceeds the book", ccxt.InvalidOrder, REFUSED),
    ('binance {"code":-1121,"msg":"Invalid symbol."}', ccxt.BadSymbol, REFUSED),
    ("unknown order sent", ccxt.OrderNotFound, REFUSED),
    ("Order does not exist.", ccxt.OrderNotFound, REFUSED),
    ("order not exists or too late to cancel", ccxt.OrderNotFound, REFUSED),
    ("the order has been filled, canceled or does not exist", ccxt.OrderNotFound, REFUSED),
    ("unknown order type: foo", ccxt.InvalidOrder, REFUSED),
    ("unknown order book depth", ccxt.ExchangeNotAvailable, UNKNOWN),
    ("Duplicate clientOrderId", ccxt.DuplicateOrderId, REFUSED),
    ('binance {"code":-1003,"msg":"Too many requests; limit is 6000"}', ccxt.DDoSProtection, REFUSED),
    ("funding rate limit is 0.01", ccxt.ExchangeNotAvailable, UNKNOWN),
    ("request timed out", ccxt.RequestTimeout, UNKNOWN),
    ('binance {"code":-1007,"msg":"Timeout; execution status unknown."}', ccxt.RequestTimeout, UNKNOWN),
    ("binance POST https://api.binance.com/api/v3/order", ccxt.ExchangeNotAvailable, UNKNOWN),
    ("binance POST https://api.binance.com/v3/order?price=1 503 Unavailable", ccxt.ExchangeNotAvailable, UNKNOWN),
    ("Max retries exceeded with url: /api/v3/price", ccxt.ExchangeNotAvailable, UNKNOWN),
    ("connection reset while the price was sent", ccxt.ExchangeNotAvailable, UNKNOWN),
    ("(2013, 'Lost connection to MySQL server during query')", ccxt.ExchangeNotAvailable, UNKNOWN),
    ("(1062, \"Duplicate entry 'x' for key 'client_order_id'\")", ccxt.ExchangeNotAvailable, UNKNOWN),
    ("(1406, \"Data too long for column 'price'\")", ccxt.InvalidOrder, REFUSED),
    ("'NoneType' object has no attribute 'price'", ccxt.ExchangeNotAvailable, UNKNOWN),
    ("'NoneType' object is not subscriptable", ccxt.ExchangeNotAvailable, UNKNOWN),
    ("'price'", ccxt.ExchangeNotAvailable, UNKNOWN),
    ("Expecting value: line 1 column 1 (char 0)", ccxt.ExchangeNotAvailable, UNKNOWN),
    ("paper post only order would immediately match and take", ccxt.OrderImmediatelyFillable, REFUSED),
    ("kraken EOrder:Post only order", ccxt.OrderImmediatelyFillable, REFUSED),
    ("paper post only order must be a limit order that is good till canceled", ccxt.InvalidOrder, REFUSED),
    ("Order would immediately trigger.", ccxt.OrderImmediatelyFillable, REFUSED),
    ("FOK order could not be filled", ccxt.OrderNotFillable, REFUSED),
    ("paper does not support time in force FOK", ccxt.InvalidOrder, REFUSED),
    ("paper does not support order type iceberg", ccxt.InvalidOrder, REFUSED),
    ("market is closed", ccxt.MarketClosed, REFUSED),
    ("paper order amount is too small: 0.000001 BTC, minimum 0.00001", ccxt.InvalidOrder, REFUSED),
    ("paper order cost is too small: 0.6 USDT, minimum 5", ccxt.InvalidOrder, REFUSED),
    ("paper order price 0.001 breaks the price precision 0.01", ccxt.InvalidOrder, REFUSED),
    ("paper reduce only order has no position to reduce", ccxt.InvalidOrder, REFUSED),
    ("Filter failure: LOT_SIZE", ccxt.InvalidOrder, REFUSED),
    ("Limit price can't be higher than 66000", ccxt.InvalidOrder, REFUSED),
    ("binance fetchFoo() is not supported yet", ccxt.NotSupported, REFUSED),
    ("Invalid API-key, IP, or permissions for action.", ccxt.AuthenticationError, REFUSED),
    ("Signature for this request is not valid.", ccxt.AuthenticationError, REFUSED),
    ("you are not allowed to trade here", ccxt.PermissionDenied, REFUSED),
    ("leverage must be between 1 and 125", ccxt.InvalidOrder, REFUSED),
]


@pytest.mark.parametrize(("text", "error", "fate"), TEXTS, ids=[text[:50] for text, _, _ in TEXTS])
@pytest.mark.parametrize(("status", "code"), [(400, "internal_error"), (None, "internal_error")])
def test_free_text_of_an_exchange_is_classified(
    text: str, error: type[Exception], fate: Fate, status: int | None, code: str
) -> None:
    """Free text is read for what it is evidence of, and trouble comes before loose words like price."""
    raised = answered(status, {"code": code, "message": text}, asked="x")
    assert (ccxt_class(raised), fate_of(raised)) == (error, fate)


@pytest.mark.parametrize(("text", "error", "fate"), TEXTS, ids=[text[:50] for text, _, _ in TEXTS])
def test_free_text_decides_over_a_5xx_only_where_it_is_recognised(
    text: str, error: type[Exception], fate: Fate
) -> None:
    """A 502 that names a permanent error is that error (fact 3); one that does not is trouble of unknown outcome."""
    raised = answered(502, {"code": "dispatcher_error", "message": text}, asked="x")
    expected = (ccxt.ExchangeNotAvailable, UNKNOWN) if error is ccxt.ExchangeError else (error, fate)
    assert (ccxt_class(raised), fate_of(raised)) == expected


@pytest.mark.parametrize("place", ["code", "message"])
@pytest.mark.parametrize("code", sorted(CODES))
@pytest.mark.parametrize("status", [None, 400, 403, 404, 409, 422, 500, 502, 504])
def test_known_code_decides_whatever_the_status(code: str, status: int | None, place: str) -> None:
    """A code of the contract has the same class and fate in both places and over every status (facts 2 and 3)."""
    detail = {"code": code, "message": "said"} if place == "code" else {"code": "dispatcher_error", "message": code}
    raised = answered(status, detail, asked="x")
    assert (ccxt_class(raised), fate_of(raised)) == (CODES[code].error, CODES[code].fate)


@pytest.mark.parametrize(
    ("code", "error", "fate"),
    [
        ("dispatcher_unavailable", ccxt.ExchangeNotAvailable, UNKNOWN),
        ("dispatcher_empty_response", ccxt.ExchangeNotAvailable, UNKNOWN),
        ("engine_unavailable", ccxt.ExchangeNotAvailable, UNKNOWN),
        ("dispatcher_timeout", ccxt.RequestTimeout, UNKNOWN),
        ("duplicate_client_order_id", ccxt.DuplicateOrderId, REFUSED),
        ("idempotency_mismatch", ccxt.BadRequest, REFUSED),
        ("invalid_order_state", ccxt.InvalidOrder, REFUSED),
    ],
)
def test_code_of_the_contract_that_was_not_recorded(code: str, error: type[Exception], fate: Fate) -> None:
    """Codes that the contract names without a recording have the class that its prose gives them."""
    raised = answered(503, {"code": code, "message": code}, asked="x")
    assert (ccxt_class(raised), fate_of(raised)) == (error, fate)


STATUSES = [
    (300, ccxt.ExchangeError, REFUSED),
    (302, ccxt.ExchangeError, REFUSED),
    (303, ccxt.ExchangeError, UNKNOWN),
    (304, ccxt.ExchangeError, REFUSED),
    (308, ccxt.ExchangeError, REFUSED),
    (400, ccxt.BadRequest, REFUSED),
    (401, ccxt.AuthenticationError, REFUSED),
    (403, ccxt.PermissionDenied, REFUSED),
    (404, ccxt.NotSupported, REFUSED),
    (405, ccxt.NotSupported, REFUSED),
    (407, ccxt.AuthenticationError, REFUSED),
    (408, ccxt.RequestTimeout, UNKNOWN),
    (409, ccxt.OperationRejected, UNKNOWN),
    (413, ccxt.BadRequest, REFUSED),
    (418, ccxt.DDoSProtection, NOT_DONE),
    (422, ccxt.BadRequest, REFUSED),
    (425, ccxt.DDoSProtection, NOT_DONE),
    (429, ccxt.DDoSProtection, NOT_DONE),
    (499, ccxt.BadRequest, REFUSED),
    (500, ccxt.ExchangeNotAvailable, UNKNOWN),
    (502, ccxt.ExchangeNotAvailable, UNKNOWN),
    (503, ccxt.ExchangeNotAvailable, UNKNOWN),
    (504, ccxt.RequestTimeout, UNKNOWN),
    (599, ccxt.ExchangeNotAvailable, UNKNOWN),
]


@pytest.mark.parametrize(("status", "error", "fate"), STATUSES)
@pytest.mark.parametrize("detail", [None, "Not Found", 7], ids=["no detail", "a string", "a number"])
def test_status_decides_where_the_body_is_not_the_oms(
    status: int, error: type[Exception], fate: Fate, detail: Any
) -> None:
    """Without a code or an exchange's words, the status is all there is."""
    raised = answered(status, detail, asked="x")
    assert (ccxt_class(raised), fate_of(raised)) == (error, fate)


@pytest.mark.parametrize(
    ("status", "error", "fate"),
    [
        (400, ccxt.ExchangeError, REFUSED),
        (401, ccxt.AuthenticationError, REFUSED),
        (403, ccxt.PermissionDenied, REFUSED),
        (404, ccxt.ExchangeError, REFUSED),
        (409, ccxt.OperationRejected, UNKNOWN),
        (422, ccxt.ExchangeError, REFUSED),
        (429, ccxt.DDoSProtection, NOT_DONE),
        (500, ccxt.ExchangeNotAvailable, UNKNOWN),
        (504, ccxt.RequestTimeout, UNKNOWN),
        (None, ccxt.ExchangeError, REFUSED),
    ],
)
def test_unknown_code_and_text(status: int | None, error: type[Exception], fate: Fate) -> None:
    """An unknown code with unknown words is a refusal below 500 and trouble of unknown outcome from there on."""
    raised = answered(status, {"code": "new_code", "message": "never heard of"}, asked="x")
    assert (ccxt_class(raised), fate_of(raised)) == (error, fate)


def test_overload_is_not_read_for_its_words() -> None:
    """A 429 turned the request away, whatever its body says besides."""
    raised = answered(429, {"code": "busy", "message": "timed out: order not found"}, asked="x")
    assert (ccxt_class(raised), fate_of(raised)) == (ccxt.DDoSProtection, NOT_DONE)


def test_message_says_what_was_asked_what_came_back_and_what_to_do() -> None:
    """The text of an exception suffices to act on it."""
    error = answered(400, {"code": "internal_error", "message": "paper insufficient balance"}, asked="create_order(A)")
    assert str(error) == (
        'oms create_order(A): the OMS answered 400 internal_error "paper insufficient balance"; '
        "fund the account or trade less"
    )


def test_schema_violation_names_its_places() -> None:
    """A 422 says which fields are wrong, without the schema's inner names."""
    detail = [{"type": "x", "loc": ["body", "list[Union]", "payload", "qty"], "msg": "too small", "input": "-1"}]
    assert "body.payload.qty: too small" in str(answered(422, detail, asked="x"))


def test_attributes_of_an_answer() -> None:
    """What came back is there as data: status, code, detail, and the order id that an answer names."""
    detail = {"code": "duplicate_client_order_id", "message": "taken", "order_id": 7}
    error = answered(409, detail, asked="create_order()")
    found = (error.asked, error.status, error.code, error.detail, error.order_id)
    assert found == ("create_order()", 409, "duplicate_client_order_id", detail, "7")


@pytest.mark.parametrize(
    ("error", "kind", "fate"),
    [
        (errors.unreadable(200, "nonsense", asked="x"), ccxt.BadResponse, UNKNOWN),
        (errors.no_answer("refused", asked="x"), ccxt.ExchangeNotAvailable, NOT_DONE),
        (errors.no_answer("late", asked="x", timeout=True), ccxt.RequestTimeout, NOT_DONE),
        (errors.lost("reset", asked="x"), ccxt.ExchangeNotAvailable, UNKNOWN),
        (errors.lost("late", asked="x", timeout=True), ccxt.RequestTimeout, UNKNOWN),
        (errors.paused(1_000, asked="x"), ccxt.DDoSProtection, NOT_DONE),
        (errors.closed(asked="x", sent=True), ccxt.ExchangeClosedByUser, UNKNOWN),
        (errors.closed(asked="x", sent=False), ccxt.ExchangeClosedByUser, NOT_DONE),
    ],
)
def test_request_without_an_answer(error: Exception, kind: type[Exception], fate: Fate) -> None:
    """What did not come back as an answer says whether it was sent, and is picklable like the rest."""
    again = pickle.loads(pickle.dumps(error))
    assert (ccxt_class(error), fate_of(error)) == (kind, fate)
    assert (ccxt_class(again), str(again), vars(again)) == (kind, str(error), vars(error))


@pytest.mark.parametrize(("place", "status", "detail"), recorded_answers())
def test_every_recorded_error_is_a_picklable_ccxt_error(place: str, status: int | None, detail: Any) -> None:
    """An exception may cross a process border without losing what it carries."""
    error = answered(status, detail, asked="x")
    again = pickle.loads(pickle.dumps(error))
    assert isinstance(error, ccxt.BaseError)
    assert (ccxt_class(again), str(again), vars(again)) == (ccxt_class(error), str(error), vars(error))


@pytest.mark.parametrize(
    ("error", "fate"),
    [
        (ccxt.InvalidOrder("x"), REFUSED),
        (ccxt.NetworkError("x"), UNKNOWN),
        (ccxt.BadResponse("x"), UNKNOWN),
        (RuntimeError("x"), UNKNOWN),
        (KeyboardInterrupt(), UNKNOWN),
    ],
)
def test_fate_of_an_exception_that_does_not_say(error: BaseException, fate: Fate) -> None:
    """Only a definite error of ccxt is a refusal; whatever else happened proves nothing."""
    assert fate_of(error) is fate


def unknown_order(**extra: Any) -> OrderOutcomeUnknown:
    return OrderOutcomeUnknown("oms: unclear", client_order_id="mine-1", request={"symbol": "BTC/USDT"}, **extra)


def test_unknown_outcome_is_a_request_timeout_with_the_client_order_id() -> None:
    """CCXT programs see the timeout they are prepared for, and what to ask for."""
    error = unknown_order()
    assert isinstance(error, ccxt.RequestTimeout)
    assert (error.client_order_id, error.clientOrderId, error.request) == ("mine-1", "mine-1", {"symbol": "BTC/USDT"})
    assert fate_of(error) is UNKNOWN


async def test_unknown_outcome_can_be_resolved() -> None:
    """`resolve()` asks whoever can find out."""

    async def found() -> dict[str, Any]:
        return {"id": "7"}

    assert await unknown_order(resolver=found).resolve() == {"id": "7"}


@pytest.mark.parametrize("duplicate", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])
async def test_unknown_outcome_travels_without_its_resolver(duplicate: Any) -> None:
    """In another process it has all of its attributes, later ones too, and `resolve()` says that it is unsettled."""

    async def found() -> dict[str, Any]:
        return {"id": "7"}

    error = unknown_order(resolver=found)
    error.orders = [{"id": "1"}]
    again = duplicate(error)
    assert (str(again), again.client_order_id, again.request) == (str(error), "mine-1", error.request)
    assert (again.orders, again.fate) == ([{"id": "1"}], UNKNOWN)
    with pytest.raises(OrderOutcomeUnknown):
        await again.resolve()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
DETAIL = JSON | st.fixed_dictionaries({}, optional={"code": JSON, "message": JSON, "order_id": JSON})


@given(status=st.none() | st.integers(300, 599), detail=DETAIL)
def test_any_body_has_an_exception(status: int | None, detail: Any) -> None:
    """Whatever stands in `detail`, the result is a ccxt exception with a fate and a bounded message."""
    error = answered(status, detail, asked="x")
    assert isinstance(error, ccxt.BaseError)
    assert isinstance(error.fate, Fate)
    assert len(str(error)) < 2_500


@given(text=st.text(alphabet="minimum price amount must exceed ", min_size=1_000, max_size=3_000))
def test_long_text_is_read_in_bounded_time(text: str) -> None:
    """A text made of the words that are looked for costs no more than its length (the test has a time limit)."""
    assert answered(400, {"code": "internal_error", "message": text * 1_000}, asked="x").status == 400
