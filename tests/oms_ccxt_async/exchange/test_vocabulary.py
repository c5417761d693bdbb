"""Which params an exchange's class takes, by its source."""

from __future__ import annotations

import ccxt
import pytest

from oms_ccxt_async.exchange.vocabulary import is_own_word, near_miss, vocabulary


@pytest.mark.parametrize(
    ("exchange_id", "takes", "leaves"),
    [
        ("binance", {"sor", "positionSide", "selfTradePrevention", "portfolioMargin"}, {"tdMode", "leverage"}),
        ("binanceusdm", {"positionSide", "priceMatch"}, {"tdMode", "leverage"}),
        ("okx", {"tdMode", "posSide", "tgtCcy", "ccy", "tag"}, {"positionIdx", "workingType"}),
        ("bybit", {"positionIdx", "triggerDirection", "isLeverage", "triggerBy"}, {"posSide", "tdMode"}),
        ("kucoin", {"leverage", "marginMode"}, {"positionIdx"}),
        ("hyperliquid", {"vaultAddress"}, {"positionIdx"}),
    ],
)
def test_what_a_class_takes_for_an_order(exchange_id: str, takes: set[str], leaves: set[str]) -> None:
    """What the method reads itself, in the helpers that it calls, in its parent's, or documents."""
    words = vocabulary(exchange_id, "create_order")
    assert words is not None
    assert takes <= words.takes
    assert not leaves & words.takes


def test_what_a_class_hands_on_unread() -> None:
    """Words of the exchange that the method does not name stand in the samples of its answers; invented ones do not."""
    words = vocabulary("binance", "create_order")
    assert words is not None
    assert {"workingType", "priceProtect", "goodTillDate"} <= words.knows - words.takes
    assert not {"workingTyp", "myNote"} & words.knows


def test_without_a_class_nothing_is_known() -> None:
    """An exchange that ccxt does not have, and the paper exchange of the sandbox."""
    assert vocabulary("paper", "create_order") is None


def test_every_exchange_of_ccxt_can_be_read() -> None:
    """Of each that can create orders some words are found; `clientOrderId` in most."""
    named = 0
    for exchange_id in ("binance", "okx", "bybit", "kraken", "gate", "bitget", "kucoin", "mexc", "coinbase", "htx"):
        assert exchange_id in ccxt.exchanges
        words = vocabulary(exchange_id, "create_order")
        assert words is not None
        assert words.takes <= words.knows | words.takes
        named += "clientOrderId" in words.takes
    assert named >= 8


@pytest.mark.parametrize(
    ("name", "meant"),
    {
        "postonly": "postOnly",
        "PostOnly": "postOnly",
        "stratgy_id": "strategyId",
        "strategyid": "strategyId",
        "clientorderid": "clientOrderId",
        "client_orderid": "clientOrderId",
        "trigerPrice": "triggerPrice",
        "reduceonly": "reduceOnly",
        "timeInforce": "timeInForce",
        "positionId": "position_id",
        "untill": "until",
        "consumr": "consumer",
        "postOnly": None,
        "strategyId": None,
        "workingType": None,
        "recvWindow": None,
        "orderId": None,
        "paginate": None,
    }.items(),
)
def test_near_misses(name: str, meant: str | None) -> None:
    """A misspelled parameter of the driver's is told from the driver's own and from others' words."""
    assert near_miss(name) == meant


@pytest.mark.parametrize(
    ("exchange_id", "own", "not_own"),
    [
        ("bybit", {"positionIdx", "triggerBy"}, {"postonly", "stratgy_id"}),
        ("kraken", {"timeinforce", "ordertype"}, {"reduceonly"}),
        ("mexc", {"positionId"}, {"clientorderid"}),
        ("binance", {"selfTradePreventionMode"}, {"positionIdx", "PostOnly"}),
        ("paper", set(), {"triggerBy"}),
    ],
)
def test_an_exchanges_own_words_are_no_near_misses(exchange_id: str, own: set[str], not_own: set[str]) -> None:
    """What its class names is its own, but for the values of a time in force."""
    assert all(near_miss(name) and is_own_word(name, exchange_id) for name in own)
    assert not any(is_own_word(name, exchange_id) for name in not_own)
