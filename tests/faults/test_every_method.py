"""Every public coroutine, cancelled at each of its awaits and called again: the OMS has what one call makes of it.

Which methods there are is found by looking at the classes, and where they wait by stepping them, so that a new method,
or a new await of an old one, is not forgotten.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, get_args

import ccxt
import pytest

import oms_ccxt_async
import oms_ccxt_pro
from oms_ccxt_async.wire.gateway import PASSED_THROUGH, RELATIVE
from tests.faults.desk import Desk
from tests.faults.methods import EXCLUDED, SWAP, WAITING, arguments, public_coroutines
from tests.faults.plan import on
from tests.faults.stepping import Stepped, When

EVERYTHING = sorted(public_coroutines(oms_ccxt_pro.oms) - EXCLUDED.keys())
CALLED = [name for name in EVERYTHING if not name.startswith(WAITING)]
READS = [name for name in CALLED if name.startswith(("fetch_", "load_", "sign_", "is_", "fetch2"))]
CREATES = [name for name in CALLED if name.startswith("create_") and name not in PASSED_THROUGH and "order" in name]
CHANGES = [name for name in CALLED if name.startswith(("edit_", "cancel_"))]
POSITIONS = ["close_all_positions", "close_by", "close_position", "merge_positions", "set_position_stops"]
POSITIONS = [name for name in POSITIONS if name in EVERYTHING]
OTHERS = sorted({*CALLED} - {*READS, *CREATES, *CHANGES, *POSITIONS, *RELATIVE})


@contextlib.asynccontextmanager
async def pro(made: Desk, **options: Any) -> AsyncIterator[Any]:
    """A pro exchange past the proxy, its markets loaded; nothing is left over when it is closed."""
    config = made.sandbox.config(account_id=1)
    config["options"] |= {"settleTimeout": 2_000, "reconcile": 20, **options}
    async with oms_ccxt_pro.oms(config) as exchange:
        await exchange.load_markets()
        yield exchange


@contextlib.contextmanager
def complaints() -> Iterator[list[str]]:
    """What the event loop complains of: exceptions that nobody retrieved, hooks that raised."""
    loop, heard = asyncio.get_running_loop(), list[str]()
    before = loop.get_exception_handler()
    loop.set_exception_handler(lambda _, context: heard.append(str(context)))
    try:
        yield heard
    finally:
        loop.set_exception_handler(before)


@dataclass
class Seen:
    """What came of a call.

    Attributes:
        told: what the program got: the ids of orders, or of what type it was.
        made: the ids of the orders that are new at the OMS.
        effect: what is another than before: new orders without their ids, fields of old ones, open positions.
        hit: whether there was such a step at which to cancel.
        steps: how often the call waited.
    """

    told: Any = None
    made: list[int] = field(default_factory=list)
    effect: Any = None
    hit: bool = False
    steps: int = 0


Context = dict[str, Any]
Prepare = Callable[[Any], Awaitable[Context]]


async def nothing(_: Any) -> Context:
    return {}


async def an_order(exchange: Any) -> Context:
    """An order that rests, under all the words by which methods ask for one."""
    key = exchange.uuid()
    order = await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 40_000, {"clientOrderId": key})
    request = {"id": order["id"], "symbol": "BTC/USDT", "type": "limit", "side": "buy", "amount": 0.02, "price": 40_000}
    return {
        "id": order["id"],
        "ids": [order["id"]],
        "clientOrderId": key,
        "clientOrderIds": [key],
        "order": order,
        "orders": [request],
    }


async def positions(exchange: Any) -> Context:
    """Two positions on one side and one on the other, the only ones that are open."""
    await exchange.close_all_positions()
    for side in ("buy", "buy", "sell"):
        await exchange.create_order(SWAP, "market", side, 0.01)
    first, second, other = sorted(await exchange.fetch_positions(), key=lambda each: int(each["id"]))
    return {
        "position_id": first["id"],
        "position_id_a": first["id"],
        "position_id_b": other["id"],
        "source_position_id": first["id"],
        "target_position_id": second["id"],
        "side": "short",
    }


async def played(made: Desk, exchange: Any, name: str, prepare: Prepare, at: int, when: When) -> Seen:
    """Call a method, cancel it at a step, call it again, and see what came of that."""
    context = await prepare(exchange)
    given = arguments(type(exchange), name, context)
    if name == "close_position":
        given |= {"symbol": SWAP, "side": context["side"]}
    before = {row["id"]: row for row in await made.orders()}
    held = await _positions(made)
    seen = Seen()
    stepped = Stepped(getattr(exchange, name)(**given), at, when)
    try:
        try:
            told = await stepped
        except asyncio.CancelledError:
            told = await getattr(exchange, name)(**given)
    except ccxt.BaseError as error:
        told = type(error)
    seen.hit, seen.steps = stepped.hit, stepped.steps
    assert exchange.unknown_orders() == []
    orders = told if isinstance(told, list) else [told]
    is_order = all(isinstance(order, dict) and "clientOrderId" in order for order in orders)
    seen.told = [int(order["id"]) for order in orders if order["id"]] if is_order else told
    after = {row["id"]: row for row in await made.orders()}
    seen.made = sorted(after.keys() - before.keys())
    fields = ("symbol", "side", "order_type", "qty", "price", "status")
    new = sorted(tuple(str(after[key][each]) for each in fields) for key in seen.made)
    changed = sorted(
        (each, str(after[key][each])) for key in before for each in fields if before[key][each] != after[key][each]
    )
    now = await _positions(made)
    seen.effect = new, changed, (sorted((held - now).elements()), sorted((now - held).elements()))
    return seen


async def _positions(made: Desk) -> Counter[tuple[str, ...]]:
    """The open positions, as far as methods change them."""
    fields = ("symbol", "side", "qty", "stop_loss", "stop_gain")
    return Counter(tuple(str(row[each]) for each in fields) for row in await made.ledger.positions())


async def every_step(
    made: Desk, exchange: Any, name: str, prepare: Prepare = nothing
) -> AsyncIterator[tuple[Seen, Seen, str]]:
    """For each step of a method: what comes of it undisturbed, and cancelled there, and which step that is."""
    with complaints() as heard:
        undisturbed = await played(made, exchange, name, prepare, 0, "before")
        for when in get_args(When):
            for at in itertools.count(1):
                seen = await played(made, exchange, name, prepare, at, when)
                yield undisturbed, seen, f"{name}() cancelled at step {at}, {when}"
                if not seen.hit:
                    break
        assert heard == [], name


def test_no_method_is_forgotten() -> None:
    """What a program can await is in one of the lists here, or left out for a reason; so is that of the async class."""
    assert not EXCLUDED.keys() - public_coroutines(oms_ccxt_pro.oms)
    tested = {*READS, *CREATES, *CHANGES, *POSITIONS, *RELATIVE, *OTHERS}
    assert {*EVERYTHING} == {*tested, *(name for name in EVERYTHING if name.startswith(WAITING))}
    assert len(EVERYTHING) > 250
    alone = public_coroutines(oms_ccxt_async.oms) - public_coroutines(oms_ccxt_pro.oms)
    assert alone == set()


def test_what_the_async_class_has_of_its_own_waits_for_nothing() -> None:
    """Its methods are those of the pro class, but for streams and sockets, which it refuses before it waits."""
    ours, theirs = oms_ccxt_async.oms, oms_ccxt_pro.oms
    own = [
        name
        for name in public_coroutines(ours)
        if inspect.unwrap(getattr(ours, name)).__code__ is not _code(theirs, name)
    ]
    exchange = oms_ccxt_async.oms({"apiKey": "key", "options": {"account_id": 1, "base_url": "http://127.0.0.1:1"}})
    for name in own:
        assert name.startswith(("watch_", "un_watch_", "close")) or name.endswith("_ws"), name
        if name == "close":
            continue
        stepped = Stepped(getattr(exchange, name)(), 1)
        with pytest.raises(ccxt.NotSupported):
            stepped.__await__().send(None)
        assert stepped.steps == 0


def _code(kind: type, name: str) -> Any:
    return inspect.unwrap(getattr(kind, name)).__code__


@pytest.mark.timeout(180)
async def test_reads(full: Desk) -> None:
    """A read that is cancelled and repeated tells what it tells undisturbed, and makes nothing."""
    waited = 0
    async with pro(full) as exchange:
        order = await an_order(exchange)

        async def prepare(_: Any) -> Context:
            return order

        for name in READS:
            async for undisturbed, seen, where in every_step(full, exchange, name, prepare):
                assert (type(seen.told), seen.effect) == (type(undisturbed.told), undisturbed.effect), where
                assert seen.effect[:2] == ([], []), where
                waited += seen.hit
    assert waited > 2 * len(READS) * 3 / 4


@pytest.mark.timeout(180)
async def test_creates(either: Desk) -> None:
    """A create that is cancelled and repeated makes the orders that one call makes, and tells their ids."""
    placed = 0
    async with pro(either) as exchange:
        for name in CREATES:
            async for undisturbed, seen, where in every_step(either, exchange, name):
                assert seen.effect[:2] == undisturbed.effect[:2], where
                if isinstance(undisturbed.told, type):
                    assert seen.told == undisturbed.told, where
                else:
                    assert sorted(seen.told) == seen.made, where
                    placed += seen.hit
    assert placed > len(CREATES) / 2


@pytest.mark.timeout(180)
async def test_changes(either: Desk) -> None:
    """An edit or a cancel that is cancelled and repeated has done what one call does."""
    async with pro(either) as exchange:
        for name in CHANGES:
            await exchange.cancel_all_orders()
            async for undisturbed, seen, where in every_step(either, exchange, name, an_order):
                assert seen.effect == undisturbed.effect, where
                if not name.startswith("cancel_all"):  # what is canceled already is not canceled by the repeat
                    assert type(seen.told) is type(undisturbed.told), where


@pytest.mark.timeout(180)
async def test_positions(either: Desk) -> None:
    """What closes, merges or guards positions has, cancelled and repeated, done it once."""
    async with pro(either) as exchange:
        for name in POSITIONS:
            async for undisturbed, seen, where in every_step(either, exchange, name, positions):
                assert seen.effect[2] == undisturbed.effect[2], (where, seen)
                assert len(seen.made) == len(undisturbed.made), (where, seen)


async def test_what_the_exchange_cannot_do_twice(full: Desk) -> None:
    """A transfer, a withdrawal and their like reach the exchange once or not at all by a call that is cancelled."""
    async with pro(full, base_url=full.proxy.url) as exchange:

        async def sent(name: str, at: int, when: When) -> tuple[int, bool]:
            stepped = Stepped(getattr(exchange, name)(**arguments(type(exchange), name, {})), at, when)
            with contextlib.suppress(asyncio.CancelledError, ccxt.ExchangeError):
                await stepped
            await exchange.fetch_time()  # what was sent before has arrived before this has
            return sum(map(on("POST", f"/ccxt/*/{name}"), full.proxy.requests)), stepped.hit

        for name in RELATIVE:
            reached, _ = await sent(name, 0, "before")
            assert reached == 1, name
            for when in get_args(When):
                for at in itertools.count(1):
                    before = reached
                    reached, hit = await sent(name, at, when)
                    assert reached - before <= 1, f"{name}() cancelled at step {at}, {when}"
                    if not hit:
                        break
        transfers = await exchange.fetch_transfers()
        assert len(transfers) == sum(map(on("POST", "/ccxt/*/transfer"), full.proxy.requests))


@pytest.mark.timeout(180)
async def test_others(full: Desk) -> None:
    """Settings and reconciliations, cancelled and repeated, leave orders and positions alone."""
    async with pro(full) as exchange:
        for name in OTHERS:
            async for undisturbed, seen, where in every_step(full, exchange, name):
                assert (type(seen.told), seen.effect) == (type(undisturbed.told), undisturbed.effect), where
