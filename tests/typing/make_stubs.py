"""Make the stubs of what users import, from the classes: `make stubs`.

Most methods of the exchanges exist only at run time (gateway methods, the sync class, camelCase), and ccxt's own do not
say what they return; those that only raise look as if they never returned. mypy cannot see ccxt at all, as it is not
marked as typed: for mypy there are copies of ccxt's types, for every other checker ccxt's own.
"""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import ccxt
import ccxt.async_support
import ccxt.pro
from ccxt.base import types
from ccxt.base.types import Entry

import oms_ccxt_async
import oms_ccxt_async.types
import oms_ccxt_pro
from oms_ccxt_async import sync
from oms_ccxt_async.errors import OmsError
from oms_ccxt_async.exchange.capabilities import camel_case

ROOT = Path(__file__).parent.parent.parent
HEADER = f"""# Made by tests/typing/make_stubs.py of ccxt {ccxt.__version__}: `make stubs`.
# mypy: disable-error-code="override, assignment, misc"
"""

RETURNED = {
    r"(create|edit)_\w*order(_with_\w+)?(_ws)?": "Order",
    r"(fetch|cancel)_\w*order_with_client_order_id|fetch_unified_order": "Order",
    r"cancel_orders_with_client_order_ids": "list[Order]",
    r"fetch_order_status": "str | None",
    r"fetch_(free|used|total|partial)_balance": "dict[str, Num]",
    r"fetch_position_ws|merge_positions|set_position_stops": "Position",
    r"fetch_positions_for_symbol_ws|close_by": "list[Position]",
    r"fetch_position_adl_rank": "ADL",
    r"borrow_margin": "MarginLoan",
    r"fetch_transaction_fee": "dict[str, Any]",
    r"fetch_tickers_ws": "dict[str, Ticker]",
    r"(fetch|watch)\w*_ohlcv(_ws)?": "list[list[Any]]",
    r"watch_ohlcv_for_symbols": "dict[str, dict[str, list[list[Any]]]]",
    r"load_markets": "dict[str, MarketInterface]",
    r"fetch_markets": "list[MarketInterface]",
    r"market": "MarketInterface",
    r"(milli|micro)?seconds|parse_timeframe": "int",
    r"iso8601": "str | None",
    r"parse8601": "int | None",
    r"(amount|price|cost|fee|currency)_to_precision": "str",
}
"""What methods return of which ccxt's classes do not say it, or say something else."""

ATTRIBUTES = {
    "id": "str",
    "markets": "dict[str, MarketInterface]",
    "markets_by_id": "dict[str, list[MarketInterface]]",
    "currencies": "dict[str, CurrencyInterface]",
    "timeout": "float",
    "rateLimit": "float",
    "headers": "dict[str, Any]",
    "orders": "list[Order] | None",
    "myTrades": "list[Trade] | None",
    "positions": "list[Position] | None",
    "balance": "Balances",
    "tickers": "dict[str, Ticker]",
    "bidsasks": "dict[str, Ticker]",
    "orderbooks": "dict[str, OrderBook]",
    "trades": "dict[str, list[Trade]]",
    "ohlcvs": "dict[str, dict[str, list[list[Any]]]]",
    **dict.fromkeys(("symbols", "ids", "codes"), "list[str]"),
    **dict.fromkeys(("name", "version", "token"), "str | None"),
    **dict.fromkeys(("apiKey", "secret", "password", "uid", "walletAddress", "privateKey"), "str | None"),
    **dict.fromkeys(("httpProxy", "httpsProxy", "socksProxy", "wsProxy", "wssProxy", "wsSocksProxy"), "str | None"),
}
"""What attributes hold of which the default does not say it."""

ALIASES = {"Currency", "Market", "OrderSide", "OrderType", "Strings", "Tickers"}
"""What programs write in their own annotations, too."""

TAKEN = {
    **dict.fromkeys(("amount", "price", "cost", "stop_loss", "take_profit"), "Num"),
    **dict.fromkeys(("symbol", "id", "type", "side"), "str | None"),
    "ids": "Iterable[str | None]",
}
"""Parameters that take what results hold: `create_order(order["symbol"], "market", "sell", order["filled"])`."""

WORDS = {
    r"\b(ccxt\.base\.types|collections\.abc|typing|decimal|asyncio|oms_ccxt_async\.exchange\.base)\.": "",
    r"\bOptional\[(.*)\]": r"\1 | None",
    r"\bList\b": "list",
    r"\b(dict|Mapping)\b(?!\[)": r"\1[str, Any]",
    r"\blist\b(?!\[)": "list[Any]",
    r"\bobject\b": "Any",
    r"Literal\['(limit|buy)', '(market|sell)'\]": "str",  # what holds a side or a type is a str to a checker
    r"None \| str \| float \| int \| Decimal": "Num",
}


def _annotation(annotation: Any) -> str:
    """An annotation in the words of the stubs."""
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    for pattern, word in WORDS.items():
        text = re.sub(pattern, word, text)
    return text


@cache
def _told_by_ccxt() -> Mapping[str, str]:
    """What most of ccxt's exchange classes say that a method returns."""
    said: dict[str, Counter[str]] = {}
    for home in (ccxt.pro, ccxt.async_support):
        for exchange in home.exchanges:
            for name, function in vars(getattr(home, exchange)).items():
                if (returned := getattr(function, "__annotations__", {}).get("return")) is not None:
                    said.setdefault(name, Counter())[_annotation(returned)] += 1
    return {name: votes.most_common(1)[0][0] for name, votes in said.items()}


def _returned(name: str, own: str) -> str:
    known = next((returned for pattern, returned in RETURNED.items() if re.fullmatch(pattern, name)), None)
    vague = own == "Any" or "dict[str, Any]" in own
    told = _told_by_ccxt().get(name, "Any") if vague else "Any"
    said = known or (own if told == "Any" else told)
    assert own == "Any" or own.partition("[")[0] in (said.partition("[")[0], "dict"), f"{name}: {own} or {said}?"
    return said


def _parameter(parameter: inspect.Parameter) -> str:
    annotation = "Any" if parameter.annotation is parameter.empty else _annotation(parameter.annotation)
    if parameter.name in TAKEN:
        annotation = TAKEN[parameter.name]
    elif parameter.name == "params" and annotation == "dict[str, Any]":
        annotation = "Mapping[str, Any]"
    elif parameter.default is None and annotation != "Num" and "None" not in annotation:
        annotation += " | None"
    star = {"VAR_POSITIONAL": "*", "VAR_KEYWORD": "**"}.get(parameter.kind.name, "")
    text = f"{star}{parameter.name}: {annotation}"
    if parameter.default is parameter.empty:
        return text
    plain = parameter.default is None or isinstance(parameter.default, str | int | float | list | dict)
    return f"{text} = {parameter.default!r}" if plain else f"{text} = ..."


def _method(name: str, entry: Any) -> Iterator[str]:
    function = entry.__func__ if isinstance(entry, staticmethod) else entry
    signature = inspect.signature(function, eval_str=True)
    words = [_parameter(parameter) for parameter in signature.parameters.values()]
    kinds = [parameter.kind.name for parameter in signature.parameters.values()]
    if "KEYWORD_ONLY" in kinds and "VAR_POSITIONAL" not in kinds:
        words.insert(kinds.index("KEYWORD_ONLY"), "*")
    if isinstance(entry, staticmethod):
        yield "@staticmethod"
    else:
        words[0] = "self"
    own = "Any" if signature.return_annotation is signature.empty else _annotation(signature.return_annotation)
    coming = re.fullmatch(r"Coroutine\[Any, Any, (.*)\]", own)
    returned = _returned(name, coming[1] if coming else own)
    word = "async def" if inspect.iscoroutinefunction(function) and not coming else "def"
    yield f"{word} {name}({', '.join(words)}) -> {f'Coroutine[Any, Any, {returned}]' if coming else returned}: ..."


def spellings(name: str, entry: Any) -> list[str]:
    """The names of a member: ccxt's constructor gives every method with an underscore inside a second one."""
    method = inspect.isfunction(entry) or isinstance(entry, Entry | staticmethod)
    return [name, camel_case(name)] if method and "_" in name.rstrip("_") else [name]


@cache
def public(cls: type) -> Mapping[str, Any]:
    """What a class has for users, methods by their names with underscores."""
    members = {name: inspect.getattr_static(cls, name) for name in dir(cls) if not name.startswith("_")}
    again = {other for name, entry in members.items() for other in spellings(name, entry)[1:]}
    return {name: entry for name, entry in members.items() if name not in again}


def _body(members: Mapping[str, Any], coroutines: bool = True) -> str:
    lines: list[str] = []
    for name, entry in members.items():
        if isinstance(entry, Entry):
            lines.append(f"{'async ' if coroutines else ''}def {name}(self, params: Any = {{}}) -> Any: ...")
        elif inspect.isfunction(entry) or isinstance(entry, staticmethod):
            lines += _method(name, entry)
        else:
            kind = type(entry).__name__ if isinstance(entry, str | int | float) else "Any"
            kind = "dict[str, Any]" if isinstance(entry, dict) else kind
            lines.append(f"{name}: {ATTRIBUTES.get(name, kind)}")
        lines += [f"{other} = {name}" for other in spellings(name, entry)[1:]]
    return "".join(f"    {line}\n" for line in lines)


def _beyond(cls: type, base: Mapping[str, Any]) -> dict[str, Any]:
    return {name: entry for name, entry in public(cls).items() if entry is not base.get(name, ...)}


def _of_ccxt(text: str) -> set[str]:
    """The types of ccxt's that a text names."""
    return set(re.findall(r"\b[A-Z]\w+", text)) & set(_defined())


@cache
def _defined() -> dict[str, str]:
    """What ccxt's module of types defines, as its source has it."""
    defined = {}
    for node in ast.parse(inspect.getsource(types)).body:
        if isinstance(node, ast.ClassDef):
            defined[node.name] = ast.unparse(node)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            defined[node.targets[0].id] = ast.unparse(node)
    del defined["Any"], defined["Entry"]
    return defined


def _closed(names: set[str]) -> list[str]:
    """These types of ccxt's and all that they are made of, in the order of ccxt's source."""
    while more := set().union(*(_of_ccxt(_defined()[name]) for name in names)) - names:
        names |= more
    return [name for name in _defined() if name in names]


STANDARD = """
from asyncio import AbstractEventLoop
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal, NotRequired, Self, TypedDict, overload
"""

BASE = """
class Base:
    cafile: str
    decimal_to_precision: Callable[..., str]
    decimalToPrecision: Callable[..., str]
    markets_loading: Any
    number_to_string: Callable[[Any], str | None]
    numberToString: Callable[[Any], str | None]
    own_session: bool
    reloading_markets: bool
"""
"""What ccxt's constructor adds."""

FOR_MYPY = """
class Exchange: ...
class SyncExchange: ...
class RequestTimeout(Exception): ...
"""

SEEN = """
__all__ = {exported}

MYPY: Literal[False] = False
if MYPY:  # a name that mypy takes for true
    from oms_ccxt_async.typed.for_mypy import {types}
    from oms_ccxt_async.typed.for_mypy import Exchange, RequestTimeout, SyncExchange
else:
    from ccxt import Exchange as SyncExchange
    from ccxt import RequestTimeout
    from ccxt.async_support import Exchange
    from ccxt.base.types import {types}
"""

TYPES = """
from oms_ccxt_async.typed.seen import {types}
from oms_ccxt_async.typed.seen import Balances as CcxtBalances

__all__ = {exported}

class Balances(CcxtBalances):
    @overload
    def __getitem__(self, key: Literal["free", "used", "total", "debt"], /) -> dict[str, Num]: ...
    @overload
    def __getitem__(self, key: Literal["info"], /) -> Any: ...
    @overload
    def __getitem__(self, key: Literal["timestamp"], /) -> int | None: ...
    @overload
    def __getitem__(self, key: Literal["datetime"], /) -> str | None: ...
    @overload
    def __getitem__(self, key: str, /) -> Balance: ...
    def get(self, key: str, default: Any = None, /) -> Any: ...
"""

ASYNC = """
from oms_ccxt_async.exchange.base import Recovered
from oms_ccxt_async.typed.base import Base
from oms_ccxt_async.typed.seen import Exchange, RequestTimeout

{exports}
__version__: str

class OrderOutcomeUnknown(RequestTimeout):
    def __init__(
        self,
        message: str,
        *,
        client_order_id: str,
        request: Mapping[str, Any],
        resolver: Callable[[], Awaitable[Any]] | None = None,
    ) -> None: ...
    client_order_id: str
    clientOrderId: str
    request: dict[str, Any]
    orders: list[Order]
{facts}
    async def resolve(self) -> Any: ...

class oms(Base, Exchange):
    def __init__(self, config: Mapping[str, Any] = {{}}) -> None: ...
    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, exc_type: Any, exc: Any, tb: Any) -> None: ...
"""

PRO = """
import oms_ccxt_async

{exports}

class oms(oms_ccxt_async.oms):
"""

SYNC = """
import oms_ccxt_async
from oms_ccxt_async.typed.base import Base
from oms_ccxt_async.typed.seen import SyncExchange

{exports}

class OrderOutcomeUnknown(oms_ccxt_async.OrderOutcomeUnknown):
    def resolve(self) -> Any: ...

class oms(Base, SyncExchange):
    def __init__(self, config: Mapping[str, Any] = {{}}) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
"""


def _exports(package: ModuleType) -> str:
    """What a package offers beside the classes of the stub, from where it is defined."""
    values = {name: getattr(package, name) for name in package.__all__ if name not in ("OrderOutcomeUnknown", "oms")}
    homes = {name: package.__name__ if inspect.ismodule(value) else value.__module__ for name, value in values.items()}
    imports = [f"from {home} import {name} as {name}" for name, home in homes.items()]
    return "\n".join([*imports, f"__all__ = {package.__all__}"])


def stubs() -> dict[Path, str]:
    """Every stub, by its path."""
    shared = {
        name: entry
        for name, entry in public(ccxt.async_support.Exchange).items()
        if entry is public(ccxt.Exchange).get(name, ...)
    }
    facts = "".join(f"    {name}: {annotation}\n" for name, annotation in OmsError.__annotations__.items())
    made = {
        "oms_ccxt_async/typed/base.pyi": BASE + _body(shared),
        "oms_ccxt_async/__init__.pyi": ASYNC.format(exports=_exports(oms_ccxt_async), facts=facts)
        + _body(_beyond(oms_ccxt_async.oms, shared)),
        "oms_ccxt_pro/__init__.pyi": PRO.format(exports=_exports(oms_ccxt_pro))
        + _body(_beyond(oms_ccxt_pro.oms, public(oms_ccxt_async.oms))),
        "oms_ccxt_async/sync/__init__.pyi": SYNC.format(exports=_exports(sync))
        + _body(_beyond(sync.oms, shared), coroutines=False),
    }
    for path, text in made.items():
        made[path] = f"from oms_ccxt_async.types import {', '.join(sorted(_of_ccxt(text)))}\n{text}"
    closed = _closed(ALIASES.union(*map(_of_ccxt, made.values())))
    assert set(oms_ccxt_async.types.__all__) == set(closed), closed
    named = ", ".join(closed)
    made |= {
        "oms_ccxt_async/typed/__init__.pyi": "",
        "oms_ccxt_async/typed/for_mypy.pyi": "\n".join(_defined()[name] for name in closed) + FOR_MYPY,
        "oms_ccxt_async/typed/seen.pyi": SEEN.format(
            types=named, exported=[*closed, "Exchange", "RequestTimeout", "SyncExchange"]
        ),
        "oms_ccxt_async/types.pyi": TYPES.format(types=named.replace("Balances, ", ""), exported=closed),
    }
    return {ROOT / path: _tidy(HEADER + STANDARD + text) for path, text in made.items()}


def _tidy(text: str) -> str:
    """Without the imports that are not used, and formatted."""
    for command in ("check --fix --quiet --select F401", "format --quiet"):
        ruff = [sys.executable, "-m", "ruff", *command.split(), "--stdin-filename", "stub.pyi", "-"]
        text = subprocess.run(ruff, input=text, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    return text


if __name__ == "__main__":
    made = stubs()
    if "--check" in sys.argv:
        sys.exit(" ".join(str(path) for path, text in made.items() if path.read_text(encoding="utf-8") != text))
    for path, text in made.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
