"""The deals of a legacy OMS: read incrementally, and what orders are by them."""

from __future__ import annotations

import asyncio
import itertools
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms_ccxt_async.lists.deals import DealBook
from oms_ccxt_async.lists.history import DAY, PAGE, Lists, Row
from oms_ccxt_async.sandbox import Sandbox
from tests.oms_ccxt_async.support import add_deals, add_orders, wired

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOW = 1_795_350_656_000


class InMemory(Lists):
    """Deals in memory, behind the lists that a book reads them with; counts the pages."""

    def __init__(self) -> None:
        self.now = NOW
        self.deals: list[Row] = []
        self.pages: list[int] = []
        self.clock = lambda: self.now

    def add(self, order_id: int, days_ago: int = 0) -> None:
        number = self.deals[-1]["id"] + 1 if self.deals else 1
        self.deals.append({"id": number, "order_id": order_id, "at": self.now - days_ago * DAY, "qty": "1"})

    async def since(self, what: str, since: int, *_: Any, until: int | None = None, first: int = 1, **__: Any) -> Any:
        last = max(until or 0, since) if until is not None else self.now + DAY
        rows = [dict(deal) for deal in self.deals if since <= deal["at"] < last // DAY * DAY + DAY]
        for page in itertools.count(first):
            self.pages.append(page)
            await asyncio.sleep(0)
            part = rows[(page - 1) * PAGE : page * PAGE]
            yield part
            if len(part) < PAGE:
                return


def order(number: int, days_ago: int = 0) -> Row:
    created = datetime.fromtimestamp(NOW / 1000 - days_ago * 86_400, UTC).replace(tzinfo=None)
    return {"id": number, "created_at": created.isoformat(timespec="seconds")}


async def deal_ids(book: DealBook, *orders: Row) -> list[list[int]]:
    deals = await book.of(orders, "test")
    return [[deal["id"] for deal in deals(row["id"])] for row in orders]


async def test_a_refresh_reads_on_from_the_last_deal() -> None:
    """After the first reading, only the page of the last known deal is read again, however many there are."""
    desk = InMemory()
    for number in range(1250):
        desk.add(number % 5)
    book = DealBook(desk, None)
    await book.of([order(1)], "test")
    assert desk.pages == [1, 2, 3]
    desk.pages.clear()
    desk.add(7)
    assert await deal_ids(book, order(7)) == [[1251]]
    assert desk.pages == [3]


async def test_a_deleted_deal_has_all_read_again() -> None:
    """A deal that was deleted by hand is gone from its order, even when a new one came in its place."""
    desk = InMemory()
    for _ in range(1000):
        desk.add(1)
    book = DealBook(desk, None)
    await book.of([order(1)], "test")
    del desk.deals[3]
    desk.add(2)
    assert await deal_ids(book, order(1), order(2)) == [[deal["id"] for deal in desk.deals[:-1]], [1001]]


async def test_an_edited_deal_is_seen() -> None:
    """A deal of the newest page that was edited by hand is seen at once, an older one within ten minutes."""
    desk = InMemory()
    for _ in range(700):
        desk.add(1)
    book = DealBook(desk, None)
    await book.of([order(1)], "test")
    desk.deals[650]["order_id"] = desk.deals[5]["order_id"] = 2
    assert await deal_ids(book, order(2)) == [[651]]
    desk.now += 600_001
    assert await deal_ids(book, order(2)) == [[6, 651]]


async def test_an_older_order_extends_the_book() -> None:
    """For an order from before the book's start only the days before it are read, and the page of the last deal."""
    desk = InMemory()
    for _ in range(3):
        desk.add(1, days_ago=40)
    for _ in range(1100):
        desk.add(2)
    book = DealBook(desk, None)
    await book.of([order(2)], "test")
    desk.pages.clear()
    assert await deal_ids(book, order(1, days_ago=40)) == [[1, 2, 3]]
    assert desk.pages == [1, 3]
    assert len((await deal_ids(book, order(2)))[0]) == 1100


async def test_a_deal_just_before_its_order_counts() -> None:
    """A clock of the exchange that is a little behind the OMS's hides no deal, over midnight either."""
    desk = InMemory()
    desk.deals = [{"id": 1, "order_id": 1, "at": NOW // DAY * DAY - 1000, "qty": "1"}]
    midnight = datetime.fromtimestamp(NOW // DAY * DAY / 1000, UTC).replace(tzinfo=None)
    assert await deal_ids(DealBook(desk, None), {"id": 1, "created_at": midnight.isoformat()}) == [[1]]


async def test_a_book_that_has_grown_lets_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond its bound, a book forgets the days before the orders that are asked for, and still answers for them."""
    monkeypatch.setattr("oms_ccxt_async.lists.deals.HELD", 600)
    desk = InMemory()
    for _ in range(700):
        desk.add(1, days_ago=9)
    desk.add(2)
    book = DealBook(desk, None)
    assert len((await deal_ids(book, order(1, days_ago=9)))[0]) == 700
    assert await deal_ids(book, order(2)) == [[701]]
    assert len(book._deals) == 1
    assert len((await deal_ids(book, order(1, days_ago=9)))[0]) == 700


async def test_callers_share_a_refresh_that_began_after_them() -> None:
    """Any number of concurrent callers cost two refreshes at most."""
    desk = InMemory()
    desk.add(1)
    book = DealBook(desk, None)
    await asyncio.gather(*(book.of([order(1)], "test") for _ in range(20)))
    assert len(desk.pages) <= 2


async def test_rows_handed_out_are_copies() -> None:
    """What a caller does to a deal is not seen by the next one."""
    desk = InMemory()
    desk.add(1)
    book = DealBook(desk, None)
    (await book.of([order(1)], "test"))(1)[0].clear()
    assert (await book.of([order(1)], "test"))(1)[0]["id"] == 1


steps = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(1, 4), st.integers(0, 3)),
        st.tuples(st.just("delete"), st.integers(0, 10**6), st.just(0)),
        st.tuples(st.just("ask"), st.integers(1, 4), st.integers(0, 3)),
    ),
    max_size=60,
)


@given(steps)
async def test_a_book_agrees_with_the_oms(steps: list[tuple[str, int, int]]) -> None:
    """Whatever is added, deleted and asked for in between, an order's deals are those that the OMS has."""

    with pytest.MonkeyPatch.context() as patch:
        for name in ("oms_ccxt_async.lists.deals.PAGE", f"{__name__}.PAGE"):
            patch.setattr(name, 3)
        desk = InMemory()
        book = DealBook(desk, None)
        for what, number, days_ago in [*steps, ("ask", 1, 3)]:
            if what == "add":
                desk.add(number, days_ago=min(days_ago, number - 1))
            elif what == "delete" and desk.deals:
                del desk.deals[number % len(desk.deals)]
            elif what == "ask":
                expected = [deal["id"] for deal in desk.deals if deal["order_id"] == number]
                assert await deal_ids(book, order(number, max(days_ago, number - 1))) == [expected]


async def test_what_an_order_is_follows_from_its_deals(sandbox: Sandbox) -> None:
    """On a legacy OMS the status, what is filled, average, cost, fee and trades come from the deals (fact 19)."""
    if sandbox.oms.full:
        pytest.skip("a full OMS keeps its rows up to date")
    now = sandbox.oms.clock()
    qty = {"qty": Decimal(3)}
    done, partly, dead = (
        add_orders(sandbox, [now], status, **qty)[0] for status in ("SUBMITTED", "SUBMITTED", "CANCELED")
    )
    for order_id, amounts in ((done, (1, 2)), (partly, (1,)), (dead, (2,))):
        for price, amount in enumerate(amounts, 100):
            add_deals(sandbox, [now], order_id=int(order_id), qty=Decimal(amount), price=Decimal(price))
    async with wired(sandbox, account_id=3) as (exchange, proxy):
        expected = {
            done: ("closed", 3.0, 0.0, 302.0, 1.0, 2),
            partly: ("open", 1.0, 2.0, 100.0, 0.5, 1),
            dead: ("canceled", 2.0, 1.0, 200.0, 0.5, 1),
        }
        for order_id, facts in expected.items():
            order = await exchange.fetch_order(order_id)
            told = [order[name] for name in ("status", "filled", "remaining", "cost")]
            assert (*told, order["fee"]["cost"], len(order["trades"])) == facts
            assert order["average"] == pytest.approx(order["cost"] / order["filled"])
        open_ids = {order["id"] for order in await exchange.fetch_open_orders()}
        closed_ids = {order["id"] for order in await exchange.fetch_closed_orders()}
        canceled_ids = {order["id"] for order in await exchange.fetch_canceled_orders()}
        ours = set(expected)
        assert (open_ids & ours, closed_ids & ours, canceled_ids & ours) == ({partly}, {done}, {dead})
        proxy.requests.clear()
        await exchange.fetch_order(partly)
        assert [request.path for request in proxy.requests] == ["/oms/orders/history"]


async def test_positions_of_close_by_are_nobodys_fills(sandbox: Sandbox) -> None:
    """Deals without an order, as `close_by` makes them, are trades of the account and of no order."""
    [deal] = add_deals(sandbox, [sandbox.oms.clock()], order_id=None, reason="close_by")
    async with wired(sandbox, account_id=3) as (exchange, _):
        trade = (await exchange.fetch_my_trades())[-1]
        assert (trade["id"], trade["order"]) == (deal, None)
