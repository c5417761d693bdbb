"""Reading the OMS's lists whole: open lists past their limit, windows of days page by page (facts 16 to 18)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from oms_ccxt_async import errors
from oms_ccxt_async.lists.places import Places
from oms_ccxt_async.lists.turns import Turns
from oms_ccxt_async.mappers.order import is_over
from oms_ccxt_async.wire.settings import Settings
from oms_ccxt_async.wire.transport import Request, Transport

__all__ = ["DAY", "PAGE", "Listed", "Lists", "Pages", "Row", "is_open", "rows_of"]

Row = dict[str, Any]
Listed = Literal["orders", "deals", "positions"]
Pages = AsyncGenerator[list[Row], None]

PAGE = 500
OPEN_LIMIT = 5000
MOST_PAGES = 64
DAY = 86_400_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Lists:
    """The OMS's list endpoints for one account. Every list is in ascending order of id (fact 16).

    Identical reads of one turn of the event loop are one request; what they answer belongs to each caller alone.

    Args:
        transport: how to ask.
        settings: which account.
        clock: the wall clock, in epoch milliseconds.
    """

    def __init__(self, transport: Transport, settings: Settings, clock: Callable[[], int]) -> None:
        self._transport = transport
        self._settings = settings
        self.clock = clock
        # By the OMS's address, the largest order id that it has shown.
        self._newest: dict[str, int] = {}
        # By the OMS's address and by whose deals were asked for, the largest deal id that it has shown.
        self._newest_deals: dict[tuple[str, int, int | None], int] = {}
        self._places: dict[tuple[int, Listed, int | None], Places] = {}
        self._turns: Turns[dict[str, Any]] = Turns()

    @property
    def newest_order(self) -> int:
        """The largest order id that the OMS has shown; 0 before it has shown any."""
        return self._newest.get(self._settings.base_url, 0)

    @property
    def newest_deal(self) -> int:
        """The largest deal id that the OMS has shown; 0 before it has shown any."""
        url = self._settings.base_url
        return max((newest for (of, _, _), newest in self._newest_deals.items() if of == url), default=0)

    def newest_deal_of(self, strategy_id: int | None) -> int:
        """The same of one strategy's deals, or of all, as far as these were asked for."""
        return self._newest_deals.get((self._settings.base_url, self._settings.account_id, strategy_id), 0)

    def saw(self, order_id: int) -> None:
        """Note an order id that the OMS has given."""
        url = self._settings.base_url
        if order_id > self._newest.get(url, 0):
            self._newest[url] = order_id

    def close(self) -> None:
        """Give up the reads under way."""
        self._turns.close()

    async def open(self, what: Literal["orders", "positions"], strategy_id: int | None, asked: str) -> list[Row]:
        """Every open row of the account, past the OMS's cache."""
        path = f"/oms/{what}/open?{self._scope(strategy_id)}&limit={OPEN_LIMIT}&cache=false"
        oldest, _ = await self._get(path, asked)
        if len(oldest) < OPEN_LIMIT:
            return oldest
        # A list that is cut lacks the newest rows (fact 16); history has them, open ones included.
        last = oldest[-1]["id"]
        rows = {row["id"]: row for row in oldest}
        async with aclosing(self.newest(what, strategy_id, asked)) as pages:
            async for page in pages:
                rows.update((row["id"], row) for row in page if row["id"] > last and is_open(row))
                if page and page[0]["id"] <= last:
                    break
        return [rows[key] for key in sorted(rows)]

    async def since(
        self, what: Listed, since: int, strategy_id: int | None, asked: str, *, until: int | None = None, first: int = 1
    ) -> Pages:
        """The pages, from number `first` on, of the days from `since` to `until` (epoch ms).

        Reading forward loses nothing while rows are added: new ones come at the end, and a row that moves into the
        window can only make a later page repeat one (fault 41). Where rows were deleted meanwhile, pages are repeated.
        """
        page, most = first, 0
        while True:
            rows, total = await self.page(what, since, until, strategy_id, page, asked)
            if total < most:
                page, most = first, 0
                continue
            yield rows
            if len(rows) < PAGE or total == page * PAGE:
                return
            page, most = page + 1, total

    async def newest(self, what: Listed, strategy_id: int | None, asked: str) -> Pages:
        """All pages there are, from the newest backward.

        Their window is all time: rows come only in at its end, so that its pages do not shift while they are read.
        """
        oldest, total = await self.page(what, 0, None, strategy_id, 1, asked)
        for page in range(-(-total // PAGE), 1, -1):
            yield (await self.page(what, 0, None, strategy_id, page, asked))[0]
        yield oldest

    async def from_place(self, what: Listed, place: int, strategy_id: int | None, asked: str) -> Pages:
        """The pages of the list of all time from the one that holds a place on."""
        page = place // PAGE + 1
        while True:
            rows, total = await self.page(what, 0, None, strategy_id, page, asked)
            self._places_of(what, strategy_id).note((row["id"] for row in rows), (page - 1) * PAGE)
            yield rows
            if len(rows) < PAGE or total == page * PAGE:
                return
            page += 1

    def place_of(self, what: Listed, strategy_id: int | None, row_id: int) -> int | None:
        """At which place of the list of all time, from 0, a row stood when it was read; None if that is not known."""
        return self._places_of(what, strategy_id).place(row_id)

    def _places_of(self, what: Listed, strategy_id: int | None) -> Places:
        return self._places.setdefault((self._settings.account_id, what, strategy_id), Places())

    async def find(
        self, what: Literal["orders", "positions"], ids: set[int], strategy_id: int | None, asked: str
    ) -> dict[int, Row]:
        """The rows with these ids from history, where the OMS has no by-id endpoint.

        A row whose place in the list of all time is known, or follows from that of others, costs one small page. An id
        is found to be nobody's only by pages of this call.
        """
        scope = (self._settings.account_id, what, strategy_id)
        places = self._places.get(scope)
        found = {} if places is None else await self._find(what, ids, strategy_id, asked, places)
        if len(found) < len(ids):
            places = self._places[scope] = Places()
            found |= await self._find(what, ids - found.keys(), strategy_id, asked, places)
        return found

    async def _find(
        self,
        what: Literal["orders", "positions"],
        ids: set[int],
        strategy_id: int | None,
        asked: str,
        places: Places,
    ) -> dict[int, Row]:
        found: dict[int, Row] = {}
        end: int | None = None
        for wanted in sorted(ids, reverse=True):
            turn = 0
            # A list that is changed under our hands could lead us on for ever.
            while wanted not in found and turn < MOST_PAGES:
                place = places.page(wanted, turn, end, alone=len(ids) == 1)
                if place is None:
                    break
                page, size = place
                rows, total = await self.page(what, 0, None, strategy_id, page, asked, size)
                first = (page - 1) * size
                places.note((row["id"] for row in rows), first)
                end = max(total, first + len(rows)) if rows else min(total, first)
                found.update((row["id"], row) for row in rows if row["id"] in ids)
                turn += 1
        return found

    async def by_client_order_id(
        self, keys: set[str], strategy_id: int | None, above: int | None, asked: str
    ) -> dict[str, Row]:
        """The newest order of each client order id, open ones first.

        Args:
            above: only orders with a higher id; None: all that there are.
        """
        found: dict[str, Row] = {}

        def take(rows: list[Row]) -> bool:
            for row in reversed(rows):
                key = row.get("client_order_id")
                if key in keys and key not in found and row["id"] > (above or 0):
                    found[key] = row
            return len(found) == len(keys)

        if take(await self.open("orders", strategy_id, asked)):
            return found
        async with aclosing(self.newest("orders", strategy_id, asked)) as pages:
            async for rows in pages:
                if take(rows) or (rows and rows[0]["id"] <= (above or 0)):
                    break
        return found

    async def page(
        self,
        what: Listed,
        since: int,
        until: int | None,
        strategy_id: int | None,
        page: int,
        asked: str,
        size: int | None = None,
    ) -> tuple[list[Row], int]:
        """One page of the days from `since` to `until` (epoch ms), and the count of all rows of these days."""
        end = self.clock() + DAY  # tomorrow, in case the OMS's clock is ahead of ours
        start = min(max(since, 0), end)
        if until is not None:
            end = min(max(until, start), end)
        path = "/oms/deals" if what == "deals" else f"/oms/{what}/history"
        window = f"start_date={_day(start)}&end_date={_day(end)}"
        scoped = f"{path}?{self._scope(strategy_id)}&{window}&page={page}&page_size={size or PAGE}&cache=false"
        rows, total = await self._get(scoped, asked)
        if rows and what == "deals":
            key = self._settings.base_url, self._settings.account_id, strategy_id
            self._newest_deals[key] = max(self._newest_deals.get(key, 0), rows[-1]["id"])
        return rows, total

    async def _get(self, path: str, asked: str) -> tuple[list[Row], int]:
        async def read(_: set[int]) -> dict[str, Any]:
            return await self._transport.send(Request("GET", path, asked, "items"))

        answer = await self._turns.ask(path, read)
        total = answer.get("total")
        rows = rows_of(answer, asked)
        if rows and path.startswith("/oms/orders"):
            self.saw(rows[-1]["id"])
        return rows, total if isinstance(total, int) else 0

    def _scope(self, strategy_id: int | None) -> str:
        scope = f"account_ids={self._settings.account_id}"
        return scope if strategy_id is None else f"{scope}&strategy_id={strategy_id}"


def rows_of(answer: dict[str, Any], asked: str) -> list[Row]:
    """The rows of a list's answer, as the caller's own.

    Raises:
        ccxt.BadResponse: they are not objects with integer ids.
    """
    items = answer["items"]
    if not isinstance(items, list) or not all(isinstance(row, dict) and type(row.get("id")) is int for row in items):
        raise errors.unreadable(200, "items that are no rows with integer ids", asked=asked)
    return [dict(row) for row in items]


def is_open(row: Row) -> bool:
    """Whether a row of an order or a position says that it is open."""
    return row["state"] != "closed" if "state" in row else not is_over(row)


def _day(moment: int) -> str:
    return f"{_EPOCH + timedelta(milliseconds=moment):%Y-%m-%d}"
