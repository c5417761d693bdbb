"""The exchange for code without an event loop."""

from oms_ccxt_async.sync.facade import OrderOutcomeUnknown, oms

__all__ = ["OrderOutcomeUnknown", "oms"]
