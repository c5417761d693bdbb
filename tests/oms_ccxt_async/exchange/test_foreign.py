"""Which endpoints of an exchange are let through, by what ccxt's classes say of them."""

from __future__ import annotations

import re

import ccxt
import ccxt.async_support
import pytest

from oms_ccxt_async.exchange.foreign import _READS, _SETTINGS, Foreign, borrowed, foreign, kind_of
from oms_ccxt_async.wire.retry import Kind

MOVING = re.compile(
    r"(buy|sell|place|cancel|edit|amend|create|close_position|withdraw|transfer|listen-?key|userDataStream|auth)$", re.I
)


def passed(exchange_id: str, method: str) -> set[str]:
    """The paths that are let through."""
    return {each.path for each in foreign(exchange_id) if each.method == method and kind_of(exchange_id, each)}


@pytest.mark.parametrize("exchange_id", ccxt.async_support.exchanges)
def test_only_reads_and_settings_of_every_exchange(exchange_id: str) -> None:
    """Of every class of ccxt: no PUT, PATCH or DELETE passes, no POST but those that are named, and where endpoints are
    all GETs, none but those that are called after reading."""
    endpoints = foreign(exchange_id)
    posts = [each for each in endpoints if each.method == "POST" and kind_of(exchange_id, each)]
    assert {each.method for each in endpoints if kind_of(exchange_id, each)} <= {"GET", "POST"}
    homes = {home.__name__ for home in getattr(ccxt.async_support, exchange_id).__mro__}
    assert not posts or homes & {*_READS, *_SETTINGS}
    assert not any(MOVING.search(each.path) for each in posts)
    if exchange_id in ("deribit", "coinbaseinternational"):
        assert all(path.startswith("get_") or path == "ticker" for path in passed(exchange_id, "GET"))


@pytest.mark.parametrize(
    ("exchange_id", "api", "method", "path", "kind"),
    [
        ("binance", "fapiPrivate", "GET", "positionRisk", Kind.READ),
        ("binance", "fapiPrivateV2", "GET", "positionRisk", Kind.READ),
        ("binance", "fapiPrivate", "POST", "leverage", Kind.REPEATABLE),
        ("binanceusdm", "fapiPrivate", "POST", "marginType", Kind.REPEATABLE),
        ("binance", "fapiPrivate", "POST", "positionMargin", None),
        ("binance", "fapiPrivate", "POST", "order", None),
        ("binance", "private", "POST", "order", None),
        ("binance", "private", "POST", "order/test", None),
        ("binance", "fapiPrivate", "DELETE", "order", None),
        ("binance", "fapiPrivate", "POST", "listenKey", None),
        ("binance", "sapi", "POST", "asset/get-funding-asset", Kind.READ),
        ("binance", "sapi", "POST", "margin/max-leverage", None),
        ("deribit", "private", "GET", "buy", None),
        ("deribit", "private", "GET", "get_positions", Kind.READ),
        ("deribit", "private", "GET", "cancel_all", None),
        ("deribit", "public", "GET", "auth", None),
        ("coinbaseinternational", "private", "GET", "sell", None),
        ("kraken", "private", "POST", "Balance", Kind.READ),
        ("kraken", "private", "POST", "AddOrder", None),
        ("kraken", "private", "POST", "GetWebSocketsToken", None),
        ("mexc", "spot private", "GET", "userDataStream", None),
        ("bingx", "swap v1 private", "GET", "trade/batchCancelReplace", None),
        ("hyperliquid", "public", "POST", "info", Kind.READ),
        ("hyperliquid", "private", "POST", "exchange", None),
        ("gate", "private futures", "POST", "{settle}/positions/{contract}/leverage", Kind.REPEATABLE),
        ("gate", "private futures", "POST", "{settle}/positions/{contract}/margin", None),
        ("bybit", "private", "POST", "v5/position/set-leverage", Kind.REPEATABLE),
        ("bybit", "private", "POST", "v5/position/trading-stop", None),
        ("okx", "private", "POST", "account/set-leverage", Kind.REPEATABLE),
        ("okx", "private", "POST", "trade/order", None),
        ("okx", "private", "GET", "account/set-auto-repay", None),
        ("okx", "private", "GET", "account/spot-manual-borrow-repay", None),
        ("bitget", "private mix", "GET", "v2/mix/account/switch-union-usdt", None),
        ("bullish", "private", "GET", "v1/users/hmac/login", None),
        ("bitget", "private mix", "POST", "v2/mix/account/set-leverage", Kind.REPEATABLE),
    ],
)
def test_what_it_is(exchange_id: str, api: str, method: str, path: str, kind: Kind | None) -> None:
    """Each of these is an endpoint of the class, and is let through or not."""
    endpoint = Foreign(tuple(api.split()), method, path)
    assert endpoint in foreign(exchange_id)
    assert kind_of(exchange_id, endpoint) is kind


@pytest.mark.parametrize("table", [_READS, _SETTINGS])
def test_nothing_is_named_in_vain(table: dict[str, str]) -> None:
    """Every exchange of the tables has requests that are let through because of it."""
    for exchange_id, pattern in table.items():
        assert [path for path in passed(exchange_id, "POST") if re.match(pattern, path)], exchange_id


def test_names() -> None:
    """An endpoint has the name that ccxt gives it; an exchange that ccxt does not know has none."""
    assert foreign("binance")[Foreign(("fapiPrivate",), "GET", "positionRisk")] == "fapiPrivateGetPositionRisk"
    assert foreign("paper") == {}


def test_what_is_borrowed() -> None:
    """Endpoints and methods come from the class of the module that is asked for, in both spellings; nothing private."""
    for name in ("isUnifiedEnabled", "is_unified_enabled"):
        assert borrowed("ccxt", "bybit", name) is vars(ccxt.bybit)["is_unified_enabled"]
        assert borrowed("ccxt.async_support", "bybit", name) is vars(ccxt.async_support.bybit)["is_unified_enabled"]
    entry = borrowed("ccxt", "binance", "fapiprivate_get_positionrisk")
    assert (entry.method, entry.path) == ("GET", "positionRisk")
    for name in ("no_such", "_private", "__deepcopy__", "has"):
        with pytest.raises(AttributeError):
            borrowed("ccxt", "binance", name)
