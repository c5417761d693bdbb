"""The rules of the house, as docs/architecture.md has them: what may import what, what is pure, what is public."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest
from ccxt.base.errors import error_hierarchy

ROOT = Path(__file__).parent.parent

BANDS = (
    {"oms_ccxt_async.cli", "oms_ccxt_async.pytest_plugin", "oms_ccxt_async.testing"},
    {"oms_ccxt_async.view"},
    {"oms_ccxt_async"},
    {"oms_ccxt_async.conformance", "oms_ccxt_async.dropin", "oms_ccxt_async.sync"},
    {"oms_ccxt_pro"},
    {"oms_ccxt_async.exchange"},
    {"oms_ccxt_async.orders"},
    {"oms_ccxt_async.lists"},
    {"oms_ccxt_async.wire"},
    {
        "oms_ccxt_async.errors",
        "oms_ccxt_async.evidence",
        "oms_ccxt_async.instrumentation",
        "oms_ccxt_async.mappers",
        "oms_ccxt_async.types",
        "oms_ccxt_async.version",
    },
)
"""From the top to the bottom: a room imports from its own band and from those below. `oms_ccxt_async` itself is what
users import."""

PURE = {
    "oms_ccxt_async.wire.answer",
    "oms_ccxt_async.wire.secret",
    "oms_ccxt_async.conformance.rule",
    "oms_ccxt_async.errors",
    "oms_ccxt_async.evidence",
    "oms_ccxt_async.exchange.foreign",
    "oms_ccxt_async.exchange.valuing",
    "oms_ccxt_async.instrumentation.events",
    "oms_ccxt_async.instrumentation.numbers",
    "oms_ccxt_async.lists.freshness",
    "oms_ccxt_async.lists.over",
    "oms_ccxt_async.lists.owners",
    "oms_ccxt_async.lists.places",
    "oms_ccxt_async.lists.window",
    "oms_ccxt_async.mappers",
    "oms_ccxt_async.mappers.number",
    "oms_ccxt_async.mappers.order",
    "oms_ccxt_async.mappers.position",
    "oms_ccxt_async.mappers.row",
    "oms_ccxt_async.mappers.time",
    "oms_ccxt_async.mappers.trade",
    "oms_ccxt_async.orders.calls",
    "oms_ccxt_async.orders.commands",
    "oms_ccxt_async.orders.grid",
    "oms_ccxt_async.orders.intents",
    "oms_ccxt_async.orders.params",
    "oms_ccxt_async.view.candles",
    "oms_ccxt_async.view.health",
    "oms_ccxt_async.view.lives",
    "oms_ccxt_async.view.model",
    "oms_ccxt_async.view.page.charts",
    "oms_ccxt_async.view.page.grids",
    "oms_ccxt_async.view.page.markup",
    "oms_ccxt_async.view.profit",
    "oms_ccxt_async.view.rows",
    "oms_ccxt_async.view.tables",
    "oms_ccxt_async.view.words",
    "oms_ccxt_async.wire.host",
    "oms_ccxt_async.wire.hurry",
    "oms_ccxt_async.wire.retry",
    "oms_ccxt_pro.backoff",
    "oms_ccxt_pro.cache",
    "oms_ccxt_pro.capabilities",
    "oms_ccxt_pro.delivery",
    "oms_ccxt_pro.events",
    "oms_ccxt_pro.feed",
    "oms_ccxt_pro.fills",
    "oms_ccxt_pro.frames",
    "oms_ccxt_pro.hooks",
    "oms_ccxt_pro.ledger",
    "oms_ccxt_pro.reads",
    "oms_ccxt_pro.settings",
    "oms_ccxt_pro.status",
    "oms_ccxt_pro.unsettled",
}
IMPURE = {"asyncio", "aiohttp", "random", "socket", "ssl", "threading", "time", "websockets"}

TESTED_ELSEWHERE = {
    "oms_ccxt_async": "names only; the tests of what it names import them from there",
    "oms_ccxt_async.cli.checks": "the lines of a report: cli/test_check.py reads them as the command prints them",
    "oms_ccxt_async.cli.startup.sitecustomize": "runs before every import of a program: cli/test_run.py runs programs",
    "oms_ccxt_async.cli.terminal": "a console; cli/test_sandbox.py and cli/test_demo.py read what is printed on it",
    "oms_ccxt_async.dropin.freqtrade": "needs freqtrade: tests/dropin/test_freqtrade.py",
    "oms_ccxt_async.exchange.rooms": "made for every exchange that is used: exchange/test_base.py",
    "oms_ccxt_async.conformance.client": "asks what the rules ask: conformance/test_examination.py",
    "oms_ccxt_async.conformance.commands": "rules: conformance/test_examination.py has an OMS break each",
    "oms_ccxt_async.conformance.desk": "the account of the rules: conformance/test_examination.py",
    "oms_ccxt_async.conformance.extensions": "rules: conformance/test_examination.py has an OMS break each",
    "oms_ccxt_async.conformance.reads": "rules: conformance/test_examination.py has an OMS break each",
    "oms_ccxt_async.conformance.sockets": "rules: conformance/test_examination.py has an OMS break each",
    "oms_ccxt_async.exchange.copies": "copies and pickles of every class: dropin/test_construction.py",
    "oms_ccxt_async.exchange.telling": "what an exchange tells: instrumentation/test_telemetry.py",
    "oms_ccxt_async.instrumentation.events": "dataclasses without code; instrumentation/test_telemetry.py takes them",
    "oms_ccxt_async.mappers": "two types and a dataclass without code",
    "oms_ccxt_async.exchange.given": "the params of every method: exchange/test_words.py, test_strategies.py",
    "oms_ccxt_async.sandbox.answers": "shapes of answers: sandbox/test_openapi.py holds every answer against them",
    "oms_ccxt_async.sandbox.desk": "what commands may see and touch: sandbox/test_commands.py, test_permissions.py",
    "oms_ccxt_async.sandbox.errors": "raised, and checked, everywhere else",
    "oms_ccxt_async.sandbox.exchange.clearing": "leverage and funding: sandbox/exchange/test_engine_swap.py",
    "oms_ccxt_async.sandbox.exchange.model": "dataclasses without code",
    "oms_ccxt_async.sandbox.exchange.prices": "a protocol: tests of each source of prices hold it, and mypy",
    "oms_ccxt_async.sandbox.rows": "dataclasses without code, held to the schema by sandbox/test_storage.py",
    "oms_ccxt_async.sandbox.schemas": "shapes of requests: sandbox/test_app.py sends them",
    "oms_ccxt_async.sandbox.migrations": "needs PostgreSQL: tests/postgres/test_migrations.py",
    "oms_ccxt_async.sandbox.migrations.versions.oms_0001_tables": "SQL: tests/postgres/test_migrations.py runs it",
    "oms_ccxt_async.sandbox.peers": "processes on one database: tests/postgres/test_sharing.py, test_killing.py",
    "oms_ccxt_async.sandbox.postgres": "needs PostgreSQL: tests/postgres/test_postgres.py",
    "oms_ccxt_async.sandbox.workers": "processes: tests/postgres/test_workers.py, test_killing.py",
    "oms_ccxt_async.sandbox.sqlite": "the seam to the database on SQLite: sandbox/test_storage.py, test_oms.py",
    "oms_ccxt_async.sandbox.tables": "records as rows: sandbox/test_storage.py writes and reads every kind",
    "oms_ccxt_async.sync.blocking": "what the methods of the sync exchange do: sync/test_facade.py, test_interrupts.py",
    "oms_ccxt_async.view.page.page": "what a browser shows: tests/browser",
    "oms_ccxt_async.view.page.ticket": "what a browser shows: tests/browser",
    "oms_ccxt_async.view.page.serve": "the server of a command: cli/test_dashboard.py",
    "oms_ccxt_pro.source": "reads of a feed: test_feed.py",
    "oms_ccxt_pro.ledger": "what a feed holds: test_feed.py",
    "oms_ccxt_pro.reader": "performs the reads of a feed: test_feed.py, test_account_stream.py",
    "oms_ccxt_pro.reads": "the reads that a feed asks for: test_feed.py",
    "oms_ccxt_pro.exchange": "order entry and reads over the socket: test_order_entry.py",
    "oms_ccxt_pro.host": "what live.py hands to the streams: test_live.py, and the tests of each stream",
}
"""Modules without a test file of their name, and why."""


NOT_TO_BE_IMPORTED = {
    "oms_ccxt_async.cli.startup.sitecustomize": "changes how this process imports ccxt",
    "oms_ccxt_async.dropin.freqtrade": "needs freqtrade",
    "oms_ccxt_async.instrumentation.opentelemetry": "needs the extra opentelemetry",
    "oms_ccxt_async.instrumentation.prometheus": "needs the extra prometheus",
    "oms_ccxt_async.view.page.markup": "needs the extra dashboard",
    "oms_ccxt_async.view.page.page": "needs the extra dashboard",
    "oms_ccxt_async.view.page.serve": "needs the extra dashboard",
    "oms_ccxt_async.view.page.ticket": "needs the extra dashboard",
}


@cache
def _modules() -> dict[str, Path]:
    files = [*ROOT.glob("oms_ccxt_async/**/*.py"), *ROOT.glob("oms_ccxt_pro/**/*.py")]
    return {
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file
        for file in files
        if file.stem != "__main__"  # the command by another name
    }


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse(_modules()[module].read_text())


@cache
def _imports(module: str) -> frozenset[tuple[str, str]]:
    """What a module imports, inside of functions and for type checkers too: module, and name or nothing."""
    found: set[tuple[str, str]] = set()
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.Import):
            found.update((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                found.add((whole, "") if whole in _modules() else (str(node.module), alias.name))
    return frozenset(found)


def _rooms(module: str) -> set[str]:
    """The modules of ours that a module imports. A folder's `__init__` stands for its rooms only where it has code."""
    return {name for name, _ in _imports(module) if name in _modules()}


def _is_sandbox(module: str) -> bool:
    return module.startswith("oms_ccxt_async.sandbox")


DRIVER = sorted(module for module in _modules() if not _is_sandbox(module))
SANDBOX = sorted(module for module in _modules() if _is_sandbox(module))


def _band(module: str) -> int:
    parts = module.split(".")
    folder = ".".join(parts[: 2 if parts[0] == "oms_ccxt_async" else 1])
    return next(number for number, band in enumerate(BANDS) if folder in band)


@pytest.mark.parametrize("module", DRIVER)
def test_imports_go_down(module: str) -> None:
    """A room imports from its own band and from those below, never from above."""
    rooms = {room for room in _rooms(module) if not _is_sandbox(room)}
    assert {room for room in rooms if _band(room) < _band(module)} == set()


def test_no_circle() -> None:
    """No room imports, by any way, what imports it; imports for type checkers count."""
    tuple(TopologicalSorter({module: _rooms(module) for module in _modules()}).static_order())


@pytest.mark.parametrize("module", SANDBOX)
def test_the_sandbox_does_not_know_the_driver(module: str) -> None:
    """Both are written from the contract, so that their mistakes do not cancel out."""
    assert {room for room in _rooms(module) if not _is_sandbox(room)} == set()


@pytest.mark.parametrize("module", DRIVER)
def test_the_driver_does_not_know_the_sandbox(module: str) -> None:
    """Only the command line and the fixtures for pytest, which run both, import it."""
    both = module.startswith(("oms_ccxt_async.cli.", "oms_ccxt_async.pytest_plugin"))
    assert both or not {room for room in _rooms(module) if _is_sandbox(room)}


@pytest.mark.parametrize("module", sorted(PURE))
def test_a_pure_room_is_pure(module: str) -> None:
    """No event loop, no socket, no clock, no chance: time and draws are arguments."""
    assert {name.partition(".")[0] for name, _ in _imports(module)} & IMPURE == set()


@pytest.mark.parametrize("module", DRIVER)
def test_what_calls_itself_pure_is_listed(module: str) -> None:
    """A room whose docstring says so is held to it."""
    claims = re.search(r"\bPure\b|\bpure functions\b", ast.get_docstring(_tree(module)) or "")
    assert not claims or module in PURE


LIBRARIES = {
    "websockets": {"oms_ccxt_pro.connection", "oms_ccxt_pro.ends", "oms_ccxt_pro.stream"},
    "aiohttp": {"oms_ccxt_async.wire.transport", "oms_ccxt_async.cli.demo", "oms_ccxt_async.conformance.client"},
    "prometheus_client": {"oms_ccxt_async.instrumentation.prometheus"},
    "opentelemetry": {"oms_ccxt_async.instrumentation.opentelemetry"},
}


@pytest.mark.parametrize("module", DRIVER)
def test_one_room_for_each_library(module: str) -> None:
    """What speaks on a socket can be exchanged in one place."""
    imported = {name.partition(".")[0] for name, _ in _imports(module)}
    assert [name for name in LIBRARIES.keys() & imported if module not in LIBRARIES[name]] == []


@pytest.mark.parametrize("module", sorted(_modules()))
def test_no_private_name_crosses_a_module(module: str) -> None:
    """A name with an underscore before it belongs to its module alone."""
    ours = [name for room, name in _imports(module) if room in _modules() and name.startswith("_")]
    assert [name for name in ours if not name.endswith("__")] == []


def _declared(module: str) -> list[str] | None:
    for node in _tree(module).body:
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["__all__"]:
            return list(ast.literal_eval(node.value))
    return None


def _has_code(module: str) -> bool:
    """Whether there is more than a docstring."""
    return len(_tree(module).body) > 1


@pytest.mark.parametrize(
    "module", [module for module in DRIVER if _has_code(module) and module not in NOT_TO_BE_IMPORTED]
)
def test_all_is_true(module: str) -> None:
    """Every module says what it offers: what it has, nothing twice, and all that other modules import from it."""
    declared = _declared(module)
    assert declared is not None
    assert len(declared) == len(set(declared))
    loaded = importlib.import_module(module)
    assert [name for name in declared if name.startswith("_") or not hasattr(loaded, name)] == []
    taken = {name for other in _modules() for room, name in _imports(other) if room == module and name}
    assert taken - {*declared, "__version__"} == set()


def _names(hierarchy: dict[str, dict[str, Any]]) -> Iterator[str]:
    for name, below in hierarchy.items():
        yield name
        yield from _names(below)


CCXT_CLASSES = frozenset(_names(error_hierarchy))


@pytest.mark.parametrize("module", DRIVER)
def test_exceptions_are_the_drivers(module: str) -> None:
    """A room makes exceptions of `oms_ccxt_async.errors`, which carry what is known of the request, not ccxt's own."""
    own = {name for room, name in _imports(module) if room.startswith("ccxt") and name in CCXT_CLASSES}
    own |= {f"ccxt.{name}" for name in CCXT_CLASSES}
    made = [ast.unparse(node.func) for node in ast.walk(_tree(module)) if isinstance(node, ast.Call)]
    raised = [ast.unparse(node.exc) for node in ast.walk(_tree(module)) if isinstance(node, ast.Raise) and node.exc]
    assert [name for name in made + raised if name in own] == []


@pytest.mark.parametrize("module", [module for module in DRIVER if module.startswith("oms_ccxt_async.")])
def test_options_are_read_in_one_room(module: str) -> None:
    """Only `wire.settings` and, at construction, `wire.config` look into `exchange.options`: each is checked; what
    ccxt's own classes have there, which a program sets for them, is `dropin.meaning`'s."""
    looked_at = [
        ast.unparse(node.value)
        for node in ast.walk(_tree(module))
        if (isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load))
        or (isinstance(node, ast.Attribute) and node.attr in ("get", "setdefault", "pop"))
    ]
    rooms = ("oms_ccxt_async.wire.settings", "oms_ccxt_async.wire.config", "oms_ccxt_async.dropin.meaning")
    assert module in rooms or not [what for what in looked_at if what.endswith(".options")]


def _test_file(module: str) -> Path:
    package, *path = module.split(".")
    if _is_sandbox(module):
        package, path = "sandbox", path[1:]
    if _modules()[module].name == "__init__.py":
        path.append("init")
    *folders, name = path or ["init"]
    return Path(ROOT, "tests", package, *folders, f"test_{name}.py")


def _defines(module: str) -> bool:
    """Whether there is more than imports."""
    return any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) for node in _tree(module).body)


@pytest.mark.parametrize("module", [module for module in sorted(_modules()) if _defines(module)])
def test_every_module_has_its_tests(module: str) -> None:
    """The tests mirror the source; what has no file of its own stands in the list, with the reason."""
    assert module in TESTED_ELSEWHERE or _test_file(module).exists()


def test_lists_are_true() -> None:
    """No list here names a module that is gone."""
    assert [module for module in (*PURE, *TESTED_ELSEWHERE) if module not in _modules()] == []


@pytest.mark.parametrize(
    ("word", "document", "entry"),
    [
        ("fault", "faults.md", r"^\| {} \|"),
        ("fact", "contract.md", r"^{}\. "),
        ("decision", "architecture.md", r"^{}\. "),
    ],
)
def test_references_lead_somewhere(word: str, document: str, entry: str) -> None:
    """What code, tests and docs name by its number (fault 41, fact 19, decision 5) stands in the docs."""
    files = [*_modules().values(), *ROOT.glob("tests/**/*.py"), *ROOT.glob("docs/*.md")]
    numbers = {number for file in files for number in re.findall(rf"(?i)\b{word}s? (\d+)\b", file.read_text())}
    text = (ROOT / "docs" / document).read_text()
    assert numbers
    assert [number for number in numbers if not re.search(entry.format(number), text, re.MULTILINE)] == []
