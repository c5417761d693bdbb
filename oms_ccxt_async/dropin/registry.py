"""Making `ccxt.oms` exist: the driver's classes in ccxt's own modules, under their own id or in the place of another.

Nothing of the driver is imported before a class is asked for, so this may run while ccxt is being imported.
"""

from __future__ import annotations

from functools import partial
from importlib import import_module
from types import ModuleType
from typing import Any

__all__ = ["register", "unregister"]

_CLASSES = {
    "ccxt": "oms_ccxt_async.sync",
    "ccxt.async_support": "oms_ccxt_async.exchange.oms",
    "ccxt.pro": "oms_ccxt_pro.exchange",
}
"""Where each of ccxt's three modules has its `oms` from."""
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
    if as_ != "oms" and not any(as_ in module.exchanges for module in modules):
        raise ValueError(f"ccxt has no exchange {as_!r} that oms could stand in for")
    for module in modules:
        if (module.__name__, as_) not in _replaced:
            _replaced[module.__name__, as_] = vars(module).pop(as_, None)
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
