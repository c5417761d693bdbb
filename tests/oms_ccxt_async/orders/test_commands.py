import copy
import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ccxt.base.errors import ArgumentsRequired, BadRequest, InvalidOrder, NotSupported
from hypothesis import given
from hypothesis import strategies as st

from oms_ccxt_async.mappers.order import unified_order
from oms_ccxt_async.orders import commands
from tests.oms_ccxt_async.support import ccxt_class

CONTRACT = Path(__file__).parents[2] / "contract"
SCHEMAS = json.loads((CONTRACT / "openapi.json").read_text())["components"]["schemas"]
IDENTITY: dict[str, Any] = {"account_id": 1, "request_id": "req-1"}
ORDER_IDENTITY: dict[str, Any] = {**IDENTITY, "default_strategy_id": 2, "client_order_id": "cid-1"}

JSON_TYPES = {
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
}


def fits(value: Any, schema: Mapping[str, Any]) -> bool:
    """Whether a value is valid under a schema of openapi.json, as far as the commands use JSON Schema."""
    if "$ref" in schema:
        return fits(value, SCHEMAS[schema["$ref"].rsplit("/", 1)[1]])
    if "anyOf" in schema:
        return any(fits(value, option) for option in schema["anyOf"])
    if "type" in schema and not JSON_TYPES[schema["type"]](value):
        return False
    if value != schema.get("const", value) or value not in schema.get("enum", [value]):
        return False
    if isinstance(value, list):
        return all(fits(item, schema["items"]) for item in value)
    if isinstance(value, dict) and "properties" in schema:
        known = schema["properties"]
        return set(schema.get("required", ())) <= set(value) <= set(known) and all(
            fits(item, known[key]) for key, item in value.items()
        )
    if isinstance(value, str):
        return len(value) >= int(schema.get("minLength", 0))
    return "exclusiveMinimum" not in schema or bool(value > schema["exclusiveMinimum"])


def assert_valid(body: dict[str, Any]) -> None:
    """The OMS accepts the body under the schema that it publishes."""
    model = "".join(part.title() for part in body["command"].split("_")) + "Command"
    assert fits(body, SCHEMAS[model]), body


def send(
    type: Any = "limit",
    amount: Any = "0.5",
    price: Any = "60000",
    symbol: Any = "BTC/USDT",
    side: Any = "buy",
    **params: Any,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """A valid body, its payload, and the extra facts of an order."""
    body, extra = commands.send_order(symbol, type, side, amount, price, params, **ORDER_IDENTITY)
    assert_valid(body)
    return body["payload"], extra


def test_schema_check_sees_what_the_oms_refuses() -> None:
    """The check by which these tests judge bodies fails for what the recorded OMS answered 422 to."""
    refused = {"unknown payload field", "unknown command"}
    schemas = [SCHEMAS[name] for name in SCHEMAS if name.endswith("Command")]
    calls = json.loads((CONTRACT / "rest.json").read_text())
    seen = {call["name"]: call["request"]["body"] for call in calls if call["request"]["path"] == "/oms/commands"}
    accepted = {call["name"] for call in calls if call["response"]["status"] == 200} & set(seen)
    for name in accepted | refused:
        bodies = seen[name] if isinstance(seen[name], list) else [seen[name]]
        assert all(any(fits(body, schema) for schema in schemas) for body in bodies) == (name in accepted), name


@pytest.mark.parametrize(
    ("amount", "params", "message"),
    [
        ("1", {"reason": "x" * 60}, "reason has 60 characters.*fewer than 60"),
        ("1", {"comment": "x" * 300}, "comment has 300 characters"),
        ("1" * 19, {}, "holds 18 digits"),
        ("0." + "0" * 18 + "1", {}, "holds 18 digits"),
    ],
)
def test_what_a_legacy_column_cannot_hold_is_refused(amount: str, params: dict[str, Any], message: str) -> None:
    """The message names the field and the limit (fact 31); a number would be rounded without a word."""
    body, _ = commands.send_order("BTC/USDT", "limit", "buy", amount, 1, params, **ORDER_IDENTITY)
    with pytest.raises(InvalidOrder, match=message):
        commands.check_columns(body)


def test_what_a_legacy_column_can_hold_passes() -> None:
    """Up to the limits nothing is refused here; what lies between, the OMS says itself."""
    params = {"reason": "x" * 59, "comment": "x" * 299}
    amount = "1" * 18 + "." + "1" * 18
    commands.check_columns(commands.send_order("BTC/USDT", "limit", "buy", amount, 1, params, **ORDER_IDENTITY)[0])


def test_limit_order() -> None:
    """The body names account, request and command, and carries exact decimal strings."""
    body, extra = commands.send_order("BTC/USDT", "limit", "buy", 0.1, Decimal("60000.50"), {}, **ORDER_IDENTITY)
    assert body == {
        "account_id": 1,
        "request_id": "req-1",
        "command": "send_order",
        "payload": {
            "symbol": "BTC/USDT",
            "side": "buy",
            "order_type": "limit",
            "qty": "0.1",
            "price": "60000.5",
            "strategy_id": 2,
            "client_order_id": "cid-1",
        },
    }
    assert extra == {}


def test_market_order_leaves_the_price_out() -> None:
    """The rate that a bot passes with a market order is not sent as a limit."""
    payload, _ = send("market", price=60000)
    assert "price" not in payload


def test_type_and_side_in_any_case() -> None:
    """Upper case is understood as ccxt's classes understand it."""
    payload, _ = send("LIMIT", side="SELL")
    assert (payload["order_type"], payload["side"]) == ("limit", "sell")


def test_every_parameter_goes_to_its_field() -> None:
    """Unified parameters become the OMS's fields, and the rest goes to the exchange."""
    payload, extra = send(
        "stop_limit",
        postOnly=True,
        timeInForce="gtc",
        reduceOnly=False,
        triggerPrice=59000,
        stopLossPrice="58000",
        takeProfitPrice=Decimal("62000"),
        stopLoss={"triggerPrice": 55000, "type": "market"},
        takeProfit={"triggerPrice": 65000.5, "price": None},
        trailingAmount=10,
        trailingPercent=0.5,
        strategy_id="7",
        position_id=9,
        reason="bot",
        comment="hello",
        hedged=True,
        leverage=3,
        params={"tag": "x"},
    )
    assert payload == {
        "symbol": "BTC/USDT",
        "side": "buy",
        "order_type": "stop_limit",
        "qty": "0.5",
        "price": "60000",
        "client_order_id": "cid-1",
        "post_only": True,
        "time_in_force": "GTC",
        "reduce_only": False,
        "trigger_price": "59000",
        "stop_price": "58000",
        "take_profit_price": "62000",
        "oms_stop_loss": "55000",
        "oms_stop_gain": "65000.5",
        "trailing_amount": "10",
        "trailing_percent": "0.5",
        "strategy_id": 7,
        "position_id": 9,
        "reason": "bot",
        "comment": "hello",
        "params": {"hedged": True, "leverage": 3, "tag": "x"},
    }
    assert extra == {
        "postOnly": True,
        "timeInForce": "GTC",
        "reduceOnly": False,
        "triggerPrice": "59000",
        "stopLossPrice": "58000",
        "takeProfitPrice": "62000",
    }


def test_every_order_field_of_the_schema_has_a_parameter() -> None:
    """No field of send_order is out of reach, in the OMS's own spelling."""
    arguments = {"symbol", "side", "order_type", "qty", "price", "params", "client_order_id"}
    samples = {"string": "text", "boolean": True, "integer": 3}
    for field, schema in SCHEMAS["SendOrderPayload"]["properties"].items():
        if field not in arguments:
            numeric = any(option.get("type") == "number" for option in schema.get("anyOf", []))
            kind = schema.get("type") or schema["anyOf"][0]["type"]
            payload, _ = send(**{field: "5" if numeric else samples[kind]})
            assert field in payload


def test_extra_is_what_a_row_lacks() -> None:
    """A fresh order row and the extra facts make a complete order."""
    _, extra = send(timeInForce="PO", triggerPrice=59000.0)
    order = unified_order({"id": 1, "order_type": "limit"}, extra=extra)
    assert (order["timeInForce"], order["postOnly"], order["triggerPrice"]) == ("PO", True, 59000.0)


def test_post_only_by_time_in_force() -> None:
    """PO is ccxt's time in force for post-only, the OMS has a field for it."""
    payload, extra = send(timeInForce="PO")
    assert payload["post_only"] is True
    assert "time_in_force" not in payload
    assert extra == {"postOnly": True}


def test_none_is_not_given() -> None:
    """A parameter that is None is neither sent nor checked."""
    payload, extra = send(postOnly=None, stopLoss=None, strategy_id=None)
    assert payload == send()[0]
    assert extra == {}


@pytest.mark.parametrize("value", [55000, "55000", {"triggerPrice": 55000}, {"stopPrice": 55000}, {"price": 55000}])
def test_attached_stop_in_every_spelling(value: Any) -> None:
    """One price is where the OMS closes the position, however it is wrapped."""
    assert send(stopLoss=value)[0]["oms_stop_loss"] == "55000"


@pytest.mark.parametrize(
    "value", [{"triggerPrice": 5, "price": 4}, {"triggerPrice": 5, "type": "limit"}, {"triggerPrice": 5, "amount": 1}]
)
def test_attached_stop_that_the_oms_cannot_express_is_refused(value: Any) -> None:
    """A limit price or an amount of an attached stop is not dropped in silence."""
    with pytest.raises(NotSupported, match="cannot express takeProfit"):
        send(takeProfit=value)


def test_same_value_in_two_spellings_is_no_contradiction() -> None:
    """A bot may set both names of a parameter."""
    payload, _ = send(postOnly=True, post_only=True, stopLossPrice=5, stopPrice="5.0", clientOrderId="cid-1")
    assert (payload["post_only"], payload["stop_price"]) == (True, "5")


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"postOnly": True, "post_only": False}, "post_only contradicts postOnly: False and True"),
        ({"timeInForce": "PO", "postOnly": False}, "postOnly contradicts timeInForce: False and True"),
        ({"stopLossPrice": 5, "stopPrice": 6}, "stopPrice contradicts stopLossPrice: '6' and '5'"),
        ({"triggerPrice": 5, "stopPrice": 6}, "stopPrice contradicts triggerPrice: '6' and '5'"),
        ({"stopLoss": 5, "oms_stop_loss": 6}, "oms_stop_loss contradicts stopLoss: '6' and '5'"),
        ({"clientOrderId": "mine"}, "clientOrderId contradicts client_order_id: 'mine' and 'cid-1'"),
        ({"tag": 1, "params": {"tag": 2}}, "params.tag contradicts tag: 2 and 1"),
    ],
)
def test_contradiction_is_refused(params: dict[str, Any], message: str) -> None:
    """Two spellings with two values are an error that names both."""
    with pytest.raises(InvalidOrder) as caught:
        send(**params)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"symbol": ""}, ArgumentsRequired, "an order requires a symbol"),
        ({"symbol": None}, ArgumentsRequired, "an order requires a symbol"),
        ({"side": None}, ArgumentsRequired, "an order requires a side"),
        ({"type": ""}, ArgumentsRequired, "an order requires a type"),
        ({"type": 5}, BadRequest, "type is not a string: 5"),
        ({"side": "long"}, BadRequest, "side is neither buy nor sell: 'long'"),
        ({"price": None}, ArgumentsRequired, "a limit order requires a price"),
        ({"price": None, "type": "stop_limit"}, ArgumentsRequired, "a stop_limit order requires a price"),
        ({"price": 0}, InvalidOrder, "price is not above 0: 0"),
        ({"price": "-1"}, InvalidOrder, "price is not above 0: -1"),
        ({"amount": None}, InvalidOrder, "amount is missing"),
        ({"amount": 0.0}, InvalidOrder, "amount is not above 0: 0"),
        ({"amount": "-0.5"}, InvalidOrder, "amount is not above 0: -0.5"),
        ({"amount": float("nan")}, InvalidOrder, "amount is not a decimal number: 'nan'"),
        ({"amount": "one"}, InvalidOrder, "amount is not a decimal number: 'one'"),
        ({"amount": True}, InvalidOrder, "amount is a boolean, not a number: True"),
        ({"triggerPrice": "x"}, InvalidOrder, "triggerPrice is not a decimal number: 'x'"),
        ({"stopLoss": {}}, ArgumentsRequired, "stopLoss requires a triggerPrice: {}"),
        ({"stopLoss": {"triggerPrice": 0}}, InvalidOrder, "stopLoss.triggerPrice is not above 0: 0"),
        ({"postOnly": "yes"}, BadRequest, "postOnly is not true or false: 'yes'"),
        ({"reduceOnly": 1}, BadRequest, "reduceOnly is not true or false: 1"),
        ({"timeInForce": 1}, BadRequest, "timeInForce is not a string: 1"),
        ({"comment": ["x"]}, BadRequest, "comment is not a string: ['x']"),
        ({"strategy_id": -1}, BadRequest, "strategy_id is not a non-negative integer: -1"),
        ({"strategy_id": "1.5"}, BadRequest, "strategy_id is not a non-negative integer: '1.5'"),
        ({"position_id": True}, BadRequest, "position_id is not a non-negative integer: True"),
        ({"position_id": "9" * 5000}, BadRequest, "position_id is not a non-negative integer: '999999"),
        ({"params": "x"}, BadRequest, "params is not an object: 'x'"),
        ({"postOnly": True, "type": "market"}, InvalidOrder, "market orders cannot be postOnly"),
        ({"postOnly": True, "timeInForce": "IOC"}, InvalidOrder, "postOnly orders cannot have timeInForce IOC"),
        ({"type": "market", "cost": 100}, NotSupported, "cost: the OMS takes the amount of an order, not its cost"),
    ],
)
def test_order_that_cannot_be_right_is_refused(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    """The error comes before anything is sent, and says which argument and what it was."""
    with pytest.raises(error) as caught:
        send(**arguments)
    assert ccxt_class(caught.value) is error
    assert str(caught.value).startswith(message)


def test_arguments_are_not_changed() -> None:
    """A bot may use one params dict for every order."""
    params = {"stopLoss": {"triggerPrice": 5}, "params": {"tag": "x"}, "other": [1], "postOnly": True}
    before = copy.deepcopy(params)
    body, _ = commands.send_order("BTC/USDT", "limit", "buy", 1, 2, params, **ORDER_IDENTITY)
    body["payload"]["params"]["tag"] = "y"
    assert params == before


@given(
    amount=st.decimals("0.000000000000000001", 10**15, places=18) | st.floats(1e-18, 1e15) | st.integers(1, 10**15),
    params=st.dictionaries(st.text(min_size=1), st.none() | st.booleans() | st.integers() | st.text(), max_size=4),
)
def test_any_body_is_valid_and_drops_nothing(amount: Any, params: dict[str, Any]) -> None:
    """Whatever the amount and the exchange's parameters, the body fits the schema and carries all of them."""
    payload, _ = send(amount=amount, params=params)
    assert Decimal(payload["qty"]) == Decimal(repr(amount) if isinstance(amount, float) else amount)
    assert payload.get("params", {}) == params


@pytest.mark.parametrize(
    ("order_ids", "payload"),
    [
        (7, {"order_id": 7}),
        ("7", {"order_id": 7}),
        ([7], {"order_ids": [7]}),
        (("7", 8), {"order_ids": [7, 8]}),
    ],
)
def test_cancel_order(order_ids: Any, payload: dict[str, Any]) -> None:
    """One id or several, as unified strings or as integers."""
    body = commands.cancel_order(order_ids, **IDENTITY)
    assert_valid(body)
    assert body["payload"] == payload


@pytest.mark.parametrize(
    ("order_ids", "error"),
    [
        *((None, ArgumentsRequired), ("", ArgumentsRequired), ([], ArgumentsRequired), (["1", ""], ArgumentsRequired)),
        *((0, BadRequest), (-1, BadRequest), ("abc", BadRequest), ("1.0", BadRequest), ([1, 2**63], BadRequest)),
    ],
)
def test_id_that_is_none_is_refused(order_ids: Any, error: type[Exception]) -> None:
    """Only positive integers of 64 bits are ids of the OMS."""
    with pytest.raises(error):
        commands.cancel_order(order_ids, **IDENTITY)


def test_cancel_all_orders() -> None:
    """Everything is canceled, or what some strategies opened."""
    everything = commands.cancel_all_orders(**IDENTITY)
    some = commands.cancel_all_orders([2, "3"], **IDENTITY)
    assert_valid(everything)
    assert_valid(some)
    assert (everything["payload"], some["payload"]) == ({}, {"strategy_ids": [2, 3]})


def test_change_order() -> None:
    """Price and quantity are exact strings, and what is not given is left out."""
    both = commands.change_order("7", 51000.0, "0.30", **IDENTITY)
    price = commands.change_order(7, new_price=51000, **IDENTITY)
    assert_valid(both)
    assert_valid(price)
    assert both["payload"] == {"order_id": 7, "new_price": "51000", "new_qty": "0.3"}
    assert price["payload"] == {"order_id": 7, "new_price": "51000"}


def test_change_of_nothing_is_refused() -> None:
    """An edit without a price and without an amount is not sent."""
    with pytest.raises(ArgumentsRequired, match="requires a new amount"):
        commands.change_order(7, **IDENTITY)


def test_close_position() -> None:
    """A position is closed by an order with parameters as any other's."""
    body, extra = commands.close_position(
        "3", 0.25, {"reduceOnly": True, "comment": "bye", "x": 1}, type="limit", price=61000, **ORDER_IDENTITY
    )
    assert_valid(body)
    assert body["payload"] == {
        "position_id": 3,
        "order_type": "limit",
        "client_order_id": "cid-1",
        "price": "61000",
        "comment": "bye",
        "strategy_id": 2,
        "params": {"x": 1},
        "qty": "0.25",
    }
    assert extra == {"reduceOnly": True}


@pytest.mark.parametrize(
    ("params", "error"),
    [({"stopLoss": 5}, NotSupported), ({"position_id": 5}, NotSupported), ({"reduceOnly": False}, InvalidOrder)],
)
def test_close_position_refuses_what_it_cannot_carry(params: dict[str, Any], error: type[Exception]) -> None:
    """A parameter without a field in the command is not dropped in silence."""
    with pytest.raises(error):
        commands.close_position(3, None, params, **ORDER_IDENTITY)


def test_close_by() -> None:
    """Two positions close one another, as far as asked."""
    whole = commands.close_by(1, "2", **IDENTITY)
    part = commands.close_by(1, 2, 0.5, strategy_id=2, **IDENTITY)
    assert_valid(whole)
    assert_valid(part)
    assert whole["payload"] == {"position_id_a": 1, "position_id_b": 2}
    assert part["payload"] == {"position_id_a": 1, "position_id_b": 2, "qty": "0.5", "strategy_id": 2}


def test_merge_positions() -> None:
    """Positions merge and keep, clear or set their stops."""
    kept = commands.merge_positions(1, 2, **IDENTITY)
    stopped = commands.merge_positions(1, 2, stop_mode="set", stop_loss=5, take_profit="9.0", **IDENTITY)
    assert_valid(kept)
    assert_valid(stopped)
    assert kept["payload"] == {"source_position_id": 1, "target_position_id": 2, "stop_mode": "keep"}
    assert stopped["payload"].items() >= {"stop_mode": "set", "oms_stop_loss": "5", "oms_stop_gain": "9"}.items()


@pytest.mark.parametrize("arguments", [{"stop_mode": "drop"}, {"stop_loss": 5}])
def test_merge_positions_with_contradictory_stops_is_refused(arguments: dict[str, Any]) -> None:
    """A stop is set only in the mode that sets stops."""
    with pytest.raises(BadRequest, match="stop_mode"):
        commands.merge_positions(1, 2, **arguments, **IDENTITY)


def test_position_change() -> None:
    """What is named is set, None takes it away, the rest stays."""
    body = commands.position_change(
        "4", {"stopLossPrice": 55000.5, "takeProfitPrice": None, "comment": "guard"}, **IDENTITY
    )
    assert_valid(body)
    assert body["payload"] == {
        "position_id": 4,
        "oms_stop_loss": "55000.5",
        "oms_stop_gain": None,
        "comment": "guard",
    }


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({}, ArgumentsRequired),
        ({"leverage": 3}, BadRequest),
        ({"stopLossPrice": 5, "oms_stop_loss": 6}, InvalidOrder),
        ({"stopLossPrice": 0}, InvalidOrder),
    ],
)
def test_position_change_that_cannot_be_right_is_refused(params: dict[str, Any], error: type[Exception]) -> None:
    """Nothing to change, an unknown parameter, or a stop at 0 is an error."""
    with pytest.raises(error):
        commands.position_change(4, params, **IDENTITY)
