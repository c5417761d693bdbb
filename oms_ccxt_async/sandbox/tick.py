"""The market's step: what filled or triggered at the exchange is recorded, positions at their stop are closed."""

from __future__ import annotations

from oms_ccxt_async.sandbox.errors import OmsError
from oms_ccxt_async.sandbox.exchange import FUNDING_MS
from oms_ccxt_async.sandbox.fills import settle
from oms_ccxt_async.sandbox.oms import OMS
from oms_ccxt_async.sandbox.orders import draft, submit
from oms_ccxt_async.sandbox.positions import due_stop, opposite
from oms_ccxt_async.sandbox.rows import Position

__all__ = ["tick"]


def tick(oms: OMS) -> None:
    """Let the market move to the clock's time; all that follows is one transaction.

    Raises:
        StorageUnavailable: nothing of it was stored; the next tick does it again.
    """
    with oms.transaction(oms.accounts):
        _fund(oms)
        settle(oms, *oms.exchange.advance())
        settle(oms, *oms.exchange.liquidate())
        for position, reason in _due(oms):
            _stop(oms, position, reason)


def _fund(oms: OMS) -> None:
    """Record what positions paid or were paid at the funding times that have passed."""
    if oms.exchange.funded >= oms.clock() // FUNDING_MS:
        return
    # another process may have done it
    oms.exchange.funded = max(oms.exchange.funded, int(oms.storage.meta("funded") or 0))
    before = oms.exchange.funded
    fundings = oms.exchange.fund()
    if oms.exchange.funded == before:
        return
    oms.storage.set_meta("funded", str(oms.exchange.funded))
    for funding in fundings:
        oms.storage.insert(funding)
    for account_id in {funding.account_id for funding in fundings}:
        oms.storage.store_holdings(account_id, oms.exchange.state(account_id).balances, {})


def _due(oms: OMS) -> list[tuple[Position, str]]:
    due: list[tuple[Position, str]] = []
    for position in oms.storage.positions_with_stop():
        if not oms.exchange.tradable(position.symbol):
            continue
        last = oms.exchange.last_price(position.symbol)
        reason = due_stop(position.side, last, position.stop_loss, position.stop_gain)
        if reason is not None:
            due.append((position, reason))
    return due


def _stop(oms: OMS, position: Position, reason: str) -> None:
    """Send the market order that closes a position.

    What the market cannot take now, the next tick tries again. After a refusal, and in the recorded OMS, which learns
    of the fill when it reconciles, it is left at one attempt.
    """
    order = draft(
        oms,
        command_id=None,
        account_id=position.account_id,
        symbol=position.symbol,
        side=opposite(position.side),
        order_type="market",
        qty=position.qty,
        strategy_id=position.strategy_id,
        position_id=position.id,
        reason=reason,
        reduce_only=True,
    )
    refused = False
    try:
        submit(oms, order)
    except OmsError:
        refused = True
    if refused or not oms.full:
        position.state = "close_requested"
        position.updated_ms = oms.clock()
        oms.storage.save(position)
