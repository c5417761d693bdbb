"""The lists of orders, deals and positions: who may see what, which days, which page."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from oms_ccxt_async.sandbox.errors import BrokenAnswer, invalid
from oms_ccxt_async.sandbox.exchange import ExchangeOrder, ExchangeTrade, unified_order, unified_trade
from oms_ccxt_async.sandbox.oms import OMS
from oms_ccxt_async.sandbox.rows import HELD, MAX_ID, OPEN_STATUSES, Deal, Order, Position
from oms_ccxt_async.sandbox.schemas import positive_ids
from oms_ccxt_async.sandbox.storage import Window
from oms_ccxt_async.sandbox.views import deal_view, order_view, position_view, stamp

__all__ = [
    "Body",
    "account_list",
    "deal_history",
    "deals_by_id",
    "deals_of_orders",
    "open_orders",
    "open_positions",
    "order_history",
    "orders_by_id",
    "position_history",
    "positions_by_id",
    "raw_orders",
    "raw_trades",
    "scope",
    "window",
]

MAX_PAGE_SIZE = 500
MAX_OPEN = 5000
MAX_IDS = 500
MAX_PAGE = 10**12
DAY_MS = 86_400_000
EPOCH_DAY = date(1970, 1, 1).toordinal()

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

Body = dict[str, Any]
Row = TypeVar("Row")
Named = TypeVar("Named", Order, Deal, Position)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a list is asked for: some accounts, and one strategy or all."""

    account_ids: list[int]
    strategy_id: int | None

    def match(self) -> dict[str, Any]:
        """The same, for `Storage.select`."""
        strategy = {} if self.strategy_id is None else {"strategy_id": self.strategy_id}
        return {"account_id": self.account_ids, **strategy}


def scope(oms: OMS, key: str, account_ids: str, strategy_id: int | None) -> Scope:
    """What the holder of `key` asks for, held against what they may read.

    Raises:
        OmsError: an unknown key, accounts that are no list of ids, or are not for them to read.
    """
    api_key = oms.permissions.authenticate(key, "read")
    ids = account_list(account_ids)
    oms.permissions.check_read(api_key, ids, strategy_id)
    return Scope(ids, strategy_id)


def account_list(text: str) -> list[int]:
    """The accounts of a comma-separated list.

    Raises:
        OmsError: it is no list of ids, in the recorded words.
    """
    try:
        return positive_ids(text)
    except ValueError:
        raise invalid("account_ids is required") from None


def window(column: str, start_date: str | None, end_date: str | None) -> Window:
    """Whole UTC days, both included (fact 16).

    Raises:
        OmsError: one is missing, is no date, or they are the wrong way round.
    """
    if not start_date or not end_date:
        raise invalid("start_date and end_date are required")
    start, end = _day("start_date", start_date), _day("end_date", end_date)
    if start > end:
        raise invalid("start_date must be <= end_date")
    return Window(column, start * DAY_MS, (end + 1) * DAY_MS)


def open_orders(oms: OMS, wanted: Scope, limit: int) -> Body:
    """Orders that are not done."""
    rows = oms.storage.select(Order, status=OPEN_STATUSES, limit=_within(limit, MAX_OPEN), **wanted.match())
    return _unpaged([order_view(row, full=oms.full) for row in rows])


def open_positions(oms: OMS, wanted: Scope, limit: int) -> Body:
    """Positions that are not closed."""
    rows = oms.storage.select(Position, state=HELD, limit=_within(limit, MAX_OPEN), **wanted.match())
    return _unpaged([position_view(row) for row in rows])


def order_history(oms: OMS, wanted: Scope, days: Window, page: int, page_size: int) -> Body:
    """Every order last changed in these days."""
    return _page(oms, Order, lambda row: order_view(row, full=oms.full), days, page, page_size, wanted.match())


def deal_history(oms: OMS, wanted: Scope, days: Window, page: int, page_size: int) -> Body:
    """Every deal executed in these days."""
    return _page(oms, Deal, lambda row: deal_view(row, full=oms.full), days, page, page_size, wanted.match())


def position_history(oms: OMS, wanted: Scope, days: Window, page: int, page_size: int) -> Body:
    """Every position last changed in these days.

    Raises:
        BrokenAnswer: a merged one is among them, which the recorded OMS cannot show (fact 28).
    """
    if not oms.full and oms.storage.count(Position, window=days, state="merged", **wanted.match()):
        raise BrokenAnswer
    return _page(oms, Position, position_view, days, page, page_size, wanted.match())


def raw_orders(oms: OMS, wanted: Scope, days: Window, page: int, page_size: int) -> Body:
    """What the exchange says of the orders last changed in these days."""

    def view(order: ExchangeOrder) -> Body:
        trades = oms.storage.select(ExchangeTrade, order_id=order.id)
        return {
            "id": order.id,
            "account_id": order.ticket.account_id,
            "exchange_id": oms.accounts[order.ticket.account_id].exchange_id,
            "exchange_order_id": str(order.id),
            "client_order_id": order.ticket.client_order_id,
            "symbol": order.ticket.symbol,
            "raw_json": unified_order(order, trades, oms.exchange.market(order.ticket.symbol)),
            "observed_at": stamp(order.updated_ms),
        }

    return _page(oms, ExchangeOrder, view, days, page, page_size, {"account_id": wanted.account_ids})


def raw_trades(oms: OMS, wanted: Scope, days: Window, page: int, page_size: int) -> Body:
    """What the exchange says of the trades of these days."""

    def view(trade: ExchangeTrade) -> Body:
        order = oms.storage.get(ExchangeOrder, id=trade.order_id)
        order_type = "" if order is None else order.ticket.type
        return {
            "id": trade.id,
            "account_id": trade.account_id,
            "exchange_id": oms.accounts[trade.account_id].exchange_id,
            "exchange_trade_id": str(trade.id),
            "exchange_order_id": str(trade.order_id),
            "symbol": trade.symbol,
            "raw_json": unified_trade(trade, order_type, oms.exchange.market(trade.symbol)),
            "observed_at": stamp(trade.timestamp_ms),
        }

    return _page(oms, ExchangeTrade, view, days, page, page_size, {"account_id": wanted.account_ids})


def orders_by_id(oms: OMS, key: str, ids: str) -> Body:
    """The orders with these ids that the key may read, in the order asked (extension 1)."""
    return _by_id(oms, key, ids, Order, lambda row: order_view(row, full=True))


def deals_by_id(oms: OMS, key: str, ids: str) -> Body:
    """The deals with these ids that the key may read, in the order asked (extension 1)."""
    return _by_id(oms, key, ids, Deal, lambda row: deal_view(row, full=True))


def positions_by_id(oms: OMS, key: str, ids: str) -> Body:
    """The positions with these ids that the key may read, in the order asked (extension 1)."""
    return _by_id(oms, key, ids, Position, position_view)


def deals_of_orders(oms: OMS, key: str, order_ids: str, account_ids: str | None, strategy_id: int | None) -> Body:
    """Every deal of these orders that the key may read (extension 1).

    Args:
        account_ids: where given, only these accounts, which the key then must be allowed to read.
        strategy_id: where given, only this strategy.
    """
    match: dict[str, Any] = {} if strategy_id is None else {"strategy_id": strategy_id}
    if account_ids is not None:
        match = scope(oms, key, account_ids, strategy_id).match()
    visible = _visible(oms, key)
    rows = [row for row in oms.storage.select(Deal, order_id=_storable(_ids(order_ids)), **match) if visible(row)]
    return {**_unpaged([deal_view(row, full=True) for row in rows]), "total": len(rows)}


def _by_id(oms: OMS, key: str, ids: str, kind: type[Named], view: Callable[[Named], Body]) -> Body:
    visible = _visible(oms, key)
    wanted = _ids(ids)
    found = {row.id: view(row) for row in oms.storage.select(kind, id=_storable(wanted)) if visible(row)}
    return {"items": [found[row_id] for row_id in wanted if row_id in found]}


def _visible(oms: OMS, key: str) -> Callable[[Order | Deal | Position], bool]:
    api_key = oms.permissions.authenticate(key, "read")

    def visible(row: Order | Deal | Position) -> bool:
        grant = oms.permissions.grant(api_key, row.account_id)
        return grant.can_read and (grant.strategy_ids is None or row.strategy_id in grant.strategy_ids)

    return visible


def _ids(text: str) -> list[int]:
    try:
        ids = positive_ids(text)
    except ValueError:
        raise invalid("ids must be positive integers, separated by commas") from None
    if len(ids) > MAX_IDS:
        raise invalid(f"at most {MAX_IDS} ids")
    return ids


def _storable(ids: list[int]) -> list[int]:
    return [number for number in ids if number <= MAX_ID]


def _day(name: str, text: str) -> int:
    try:
        if not DAY.fullmatch(text):
            raise ValueError(text)
        return date.fromisoformat(text).toordinal() - EPOCH_DAY
    except ValueError:
        raise invalid(f"{name} must be YYYY-MM-DD") from None


def _within(number: int, most: int) -> int:
    return max(1, min(number, most))


def _unpaged(items: Sequence[Body]) -> Body:
    return {"items": items, "total": None, "page": None, "page_size": None}


def _page(
    oms: OMS,
    kind: type[Row],
    view: Callable[[Row], Body],
    days: Window,
    page: int,
    page_size: int,
    match: dict[str, Any],
) -> Body:
    page, size = _within(page, MAX_PAGE), _within(page_size, MAX_PAGE_SIZE)
    with oms.storage.reading():
        rows = oms.storage.select(kind, window=days, limit=size, offset=(page - 1) * size, **match)
        total = oms.storage.count(kind, window=days, **match)
        return {"items": [view(row) for row in rows], "total": total, "page": page, "page_size": size}
