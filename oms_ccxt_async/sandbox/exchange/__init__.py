"""The paper exchange behind the sandbox OMS: deterministic, in memory, without input or output of its own."""

from oms_ccxt_async.sandbox.exchange.engine import PaperExchange
from oms_ccxt_async.sandbox.exchange.model import (
    AccountState,
    Balance,
    ExchangeOrder,
    ExchangeRefusal,
    ExchangeTrade,
    Execution,
    NetPosition,
    Side,
    Status,
    Ticket,
)
from oms_ccxt_async.sandbox.exchange.unified import unified_order, unified_trade

__all__ = [
    "AccountState",
    "Balance",
    "ExchangeOrder",
    "ExchangeRefusal",
    "ExchangeTrade",
    "Execution",
    "NetPosition",
    "PaperExchange",
    "Side",
    "Status",
    "Ticket",
    "unified_order",
    "unified_trade",
]
