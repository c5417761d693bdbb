"""What the exchange can do: the OMS's own methods, and over everything else what the exchange behind the account can.

Before the account is known it can do what the OMS does itself, and the market data that every gateway passes on. Once
it is known, capabilities, timeframes, precision mode, fees and features come from the local ccxt class of the
exchange that `GET /oms/accounts` names (fact 20), with the OMS's methods laid over them.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

import ccxt.async_support
from ccxt.base.decimal_to_precision import TICK_SIZE

from oms_ccxt_async.evidence import Lookup, lookup
from oms_ccxt_async.version import AGENT
from oms_ccxt_async.wire.gateway import PASSED_THROUGH

__all__ = [
    "DEFAULTS",
    "camel_case",
    "class_of",
    "description",
    "error_table",
    "of_exchange",
    "options_of",
    "own_rounding",
]

OMS_METHODS = {
    "cancelAllOrders": True,
    "cancelOrder": True,
    "cancelOrderWithClientOrderId": True,
    "cancelOrders": True,
    "cancelOrdersWithClientOrderIds": True,
    "closeAllPositions": True,
    "closePosition": True,
    "createLimitBuyOrder": True,
    "createLimitOrder": True,
    "createLimitSellOrder": True,
    "createMarketBuyOrder": True,
    "createMarketOrder": True,
    "createMarketSellOrder": True,
    "createOrder": True,
    "createOrderWithTakeProfitAndStopLoss": True,
    "createOrders": True,
    "createPostOnlyOrder": True,
    "createReduceOnlyOrder": True,
    "createStopLimitOrder": True,
    "createStopLossOrder": True,
    "createStopMarketOrder": True,
    "createStopOrder": True,
    "createTakeProfitOrder": True,
    "createTrailingAmountOrder": True,
    "createTrailingPercentOrder": True,
    "createTriggerOrder": True,
    "editOrder": True,
    "editOrderWithClientOrderId": True,
    "fetchAccounts": True,
    "fetchBalance": True,
    "fetchCanceledAndClosedOrders": True,
    "fetchCanceledOrders": True,
    "fetchClosedOrder": True,
    "fetchClosedOrders": True,
    # Emulated from the markets: asking a large exchange for its currencies at every start costs more than it tells.
    "fetchCurrencies": "emulated",
    "fetchMarkets": True,
    "fetchMyTrades": True,
    "fetchOpenOrder": True,
    "fetchOpenOrders": True,
    "fetchOrder": True,
    "fetchOrderTrades": True,
    "fetchOrderWithClientOrderId": True,
    "fetchOrders": True,
    "fetchPosition": True,
    "fetchPositions": True,
    "fetchPositionsForSymbol": True,
    "fetchPositionsHistory": True,
    "fetchStatus": True,
    "fetchTicker": True,
}
MARKET_DATA = dict.fromkeys(
    ("fetchL2OrderBook", "fetchOHLCV", "fetchOrderBook", "fetchTickers", "fetchTime", "fetchTrades"), True
)
MARKETS = {"spot": True, "margin": None, "swap": True, "future": None, "option": None}

_READ = {"marginMode": False, "trigger": False, "trailing": False, "symbolRequired": False}
_LIST = {"marginMode": False, "limit": None, "symbolRequired": False}
_ATTACHED = {"triggerPriceType": None, "price": False}
_ANY_AGE = {"daysBack": None, "untilDays": None}
OMS_FEATURES: dict[str, Any] = {
    "createOrder": {
        "marginMode": False,
        "triggerPrice": True,
        "triggerDirection": False,
        "triggerPriceType": None,
        "stopLossPrice": True,
        "takeProfitPrice": True,
        "attachedStopLossTakeProfit": _ATTACHED,
        "stopLoss": _ATTACHED,
        "takeProfit": _ATTACHED,
        "timeInForce": {"GTC": True, "IOC": True, "FOK": True, "PO": True, "GTD": False},
        "hedged": True,
        "trailing": True,
        "leverage": False,
        "marketBuyByCost": False,
        "marketBuyRequiresPrice": False,
        "selfTradePrevention": False,
        "iceberg": False,
        "symbolRequired": True,
    },
    "createOrders": {"max": 100},
    "fetchMyTrades": {**_LIST, **_ANY_AGE},
    "fetchOrder": {**_READ, "trigger": True},
    "fetchOpenOrders": {**_LIST, "trigger": True, "trailing": False},
    "fetchOrders": {**_LIST, **_ANY_AGE, "trigger": False, "trailing": False},
    "fetchClosedOrders": {**_LIST, **_ANY_AGE, "daysBackCanceled": None, "trigger": False, "trailing": False},
}
_MARKET_FEATURES: dict[str, Any] = {"sandbox": True, **OMS_FEATURES, "fetchOHLCV": {"limit": 500}}

_SPELLED = {"ohlcv": "OHLCV", "le": "LE", "be": "BE", "adl": "ADL"}

DEFAULTS: dict[str, Any] = {
    "timeframes": {name: name for name in ("1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "12h", "1d", "1w")},
    "precisionMode": TICK_SIZE,
    "features": {
        "spot": _MARKET_FEATURES,
        "swap": {"linear": _MARKET_FEATURES, "inverse": _MARKET_FEATURES},
        "future": {"linear": None, "inverse": None},
    },
}


def description() -> dict[str, Any]:
    """What `describe()` adds to ccxt's base, before the account is known."""
    return {
        "id": "oms",
        "name": "OMS",
        "countries": [],
        "version": "v1",
        "rateLimit": 10,
        "enableRateLimit": False,
        "userAgent": AGENT,
        "certified": False,
        "pro": False,
        # ccxt's base class says that it has the one with `Ws` wherever it has fetchCurrencies.
        "has": {"CORS": None, "fetchCurrenciesWs": None, **MARKETS, **MARKET_DATA, **OMS_METHODS},
        "urls": {"logo": None, "api": None, "test": None, "www": None, "doc": None},
        "requiredCredentials": {"apiKey": True, "secret": False},
        "options": {
            "account_id": None,
            "strategy_id": None,
            "base_url": None,
            # ccxt's base class reads these without asking whether they are there.
            "createMarketBuyOrderRequiresPrice": False,
            "createMarketSellOrderRequiresPrice": False,
        },
        **deepcopy(DEFAULTS),
    }


@functools.cache
def of_exchange(exchange_id: str) -> dict[str, Any] | None:
    """`name`, `has`, `timeframes`, `precisionMode`, `paddingMode`, `fees` and `features` of an account's exchange, the
    OMS's methods laid over them; None if ccxt has no class of that id. The result is shared: copy before changing it.
    """
    local = _local(exchange_id)
    if local is None:
        return None
    names = [*map(camel_case, PASSED_THROUGH), "fetchL2OrderBook", *MARKETS]
    has = {name: local.has.get(name) for name in names}
    return {
        "name": local.name,
        "has": has | OMS_METHODS,
        "timeframes": local.timeframes or DEFAULTS["timeframes"],
        "precisionMode": local.precisionMode,
        "paddingMode": local.paddingMode,
        "fees": local.fees,
        "features": _lay_over(local.features or DEFAULTS["features"]),
    }


@functools.cache
def own_rounding(exchange_id: str) -> Mapping[str, Callable[..., Any]]:
    """How an exchange's class brings amounts and prices to a market's grid, by the names of the methods, where that is
    not how ccxt's base class does (hyperliquid's five digits)."""
    local = _local(exchange_id)
    names = () if local is None else ("amount_to_precision", "price_to_precision")
    own = {name: getattr(type(local), name) for name in names}
    return {name: method for name, method in own.items() if method is not getattr(ccxt.async_support.Exchange, name)}


@functools.cache
def options_of(exchange_id: str) -> frozenset[str]:
    """The names of the options that the ccxt class of an exchange has by default; none if ccxt has no such class."""
    local = _local(exchange_id)
    return frozenset() if local is None else frozenset(local.options)


def error_table(exchange_id: str, symbol: str | None = None) -> Lookup | None:
    """What the texts of an account's exchange mean, by its ccxt class; None if ccxt has no class of that id.

    Args:
        symbol: the unified symbol that was asked of, if any: binance's types of market disagree over some codes.
    """
    return _error_table(exchange_id, None if symbol is None else _market_type(symbol))


@functools.cache
def _error_table(exchange_id: str, market_type: str | None) -> Lookup | None:
    local = _local(exchange_id)
    return None if local is None else lookup(local.id, local.exceptions, market_type)


def _market_type(symbol: str) -> str:
    """By the shape of unified symbols: `BTC/USDT`, `BTC/USDT:USDT`, `BTC/USD:BTC-261225-90000-C`."""
    pair, _, settled = symbol.partition(":")
    if not settled:
        return "spot"
    settle, *parts = settled.split("-")
    if len(parts) == 3:
        return "option"
    return "linear" if pair.endswith(f"/{settle}") else "inverse"


def class_of(exchange_id: str) -> Any:
    """The local ccxt class of that id, whatever stands in for it; None if there is none."""
    # In ccxt.async_support itself ours may stand in its place.
    module = sys.modules.get(f"ccxt.async_support.{exchange_id}")
    known = exchange_id in ccxt.async_support.exchanges and module is not None
    return getattr(module, exchange_id) if known else None


def _local(exchange_id: str) -> Any:
    local = class_of(exchange_id)
    return None if local is None else local()


def camel_case(name: str) -> str:
    """The camelCase name of a method, as ccxt spells it."""
    first, *rest = name.split("_")
    return first + "".join(_SPELLED.get(part, part.capitalize()) for part in rest)


def _lay_over(features: Any) -> Any:
    """The OMS's features over those of each market type that the exchange has."""
    if not isinstance(features, dict):
        return features
    if "createOrder" in features or "fetchOHLCV" in features:
        return {**features, **OMS_FEATURES}
    return {name: _lay_over(value) for name, value in features.items()}
