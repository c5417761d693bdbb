"""How the recorded OMS learns of fills: it looks through the account's trades for those that are no deals yet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from oms_ccxt_async.sandbox.exchange import ExchangeOrder, ExchangeTrade
from oms_ccxt_async.sandbox.fills import project
from oms_ccxt_async.sandbox.oms import OMS
from oms_ccxt_async.sandbox.orders import draft
from oms_ccxt_async.sandbox.reads import account_list, window
from oms_ccxt_async.sandbox.rows import Cursor, Order
from oms_ccxt_async.sandbox.schemas import ReconcileNowInput
from oms_ccxt_async.sandbox.storage import Window
from oms_ccxt_async.sandbox.views import stamp, text

__all__ = ["catch_up", "reconcile", "reconcile_now", "status"]

LOOKBACK_SECONDS = {"short": 3_600, "hourly": 7_200, "long": 864_000, "period": 864_000}


async def reconcile_now(oms: OMS, key: str, wanted: ReconcileNowInput) -> tuple[list[int], int]:
    """Reconcile the accounts that a client names, or all that it may read.

    Returns:
        the accounts, and how many of them were reconciled: those that the key may trade without a restriction to
        strategies (fact 27).

    Raises:
        OmsError: an unknown key, accounts that are not for it to read, or a period without its days.
        StorageUnavailable: what was found was not stored.
    """
    api_key = oms.permissions.authenticate(key, "read")
    if wanted.scope == "period":
        window("timestamp_ms", wanted.start_date or "-", wanted.end_date or "-")
    listed = account_list(wanted.account_ids) if isinstance(wanted.account_ids, str) else wanted.account_ids
    single = [] if wanted.account_id is None else [wanted.account_id]
    account_ids = list(dict.fromkeys([*single, *(listed or [])])) or oms.permissions.readable(api_key)
    grants = [oms.permissions.check_account_read(api_key, account_id) for account_id in account_ids]
    allowed = [grant.account_id for grant in grants if grant.can_trade and grant.strategy_ids is None]
    for account_id in allowed:
        await reconcile(oms, account_id, wanted.scope)
    return account_ids, len(allowed)


async def reconcile(oms: OMS, account_id: int, scope: str) -> None:
    """Turn the account's new trades into deals, in its lane, by one call of the exchange (fact 27).

    In a full OMS there is nothing left to find.
    """
    async with oms.lane(account_id):
        if not oms.full:
            await oms.wait_for_exchange()
        with oms.transaction([account_id]):
            _reconcile(oms, account_id, scope)


async def catch_up(oms: OMS) -> None:
    """Reconcile the accounts that have new trades; of the others only note that somebody looked."""
    for account_id in oms.accounts:
        cursor = _cursor(oms, account_id)
        if oms.storage.newest(ExchangeTrade, account_id=account_id) > cursor.trade_id:
            await reconcile(oms, account_id, "short")
        else:
            cursor.updated_ms = oms.clock()
            with oms.storage.transaction():
                oms.storage.save(cursor)


def status(oms: OMS, account_ids: Iterable[int], stale_after_seconds: int) -> list[dict[str, Any]]:
    """How far each account is reconciled and how long ago that was looked at; a full OMS is always up to date."""
    items = []
    for account_id in account_ids:
        cursor = _up_to_date(oms, account_id) if oms.full else oms.storage.get(Cursor, account_id=account_id)
        if cursor is None:
            item: dict[str, Any] = {"status": "never", "cursor_value": None, "updated_at": None, "age_seconds": None}
        else:
            age = max(0, oms.clock() - cursor.updated_ms) // 1000
            item = {
                "status": "fresh" if age <= stale_after_seconds else "stale",
                "cursor_value": text(cursor.cursor_ms),
                "updated_at": stamp(cursor.updated_ms),
                "age_seconds": age,
            }
        items.append({"account_id": account_id, **item})
    return items


def _up_to_date(oms: OMS, account_id: int) -> Cursor:
    trade = oms.storage.get(ExchangeTrade, id=oms.storage.newest(ExchangeTrade, account_id=account_id))
    return (
        Cursor(account_id, trade.id, trade.timestamp_ms + 1, oms.clock())
        if trade
        else Cursor(account_id, 0, None, oms.clock())
    )


def _cursor(oms: OMS, account_id: int) -> Cursor:
    return oms.storage.get(Cursor, account_id=account_id) or Cursor(
        account_id, trade_id=0, cursor_ms=None, updated_ms=0
    )


def _order_of(oms: OMS, trade: ExchangeTrade) -> Order:
    """The order that a fill belongs to, by its exchange id; where that is not known, the one that waits for its
    acknowledgement under the client order id that the trade carries; or a new one, for the reason `external` (fact 30).
    """
    known = oms.storage.get(Order, exchange_order_id=trade.order_id)
    if known is not None:
        return known
    at_exchange = oms.storage.get(ExchangeOrder, id=trade.order_id)
    assert at_exchange is not None
    ticket = at_exchange.ticket
    if ticket.client_order_id is not None and oms.trades_carry_client_order_id:
        pending = oms.storage.select(
            Order,
            account_id=trade.account_id,
            client_order_id=ticket.client_order_id,
            status="PENDING_SUBMIT",
            newest_first=True,
            limit=1,
        )
        if pending:
            return pending[0]
    order = draft(
        oms,
        command_id=None,
        account_id=trade.account_id,
        symbol=trade.symbol,
        side=trade.side,
        order_type=ticket.type,
        qty=at_exchange.amount,
        price=at_exchange.price,
        reason="external",
    )
    order.status, order.exchange_order_id = "SUBMITTED", trade.order_id
    oms.storage.save(order)
    return order


def _reconcile(oms: OMS, account_id: int, scope: str) -> None:
    cursor = _cursor(oms, account_id)
    cursor.updated_ms = oms.clock()
    newest = oms.storage.newest(ExchangeTrade, account_id=account_id)
    unseen = Window("id", cursor.trade_id + 1, newest + 1)
    trades = oms.storage.select(ExchangeTrade, account_id=account_id, window=unseen)
    if trades:
        cursor.trade_id, cursor.cursor_ms = trades[-1].id, trades[-1].timestamp_ms + 1
    created = [] if oms.full else trades
    orders: set[int] = set()
    for trade in created:
        project(oms, trade, _order_of(oms, trade))
        orders.add(trade.order_id)
    oms.storage.save(cursor)
    lookback = LOOKBACK_SECONDS[scope]
    since = Window("timestamp_ms", cursor.updated_ms - lookback * 1000, cursor.updated_ms + 1)
    count = oms.storage.count(ExchangeTrade, account_id=account_id, window=since)
    oms.events.append(
        account_id,
        "reconciliation_tick",
        scope=scope,
        lookback_seconds=lookback,
        trades_count=count,
        cursor=cursor.cursor_ms,
        fetch_path="fetch_my_trades_all",
        raw_inserted_count=len(created),
        projected_deals_count=len(created),
        projected_orders_count=len(orders),
        skipped_duplicate_count=max(0, count - len(created)),
    )
