"""Hooks for operators: who wants to be told of requests, retries, the circuit, orders and streams.

    from oms_ccxt_async.instrumentation import set_hooks
    from oms_ccxt_async.instrumentation.prometheus import PrometheusHook

    set_hooks([PrometheusHook()])

None is active unless asked for.
"""

from typing import TYPE_CHECKING, Any

from oms_ccxt_async.instrumentation.hooks import Hook, get_hooks, set_hooks

if TYPE_CHECKING:
    from oms_ccxt_async.instrumentation.events import (
        CircuitChanged,
        Event,
        EventReceived,
        GapFound,
        OrderSettled,
        RequestDone,
        Resynced,
        RetryPlanned,
        StreamChanged,
    )

__all__ = [
    "CircuitChanged",
    "Event",
    "EventReceived",
    "GapFound",
    "Hook",
    "OrderSettled",
    "RequestDone",
    "Resynced",
    "RetryPlanned",
    "StreamChanged",
    "get_hooks",
    "set_hooks",
]


def __getattr__(name: str) -> Any:
    """Import what hooks are told when somebody wants it: it takes a tenth of an import of the driver."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from oms_ccxt_async.instrumentation import events

    return getattr(events, name)
