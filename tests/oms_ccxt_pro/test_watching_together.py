"""Watchers are independent: tasks, loops and names on one stream neither share nor steal."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Coroutine
from typing import Any

import ccxt
import pytest

import oms_ccxt_pro
from tests.faults.eventually import eventually
from tests.oms_ccxt_pro.conftest import Desk


async def test_tasks_on_one_stream_each_get_everything(full: Desk) -> None:
    """Two loops without a symbol and one with a symbol each see all they asked for."""
    seen: dict[str, list[str]] = {"a": [], "b": [], "eth": []}

    async def loop(name: str, symbol: str | None) -> None:
        while True:
            seen[name] += [order["id"] for order in await full.exchange.watch_orders(symbol)]

    tasks = [
        asyncio.create_task(loop(name, symbol)) for name, symbol in (("a", None), ("b", None), ("eth", "ETH/USDT"))
    ]
    await eventually(lambda: full.exchange.stream_status().get("state") == "live")
    full.oms.order()
    full.oms.order(symbol="ETH/USDT")
    await eventually(lambda: seen == {"a": ["1", "2"], "b": ["1", "2"], "eth": ["2"]})
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_timeout_of_one_loop_leaves_the_others_alone(full: Desk) -> None:
    """`wait_for` on one loop does not end another's call, and the one that timed out loses nothing."""
    await full.begin()
    other: list[str] = []

    async def loop() -> None:
        other.extend(order["id"] for order in await full.exchange.watch_orders())

    task = asyncio.create_task(loop())
    await asyncio.sleep(0)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(full.exchange.watch_orders(), 0.05)
    full.oms.order()
    await asyncio.wait_for(task, 5)
    assert other == ["1"]
    assert [order["id"] for order in await asyncio.wait_for(full.exchange.watch_orders(), 5)] == ["1"]


async def test_a_task_for_every_call_loses_nothing_between_two(full: Desk) -> None:
    """A program whose calls each run in a new task gets every state once."""
    await full.begin()

    async def one() -> list[str]:
        return [order["status"] for order in await full.exchange.watch_orders()]

    await asyncio.wait_for(asyncio.create_task(full.asks_in_vain(full.exchange.watch_orders())), 5)
    task = asyncio.create_task(one())
    await asyncio.sleep(0)
    order = full.oms.order()
    first = await task
    full.oms.fill(order, "1")
    await eventually(lambda: full.exchange.stream_status()["events"] == 3)
    assert first + await asyncio.create_task(one()) == ["open", "closed"]


async def test_two_loops_of_short_lived_tasks_neither_share_nor_steal(full: Desk) -> None:
    """Two loops that make a task for every call each get every order once, by their code or by their names."""
    exchange, oms = full.exchange, full.oms

    async def a() -> list[dict[str, Any]]:
        return list(await exchange.watch_orders())

    async def b() -> list[dict[str, Any]]:
        return list(await exchange.watch_orders())

    async def by_name(name: str) -> list[dict[str, Any]]:
        return list(await exchange.watch_orders(params={"consumer": name}))

    calls: dict[str, Callable[[], Coroutine[Any, Any, list[dict[str, Any]]]]] = {
        "a": a,
        "b": b,
        "c": lambda: by_name("c"),
        "d": lambda: by_name("d"),
    }
    got: dict[str, list[str]] = {name: [] for name in calls}

    async def loop(name: str) -> None:
        while True:
            got[name] += [order["id"] for order in await asyncio.create_task(calls[name]())]
            for _ in range(len(got[name]) * ord(name) % 7):  # out of step with the others
                await asyncio.sleep(0)

    loops = [asyncio.create_task(loop(name)) for name in calls]
    await eventually(lambda: exchange.stream_status().get("state") == "live")
    topic = exchange._live.account.feeds[None].topics["orders"]
    await eventually(lambda: len(topic.consumers) == 4)
    for _ in range(60):
        oms.order()
        await asyncio.sleep(0)
    await eventually(lambda: all(len(ids) >= 60 for ids in got.values()))
    assert got == {name: [str(number) for number in range(1, 61)] for name in calls}
    for task in loops:
        task.cancel()
    await asyncio.gather(*loops, return_exceptions=True)


async def test_a_call_whose_loop_cannot_be_told_says_so(full: Desk) -> None:
    """Loops that share their code and make a task for every call are told, once, how to be told apart."""
    exchange = full.exchange

    async def one() -> None:
        await asyncio.wait_for(exchange.watch_orders(), 5)

    await full.begin()
    first, second = asyncio.create_task(one()), asyncio.create_task(one())
    await asyncio.sleep(0)
    full.oms.order()
    await asyncio.gather(first, second)
    with pytest.warns(oms_ccxt_pro.EventsLost, match="consumer"):
        await full.asks_in_vain(one())
    await full.asks_in_vain(one())


async def test_a_name_of_a_consumer_is_a_text(full: Desk) -> None:
    """Anything else is refused by every watch method."""
    exchange = full.exchange
    for call in (exchange.watch_orders, exchange.watch_balance):
        with pytest.raises(ccxt.BadRequest, match="consumer"):
            await call(params={"consumer": 5})
    with pytest.raises(ccxt.BadRequest, match="consumer"):
        await exchange.watch_ticker("BTC/USDT", {"consumer": 5})


async def test_calls_of_one_loop_at_the_same_time_get_the_same_batch(full: Desk) -> None:
    """`gather` of two calls returns the same updates to both, as copies."""
    await full.begin()
    calls = asyncio.gather(full.exchange.watch_orders(), full.exchange.watch_orders())
    await asyncio.sleep(0)
    full.oms.order()
    first, second = await calls
    assert first == second
    assert first[0] is not second[0]


async def test_results_are_copies(full: Desk) -> None:
    """What one loop does to its order, its info or its fee, no other sees."""
    await full.begin()
    full.oms.order(fee="0.1", fee_currency="USDT")
    first = (await full.exchange.watch_orders())[0]
    first["info"].clear()
    first["fee"].clear()
    full.exchange.newUpdates = False
    full.oms.order()
    held = (await full.exchange.watch_orders())[0]
    assert held["info"]["id"] == 1
    assert held["fee"] == {"currency": "USDT", "cost": 0.1}


async def test_a_strategy_sees_itself_only(either: Desk) -> None:
    """A watcher with a strategy gets that strategy's orders and fills, one without gets all."""
    exchange = either.exchange
    await either.begin(exchange.watch_orders, lambda: exchange.watch_orders(params={"strategy_id": 2}))
    feed = exchange._live.account.feeds[2]
    await eventually(lambda: feed.ready)
    either.oms.order(strategy_id=1)
    either.oms.order(strategy_id=2)
    mine = await exchange.watch_orders(params={"strategy_id": 2})
    assert [order["id"] for order in mine] == ["2"]
    assert [order["id"] for order in await either.gathered(exchange.watch_orders, 2)] == ["1", "2"]


async def test_a_watch_method_passes_for_a_coroutine_function() -> None:
    """Programs that ask whether a method is async are told that it is."""
    exchange = oms_ccxt_pro.oms()
    assert asyncio.iscoroutinefunction(exchange.watchOrders)
    assert inspect.isfunction(oms_ccxt_pro.oms.watch_orders)
