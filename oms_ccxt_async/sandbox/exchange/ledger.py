"""What moved an account's balances, entry by entry: its trades, their fees, the profits of its swaps, and funding."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from oms_ccxt_async.sandbox.exchange.accounts import ZERO, filled
from oms_ccxt_async.sandbox.exchange.markets import MARKETS, Market, Markets
from oms_ccxt_async.sandbox.exchange.model import ExchangeTrade, Funding, NetPosition, Transfer
from oms_ccxt_async.sandbox.exchange.unified import iso8601

__all__ = ["Entry", "ledger", "unified_funding", "unified_ledger_entry", "unified_transfer"]

_FLAT = NetPosition(ZERO, ZERO, Decimal(1))


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of one balance, by `amount`, to `after`."""

    reference: int
    """The trade's or the funding's id."""
    kind: Literal["trade", "fee"]
    currency: str
    amount: Decimal
    after: Decimal
    timestamp_ms: int


def ledger(
    trades: Iterable[ExchangeTrade],
    fundings: Iterable[Funding],
    totals: Mapping[str, Decimal],
    markets: Markets = MARKETS,
) -> list[Entry]:
    """All entries of an account, oldest first.

    Args:
        trades: all of its trades, in order of id.
        fundings: all that it paid or was paid.
        totals: what it holds after them.
        markets: those of its exchange.
    """
    positions: dict[str, NetPosition] = {}
    changes: list[tuple[int, int, Literal["trade", "fee"], str, Decimal]] = []
    for trade in trades:
        market = markets[trade.symbol]
        moved: list[tuple[str, Decimal]] = []
        if market.settle is None:
            sign = 1 if trade.side == "buy" else -1
            moved = [(market.base, sign * trade.amount), (market.quote, -sign * trade.price * trade.amount)]
        else:
            before = positions.get(trade.symbol, _FLAT)
            positions[trade.symbol], profit = filled(market, before, trade.side, trade.price, trade.amount)
            if profit:
                moved = [(market.settle, profit)]
        changes += [(trade.timestamp_ms, trade.id, "trade", currency, amount) for currency, amount in moved]
        changes.append((trade.timestamp_ms, trade.id, "fee", trade.fee_currency, -trade.fee))
    for funding in fundings:
        changes.append((funding.timestamp_ms, funding.id, "fee", markets[funding.symbol].money, funding.amount))
    changes.sort(key=lambda change: change[1])
    after = dict(totals)
    entries = []
    for timestamp_ms, reference, kind, currency, amount in reversed(changes):
        total = after.get(currency, ZERO)
        entries.append(Entry(reference, kind, currency, amount, total, timestamp_ms))
        after[currency] = total - amount
    return entries[::-1]


def unified_ledger_entry(entry: Entry) -> dict[str, Any]:
    """An entry as ccxt has it, with a positive amount and a direction."""
    return {
        "info": {},
        "id": f"{entry.reference}-{entry.kind}-{entry.currency}",
        "direction": "in" if entry.amount > 0 else "out",
        "account": "unified",
        "referenceId": str(entry.reference),
        "referenceAccount": None,
        "type": entry.kind,
        "currency": entry.currency,
        "amount": float(abs(entry.amount)),
        "before": float(entry.after - entry.amount),
        "after": float(entry.after),
        "status": "ok",
        "timestamp": entry.timestamp_ms,
        "datetime": iso8601(entry.timestamp_ms),
        "fee": {"cost": None, "currency": None},
    }


def unified_funding(funding: Funding, market: Market) -> dict[str, Any]:
    """What a position paid, or was paid."""
    return {
        "info": {},
        "id": str(funding.id),
        "symbol": funding.symbol,
        "code": market.money,
        "timestamp": funding.timestamp_ms,
        "datetime": iso8601(funding.timestamp_ms),
        "amount": float(funding.amount),
        "rate": float(funding.rate),
    }


def unified_transfer(transfer: Transfer) -> dict[str, Any]:
    """What was moved between wallets."""
    return {
        "info": {},
        "id": str(transfer.id),
        "timestamp": transfer.timestamp_ms,
        "datetime": iso8601(transfer.timestamp_ms),
        "currency": transfer.currency,
        "amount": float(transfer.amount),
        "fromAccount": transfer.from_account,
        "toAccount": transfer.to_account,
        "status": "ok",
    }
