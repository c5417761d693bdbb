"""A CCXT driver for trading desks that run their own order management system (OMS)."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from oms_ccxt_async.version import __version__ as __version__

if TYPE_CHECKING:
    from oms_ccxt_async import sync
    from oms_ccxt_async.dropin.registry import register, unregister
    from oms_ccxt_async.errors import Fate, OrderOutcomeUnknown
    from oms_ccxt_async.exchange.oms import oms

__all__ = ["Fate", "OrderOutcomeUnknown", "oms", "register", "sync", "unregister"]

_HOMES = {
    "Fate": "errors",
    "OrderOutcomeUnknown": "errors",
    "oms": "exchange.oms",
    "register": "dropin.registry",
    "unregister": "dropin.registry",
}


def __getattr__(name: str) -> Any:
    """Import what users import when they do: ccxt costs a second, and the sandbox does without it."""
    if name == "sync":
        return import_module(f"{__name__}.sync")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
