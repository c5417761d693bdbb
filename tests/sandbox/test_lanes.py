"""A legacy OMS and its exchange: what waits for what, and what is left when something breaks in between."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.sandbox.rows import Deal, Order, Position
from tests.sandbox.conftest import Client, Clock

LATENCY = 0.1
LIMIT: dict[str, Any] = {"symbol": "BTC/USDT", "side": "buy", "order_type": "limit", "qty": "0.01", "price": "50000"}
MARKET: dict[str, Any] = {"symbol": "BTC/USDT", "side": "buy", "order_type": "market", "qty": "0.01"}


@pytest.fixture
async def slow(session: aiohttp.ClientSession) -> AsyncIterator[Client]:
    """A legacy OMS whose exchange takes its time."""
    async with Sandbox(profile="legacy", volatility=0, exchange_latency=int(LATENCY * 1000)) as sandbox:
        yield Client(sandbox, session)


async def seconds(*calls: Any) -> float:
    """How long calls take that are made at once."""
    began = time.monotonic()
    await asyncio.gather(*calls)
    return time.monotonic() - began


async def reconcile(client: Client, account_id: int = 1) -> None:
    status, body = await client.send("POST", "/oms/reconcile", {"account_id": account_id, "scope": "short"})
    assert (status, body["triggered_count"]) == (200, 1)


def rows(client: Client, **match: Any) -> list[Order]:
    return client.sandbox.oms.storage.select(Order, **match)


# lanes


async def test_an_account_works_on_one_thing_at_a_time(slow: Client) -> None:
    """Commands and reconciles of an account wait for each other, an exchange call each; other accounts do not wait."""
    one = [slow.order("buy", "0.01", price="50000") for _ in range(4)]
    assert await seconds(*one, reconcile(slow)) >= 5 * LATENCY
    apart = [slow.order("buy", "0.01", account_id, price="50000") for account_id in (1, 2, 3, 1, 2, 3)]
    assert await seconds(*apart) < 5 * LATENCY


async def test_what_asks_nothing_of_the_exchange_does_not_take_its_time(slow: Client) -> None:
    """Reads, refusals before the exchange, and the status of reconciling are answered while the lane is busy."""
    orders = [slow.order("buy", "0.01", price="50000") for _ in range(6)]
    busy = asyncio.gather(*orders)
    await slow.get("/oms/orders/open?account_ids=1&cache=false")
    await slow.get("/oms/reconcile/1/status")
    assert (await slow.as_role("readonly").command("send_order", **LIMIT))[0] == 403
    assert not busy.done()
    await busy


async def test_an_order_is_pending_while_the_exchange_is_asked(slow: Client) -> None:
    """Before the acknowledgement the row is there, without an exchange id; behind the lane there is none yet."""
    first, second = (asyncio.create_task(slow.order("buy", "0.01", price="50000")) for _ in range(2))
    seen: list[tuple[str, int | None]] = []
    while not first.done():
        seen += [(row.status, row.exchange_order_id) for row in rows(slow)]
        await asyncio.sleep(0.005)
    assert seen[0] == ("PENDING_SUBMIT", None)
    # The acknowledgement may be stored before its answer has arrived here.
    assert all(exchange_id is not None for status, exchange_id in set(seen) - {seen[0]} if status == "SUBMITTED")
    assert {status for status, _ in seen} <= {"PENDING_SUBMIT", "SUBMITTED"}
    await second
    assert [row.status for row in rows(slow)] == ["SUBMITTED", "SUBMITTED"]


async def test_cancel_all_walks_over_what_filled(slow: Client) -> None:
    """Filled rows that still say SUBMITTED cost a call each, every time, and other commands wait behind (fact 33)."""
    for _ in range(3):
        await slow.order("buy", "0.01")
    for _ in range(2):
        resting = await slow.order("buy", "0.01", price="50000")
        canceling = asyncio.create_task(seconds(slow.done("cancel_all_orders")))
        await asyncio.sleep(LATENCY / 2)
        behind = await seconds(slow.order("sell", "0.01", account_id=1, price="70000"))
        assert canceling.done()
        assert await canceling >= 4 * LATENCY
        assert behind >= 4 * LATENCY
        assert [row.status for row in rows(slow, id=resting)] == ["CANCELED"]
        await slow.done("cancel_all_orders")
    assert [row.status for row in rows(slow, order_type="market")] == ["SUBMITTED"] * 3


async def test_a_server_that_ends_leaves_the_order_pending(tmp_path: Path, session: aiohttp.ClientSession) -> None:
    """Where the OMS ends while it waits for the exchange, the row stays, and the exchange was not asked."""
    database = tmp_path / "oms.sqlite"
    async with Sandbox(profile="legacy", database=database, api_key="key", exchange_latency=60_000) as sandbox:
        placing = asyncio.create_task(Client(sandbox, session).command("send_order", **LIMIT))
        while not sandbox.oms.storage.count(Order):  # noqa: ASYNC110 - what is waited for
            await asyncio.sleep(0.01)
    await asyncio.wait([placing])
    assert placing.exception() is not None or placing.result()[0] == 500
    async with Sandbox(profile="legacy", database=database, api_key="key") as sandbox:
        assert [row.status for row in sandbox.oms.storage.select(Order)] == ["PENDING_SUBMIT"]
        assert sandbox.oms.exchange.open_orders(1) == []
        await Client(sandbox, session).order("buy", "0.01", price="50000")
        assert [row.id for row in sandbox.oms.storage.select(Order)] == [1, 2]


# fills


async def test_nothing_reconciles_by_itself(legacy: Client, clock: Clock) -> None:
    """A market order stays SUBMITTED without a deal, however long, until somebody asks; then the deal is there."""
    await legacy.order("buy", "0.01")
    for _ in range(50):
        clock.now += 2000
        legacy.sandbox.move("BTC/USDT", 60_000)
    assert legacy.sandbox.oms.storage.count(Deal) == 0
    await reconcile(legacy)
    assert [deal.order_id for deal in legacy.sandbox.oms.storage.select(Deal)] == [1]
    assert [row.status for row in rows(legacy)] == ["SUBMITTED"]


async def test_an_order_against_a_position_closes_it(legacy: Client) -> None:
    """The fill of an order that names a position goes to that position; close_position is always refused (fact 29)."""
    await legacy.order("buy", "0.03")
    await reconcile(legacy)
    for qty in ("0.03", "0.01"):
        refusal = await legacy.error("close_position", position_id=1, qty=qty)
        assert refusal == (400, "invalid_position_id", "position_id does not exist or is incompatible")
    await legacy.order("sell", "0.01", position_id=1)
    await reconcile(legacy)
    assert await legacy.positions() == [(1, "buy", "0.02")]
    await legacy.order("sell", "0.02", position_id=1)
    await reconcile(legacy)
    assert await legacy.positions() == []
    assert [position.state for position in legacy.sandbox.oms.storage.select(Position)] == ["closed"]


async def test_a_merged_position_breaks_the_history(legacy: Client, clock: Clock) -> None:
    """Every window with the merged row is a 500 in plain text, others and everything else go on (fact 28)."""
    day = 86_400_000
    for _ in range(2):
        await legacy.order("buy", "0.01")
    await reconcile(legacy)
    clock.now += 2 * day
    await legacy.done("merge_positions", source_position_id=1, target_position_id=2)
    clock.now += 2 * day
    await legacy.order("buy", "0.01")
    await reconcile(legacy)

    async def history(first: str, last: str, *, more: str = "") -> int:
        path = f"/oms/positions/history?account_ids=1&start_date={first}&end_date={last}&cache=false{more}"
        async with legacy.session.get(
            legacy.sandbox.url + path, headers={"x-api-key": legacy.sandbox.keys["trader"]}
        ) as response:
            if response.status == 500:
                assert (response.content_type, await response.text()) == ("text/plain", "Internal Server Error")
            return response.status

    assert await history("2026-11-22", "2026-11-30") == 500
    assert await history("2026-11-24", "2026-11-24", more="&page=7&page_size=1") == 500
    assert [await history(day, day) for day in ("2026-11-23", "2026-11-26")] == [200, 200]
    assert await history("2026-11-22", "2026-11-30", more="&strategy_id=1") == 200
    assert await legacy.positions() == [(2, "buy", "0.02"), (3, "buy", "0.01")]


# breakdowns


async def test_the_exchange_may_have_executed_what_broke_down(legacy: Client, clock: Clock) -> None:
    """The row is PENDING_SUBMIT for ever; a reconcile puts the deal on it by the client order id (facts 30, 32)."""
    legacy.sandbox.oms.break_down_after_exchange("'>=' not supported between instances of 'str' and 'int'")
    status, body = await legacy.command("send_order", **MARKET, client_order_id="mine")
    error = {"code": "internal_error", "message": "'>=' not supported between instances of 'str' and 'int'"}
    result = {"index": 0, "ok": False, "command_id": None, "order_id": None, "error": error}
    assert (status, body) == (400, {"detail": {**error, "results": [result]}})
    clock.now += 3_600_000
    [row] = rows(legacy)
    assert (row.status, row.exchange_order_id) == ("PENDING_SUBMIT", None)
    assert [name for name, _ in legacy.events()] == []
    assert legacy.sandbox.oms.storage.count(Deal) == 0
    await reconcile(legacy)
    assert [(deal.order_id, deal.qty) for deal in legacy.sandbox.oms.storage.select(Deal)] == [(1, Decimal("0.01"))]
    [row] = rows(legacy)
    assert (row.status, row.exchange_order_id) == ("PENDING_SUBMIT", None)
    await reconcile(legacy)
    assert legacy.sandbox.oms.storage.count(Deal) == 1


@pytest.mark.parametrize("carried", [True, False])
async def test_a_fill_that_nobody_is_known_for_makes_an_order(legacy: Client, carried: bool) -> None:
    """Where the trade does not tell the client order id, the deal comes on a new order for the reason `external`."""
    oms = legacy.sandbox.oms
    oms.trades_carry_client_order_id = carried
    oms.break_down_after_exchange()
    _, body = await legacy.command("send_order", **MARKET, client_order_id=None if carried else "mine", strategy_id=1)
    assert body["detail"]["message"] == "list index out of range"
    await reconcile(legacy)
    lost, external = rows(legacy)
    assert (lost.status, external.status) == ("PENDING_SUBMIT", "SUBMITTED")
    assert (external.reason, external.strategy_id, external.client_order_id) == ("external", 0, None)
    assert (external.qty, external.order_type, external.side) == (lost.qty, "market", "buy")
    assert [deal.order_id for deal in oms.storage.select(Deal)] == [external.id]
    await legacy.order("buy", "0.01")
    await reconcile(legacy)
    assert len(rows(legacy)) == 3


async def test_a_resting_order_whose_acknowledgement_was_lost(legacy: Client) -> None:
    """It rests at the exchange; the OMS neither shows its exchange id nor cancels it."""
    legacy.sandbox.oms.break_down_after_exchange()
    await legacy.command("send_order", **LIMIT, client_order_id="mine")
    assert len(legacy.sandbox.oms.exchange.open_orders(1)) == 1
    assert (await legacy.error("cancel_order", order_id=1))[2] == "no orders canceled"
    status, body = await legacy.send("POST", "/ccxt/1/fetch_open_orders", {})
    assert (status, [order["clientOrderId"] for order in body["result"]]) == (200, ["mine"])


async def test_a_breakdown_before_the_exchange_looks_the_same(legacy: Client) -> None:
    """The row and the answer do not tell whether the exchange has the order; it has not."""
    legacy.sandbox.oms.break_down_before_exchange("float() argument must be a string or a real number, not 'NoneType'")
    status, code, _ = await legacy.error("send_order", **LIMIT, client_order_id="mine")
    assert (status, code) == (400, "internal_error")
    assert [row.status for row in rows(legacy)] == ["PENDING_SUBMIT"]
    assert legacy.sandbox.oms.exchange.open_orders(1) == []
    await legacy.order("buy", "0.01", price="50000")


async def test_a_breakdown_without_a_text(legacy: Client) -> None:
    """The result has an empty message, the whole is called `all commands failed` (fact 32)."""
    legacy.sandbox.oms.break_down_after_exchange("", times=2)
    _, body = await legacy.command("send_order", **LIMIT)
    assert (body["detail"]["code"], body["detail"]["message"]) == ("internal_error", "all commands failed")
    assert body["detail"]["results"][0]["error"] == {"code": "internal_error", "message": ""}
    good = {"account_id": 1, "command": "send_order", "payload": LIMIT}
    status, body = await legacy.send("POST", "/oms/commands", [good, good])
    assert (status, [result["ok"] for result in body["results"]]) == (207, [False, True])


async def test_changes_and_cancels_break_down_too(legacy: Client) -> None:
    """The exchange has done them; the row says what it said before."""
    oms = legacy.sandbox.oms
    order_id = await legacy.order("buy", "0.01", price="50000")
    oms.break_down_after_exchange("changed", times=1)
    oms.break_down_after_exchange("canceled", times=1)
    broken = await legacy.error("change_order", order_id=order_id, new_qty="0.02", new_price="51000")
    assert broken[2] == "changed"
    assert [order.amount for order in oms.exchange.open_orders(1)] == [Decimal("0.02")]
    assert (await legacy.error("cancel_order", order_id=order_id))[2] == "canceled"
    assert oms.exchange.open_orders(1) == []
    [row] = rows(legacy)
    assert (row.status, row.qty) == ("SUBMITTED", Decimal("0.01"))


async def test_a_full_oms_does_not_break_down(client: Client) -> None:
    """There is nothing to lose between its exchange and its records: they are one transaction."""
    for plan in (client.sandbox.oms.break_down_before_exchange, client.sandbox.oms.break_down_after_exchange):
        with pytest.raises(ValueError, match="legacy"):
            plan()


# other words


async def test_reduce_only_looks_at_neither_strategy_nor_position(legacy: Client) -> None:
    """A reduce-only order of an unknown strategy, with nothing to reduce, is accepted (fact 36)."""
    await legacy.order("buy", "0.01", price="50000", strategy_id=99, reduce_only=True)
    assert (await legacy.error("send_order", **LIMIT, strategy_id=99))[:2] == (422, "invalid_strategy_id")
    denied = await legacy.as_role("strategy-restricted").error("send_order", **LIMIT, strategy_id=99, reduce_only=True)
    assert denied[2] == "strategy_permission_denied"
