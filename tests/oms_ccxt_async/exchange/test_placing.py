"""Placing orders at an OMS of either profile."""

from __future__ import annotations

import asyncio
import time
from decimal import Decimal
from typing import Any

import ccxt
import pytest

import oms_ccxt_async
from oms_ccxt_async.errors import Fate, fate_of
from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.sandbox.rows import Order
from tests.faults.ledger import Ledger
from tests.faults.plan import Cut, on
from tests.oms_ccxt_async.support import add_orders, fake_oms, paths, wired

pytestmark = pytest.mark.asyncio(loop_scope="session")

oms = oms_ccxt_async.oms
FIELDS = set(ccxt.Exchange().safe_order({}))


async def resting(exchange: oms, price: float = 50_000, symbol: str = "BTC/USDT", **params: Any) -> dict[str, Any]:
    return await exchange.create_order(symbol, "limit", "buy", 0.01, price, params)


def refused_key(exchange: oms) -> str:
    return f"refused-{exchange.milliseconds()}"


@pytest.mark.parametrize("amount", [0.01, "0.010", Decimal("0.01")])
async def test_amounts_of_any_kind_arrive_exactly(exchange: oms, sandbox: Sandbox, amount: Any) -> None:
    """Float, string and Decimal are the same amount at the OMS, to the last digit."""
    order = await exchange.create_order("BTC/USDT", "limit", "buy", amount, "50000.10", None)
    [row] = sandbox.oms.storage.select(Order, id=int(order["id"]))
    assert (row.qty, row.price) == (Decimal("0.01"), Decimal("50000.1"))
    assert (order["amount"], order["price"]) == (0.01, 50_000.1)


async def test_an_order_finer_than_the_market_is_filled(exchange: oms, sandbox: Sandbox) -> None:
    """The exchange cuts off what it cannot deal in; the order is closed, and open orders do not keep it."""
    order = await exchange.create_order("BTC/USDT", "market", "buy", "0.0123456789")
    await exchange.reconcile()
    read = await exchange.fetch_order(order["id"])
    assert (read["status"], read["amount"], read["filled"]) == ("closed", 0.0123456789, 0.012345)
    assert await exchange.fetch_open_orders() == []


async def test_what_the_row_does_not_carry_is_told(exchange: oms) -> None:
    """`timeInForce`, `postOnly` and the like stay on the order, in its creation, later reads and lists."""
    order = await resting(exchange, timeInForce="GTC", postOnly=True)
    [listed] = await exchange.fetch_open_orders("BTC/USDT")
    for told in (order, await exchange.fetch_order(order["id"]), listed):
        assert (told["timeInForce"], told["postOnly"]) == ("GTC", True)


async def test_several_orders_are_one_request(sandbox: Sandbox) -> None:
    """Of several orders each has its own outcome, in their sequence; a refused one has status `rejected`."""
    async with wired(sandbox) as (exchange, proxy):
        limit = {"symbol": "BTC/USDT", "type": "limit", "side": "buy", "amount": "0.01", "price": 50_000}
        dear = {"symbol": "BTC/USDT", "type": "market", "side": "buy", "amount": 900}
        told = await exchange.create_orders([limit, dear, {**limit, "params": {"postOnly": True}}], {"comment": "all"})
        assert [order["status"] for order in told] == ["open", "rejected", "open"]
        assert told[1]["id"] is None
        assert told[1]["info"]["exception"] == "InsufficientFunds"
        assert told[2]["postOnly"] is True
        assert all(set(order) >= FIELDS for order in told)
        assert paths(proxy.requests).count("POST /oms/commands") == 1
        [row] = sandbox.oms.storage.select(Order, id=int(told[0]["id"]))
        assert row.comment == "all"
        for orders in ([dear], [dear, dear]):
            assert {order["status"] for order in await exchange.create_orders(orders)} == {"rejected"}
        for orders in ([], [{**limit, "side": "bid"}], [limit, {**limit, "symbol": "NOPE/USDT"}]):
            with pytest.raises(ccxt.ExchangeError):
                await exchange.create_orders(orders)
        await exchange.cancel_all_orders()
    async with oms(sandbox.config(1, role="readonly")) as reader:
        for orders in ([limit], [limit, limit]):
            with pytest.raises(ccxt.PermissionDenied):
                await reader.create_orders(orders)


async def test_an_order_that_this_driver_saw_refused_is_not_open(exchange: oms, sandbox: Sandbox) -> None:
    """The row that a refusal leaves behind (fact 10) is `rejected` at once for the driver that saw it."""
    key = refused_key(exchange)
    with pytest.raises(ccxt.InsufficientFunds):
        await exchange.create_order("BTC/USDT", "limit", "buy", 900, 50_000, {"clientOrderId": key})
    assert key not in [order["clientOrderId"] for order in await exchange.fetch_open_orders()]
    assert (await exchange.fetch_order_with_client_order_id(key))["status"] == "rejected"
    [row] = sandbox.oms.storage.select(Order, client_order_id=key)
    assert row.status == ("REJECTED" if sandbox.oms.full else "PENDING_SUBMIT")


async def test_the_age_of_an_order_says_nothing(sandbox: Sandbox) -> None:
    """A driver that did not see the refusal shows the row of facts 10 and 30 as open, however old it is."""
    if sandbox.oms.full:
        pytest.skip("a full OMS marks the order as rejected")
    [order_id] = add_orders(sandbox, [sandbox.oms.clock() - 10**9], "PENDING_SUBMIT")
    async with oms(sandbox.config(3)) as exchange:
        assert (await exchange.fetch_order(order_id))["status"] == "open"
        assert order_id in [order["id"] for order in await exchange.fetch_open_orders()]
        over = await exchange.fetch_canceled_and_closed_orders(None, sandbox.oms.clock() - 10**9)
        assert order_id not in [order["id"] for order in over]


async def test_an_acknowledgement_with_the_row_is_not_read_back(sandbox: Sandbox) -> None:
    """A full OMS answers with the order's row: a create is one request there."""
    async with wired(sandbox) as (exchange, proxy):
        order = await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 40_000)
        assert [request.path for request in proxy.requests] == ["/oms/commands"]
        if sandbox.oms.full:
            assert order == await exchange.fetch_order(order["id"])


@pytest.mark.parametrize("read_back", [True, False])
async def test_reading_back_is_an_option(read_back: bool) -> None:
    """Where the acknowledgement has no row, the order is read, or what was sent is returned."""
    taken = {"results": [{"index": 0, "ok": True, "command_id": 1, "order_id": 7, "error": None}]}
    row = {"id": 7, "symbol": "BTC/USDT", "side": "buy", "order_type": "limit", "qty": "1", "status": "SUBMITTED"}
    answers: dict[str, Any] = {
        "GET /healthz": lambda _: {"status": "ok", "features": ["by_ids", "idempotency"]},
        "POST /oms/commands": lambda _: taken,
        "GET /oms/orders/7": lambda _: {"items": [{**row, "price": "40000", "comment": "as the OMS has it"}]},
    }
    async with fake_oms(answers, createOrder={"readBack": read_back}) as (exchange, asked):
        order = await exchange.create_order("BTC/USDT", "limit", "buy", 1, 40_000)
    assert (order["id"], order["status"], order["price"]) == ("7", "open", 40_000)
    assert ("GET /oms/orders/7" in asked) is read_back
    assert ("comment" in order["info"]) is read_back


async def test_what_the_columns_cannot_hold_is_definite(sandbox: Sandbox) -> None:
    """A legacy OMS is not even asked; what it refuses itself at its insert is believed at once (fact 31)."""
    async with wired(sandbox) as (exchange, proxy):
        for params in ({"comment": "x" * 300}, {"reason": "x" * 50}):
            with pytest.raises(ccxt.BaseError) as caught:
                await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 40_000, params)
            assert fate_of(caught.value) is Fate.REFUSED, str(caught.value)
        commands = [request for request in proxy.requests if request.path == "/oms/commands"]
        assert len(commands) == (2 if sandbox.oms.full else 1)
        assert exchange.unknown_orders() == []


async def test_a_bad_order_is_refused_before_it_is_sent(sandbox: Sandbox) -> None:
    """What cannot be an order never leaves the driver."""
    async with wired(sandbox) as (exchange, proxy):
        for arguments, error in (
            (("NOPE/USDT", "limit", "buy", 1, 1), ccxt.BadSymbol),
            (("BTC/USDT", "limit", "buy", 1), ccxt.ArgumentsRequired),
            (("BTC/USDT", "limit", "bid", 1, 1), ccxt.BadRequest),
            (("BTC/USDT", "limit", "buy", "much", 1), ccxt.InvalidOrder),
            (("BTC/USDT", "limit", "buy", -1, 1), ccxt.InvalidOrder),
            (("BTC/USDT", "limit", "buy", float("nan"), 1), ccxt.InvalidOrder),
        ):
            with pytest.raises(error):
                await exchange.create_order(*arguments)
        assert proxy.requests == []


async def test_concurrent_orders_are_each_their_own(exchange: oms, sandbox: Sandbox) -> None:
    """50 identical orders at once are 50 orders, and each caller has its own."""
    orders = await asyncio.gather(*(resting(exchange) for _ in range(50)))
    assert len({order["id"] for order in orders}) == 50
    assert {order["id"] for order in orders} <= {order["id"] for order in await exchange.fetch_open_orders()}
    await Ledger(sandbox.url, sandbox.keys["trader"], 2).assert_no_duplicates()


async def test_starts_of_the_dispatcher_are_survived() -> None:
    """Four times in a row the OMS's first requests find no dispatcher (fact 35); a bot that starts then trades."""
    async with Sandbox(profile="legacy", volatility=0) as sandbox:
        for _ in range(4):
            sandbox.oms.empty_responses = 3
            async with oms(sandbox.config(2)) as bot:
                order = await bot.create_order("BTC/USDT", "market", "buy", 0.01)
                assert (order["status"], order["filled"]) == ("closed", 0.01)


async def test_an_order_is_found_under_a_clock_that_is_behind() -> None:
    """Where a legacy OMS's clock is 10 s behind, an order whose answer is lost is found all the same."""
    behind = lambda: time.time_ns() // 1_000_000 - 10_000  # noqa: E731
    async with Sandbox(profile="legacy", volatility=0, clock=behind) as sandbox, wired(sandbox) as (bot, proxy):
        proxy.plan(Cut("down", 0), on("POST", "/oms/commands"))
        order = await resting(bot, 40_000)
        assert any(request.fault for request in proxy.requests)
        assert len(await bot.fetch_open_orders()) == 1
        assert order["status"] == "open"
