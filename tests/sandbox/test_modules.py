"""What the sandbox's modules say of themselves, and what they leave alone."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from pathlib import Path

import pytest

import oms_ccxt_async.sandbox

ROOT = Path(__file__).parents[2]
MODULES = [
    oms_ccxt_async.sandbox.__name__,
    *(found.name for found in pkgutil.walk_packages(oms_ccxt_async.sandbox.__path__, "oms_ccxt_async.sandbox.")),
]
MODULES = [name for name in MODULES if ".migrations." not in name]  # scripts, which Alembic runs


def imported() -> dict[str, set[str]]:
    """The names that the packages, the tests and the examples take from each module of the sandbox."""
    taken: dict[str, set[str]] = {module: set() for module in MODULES}
    for folder in ("oms_ccxt_async", "oms_ccxt_pro", "tests", "examples"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and node.module in taken:
                    names = {alias.name for alias in node.names}
                    taken[node.module] |= {name for name in names if f"{node.module}.{name}" not in taken}
    return taken


@pytest.fixture(scope="module")
def taken() -> dict[str, set[str]]:
    return imported()


@pytest.mark.parametrize("module", MODULES)
def test_all_is_true(module: str, taken: dict[str, set[str]]) -> None:
    """`__all__` names what there is, and all that others take."""
    made = importlib.import_module(module)
    assert all(hasattr(made, name) for name in made.__all__)
    assert taken[module] <= set(made.__all__)


def test_the_sandbox_knows_nothing_of_the_driver() -> None:
    """The sandbox imports itself and what is installed, nothing of the driver's packages."""
    for path in (ROOT / "oms_ccxt_async" / "sandbox").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            ours = [name for name in names if name.startswith(("oms_ccxt_async", "oms_ccxt_pro"))]
            assert all(name.startswith("oms_ccxt_async.sandbox") for name in ours), path
