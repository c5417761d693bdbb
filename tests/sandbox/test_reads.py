"""The lists and by-id reads."""

from __future__ import annotations

import pytest

from tests.sandbox.conftest import Client, Clock

DAY = 86_400_000
TODAY, TOMORROW = "2026-11-22", "2026-11-23"
LISTS = ("orders", "deals", "positions")


def history(kind: str, start: str = TODAY, end: str = TODAY, more: str = "", account_ids: str = "1") -> str:
    name = kind if kind == "deals" else f"{kind}/history"
    return f"/oms/{name}?account_ids={account_ids}&start_date={start}&end_date={end}{more}"


@pytest.mark.parametrize("kind", LISTS)
async def test_windows_are_whole_days(client: Client, clock: Clock, kind: str) -> None:
    """Both days of a window are in it, from their first to their last millisecond, and no others."""
    midnight = clock.now // DAY * DAY + DAY
    for moment in (midnight - DAY, midnight - 1, midnight, midnight + DAY):
        clock.now = moment
        await client.order("buy", "0.001")
    found = [
        [item["id"] for item in (await client.get(history(kind, start, end)))["items"]]
        for start, end in ((TODAY, TODAY), (TOMORROW, TOMORROW), (TODAY, TOMORROW), ("2026-11-24", "2026-11-25"))
    ]
    assert found == [[1, 2], [3], [1, 2, 3], [4]]


async def test_orders_lie_at_their_last_change(client: Client, clock: Clock) -> None:
    """An order moves to the day of its last change."""
    await client.order("buy", "0.001", price="50000")
    clock.now += DAY
    await client.done("cancel_order", order_id=1)
    assert (await client.get(history("orders")))["items"] == []
    assert len((await client.get(history("orders", TOMORROW, TOMORROW)))["items"]) == 1


@pytest.mark.parametrize("kind", LISTS)
async def test_pages_partition_the_list(client: Client, kind: str) -> None:
    """Pages are ascending, disjoint, and together the list; total is its length on each, also past the end."""
    for number in range(5):
        await client.order("buy", "0.001", strategy_id=number % 2)
    pages = [await client.get(history(kind, more=f"&page={page}&page_size=2")) for page in (1, 2, 3, 4)]
    assert [[item["id"] for item in page["items"]] for page in pages] == [[1, 2], [3, 4], [5], []]
    assert [(page["total"], page["page"], page["page_size"]) for page in pages] == [(5, n, 2) for n in (1, 2, 3, 4)]
    some = await client.get(history(kind, more="&strategy_id=1"))
    assert (some["total"], [item["id"] for item in some["items"]]) == (2, [2, 4])


async def test_pages_hold_at_most_500(client: Client) -> None:
    """A page size beyond the limits is brought within them, and the answer tells so (fact 16)."""
    assert (await client.get(history("orders", more="&page_size=100000")))["page_size"] == 500
    assert (await client.get(history("orders", more="&page_size=-1&page=0")))["page"] == 1


async def test_open_lists_are_cut_at_the_limit(client: Client) -> None:
    """An open list that is cut keeps the oldest rows (fact 16)."""
    for _ in range(3):
        await client.order("buy", "0.001", price="50000")
    page = await client.get("/oms/orders/open?account_ids=1&limit=2")
    assert [item["id"] for item in page["items"]] == [1, 2]
    assert [page[key] for key in ("total", "page", "page_size")] == [None, None, None]


async def test_lists_of_several_accounts(client: Client) -> None:
    """Several accounts are one list in order of id, repeats do not matter."""
    for account_id in (2, 1, 3):
        await client.order("buy", "0.001", account_id, price="50000")
    items = (await client.get("/oms/orders/open?account_ids=2,1,2"))["items"]
    assert [(item["id"], item["account_id"]) for item in items] == [(1, 2), (2, 1)]


@pytest.mark.parametrize(
    ("window", "message"),
    [
        ("", "start_date and end_date are required"),
        ("&start_date=2026-11-22", "start_date and end_date are required"),
        ("&start_date=20261122&end_date=2026-11-22", "start_date must be YYYY-MM-DD"),
        ("&start_date=2026-W01-1&end_date=2026-11-22", "start_date must be YYYY-MM-DD"),
        ("&start_date=2026-11-22&end_date=2026-02-30", "end_date must be YYYY-MM-DD"),
        ("&start_date=2026-11-22&end_date=0000-00-00", "end_date must be YYYY-MM-DD"),
        ("&start_date=2026-11-22&end_date=2026-11-21", "start_date must be <= end_date"),
    ],
)
async def test_bad_windows_are_refused(client: Client, window: str, message: str) -> None:
    """A window is two calendar days in order."""
    status, body = await client.send("GET", f"/oms/deals?account_ids=1{window}")
    assert (status, body["detail"]) == (422, {"code": "validation_error", "message": message})


async def test_the_largest_window_is_everything(client: Client) -> None:
    """A window may run to the end of the calendar."""
    await client.order("buy", "0.001")
    assert (await client.get(history("deals", "0001-01-01", "9999-12-31")))["total"] == 1


@pytest.mark.parametrize("kind", LISTS)
async def test_by_id_in_the_order_asked(client: Client, kind: str) -> None:
    """By-id reads answer in the order asked, duplicates once, and leave out what does not exist."""
    for _ in range(3):
        await client.order("buy", "0.001")
    body = await client.get(f"/oms/{kind}/3,1,99,3,{2**63},{2**64 - 1}")
    assert list(body) == ["items"]
    assert [item["id"] for item in body["items"]] == [3, 1]


@pytest.mark.parametrize("kind", LISTS)
async def test_by_id_has_the_rows_of_the_lists(client: Client, kind: str) -> None:
    """A row is the same row wherever it is read."""
    await client.order("buy", "0.001")
    assert (await client.get(history(kind)))["items"] == (await client.get(f"/oms/{kind}/1"))["items"]


@pytest.mark.parametrize("ids", ["0", "-1", "1,", "a", "1.5", "1,,2", "1;2", "%20", "1e3", "٣", "9" * 30, "+1"])
async def test_by_id_refuses_what_is_no_id(client: Client, ids: str) -> None:
    """Anything that is not a positive integer is a validation error."""
    for path in (f"/oms/orders/{ids}", f"/oms/deals?order_ids={ids.replace('+', '%2B')}"):
        status, body = await client.send("GET", path)
        assert (path, status, body["detail"]["code"]) == (path, 422, "validation_error")


@pytest.mark.parametrize(("count", "status"), [(500, 200), (501, 422)])
async def test_by_id_takes_500(client: Client, count: int, status: int) -> None:
    """At most 500 ids are answered at once."""
    ids = ",".join(str(number) for number in range(1, count + 1))
    for path in (f"/oms/orders/{ids}", f"/oms/deals?order_ids={ids}"):
        assert (await client.send("GET", path))[0] == status


async def test_deals_of_orders(client: Client) -> None:
    """The deals of some orders need no window and can be narrowed to accounts and a strategy."""
    await client.order("buy", "0.001", 1, strategy_id=1)
    await client.order("buy", "0.001", 2)
    await client.order("buy", "0.001", 1)

    async def ids(more: str = "") -> list[int]:
        return [item["id"] for item in (await client.get(f"/oms/deals?order_ids=1,2{more}"))["items"]]

    assert (await ids(), await ids("&account_ids=1"), await ids("&strategy_id=0")) == ([1, 2], [1], [2])


async def test_a_legacy_read_may_be_5_seconds_old(legacy: Client, clock: Clock) -> None:
    """A legacy list is cached for 5 s per key and query, unless `cache=false` (fact 18)."""

    async def count(more: str = "") -> int:
        return len((await legacy.get(f"/oms/orders/open?account_ids=1{more}"))["items"])

    assert await count() == 0
    await legacy.order("buy", "0.001", price="50000")
    assert (await count(), await count("&cache=false")) == (0, 1)
    clock.now += 5000
    assert await count() == 1


async def test_a_full_read_is_fresh(client: Client) -> None:
    """A full OMS does not cache."""
    await client.get("/oms/orders/open?account_ids=1")
    await client.order("buy", "0.001", price="50000")
    assert len((await client.get("/oms/orders/open?account_ids=1"))["items"]) == 1


async def test_raw_rows_are_the_exchanges_own(client: Client) -> None:
    """The raw lists give exchange orders and trades in unified form, by day and page."""
    await client.order("buy", "0.001", client_order_id="mine")
    query = f"account_ids=1&start_date={TODAY}&end_date={TODAY}"
    orders = await client.get(f"/ccxt/orders/raw?{query}")
    trades = await client.get(f"/ccxt/trades/raw?{query}")
    (order,), (trade,) = orders["items"], trades["items"]
    assert (order["client_order_id"], order["exchange_id"], orders["total"]) == ("mine", "ccxt.paper", 1)
    assert order["raw_json"]["id"] == order["exchange_order_id"] == trade["exchange_order_id"]
    assert (trade["raw_json"]["order"], trade["raw_json"]["type"]) == (order["exchange_order_id"], "market")
