"""Edits of one order: one after the other, and none is sent again when a newer one has begun."""

from __future__ import annotations

import asyncio

from oms_ccxt_async.orders.edits import Edits


async def test_one_after_the_other() -> None:
    """A newer edit waits for an older one, which is not sent again from then on."""
    edits = Edits()
    order: list[str] = []
    release = asyncio.Event()

    async def old() -> None:
        async with edits.turn(7) as edit:
            assert edit.may_repeat()
            await release.wait()
            assert not edit.may_repeat()
            order.append("old")

    async def new() -> None:
        async with edits.turn(7) as edit:
            order.append("new")
            assert edit.is_late, "what was sent of the old one may still arrive"

    first = asyncio.create_task(old())
    await asyncio.sleep(0)
    second = asyncio.create_task(new())
    await asyncio.sleep(0)
    assert order == []
    release.set()
    await asyncio.gather(first, second)
    assert order == ["old", "new"]


async def test_a_clean_edit_leaves_no_trace() -> None:
    """The next one need not be confirmed, and edits of other orders do not wait."""
    edits = Edits()
    async with edits.turn(7) as edit, edits.turn(8) as other:
        assert not edit.is_late
        assert not other.is_late
    async with edits.turn(7) as edit:
        assert not edit.is_late
    assert edits.doubtful == {}


async def test_a_cancelled_edit_gives_up_its_turn() -> None:
    """Whoever waits behind it goes on."""
    edits = Edits()

    async def never() -> None:
        async with edits.turn(7):
            await asyncio.Event().wait()

    stuck = asyncio.create_task(never())
    await asyncio.sleep(0)
    stuck.cancel()
    async with asyncio.timeout(1), edits.turn(7):
        pass
