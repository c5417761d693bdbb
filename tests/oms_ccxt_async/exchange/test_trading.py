"""Changing and canceling orders of an OMS of either profile."""

from __future__ import annotations

import asyncio
import inspect
from decimal import Decimal
from typing import Any

import ccxt
import pytest
from aiohttp import web
from ccxt.async_support.base.exchange import Exchange

import oms_ccxt_async
import oms_ccxt_async.exchange.trading
from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.sandbox.rows import Order
from tests.faults.plan import Cut, Delay, Reply, on
from tests.oms_ccxt_async.support import add_orders, fake_oms, listed, order_rows, paths, settle, wired

pytestmark = pytest.mark.asyncio(loop_scope="session")

oms = oms_ccxt_async.oms
FIELDS = set(ccxt.Exchange().safe_order({}))


async def resting(exchange: oms, price: float = 50_000, symbol: str = "BTC/USDT", **params: Any) -> dict[str, Any]:
    return await exchange.create_order(symbol, "limit", "buy", 0.01, price, params)


async def filled(exchange: oms, sandbox: Sandbox) -> dict[str, Any]:
    order = await exchange.create_order("BTC/USDT", "market", "buy", 0.01)
    settle(sandbox)
    return order


async def test_writes_are_read_at_once(exchange: oms) -> None:
    """After each write, reads of the order and of the open orders agree with it, past the OMS's cache."""
    await exchange.fetch_open_orders()
    order = await resting(exchange)
    assert [item["id"] for item in await exchange.fetch_open_orders()] == [order["id"]]
    await exchange.edit_order(order["id"], "BTC/USDT", "limit", "buy", 0.02, 51_000)
    [edited] = await exchange.fetch_open_orders("BTC/USDT")
    assert (edited["amount"], edited["price"]) == (0.02, 51_000.0)
    assert (await exchange.fetch_order(order["id"]))["price"] == 51_000.0
    await exchange.cancel_order(order["id"])
    assert await exchange.fetch_open_orders() == []
    assert (await exchange.fetch_order(order["id"]))["status"] == "canceled"
    assert order["id"] in [item["id"] for item in await exchange.fetch_canceled_orders()]


async def test_an_edit_changes_what_it_names(exchange: oms, sandbox: Sandbox) -> None:
    """Amount, price, or both are changed, the other stays, and so does the id."""
    order = await resting(exchange)
    for amount, price, expected in (
        (None, "51000.5", (0.01, 51_000.5)),
        (Decimal("0.02"), None, (0.02, 51_000.5)),
        (0.03, 52_000, (0.03, 52_000.0)),
    ):
        edited = await exchange.edit_order(order["id"], "BTC/USDT", "limit", "buy", amount, price)
        assert set(edited) >= FIELDS
        assert edited["id"] == order["id"]
        assert edited["status"] == "open"
        assert (edited["amount"], edited["price"]) == expected
    assert len([row for row in sandbox.oms.storage.select(Order, account_id=2) if row.id >= int(order["id"])]) == 1


async def test_an_edit_that_cannot_be(exchange: oms, sandbox: Sandbox) -> None:
    """Nothing to change, an unknown order, a parameter the OMS cannot change, and an order that is over."""
    order = await resting(exchange)
    with pytest.raises(ccxt.NotSupported, match="postOnly"):
        await exchange.edit_order(order["id"], "BTC/USDT", "limit", "buy", 1, 1, {"postOnly": True})
    with pytest.raises(ccxt.InvalidOrder, match="above 0"):
        await exchange.edit_order(order["id"], "BTC/USDT", "limit", "buy", 0, 50_000)
    with pytest.raises(ccxt.OrderNotFound):
        await exchange.edit_order("98765432", "BTC/USDT", "limit", "buy", 0.02, 50_000)
    await exchange.cancel_order(order["id"])
    with pytest.raises(ccxt.InvalidOrder) as caught:
        await exchange.edit_order(order["id"], "BTC/USDT", "limit", "buy", 0.02, 50_000)
    assert caught.value.order["status"] == "canceled"
    if sandbox.oms.full:
        with pytest.raises(ccxt.ArgumentsRequired):
            await exchange.edit_order(order["id"], "BTC/USDT", "limit", "buy")


async def test_an_edit_of_unclear_outcome_is_settled_by_the_order(sandbox: Sandbox) -> None:
    """An edit whose answer is lost every time is done if the order shows it, and an error if it does not."""
    async with wired(sandbox, retry={"attempts": 2, "base": 0}) as (exchange, proxy):
        order = await resting(exchange)
        lost = proxy.plan(Cut("down", 0), on("POST", "/oms/commands"), times=2)
        edited = await exchange.edit_order(order["id"], "BTC/USDT", "limit", "buy", 0.02, 51_000)
        assert (edited["amount"], edited["price"], len(lost.hits)) == (0.02, 51_000.0, 2)
        proxy.plan(Cut("up", 0), on("POST", "/oms/commands"), times=2)
        with pytest.raises(ccxt.NetworkError) as caught:
            await exchange.edit_order(order["id"], "BTC/USDT", "limit", "buy", 0.03, 52_000)
        assert caught.value.order["price"] == 51_000.0
        await exchange.cancel_order(order["id"])


async def test_cancel_tells_the_whole_order(exchange: oms) -> None:
    """A cancel answers the complete order, again when it is repeated, with what was filled before."""
    order = await exchange.create_order("BTC/USDT", "limit", "buy", 8, 60_000.02)
    for _ in range(2):
        canceled = await exchange.cancel_order(order["id"], "BTC/USDT", None)
        assert set(canceled) >= FIELDS
        assert (canceled["id"], canceled["status"], canceled["amount"]) == (order["id"], "canceled", 8.0)
        assert canceled["remaining"] == pytest.approx(8 - canceled["filled"])


async def test_a_filled_order_cannot_be_canceled(exchange: oms, sandbox: Sandbox) -> None:
    """Canceling a filled order is `OrderNotFound` with the order attached; an unknown one has none."""
    order = await filled(exchange, sandbox)
    with pytest.raises(ccxt.OrderNotFound, match="filled already") as caught:
        await exchange.cancel_order(order["id"])
    assert (caught.value.order["status"], caught.value.order["filled"]) == ("closed", 0.01)
    with pytest.raises(ccxt.OrderNotFound) as caught:
        await exchange.cancel_order("98765432")
    assert caught.value.order is None


async def test_a_cancel_that_lost_its_answer_has_succeeded(sandbox: Sandbox) -> None:
    """A cancel whose answer is lost is repeated, and what it finds canceled is its success."""
    async with wired(sandbox, retry={"attempts": 2, "base": 0}) as (exchange, proxy):
        order = await resting(exchange)
        once = proxy.plan(Cut("down", 0), on("POST", "/oms/commands"))
        assert (await exchange.cancel_order(order["id"]))["status"] == "canceled"
        assert once.hits
        order = await resting(exchange)
        always = proxy.plan(Cut("down", 0), on("POST", "/oms/commands"), times=2)
        assert (await exchange.cancel_order(order["id"]))["status"] == "canceled"
        assert len(always.hits) == 2


async def test_a_cancel_works_while_market_data_is_down(sandbox: Sandbox) -> None:
    """Orders are canceled, one and all, by a driver that cannot load its markets."""
    async with wired(sandbox) as (first, proxy):
        orders = [await resting(first) for _ in range(3)]
        proxy.plan(Reply(503, b"{}"), on("POST", "/ccxt/*"), times=None)
        config = {"apiKey": first.apiKey, "options": first.options, "timeout": 1_500}
        async with oms(config) as exchange:
            assert (await exchange.cancel_order(orders[0]["id"]))["status"] == "canceled"
            assert (await exchange.cancel_all_orders("BTC/USDT"))[0]["id"] == orders[1]["id"]
            assert await exchange.cancel_all_orders() == []


DERIVATIVE = "BTC/USDT:USDT"


async def test_what_is_canceled_while_market_data_is_down(sandbox: Sandbox) -> None:
    """A type is told by how symbols are spelled; a market id, which tells nothing, is an error and not an empty list;
    orders can be read, and what a contract's cost is, nobody knows."""
    async with wired(sandbox) as (first, proxy):
        await first.cancel_all_orders()
        spot, swap = await resting(first), await resting(first, symbol=DERIVATIVE)
        proxy.plan(Reply(503, b"{}"), on("POST", "/ccxt/*"), times=None)
        async with oms({"apiKey": first.apiKey, "options": first.options, "timeout": 1_500}) as exchange:
            with pytest.raises(ccxt.ExchangeNotAvailable):
                await exchange.cancel_all_orders("BTCUSDT")
            assert [order["id"] for order in await exchange.fetch_open_orders()] == [spot["id"], swap["id"]]
            assert [order["id"] for order in await exchange.fetch_open_orders(DERIVATIVE)] == [swap["id"]]
            assert (await exchange.fetch_order(swap["id"], DERIVATIVE))["cost"] is None
            assert (await exchange.fetch_order(spot["id"], "BTC/USDT"))["cost"] == 0
            assert [order["id"] for order in await exchange.cancel_all_orders(None, {"type": "swap"})] == [swap["id"]]
            assert [order["id"] for order in await exchange.fetch_open_orders()] == [spot["id"]]


async def test_a_cancel_does_not_wait_for_market_data(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the gateway hangs, all orders are canceled within the patience of a cancel, however many there are."""
    monkeypatch.setattr(oms_ccxt_async.exchange.trading, "PATIENCE", 50)
    async with wired(sandbox) as (first, proxy):
        await first.cancel_all_orders()
        for _ in range(30):
            await resting(first)
        proxy.plan(Delay("up", asyncio.Event()), on("POST", "/ccxt/*"), times=None)
        async with oms({"apiKey": first.apiKey, "options": first.options, "timeout": 60_000}) as exchange:
            async with asyncio.timeout(20):
                assert len(await exchange.cancel_all_orders("BTC/USDT")) == 30
                order = await resting(first)
                assert (await exchange.cancel_order(order["id"], "BTC/USDT"))["status"] == "canceled"


async def test_an_order_in_a_market_that_is_not_listed_is_canceled_with_its_type(sandbox: Sandbox) -> None:
    """An order of another program in a market that was listed after the markets were loaded is of its type, too."""
    async with wired(sandbox) as (exchange, _):
        order = await resting(exchange, symbol=DERIVATIVE)
        exchange.markets = {name: each for name, each in exchange.markets.items() if name != DERIVATIVE}
        assert [each["id"] for each in await exchange.cancel_all_orders(None, {"type": "swap"})] == [order["id"]]


async def test_several_cancels_are_one_request(sandbox: Sandbox) -> None:
    """Of several orders each is told as it is afterwards: canceled, filled, or without any facts if unknown."""
    async with wired(sandbox) as (exchange, proxy):
        orders = [await resting(exchange) for _ in range(2)]
        done = await filled(exchange, sandbox)
        proxy.requests.clear()
        names = [orders[0]["id"], done["id"], "98765432", orders[1]["id"]]
        told = await exchange.cancel_orders(names, "BTC/USDT")
        assert [order["id"] for order in told] == names
        assert [order["status"] for order in told] == ["canceled", "closed", None, "canceled"]
        assert "order_not_found" in str(told[2]["info"])
        assert paths(proxy.requests).count("POST /oms/commands") == 1


async def test_cancels_that_all_fail(exchange: oms, sandbox: Sandbox) -> None:
    """Where no order could be canceled, each is told as it is; a key that may not cancel is an error."""
    done = [await filled(exchange, sandbox) for _ in range(2)]
    for names in ([done[0]["id"]], [order["id"] for order in done]):
        assert [order["status"] for order in await exchange.cancel_orders(names)] == ["closed"] * len(names)
    assert [order["status"] for order in await exchange.cancel_orders(["98765432", "98765433"])] == [None, None]
    with pytest.raises(ccxt.ArgumentsRequired):
        await exchange.cancel_orders([])
    [order_id] = add_orders(sandbox, [exchange.milliseconds()], "SUBMITTED", account_id=1)
    async with oms(sandbox.config(1, role="readonly")) as reader:
        for names in ([order_id], [order_id, order_id]):
            with pytest.raises(ccxt.PermissionDenied):
                await reader.cancel_orders(names)


async def test_cancel_all_of_a_symbol_or_a_strategy(sandbox: Sandbox) -> None:
    """All, those in a symbol, or those of a strategy are canceled and told; nothing to cancel is an empty list."""
    async with oms(sandbox.config(3)) as exchange:
        await exchange.cancel_all_orders()
        assert await exchange.cancel_all_orders() == []
        assert await exchange.cancel_all_orders("ETH/USDT") == []
        assert await exchange.cancel_all_orders(params={"strategy_id": 1}) == []
        bitcoin, ether = await resting(exchange), await resting(exchange, 2_000, "ETH/USDT")
        alpha = await resting(exchange, strategy_id=1)
        canceled = await exchange.cancel_all_orders("ETH/USDT")
        assert [(order["id"], order["status"]) for order in canceled] == [(ether["id"], "canceled")]
        assert [order["id"] for order in await exchange.cancel_all_orders(params={"strategy_id": 1})] == [alpha["id"]]
        assert [order["id"] for order in await exchange.cancelAllOrders()] == [bitcoin["id"]]
        assert await exchange.fetch_open_orders() == []


async def test_cancel_all_of_a_market_type(exchange: oms) -> None:
    """`type` in the params spares the orders in markets of other types."""
    spot, swap = await resting(exchange), await resting(exchange, 50_000, "BTC/USDT:USDT")
    assert [order["id"] for order in await exchange.cancel_all_orders(None, {"type": "swap"})] == [swap["id"]]
    assert [order["id"] for order in await exchange.fetch_open_orders()] == [spot["id"]]


async def test_cancel_all_leaves_what_is_filled(exchange: oms, sandbox: Sandbox) -> None:
    """A filled order that a legacy OMS still lists as open is not told as canceled."""
    await filled(exchange, sandbox)
    order = await resting(exchange)
    assert [item["id"] for item in await exchange.cancel_all_orders("BTC/USDT")] == [order["id"]]
    order = await resting(exchange)
    assert [item["id"] for item in await exchange.cancel_all_orders()] == [order["id"]]


async def test_by_client_order_id(exchange: oms, sandbox: Sandbox) -> None:
    """Orders are read, changed and canceled by client order id, in the params form and in the forms of that name."""
    stamp = exchange.milliseconds()
    keys = [f"key-{stamp}-{number}" for number in range(4)]
    orders = {key: await resting(exchange, clientOrderId=key) for key in keys}
    async with oms(sandbox.config(2)) as other:
        for driver in (exchange, other):
            assert (await driver.fetch_order("", None, {"clientOrderId": keys[0]}))["id"] == orders[keys[0]]["id"]
        edited = await other.edit_order_with_client_order_id(keys[0], "BTC/USDT", "limit", "buy", 0.02, 51_000)
        assert (edited["id"], edited["amount"], edited["clientOrderId"]) == (orders[keys[0]]["id"], 0.02, keys[0])
        assert (await other.edit_order(None, price=52_000, params={"clientOrderId": keys[0]}))["price"] == 52_000.0
        assert (await other.cancel_order_with_client_order_id(keys[0]))["status"] == "canceled"
        assert (await other.cancel_order("", None, {"client_order_id": keys[1]}))["id"] == orders[keys[1]]["id"]
        told = await other.cancel_orders_with_client_order_ids([keys[3], keys[2]])
        assert [(order["clientOrderId"], order["status"]) for order in told] == [
            (keys[3], "canceled"),
            (keys[2], "canceled"),
        ]
        for call in (
            other.cancel_order_with_client_order_id("never"),
            other.edit_order_with_client_order_id("never", "BTC/USDT", "limit", "buy", 1, 1),
            other.cancel_orders([], None, {"clientOrderIds": ["never"]}),
        ):
            with pytest.raises(ccxt.OrderNotFound, match="never"):
                await call


async def test_no_spelling_of_trading_reaches_the_gateway(sandbox: Sandbox) -> None:
    """Whatever ccxt's base class offers to create, change, cancel or close, nothing but the OMS's commands is sent."""
    arguments: dict[str, Any] = {
        "symbol": "BTC/USDT",
        "symbols": ["BTC/USDT"],
        "type": "limit",
        "side": "buy",
        "amount": 0.01,
        "price": 50_000,
        "cost": 500,
        "id": "98765432",
        "ids": ["98765432"],
        "clientOrderId": "never",
        "clientOrderIds": ["never"],
        "orders": [{"symbol": "BTC/USDT", "type": "limit", "side": "buy", "amount": 0.01, "price": 50_000}],
        "order": {"id": "98765432", "symbol": "BTC/USDT"},
        "timeout": 1000,
        "triggerPrice": 70_000,
        "stopLossPrice": 40_000,
        "takeProfitPrice": 70_000,
        "trailingAmount": 100,
        "trailingTriggerPrice": 70_000,
        "trailingPercent": 1,
        "stopLoss": 40_000,
        "takeProfit": 70_000,
        "duration": 60_000,
    }
    verbs = ("create", "cancel", "edit", "close")
    names = [
        name
        for name in dir(Exchange)
        if name.split("_")[0] in verbs and ("order" in name or "position" in name) and name.islower()
    ]
    async with wired(sandbox) as (exchange, proxy):
        for name in names:
            method = getattr(exchange, name)
            first, *rest = name.split("_")
            camel = getattr(exchange, first + "".join(word.capitalize() for word in rest), method)
            given = {key: value for key, value in arguments.items() if key in inspect.signature(method).parameters}
            for spelled in (method, camel):
                try:
                    await spelled(**given)
                except ccxt.BaseError:
                    continue
        posts = {path for path in paths(proxy.requests) if path.startswith("POST")}
        assert posts - {"POST /oms/reconcile"} == {"POST /oms/commands"}
        assert len(names) > 40
        await exchange.cancel_all_orders()


async def test_cancelling_all_lets_others_trade() -> None:
    """While a legacy OMS cancels 40 orders in batches, another create waits for one batch at most; filled ones are not
    sent (fact 33)."""
    async with Sandbox(profile="legacy", volatility=0, exchange_latency=20) as sandbox, wired(sandbox) as (bot, proxy):
        await bot.create_order("BTC/USDT", "market", "buy", 0.01)
        made = [await resting(bot, 40_000) for _ in range(40)]
        proxy.requests.clear()
        cancelling = asyncio.create_task(bot.cancel_all_orders())
        async with asyncio.timeout(20):
            while "POST /oms/commands" not in paths(proxy.requests):  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        other = await resting(bot, 40_000)
        assert not cancelling.done()
        canceled = await cancelling
        assert {order["id"] for order in canceled} == {order["id"] for order in made}
        assert (await bot.fetch_order(other["id"]))["status"] == "open"
        assert paths(proxy.requests).count("POST /oms/commands") == 5


async def test_an_edit_without_a_change_is_refused(exchange: oms) -> None:
    """Neither an amount nor a price: nothing is sent."""
    with pytest.raises(ccxt.ArgumentsRequired, match="new amount"):
        await exchange.edit_order("1", "BTC/USDT", "limit", "buy")


async def test_editing_a_filled_order_is_refused(exchange: oms) -> None:
    """On either profile it is `InvalidOrder`, and `error.order` is the order as it is: filled."""
    order = await exchange.create_order("BTC/USDT", "market", "buy", 0.01)
    with pytest.raises(ccxt.InvalidOrder) as caught:
        await exchange.edit_order(order["id"], "BTC/USDT", "limit", "buy", 0.02, 50_000)
    told = caught.value.order
    assert (told["status"], told["filled"]) == ("closed", 0.01)


@pytest.mark.parametrize("symbol", ["BTC/USDT", None])
async def test_a_refused_edit_is_read_by_its_market(symbol: str | None) -> None:
    """What binance's spot markets mean by a code that its futures use otherwise; without a symbol by the order's."""
    text = 'binance {"code":-4024,"msg":"said"}'
    refusal = web.json_response({"detail": {"code": "internal_error", "message": text}}, status=400)
    row = {"account_id": 1, "label": "b", "exchange_id": "ccxt.binance", "position_mode": "netting"}
    answers: dict[str, Any] = {
        "GET /oms/accounts": lambda _: {"items": [row]},
        "GET /oms/orders/open": listed(order_rows(1)),
        "GET /oms/orders/history": listed(order_rows(1)),
        "GET /oms/deals": listed([]),
        "POST /oms/commands": lambda _: refusal,
    }
    async with fake_oms(answers, reconcile="never") as (exchange, _):
        with pytest.raises(ccxt.InsufficientFunds):
            await exchange.edit_order("1", symbol, "limit", "buy", 0.02, 50_000)
