"""By-id reads: the rows that callers ask for in one turn of the event loop are fetched with one request.

On a full OMS the ids of a turn become one `GET /oms/.../{ids}`. On a legacy one they share a read of the open list, as
few pages of history as the ids need, and, for orders, the deals that tell what the orders really are (fact 19).
"""

from __future__ import annotations

import functools
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from ccxt.base.errors import BaseError, NotSupported

from oms_ccxt_async.lists.deals import HELD, DealBook
from oms_ccxt_async.lists.history import DAY, PAGE, Lists, Pages, Row, rows_of
from oms_ccxt_async.lists.over import Over, fill
from oms_ccxt_async.lists.owners import Owned, Owners
from oms_ccxt_async.lists.pieces import Pieces, is_breakdown
from oms_ccxt_async.lists.reconciling import Reconciling
from oms_ccxt_async.lists.resting import Resting
from oms_ccxt_async.lists.turns import Turns
from oms_ccxt_async.wire.account import Account
from oms_ccxt_async.wire.settings import Settings
from oms_ccxt_async.wire.transport import Request, Transport

__all__ = ["Found", "Lookup"]

Sought = Literal["orders", "positions", "deals of orders", "orders alone"]

DAYS_HELD = 4
"""Windows of days whose deals are kept for the next call."""


@dataclass(slots=True)
class Found:
    """A row, and for an order the deals that are known of it."""

    row: Row
    deals: Sequence[Row] = ()


class Lookup:
    """By-id reads for one account. What belongs to another account, or to another strategy than asked, is not found.

    Args:
        transport: how to ask.
        account, settings: of whom.
        lists: the OMS's lists, for an OMS without by-id endpoints.
        reconciling: how the account's fills become deals.

    Attributes:
        pieces: what can be read of a history of positions that cannot be read whole.
        owners: whose the orders and positions are that were seen.
    """

    def __init__(
        self, transport: Transport, account: Account, settings: Settings, lists: Lists, reconciling: Reconciling
    ) -> None:
        self._transport = transport
        self._account = account
        self._settings = settings
        self._lists = lists
        self._reconciling = reconciling
        self.pieces = Pieces(lists, lambda: settings.account_id)
        self.owners = Owners()
        self._turns: Turns[dict[int, Found]] = Turns()
        self._over = Over()
        self._resting: dict[tuple[int, int | None], Resting] = {}
        self._days: OrderedDict[tuple[int, int | None, int, int], DealBook] = OrderedDict()
        # By account and strategy; a book is kept for the life of this room.
        self._books: dict[tuple[int, int | None], DealBook] = {}
        # By the same, after what a book was read: which reconciliation of ours, which command of ours that ended an
        # order, and which deal of those that the OMS has shown.
        self._read_after: dict[tuple[int, int | None], tuple[int | None, int, int]] = {}
        self._ended = 0

    def close(self) -> None:
        """Give up the reads under way; whoever waits for one gets `ExchangeClosedByUser`."""
        self._turns.close()
        self._lists.close()

    def forget_deals(self) -> None:
        """Read deals anew before the next answer that depends on them."""
        self._ended += 1

    def distrust(self) -> None:
        """Forget what was read: the OMS's data may have been restored, and what was over may not be over any more."""
        self._over.forget()
        self._resting.clear()
        self._days.clear()
        self._books.clear()
        self._read_after.clear()

    async def order(self, order_id: int, strategy_id: int | None) -> Found | None:
        """The order and, on a legacy OMS, its deals; None if there is no such order."""
        return await self._ask("orders", order_id, strategy_id)

    async def position(self, position_id: int, strategy_id: int | None) -> Row | None:
        """The position, open or closed; None if there is no such position."""
        found = await self._ask("positions", position_id, strategy_id)
        return None if found is None else found.row

    async def any_position(self, position_id: int, strategy_id: int | None) -> Row | None:
        """As `position`, also where the OMS breaks down over other positions (fact 28), which takes more requests."""
        try:
            return await self.position(position_id, strategy_id)
        except BaseError as error:
            if not is_breakdown(error) or (await self._account.facts()).by_ids:
                raise
        return await self.pieces.find(position_id, strategy_id, f"positions {position_id}")

    async def closed_position(self, position_id: int, strategy_id: int | None, since: int) -> Row | None:
        """A position that is not open, last changed after `since` (epoch ms), as far as can be read (fact 28)."""
        if (await self._account.facts()).by_ids:
            return await self.position(position_id, strategy_id)
        return await self.pieces.find(position_id, strategy_id, f"positions {position_id}", since)

    async def is_of(self, what: Owned, id: int, strategy_id: int) -> bool:
        """Whether an order or a position is the strategy's: by what was seen of it, else by a read of its row."""
        if self.owners.are_known(what, id, strategy_id):
            return True
        if what == "positions":
            return await self.any_position(id, strategy_id) is not None
        by_ids = (await self._account.facts()).by_ids
        return await self._ask("orders" if by_ids else "orders alone", id, strategy_id) is not None

    async def deals(self, order_id: int, strategy_id: int | None) -> list[Row] | None:
        """The deals of an order, in the OMS's order; None if there is no such order."""
        found = await self._ask("deals of orders", order_id, strategy_id)
        if found is None or not found.deals:
            return None if await self.order(order_id, strategy_id) is None else []
        return list(found.deals)

    async def with_deals(self, rows: list[Row], strategy_id: int | None, asked: str) -> list[Found]:
        """Order rows with their deals, as far as these say what the rows do not: on a legacy OMS."""
        if (await self._account.facts()).full:
            return [Found(row) for row in rows]
        return await self._dealt(rows, strategy_id, asked)

    async def open_orders(self, wanted: Callable[[Row], bool], strategy_id: int | None, asked: str) -> list[Found]:
        """The rows of orders that say they are open, as far as they are wanted, with their deals as `with_deals`."""
        if (await self._account.facts()).full:
            return [Found(row) for row in await self._lists.open("orders", strategy_id, asked) if wanted(row)]
        key = (self._settings.account_id, strategy_id)
        resting = self._resting.setdefault(key, Resting(self._lists, strategy_id))
        reading = await resting.read(asked)
        # All of a long list are asked for, as what is found to be over need not be asked for again.
        rows = reading.rows if resting.is_worth(reading) else [row for row in reading.rows if wanted(row)]
        found = await self._dealt(rows, strategy_id, asked)
        if rows is reading.rows:
            resting.note(reading, (each.row["id"] for each in found if not fill(each.row, each.deals)))
        return [each for each in found if wanted(each.row)]

    async def deals_since(self, since: int, until: int | None, strategy_id: int | None, asked: str) -> Pages:
        """The deals of whole days from `since` on, to `until` (epoch ms): first of one day, then of two more, of four.

        Days part deals by their time, so whatever comes later is later. They are kept, and read on in the next call.
        """
        now = self._lists.clock() + DAY
        start, end = min(since, now) // DAY * DAY, min(now if until is None else max(since, until), now)
        known = (self._settings.account_id, strategy_id, start)
        if not any(key[:3] == known for key in self._days):
            rows, total = await self._lists.page("deals", start, end, strategy_id, 1, asked)
            if len(rows) < PAGE or total == len(rows):
                yield rows
                return
        length = DAY
        while start <= end:
            last = start + length - 1
            key = (self._settings.account_id, strategy_id, start, last)
            book = self._days.setdefault(key, DealBook(self._lists, strategy_id, last))
            self._days.move_to_end(key)
            if len(self._days) > DAYS_HELD:
                self._days.popitem(last=False)
            rows = await book.whole(start, asked)
            if len(rows) > HELD:
                self._days.pop(key, None)
            yield rows
            start, length = last + 1, length * 2

    async def _ask(self, sought: Sought, key: int, strategy_id: int | None) -> Found | None:
        account_id = self._settings.place[1]
        by_ids = (self._account.known or await self._account.facts()).by_ids
        # By-id endpoints take no strategy, so callers that ask for different ones share a request.
        scope = None if by_ids else strategy_id
        read = functools.partial(self._by_ids if by_ids else self._by_lists, sought, scope)
        found = (await self._turns.ask((account_id, sought, scope), read, key)).get(key)
        if found is None:
            return None
        if sought != "deals of orders":
            self.owners.saw("positions" if sought == "positions" else "orders", found.row)
        for row in (found.row, *found.deals):
            if row.get("account_id", account_id) != account_id:
                return None
            if strategy_id is not None and row.get("strategy_id", strategy_id) != strategy_id:
                return None
        return Found(dict(found.row), [dict(deal) for deal in found.deals])

    async def _by_ids(self, sought: Sought, _: int | None, ids: set[int]) -> dict[int, Found]:
        csv = ",".join(map(str, sorted(ids)))
        asked = f"{sought} {csv}"
        path = f"/oms/{sought}/{csv}?" if sought != "deals of orders" else f"/oms/deals?order_ids={csv}&"
        answer = await self._transport.send(Request("GET", f"{path}cache=false", asked, "items"))
        rows = rows_of(answer, asked)
        if sought == "orders" and rows:
            self._lists.saw(max(row["id"] for row in rows))
        return {row["id"]: Found(row) for row in rows} if sought != "deals of orders" else _by_order(rows)

    async def _by_lists(self, sought: Sought, strategy_id: int | None, ids: set[int]) -> dict[int, Found]:
        asked = f"{sought} {','.join(map(str, sorted(ids)))}"
        if sought == "positions":
            rows = {row["id"]: row for row in await self._lists.open(sought, strategy_id, asked) if row["id"] in ids}
            if len(rows) < len(ids):
                rows |= await self._lists.find(sought, ids - rows.keys(), strategy_id, asked)
            return {key: Found(row) for key, row in rows.items()}
        rows = await self._orders(ids, strategy_id, asked)
        if sought == "orders alone":
            return {key: Found(row) for key, row in rows.items()}
        dealt = self.with_deals if sought == "orders" else self._dealt
        return {found.row["id"]: found for found in await dealt(list(rows.values()), strategy_id, asked)}

    async def _orders(self, ids: set[int], strategy_id: int | None, asked: str) -> dict[int, Row]:
        rows = {key: row for key in ids if (row := self._over.row(self._settings.account_id, key)) is not None}
        sought = ids - rows.keys()
        if sought:
            try:
                return rows | await self._lists.find("orders", sought, strategy_id, asked)
            except NotSupported:
                open_ = await self._lists.open("orders", strategy_id, asked)
                rows |= {row["id"]: row for row in open_ if row["id"] in sought}
                if len(rows) < len(ids):
                    raise
        return rows

    async def _dealt(self, rows: list[Row], strategy_id: int | None, asked: str) -> list[Found]:
        account_id = self._settings.account_id
        self._over.trust(self._lists.clock())
        known = {row["id"]: self._over.deals(account_id, row) for row in rows}
        asking = [row for row in rows if known[row["id"]] is None]
        if asking:
            key = (account_id, strategy_id)
            book = self._books.setdefault(key, DealBook(self._lists, strategy_id))
            latest, ended, seen = self._reconciling.latest, self._ended, self._lists.newest_deal
            as_read = latest is not None and self._read_after.get(key) == (latest, ended, seen)
            deals = await book.of(asking, asked, as_read=as_read)
            if book.newest < self._lists.newest_deal_of(strategy_id):
                self._read_after.pop(key, None)  # what was read lags behind what the OMS has shown before
            elif not as_read:
                self._read_after[key] = latest, ended, max(seen, book.newest)
            for row in asking:
                known[row["id"]] = of_row = deals(row["id"])
                self._over.note(account_id, row, of_row)
        return [Found(row, known[row["id"]] or ()) for row in rows]


def _by_order(deals: Iterable[Row]) -> dict[int, Found]:
    by_order: defaultdict[int, list[Row]] = defaultdict(list)
    for deal in deals:
        by_order[deal.get("order_id", 0)].append(deal)
    return {order_id: Found({}, rows) for order_id, rows in by_order.items()}
