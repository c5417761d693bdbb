"""The validators that ccxt ships for its own exchanges, made to run on ours."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import ccxt.test.exchange.base as base

__all__ = ["NAMES", "SKIPS", "arguments", "create_order_validator", "validator"]

_POSITION = "the OMS's position row has no mark price, leverage or margin, and a ticker for each would cost a request"
SKIPS: dict[str, dict[str, str]] = {
    "fetch_accounts": {"type": "an OMS account is not a wallet of some type"},
    "fetch_currencies": {
        "amountOfCurrencies": "the paper exchange has three, ccxt wants more than five",
        "activeMajorCurrencies": "currencies are derived from the markets, which do not tell deposits and withdrawals",
    },
    "fetch_positions": dict.fromkeys(
        ("notional", "leverage", "unrealizedPnl", "markPrice", "collateral", "percentage", "marginMode"), _POSITION
    ),
}
"""What a validator asks that does not hold here, by method (in snake_case) and property, and why."""

NAMES = sorted(
    path.stem.removeprefix("test_")
    for path in Path(str(base.__file__)).parents[1].joinpath("async").glob("test_*.py")
    if path.stem not in ("test_proxies", "test_fetch_markets", "test_create_order")
)
"""The methods that have a validator, in snake_case.

Not the proxies, which it looks for at servers of ccxt's; not `fetch_markets`, of which it wants a dict, where all
classes of ccxt in Python answer a list (`load_markets` validates the same); `create_order` has its own function here.
"""


def validator(name: str) -> Callable[..., Any]:
    """ccxt's validator of an async method, which takes an exchange, properties to skip, and what `arguments` tells."""
    found: Callable[..., Any] = getattr(import_module(f"ccxt.test.exchange.async.test_{name}"), f"test_{name}")
    return found


def arguments(check: Callable[..., Any], symbol: str, code: str) -> list[Any]:
    """What a validator wants after the exchange and the properties to skip: nothing, a symbol, or a currency."""
    wanted = check.__code__.co_varnames[2 : check.__code__.co_argcount]
    return [{"symbol": symbol, "code": code}[name] for name in wanted]


def create_order_validator() -> Callable[..., Any]:
    """ccxt's validator of `createOrder`, with that mended which keeps it from running in Python.

    Its debug lines add numbers to strings, it awaits helpers that are not coroutines, names an exception that Python
    does not have, and asks `decimal_to_precision` for a rounding (2, up) that it does not do (1 is to the nearest).
    """
    path = Path(str(base.__file__)).parents[1] / "async" / "test_create_order.py"
    source = re.sub(r"(?m)^(\s+)tco_debug\(.*$", r"\1pass", path.read_text())
    source = source.replace("decimal_to_precision(final_amount, 2,", "decimal_to_precision(final_amount, 1,")
    module = ModuleType("create_order")
    vars(module).update(__file__=str(path), Error=AssertionError, time=time, math=math)
    exec(compile(source, str(path), "exec"), vars(module))
    helpers = import_module("ccxt.test.exchange.base.test_shared_methods")
    vars(module)["test_shared_methods"] = SimpleNamespace(
        **{**vars(helpers), "fetch_best_bid_ask": _best_bid_ask, "fetch_order": _order}
    )
    found: Callable[..., Any] = module.test_create_order
    return found


async def _best_bid_ask(exchange: Any, method: str, symbol: str) -> list[float]:
    book = await exchange.fetch_order_book(symbol)
    return [book["bids"][0][0], book["asks"][0][0]]


async def _order(exchange: Any, symbol: str, order_id: str, skipped: dict[str, Any]) -> Any:
    return await exchange.fetch_order(order_id, symbol)
