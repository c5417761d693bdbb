"""Making `ccxt.oms` exist: the driver's classes in ccxt's own modules, under their own id or in the place of another.

Nothing of the driver is imported before a class is asked for, so this may run while ccxt is being imported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import Any

__all__ = ["as_it_was", "into", "register", "unregister"]

_CLASSES = {
    "ccxt": "oms_ccxt_async.sync",
    "ccxt.async_support": "oms_ccxt_async.exchange.oms",
    "ccxt.pro": "oms_ccxt_pro.exchange",
}
"""Where each of ccxt's three modules has its `oms` from."""
_OURS = ("oms_ccxt_async", "oms_ccxt_pro")
_replaced: dict[tuple[str, str], Any] = {}
"""What a module of ccxt had under an id that is ours now; None: nothing."""


def register(as_: str = "oms") -> None:
    """Let `ccxt.oms`, `ccxt.async_support.oms` and `ccxt.pro.oms` exist, and list `oms` among their `exchanges`.

    Doing it twice is doing it once.

    Args:
        as_: the id of another exchange, whose place the classes take: `ccxt.binance({...})` is the OMS account that
            trades on binance from here on (docs/drop_in.md). What has been taken out of ccxt before, and
            `from ccxt.binance import binance`, stays ccxt's own.

    Raises:
        ValueError: ccxt has no exchange of that id.
    """
    # All three, before anything is replaced: ccxt's pro classes are subclasses of its async ones.
    modules = [import_module(name) for name in _CLASSES]
    for module in modules:
        into(module, [as_])


def into(module: ModuleType, ids: Iterable[str]) -> None:
    """Do in one of the three modules what `register` does in all of them; raises as it does."""
    for as_ in ids:
        if as_ != "oms" and as_ not in import_module("ccxt").exchanges:
            raise ValueError(f"ccxt has no exchange {as_!r} that oms could stand in for")
        key = module.__name__, as_
        if key not in _replaced or not _is_ours(vars(module).get(as_)):  # the module was executed anew
            _replaced[key] = vars(module).pop(as_, None)
        vars(module)["__getattr__"] = partial(_resolved, module)
        if as_ not in module.exchanges:
            module.exchanges.append(as_)


def unregister(as_: str = "oms") -> None:
    """Take back what `register(as_)` did; without it, nothing happens."""
    for name in _CLASSES:
        if (name, as_) not in _replaced:
            continue
        module = import_module(name)
        was = _replaced.pop((name, as_))
        vars(module).pop(as_, None)
        if was is None:
            module.exchanges.remove(as_)
        else:
            setattr(module, as_, was)
        if not any(name == other for other, _ in _replaced):
            del vars(module)["__getattr__"]


@contextmanager
def as_it_was(name: str) -> Iterator[None]:
    """Have ccxt's own classes in a module meanwhile: its pro classes are made of its async ones."""
    module = import_module(name)
    replaced = {as_: was for (other, as_), was in _replaced.items() if other == name and was is not None}
    ours = {as_: vars(module).pop(as_, None) for as_ in replaced}
    vars(module).update(replaced)
    try:
        yield
    finally:
        for as_, found in ours.items():
            del vars(module)[as_]
            if found is not None:
                vars(module)[as_] = found


def _is_ours(found: Any) -> bool:
    return found is None or any(home.__module__.partition(".")[0] in _OURS for home in getattr(found, "__mro__", ()))


def _resolved(module: ModuleType, name: str) -> Any:
    """`__getattr__` of a module of ccxt: our class for an id that is ours."""
    if (module.__name__, name) not in _replaced:
        raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
    found = import_module(_CLASSES[module.__name__]).oms
    if name != "oms":
        from oms_ccxt_async.dropin.standin import stand_in

        found = stand_in(found, name, module.__name__)
    setattr(module, name, found)
    return found
