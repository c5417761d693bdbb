"""Programs in the style of ccxt's documentation and of public bots: valid for ccxt's own exchanges, and run unchanged
on the OMS; `tests.dropin.collection` says how they are described."""

from __future__ import annotations

import ast
import inspect
import re
import runpy
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from importlib import import_module
from itertools import product
from typing import get_args

import ccxt
import pytest
from ccxt.base import types

from oms_ccxt_async import register, unregister
from tests.dropin.collection import FAULTS, PROGRAMS, Outcome, Program, run, table, written_table
from tests.faults.desk import Profile
from tests.faults.plan import Cut
from tests.oms_ccxt_async.elsewhere import elsewhere

pytestmark = pytest.mark.dropin

OURS = [program for program in PROGRAMS if not program.is_foreign]
"""Those that ask for the exchange `oms`; they run in the process of the tests."""
FOREIGN = [program for program in PROGRAMS if program.is_foreign]
CLAIMS = ("orders", "fills", "positions", "exit", "last", "refused")
UNKNOWN = "has no keys that these tests know"
BASE = ccxt.Exchange()
ENDPOINT = re.compile(r"(Public|Private)(V2)?(Get|Post)|^(public|private)_(get|post)_")
"""What is not of the OMS among what ccxt makes of its tables of endpoints."""
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
@pytest.mark.parametrize("profile", get_args(Profile))
@pytest.mark.parametrize("program", OURS, ids=str)
def test_runs_on_the_oms(program: Program, profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program does what it says: its own assertions hold, through ccxt's names, on an OMS of either profile."""
    if profile == "legacy" and (why := program.one("legacy")):
        pytest.skip(why)
    with elsewhere(profile) as oms:
        monkeypatch.setenv("OMS_BASE_URL", oms.desk.proxy.url)
        monkeypatch.setenv("OMS_API_KEY", oms.desk.sandbox.keys["trader"])
        monkeypatch.setenv("OMS_ACCOUNT_ID", "2")
        fault, when, times = FAULTS.get(program.name, (Cut("down", 0), lambda _: False, 0))
        plan = oms.desk.proxy.plan(fault, when, times=times)
        runpy.run_path(str(program.path), run_name="__main__")
        assert len(plan.hits) == times


@pytest.fixture(scope="module")
def outcomes(request: pytest.FixtureRequest) -> Iterator[dict[tuple[str, str], Future[Outcome]]]:
    """What becomes of the programs that are asked for; they run ahead, several at a time, as they mostly wait."""
    wanted = {item.name for item in request.session.items}
    with ThreadPoolExecutor(3) as pool:
        yield {
            (program.name, profile): pool.submit(run, program, profile)
            for program, profile in product(FOREIGN, get_args(Profile))
            if f"test_did_at_the_oms_what_it_says[{program}-{profile}]" in wanted
        }
        pool.shutdown(cancel_futures=True)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("profile", get_args(Profile))
@pytest.mark.parametrize("program", FOREIGN, ids=str)
def test_did_at_the_oms_what_it_says(
    program: Program, profile: Profile, outcomes: dict[tuple[str, str], Future[Outcome]]
) -> None:
    """A program for an exchange of ccxt's own, under `oms-ccxt run` in a process of its own, ends as its comments say,
    and the records of an OMS of either profile have the orders, fills and positions that it must have made. Of one that
    is refused there are none, and no command has reached the OMS."""
    outcome = outcomes[program.name, profile].result()
    assert program.told("last", profile) in outcome.last, outcome.printed
    assert program.one("refused") in outcome.last, outcome.printed
    assert outcome.code == int(program.told("exit", profile) or 0), outcome.printed
    assert outcome.books == program.expected(profile), outcome.printed
    assert outcome.hits == (FAULTS[program.name][2] if program.name in FAULTS else 0)
    if "refused" in program.said:
        assert (outcome.code, outcome.commands) == (1, 0)
    if program.one("sent") == "nothing":
        assert outcome.requests == 0


@pytest.mark.parametrize("program", FOREIGN, ids=str)
def test_says_what_it_must_have_done(program: Program) -> None:
    """Every program of another exchange says by which line it is known to have come to its end, and nothing that
    nobody looks at."""
    names = {name.removeprefix("legacy ") for name in program.said}
    assert names <= {"as", "for", "settings", "json", "args", "account", "market", "sent", "legacy", *CLAIMS}
    assert {"last", "refused"} & names


def test_the_table_is_up_to_date() -> None:
    """docs/drop_in.md has the table that `python -m tests.dropin.collection` writes."""
    assert written_table() == table()


@pytest.mark.parametrize("program", PROGRAMS, ids=str)
def test_is_a_program_for_ccxt(program: Program) -> None:
    """Every name of ccxt is there, every call fits the signature of the same method of an exchange of ccxt's own, and
    every key that is read is one of ccxt's unified structures."""
    found = complaints(program.path.read_text(), program.exchange if program.is_foreign else "binance")
    assert [each for each in found if not program.is_foreign or not each.endswith(UNKNOWN)] == []


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


def complaints(source: str, identity: str = "binance") -> list[str]:
    """What a program asks of ccxt that ccxt's class of that id does not have; it is to call its exchange `exchange`."""
    module, *_ = re.findall(r"^(?:from|import) (ccxt(?:\.\w+)?)", source, re.MULTILINE)
    real = getattr(import_module(module), identity)
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
    name_there = "publicGetPing" if IMPLICIT.match(name) or ENDPOINT.search(name) else BASE.un_camel_case(name)
    there = getattr(real, name_there, None) or getattr(BASE, name_there, None) or ccxt.binance.publicGetPing
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
    return [] if word in FREE or word.endswith("s") or nested else [f"{word} {UNKNOWN}"]


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
