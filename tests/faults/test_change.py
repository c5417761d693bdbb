"""Cancels, edits and reads when the conversation about them goes wrong."""

from __future__ import annotations

import asyncio

import ccxt
import pytest

from oms_ccxt_async import Fate
from oms_ccxt_async.errors import fate_of
from tests.faults.desk import LIMIT, Desk
from tests.faults.plan import Cut, Fault, Reply, on

HTML = b"<html>no</html>"
NO_ORDERS = b'{"detail": {"code": "internal_error", "message": "no orders canceled"}}'

UNCLEAR: dict[str, Fault] = {
    "lost after it was done": Cut("down", 0, "rst"),
    "lost before it arrived": Cut("up", 0, "rst"),
    "half sent": Cut("up", 60, "fin"),
    "cut short": Cut("down", 10, "fin", unit="body"),
    "502 from a proxy": Reply(502, HTML, "text/html"),
    "not JSON": Reply(200, HTML, "text/html"),
}


@pytest.mark.parametrize("fault", UNCLEAR.values(), ids=UNCLEAR)
async def test_cancel_after_an_unclear_answer(either: Desk, fault: Fault) -> None:
    """Fault 15: a cancel is repeatable: whatever happens to its first try, the order ends canceled, without an
    error."""
    exchange = await either.exchange()
    order = await exchange.create_order(*LIMIT)
    lost = either.lose(fault)
    canceled = await exchange.cancel_order(order["id"])
    assert len(lost.hits) == 1
    assert (canceled["id"], canceled["status"], canceled["amount"]) == (order["id"], "canceled", 0.01)
    assert [row["status"] for row in await either.orders()] == ["CANCELED"]


async def test_cancel_that_never_gets_through_says_so(either: Desk) -> None:
    """A cancel that cannot be made is a NetworkError, and the order it carries is open."""
    exchange = await either.exchange()
    order = await exchange.create_order(*LIMIT)
    either.lose(Cut("up", 0, "rst"), times=None)
    with pytest.raises(ccxt.NetworkError) as caught:
        await exchange.cancel_order(order["id"])
    assert fate_of(caught.value) is Fate.UNKNOWN
    assert caught.value.order["status"] == "open"
    assert [row["status"] for row in await either.orders()] == ["SUBMITTED"]


async def test_cancel_refused_because_it_was_done(either: Desk) -> None:
    """A refusal to cancel what is canceled is success."""
    exchange = await either.exchange()
    order = await exchange.create_order(*LIMIT)
    await exchange.cancel_order(order["id"])
    either.lose(Reply(400, NO_ORDERS))
    assert (await exchange.cancel_order(order["id"]))["status"] == "canceled"


async def test_cancel_of_a_filled_order_tells_the_order(either: Desk) -> None:
    """A cancel that comes too late is `OrderNotFound` with the filled order."""
    exchange = await either.exchange()
    order = await exchange.create_order("BTC/USDT", "market", "buy", 0.01)
    if either.profile == "legacy":
        await exchange.fetch_balance()
        await _reconcile(either)
    with pytest.raises(ccxt.OrderNotFound) as caught:
        await exchange.cancel_order(order["id"])
    assert (caught.value.order["status"], caught.value.order["filled"]) == ("closed", 0.01)


@pytest.mark.parametrize("fault", UNCLEAR.values(), ids=UNCLEAR)
async def test_edit_after_an_unclear_answer(either: Desk, fault: Fault) -> None:
    """An edit is absolute: whatever happens to its first try, the order keeps its id and has the new price once."""
    exchange = await either.exchange()
    order = await exchange.create_order(*LIMIT)
    lost = either.lose(fault)
    edited = await exchange.edit_order(order["id"], "BTC/USDT", "limit", "buy", 0.02, 41_000)
    assert len(lost.hits) == 1
    assert (edited["id"], edited["amount"], edited["price"], edited["status"]) == (order["id"], 0.02, 41_000, "open")
    assert [(row["qty"][:4], row["price"][:5]) for row in await either.orders()] == [("0.02", "41000")]


async def test_edit_that_never_gets_through_says_so(either: Desk) -> None:
    """An edit that cannot be made is a NetworkError, and the order it carries is unchanged."""
    exchange = await either.exchange()
    order = await exchange.create_order(*LIMIT)
    either.lose(Cut("up", 0, "rst"), times=None)
    with pytest.raises(ccxt.NetworkError) as caught:
        await exchange.edit_order(order["id"], "BTC/USDT", "limit", "buy", 0.02, 41_000)
    assert caught.value.order["price"] == 40_000


READ_FAULTS: dict[str, Fault] = {
    "1 refused": Cut("up", 0, "rst"),
    "3 reset": Cut("down", 0, "rst"),
    "4 cut short": Cut("down", 5, "fin", unit="body"),
    "5 truncated JSON": Reply(200, b'{"items": [{"id"'),
    "5 HTML": Reply(200, HTML, "text/html"),
    "5 null": Reply(200, b"null"),
    "5 wrong shape": Reply(200, b"[]"),
    "7 502": Reply(502, HTML, "text/html"),
    "7 503": Reply(503, HTML, "text/html"),
    "7 504": Reply(504, HTML, "text/html"),
    "12 429": Reply(429, b"", headers={"Retry-After": "0"}),
}


@pytest.mark.parametrize("fault", READ_FAULTS.values(), ids=READ_FAULTS)
async def test_read_is_tried_again(either: Desk, fault: Fault) -> None:
    """A read that fails in passing is made again, and the caller sees its result only."""
    exchange = await either.exchange()
    order = await exchange.create_order(*LIMIT)
    lost = either.proxy.plan(fault, on("GET", "/oms/*"), times=2)
    assert (await exchange.fetch_order(order["id"]))["id"] == order["id"]
    assert len(lost.hits) == 2


async def test_outage_costs_few_requests(either: Desk) -> None:
    """While the OMS is down, calls fail at once instead of adding to its load."""
    exchange = await either.exchange()
    await either.proxy.close_connections()
    with either.proxy.refusing():
        for _ in range(30):
            with pytest.raises(ccxt.NetworkError):
                await exchange.fetch_open_orders()
    await asyncio.gather(*(_patiently(exchange) for _ in range(2)))


async def test_gateway_write_is_not_sent_twice(either: Desk) -> None:
    """What moves money past the OMS (a transfer) is never sent again after an unclear answer."""
    exchange = await either.exchange()
    either.proxy.plan(Cut("down", 0, "rst"), on("POST", "*/transfer"))
    with pytest.raises(ccxt.NetworkError) as caught:
        await exchange.transfer("USDT", 1, "spot", "swap")
    assert fate_of(caught.value) is Fate.UNKNOWN
    assert sum(request.path.endswith("/transfer") for request in either.proxy.requests) == 1


async def _patiently(exchange: ccxt.Exchange) -> None:
    async with asyncio.timeout(5):
        while True:
            try:
                await exchange.fetch_open_orders()
            except ccxt.NetworkError:
                await asyncio.sleep(0.05)
            else:
                return


async def _reconcile(at: Desk) -> None:
    import aiohttp

    async with aiohttp.ClientSession() as session:
        headers = {"x-api-key": at.sandbox.keys["trader"]}
        await session.post(f"{at.sandbox.url}/oms/reconcile", json={"account_id": 1}, headers=headers)
