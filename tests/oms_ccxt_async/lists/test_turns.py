"""Sharing what is asked in one turn of the event loop."""

from __future__ import annotations

import asyncio

import ccxt
import pytest

from oms_ccxt_async.lists.turns import Turns
from tests.faults.eventually import eventually


class Reader:
    """Reads that end when they are told to."""

    def __init__(self) -> None:
        self.asked: list[set[int]] = []
        self.go = asyncio.Event()
        self.error: ccxt.BaseError | None = None

    async def __call__(self, ids: set[int]) -> str:
        self.asked.append(set(ids))
        await self.go.wait()
        if self.error is not None:
            raise self.error
        return f"read {len(self.asked)}"


async def test_one_turn_is_one_read() -> None:
    """Whoever asks in a turn shares a read, with all their ids; another scope has a read of its own."""
    turns: Turns[str] = Turns()
    reader = Reader()
    reader.go.set()
    asked = [turns.ask("a", reader, number) for number in range(3)]
    *shared, other = await asyncio.gather(*asked, turns.ask("b", reader, 9))
    assert shared == [shared[0]] * 3 != [other] * 3
    assert sorted(reader.asked, key=len) == [{9}, {0, 1, 2}]


async def test_a_read_under_way_is_not_joined() -> None:
    """A question that comes later gets a later answer."""
    turns: Turns[str] = Turns()
    reader = Reader()
    first = asyncio.create_task(turns.ask("a", reader))
    await eventually(lambda: reader.asked)
    second = asyncio.create_task(turns.ask("a", reader))
    await eventually(lambda: len(reader.asked) == 2)
    reader.go.set()
    await asyncio.gather(first, second)
    assert len(reader.asked) == 2


async def test_many_ids_are_split() -> None:
    """No read is asked for more than 500 ids."""
    turns: Turns[str] = Turns()
    reader = Reader()
    reader.go.set()
    await asyncio.gather(*(turns.ask("a", reader, number) for number in range(1001)))
    assert sorted(len(ids) for ids in reader.asked) == [1, 500, 500]


async def test_a_cancelled_caller_leaves_the_others_alone() -> None:
    """The read goes on for the others, even if the one that began it gives up."""
    turns: Turns[str] = Turns()
    reader = Reader()
    callers = [asyncio.create_task(turns.ask("a", reader, number)) for number in range(2)]
    await eventually(lambda: reader.asked)
    callers[0].cancel()
    reader.go.set()
    assert await callers[1] == "read 1"
    with pytest.raises(asyncio.CancelledError):
        await callers[0]


async def test_every_caller_gets_an_error_of_its_own() -> None:
    """What one caller adds to its exception is not seen by another."""
    turns: Turns[str] = Turns()
    reader = Reader()
    reader.error = ccxt.ExchangeError("no")
    reader.go.set()
    first, second = await asyncio.gather(*(turns.ask("a", reader) for _ in range(2)), return_exceptions=True)
    assert isinstance(first, ccxt.ExchangeError)
    assert str(first) == str(second) == "no"
    assert first is not second


async def test_who_asks_alone_reads_itself() -> None:
    """A read that nobody shares ends with its caller."""
    turns: Turns[str] = Turns()
    reader = Reader()
    caller = asyncio.create_task(turns.ask("a", reader))
    await eventually(lambda: reader.asked)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    reader.go.set()
    assert await turns.ask("a", reader) == "read 2"


async def test_a_caller_that_gives_up_at_once_leaves_the_turn_to_the_others() -> None:
    """Whoever has joined is read for, though the first one is gone before anything was asked."""
    turns: Turns[str] = Turns()
    reader = Reader()
    reader.go.set()
    callers = [asyncio.create_task(turns.ask("a", reader, number)) for number in range(3)]
    await asyncio.sleep(0)
    callers[0].cancel()
    assert await asyncio.gather(*callers[1:]) == ["read 1", "read 1"]
    assert callers[0].cancelled()


async def test_closing_ends_the_waiting() -> None:
    """Callers that wait when the exchange is closed get `ExchangeClosedByUser`, not a cancellation."""
    turns: Turns[str] = Turns()
    reader = Reader()
    callers = [asyncio.create_task(turns.ask("a", reader)) for _ in range(2)]
    await eventually(lambda: reader.asked)
    turns.close()
    for caller in callers:
        with pytest.raises(ccxt.ExchangeClosedByUser):
            await caller
