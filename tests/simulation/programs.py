"""Programs as people write them: they wait so long, repeat by reflex, cancel all and quote again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Protocol

import ccxt

from oms_ccxt_async import OrderOutcomeUnknown
from tests.simulation.history import Consumer, History, Intent
from tests.simulation.machines import KEY, PRICE, SYMBOL, Bot, Oms

__all__ = ["PROGRAMS", "Program", "World", "resolve", "watch"]

TRIES = 400
TASK_CALLS = "task per call"


class World(Protocol):
    """What programs see of their simulation.

    Attributes:
        stopping: set when programs shall come to an end: all faults are over.
    """

    rng: random.Random
    history: History
    oms: Oms
    stopping: asyncio.Event

    def amount(self) -> str: ...


Program = Callable[[World, Bot], Coroutine[Any, Any, None]]


def _now() -> float:
    return asyncio.get_running_loop().time()


def _intend(world: World, bot: Bot, kind: str | None = None, side: str | None = None) -> Intent:
    """An order that no other is like: market, resting near or far, or to be refused."""
    rng = world.rng
    side = side or rng.choice(("buy", "sell"))
    kind = kind or rng.choices(("near", "far", "market", "greedy"), (4, 3, 3, 1))[0]
    away = {"near": 2_000, "far": 15_000, "market": 0, "greedy": 1_000}[kind] + rng.randrange(100)
    amount = world.amount()
    if kind == "greedy":
        amount = str(int(amount.partition(".")[2]) + 20_000)
    intent = Intent(
        program=bot.name,
        kind="market" if kind == "market" else "limit",
        side=side,
        amount=amount,
        price=None if kind == "market" else float(PRICE - away if side == "buy" else PRICE + away),
    )
    world.history.intents.append(intent)
    return intent


@asynccontextmanager
async def _hearing(world: World, intent: Intent) -> AsyncIterator[None]:
    """Note what comes out of a call, and let only what no document names go on."""
    intent.hear(_now(), "invoke")
    try:
        yield
    except OrderOutcomeUnknown as error:
        _check_text(world, error)
        intent.hear(_now(), "unknown")
        intent.outcome, intent.asked_as = "unknown", error.client_order_id
        if not error.client_order_id:
            world.history.wrong.append(f"an unknown outcome names no client order id: {error}")
    except ccxt.NetworkError as error:
        _check_text(world, error)
        intent.hear(_now(), f"not sent: {type(error).__name__}")
    except ccxt.ExchangeError as error:
        _check_text(world, error)
        intent.hear(_now(), f"refused: {error}")
        intent.outcome = "refused"
    except TimeoutError:
        intent.hear(_now(), "gave up")


def _check_text(world: World, error: BaseException) -> None:
    """I7 and I8: the key is in no message, and every error says something."""
    if KEY in str(error) or KEY in repr(error):
        world.history.wrong.append(f"the key is in {type(error).__name__}")
    if not str(error):
        world.history.wrong.append(f"{type(error).__name__} says nothing")


def _placed(intent: Intent, order: dict[str, Any]) -> None:
    intent.hear(_now(), "ok")
    intent.outcome, intent.order_id, intent.told = "ok", int(order["id"]), order


async def _within(patience: float | None, call: Awaitable[Any]) -> Any:
    return await (call if patience is None else asyncio.wait_for(call, patience))


async def _create(bot: Bot, intent: Intent, socket: bool = False) -> Any:
    params = {"clientOrderId": intent.client_order_id} if intent.client_order_id else {}
    create = bot.exchange.create_order_ws if socket else bot.exchange.create_order
    return await create(SYMBOL, intent.kind, intent.side, float(intent.amount), intent.price, params)


def _may_stay_unknown(world: World) -> bool:
    """Whether, now that all ways are free, there may be nothing that settles it: then `resolve` has the last word."""
    return world.stopping.is_set() and (world.oms.profile == "legacy" or world.oms.restored)


async def place(world: World, bot: Bot, intent: Intent, *, tries: int = TRIES, socket: bool = False) -> None:
    """Create an order; again and again until something is heard of it."""
    rng = world.rng
    patience = rng.choice((None, None, 0.01, 0.05, 0.3, 1.0, 3.0))
    for number in range(tries):
        if number > 6:
            patience = None  # by now the program waits
        async with _hearing(world, intent):
            try:
                order = await _within(patience, _create(bot, intent, socket))
            except ccxt.DuplicateOrderId:  # of an own id: canceled by somebody else since an earlier attempt
                if intent.client_order_id is None:
                    raise
                order = await bot.exchange.fetch_order("", SYMBOL, {"clientOrderId": intent.client_order_id})
                if order["status"] == "rejected":
                    raise
            _placed(intent, order)
        if intent.outcome in ("ok", "refused"):
            return
        if intent.outcome == "unknown" and _may_stay_unknown(world):
            return
        await asyncio.sleep(rng.uniform(0.0, 0.6) if number < 6 else 1.0)
    intent.outcome = "dropped" if intent.outcome == "open" else intent.outcome


async def resolve(world: World, bot: Bot, intent: Intent) -> None:
    """Once all ways are free, find out what became of an order that was left unknown, by the identical call."""
    if intent.outcome == "unknown":
        async with _hearing(world, intent):
            _placed(intent, await _create(bot, intent))


# -- programs


async def reflex(world: World, bot: Bot) -> None:
    """Orders one after the other, `wait_for` round each, repeated until heard."""
    for _ in range(world.rng.randrange(2, 5)):
        await place(world, bot, _intend(world, bot))
        await asyncio.sleep(world.rng.uniform(0, 2))


async def gatherer(world: World, bot: Bot) -> None:
    """Several orders at once."""
    for _ in range(2):
        await asyncio.gather(*(place(world, bot, _intend(world, bot)) for _ in range(world.rng.randrange(2, 4))))
        await asyncio.sleep(world.rng.uniform(0, 2))


async def per_task(world: World, bot: Bot) -> None:
    """A task for every call, canceled when it takes too long, and made again."""
    rng = world.rng
    for _ in range(3):
        intent = _intend(world, bot)
        for number in range(TRIES):
            call = asyncio.create_task(_create(bot, intent))
            await asyncio.wait([call], timeout=rng.choice((0.02, 0.5, 2.0)) if number < 6 else 20)
            async with _hearing(world, intent):
                if not call.done():
                    call.cancel()
                    await asyncio.wait([call])
                if call.cancelled():
                    raise TimeoutError
                _placed(intent, call.result())
            if intent.outcome in ("ok", "refused"):
                break
            if intent.outcome == "unknown" and _may_stay_unknown(world):
                break
            await asyncio.sleep(rng.uniform(0, 0.5) if number < 6 else 1.0)


async def named(world: World, bot: Bot) -> None:
    """Client order ids of the program's own, the same one at every repeat; by REST and by the socket."""
    for _ in range(3):
        intent = _intend(world, bot)
        intent.client_order_id = f"{bot.name}-{bot.lives}-{intent.amount}"
        await place(world, bot, intent, socket=world.rng.random() < 0.4)
        await asyncio.sleep(world.rng.uniform(0, 1))


async def batcher(world: World, bot: Bot) -> None:
    """Three orders in one call; the identical call until all of them are heard of."""
    rng = world.rng
    for _ in range(2):
        intents = [_intend(world, bot, rng.choice(("near", "far", "market"))) for _ in range(3)]
        wanted = [
            {
                "symbol": SYMBOL,
                "type": intent.kind,
                "side": intent.side,
                "amount": float(intent.amount),
                "price": intent.price,
            }
            for intent in intents
        ]
        patience = rng.choice((None, 0.05, 0.5, 2.0))
        for number in range(TRIES):
            orders: list[dict[str, Any]] = []
            async with _hearing(world, intents[0]):
                orders = await _within(patience if number < 6 else None, bot.exchange.create_orders(wanted))
            for intent, order in zip(intents, orders, strict=False):
                if order["status"] == "rejected":
                    intent.outcome = "refused"
                else:
                    _placed(intent, order)
            if orders or intents[0].outcome == "refused":
                break
            for intent in intents:
                intent.outcome = intents[0].outcome
            if intents[0].outcome == "unknown" and _may_stay_unknown(world):
                break
            await asyncio.sleep(rng.uniform(0, 0.6) if number < 6 else 1.0)


async def quoter(world: World, bot: Bot) -> None:
    """Cancel all, and quote the same two prices again; a round that takes too long is given up for the next one."""
    rng = world.rng
    amounts = {side: world.amount() for side in ("buy", "sell")}
    away = rng.choice((2_000, 15_000))
    prices = {"buy": float(PRICE - away), "sell": float(PRICE + away)}
    world.history.quoted.update({(bot.name, side): amount for side, amount in amounts.items()})
    last, rounds = False, 0
    while True:
        last, rounds = world.stopping.is_set(), rounds + 1
        canceled = await _cancel_all(world, bot, None if last else rng.choice((0.3, 1.0, None)))
        if canceled is None:  # the program has heard that a person has to look
            for side in amounts:
                del world.history.quoted[bot.name, side]
            return
        if not canceled:
            await asyncio.sleep(0.3)
            continue
        quotes = [Intent(bot.name, "limit", side, amounts[side], prices[side]) for side in ("buy", "sell")]
        world.history.intents += quotes
        await asyncio.gather(*(place(world, bot, quote, tries=TRIES if last else 1) for quote in quotes))
        for quote in quotes:
            if quote.outcome in ("open", "unknown") and not last:
                quote.outcome = "dropped"
        if last:
            return
        await asyncio.sleep(rng.uniform(0.5, 3))


async def _cancel_all(world: World, bot: Bot, patience: float | None) -> bool | None:
    """Whether the program heard that all were canceled; None: it heard that some cannot be."""
    try:
        await _within(patience, bot.exchange.cancel_all_orders(SYMBOL))
    except TimeoutError:
        return False
    except ccxt.InvalidOrder as error:
        _check_text(world, error)
        return None
    except ccxt.BaseError as error:
        _check_text(world, error)
        return False
    return True


async def changer(world: World, bot: Bot) -> None:
    """Orders that rest far away; their price is changed, and then they are canceled, each until heard."""
    rng = world.rng
    for _ in range(2):
        intent = _intend(world, bot, "far")
        await place(world, bot, intent)
        if intent.outcome != "ok":
            continue
        for _ in range(2):
            price = float(PRICE + (-1 if intent.side == "buy" else 1) * (16_000 + rng.randrange(1_000)))
            edited = str(intent.order_id), SYMBOL, "limit", intent.side, float(intent.amount), price
            intent.final_price = price if await _until_heard(world, partial(bot.exchange.edit_order, *edited)) else None
            await asyncio.sleep(rng.uniform(0, 1))
        if rng.random() < 0.6:
            cancel = partial(bot.exchange.cancel_order, str(intent.order_id), SYMBOL)
            intent.canceled = await _until_heard(world, cancel)


async def _until_heard(world: World, call: Callable[[], Awaitable[Any]]) -> bool:
    """Repeat a change of an order until it is heard to be done; False if the OMS said no."""
    rng = world.rng
    patience = rng.choice((None, 0.05, 0.5, 2.0))
    for number in range(TRIES):
        try:
            await _within(patience if number < 6 else None, call())
            return True
        except (ccxt.NetworkError, TimeoutError) as error:
            if not isinstance(error, TimeoutError):
                _check_text(world, error)
        except ccxt.ExchangeError as error:
            _check_text(world, error)
            return False
        await asyncio.sleep(rng.uniform(0, 0.5) if number < 6 else 1.0)
    world.history.wrong.append("a change of an order was never heard of")
    return False


async def successor(world: World, bot: Bot) -> None:
    """A program with a journal: a process that comes after one that died asks what became of its orders first."""
    rng = world.rng
    left = [each for each in world.history.intents if each.program == bot.name and each.outcome in ("open", "unknown")]
    recovered: list[dict[str, Any]] = []
    for _ in range(TRIES):
        try:
            recovered = await bot.exchange.recovered_orders()
            break
        except ccxt.NetworkError as error:
            _check_text(world, error)
            await asyncio.sleep(0.5)
    for intent in left:
        await place(world, bot, intent)  # one that the journal knows is answered with its order
    for _ in range(rng.randrange(2, 4) if not recovered or bot.lives < 3 else 1):
        await place(world, bot, _intend(world, bot))
        await asyncio.sleep(rng.uniform(0, 1.5))


PROGRAMS: dict[str, Program] = {
    "reflex": reflex,
    "gatherer": gatherer,
    "per task": per_task,
    "named": named,
    "batcher": batcher,
    "quoter": quoter,
    "changer": changer,
    "successor": successor,
}


# -- loops


async def watch(world: World, bot: Bot, consumer: Consumer, way: str) -> None:
    """Watch fills or orders for ever, as programs do: plainly, slower than they come, with a timeout, or by tasks."""
    rng = random.Random(consumer.name)
    fills = consumer.method == "fills"
    params = {"consumer": consumer.name} if way == TASK_CALLS else {}
    while True:
        call = bot.exchange.watch_my_trades if fills else bot.exchange.watch_orders
        try:
            if way == "timeout":
                batch = await asyncio.wait_for(call(params=params), rng.uniform(0.05, 2))
            elif way == TASK_CALLS:
                batch = await asyncio.create_task(_called(call, params))
            else:
                batch = await call(params=params)
        except TimeoutError:
            continue
        except ccxt.NetworkError as error:
            _check_text(world, error)
            await asyncio.sleep(0.2)
            continue
        for each in batch:
            if fills:
                at = each["info"].get("exchange_trade_id")
                consumer.told.append((int(each["id"]), int(each["order"]), each["amount"], each["price"], at))
            else:
                consumer.told.append((int(each["id"]), each["status"], each["filled"]))
        if way == "slow":
            await asyncio.sleep(rng.random() * 3)


async def _called(call: Callable[..., Awaitable[Any]], params: dict[str, Any]) -> Any:
    return await call(params=params)
