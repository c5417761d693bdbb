"""Placing orders at an OMS of either profile."""

from __future__ import annotations

import asyncio
import decimal
import time
from decimal import Decimal
from typing import Any

import ccxt
import orjson
import pytest

import oms_ccxt_async
from oms_ccxt_async.errors import Fate, fate_of
from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.sandbox.rows import Order
from tests.faults.eventually import eventually
from tests.faults.ledger import Ledger
from tests.faults.plan import Cut, Delay, Reply, on
from tests.oms_ccxt_async.support import add_orders, fake_oms, paths, wired

pytestmark = pytest.mark.asyncio(loop_scope="session")

oms = oms_ccxt_async.oms
FIELDS = set(ccxt.Exchange().safe_order({}))


async def resting(exchange: oms, price: float = 50_000, **params: Any) -> dict[str, Any]:
    return await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, price, params)


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
    """With `exact` the exchange cuts off what it cannot deal in; the order is closed, open orders do not keep it."""
    exchange.options["createOrder"] = {"exact": True}
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


@pytest.mark.parametrize("kind", ["limit", "market"])
@pytest.mark.parametrize("params", [{}, {"clientOrderId": "mine"}], ids=["our id", "the user's"])
async def test_an_order_is_found_under_a_clock_that_is_behind(params: dict[str, Any], kind: str) -> None:
    """Where a legacy OMS's clock is 10 s behind, an order whose answer is lost is found all the same."""
    behind = lambda: time.time_ns() // 1_000_000 - 10_000  # noqa: E731
    async with Sandbox(profile="legacy", volatility=0, clock=behind) as sandbox, wired(sandbox) as (bot, proxy):
        proxy.plan(Cut("down", 0), on("POST", "/oms/commands"))
        price = 40_000 if kind == "limit" else None
        order = await bot.create_order("BTC/USDT", kind, "buy", 0.01, price, params)
        assert any(request.fault for request in proxy.requests)
        assert order["status"] == ("open" if kind == "limit" else "closed")
        assert len(await bot.fetch_open_orders()) == (kind == "limit")
        assert paths(proxy.requests).count("POST /oms/commands") == 1


def sent(sandbox: Sandbox, order: dict[str, Any]) -> tuple[Decimal, Decimal | None]:
    """The amount and price of an order at the OMS."""
    [row] = sandbox.oms.storage.select(Order, id=int(order["id"]))
    return row.qty, row.price


@pytest.mark.parametrize("number", [0.1 + 0.2, "0.30000000000000004", Decimal("0.3000009"), 0.3])
async def test_numbers_go_to_the_grid(exchange: oms, sandbox: Sandbox, number: Any) -> None:
    """The amount is cut and the price rounded, in creates, batches and edits, so that nothing remains of a fill."""
    at = Decimal("50000.005")
    order = await exchange.create_order("BTC/USDT", "limit", "buy", number, at)
    [each] = await exchange.create_orders(
        [{"symbol": "BTC/USDT", "type": "limit", "side": "buy", "amount": number, "price": "50000.0149"}]
    )
    on_grid = (Decimal("0.3"), Decimal("50000.01"))
    assert (sent(sandbox, order), sent(sandbox, each)) == (on_grid, on_grid)
    assert (order["amount"], order["price"]) == (0.3, 50_000.01)
    edited = await exchange.edit_order(order["id"], None, None, None, number)
    assert sent(sandbox, edited) == on_grid
    edited = await exchange.edit_order(order["id"], "BTC/USDT", price=50_000.019999)
    assert sent(sandbox, edited) == (Decimal("0.3"), Decimal("50000.02"))
    edited = await exchange.edit_order(order["id"], "BTC/USDT", "limit", "buy", 0.1 + 0.7, at)
    assert sent(sandbox, edited) == (Decimal("0.7999") + Decimal("0.000099"), Decimal("50000.01"))
    bought = await exchange.create_order("BTC/USDT", "market", "buy", number)
    await exchange.reconcile()
    assert (await exchange.fetch_order(bought["id"]))["remaining"] == 0


async def test_exact_sends_what_is_given(exchange: oms, sandbox: Sandbox) -> None:
    """With `options["createOrder"]["exact"]`, in creates and edits, to the last digit."""
    exchange.options["createOrder"] = {"exact": True}
    order = await exchange.create_order("BTC/USDT", "limit", "buy", 0.1 + 0.2, "50000.00123")
    assert sent(sandbox, order) == (Decimal("0.30000000000000004"), Decimal("50000.00123"))
    edited = await exchange.edit_order(order["id"], "BTC/USDT", "limit", "buy", "0.20000000001", "50000.001")
    assert sent(sandbox, edited) == (Decimal("0.20000000001"), Decimal("50000.001"))


async def test_what_the_grid_leaves_nothing_of_is_refused(sandbox: Sandbox) -> None:
    """In creates, batches (of which then nothing is sent) and edits, before anything is sent."""
    limit: dict[str, Any] = {"symbol": "BTC/USDT", "type": "limit", "side": "buy", "amount": 0.01, "price": 50_000}
    async with wired(sandbox) as (exchange, proxy):
        order = await resting(exchange)
        proxy.requests.clear()
        for call in (
            exchange.create_order("BTC/USDT", "limit", "buy", 1e-9, 50_000),
            exchange.create_order("BTC/USDT", "market", "buy", Decimal("1e-12")),
            exchange.create_order("BTC/USDT", "limit", "buy", 0.01, "0.004"),
            exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 50_000, {"triggerPrice": 0.001}),
            exchange.create_orders([limit, {**limit, "amount": "0.00000001"}]),
            exchange.edit_order(order["id"], "BTC/USDT", "limit", "buy", 1e-9),
            exchange.edit_order(order["id"], "BTC/USDT", "limit", "buy", 0.01, 0.001),
        ):
            with pytest.raises(ccxt.InvalidOrder, match="least step") as caught:
                await call
            assert fate_of(caught.value) is Fate.REFUSED
        assert proxy.requests == []
        await exchange.cancel_all_orders()


async def test_the_same_order_on_the_grid_is_the_same_order(sandbox: Sandbox) -> None:
    """An abandoned create answers its repeat with an amount and a price that are sent as the first ones were."""
    async with wired(sandbox) as (exchange, proxy):
        held = asyncio.Event()
        lost = proxy.plan(Delay("down", held), on("POST", "/oms/commands"))
        create = asyncio.create_task(exchange.create_order("BTC/USDT", "limit", "buy", 0.1 + 0.2, 40_000.001))
        await eventually(lambda: lost.hits)
        create.cancel()
        await asyncio.wait([create])
        held.set()
        again = await exchange.create_order("BTC/USDT", "limit", "buy", "0.3", 40_000)
        rows = [row for row in sandbox.oms.storage.select(Order, account_id=2) if row.price == 40_000]
        assert [row.client_order_id for row in rows if row.qty == Decimal("0.3")] == [again["clientOrderId"]]
        other = await exchange.create_order("BTC/USDT", "limit", "buy", "0.3", 40_000)
        assert other["id"] != again["id"]
        await exchange.cancel_all_orders()


async def test_a_market_without_precision_takes_what_is_given() -> None:
    """As ccxt's classes: what has no grid cannot be brought there."""
    taken = {"results": [{"index": 0, "ok": True, "command_id": 1, "order_id": 7, "error": None}]}
    bodies = []

    def take(request: Any) -> Any:
        bodies.append(request._read_bytes)
        return taken

    async with fake_oms({"POST /oms/commands": take}, createOrder={"readBack": False}) as (exchange, _):
        exchange.markets["BTC/USDT"]["precision"] = {"amount": None, "price": None}
        await exchange.create_order("BTC/USDT", "limit", "buy", 0.1 + 0.2, 40_000.00001)
        exchange.markets["BTC/USDT"].pop("precision")
        await exchange.create_order("BTC/USDT", "limit", "buy", "0.1234567890123", 40_000.00001)
    assert b'"qty":"0.30000000000000004"' in bodies[0]
    assert b'"price":"40000.00001"' in bodies[0]
    assert b'"qty":"0.1234567890123"' in bodies[1]


async def test_markets_that_cannot_be_loaded_place_nothing(sandbox: Sandbox) -> None:
    """A create or an edit that does not know the grid is a network error, and not sent."""
    async with wired(sandbox) as (first, proxy):
        order = await resting(first)
        proxy.requests.clear()
        proxy.plan(Reply(503, b"{}"), on("POST", "/ccxt/*"), times=None)
        config = {"apiKey": first.apiKey, "options": first.options, "timeout": 300}
        async with oms(config) as exchange:
            for call in (
                resting(exchange),
                exchange.edit_order(order["id"], "BTC/USDT", "limit", "buy", 0.02, 50_000),
            ):
                with pytest.raises(ccxt.NetworkError):
                    await call
        assert "POST /oms/commands" not in paths(proxy.requests)
        await first.cancel_all_orders()


LIMIT: dict[str, Any] = {"symbol": "BTC/USDT", "type": "limit", "side": "buy", "amount": 0.01, "price": 50_000}


@pytest.mark.parametrize("test", [True, "true"])
async def test_a_test_places_nothing(sandbox: Sandbox, test: Any) -> None:
    """One order or several: what would be sent is told, without id and status, and nothing reaches the OMS."""
    async with wired(sandbox) as (exchange, proxy):
        params = {"test": test, "clientOrderId": "mine", "triggerPrice": 45_000.001, "timeInForce": "GTX"}
        order = await exchange.create_order("BTC/USDT", "limit", "buy", 0.1 + 0.2, 50_000.001, params)
        assert set(order) >= FIELDS
        assert (order["id"], order["status"], order["clientOrderId"]) == (None, None, "mine")
        assert (order["amount"], order["price"], order["triggerPrice"]) == (0.3, 50_000, 45_000)
        assert order["info"]["payload"]["post_only"] is True
        told = await exchange.create_orders([LIMIT, {**LIMIT, "side": "sell"}], {"test": test})
        assert [each["id"] for each in told] == [None, None]
        assert [each["side"] for each in told] == ["buy", "sell"]
        assert proxy.requests == []
        assert exchange._book.live == []
        assert (await resting(exchange, test=False))["id"]
        await exchange.cancel_all_orders()


async def test_a_test_is_validated(sandbox: Sandbox) -> None:
    """By the driver's rules, the market's limits and the OMS's columns; a batch is a test or it is none."""
    async with wired(sandbox) as (exchange, proxy):
        cheap = {**LIMIT, "amount": 0.00001, "price": 1}
        for arguments, params, error in (
            (LIMIT, {"clientOrderId": "two words"}, ccxt.InvalidOrder),
            (LIMIT, {"comment": "x" * 300}, None if sandbox.oms.full else ccxt.InvalidOrder),
            (cheap, {}, ccxt.InvalidOrder),
            ({**LIMIT, "symbol": "NOPE/USDT"}, {}, ccxt.BadSymbol),
            ({**LIMIT, "price": None}, {}, ccxt.ArgumentsRequired),
            (LIMIT, {"cost": 5}, ccxt.NotSupported),
        ):
            if error is not None:
                with pytest.raises(error):
                    await exchange.create_order(**arguments, params={**params, "test": True})
                with pytest.raises(error):
                    await exchange.create_orders([LIMIT, {**arguments, "params": params}], {"test": True})
        with pytest.raises(ccxt.BadRequest, match="some of the orders are tests"):
            await exchange.create_orders([LIMIT, {**LIMIT, "params": {"test": True}}])
        with pytest.raises(ccxt.BadRequest, match="true or false"):
            await exchange.create_order(**LIMIT, params={"test": 1})
        assert proxy.requests == []


@pytest.mark.parametrize(
    "params",
    [
        {"quoteOrderQty": 100},
        {"cost": 100},
        {"params": {"quoteOrderQty": 100}},
        {"tgtCcy": "quote_ccy"},
        {"closePosition": True},
        {"closePosition": "true"},
        {"timeInForce": "GTX", "postOnly": False},
        {"clientOrderId": "a", "newClientOrderId": "b"},
        {"reduceOnly": "perhaps"},
    ],
)
async def test_what_cannot_be_meant_is_refused_before_it_is_sent(sandbox: Sandbox, params: dict[str, Any]) -> None:
    """In a create and in a batch, of market orders too; the OMS is not asked."""
    async with wired(sandbox) as (exchange, proxy):
        for order in (LIMIT, {**LIMIT, "type": "market"}):
            with pytest.raises(ccxt.BaseError) as caught:
                await exchange.create_order(**order, params=params)
            assert fate_of(caught.value) is Fate.REFUSED
            for each, common in (({**order, "params": params}, {}), (order, params)):
                with pytest.raises(type(caught.value)):
                    await exchange.create_orders([LIMIT, each], common)
        assert proxy.requests == []


async def test_words_of_binance_reach_the_exchange_as_what_they_mean(exchange: oms) -> None:
    """LIMIT_MAKER and GTX do not take; a trailing stop waits."""
    for order_type, params in (("LIMIT_MAKER", {}), ("limit", {"timeInForce": "GTX"})):
        order = await exchange.create_order("BTC/USDT", order_type, "buy", 0.01, 50_000, params)
        assert (order["type"], order["postOnly"], order["timeInForce"], order["status"]) == (
            "limit",
            True,
            "PO",
            "open",
        )
        with pytest.raises(ccxt.InvalidOrder):
            await exchange.create_order("BTC/USDT", order_type, "buy", 0.01, 65_000, params)
    await exchange.cancel_all_orders()
    order = await exchange.create_order("BTC/USDT", "TRAILING_STOP_MARKET", "buy", 0.01, None, {"callbackRate": 1})
    assert (order["type"], order["status"], order["filled"]) == ("market", "open", 0)
    assert [each["id"] for each in await exchange.fetch_open_orders(params={"trigger": True})] == [order["id"]]


@pytest.mark.parametrize("name", ["newClientOrderId", "clOrdId", "orderLinkId", "clientOid"])
async def test_the_order_carries_the_programs_id(exchange: oms, sandbox: Sandbox, name: str) -> None:
    """In the spelling of its exchange; the order is found, edited and canceled by it, with the id in its place too."""
    key = f"{name}-{exchange.milliseconds()}"
    order = await resting(exchange, 50_000, **{name: key})
    [row] = sandbox.oms.storage.select(Order, id=int(order["id"]))
    assert order["clientOrderId"] == row.client_order_id == key
    async with oms(sandbox.config(2)) as other:
        for params in ({"clientOrderId": key}, {"origClientOrderId": key}, {name: key}):
            assert (await other.fetch_order(key, "BTC/USDT", {"clientOrderId": key}))["id"] == order["id"]
            assert (await other.fetch_order("", "BTC/USDT", params))["id"] == order["id"]
        edited = await other.edit_order("", "BTC/USDT", "limit", "buy", 0.02, 51_000, {name: key})
        assert (edited["id"], edited["amount"], edited["clientOrderId"]) == (order["id"], 0.02, key)
        edited = await other.edit_order(key, "BTC/USDT", "limit", "buy", 0.03, 51_000, {"clientOrderId": key})
        assert edited["id"] == order["id"]
        assert (await other.cancel_order(key, "BTC/USDT", {"origClientOrderId": key}))["id"] == order["id"]
        with pytest.raises(ccxt.OrderNotFound, match="never"):
            await other.cancel_order(order["id"], "BTC/USDT", {"clOrdId": "never"})
    batch = await exchange.create_orders([{**LIMIT, "params": {name: f"{key}-b"}}])
    assert batch[0]["clientOrderId"] == f"{key}-b"


@pytest.fixture
def warned(caplog: pytest.LogCaptureFixture) -> Any:
    return lambda: [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]


async def test_params_of_an_exchange_that_ccxt_knows(warned: Any) -> None:
    """What its class takes is sent, what nobody knows is not, and is told once; what changes the order is refused."""
    async with Sandbox(volatility=0, exchange="binance") as sandbox, wired(sandbox) as (exchange, proxy):
        given: dict[str, Any] = {
            "sor": True,
            "workingType": "MARK_PRICE",
            "myNote": 1,
            "params": {"odd": 1},
            "leverage": None,
        }
        order = await resting(exchange, 50_000, **given)
        body = orjson.loads(proxy.requests[0].body)
        assert body["payload"]["params"] == {"sor": True, "workingType": "MARK_PRICE", "odd": 1}
        assert order["status"] == "open"
        await resting(exchange, 50_000, **given)
        [told] = [line for line in warned() if "myNote" in line]
        assert "create" in told
        assert len([line for line in warned() if "leverage" in line]) == 1
        proxy.requests.clear()
        for params in ({"leverage": 5}, {"triggerDirection": "above"}, {"expireTime": 1}):
            with pytest.raises(ccxt.NotSupported, match=f"binance takes no {next(iter(params))}"):
                await resting(exchange, 50_000, **params)
            with pytest.raises(ccxt.NotSupported):
                await exchange.create_orders([LIMIT, {**LIMIT, "params": params}])
        assert proxy.requests == []


async def test_the_grid_of_an_exchange_that_has_its_own(sandbox: Sandbox) -> None:
    """hyperliquid's class rounds prices to five digits: `price_to_precision` does, in both spellings, and orders do."""
    async with Sandbox(volatility=0, exchange="hyperliquid") as fresh, oms(fresh.config(2)) as exchange:
        await exchange.load_markets()
        assert exchange.price_to_precision("BTC/USDT", 50_123.45) == "50123"
        assert exchange.priceToPrecision("BTC/USDT", 50_123.45) == "50123"
        assert (await resting(exchange, 50_123.45))["price"] == 50_123


async def test_creates_share_no_decimal_context(exchange: oms) -> None:
    """A program that computes with Decimals finds its context as it was after an order."""
    before = decimal.getcontext().copy()
    await exchange.create_order("BTC/USDT", "limit", "buy", "0.0123456789", "50000.005")
    assert (decimal.getcontext().rounding, decimal.getcontext().traps) == (before.rounding, before.traps)


async def test_a_batch_that_the_grid_refuses_leaves_abandoned_orders_as_they_were(sandbox: Sandbox) -> None:
    """An abandoned order whose repeat stands beside a refused one in a batch still answers the next repeat."""
    async with wired(sandbox) as (exchange, proxy):
        held = asyncio.Event()
        lost = proxy.plan(Delay("down", held), on("POST", "/oms/commands"))
        create = asyncio.create_task(resting(exchange, 41_000))
        await eventually(lambda: lost.hits)
        create.cancel()
        await asyncio.wait([create])
        held.set()
        again = {**LIMIT, "price": 41_000}
        with pytest.raises(ccxt.InvalidOrder, match="least step"):
            await exchange.create_orders([again, {**LIMIT, "amount": 1e-12}])
        [order] = await exchange.create_orders([again])
        rows = [row for row in sandbox.oms.storage.select(Order, account_id=2) if row.price == 41_000]
        assert [str(row.id) for row in rows] == [order["id"]]
        await exchange.cancel_all_orders()


async def test_a_test_of_a_fresh_instance_sends_no_command(sandbox: Sandbox) -> None:
    """Markets and account are read, as before any order; the order is not sent, nor are those of a batch."""
    async with wired(sandbox) as (first, proxy):
        for call in ("create_order", "create_orders"):
            config = {"apiKey": first.apiKey, "options": first.options}
            async with oms(config) as exchange:
                if call == "create_order":
                    told = await exchange.create_order(**LIMIT, params={"test": "true"})
                else:
                    [told] = await exchange.create_orders([LIMIT], {"test": "true"})
            assert (told["id"], told["amount"]) == (None, 0.01)
        asked = paths(proxy.requests)
        assert "POST /ccxt/2/fetch_markets" in asked
        assert "POST /oms/commands" not in asked
