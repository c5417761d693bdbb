"""Lists read whole: pages, days, open lists past their limit, rows that come while they are read."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web

import oms_ccxt_async
from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.sandbox.rows import Order
from oms_ccxt_async.sandbox.storage import Window
from tests.oms_ccxt_async.support import DAY, add_deals, add_orders, fake_oms, listed, order_rows, paths, wired

pytestmark = pytest.mark.asyncio(loop_scope="session")


def ids(items: list[dict[str, Any]]) -> list[str]:
    return [item["id"] for item in items]


async def test_pages_and_days_are_read_as_far_as_asked(sandbox: Sandbox) -> None:
    """1,300 rows of ten days: `since` days ago, `limit` over pages, and without `since` the newest."""
    now = sandbox.oms.clock() // DAY * DAY
    moments = [now - 10 * DAY + number * 11 * 60_000 for number in range(1300)]
    async with wired(sandbox, account_id=3) as (exchange, _):
        for fetch, rows in (
            (exchange.fetch_orders, add_orders(sandbox, moments, symbol="BTC/USDT:USDT")),
            (exchange.fetch_my_trades, add_deals(sandbox, moments, symbol="BTC/USDT:USDT")),
        ):
            symbol = "BTC/USDT:USDT"
            assert ids(await fetch(symbol, moments[0])) == rows
            assert ids(await fetch(symbol, moments[100])) == rows[100:]
            assert ids(await fetch(symbol, moments[100], 700)) == rows[100:800]
            assert ids(await fetch(symbol, None, 900)) == rows[-900:]
            assert ids(await fetch(symbol)) == rows[-500:]
            assert ids(await fetch(symbol, None, 600, {"until": moments[700]})) == rows[101:701]
            assert ids(await fetch(symbol, moments[100], None, {"until": moments[700]})) == rows[100:701]


async def test_an_order_is_listed_by_its_creation(sandbox: Sandbox) -> None:
    """An old order that was changed today is not of today, and one that was created in the window is, however late it
    was changed."""
    now = sandbox.oms.clock()
    [old] = add_orders(sandbox, [now - 40 * DAY], updated_ms=now, symbol="ETH/USDT", strategy_id=2)
    [young] = add_orders(sandbox, [now - 3 * DAY], updated_ms=now, symbol="ETH/USDT", strategy_id=2)
    async with wired(sandbox, account_id=3, strategy_id=2) as (exchange, _):
        assert ids(await exchange.fetch_orders("ETH/USDT", now - 5 * DAY)) == [young]
        assert ids(await exchange.fetch_orders("ETH/USDT", now - 2 * DAY)) == []
        assert ids(await exchange.fetch_canceled_orders("ETH/USDT", None, 2)) == [old, young]


async def test_an_open_list_past_its_limit_is_whole(sandbox: Sandbox) -> None:
    """5,003 open orders are 5,003 orders, though the open list holds 5,000 and loses the newest (fact 16)."""
    rows = add_orders(sandbox, [sandbox.oms.clock()] * 5003, "SUBMITTED", strategy_id=1)
    add_orders(sandbox, [sandbox.oms.clock()] * 3, strategy_id=1)
    async with wired(sandbox, account_id=3, strategy_id=1) as (exchange, proxy):
        found = await exchange._here.lists.open("orders", 1, "test")
        assert [str(row["id"]) for row in found] == rows
        assert len(proxy.requests) <= 4, paths(proxy.requests)
    with sandbox.oms.transaction([3]):
        sandbox.oms.storage.delete(Order, window=Window("id", int(rows[0]), int(rows[-1]) + 1))


async def test_a_second_stands_for_any_moment_in_it() -> None:
    """`since` in the middle of a second keeps the rows of that second, whose milliseconds the OMS cuts (fact 15)."""
    rows = [
        {"id": 1, "qty": "1", "price": "1", "executed_at": "2026-11-22T11:59:59"},
        {"id": 2, "qty": "1", "price": "1", "executed_at": "2026-11-22T12:00:00"},
        {"id": 3, "qty": "1", "price": "1", "executed_at": "2026-11-22T12:00:00.400"},
        {"id": 4, "qty": "1", "price": "1", "executed_at": "2026-11-22T12:00:00.600"},
    ]
    async with fake_oms({"GET /oms/deals": listed(rows)}) as (exchange, _):
        since = exchange.parse8601("2026-11-22T12:00:00.500Z")
        assert ids(await exchange.fetch_my_trades(None, since)) == ["2", "4"]


async def test_rows_that_come_while_pages_are_read() -> None:
    """Rows that move into the window between two pages shift the rest; every row of before is listed, once."""
    rows = order_rows(1200)
    early = [
        {**row, "id": row["id"] - 100} for row in order_rows(50)
    ]  # changed only now, and created before the window
    pages = 0

    def shifting(request: web.Request) -> Any:
        nonlocal pages
        pages += 1
        moved = early[: 10 * (pages - 1)] if "1970" not in request.query["start_date"] else []
        new = [{**rows[-1], "id": 2000 + number} for number in range(pages)]
        return listed([*moved, *rows, *new])(request)

    answers = {
        "GET /oms/orders/open": listed([]),
        "GET /oms/orders/history": shifting,
        "GET /oms/deals": listed([]),
    }
    async with fake_oms(answers) as (exchange, _):
        forward = await exchange.fetch_orders(None, exchange.parse8601("2026-11-22T00:00:00Z"))
        assert [str(row["id"]) for row in rows] == [item for item in ids(forward) if int(item) <= 1200]
        backward = ids(await exchange.fetch_orders(None, None, 900))
        assert len(backward) == 900
        old = [int(item) for item in backward if int(item) <= 1200]
        assert old == list(range(old[0], 1201))


async def test_rows_deleted_while_pages_are_read() -> None:
    """A row that is deleted between two pages takes none of the others with it."""
    rows = order_rows(1100)
    pages = 0

    def shrinking(request: web.Request) -> Any:
        nonlocal pages
        pages += 1
        return listed(rows if pages == 1 else rows[5:])(request)

    answers = {"GET /oms/orders/history": shrinking, "GET /oms/deals": listed([])}
    async with fake_oms(answers) as (exchange, _):
        orders = await exchange.fetch_orders(None, exchange.parse8601("2026-11-22T00:00:00Z"))
        assert ids(orders)[-1095:] == [str(row["id"]) for row in rows[5:]]


async def test_limit_ends_the_reading(sandbox: Sandbox) -> None:
    """No more pages are read than `limit` needs."""
    now = sandbox.oms.clock()
    add_orders(sandbox, [now - 2 * DAY + number * 1_000 for number in range(1_600)], strategy_id=2)
    async with wired(sandbox, account_id=3, strategy_id=2) as (exchange, proxy):
        newest = await exchange.fetch_orders(None, None, 100)
        history = [request for request in proxy.requests if request.path == "/oms/orders/history"]
        assert len(newest) == 100
        assert len(history) <= 3
        proxy.requests.clear()
        assert len(await exchange.fetch_orders(None, now - 3 * DAY, 100)) == 100
        assert [request.path for request in proxy.requests].count("/oms/orders/history") == 1


async def read_on(exchange: oms_ccxt_async.oms, symbol: str, since: int, limit: int) -> list[str]:
    """All trades, as ccxt's manual reads on."""
    seen: list[str] = []
    while trades := await exchange.fetch_my_trades(symbol, since, limit):
        seen += ids(trades)
        since = trades[-1]["timestamp"] + 1
    return seen


async def test_reading_on_sees_what_was_reconciled_late(sandbox: Sandbox) -> None:
    """Deals whose ids are not in time order (a late reconciliation) are all told, once, in order of time, and the loop
    reads each window of days once; the newest are the newest by time."""
    now = sandbox.oms.clock() // DAY * DAY
    symbol, start = "ETH/USDT", now - 50 * DAY
    known = add_deals(sandbox, [start + DAY + number * 60_000 for number in range(600)], symbol=symbol)
    late = add_deals(
        sandbox, [start + number * 60_000 for number in range(100)], symbol=symbol, created_ms=sandbox.oms.clock()
    )
    async with wired(sandbox, account_id=3) as (exchange, proxy):
        assert await read_on(exchange, symbol, start, 100) == late + known
        assert len(proxy.requests) <= 50, len(proxy.requests)
        assert ids(await exchange.fetch_my_trades(symbol, None, 600)) == known
        assert ids(await exchange.fetch_my_trades(symbol, start, 50)) == late[:50]
        [more] = add_deals(sandbox, [start + 1], symbol=symbol)
        assert ids(await exchange.fetch_my_trades(symbol, start, 2)) == [late[0], more]


async def test_a_fill_that_is_booked_late_in_its_second(sandbox: Sandbox) -> None:
    """On an OMS of whole seconds, a fill that comes after its second was told is told by the next call, once; so is an
    order that is made in it."""
    now = sandbox.oms.clock() // 1000 * 1000 - 60_000
    symbol = "BTC/USDT:USDT"
    account: dict[str, Any] = {"strategy_id": 1}
    async with wired(sandbox, account_id=3, **account) as (exchange, _):
        for add, fetch in ((add_deals, exchange.fetch_my_trades), (add_orders, exchange.fetch_orders)):
            if sandbox.oms.full and add is add_deals:
                continue
            first = add(sandbox, [now] * 2, symbol=symbol, **account)
            assert ids(await fetch(symbol, now, 10)) == first
            late = add(sandbox, [now] * 2, symbol=symbol, **account)
            assert ids(await fetch(symbol, now + 1, 10)) == late
            assert ids(await fetch(symbol, now + 1, 10)) == []
            assert ids(await fetch(symbol, now, 10)) == first + late


async def test_the_newest_order_of_a_client_order_id(sandbox: Sandbox) -> None:
    """Where a client order id was used twice (fact 9), the open order is found first, then the newest; rows at or below
    the id that was known before are not it, whatever the OMS's clock says."""
    now = sandbox.oms.clock()
    keys: dict[str, Any] = {"client_order_id": "again", "strategy_id": 2}
    [older] = add_orders(sandbox, [now - 5 * DAY], **keys)
    [newest] = add_orders(sandbox, [now - 9 * DAY], **keys)  # its clock is behind by days
    async with oms_ccxt_async.oms(sandbox.config(3)) as exchange:
        lists = exchange._here.lists
        for above in (None, int(older)):
            rows = await lists.by_client_order_id({"again", "never"}, None, above, "test")
            assert {key: str(row["id"]) for key, row in rows.items()} == {"again": newest}
        assert await lists.by_client_order_id({"again"}, None, int(newest), "test") == {}
        [resting] = add_orders(sandbox, [now - 20 * DAY], "SUBMITTED", **keys)
        add_orders(sandbox, [now], **keys)
        for above in (None, int(newest)):
            rows = await lists.by_client_order_id({"again"}, None, above, "test")
            assert str(rows["again"]["id"]) == resting


async def test_the_newest_order_that_was_seen(sandbox: Sandbox) -> None:
    """Every answer that shows an order id counts: by-id reads, lists, and what a caller notes."""
    ids_ = [int(each) for each in add_orders(sandbox, [sandbox.oms.clock()] * 3)]
    async with oms_ccxt_async.oms(sandbox.config(3)) as exchange:
        lists = exchange._here.lists
        lists.saw(3)
        assert lists.newest_order == 3
        await exchange.fetch_order(str(ids_[1]))
        assert lists.newest_order >= ids_[1]
        await exchange.fetch_orders()
        assert lists.newest_order == ids_[2]
        lists.saw(3)
        assert lists.newest_order == ids_[2]
