"""Runs at the start of every Python process under `oms-ccxt run`: what it imports as ccxt has the OMS's classes in it
and does nothing private past them, and freqtrade has an exchange class for them.

This directory stands first on PYTHONPATH, which sub-processes inherit. Nothing is imported for a process that does not
import ccxt; and where the driver cannot be had, importing ccxt fails, so that no order goes past the OMS.
"""

import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import module_from_spec
from types import ModuleType
from typing import Any


def _ids(variable: str) -> list[str]:
    return [each for each in os.environ.get(variable, "").split(",") if each]


def _guard(ccxt: Any) -> None:
    from oms_ccxt_async.dropin.guard import allow, guard

    allow(_ids("OMS_CCXT_ALLOW"), standing=_ids("OMS_CCXT_AS"))
    guard(ccxt.Exchange)
    _register(ccxt)


def _guard_async(async_support: Any) -> None:
    from oms_ccxt_async.dropin.guard import guard

    guard(async_support.Exchange)
    _register(async_support)


def _register(module: ModuleType) -> None:
    from oms_ccxt_async.dropin.registry import into

    into(module, _ids("OMS_CCXT_AS"))


def _of_async_classes() -> AbstractContextManager[None]:
    from oms_ccxt_async.dropin.registry import as_it_was

    return as_it_was("ccxt.async_support")


def _add_exchange(freqtrade_exchange: Any) -> None:
    from oms_ccxt_async.dropin.freqtrade import Oms

    freqtrade_exchange.Oms = Oms


_AFTER: dict[str, Callable[[Any], None]] = {
    "ccxt": _guard,
    "ccxt.async_support": _guard_async,
    "ccxt.pro": _register,
    "freqtrade.exchange": _add_exchange,
}
"""What is done with a module when it has been imported: only with those that the program imports."""
_WHILE = {"ccxt.pro": _of_async_classes}
"""In what a module is imported."""


class _Finder(MetaPathFinder):
    """Finds these modules as Python does, and does it with them."""

    def find_spec(self, fullname: str, path: Any = None, target: ModuleType | None = None) -> ModuleSpec | None:
        after = _AFTER.get(fullname)
        spec = PathFinder.find_spec(fullname, path) if after else None
        if after is not None and spec is not None and spec.loader is not None:
            loader = spec.loader
            execute = loader.exec_module

            def execute_and_go_on(module: ModuleType) -> None:
                with _WHILE.get(fullname, nullcontext)():
                    execute(module)
                after(module)

            loader.exec_module = execute_and_go_on  # type: ignore[method-assign]
        return spec


def _run_hidden() -> None:
    """Run the sitecustomize that this one hides, if there is one."""
    here = os.path.dirname(os.path.abspath(__file__))
    spec = PathFinder.find_spec("sitecustomize", [path for path in sys.path if os.path.abspath(path) != here])
    if spec is not None and spec.loader is not None:
        module = sys.modules["sitecustomize"] = module_from_spec(spec)
        spec.loader.exec_module(module)


sys.meta_path.insert(0, _Finder())
_run_hidden()
