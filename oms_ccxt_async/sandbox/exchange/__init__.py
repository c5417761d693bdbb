"""The paper exchange behind the sandbox OMS: deterministic, in memory, without input or output of its own."""

from oms_ccxt_async.sandbox.exchange.engine import PaperExchange
from oms_ccxt_async.sandbox.exchange.ids import Ids
from oms_ccxt_async.sandbox.exchange.ledger import (
    ledger,
    unified_funding,
    unified_ledger_entry,
    unified_transfer,
)
from oms_ccxt_async.sandbox.exchange.model import (
    LIQUIDATION,
    AccountState,
    Balance,
    Contract,
    ExchangeOrder,
    ExchangeRefusal,
    ExchangeTrade,
    Execution,
    Funding,
    MarginMode,
    NetPosition,
    Side,
    Status,
    Ticket,
    Transfer,
)
from oms_ccxt_async.sandbox.exchange.prices import FUNDING_MS
from oms_ccxt_async.sandbox.exchange.queries import MARKET_DATA
from oms_ccxt_async.sandbox.exchange.unified import unified_liquidation, unified_order, unified_trade

__all__ = [
    "FUNDING_MS",
    "LIQUIDATION",
    "MARKET_DATA",
    "AccountState",
    "Balance",
    "Contract",
    "ExchangeOrder",
    "ExchangeRefusal",
    "ExchangeTrade",
    "Execution",
    "Funding",
    "Ids",
    "MarginMode",
    "NetPosition",
    "PaperExchange",
    "Side",
    "Status",
    "Ticket",
    "Transfer",
    "ledger",
    "unified_funding",
    "unified_ledger_entry",
    "unified_liquidation",
    "unified_order",
    "unified_trade",
    "unified_transfer",
]
