"""What params mean for an order: spellings of exchanges, flags in words, and what is refused."""

from __future__ import annotations

from typing import Any

import ccxt
import pytest

from oms_ccxt_async.orders import params as words
from oms_ccxt_async.orders.grid import AS_GIVEN, Grid
from oms_ccxt_async.orders.params import order_fields


def fields(type: str = "limit", price: Any = 5, grid: Grid = AS_GIVEN, **params: Any) -> tuple[dict[str, Any], Any]:
    """The payload fields of an order but its client order id, and the extra facts."""
    made, extra = order_fields(type, price, params, "cid", None, grid)
    assert made.pop("client_order_id") == "cid"
    return made, extra


@pytest.mark.parametrize(
    ("type", "params", "payload", "extra"),
    [
        ("LIMIT_MAKER", {}, {"order_type": "limit", "post_only": True}, {"postOnly": True}),
        ("post_only", {}, {"order_type": "limit", "post_only": True}, {"postOnly": True}),
        ("LIMIT_MAKER", {"postOnly": "true"}, {"order_type": "limit", "post_only": True}, {"postOnly": True}),
        ("ioc", {}, {"order_type": "limit", "time_in_force": "IOC"}, {"timeInForce": "IOC"}),
        ("fok", {"timeInForce": "fok"}, {"order_type": "limit", "time_in_force": "FOK"}, {"timeInForce": "FOK"}),
        ("limit", {"timeInForce": "GTX"}, {"order_type": "limit", "post_only": True}, {"postOnly": True}),
        ("limit", {"timeInForce": "PostOnly"}, {"order_type": "limit", "post_only": True}, {"postOnly": True}),
        ("limit", {"reduceOnly": "True"}, {"order_type": "limit", "reduce_only": True}, {"reduceOnly": True}),
        ("limit", {"reduceOnly": "false"}, {"order_type": "limit", "reduce_only": False}, {"reduceOnly": False}),
        ("limit", {"closePosition": "false", "test": False, "cost": None}, {"order_type": "limit"}, {}),
        ("limit", {"tgtCcy": "base_ccy"}, {"order_type": "limit", "params": {"tgtCcy": "base_ccy"}}, {}),
    ],
)
def test_words_of_exchanges_are_read_as_their_classes_read_them(
    type: str, params: Any, payload: Any, extra: Any
) -> None:
    """Types and times in force that mean post-only, flags in words, and switches that are off."""
    made, told = fields(type, **params)
    assert made.pop("price") == "5"
    assert (made, told) == (payload, extra)


@pytest.mark.parametrize("params", [{"callbackRate": 1}, {"trailingPercent": "1.0"}])
def test_a_trailing_stop_of_binance_is_a_market_order_that_trails(params: dict[str, Any]) -> None:
    """Its percentage is the OMS's, in either name; the price that it was seen at is not sent."""
    made, _ = fields("TRAILING_STOP_MARKET", **params)
    assert made == {"order_type": "market", "trailing_percent": "1"}
    assert words.waits_for_a_trigger({**made, "qty": "1"}) is True


@pytest.mark.parametrize(
    ("type", "params", "error", "message"),
    [
        ("TRAILING_STOP_MARKET", {}, ccxt.InvalidOrder, "requires trailingPercent"),
        ("LIMIT_MAKER", {"timeInForce": "IOC"}, ccxt.InvalidOrder, "postOnly orders cannot have timeInForce IOC"),
        ("LIMIT_MAKER", {"postOnly": False}, ccxt.InvalidOrder, "postOnly contradicts type"),
        ("ioc", {"timeInForce": "GTC"}, ccxt.InvalidOrder, "timeInForce contradicts type"),
        ("market", {"timeInForce": "GTX"}, ccxt.InvalidOrder, "market orders cannot be postOnly"),
        ("STOP_MARKET", {"closePosition": True, "stopPrice": 5}, ccxt.NotSupported, "closePosition"),
        ("STOP_MARKET", {"closePosition": "true", "stopPrice": 5}, ccxt.NotSupported, "closePosition"),
        ("market", {"closeFraction": "1"}, ccxt.NotSupported, "closeFraction"),
        ("market", {"quoteOrderQty": 100}, ccxt.NotSupported, "quoteOrderQty: .*not its cost"),
        ("market", {"cost": 0}, ccxt.NotSupported, "cost: .*not its cost"),
        ("market", {"params": {"quoteOrderQty": 100}}, ccxt.NotSupported, "params.quoteOrderQty"),
        ("market", {"tgtCcy": "quote_ccy"}, ccxt.NotSupported, "not its cost"),
        ("market", {"marketUnit": "quoteCoin"}, ccxt.NotSupported, "not its cost"),
        ("market", {"test": "true"}, ccxt.NotSupported, "test"),
        ("market", {"params": {"test": True}}, ccxt.NotSupported, "params.test"),
        ("market", {"closePosition": "perhaps"}, ccxt.BadRequest, "closePosition is not true or false"),
    ],
)
def test_what_an_order_cannot_be_is_refused(type: str, params: Any, error: type[Exception], message: str) -> None:
    """A cost, a whole position, or a contradiction: not dropped, and not handed on."""
    with pytest.raises(error, match=message):
        fields(type, **params)


def test_prices_in_params_are_on_the_grid() -> None:
    """Trigger prices and attached stops are rounded; what trails is no price."""
    grid = Grid(price=lambda value: str(round(float(value))))
    made, extra = fields(
        price="4.6",
        grid=grid,
        triggerPrice="5.4",
        stopLoss={"triggerPrice": "3.4"},
        takeProfit=7.6,
        trailingAmount="0.4",
    )
    assert made == {
        "order_type": "limit",
        "price": "5",
        "trigger_price": "5",
        "oms_stop_loss": "3",
        "oms_stop_gain": "8",
        "trailing_amount": "0.4",
    }
    assert extra == {"triggerPrice": "5"}


@pytest.mark.parametrize("name", [*words.CLIENT_ORDER_IDS, "newClientOrderId"])
def test_the_client_order_id_of_a_new_order(name: str) -> None:
    """In the spelling of every exchange, a number as its digits; it is taken out of the params."""
    for given in ("mine", 17):
        params = {name: given, "other": 1}
        assert words.client_order_id_of(params) == str(given)
        assert params == {"other": 1}


@pytest.mark.parametrize("name", [*words.CLIENT_ORDER_IDS, "origClientOrderId", "newClientOrderId"])
def test_the_client_order_id_that_an_order_is_found_by(name: str) -> None:
    """In the spelling of every exchange; what binance calls the id of a change is not it beside another."""
    params = {name: "mine"}
    assert words.sought_client_order_id(params) == "mine"
    assert params == {}
    beside = {"newClientOrderId": "of the change"}
    assert words.sought_client_order_id(beside, "7") is None
    assert words.sought_client_order_id({**beside, "origClientOrderId": "mine"}, "") == "mine"


def test_two_client_order_ids_are_refused() -> None:
    """The same one twice is one."""
    assert words.client_order_id_of({"clientOrderId": "a", "clOrdId": "a", "orderLinkId": None}) == "a"
    for look in (words.client_order_id_of, words.sought_client_order_id):
        with pytest.raises(ccxt.InvalidOrder, match="clientOrderId and clOrdId name different orders"):
            look({"clientOrderId": "a", "clOrdId": "b"})


def test_client_order_ids_of_several_orders() -> None:
    """Lists in every spelling."""
    params = {"clientOrderIds": ["a", 2], "origClientOrderIdList": ["c"], "x": 1}
    assert words.client_order_ids_of(params) == ["a", "2", "c"]
    assert params == {"x": 1}


def test_flags_of_a_call() -> None:
    """Any spelling, in words too; two that contradict each other are refused."""
    for name in ("trigger", "stop", "conditional"):
        assert words.wants_trigger({name: "true"}) is True
        assert words.wants_trigger({name: False}) is False
    params = {"stop": None, "x": 1}
    assert words.wants_trigger(params) is None
    assert params == {"x": 1}
    with pytest.raises(ccxt.BadRequest, match="trigger and stop contradict"):
        words.wants_trigger({"trigger": True, "stop": False})


@pytest.mark.parametrize(
    ("payload", "waits"),
    [
        ({"order_type": "limit", "qty": "1"}, False),
        ({"order_type": "limit", "qty": "1", "trigger_price": "5"}, True),
        ({"order_type": "market", "qty": "1", "stop_price": "5"}, True),
        ({"order_type": "stop_limit", "qty": "1"}, True),
        ({"order_type": "limit", "qty": "1", "params": {"triggerPx": 5}}, None),
        ({"order_type": "limit", "qty": "1", "id": 7}, None),
        ({"order_type": "take_profit_limit", "qty": "1", "id": 7}, True),
        ({"symbol": "A/B"}, None),
    ],
)
def test_what_waits_for_a_trigger(payload: Any, waits: bool | None) -> None:
    """A payload of this process tells, unless the exchange was told in its own words; a row tells by its type."""
    assert words.waits_for_a_trigger(payload) is waits


def test_what_the_oms_knows() -> None:
    """Every field and every refusal has its name here; what else there is, is the exchange's."""
    assert all(map(words.is_known, ("postOnly", "clOrdId", "cost", "closePosition", "params", "test", "comment")))
    assert not any(map(words.is_known, ("leverage", "marginMode", "tag")))
