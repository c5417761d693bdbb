"""Telling trigger orders from others, on an OMS that does not."""

from __future__ import annotations

import asyncio
import dataclasses
import math
from typing import Any

import ccxt
import pytest

import oms_ccxt_async
from oms_ccxt_async.exchange import triggers
from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.sandbox.rows import Order
from tests.faults.eventually import eventually
from tests.faults.plan import Cut, Delay, Fault, Reply, Trigger, on
from tests.oms_ccxt_async.support import add_orders, paths, wired

pytestmark = pytest.mark.asyncio(loop_scope="session")

oms = oms_ccxt_async.oms
Unified = dict[str, Any]
TRIGGERS: list[dict[str, Any]] = [
    {"triggerPrice": 45_000},
    {"stopPrice": 75_000},
    {"stopLossPrice": 75_000},
    {"takeProfitPrice": 45_000},
]


async def resting(exchange: oms, **params: Any) -> Unified:
    return await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 50_000, params)


def ids(orders: list[Unified]) -> set[str]:
    return {order["id"] for order in orders}


@pytest.mark.parametrize("word", ["trigger", "stop"])
async def test_trigger_orders_alone_are_listed_and_canceled(sandbox: Sandbox, word: str) -> None:
    """By the process that placed them: nobody is asked, and the other orders stay."""
    async with wired(sandbox) as (exchange, proxy):
        plain = await resting(exchange)
        waiting = [await resting(exchange, **params) for params in TRIGGERS]
        assert ids(await exchange.fetch_open_orders(None, params={word: True})) == ids(waiting)
        assert ids(await exchange.fetch_open_orders("BTC/USDT", params={word: "true"})) == ids(waiting)
        assert ids(await exchange.fetch_open_orders(None, params={word: False})) == {plain["id"]}
        assert ids(await exchange.fetch_open_orders(None, params={word: None})) == {plain["id"], *ids(waiting)}
        assert await exchange.fetch_open_orders("ETH/USDT", params={word: True}) == []
        assert ids(await exchange.cancel_all_orders("BTC/USDT", {word: True})) == ids(waiting)
        assert ids(await exchange.fetch_open_orders()) == {plain["id"]}
        assert await exchange.cancel_all_orders(None, {word: True}) == []
        assert ids(await exchange.cancel_all_orders(None, {word: False})) == {plain["id"]}
        assert not [path for path in paths(proxy.requests) if path.startswith("POST /ccxt")]


async def test_the_exchange_tells_of_other_programs_orders(sandbox: Sandbox) -> None:
    """A second process asks the exchange once, reads trigger orders back as what they are, and cancels only those."""
    async with oms(sandbox.config(2)) as first, wired(sandbox) as (second, proxy):
        plain = await resting(first)
        waiting = [await resting(first, **params) for params in TRIGGERS]
        listed = await second.fetch_open_orders(None, params={"trigger": True})
        assert ids(listed) == ids(waiting)
        own = {order["id"]: order for order in await first.fetch_open_orders()}
        assert all(order["triggerPrice"] for order in listed)
        assert listed[0]["triggerPrice"] == own[listed[0]["id"]]["triggerPrice"] == 45_000
        assert paths(proxy.requests).count("POST /ccxt/2/fetch_open_orders") == 1
        assert (await second.fetch_order(waiting[0]["id"]))["triggerPrice"] == 45_000
        assert ids(await second.cancel_all_orders(None, {"stop": True})) == ids(waiting)
        assert paths(proxy.requests).count("POST /ccxt/2/fetch_open_orders") == 1
        assert (await second.fetch_order(plain["id"]))["status"] == "open"
        await second.cancel_all_orders()


async def test_another_programs_order_reads_back_as_what_it_is(sandbox: Sandbox) -> None:
    """By id and in a list the exchange is asked in passing: once for a symbol, however many orders are read then."""
    async with oms(sandbox.config(2)) as first, wired(sandbox) as (second, proxy):
        orders = [await resting(first, stopLossPrice=75_000), await resting(first)]
        read = await second.fetch_order(orders[0]["id"], "BTC/USDT")
        assert (read["triggerPrice"], read["stopLossPrice"]) == (75_000, 75_000)
        assert [order["triggerPrice"] for order in await second.fetch_open_orders()] == [75_000, None]
        orders.append(await resting(first, triggerPrice=45_000))
        assert (await second.fetch_order(orders[2]["id"]))["triggerPrice"] is None
        assert paths(proxy.requests).count("POST /ccxt/2/fetch_open_orders") == 1
        read = await second.fetch_order(orders[2]["id"], "BTC/USDT", {"stop": True})
        assert read["triggerPrice"] == 45_000
        assert paths(proxy.requests).count("POST /ccxt/2/fetch_open_orders") == 2
        assert (await second.cancel_order(orders[0]["id"], "BTC/USDT", {"trigger": True}))["status"] == "canceled"
        await second.cancel_all_orders()


async def test_own_orders_cost_nothing_at_the_exchange(sandbox: Sandbox) -> None:
    """Who has placed an order knows what it is."""
    async with wired(sandbox) as (exchange, proxy):
        order = await resting(exchange, triggerPrice=45_000)
        assert (await exchange.fetch_order(order["id"]))["triggerPrice"] == 45_000
        assert len(await exchange.fetch_open_orders()) == 1
        assert not [path for path in paths(proxy.requests) if path.startswith("POST /ccxt")]
        await exchange.cancel_all_orders()


@pytest.mark.parametrize(
    ("fault", "asked"),
    [
        (Reply(400, b'{"detail":{"code":"permission_denied","message":"permission_denied"}}'), 2),
        (Reply(200, b'{"result": [{"id": 5, "triggerPrice": "soon"}]}'), 2),
        (Cut("up", 0), 1),
        (Delay("down", asyncio.Event()), 1),
    ],
)
async def test_an_exchange_that_does_not_tell_hinders_no_read(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, fault: Fault, asked: int
) -> None:
    """An order is read without its trigger price then, and the next read does not ask again."""
    monkeypatch.setattr(triggers, "PATIENCE", 100)
    async with oms(sandbox.config(2)) as first, wired(sandbox, retry={"attempts": 1}) as (second, proxy):
        order = await resting(first, triggerPrice=45_000)
        proxy.plan(fault, on("POST", "/ccxt/*"), times=None)
        for _ in range(2):
            assert (await second.fetch_order(order["id"]))["triggerPrice"] is None
            assert ids(await second.fetch_open_orders()) == {order["id"]}
        assert paths(proxy.requests).count("POST /ccxt/2/fetch_open_orders") == asked
        await first.cancel_all_orders()


async def test_what_nobody_can_tell_is_refused(sandbox: Sandbox) -> None:
    """An order that the exchange does not list, or an exchange that answers no: nothing is canceled on a guess."""
    async with oms(sandbox.config(2)) as first, wired(sandbox) as (second, proxy):
        plain = await resting(first)
        proxy.plan(
            Reply(502, b'{"detail":{"code":"dispatcher_error","message":"permission_denied"}}'), on("POST", "/ccxt/*")
        )
        for trigger in (True, False):
            proxy.plan(
                Reply(400, b'{"detail":{"code":"permission_denied","message":"permission_denied"}}'),
                on("POST", "/ccxt/*"),
                times=None,
            )
            for call in (
                second.cancel_all_orders("BTC/USDT", {"trigger": trigger}),
                second.cancel_all_orders(None, {"trigger": trigger}),
                second.fetch_open_orders("BTC/USDT", params={"trigger": trigger}),
            ):
                with pytest.raises(ccxt.NotSupported, match=f"nobody knows of {plain['id']}"):
                    await call
        assert "POST /oms/commands" not in paths(proxy.requests)
        assert (await first.fetch_order(plain["id"]))["status"] == "open"
        await first.cancel_all_orders()


async def test_an_exchange_that_cannot_be_asked(sandbox: Sandbox) -> None:
    """Is a network error, and nothing is canceled."""
    async with oms(sandbox.config(2)) as first, wired(sandbox, retry={"attempts": 1}) as (second, proxy):
        plain = await resting(first)
        proxy.plan(Cut("up", 0), on("POST", "/ccxt/*"), times=None)
        with pytest.raises(ccxt.NetworkError):
            await second.cancel_all_orders(None, {"trigger": True})
        assert "POST /oms/commands" not in paths(proxy.requests)
        assert (await first.fetch_order(plain["id"]))["status"] == "open"
        await first.cancel_all_orders()


async def test_the_history_is_told_as_far_as_it_is_known(sandbox: Sandbox) -> None:
    """Orders of this process and types that say it; one of another program is refused rather than left out."""
    profile: Any = "full" if sandbox.oms.full else "legacy"
    async with Sandbox(profile=profile, volatility=0) as fresh, oms(fresh.config(3)) as exchange:
        plain, waiting = await resting(exchange), await resting(exchange, triggerPrice=45_000)
        await exchange.cancel_all_orders()
        for read in (exchange.fetch_orders, exchange.fetch_canceled_orders):
            assert ids(await read("BTC/USDT", params={"trigger": True})) == {waiting["id"]}
            assert ids(await read("BTC/USDT", params={"stop": False})) == {plain["id"]}
        [typed] = add_orders(fresh, [exchange.milliseconds()], order_type="stop_limit")
        assert ids(await exchange.fetch_orders(params={"trigger": True})) == {waiting["id"], typed}
        [other] = add_orders(fresh, [exchange.milliseconds()])
        with pytest.raises(ccxt.NotSupported, match=f"nobody knows of {other}"):
            await exchange.fetch_orders(params={"trigger": True})
        with pytest.raises(ccxt.NotSupported, match="trailing"):
            await exchange.fetch_open_orders(params={"trailing": True})


async def test_only_what_is_swept_is_acted_on(sandbox: Sandbox) -> None:
    """Canceling trigger orders says nothing of the others: an abandoned one of those still answers its repeat."""
    async with wired(sandbox) as (exchange, _):
        await resting(exchange)
        await resting(exchange, triggerPrice=45_000)
        plain, waiting = exchange._book._past.values()
        for intent in (plain, waiting):
            exchange._book.release(intent)
        await exchange.cancel_all_orders(None, {"trigger": True})
        assert (plain.acted, waiting.acted) == (False, True)
        assert (plain.swept, waiting.swept) == (False, True)
        again = await resting(exchange)
        assert again["clientOrderId"] == plain.client_order_id
        rows = sandbox.oms.storage.select(Order, account_id=2)
        assert len([row for row in rows if row.client_order_id == plain.client_order_id]) == 1
        await exchange.cancel_all_orders()


@pytest.mark.parametrize(
    "params",
    [
        {"marginMode": "isolated"},
        {"side": "buy"},
        {"type": "stop"},
        {"subType": "inverse"},
        {"orderFilter": "StopOrder"},
        {"trailing": True},
        {"test": True},
        {"trigger": "perhaps"},
        {"trigger": True, "stop": False},
    ],
)
async def test_a_cancel_of_some_is_never_a_cancel_of_all(sandbox: Sandbox, params: dict[str, Any]) -> None:
    """What would spare orders that the driver cannot tell from the others is refused before anything is sent."""
    async with wired(sandbox) as (exchange, proxy):
        with pytest.raises(ccxt.BaseError) as caught:
            await exchange.cancel_all_orders(None, params)
        assert isinstance(caught.value, ccxt.NotSupported | ccxt.BadRequest)
        assert proxy.requests == []


@pytest.mark.parametrize(
    ("listed", "error"),
    [
        (b'{"result": []}', ccxt.NotSupported),
        (b'{"result": {"orders": 1}}', ccxt.NotSupported),
        (b'{"result": [null, 5, {"id": null}, {"id": "elsewhere", "triggerPrice": 5}]}', ccxt.NotSupported),
        (b'{"result": [{"id": "%s", "triggerPrice": "soon"}]}', ccxt.BadResponse),
    ],
)
async def test_an_exchange_that_lies(sandbox: Sandbox, listed: bytes, error: type[Exception]) -> None:
    """What makes no sense, or does not name the order, proves nothing: nothing is canceled."""
    async with oms(sandbox.config(2)) as first, wired(sandbox) as (second, proxy):
        order = await resting(first)
        [row] = sandbox.oms.storage.select(Order, id=int(order["id"]))
        body = listed.replace(b"%s", str(row.exchange_order_id).encode())
        proxy.plan(Reply(200, body), on("POST", "/ccxt/*"), times=None)
        with pytest.raises(error):
            await second.cancel_all_orders(None, {"trigger": True})
        assert "POST /oms/commands" not in paths(proxy.requests)
        assert (await first.fetch_order(order["id"]))["status"] == "open"
        await first.cancel_all_orders()


async def test_a_list_of_their_own_makes_them_trigger_orders(sandbox: Sandbox) -> None:
    """An exchange that keeps trigger orders apart tells of them only when it is asked for those."""
    async with oms(sandbox.config(2)) as first, wired(sandbox) as (second, proxy):
        order = await resting(first)
        [row] = sandbox.oms.storage.select(Order, id=int(order["id"]))
        answers = proxy.plan(Reply(200, b'{"result": []}'), on("POST", "/ccxt/*"))
        apart = b'{"result": [{"id": "%s", "type": "limit"}]}' % str(row.exchange_order_id).encode()
        proxy.plan(Reply(200, apart), on("POST", "/ccxt/*"))
        assert ids(await second.cancel_all_orders(None, {"trigger": True})) == {order["id"]}
        assert len(answers.hits) == 1
        asked = [request.body for request in proxy.requests if request.path.endswith("fetch_open_orders")]
        assert [b"trigger" in body for body in asked] == [False, True]


async def test_who_gives_up_leaves_the_question_to_the_others(sandbox: Sandbox) -> None:
    """A reader that is cancelled takes neither the answer nor the next ten seconds from those who read meanwhile, and
    what they ask is one question."""
    async with oms(sandbox.config(2)) as first, wired(sandbox) as (second, proxy):
        orders = [await resting(first, triggerPrice=45_000 + each) for each in range(3)]
        answer = asyncio.Event()
        held = proxy.plan(Delay("down", answer), on("POST", "/ccxt/*"))
        reading = [asyncio.create_task(second.fetch_order(orders[0]["id"]))]
        await eventually(lambda: len(held.hits) == 1)
        about = second._asking[proxy.url, 2, "BTC/USDT"][0]
        reading += [asyncio.create_task(second.fetch_order(order["id"])) for order in orders[1:]]
        await eventually(lambda: len(about) == 3)
        reading[0].cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading[0]
        answer.set()
        assert [order["triggerPrice"] for order in await asyncio.gather(*reading[1:])] == [45_001, 45_002]
        assert (await second.fetch_order(orders[0]["id"]))["triggerPrice"] == 45_000
        assert paths(proxy.requests).count("POST /ccxt/2/fetch_open_orders") == 1
        await first.cancel_all_orders()


async def test_one_id_of_two_symbols_is_two_orders(sandbox: Sandbox) -> None:
    """An exchange that counts each market's orders apart: the plain order of the same id stays, and is not canceled."""
    async with oms(sandbox.config(2)) as first, wired(sandbox) as (second, proxy):
        plain = await first.create_order("BTC/USDT", "limit", "buy", 0.01, 50_000)
        waiting = await first.create_order("ETH/USDT", "limit", "buy", 0.1, 2_000, {"triggerPrice": 1_900})
        before = {}
        for order in (plain, waiting):
            row = before[order["id"]] = sandbox.oms.storage.get(Order, id=int(order["id"]))
            assert row is not None
            with sandbox.oms.storage.transaction():
                sandbox.oms.storage.save(dataclasses.replace(row, exchange_order_id=7))
        lists = {
            b"BTC/USDT": b'{"result": [{"id": "7", "type": "limit"}]}',
            b"ETH/USDT": b'{"result": [{"id": "7", "type": "limit", "triggerPrice": 1900}]}',
        }

        def about(symbol: bytes) -> Trigger:
            return lambda asked: symbol in asked.body

        for symbol, listed in lists.items():
            proxy.plan(Reply(200, listed), about(symbol), times=None)
        assert ids(await second.fetch_open_orders(params={"trigger": False})) == {plain["id"]}
        assert ids(await second.fetch_open_orders(params={"trigger": True})) == {waiting["id"]}
        with sandbox.oms.storage.transaction():
            for row in before.values():
                sandbox.oms.storage.save(row)
        await first.cancel_all_orders()


async def test_closing_is_no_refusal(sandbox: Sandbox) -> None:
    """An exchange that was closed over the question may be asked again when the instance is used again."""
    async with oms(sandbox.config(2)) as first, wired(sandbox) as (second, proxy):
        order = await resting(first, triggerPrice=45_000)
        held = proxy.plan(Delay("down", asyncio.Event()), on("POST", "/ccxt/*"))
        reading = asyncio.create_task(second.fetch_open_orders(params={"trigger": True}))
        await eventually(lambda: len(held.hits) == 1)
        await second.close()
        with pytest.raises(ccxt.ExchangeClosedByUser):
            await reading
        assert math.inf not in second._ask_again.values()
        assert ids(await second.fetch_open_orders(params={"trigger": True})) == {order["id"]}
        await first.cancel_all_orders()


async def test_what_one_oms_told_is_not_believed_of_another(sandbox: Sandbox) -> None:
    """An instance that goes on at another address asks there: ids are counted at each OMS."""
    profile: Any = "full" if sandbox.oms.full else "legacy"
    async with Sandbox(profile=profile, volatility=0) as one, Sandbox(profile=profile, volatility=0) as other:
        other_config = other.config(2)
        async with oms(one.config(2)) as there, oms(other_config) as here:
            waiting, plain = await resting(there, triggerPrice=45_000), await resting(here)
            assert waiting["id"] == plain["id"]
        async with oms(one.config(2)) as moved:
            assert ids(await moved.fetch_open_orders(params={"trigger": True})) == {waiting["id"]}
            moved.options["base_url"], moved.apiKey = other_config["options"]["base_url"], other_config["apiKey"]
            assert await moved.cancel_all_orders(None, {"trigger": True}) == []
            assert (await moved.fetch_order(plain["id"]))["status"] == "open"
