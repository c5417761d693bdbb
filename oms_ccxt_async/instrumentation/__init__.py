"""Hooks for operators: who wants to be told of requests, retries, the circuit, orders and streams.

    from oms_ccxt_async.instrumentation import set_hooks
    from oms_ccxt_async.instrumentation.prometheus import PrometheusHook

    set_hooks([PrometheusHook()])

None is active unless asked for.
"""

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
from oms_ccxt_async.instrumentation.hooks import Hook, get_hooks, set_hooks

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
