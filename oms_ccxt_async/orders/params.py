"""What a program's `params` mean for an order: fields of the OMS, words for the exchange, or a refusal.

The spellings are ccxt's unified ones, the OMS's own, and those of exchanges' classes where these read the same thing
under another name. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from oms_ccxt_async import errors
from oms_ccxt_async.mappers.number import exact
from oms_ccxt_async.orders.grid import Grid

__all__ = [
    "CLIENT_ORDER_IDS",
    "DECISIVE",
    "NARROWING",
    "WORDS",
    "Fields",
    "client_order_id_of",
    "client_order_ids_of",
    "count",
    "flag",
    "identifier",
    "is_known",
    "order_fields",
    "positive",
    "sought_client_order_id",
    "take_flag",
    "text",
    "waits_for_a_trigger",
    "wants_trigger",
]

CLIENT_ORDER_IDS = (
    *("clientOrderId", "client_order_id", "clOrdId", "orderLinkId", "clientOid", "client_oid", "cl_ord_id", "cloid"),
    *("clientOrderID", "clOrdID", "algoClOrdId", "clientAlgoId"),
)
"""What exchanges' classes call the client order id of an order, to place it and to find it."""
_NEW = "newClientOrderId"
_ORIGINAL = "origClientOrderId"
_LISTS = ("clientOrderIds", "client_order_ids", "origClientOrderIdList")

DECISIVE = frozenset(
    (
        *("marginMode", "margin", "leverage", "hedged", "positionSide", "posSide", "portfolioMargin", "autoBorrow"),
        *(
            "triggerDirection",
            "triggerPriceType",
            "trailingTriggerPrice",
            "trailingLimitAmount",
            "stopLossOrTakeProfit",
        ),
        *("stopLossLimitPrice", "takeProfitLimitPrice", "stopLossPriceType", "takeProfitPriceType"),
        *("selfTradePrevention", "icebergAmount", "expireTime", "sor", "tradingSession"),
    )
)
"""ccxt's parameters of an order that change what it does: sent to a class that takes them, and otherwise refused."""

NARROWING = frozenset(
    (
        *("marginMode", "margin", "portfolioMargin", "subType", "side", "settle", "category", "productType"),
        *("orderFilter", "planType", "isPlanOrder", "ordType", "orderType", "instType", "baseCoin", "settleCoin"),
        *("positionSide", "posSide", "trailing", "type", "marketType", "tradeType", "method", "test"),
    )
)
"""Parameters that would spare some of the orders that a cancel of all takes."""


class Fields:
    """Payload fields, each with the name of the parameter that set it."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self._names: dict[str, str] = {}

    def put(self, name: str, field: str, value: Any) -> None:
        if field in self.values and self.values[field] != value:
            raise errors.InvalidOrder(f"{name} contradicts {self._names[field]}: {value!r} and {self.values[field]!r}")
        self.values[field] = value
        self._names[field] = name


def order_fields(
    type: str,
    price: object,
    params: Mapping[str, Any],
    client_order_id: str,
    default_strategy_id: int | None,
    grid: Grid,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The payload fields of an order beside what it trades, and which of these facts an order row will not carry."""
    order_type = type.lower()
    fields, passed, extra = Fields(), Fields(), Fields()
    trails = order_type in _TRAILING
    if (read := _TYPES.get(order_type)) is not None:
        order_type, field, value = read
        if field is not None:
            fields.put("type", field, value)
            extra.put("type", _EXTRA[field], value)
    fields.put("type", "order_type", order_type)
    fields.put("client_order_id", "client_order_id", client_order_id)
    if price is None and "limit" in order_type:
        raise errors.ArgumentsRequired(f"a {order_type} order requires a price")
    if price is not None and "market" not in order_type:
        fields.put("price", "price", grid.price(positive(price, "price"), "price"))
    for name, value in params.items():
        if name == "params":
            if not isinstance(value, Mapping):
                raise _refused(value, name, "an object")
            for inner, inner_value in value.items():
                _pass(passed, f"params.{inner}", inner, inner_value)
        elif name not in _PARAMETERS:
            _pass(passed, name, name, value)
        elif value is not None:
            field, convert, unified = _PARAMETERS[name]
            converted = convert(value, name)
            if field in _PRICES:
                converted = grid.price(converted, name)
            if field == "time_in_force" and converted in _POST_ONLY:
                field, converted, unified = "post_only", True, "postOnly"
            fields.put(name, field, converted)
            if unified is not None:
                extra.put(name, unified, converted)
    if trails and not _TRAILS & (fields.values.keys() | passed.values.keys()):
        raise errors.InvalidOrder(f"a {type} order requires trailingPercent or trailingAmount in its params")
    if fields.values.get("post_only"):
        if "market" in order_type:
            raise errors.InvalidOrder("market orders cannot be postOnly")
        if (time_in_force := fields.values.get("time_in_force")) in ("IOC", "FOK"):
            raise errors.InvalidOrder(f"postOnly orders cannot have timeInForce {time_in_force}")
    if default_strategy_id is not None:
        fields.values.setdefault("strategy_id", default_strategy_id)
    if passed.values:
        fields.values["params"] = passed.values
    return fields.values, extra.values


def is_known(name: str) -> bool:
    """Whether the OMS, or this room, knows a parameter of an order."""
    return name in _PARAMETERS or name in _REFUSED or name in ("params", "test")


def waits_for_a_trigger(payload: Mapping[str, Any]) -> bool | None:
    """Whether the order of a payload, or of an order row, is a trigger order; None if that cannot be told from it."""
    order_type = str(payload.get("order_type") or "").lower()
    if any(word in order_type for word in _TRIGGER_TYPES):
        return True
    if any(payload.get(field) is not None for field in _TRIGGERS):
        return True
    # What went to the exchange in its own words may be a trigger, and a row does not carry any of it.
    return False if "qty" in payload and "id" not in payload and not payload.get("params") else None


def client_order_id_of(params: MutableMapping[str, Any]) -> Any:
    """Take the client order id of a new order out of its params, in any spelling; None if there is none.

    Raises:
        ccxt.InvalidOrder: two spellings name two ids.
    """
    return _taken(params, (*CLIENT_ORDER_IDS, _NEW))


def sought_client_order_id(params: MutableMapping[str, Any], id: Any = None) -> Any:
    """Take the client order id that an order is looked for by out of a call's params; None if there is none.

    Args:
        params: `newClientOrderId` is what binance calls the id of a change; it names the order only where nothing else
            does.
        id: the id that the program gave beside it.

    Raises:
        ccxt.InvalidOrder: two spellings name two ids.
    """
    found = _taken(params, (*CLIENT_ORDER_IDS, _ORIGINAL))
    return _taken(params, (_NEW,)) if found is None and id in (None, "") else found


def client_order_ids_of(params: MutableMapping[str, Any]) -> list[str]:
    """Take the client order ids that several orders are looked for by out of a call's params."""
    lists = [params.pop(name) for name in _LISTS if name in params]
    return [str(key) for given in lists for key in given or ()]


def take_flag(params: MutableMapping[str, Any], names: Iterable[str]) -> bool | None:
    """Take a flag out of a call's params, in any of its spellings; None if it is not given.

    Raises:
        ccxt.BadRequest: it is no flag, or two spellings contradict each other.
    """
    found = {name: flag(params[name], name) for name in names if params.get(name) is not None}
    for name in names:
        params.pop(name, None)
    if len(set(found.values())) > 1:
        raise errors.BadRequest(f"{' and '.join(found)} contradict each other; give one of them")
    return next(iter(found.values()), None)


def wants_trigger(params: MutableMapping[str, Any]) -> bool | None:
    """Take what a call says of trigger orders out of its params: only those, only the others, or None for all."""
    return take_flag(params, ("trigger", "stop", "conditional"))


def positive(value: object, name: str) -> str:
    """The plain decimal of a number above 0; `ccxt.InvalidOrder` otherwise."""
    try:
        plain = exact(value)
    except ValueError as reason:
        raise errors.InvalidOrder(f"{name} {reason}") from None
    if Decimal(plain) <= 0:
        raise errors.InvalidOrder(f"{name} is not above 0: {plain}")
    return plain


def flag(value: object, name: str) -> bool:
    """A boolean, or one in words, as binance wants it; `ccxt.BadRequest` otherwise."""
    if isinstance(value, bool):
        return value
    word = value.lower() if isinstance(value, str) else None
    if word in ("true", "false"):
        return word == "true"
    raise _refused(value, name, "true or false")


def text(value: object, name: str) -> str:
    """A string; `ccxt.BadRequest` otherwise."""
    if isinstance(value, str):
        return value
    raise _refused(value, name, "a string")


def count(value: object, name: str) -> int:
    """A non-negative integer of 64 bits, as an int or in digits; `ccxt.BadRequest` otherwise."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63:
        return value
    raise _refused(value, name, "a non-negative integer")


def identifier(value: object, name: str) -> int:
    """An id of the OMS; `ccxt.ArgumentsRequired` if it is missing, `ccxt.BadRequest` if it is none."""
    if value is None or value == "":
        raise errors.ArgumentsRequired(f"{name} is missing")
    number = count(value, name)
    if number == 0:
        raise _refused(value, name, "a positive integer")
    return number


def _pass(passed: Fields, name: str, word: str, value: Any) -> None:
    """Pass a parameter on to the exchange, unless it would have an order do what the OMS does not book."""
    reason = _REFUSED.get(word)
    if reason is not None:
        if value is not None and (word not in _SWITCHES or flag(value, name)):
            raise errors.NotSupported(f"{name}: {reason}")
        return
    if value is not None and value == _BY_COST.get(word):
        raise errors.NotSupported(f"{name} {value!r}: {_COST}")
    passed.put(name, word, value)


def _taken(params: MutableMapping[str, Any], names: Iterable[str]) -> Any:
    spelled = {name: params.pop(name) for name in names if name in params}
    given = {name: str(key) if type(key) is int else key for name, key in spelled.items() if key is not None}
    keys = list(given.values())
    if any(key != keys[0] for key in keys):
        raise errors.InvalidOrder(f"{' and '.join(given)} name different orders: {', '.join(map(repr, keys))}")
    return keys[0] if keys else None


def _attached(value: object, name: str) -> str:
    """The trigger price of an attached stop: a price, or ccxt's dict with nothing in it that the OMS cannot express."""
    if not isinstance(value, Mapping):
        return positive(value, name)
    prices = {key: value[key] for key in ("triggerPrice", "stopPrice", "price") if value.get(key) is not None}
    others = {key: item for key, item in value.items() if item is not None and key not in prices}
    if others.pop("type", "market") != "market" or others or len(prices) > 1:
        raise errors.NotSupported(
            f"the OMS attaches a market order at one trigger price, it cannot express {name} {value!r}"
        )
    if not prices:
        raise errors.ArgumentsRequired(f"{name} requires a triggerPrice: {value!r}")
    key, price = prices.popitem()
    return positive(price, f"{name}.{key}")


def _time_in_force(value: object, name: str) -> str:
    return text(value, name).upper()


def _client_order_id(value: object, name: str) -> str:
    return str(value) if type(value) is int else text(value, name)


def _refused(value: object, name: str, kind: str) -> errors.BadRequest:
    return errors.BadRequest(f"{name} is not {kind}: {repr(value)[:60]}")


_Convert = Callable[[object, str], Any]

# Parameter -> field of the payload, its check, and the unified order's name for what an order row does not carry.
# stopPrice is ccxt's old name of triggerPrice, and a field of its own to the OMS.
_PARAMETERS: Mapping[str, tuple[str, _Convert, str | None]] = MappingProxyType(
    {
        **dict.fromkeys((*CLIENT_ORDER_IDS, _NEW), ("client_order_id", _client_order_id, None)),
        "postOnly": ("post_only", flag, "postOnly"),
        "post_only": ("post_only", flag, "postOnly"),
        "timeInForce": ("time_in_force", _time_in_force, "timeInForce"),
        "time_in_force": ("time_in_force", _time_in_force, "timeInForce"),
        "reduceOnly": ("reduce_only", flag, "reduceOnly"),
        "reduce_only": ("reduce_only", flag, "reduceOnly"),
        "triggerPrice": ("trigger_price", positive, "triggerPrice"),
        "trigger_price": ("trigger_price", positive, "triggerPrice"),
        "stopPrice": ("stop_price", positive, "triggerPrice"),
        "stop_price": ("stop_price", positive, "triggerPrice"),
        "stopLossPrice": ("stop_price", positive, "stopLossPrice"),
        "takeProfitPrice": ("take_profit_price", positive, "takeProfitPrice"),
        "take_profit_price": ("take_profit_price", positive, "takeProfitPrice"),
        "stopLoss": ("oms_stop_loss", _attached, None),
        "oms_stop_loss": ("oms_stop_loss", _attached, None),
        "takeProfit": ("oms_stop_gain", _attached, None),
        "oms_stop_gain": ("oms_stop_gain", _attached, None),
        "trailingAmount": ("trailing_amount", positive, None),
        "trailing_amount": ("trailing_amount", positive, None),
        "trailingPercent": ("trailing_percent", positive, None),
        "trailing_percent": ("trailing_percent", positive, None),
        "callbackRate": ("trailing_percent", positive, None),
        "strategy_id": ("strategy_id", count, None),
        "position_id": ("position_id", count, None),
        "reason": ("reason", text, None),
        "comment": ("comment", text, None),
    }
)
_PRICES = frozenset(("trigger_price", "stop_price", "take_profit_price", "oms_stop_loss", "oms_stop_gain"))
_EXTRA = {"post_only": "postOnly", "time_in_force": "timeInForce"}

# Types that exchanges' classes read as one of ccxt's and a flag: binance's, mexc's and others', okx's, binance's.
_TYPES: Mapping[str, tuple[str, str | None, Any]] = MappingProxyType(
    {
        "limit_maker": ("limit", "post_only", True),
        "post_only": ("limit", "post_only", True),
        "ioc": ("limit", "time_in_force", "IOC"),
        "fok": ("limit", "time_in_force", "FOK"),
        "trailing_stop_market": ("market", None, None),
    }
)
_TRAILING = frozenset(("trailing_stop_market",))
_TRAILS = frozenset(("trailing_percent", "trailing_amount", "trailingDelta", "callbackRatio"))
_POST_ONLY = frozenset(("PO", "GTX", "POSTONLY", "POST_ONLY", "POC", "LIMIT_MAKER"))
"""Times in force that mean post-only: ccxt's, then those of binance, bybit and others."""
_TRIGGERS = ("trigger_price", "stop_price", "take_profit_price", "trailing_amount", "trailing_percent")
_TRIGGER_TYPES = ("stop", "take_profit", "trigger", "trailing", "conditional", "oco")

_COST = "the OMS takes the amount of an order, not its cost: divide it by a price"
_REFUSED: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(
            ("cost", "quoteOrderQty", "quoteAmount", "quoteQty", "quote_size", "quoteSize", "quoteQuantity", "funds"),
            _COST,
        ),
        "closePosition": "the OMS takes the amount of an order: give it, with reduceOnly, or use close_position()",
        "closeFraction": "the OMS takes the amount of an order: give it, with reduceOnly, or use close_position()",
        "test": "create_order() and create_orders() take it, in their own params",
    }
)
_SWITCHES = frozenset(("closePosition", "test"))
WORDS = tuple(
    dict.fromkeys(
        (
            *("until", "trades", "valued", "consumer", "amount", "price", "stop_mode", "params", "test", "trailing"),
            *("trigger", "stop", "conditional", "strategyId"),
            *(_ORIGINAL, *_LISTS, *NARROWING, *DECISIVE, *_REFUSED, *_PARAMETERS),
        )
    )
)
"""Every parameter of any call that the driver has a meaning for."""
_BY_COST = MappingProxyType({"tgtCcy": "quote_ccy", "marketUnit": "quoteCoin"})
"""Words of okx and bybit by which the amount of an order would be its cost."""
