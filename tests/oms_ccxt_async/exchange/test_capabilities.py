"""What an exchange says that it can do is true: before the account is known, and after."""

from __future__ import annotations

import inspect
import re
from typing import Any

import ccxt.async_support
import pytest

import oms_ccxt_async
from oms_ccxt_async.exchange import capabilities
from oms_ccxt_async.exchange.capabilities import DEFAULTS, OMS_FEATURES, OMS_METHODS, description, of_exchange
from oms_ccxt_async.sandbox import Sandbox

FLAGS = {"publicAPI", "privateAPI", "CORS", "sandbox", "spot", "margin", "swap", "future", "option"}
MARKET_TYPES = ("spot", "margin", "swap", "future", "option")


def is_implemented(name: str) -> bool:
    """Whether the class does more in this method than to say that it is not supported."""
    method = getattr(oms_ccxt_async.oms(), name)
    source = inspect.getsource(method.__code__)
    return inspect.iscoroutinefunction(method) and not re.search(
        r"\)( -> \w+)?:\s+(\"\"\".*\"\"\"\s+)?raise (errors\.)?NotSupported", source
    )


@pytest.mark.parametrize(
    "name", sorted(name for name, can in oms_ccxt_async.oms().has.items() if can is True and name not in FLAGS)
)
def test_what_is_claimed_is_implemented(name: str) -> None:
    """Every method that `has` calls true exists and does something, before the account is known."""
    assert is_implemented(name)


@pytest.mark.parametrize("name", sorted({**OMS_METHODS, **capabilities.MARKET_DATA}))
def test_names_are_ccxts(name: str) -> None:
    """`has` is spelled as ccxt spells it."""
    assert name in ccxt.async_support.Exchange().has or hasattr(ccxt.async_support.Exchange(), name)


def test_defaults_are_honest() -> None:
    """Before the account is known nothing is claimed that depends on its exchange."""
    has = oms_ccxt_async.oms().has
    assert all(has[name] for name in ("createOrder", "fetchOrder", "fetchBalance", "fetchPositions", "fetchOHLCV"))
    assert not any(
        has[name] for name in ("fetchFundingRate", "setLeverage", "withdraw", "transfer", "watchTicker", "ws")
    )
    assert not has["createOrderWs"]
    assert not is_implemented("createOrderWs")
    assert oms_ccxt_async.oms().timeframes["1h"] == "1h"


@pytest.mark.parametrize("exchange_id", ["binance", "binanceusdm", "kraken", "okx", "bybit", "coinbase"])
def test_capabilities_of_an_exchange(exchange_id: str) -> None:
    """What goes through the gateway is as the local class says, the OMS's own is true, and nothing else is there."""
    local = getattr(ccxt.async_support, exchange_id)()
    found = of_exchange(exchange_id)
    assert found is not None
    assert all(found["has"][name] == can for name, can in OMS_METHODS.items())
    passed = set(found["has"]) - set(OMS_METHODS)
    assert all(found["has"][name] == local.has.get(name) for name in passed)
    assert set(MARKET_TYPES) <= passed
    assert not any(re.match("create|edit|cancel|close|watch", name) for name in passed - {"createDepositAddress"})
    assert found["timeframes"] == (local.timeframes or DEFAULTS["timeframes"])
    assert (found["precisionMode"], found["paddingMode"]) == (local.precisionMode, local.paddingMode)
    assert found["fees"] == local.fees


@pytest.mark.parametrize("exchange_id", ["binance", "kraken", "okx"])
def test_features_of_an_exchange(exchange_id: str) -> None:
    """For each market type that the exchange has, the OMS's features stand over the exchange's own."""
    local = getattr(ccxt.async_support, exchange_id)()
    found = of_exchange(exchange_id)
    assert found is not None
    assert set(found["features"]) == set(local.features)
    for kind, mine, theirs in leaves(found["features"], local.features):
        assert {name: mine[name] for name in OMS_FEATURES} == OMS_FEATURES, kind
        others = set(theirs) - set(OMS_FEATURES)
        assert {name: mine[name] for name in others} == {name: theirs[name] for name in others}, kind


def leaves(mine: Any, theirs: Any, kind: str = "") -> list[tuple[str, Any, Any]]:
    """The market types that have features, with those of both sides."""
    if not isinstance(theirs, dict):
        assert mine == theirs
        return []
    if "fetchOHLCV" in theirs or "createOrder" in theirs:
        return [(kind, mine, theirs)]
    return [leaf for name, inner in theirs.items() for leaf in leaves(mine[name], inner, f"{kind}.{name}")]


def test_features_have_ccxts_shape() -> None:
    """Each feature has the keys that ccxt gives it, so that `feature_value` finds what it looks for."""
    classes = [getattr(ccxt.async_support, name)() for name in ("binance", "okx", "bybit", "bitget")]
    for name, feature in OMS_FEATURES.items():
        assert set(feature) <= {key for local in classes for key in local.features["spot"][name] or ()}, name
    assert set(DEFAULTS["features"]) <= set(ccxt.async_support.binance().features) - {"default"}


@pytest.mark.parametrize("exchange_id", ["paper", "", "Exchange", "base", "exchanges", "BINANCE"])
def test_exchange_that_ccxt_does_not_know(exchange_id: str) -> None:
    """An id without a ccxt class has no capabilities to lay under the OMS's."""
    assert of_exchange(exchange_id) is None


async def test_exchange_takes_on_the_capabilities_of_the_account() -> None:
    """Once the account is known, the exchange can what the class behind it can, and orders as the OMS does."""
    binance = ccxt.async_support.binance()
    async with Sandbox(volatility=0, exchange="binance") as oms, oms_ccxt_async.oms(oms.config()) as exchange:
        assert exchange.has["fetchFundingRate"] is None
        await exchange.load_markets()
        assert exchange.has["fetchFundingRate"] is True
        assert exchange.has["fetchBorrowInterest"] == binance.has["fetchBorrowInterest"]
        assert exchange.has["createOrder"] is True
        assert not exchange.has.get("cancelAllOrdersAfter")
        assert not exchange.has["createOrderWs"]
        assert exchange.has["fetchCurrencies"] == "emulated"
        assert exchange.timeframes == binance.timeframes
        assert exchange.precisionMode == binance.precisionMode
        assert exchange.fees == binance.fees
        assert exchange.feature_value("BTC/USDT", "fetchOHLCV", "limit") == 1_000
        assert exchange.feature_value("BTC/USDT:USDT", "createOrder", "trailing") is True
        assert exchange.feature_value("BTC/USDT", "createOrders", "max") == 100


async def test_exchange_behind_an_unknown_class_keeps_the_defaults() -> None:
    """An exchange that ccxt does not know leaves the honest defaults in place, and works."""
    async with Sandbox(volatility=0) as oms, oms_ccxt_async.oms(oms.config()) as exchange:
        before = dict(exchange.has), dict(exchange.timeframes)
        await exchange.load_markets()
        assert (exchange.has, exchange.timeframes) == before
        assert exchange.feature_value("BTC/USDT", "createOrder", "timeInForce")["FOK"] is True


async def test_instances_do_not_share_what_they_were_given() -> None:
    """What one user changes in `has`, `features`, `timeframes` or `fees` is not seen by another instance."""
    async with Sandbox(volatility=0, exchange="binance") as oms:
        async with oms_ccxt_async.oms(oms.config()) as first:
            await first.load_markets()
            first.has["createOrder"] = False
            first.timeframes.clear()
            first.features["spot"]["createOrder"]["trailing"] = "changed"
            first.fees["trading"].clear()
        async with oms_ccxt_async.oms(oms.config()) as second:
            await second.load_markets()
            assert second.has["createOrder"] is True
            assert second.timeframes
            assert second.fees["trading"]
            assert second.features["spot"]["createOrder"]["trailing"] is True


def test_description_is_a_fresh_one() -> None:
    """Each instance has its own description."""
    description()["features"]["spot"]["createOrder"]["hedged"] = "changed"
    description()["timeframes"].clear()
    assert description()["features"]["spot"]["createOrder"]["hedged"] is True
    assert description()["timeframes"]
