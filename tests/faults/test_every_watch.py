"""Every watch method, cancelled at each of its awaits while something happens, and called again: nothing is lost."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, get_args

import ccxt
import pytest

import oms_ccxt_async
import oms_ccxt_pro
from tests.faults.desk import Desk
from tests.faults.eventually import eventually
from tests.faults.methods import SWAP, arguments, public_coroutines
from tests.faults.stepping import Stepped, When
from tests.faults.test_every_method import EVERYTHING, complaints, pro

UNSUPPORTED = {
    name
    for name in EVERYTHING
    if name.startswith(("watch_", "un_watch_"))
    and not getattr(oms_ccxt_pro.oms, name).__module__.startswith("oms_ccxt_pro")
}
WATCHES = {name for name in EVERYTHING if name.startswith("watch_")} - UNSUPPORTED
LEAVES = {name for name in EVERYTHING if name.startswith("un_watch_")} - UNSUPPORTED
ACCOUNT = {name for name in WATCHES if "order" in name or "my_trades" in name or "position" in name} - {
    "watch_order_book",
    "watch_order_book_for_symbols",
}
"""What tells of an account: each thing once. The rest tells what is now, or what is newest."""


async def test_what_is_not_supported_says_so_before_it_waits(full: Desk) -> None:
    """A method of ccxt's that this class has nothing for is refused in its first step."""
    async with pro(full) as exchange:
        for name in sorted(UNSUPPORTED):
            stepped = Stepped(getattr(exchange, name)(**arguments(type(exchange), name, {})), 10**6)
            with pytest.raises(ccxt.NotSupported):
                await stepped
            assert stepped.steps == 0, name


@contextlib.asynccontextmanager
async def trader(made: Desk) -> AsyncIterator[Any]:
    """Another instance, which trades."""
    config = made.sandbox.config(account_id=1)
    config["options"]["reconcile"] = 20
    async with oms_ccxt_async.oms(config) as exchange:
        yield exchange


async def live(exchange: Any) -> None:
    """The account's stream is up."""
    await eventually(lambda: exchange.stream_status().get("state") == "live")


async def happens(exchange: Any, name: str) -> str:
    """Let something happen of which the method tells; the id that it is told under."""
    symbol = SWAP if "position" in name else "BTC/USDT"
    if "position" in name or "my_trades" in name:
        order = await exchange.create_order(symbol, "market", "buy", 0.01)
        if "my_trades" in name:
            [trade] = await exchange.fetch_order_trades(order["id"], symbol)
            return str(trade["id"])
        newest = max(await exchange.fetch_positions([SWAP]), key=lambda each: int(each["id"]))
        return str(newest["id"])
    return str((await exchange.create_order(symbol, "limit", "buy", 0.01, 40_000))["id"])


def given_to(exchange: Any, name: str) -> dict[str, Any]:
    """What a watch method, or the one that ends it, is called with."""
    given = arguments(type(exchange), name, {})
    if "position" in name or "mark_price" in name:
        return {key: [SWAP] if key == "symbols" else SWAP for key in given}
    return {"symbols": ["BTC/USDT"]} if name.endswith("watch_bids_asks") else given


Watch = Callable[[], Awaitable[Any]]


async def cancelled_at(watch: Watch, at: int, when: When, event: Callable[[], Awaitable[str]]) -> tuple[Any, str, bool]:
    """What a call tells that waits while something happens, its id, and whether there was that step to cancel it at.

    The call is cancelled at a step before that, or at the one at which it hears of it.
    """
    stepped: Stepped[Any] = Stepped(watch(), at, when)  # type: ignore[arg-type]
    task = asyncio.ensure_future(_awaited(stepped))
    steps = -1
    while not task.done() and steps != stepped.steps:  # it goes on for as long as it has something to do
        steps = stepped.steps
        await asyncio.wait([task], timeout=0.02)
    key = await event()
    await asyncio.wait([task], timeout=5)
    assert task.done(), "it waits for what has happened"
    return (None if task.cancelled() else task.result()), key, stepped.hit


async def _awaited(stepped: Stepped[Any]) -> Any:
    return await stepped


@pytest.mark.timeout(180)
async def test_watches_of_the_account(either: Desk) -> None:
    """Whatever a cancelled call would have told, the next one tells, once and nothing else."""
    async with pro(either) as exchange, trader(either) as other:
        with complaints() as heard:
            for name in sorted(ACCOUNT):
                given = given_to(exchange, name)

                async def watch(name: str = name, given: dict[str, Any] = given) -> Any:
                    return await getattr(exchange, name)(**given, params={"consumer": name})

                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(watch(), 0.3)  # a first call, which may be greeted with what is open
                await live(exchange)
                single = name == "watch_position"
                for when in get_args(When):
                    for at in itertools.count(1):
                        told, key, hit = await cancelled_at(watch, at, when, functools.partial(happens, other, name))
                        where = f"{name}() cancelled at step {at}, {when}"
                        found = [] if told is None else [told] if single else told
                        async with asyncio.timeout(5):
                            while key not in [each["id"] for each in found]:
                                more = await watch()
                                found += [more] if single else more
                        if not ("position" in name or "order" in name):  # a fill is told once, states as they come
                            assert [each["id"] for each in found] == [key], where
                        assert {int(each["id"]) for each in found} <= {int(key)} or "position" in name, where
                        if not hit:
                            break
                await getattr(exchange, f"un_{name}" if name != "watch_position" else "un_watch_positions")(
                    **{key: value for key, value in given.items() if name != "watch_position"}
                )
        assert heard == []


@pytest.mark.timeout(180)
async def test_watches_of_what_is_now(full: Desk) -> None:
    """A watch of a balance or of market data that is cancelled is answered when it is called again."""
    async with pro(full, ws={"pollInterval": 250, "tickersInterval": 250, "balanceInterval": 50}) as exchange:
        with complaints() as heard:
            for name in sorted(WATCHES - ACCOUNT):
                given = given_to(exchange, name)
                for when in get_args(When):
                    for at in itertools.count(1):
                        stepped = Stepped(
                            getattr(exchange, name)(**given, params={"consumer": f"{at} {when}"}), at, when
                        )
                        try:
                            async with asyncio.timeout(10):
                                told = await stepped
                        except asyncio.CancelledError:
                            async with asyncio.timeout(10):
                                told = await getattr(exchange, name)(**given, params={"consumer": f"{at} {when}"})
                        assert told, f"{name}() cancelled at step {at}, {when}"
                        if not stepped.hit:
                            break
        assert heard == []


@pytest.mark.timeout(180)
async def test_leaving(full: Desk) -> None:
    """An unwatch that is cancelled and repeated has ended the calls that waited, and the next watch begins anew."""
    async with pro(full) as exchange:
        with complaints() as heard:
            for name in sorted(LEAVES):
                given = given_to(exchange, name)
                for when in get_args(When):
                    for at in itertools.count(1):
                        waiting = asyncio.ensure_future(getattr(exchange, name.removeprefix("un_"))(**given))
                        await asyncio.wait([waiting], timeout=0.02)
                        stepped = Stepped(getattr(exchange, name)(**given), at, when)
                        try:
                            await stepped
                        except asyncio.CancelledError:
                            await getattr(exchange, name)(**given)
                        await asyncio.wait([waiting], timeout=5)
                        where = f"{name}() cancelled at step {at}, {when}"
                        assert waiting.done(), where
                        if waiting.exception() is not None:
                            assert isinstance(waiting.exception(), ccxt.UnsubscribeError), where
                        if not stepped.hit:
                            break
        assert heard == []


@pytest.mark.parametrize("kind", [oms_ccxt_async.oms, oms_ccxt_pro.oms], ids=["async", "pro"])
async def test_closing(full: Desk, kind: Any) -> None:
    """A `close()` that is cancelled and repeated leaves nothing behind, and the instance can be used again."""
    assert "close" in public_coroutines(kind)
    config = full.sandbox.config(account_id=1)
    before = asyncio.all_tasks()
    with complaints() as heard:
        for when in get_args(When):
            for at in itertools.count(1):
                exchange = kind(config)
                order = await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 40_000)
                watching = []
                if exchange.has["watchOrders"]:
                    watching.append(asyncio.ensure_future(exchange.watch_orders()))
                    watching.append(asyncio.ensure_future(exchange.watch_ticker("BTC/USDT")))
                    await exchange.create_order_ws("BTC/USDT", "limit", "buy", 0.01, 40_000)
                    await live(exchange)
                stepped = Stepped(exchange.close(), at, when)
                try:
                    await stepped
                except asyncio.CancelledError:
                    await exchange.close()
                where = f"close() cancelled at step {at}, {when}"
                for task in watching:
                    await asyncio.wait([task], timeout=5)
                    assert task.done(), where
                    assert task.exception() is None or isinstance(task.exception(), ccxt.ExchangeClosedByUser), where
                assert (await exchange.fetch_order(order["id"]))["status"] == "open", where
                await exchange.close()
                await eventually(lambda: not [task for task in asyncio.all_tasks() - before if not _is_of_server(task)])
                if not stepped.hit:
                    break
    assert heard == []


def _is_of_server(task: asyncio.Task[Any]) -> bool:
    """Whether a task is of the sandbox, which lives in this event loop, too."""
    code = getattr(task.get_coro(), "cr_code", None)
    return code is None or "uvicorn" in code.co_filename or "sandbox" in code.co_filename
