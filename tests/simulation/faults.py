"""What happens to the machines and to the ways between them; every kind is carried out to its end by its name."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, cast

from tests.simulation.machines import PRICE, Abort, Bot, Oms
from tests.simulation.network import Connection, Network, Pipe

__all__ = ["FAULTS", "Field", "carry_out"]


class Field(Protocol):
    """What faults happen to."""

    rng: random.Random
    network: Network
    oms: Oms
    bots: list[Bot]

    async def succeed(self, bot: Bot) -> None:
        """Start a program on a machine that died."""


def _bot(field: Field, rng: random.Random) -> Bot:
    return rng.choice(field.bots)


async def part(field: Field, rng: random.Random) -> None:
    """Nothing arrives, in one direction or in both."""
    bot = _bot(field, rng)
    directions = rng.choice(("both", "both", "there", "back"))
    field.network.part(bot.address, field.oms.address, cast(Any, directions))
    await asyncio.sleep(rng.choice((0.3, 1.0, 3.0, 7.0)) * rng.uniform(0.7, 1.3))
    field.network.heal()


async def reset(field: Field, rng: random.Random) -> None:
    """Every connection breaks; what was sent gets there, late or never."""
    for bot in field.bots:
        for connection in field.network.between(bot.address, field.oms.address):
            connection.cut(rng.choice((None, 0.0, rng.uniform(0.1, 5))), rng.uniform(0, 2))


async def _meddle(field: Field, seconds: float, meddler: Callable[[Pipe, bytes | None], Any]) -> None:
    field.network.meddlers.append(meddler)
    try:
        await asyncio.sleep(seconds)
    finally:
        field.network.meddlers.remove(meddler)


async def lose_answers(field: Field, rng: random.Random) -> None:
    """The OMS does what it is asked; its answers get lost, whole or after some bytes."""

    def meddle(pipe: Pipe, data: bytes | None) -> Any:
        if pipe.direction != "down" or pipe.connection.kind == "ws" or not data or rng.random() > 0.5:
            return None
        pipe.connection.cut(0.0, rng.uniform(0, 1))
        return []

    await _meddle(field, rng.uniform(1, 5), meddle)


async def cut_answers(field: Field, rng: random.Random) -> None:
    """Answers end after some of their bytes."""

    ended: set[int] = set()

    def meddle(pipe: Pipe, data: bytes | None) -> Any:
        if pipe.direction == "down" and pipe.connection.number in ended:
            return []
        if pipe.direction != "down" or not data or rng.random() > 0.4:
            return None
        ended.add(pipe.connection.number)
        field.network.loop.call_later(0.01, pipe.connection.cut, 0.0, 0.1, context=pipe.sender.context)
        return [data[: rng.randrange(1, len(data) + 1)]]

    await _meddle(field, rng.uniform(1, 4), meddle)


async def late_answers(field: Field, rng: random.Random) -> None:
    """Answers take seconds."""
    bot = _bot(field, rng)
    way = (field.oms.address, bot.address)
    field.network.delay[way] = rng.choice((0.4, 1.5, 3.0, 6.0))
    await asyncio.sleep(rng.uniform(1, 4))
    field.network.delay.pop(way, None)


async def late_requests(field: Field, rng: random.Random) -> None:
    """A request's connection breaks at once for who sent it; the request arrives, after seconds."""

    def meddle(pipe: Pipe, data: bytes | None) -> Any:
        if pipe.direction != "up" or not data or rng.random() > 0.5:
            return None
        pipe._put(data)
        late = rng.choice((0.0, 0.5, rng.uniform(1, 8)))
        _hold_back(pipe.connection, late)
        return []

    await _meddle(field, rng.uniform(1, 4), meddle)


def _hold_back(connection: Connection, late: float) -> None:
    """Break a connection, and have what is on its way to the server arrive late."""
    pipe, loop = connection.up, connection.network.loop
    waiting = list(pipe._way)
    pipe._way.clear()
    connection.cut(None, late + 0.5)
    pipe.size = 0

    def arrive() -> None:
        for data in waiting:
            connection.network.note(pipe, data)
            pipe.receiver.arrived(data)

    connection.network.late_until = max(connection.network.late_until, loop.time() + late + 0.002)
    loop.call_later(late + 0.002, arrive, context=pipe.receiver.context)


async def repeat_requests(field: Field, rng: random.Random) -> None:
    """Something on the way sends commands a second time, which a full OMS recognises; a legacy one could not."""
    if field.oms.profile == "legacy":
        await lose_answers(field, rng)
        return
    seen: dict[int, bytes] = {}

    def meddle(pipe: Pipe, data: bytes | None) -> Any:
        number = pipe.connection.number
        if pipe.connection.kind == "ws" or not data:
            return None
        if pipe.direction == "up":
            seen[number] = seen.get(number, b"") + data
        else:
            request = seen.pop(number, b"")
            if request.startswith(b"POST /oms/commands") and rng.random() < 0.6:
                field.network.loop.call_later(
                    rng.choice((0.0, 0.1, 2.0)), field.network.replay, pipe.connection, request
                )
        return None

    await _meddle(field, rng.uniform(2, 6), meddle)


async def refuse(field: Field, rng: random.Random) -> None:
    """Connections are refused."""
    field.network.refusing.add(field.oms.address)
    if rng.random() < 0.6:
        await reset(field, rng)
    await asyncio.sleep(rng.uniform(0.2, 3))
    field.network.refusing.discard(field.oms.address)


async def slow(field: Field, rng: random.Random) -> None:
    """Everything takes longer."""
    for bot in field.bots:
        for way in ((bot.address, field.oms.address), (field.oms.address, bot.address)):
            field.network.delay[way] = rng.uniform(0.01, 0.7)
    await asyncio.sleep(rng.uniform(1, 5))
    field.network.delay.clear()


async def crash(field: Field, rng: random.Random) -> None:
    """The OMS's process dies, and is started again."""
    field.oms.crash()
    await field.oms.restart(rng.choice((0.05, 0.5, 3.0)))


async def abort(field: Field, rng: random.Random) -> None:
    """The OMS breaks off at a commit, before it or after it, by itself or with its process."""
    how: Abort = rng.choice(("crash before", "crash after", "break before", "break after"))
    field.oms.abort(how)
    await asyncio.sleep(rng.uniform(0.5, 4))
    field.oms.abort(None)
    await field.oms.restart(0.1)


async def break_down(field: Field, rng: random.Random) -> None:
    """A legacy OMS breaks down, before the exchange did what it was asked or after; a full one at a commit."""
    if field.oms.profile == "full":
        await abort(field, rng)
    elif field.oms.up:
        oms = field.oms.sandbox.oms
        ordered = rng.choice((oms.break_down_before_exchange, oms.break_down_after_exchange))
        ordered(rng.choice(("list index out of range", "", "insufficient memory")), times=rng.randrange(1, 3))


async def clock_of_oms(field: Field, rng: random.Random) -> None:
    """The OMS's clock steps."""
    field.oms.step_clock(rng.choice((-3_600, -30, -2, 2, 30, 3_600)))


async def clock_of_bot(field: Field, rng: random.Random) -> None:
    """A bot's clock steps, at most a day away from the right time."""
    _bot(field, rng).set_clock(rng.choice((-80_000, -3_600, -30, 0, 30, 3_600, 80_000)))


async def prune(field: Field, rng: random.Random) -> None:
    """The OMS forgets events while somebody who needs them is away."""
    field.network.refusing.add(field.oms.address)
    await reset(field, rng)
    await asyncio.sleep(rng.uniform(0.3, 3))
    if field.oms.up:
        field.oms.sandbox.prune_events(rng.choice((0, 0, 1, 5)))
    field.network.refusing.discard(field.oms.address)


async def restore(field: Field, rng: random.Random) -> None:
    """The OMS's data are put back to what they were a while ago."""
    field.oms.back_up()
    await asyncio.sleep(rng.uniform(0.5, 5))
    await field.oms.restore()


async def meddle_events(field: Field, rng: random.Random) -> None:
    """Events come twice, or in another order, or not at all."""
    what = rng.choice(("twice", "swap", "lose"))
    if what == "lose" and field.oms.profile == "legacy":
        what = "twice"  # its events have no numbers by which one could be missed
    kept: dict[int, bytes] = {}

    def meddle(pipe: Pipe, data: bytes | None) -> Any:
        if pipe.direction != "down" or pipe.connection.kind != "ws" or not data or data[0] != 0x81:
            return None
        held = kept.pop(pipe.connection.number, None)
        if held is not None:
            return [data, held]
        if rng.random() > 0.4:
            return None
        if what == "twice":
            return [data, data]
        field.oms.unordered = True
        if what == "swap":
            kept[pipe.connection.number] = data
            field.network.loop.call_later(0.5, late, pipe)
        return []

    def late(pipe: Pipe) -> None:
        held = kept.pop(pipe.connection.number, None)
        if held is not None and not pipe.broken:
            pipe._put(held)

    await _meddle(field, rng.uniform(1, 4), meddle)


async def bot_dies(field: Field, rng: random.Random) -> None:
    """A bot's process dies, and is started again on its disk."""
    bot = _bot(field, rng)
    if bot.host.alive:
        bot.crash()
        await asyncio.sleep(rng.uniform(0.05, 2))
        await field.succeed(bot)


async def market(field: Field, rng: random.Random) -> None:
    """The market moves, so that orders fill; no fault."""
    for _ in range(rng.randrange(1, 4)):
        field.oms.move(rng.choice((PRICE - 4_000, PRICE, PRICE + 4_000)))
        await asyncio.sleep(rng.uniform(0.05, 1))
    field.oms.move(PRICE)


FAULTS: dict[str, Callable[[Field, random.Random], Awaitable[None]]] = {
    each.__name__: each
    for each in (
        part,
        reset,
        lose_answers,
        cut_answers,
        late_answers,
        late_requests,
        repeat_requests,
        refuse,
        slow,
        crash,
        abort,
        break_down,
        clock_of_oms,
        clock_of_bot,
        prune,
        restore,
        meddle_events,
        bot_dies,
        market,
    )
}


async def carry_out(field: Field, kind: str, seed: int) -> None:
    """Have a fault happen, to its end."""
    await FAULTS[kind](field, random.Random(seed))
