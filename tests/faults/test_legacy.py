"""Nasty days of a legacy OMS: what it lost, and what it learns late, is told as it is, and nothing is sent twice."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import ccxt
import orjson
import pytest

from oms_ccxt_async import OrderOutcomeUnknown
from oms_ccxt_async.sandbox import Sandbox
from tests.faults.eventually import eventually
from tests.faults.plan import Cut, Delay, Reply, on
from tests.oms_ccxt_async.support import paths, wired

LIMIT = ("BTC/USDT", "limit", "buy", 0.01, 40_000)
MARKET = ("BTC/USDT", "market", "buy", 0.01)
BROKEN = Reply(500, b"Internal Server Error", "text/plain", forward=False)
UNAVAILABLE = Reply(
    503, b'{"detail":{"code":"dispatcher_unavailable","message":"dispatcher_unavailable"}}', forward=False
)
ASK, SEND = "POST /oms/reconcile", "POST /oms/commands"


@pytest.mark.parametrize("answer", [BROKEN, UNAVAILABLE], ids=["500", "503"])
async def test_a_market_order_whose_reconcile_fails_is_told_when_it_does_not(answer: Reply) -> None:
    """It comes back open, within the time of a few retries and no refusal, and the first read after the OMS is well
    again tells its fill."""
    async with Sandbox(profile="legacy", volatility=0) as sandbox, wired(sandbox) as (exchange, proxy):
        bad = proxy.plan(answer, on("POST", "/oms/reconcile"), times=None)
        order = await asyncio.wait_for(exchange.create_order(*MARKET), 8)
        assert (order["status"], order["filled"]) == ("open", 0)
        assert paths(proxy.requests).count(SEND) == 1
        assert 2 <= paths(proxy.requests).count(ASK) <= 10
        bad.times = 0
        reconciling = exchange._here.reconciling
        reconciling._monotonic = lambda: time.monotonic() * 1000 + 60_000
        assert (await exchange.fetch_order(order["id"]))["status"] == "closed"


async def test_a_create_given_up_while_the_exchange_is_asked_is_not_sent_again() -> None:
    """The identical create gets the order that the exchange has, under its client order id."""
    async with (
        Sandbox(profile="legacy", volatility=0) as sandbox,
        wired(sandbox, reconcile="never") as (exchange, proxy),
    ):
        sandbox.oms.break_down_after_exchange()
        stop = asyncio.Event()
        asked = proxy.plan(Delay("down", stop), on("POST", "/ccxt/*"), times=None)
        creating = asyncio.create_task(exchange.create_order(*LIMIT))
        await eventually(lambda: asked.hits)
        creating.cancel()
        with pytest.raises(asyncio.CancelledError):
            await creating
        again = asyncio.create_task(exchange.create_order(*LIMIT))
        await asyncio.wait([again], timeout=0.3)
        stop.set()
        order = await asyncio.wait_for(again, 10)
        [only] = sandbox.oms.exchange.open_orders(2)
        assert only.ticket.client_order_id == order["clientOrderId"]
        assert paths(proxy.requests).count(SEND) == 1


def listing(*orders: dict[str, Any]) -> Reply:
    """The gateway's answer with these orders of the exchange."""
    return Reply(200, orjson.dumps({"ok": True, "result": list(orders)}), forward=False)


LIES = [
    [listing()],
    [listing({"id": "1", "clientOrderId": "oms-0123", "symbol": "BTC/USDT", "side": "buy", "amount": 0.01})],
    [
        listing({"id": None, "clientOrderId": None}, {"id": "2"}),
        Reply(200, b'{"ok":true,"result":null}', forward=False),
    ],
    [Reply(200, b"<html>", "text/html", forward=False), Reply(400, b'{"detail":[{"msg":"x"}]}', forward=False)],
    [Cut("down", 0, "rst")],
]


@pytest.mark.parametrize("lies", LIES, ids=["stale", "another's", "nonsense", "refused", "cut"])
async def test_an_exchange_that_shows_nothing_proves_nothing(lies: list[Any]) -> None:
    """Lists that are stale, show others' orders, make no sense or fail leave the order unknown, never refused, and a
    repeat sends nothing; as soon as they show it, it is placed."""
    options = {"reconcile": "never", "settleTimeout": 300, "retry": {"attempts": 1}}
    async with Sandbox(profile="legacy", volatility=0) as sandbox, wired(sandbox, **options) as (exchange, proxy):
        exchange.timeout = 500
        sandbox.oms.break_down_after_exchange()
        plans = [proxy.plan(lie, on("POST", "/ccxt/*"), times=None) for lie in lies[:1]]
        plans += [proxy.plan(lie, on("POST", "/ccxt/*_trades"), times=None) for lie in lies[1:]]
        for _ in range(2):
            with pytest.raises(OrderOutcomeUnknown) as caught:
                await exchange.create_order(*LIMIT)
        assert paths(proxy.requests).count(SEND) == 1
        assert (await exchange.fetch_order("", None, {"clientOrderId": caught.value.client_order_id}))[
            "status"
        ] == "open"
        for plan in plans:
            plan.times = 0
        order = await caught.value.resolve()
        assert order["clientOrderId"] == caught.value.client_order_id
        assert paths(proxy.requests).count(SEND) == 1


async def test_an_exchange_that_takes_long_holds_up_nobody() -> None:
    """While its lists take ten seconds, an order of unknown outcome is told by its deadline, and other orders go on."""
    options = {"reconcile": "never", "settleTimeout": 500}
    async with Sandbox(profile="legacy", volatility=0) as sandbox, wired(sandbox, **options) as (exchange, proxy):
        exchange.timeout = 1_000
        sandbox.oms.break_down_after_exchange()
        proxy.plan(Delay("down", asyncio.Event()), on("POST", "/ccxt/*"), times=None)
        began = time.monotonic()
        lost = asyncio.create_task(exchange.create_order(*LIMIT))
        await eventually(lambda: "POST /ccxt/2/fetch_open_orders" in paths(proxy.requests))
        assert (await asyncio.wait_for(exchange.create_order("BTC/USDT", "limit", "sell", 0.01, 90_000), 1))["id"]
        with pytest.raises(OrderOutcomeUnknown):
            await lost
        assert 1.4 < time.monotonic() - began < 3


async def test_another_process_neither_refuses_nor_loses_what_the_first_one_lost() -> None:
    """Of an order whose acknowledgement was lost a second process sees an open order; it cannot cancel it, says so, and
    sees its fill when the account is reconciled."""
    async with (
        Sandbox(profile="legacy", volatility=0) as sandbox,
        wired(sandbox, reconcile="never") as (first, _),
        wired(sandbox) as (second, _),
    ):
        sandbox.oms.break_down_after_exchange()
        lost = await first.create_order("BTC/USDT", "limit", "buy", 0.01, 59_000)
        assert (await second.fetch_order(lost["id"]))["status"] == "open"
        with pytest.raises(ccxt.InvalidOrder) as caught:
            await second.cancel_order(lost["id"])
        assert caught.value.order["status"] == "open"
        assert await second.cancel_all_orders() == []
        assert (await second.fetch_order(lost["id"]))["status"] == "open"
        sandbox.move("BTC/USDT", 58_000)
        await eventually(lambda: not sandbox.oms.exchange.open_orders(2))
        await second.reconcile()  # the desk's recipe
        for exchange in (second, first):
            order = await exchange.fetch_order(lost["id"])
            assert (order["status"], order["filled"]) == ("closed", 0.01)
