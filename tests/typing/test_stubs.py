"""The stubs that type checkers read say what the classes have."""

from __future__ import annotations

import ast
import inspect
import runpy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_type_hints, is_typeddict

import ccxt
import pytest
from ccxt.base import types as ccxt_types

import oms_ccxt_async
import oms_ccxt_pro
from oms_ccxt_async import sync, types
from tests.typing.make_stubs import ROOT

BASE = ROOT / "oms_ccxt_async/typed/base.pyi"
ASYNC = ROOT / "oms_ccxt_async/__init__.pyi"
PRO = ROOT / "oms_ccxt_pro/__init__.pyi"
SYNC = ROOT / "oms_ccxt_async/sync/__init__.pyi"

MADE_OF = BASE.read_text(encoding="utf-8").partition(":")[0].split()[-1]
pytestmark = pytest.mark.skipif(ccxt.__version__ != MADE_OF, reason=f"the stubs are made of ccxt {MADE_OF}")


def test_they_are_what_the_classes_make() -> None:
    """Neither the classes nor ccxt have changed since the stubs were made; `make stubs` makes them anew.

    In a process of its own: other tests register classes, and ccxt puts names on those that are constructed.
    """
    command = [sys.executable, "-m", "tests.typing.make_stubs", "--check"]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=50, check=False)
    assert checked.stderr.strip() == ""


def test_mypys_copies_are_ccxts_types() -> None:
    """Each of ccxt's types has in the stubs for mypy the keys, types and totality that it has in ccxt."""
    copies = runpy.run_path(str(ROOT / "oms_ccxt_async/typed/for_mypy.pyi"), run_name=ccxt_types.__name__)
    for name in types.__all__:
        copy, original = copies[name], getattr(ccxt_types, name)
        assert getattr(types, name) is original
        if is_typeddict(original):
            assert _shape(copy) == _shape(original)


def _shape(kind: Any) -> tuple[dict[str, str], bool]:
    return {name: str(hint) for name, hint in get_type_hints(kind, include_extras=True).items()}, kind.__total__


@pytest.mark.parametrize("name", ["Order", "Trade", "Position"])
def test_results_have_no_key_that_the_types_deny(name: str) -> None:
    """What a program reads of an order, a trade or a position, its checker knows of."""
    result = getattr(oms_ccxt_async.oms({"options": {"account_id": "1"}}), f"parse_{name.lower()}")({})
    assert set(result) - set(getattr(types, name).__annotations__) == set()


def _told(files: tuple[Path, ...]) -> Iterator[tuple[str, ast.stmt]]:
    """The members of the stubs' class, those of its bases first."""
    for home in (node for file in files for node in ast.parse(file.read_text(encoding="utf-8")).body):
        if isinstance(home, ast.ClassDef) and home.name in ("Base", "oms"):
            for node in home.body:
                match node:
                    case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                        yield name, node
                    case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
                        yield name, node


@pytest.mark.parametrize(
    ("exchange", "files"),
    [
        (oms_ccxt_async.oms, (BASE, ASYNC)),
        (oms_ccxt_pro.oms, (BASE, ASYNC, PRO)),
        (sync.oms, (BASE, SYNC)),
    ],
)
def test_every_public_name_is_told(exchange: Any, files: tuple[Path, ...]) -> None:
    """Both spellings of every method, as ccxt's constructor makes them, with the parameters that it is called with, and
    whether it is awaited."""
    made, told = exchange({"options": {"account_id": "1"}}), dict(_told(files))
    names = {name for name in dir(made) if hasattr(exchange, name) or callable(getattr(made, name))}
    names = {name for name in names if not name.startswith("_")}
    assert len(names) > 1500
    assert names - set(told) == set()
    for name in names:
        node, method = told[name], inspect.getattr_static(exchange, name, None)
        if isinstance(node, ast.Assign):
            assert getattr(made, name) == getattr(made, ast.unparse(node.value)), name
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or not inspect.isfunction(method):
            continue
        listed = [*node.args.args, node.args.vararg, *node.args.kwonlyargs, node.args.kwarg]
        signature = inspect.signature(method, eval_str=True)
        assert [argument.arg for argument in listed if argument][1:] == [*signature.parameters][1:], name
        coming = inspect.iscoroutinefunction(method) or "Coroutine" in str(signature.return_annotation)
        assert coming == (isinstance(node, ast.AsyncFunctionDef) or "Coroutine" in ast.unparse(node.returns or node)), (
            name
        )
