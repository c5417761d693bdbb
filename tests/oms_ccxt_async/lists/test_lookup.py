"""By-id reads, counted on the wire."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from decimal import Decimal
from typing import Any

import ccxt
import pytest

from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.sandbox.rows import Order
from oms_ccxt_async.sandbox.storage import Window
from tests.faults.eventually import eventually
from tests.faults.plan import Delay, on
from tests.oms_ccxt_async.support import (
    DAY,
    add_deals,
    add_orders,
    fake_oms,
    listed,
    order_rows,
    paths,
    settle,
    wired,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")


def full(sandbox: Sandbox) -> bool:
    return sandbox.oms.full


async def test_a_hundred_orders_are_one_request(sandbox: Sandbox) -> None:
    """100 concurrent `fetch_order` calls are one request to a full OMS, and at most 4 to a legacy one."""
    now = sandbox.oms.clock()
    mixed = [*add_orders(sandbox, [now] * 50), *add_orders(sandbox, [now] * 50, "SUBMITTED")]
    async with wired(sandbox, account_id=3) as (exchange, proxy):
        orders = await asyncio.gather(*(exchange.fetch_order(order_id) for order_id in mixed))
        assert [order["id"] for order in orders] == mixed
        assert [order["status"] for order in orders] == ["canceled"] * 50 + ["open"] * 50
        assert len(proxy.requests) <= (1 if full(sandbox) else 4), paths(proxy.requests)


async def test_reads_go_past_the_cache_and_end_tomorrow(sandbox: Sandbox) -> None:
    """Every read of rows says `cache=false` (fact 18); a window ends tomorrow, in case the OMS's clock is ahead."""
    [order_id] = add_orders(sandbox, [sandbox.oms.clock()])
    async with wired(sandbox, account_id=3) as (exchange, proxy):
        await exchange.fetch_order(order_id)
        await exchange.fetch_order_trades(order_id)
        await exchange.fetch_orders()
        await exchange.fetch_my_trades()
        await exchange.fetch_positions()
        rows = [request for request in proxy.requests if request.path.split("/")[2] in ("orders", "deals", "positions")]
        assert len(rows) >= 5
        assert [request.path for request in rows if "cache=false" not in request.query] == []
        tomorrow = exchange.iso8601(exchange.milliseconds() + 86_400_000)[:10]
        windows = [request for request in rows if "end_date" in request.query]
        assert windows
        assert [request.path for request in windows if f"end_date={tomorrow}" not in request.query] == []


async def test_old_orders_cost_few_pages(sandbox: Sandbox) -> None:
    """On a legacy OMS, an order amid thousands is found by bisecting the history; a full one is asked for it."""
    rows = add_orders(sandbox, [sandbox.oms.clock()] * 6000)
    async with wired(sandbox, account_id=3) as (exchange, proxy):
        assert (await exchange.fetch_order(rows[2345]))["id"] == rows[2345]
        pages = [request for request in proxy.requests if request.path == "/oms/orders/history"]
        assert len(pages) <= (0 if full(sandbox) else 6)
        proxy.requests.clear()
        await asyncio.gather(*(exchange.fetch_order(order_id) for order_id in rows[-100:]))
        assert len(proxy.requests) <= (1 if full(sandbox) else 4), paths(proxy.requests)


@pytest.mark.parametrize("age", [0, 3_000])
async def test_an_order_costs_the_same_at_any_age(sandbox: Sandbox, age: int) -> None:
    """A legacy OMS is asked for one row and the newest deals, or less if the order is over, however many orders the
    account has had that still say SUBMITTED (fact 19); a full one for the row."""
    now = sandbox.oms.clock()
    amount = {"qty": Decimal("0.01"), "strategy_id": 2}
    old = add_orders(sandbox, [now - 3 * DAY] * (age + 1), "SUBMITTED", **amount)
    add_deals(sandbox, [now - 3 * DAY], order_id=int(old[0]), **amount)
    # a look for fills, due every two seconds, would count on a machine that is slower than that
    async with wired(sandbox, account_id=3, reconcile="never") as (exchange, proxy):

        async def cost(call: Coroutine[Any, Any, Any]) -> int:
            proxy.requests.clear()
            await call
            return len(proxy.requests)

        await exchange.fetch_order(old[0])
        order_id = (await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 40_000))["id"]
        await exchange.fetch_order(order_id)
        least = 1 if full(sandbox) else 2
        assert await cost(exchange.fetch_order(order_id)) == least
        assert await cost(exchange.edit_order(order_id, "BTC/USDT", "limit", "buy", 0.02, 41_000)) <= 1 + least
        assert await cost(exchange.cancel_order(order_id)) <= 1 + least
        canceled, filled = exchange.fetch_order(order_id), exchange.fetch_order(old[0])
        assert await cost(canceled) == 1
        assert await cost(filled) == 1
    with sandbox.oms.transaction([3]):
        sandbox.oms.storage.delete(Order, window=Window("id", int(old[0]), int(old[-1]) + 1))


async def test_a_late_deal_of_a_canceled_order_counts(sandbox: Sandbox) -> None:
    """What a legacy OMS learns late of an order that is over is told by the next read (fact 27)."""
    now = sandbox.oms.clock()
    [order_id] = add_orders(sandbox, [now])
    async with wired(sandbox, account_id=3) as (exchange, _):
        first = await exchange.fetch_order(order_id)
        assert (first["status"], first["filled"]) == ("canceled", 0.0)
        add_deals(sandbox, [now], order_id=int(order_id), qty=Decimal("0.004"))
        if full(sandbox):
            return
        assert (await exchange.fetch_order(order_id))["filled"] == 0.004


async def test_a_deleted_row_moves_the_others(sandbox: Sandbox) -> None:
    """After a row was deleted by hand every other one is found at its new place, and it is not found."""
    rows = add_orders(sandbox, [sandbox.oms.clock()] * 40)
    async with wired(sandbox, account_id=3) as (exchange, _):
        for order_id in rows:
            await exchange.fetch_order(order_id)
        with sandbox.oms.transaction([3]):
            sandbox.oms.storage.delete(Order, id=int(rows[7]))
        for order_id in (*rows[:7], *rows[8:]):
            exchange._here.lookup._over.trust(0)
            assert (await exchange.fetch_order(order_id))["id"] == order_id
        with pytest.raises(ccxt.OrderNotFound):
            await exchange.fetch_order(rows[7])


async def test_more_ids_than_a_request_may_name(sandbox: Sandbox) -> None:
    """1,100 concurrent calls are three requests to a full OMS, and every call gets its own order."""
    rows = add_orders(sandbox, [sandbox.oms.clock()] * 1100)
    async with wired(sandbox, account_id=3) as (exchange, proxy):
        orders = await asyncio.gather(*(exchange.fetch_order(order_id) for order_id in rows))
        assert [order["id"] for order in orders] == rows
        if full(sandbox):
            assert sorted(request.path.count(",") + 1 for request in proxy.requests) == [100, 500, 500]


async def test_trades_and_positions_share_requests_too(sandbox: Sandbox) -> None:
    """`fetch_order_trades` and `fetch_position` by id are gathered as `fetch_order` is."""
    orders = add_orders(sandbox, [sandbox.oms.clock()] * 20)
    for order_id in orders:
        add_deals(sandbox, [sandbox.oms.clock()], order_id=int(order_id))
    async with wired(sandbox, account_id=3, reconcile="never") as (exchange, proxy):
        trades = await asyncio.gather(*(exchange.fetch_order_trades(order_id) for order_id in orders))
        assert [[trade["order"] for trade in each] for each in trades] == [[order_id] for order_id in orders]
        assert len(proxy.requests) <= (1 if full(sandbox) else 4), paths(proxy.requests)
        for side in ("buy", "sell"):
            await exchange.create_order("ETH/USDT", "market", side, 0.5, None, {"strategy_id": 1 + (side == "buy")})
        settle(sandbox)
        held = [position["id"] for position in await exchange.fetch_positions(["ETH/USDT"])]
        proxy.requests.clear()
        positions = await asyncio.gather(*(exchange.fetch_position(position_id) for position_id in held))
        assert [position["id"] for position in positions] == held
        assert len(held) > 1
        assert len(proxy.requests) == 1


async def test_one_that_fails_fails_alone(sandbox: Sandbox) -> None:
    """An unknown id, and an id of another account, are `OrderNotFound` for their callers and nobody else."""
    [mine] = add_orders(sandbox, [sandbox.oms.clock()])
    [foreign] = add_orders(sandbox, [sandbox.oms.clock()], account_id=2)
    [foreign_open] = add_orders(sandbox, [sandbox.oms.clock()], "SUBMITTED", account_id=2)
    add_deals(sandbox, [sandbox.oms.clock()], account_id=2, order_id=int(foreign))
    async with wired(sandbox, account_id=3) as (exchange, _):
        for fetch in (exchange.fetch_order, exchange.fetch_order_trades):
            asked = [fetch(order_id) for order_id in (mine, foreign, foreign_open, "98765432")]
            found, *lost = await asyncio.gather(*asked, return_exceptions=True)
            assert not isinstance(found, BaseException)
            assert [isinstance(error, ccxt.OrderNotFound) for error in lost] == [True] * 3


async def test_the_same_order_twice_is_two_answers(sandbox: Sandbox) -> None:
    """Callers that ask for one order at once get equal answers that share nothing."""
    [order_id] = add_orders(sandbox, [sandbox.oms.clock()])
    add_deals(sandbox, [sandbox.oms.clock()], order_id=int(order_id))
    async with wired(sandbox, account_id=3) as (exchange, _):
        first, second = await asyncio.gather(*(exchange.fetch_order(order_id) for _ in range(2)))
        assert first == second
        first["info"]["status"] = "spoiled"
        assert second["info"]["status"] != "spoiled"
        if first["trades"]:
            first["trades"][0]["info"].clear()
            assert (await exchange.fetch_order(order_id))["trades"] == second["trades"]


async def test_cancelled_callers_do_not_hurt(sandbox: Sandbox) -> None:
    """The others of a turn get their orders when one of them gives up in the middle."""
    rows = add_orders(sandbox, [sandbox.oms.clock()] * 3)
    async with wired(sandbox, account_id=3) as (exchange, proxy):
        go = asyncio.Event()
        held = proxy.plan(Delay("down", go), on("GET", "/oms/orders/*"))
        callers = [asyncio.create_task(exchange.fetch_order(order_id)) for order_id in rows]
        await eventually(lambda: held.hits)
        callers[0].cancel()
        go.set()
        first, *others = await asyncio.gather(*callers, return_exceptions=True)
        assert isinstance(first, asyncio.CancelledError)
        assert [order["id"] for order in others if isinstance(order, dict)] == rows[1:]


async def test_an_answer_is_never_older_than_its_question(sandbox: Sandbox) -> None:
    """A read that is under way when an order changes is not what a later call is answered with."""
    async with wired(sandbox) as (exchange, proxy):
        order = await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 50_000)
        go = asyncio.Event()
        held = proxy.plan(Delay("down", go), on("GET", "/oms/orders/*"))
        early = asyncio.create_task(exchange.fetch_order(order["id"]))
        await eventually(lambda: held.hits)
        # The proxy asks the OMS before it holds the answer back.
        await eventually(lambda: held.hits[0].forwarded)
        canceled = await exchange.cancel_order(order["id"])
        late = await exchange.fetch_order(order["id"])
        go.set()
        await early
        assert canceled["status"] == late["status"] == "canceled"


async def test_closing_while_reads_wait(sandbox: Sandbox) -> None:
    """Calls under way end with `ExchangeClosedByUser` when the exchange is closed."""
    [order_id] = add_orders(sandbox, [sandbox.oms.clock()])
    async with wired(sandbox, account_id=3) as (exchange, proxy):
        held = proxy.plan(Delay("down", asyncio.Event()), on("GET", "/oms/orders/*"), times=None)
        calls = [exchange.fetch_order(order_id), exchange.fetch_open_orders()]
        callers = [asyncio.create_task(call) for call in calls]
        await eventually(lambda: held.hits)
        await exchange.close()
        outcomes = await asyncio.gather(*callers, return_exceptions=True)
        assert [isinstance(outcome, ccxt.ExchangeClosedByUser) for outcome in outcomes] == [True] * 2


async def test_a_server_with_other_extensions_only() -> None:
    """Without `by_ids`, a server that keeps its rows up to date is read by lists, an order's trades by its deals."""
    orders = order_rows(2, status="FILLED", filled_qty="1.0", avg_fill_price="49000")
    deals = [{"id": number, "order_id": number, "account_id": 1, "qty": "1", "price": "49000"} for number in (1, 2)]
    answers: dict[str, Any] = {
        "GET /healthz": lambda _: {"status": "ok", "features": ["idempotency"]},
        "GET /oms/orders/open": listed([]),
        "GET /oms/orders/history": listed(orders),
        "GET /oms/deals": listed(deals),
    }
    async with fake_oms(answers) as (exchange, asked):
        order = await exchange.fetch_order("2")
        assert (order["status"], order["average"]) == ("closed", 49_000.0)
        assert asked == ["GET /oms/orders/history"]
        assert [trade["id"] for trade in await exchange.fetch_order_trades("2")] == ["2"]


@pytest.mark.parametrize("items", [{}, [7], [{"id": "7"}], [{}]])
async def test_rows_that_are_none_are_refused(items: Any) -> None:
    """Rows without integer ids are `BadResponse`, not a KeyError."""
    answers = {f"GET /oms/orders/{which}": lambda _: {"items": items} for which in ("open", "history")}
    async with fake_oms(answers) as (exchange, _):
        for call in (exchange.fetch_order("7"), exchange.fetch_open_orders()):
            with pytest.raises(ccxt.BadResponse):
                await call


async def test_identical_lists_are_one_request(sandbox: Sandbox) -> None:
    """Identical lists that are asked for at once are one request, and every caller's rows are its own."""
    add_orders(sandbox, [sandbox.oms.clock()], "SUBMITTED")
    async with wired(sandbox, account_id=3) as (exchange, proxy):
        lists = await asyncio.gather(*(exchange.fetch_open_orders() for _ in range(10)))
        assert paths(proxy.requests).count("GET /oms/orders/open") == 1
        assert all(each == lists[0] for each in lists)
        lists[0][0]["info"].clear()
        assert lists[1][0]["info"]
