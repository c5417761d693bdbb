"""Short programs in the style of ccxt's documentation: valid for ccxt's own exchanges, and run unchanged on the OMS."""

from __future__ import annotations

import ast
import inspect
import re
import runpy
from collections.abc import Iterator
from pathlib import Path

import ccxt
import ccxt.async_support
import ccxt.pro
import pytest
from ccxt.base import types

from oms_ccxt_async import register, unregister
from tests.faults.desk import COMMANDS, Profile
from tests.faults.plan import Cut, Fault, Trigger, on
from tests.oms_ccxt_async.elsewhere import elsewhere

pytestmark = pytest.mark.dropin

PROGRAMS = sorted(Path(__file__).with_name("programs").glob("*.py"))
_RECONCILED = "a legacy OMS books fills that it finds at the exchange as positions of their own"
FULL_ONLY = {
    "client_order_ids": "a legacy OMS takes a client order id twice (fact 9)",
    "endpoints": "a legacy OMS has no endpoint by ids",
    "hedged": _RECONCILED,
    "positions": _RECONCILED,
    "time_in_force": "a legacy OMS does not learn that the exchange has canceled an order",
}
FAULTS: dict[str, tuple[Fault, Trigger, int]] = {
    "network_errors": (Cut("down", 0, "rst"), on("POST", "/ccxt/*/fetch_ticker"), 6),
    "resent_order": (Cut("down", 0, "rst"), COMMANDS, 1),
}
"""What is done on the way between a program and the OMS: to which requests, how often."""

REAL = {"ccxt": ccxt.binance, "ccxt.async_support": ccxt.async_support.binance, "ccxt.pro": ccxt.pro.binance}
"""An exchange of ccxt's own, by the module that a program imports."""
BASE = ccxt.Exchange()
IMPLICIT = re.compile(r"(oms|ccxt)_?([Gg]et|[Pp]ost)")
STRUCTURES: dict[str, set[str]] = {
    "order": set(types.Order.__annotations__),
    "trade": set(types.Trade.__annotations__),
    "ticker": set(types.Ticker.__annotations__),
    "position": set(types.Position.__annotations__),
    "market": set(types.MarketInterface.__annotations__),
    "currency": set(types.CurrencyInterface.__annotations__),
    "book": set(types.OrderBook.__annotations__),
    "status": {"status", "updated", "eta", "url", "info"},
    "fee": {"type", "currency", "rate", "cost"},
}
"""The keys of ccxt's unified structures, by the last word of the name of a variable or method."""
FREE = {"balance", "before", "raw", "row", "has", "value"}
"""What is none of them: keyed by currency or method, or as an exchange has it."""


@pytest.fixture
def registered() -> Iterator[None]:
    """ccxt has the OMS's classes while a program runs."""
    register()
    yield
    unregister()


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize("profile", ["full", "legacy"])
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_runs_on_the_oms(program: Path, profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program does what it says: its own assertions hold, through ccxt's names, on an OMS of either profile."""
    if profile == "legacy" and program.stem in FULL_ONLY:
        pytest.skip(FULL_ONLY[program.stem])
    with elsewhere(profile) as oms:
        monkeypatch.setenv("OMS_BASE_URL", oms.desk.proxy.url)
        monkeypatch.setenv("OMS_API_KEY", oms.desk.sandbox.keys["trader"])
        monkeypatch.setenv("OMS_ACCOUNT_ID", "2")
        fault, when, times = FAULTS.get(program.stem, (Cut("down", 0), lambda _: False, 0))
        plan = oms.desk.proxy.plan(fault, when, times=times)
        runpy.run_path(str(program), run_name="__main__")
        assert len(plan.hits) == times


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_is_a_program_for_ccxt(program: Path) -> None:
    """Every name of ccxt is there, every call fits the signature of the same method of an exchange of ccxt's own, and
    every key that is read is one of ccxt's unified structures."""
    assert complaints(program.read_text()) == []


@pytest.mark.parametrize(
    ("program", "complaint"),
    [
        ("ccxt.OrderLost", "ccxt has no OrderLost"),
        ("exchange.fetch_everything()", "binance has no fetch_everything"),
        ("exchange.fetch_order('1', timeout=3)", "fetch_order: got an unexpected keyword argument 'timeout'"),
        ("exchange.create_order('BTC/USDT', 'limit')", "create_order: missing a required argument: 'side'"),
        ("exchange.fetchOrder()", "fetchOrder: missing a required argument: 'id'"),
        ("exchange.omsGetOrdersOpen({}, {})", "omsGetOrdersOpen: too many positional arguments"),
        ("orders = exchange.fetch_orders()\norders[-1]['qty']", "order has no 'qty'"),
        ("exchange.fetch_ticker('BTC/USDT')['price']", "ticker has no 'price'"),
        ("(order := exchange.create_order_ws('A/B', 'market', 'buy', 1))['done']", "order has no 'done'"),
        ("order = {}\norder['fee']['code']", "fee has no 'code'"),
        ("thing = {}\nthing['x']", "thing has no keys that these tests know"),
    ],
)
def test_complaints(program: str, complaint: str) -> None:
    """A program that ccxt's own exchanges would not run is found out."""
    assert complaints(f"import ccxt\nexchange = ccxt.oms()\n{program}") == [complaint]


def complaints(source: str) -> list[str]:
    """What a program asks of ccxt that ccxt does not have; it is to call its exchange `exchange`."""
    [module] = re.findall(r"^(?:from|import) (ccxt(?:\.\w+)?)", source, re.MULTILINE)
    real = REAL[module]
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(value=ast.Name(id="ccxt"), attr=name) if not hasattr(ccxt, name) and name != "oms":
                found.append(f"ccxt has no {name}")
            case ast.Attribute(value=ast.Name(id="exchange"), attr=name) if not _is_known(real, name):
                found.append(f"{real.__name__} has no {name}")
            case ast.Call(func=ast.Attribute(value=ast.Name(id="exchange"), attr=name)) if _is_known(real, name):
                found += _misfit(node, name, real)
            case ast.Subscript(value=value, slice=ast.Constant(value=str(key))):
                found += _stray(value, key)
    return found


def _is_known(real: type, name: str) -> bool:
    return bool(IMPLICIT.match(name)) or hasattr(BASE, name) or hasattr(real, name)


def _misfit(call: ast.Call, name: str, real: type) -> list[str]:
    """Whether a call fits the signature of ccxt's own method."""
    name_there = "publicGetPing" if IMPLICIT.match(name) else BASE.un_camel_case(name)
    there = getattr(real, name_there, None) or getattr(BASE, name_there)
    bound = inspect.ismethod(there) or isinstance(inspect.getattr_static(real, name_there, None), staticmethod)
    signature = inspect.signature(there)
    positional = [None for each in call.args if not isinstance(each, ast.Starred)]
    bind = signature.bind if len(positional) == len(call.args) else signature.bind_partial
    try:
        bind(*(() if bound else (None,)), *positional, **{str(each.arg): None for each in call.keywords})
    except TypeError as error:
        return [f"{name}: {error}"]
    return []


def _stray(value: ast.expr, key: str) -> list[str]:
    """Whether a key is one of the structure that it is read from; what is named in the plural is keyed by symbol."""
    name = re.sub(r"_(ws|by_id|with_client_order_id)$", "", BASE.un_camel_case(_name(value)))
    word = name.rpartition("_")[2]
    if word in STRUCTURES:
        return [] if key in STRUCTURES[word] else [f"{word} has no {key!r}"]
    nested = isinstance(value, ast.Subscript) and isinstance(value.slice, ast.Constant)
    return [] if word in FREE or word.endswith("s") or nested else [f"{word} has no keys that these tests know"]


def _name(value: ast.expr) -> str:
    """What an expression's value is called."""
    match value:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Subscript(slice=ast.Constant(value=str(name))):
            return name
        case ast.Subscript(value=many):
            return re.sub(r"s(?=$|_by_)", "", _name(many))
        case ast.Await(value=inner) | ast.NamedExpr(value=inner) | ast.Call(func=inner):
            return _name(inner)
    return ""
