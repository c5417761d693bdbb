"""The OMS's books, read from a server that answers with recorded rows."""

import json
from collections.abc import AsyncIterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.faults.ledger import Ledger, Row

RECORDING = Path(__file__).parents[1] / "contract" / "rest.json"
KEY = "trader"


@cache
def recorded(name: str) -> list[Row]:
    calls: list[Any] = json.loads(RECORDING.read_text())
    rows: list[Row] = next(call for call in calls if call["name"] == name)["response"]["body"]["items"]
    return rows


class Books:
    """An OMS that only has lists: pages of at most 500, and stale ones unless `cache=false`."""

    def __init__(self) -> None:
        self.orders = deepcopy(recorded("order history"))
        self.deals = recorded("deals")
        self.positions = recorded("open positions, hedge")
        self.base_url = ""

    async def history(self, request: web.Request) -> web.Response:
        query = request.query
        assert request.headers["x-api-key"] == KEY
        assert query["start_date"] <= "2026-11-22" <= query["end_date"]
        assert (query["account_ids"], query["cache"]) == ("1", "false")
        rows = self.orders if request.path.startswith("/oms/orders") else self.deals
        page, size = int(query["page"]), min(int(query["page_size"]), 500)
        items = rows[(page - 1) * size : page * size]
        return web.json_response({"items": items, "total": len(rows), "page": page, "page_size": size})

    async def open(self, request: web.Request) -> web.Response:
        assert (request.query["account_ids"], request.query["cache"]) == ("1", "false")
        items = self.positions[: int(request.query["limit"])]
        return web.json_response({"items": items, "total": None, "page": None, "page_size": None})


@pytest.fixture
async def books() -> AsyncIterator[Books]:
    books = Books()
    application = web.Application()
    application.router.add_get("/oms/orders/history", books.history)
    application.router.add_get("/oms/deals", books.history)
    application.router.add_get("/oms/positions/open", books.open)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    books.base_url = f"http://{host}:{port}"
    yield books
    await runner.cleanup()


@pytest.fixture
def ledger(books: Books) -> Ledger:
    return Ledger(books.base_url, KEY, 1)


def order(books: Books, **fields: object) -> None:
    """Add an order like a recorded one to the books."""
    books.orders.append(recorded("order history")[0] | {"id": len(books.orders) + 1} | fields)


async def test_reads_everything(books: Books, ledger: Ledger) -> None:
    """Orders, deals and positions come as the OMS has them."""
    assert await ledger.orders() == books.orders
    assert await ledger.deals() == books.deals
    assert await ledger.positions() == books.positions
    assert books.orders
    assert books.deals
    assert books.positions


@pytest.mark.parametrize("count", [0, 499, 500, 501, 1000, 1203])
async def test_reads_every_page(books: Books, ledger: Ledger, count: int) -> None:
    """A history longer than a page is read to its end, each row once."""
    books.orders = []
    for _ in range(count):
        order(books)
    assert [row["id"] for row in await ledger.orders()] == list(range(1, count + 1))


async def test_finds_orders_by_client_order_id(books: Books, ledger: Ledger) -> None:
    """Orders are grouped by their client order id, those without one together."""
    books.orders = books.orders[:1]
    books.orders[0]["client_order_id"] = "a"
    order(books, client_order_id="b")
    order(books, client_order_id="a")
    order(books, client_order_id=None)
    found = await ledger.orders_by_client_order_id()
    assert {key: [row["id"] for row in rows] for key, rows in found.items()} == {"a": [1, 3], "b": [2], None: [4]}


async def test_doubled_order_is_a_failure(books: Books, ledger: Ledger) -> None:
    """Two orders under one client order id fail; orders without one never do."""
    books.orders = books.orders[:1]
    order(books, client_order_id=None)
    order(books, client_order_id=None)
    await ledger.assert_no_duplicates()
    order(books, client_order_id=books.orders[0]["client_order_id"])
    with pytest.raises(AssertionError, match="'cid-1': 2"):
        await ledger.assert_no_duplicates()


async def test_orders_as_intended_pass(books: Books, ledger: Ledger) -> None:
    """The orders meant, each once, pass: decimals by value, other fields as they are."""
    books.orders = books.orders[:1]
    order(books, client_order_id="b", side="sell", qty="0.100000000000000000", price="59000.000000000000000000")
    await ledger.assert_orders(
        {
            "cid-1": {"symbol": "BTC/USDT", "side": "buy", "qty": "0.5", "price": None, "filled_qty": "0"},
            "b": {"side": "sell", "qty": "0.1", "price": "59000", "strategy_id": 0},
        }
    )


@pytest.mark.parametrize(
    "intended",
    [
        {},
        {"cid-1": {}, "b": {}},
        {"b": {}},
        {"cid-1": {"qty": "0.51"}},
        {"cid-1": {"price": "1"}},
        {"cid-1": {"side": "sell"}},
    ],
    ids=["one besides", "one missing", "another", "other quantity", "other price", "other side"],
)
async def test_orders_other_than_intended_fail(
    books: Books, ledger: Ledger, intended: dict[str, dict[str, str]]
) -> None:
    """An order missing, besides, or different fails."""
    books.orders = books.orders[:1]
    with pytest.raises(AssertionError):
        await ledger.assert_orders(intended)


async def test_order_without_client_order_id_is_one_besides(books: Books, ledger: Ledger) -> None:
    """An order that carries no client order id cannot be an intended one."""
    books.orders = books.orders[:1]
    order(books, client_order_id=None)
    with pytest.raises(AssertionError):
        await ledger.assert_orders({"cid-1": {}})
