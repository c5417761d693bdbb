"""The validators that ship with ccxt for its own exchanges, made to run on ours."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import math
import re
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Literal

import ccxt

__all__ = ["NAMES", "SKIPS", "STREAMS", "Hurried", "arguments", "create_order_validator", "trade", "validator"]

Kind = Literal["async", "sync", "streams"]
_PACKAGES: dict[Kind, str] = {
    "async": "ccxt.test.exchange.async",
    "sync": "ccxt.test.exchange.sync",
    "streams": "ccxt.pro.test.Exchange",
}
"""Where the validators are: of exchanges that are awaited, of those that are not, and of the watch methods."""
_POSITION = "the OMS's position row has no mark price, leverage or margin, and a ticker for each would cost a request"
_NOT_OF_A_POSITION = dict.fromkeys(
    ("notional", "leverage", "unrealizedPnl", "markPrice", "collateral", "percentage", "marginMode"), _POSITION
)
SKIPS: dict[str, dict[str, str]] = {
    "fetch_accounts": {"type": "an OMS account is not a wallet of some type"},
    "fetch_currencies": {
        "activeMajorCurrencies": "currencies are derived from the markets, which do not tell deposits and withdrawals",
    },
    "fetch_positions": _NOT_OF_A_POSITION,
    "watch_position": _NOT_OF_A_POSITION,
    "watch_positions": _NOT_OF_A_POSITION,
}
"""What a validator asks that does not hold here, by method (in snake_case) and property, and why."""


def _names(package: str, *but: str) -> list[str]:
    folder = Path(ccxt.__file__).parent.joinpath(*package.split(".")[1:])
    names = {path.stem.removeprefix("test_") for path in folder.glob("test_*.py")}
    return sorted(names - {*but})


NAMES = _names(_PACKAGES["async"], "proxies", "fetch_markets", "create_order")
"""The methods that have a validator, in snake_case.

Not the proxies, which it looks for at servers of ccxt's; not `fetch_markets`, of which it wants a dict, where all
classes of ccxt in Python answer a list (`load_markets` validates the same); `create_order` has its own function here.
"""
STREAMS = _names(_PACKAGES["streams"])
"""The watch and unWatch methods that have a validator, in snake_case."""


def validator(name: str, kind: Kind) -> Callable[..., Any]:
    """ccxt's validator of a method, which takes an exchange, properties to skip, and what `arguments` tells."""
    found: Callable[..., Any] = getattr(import_module(f"{_PACKAGES[kind]}.test_{name}"), f"test_{name}")
    return found


def arguments(check: Callable[..., Any], symbol: str, code: str) -> list[Any]:
    """What a validator wants after the exchange and the properties to skip: nothing, symbols, or a currency."""
    wanted = check.__code__.co_varnames[2 : check.__code__.co_argcount]
    return [{"symbol": symbol, "symbols": [symbol], "code": code}[name] for name in wanted]


class Hurried:
    """An exchange for a validator that watches for 15 seconds: by what this one tells of the time they are 1.5."""

    _times = 10

    def __init__(self, exchange: Any) -> None:
        vars(self).update(_exchange=exchange, _began=exchange.milliseconds())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._exchange, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._exchange, name, value)

    def milliseconds(self) -> int:
        """Now; as long as nobody watches for more than six seconds, ccxt's validators forgive that it is the future."""
        now: int = self._exchange.milliseconds()
        began: int = self._began
        return began + (now - began) * self._times

    async def sleep(self, milliseconds: float) -> None:
        """Sleep for a tenth of it."""
        await asyncio.sleep(milliseconds / 1000 / self._times)


async def trade(exchange: Any, symbol: str, position_id: str) -> None:
    """Let happen what the validators of streams wait for: orders open and end, one after the other, some are filled,
    and a position changes."""
    for stop in itertools.cycle((1_000, 2_000)):
        order = await exchange.create_order(symbol, "limit", "buy", 0.01, 30_000)
        await exchange.cancel_order(order["id"])
        await exchange.create_order(symbol, "market", "buy", 0.02)
        await exchange.reconcile()  # a legacy OMS learns of fills only now and then
        await exchange.set_position_stops(position_id, stop, None)
        await asyncio.sleep(0.1)


def create_order_validator(kind: Kind) -> Callable[..., Any]:
    """ccxt's validator of `createOrder`, with that mended which keeps it from running in Python.

    Its debug lines add numbers to strings, its async one awaits helpers that are not coroutines, it names an exception
    that Python does not have, indexes the exchange by names of methods, and asks `decimal_to_precision` for a rounding
    (2, up) that it does not do (1 is to the nearest).
    """
    path = Path(str(inspect.getsourcefile(import_module(f"{_PACKAGES[kind]}.test_create_order"))))
    source = re.sub(r"(?m)^(\s+)tco_debug\(.*$", r"\1pass", path.read_text())
    source = source.replace("decimal_to_precision(final_amount, 2,", "decimal_to_precision(final_amount, 1,")
    module = ModuleType("create_order")
    vars(module).update(__file__=str(path), Error=AssertionError, time=time, math=math)
    exec(compile(source, str(path), "exec"), vars(module))
    helpers = vars(import_module("ccxt.test.exchange.base.test_shared_methods"))
    mended: dict[str, Callable[..., Any]] = {"fetch_order": _sync_order}
    if kind == "async":
        mended = {"fetch_order": _order, "fetch_best_bid_ask": _best_bid_ask}
    vars(module)["test_shared_methods"] = SimpleNamespace(**{**helpers, **mended})
    found: Callable[..., Any] = module.test_create_order
    return found


async def _best_bid_ask(exchange: Any, method: str, symbol: str) -> list[float]:
    book = await exchange.fetch_order_book(symbol)
    return [book["bids"][0][0], book["asks"][0][0]]


async def _order(exchange: Any, symbol: str, order_id: str, skipped: dict[str, Any]) -> Any:
    return await exchange.fetch_order(order_id, symbol)


def _sync_order(exchange: Any, symbol: str, order_id: str, skipped: dict[str, Any]) -> Any:
    return exchange.fetch_order(order_id, symbol)
