"""Every public coroutine of the exchange classes, found by looking, and what each is called with."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

__all__ = ["EXCLUDED", "WAITING", "arguments", "public_coroutines"]

_INNER = "part of ccxt's own machinery, which the methods of the OMS do not go through"
EXCLUDED = {
    "close_connector": _INNER,
    "close_proxy_sessions": _INNER,
    "close_ws_clients": _INNER,
    "fetch": _INNER,
    "fetch_web_endpoint": _INNER,
    "load_dydx_protos": _INNER,
    "load_lighter_library": _INNER,
    "load_markets_helper": _INNER,
    "load_markets_and_sign_in": "ccxt's gather of two methods that stand here by themselves",
    "load_order_book": _INNER,
    "request": _INNER,
    "sleep": "waits for time alone",
    "throttle": "waits for time alone",
    "fetch_paginated_call_cursor": "a loop round a method that is named, and stands here by itself",
    "fetch_paginated_call_deterministic": "a loop round a method that is named, and stands here by itself",
    "fetch_paginated_call_dynamic": "a loop round a method that is named, and stands here by itself",
    "fetch_paginated_call_incremental": "a loop round a method that is named, and stands here by itself",
    "watch_multiple": _INNER,
    "safe_deterministic_call": "a loop round a method that is named, and stands here by itself",
}
"""What is not called, and why."""

WAITING = ("watch_", "un_watch_", "close")
"""How the names of methods begin that have tests of their own, as they wait for what somebody else does."""

SWAP = "BTC/USDT:USDT"
_VALUES: dict[str, Any] = {
    "accountIndex": 1,
    "address": "0x00000000000000000000000000000000000000aa",
    "amount": 0.01,
    "code": "USDT",
    "cost": 400,
    "duration": 60_000,
    "fromAccount": "spot",
    "fromCode": "USDT",
    "hedged": True,
    "id": "1",
    "leverage": 3,
    "marginMode": "cross",
    "method": "fetch_my_trades",
    "name": "name",
    "part": "free",
    "path": "accounts",
    "price": 40_000,
    "side": "buy",
    "status": "open",
    "stop_loss": 30_000,
    "symbol": "BTC/USDT",
    "symbols": ["BTC/USDT"],
    "symbolsAndTimeframes": [["BTC/USDT", "1m"]],
    "take_profit": 90_000,
    "timeout": 60_000,
    "toAccount": "swap",
    "toCode": "BTC",
    "triggerPrice": 39_000,
    "type": "limit",
}
"""What a parameter that has to be given is given."""
_ORDERS = [{"symbol": "BTC/USDT", "type": "limit", "side": "buy", "amount": 0.01, "price": 40_000}] * 2
_OF_METHODS: dict[str, dict[str, Any]] = {
    "add_margin": {"symbol": SWAP, "amount": 1},
    "create_limit_sell_order": {"price": 70_000},
    "create_limit_sell_order_ws": {"price": 70_000},
    "create_order_with_take_profit_and_stop_loss": {"price": 40_000, "takeProfit": 45_000, "stopLoss": 39_000},
    "create_order_with_take_profit_and_stop_loss_ws": {"price": 40_000, "takeProfit": 45_000, "stopLoss": 39_000},
    "create_orders": {"orders": _ORDERS},
    "create_orders_ws": {"orders": _ORDERS},
    "create_contract_orders": {"orders": _ORDERS},
    "create_spot_orders": {"orders": _ORDERS},
    "create_stop_loss_order": {"price": 40_000, "stopLossPrice": 39_000},
    "create_stop_loss_order_ws": {"price": 40_000, "stopLossPrice": 39_000},
    "create_stop_order": {"price": 40_000, "triggerPrice": 39_000},
    "create_stop_order_ws": {"price": 40_000, "triggerPrice": 39_000},
    "create_take_profit_order": {"price": 40_000, "takeProfitPrice": 39_000},
    "create_take_profit_order_ws": {"price": 40_000, "takeProfitPrice": 39_000},
    "create_trailing_amount_order": {"type": "market", "trailingAmount": 100},
    "create_trailing_amount_order_ws": {"type": "market", "trailingAmount": 100},
    "create_trailing_percent_order": {"type": "market", "trailingPercent": 1},
    "create_trailing_percent_order_ws": {"type": "market", "trailingPercent": 1},
    "create_trigger_order": {"price": 40_000, "triggerPrice": 39_000},
    "create_trigger_order_ws": {"price": 40_000, "triggerPrice": 39_000},
    "create_order": {"price": 40_000},
    "create_order_ws": {"price": 40_000},
    "create_post_only_order": {"price": 40_000},
    "create_post_only_order_ws": {"price": 40_000},
    "create_reduce_only_order": {"symbol": SWAP, "type": "market", "side": "sell"},
    "create_reduce_only_order_ws": {"symbol": SWAP, "type": "market", "side": "sell"},
    "edit_order": {"amount": 0.02},
    "edit_order_ws": {"amount": 0.02},
    "edit_order_with_client_order_id": {"amount": 0.02},
    "edit_limit_order": {"amount": 0.02},
    "edit_limit_buy_order": {"amount": 0.02},
    "edit_limit_sell_order": {"amount": 0.02},
    "fetch2": {"api": "oms"},
    "fetch_funding_rate": {"symbol": SWAP},
    "fetch_leverage": {"symbol": SWAP},
    "fetch_mark_price": {"symbol": SWAP},
    "reduce_margin": {"symbol": SWAP, "amount": 1},
    "set_leverage": {"symbol": SWAP},
    "set_margin": {"symbol": SWAP},
    "set_margin_mode": {"symbol": SWAP},
}
"""What is given besides, or instead."""


def public_coroutines(kind: type) -> set[str]:
    """The names, in snake case, of everything of a class that a program can await."""
    names = {name for name in dir(kind) if not name.startswith("_") and name == name.lower()}
    return {name for name in names if inspect.iscoroutinefunction(getattr(kind, name)) or name.startswith("watch_")}


def arguments(kind: type, name: str, context: Mapping[str, Any]) -> dict[str, Any]:
    """What a method is called with: every parameter that has to be given, and what makes its call a sensible one.

    Args:
        context: values that were made for this very call: the ids of an order or of positions.

    Raises:
        KeyError: a method, new perhaps, has a parameter that nobody has a value for.
    """
    parameters = list(inspect.signature(getattr(kind, name)).parameters.values())[1:]
    given = _OF_METHODS.get(name, {})
    needed = [
        each.name for each in parameters if each.default is each.empty and each.kind is each.POSITIONAL_OR_KEYWORD
    ]
    found = {each: context[each] if each in context else given.get(each, _VALUES.get(each)) for each in needed}
    missing = [each for each, value in found.items() if value is None]
    if missing:
        raise KeyError(f"{name}(): nobody has a value for {', '.join(missing)}")
    return found | {each: value for each, value in given.items() if each not in found}
