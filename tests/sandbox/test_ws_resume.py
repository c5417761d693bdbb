"""From where on a WebSocket client hears: what it missed, what it is shown first, and no seam between them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.sandbox.commands import execute
from oms_ccxt_async.sandbox.rows import Event
from oms_ccxt_async.sandbox.schemas import TaggedCommand
from oms_ccxt_async.sandbox.storage import Window
from oms_ccxt_async.sandbox.ws import BATCH
from tests.sandbox.conftest import Client
from tests.sandbox.ws_client import closing, ids, place, still_there, talking, tell, tell_one_by_one


async def test_resume_sends_what_was_missed(client: Client) -> None:
    """What was committed while a client was away is sent again, in order, instead of a snapshot."""
    async with talking(client.sandbox) as talk:
        epoch = (await talk.subscribe())["payload"]["epoch"]
        last = (await talk.until(tell(client.sandbox, 3)))[-1]["event_id"]
    newest = tell(client.sandbox, 2 * BATCH + 7)
    async with talking(client.sandbox) as talk:
        answer = await talk.subscribe(from_event_id={"1": last}, epoch=epoch, with_snapshot=True)
        missed = await talk.until(newest)
    assert answer["event"] == "subscribed"
    assert ids(missed) == list(range(last + 1, newest + 1))


async def test_resume_has_no_seam(client: Client) -> None:
    """What is committed while the replay is being sent comes once, after it, however many resume at the same time."""
    epoch = client.sandbox.oms.events.epoch
    tell(client.sandbox, 5 * BATCH)

    async def resume(after: int) -> list[int]:
        async with talking(client.sandbox) as talk:
            await talk.subscribe(from_event_id={"1": after}, epoch=epoch)
            return ids(await talk.until(5 * BATCH + 200))

    resuming = [resume(after) for after in (0, 1, BATCH, 5 * BATCH)]
    *found, _ = await asyncio.gather(*resuming, tell_one_by_one(client.sandbox, 200))
    assert found == [list(range(after + 1, 5 * BATCH + 201)) for after in (0, 1, BATCH, 5 * BATCH)]


async def test_resume_across_restart(tmp_path: Path) -> None:
    """Ids and epoch are those of the database: another server process takes up where the last one was."""
    database = tmp_path / "oms.sqlite"
    async with Sandbox(database=database, api_key="key") as sandbox, talking(sandbox) as talk:
        epoch = (await talk.subscribe())["payload"]["epoch"]
        tell(sandbox, 5)
        await talk.until(3)
    async with Sandbox(database=database, api_key="key") as sandbox, talking(sandbox) as talk:
        await talk.subscribe(from_event_id={"1": 3}, epoch=epoch)
        assert ids(await talk.until(5)) == [4, 5]


@pytest.mark.parametrize(
    ("after", "epoch"), [(2, "another"), (2, None), (6, "same"), (0, "same"), (-1, "same"), (2**62, "same")]
)
async def test_resume_refused(client: Client, after: int, epoch: str | None) -> None:
    """Another epoch, an id that is yet to come and one whose successors are gone are told; nothing is subscribed."""
    sandbox = client.sandbox
    tell(sandbox, 5)
    with sandbox.oms.storage.transaction():
        sandbox.oms.storage.delete(Event, account_id=1, window=Window("event_id", 0, 2))
    async with talking(sandbox) as talk:
        epoch = sandbox.oms.events.epoch if epoch == "same" else epoch
        answer = await talk.subscribe(from_event_id={"1": after}, epoch=epoch)
        assert (answer["ok"], answer["event"]) == (False, "resync_required")
        tell(sandbox, 1)
        assert (await talk.ask("ping"))["event"] == "pong"
        assert talk.heard == []
        assert (await talk.subscribe(from_event_id={"1": 1}, epoch=sandbox.oms.events.epoch))["ok"]
        assert ids(await talk.until(6)) == [2, 3, 4, 5, 6]


@pytest.fixture
def long_history(client: Client, monkeypatch: pytest.MonkeyPatch) -> str:
    """200 events of account 1, more than all buffers on the way hold, replayed one by one; the epoch."""
    monkeypatch.setattr("oms_ccxt_async.sandbox.ws.BATCH", 1)
    with client.sandbox.oms.transaction([1]):
        for _ in range(200):
            client.sandbox.oms.events.append(1, "something", text="x" * 100_000)
    return client.sandbox.oms.events.epoch


async def test_replay_waits_for_the_client(client: Client, long_history: str) -> None:
    """A replay comes at the pace of who reads it, however slow, and is whole."""
    async with talking(client.sandbox, max_queue=1) as talk:
        await talk.subscribe(from_event_id={"1": 0}, epoch=long_history)
        async with talking(client.sandbox) as other:
            for _ in range(200):
                await still_there(other)
        assert ids(await talk.until(200)) == list(range(1, 201))


async def test_history_ends_during_replay(client: Client, long_history: str) -> None:
    """A client that takes longer than events are kept is disconnected rather than left with a gap."""
    storage = client.sandbox.oms.storage
    async with talking(client.sandbox, max_queue=1) as talk:
        await talk.subscribe(from_event_id={"1": 0}, epoch=long_history)
        with storage.transaction():
            storage.delete(Event, account_id=1, window=Window("event_id", 0, 200))
        assert await closing(talk) == (1013, "the events to come are no longer kept")


async def test_subscribing_again_has_no_seam(client: Client) -> None:
    """A client that subscribes again and again while events are committed gets each of them once, in order."""
    async with talking(client.sandbox) as talk:
        await talk.subscribe()
        writing = asyncio.create_task(tell_one_by_one(client.sandbox, 300))
        while not writing.done():
            await talk.subscribe(with_snapshot=True)
        assert ids(await talk.until(300)) == list(range(1, 301))


async def test_snapshot_and_events_have_no_seam(client: Client) -> None:
    """An order that is placed while snapshots are being sent is in the snapshot or in an event, never in both."""
    oms = client.sandbox.oms
    tell(client.sandbox, 1)
    key, commands = client.sandbox.keys["trader"], TypeAdapter[Any](TaggedCommand)

    async def place_orders() -> None:
        for number in range(100):
            await execute(oms, key, commands.validate_python({**place(str(number)), "account_id": 2}))
            await asyncio.sleep(0)

    async with talking(client.sandbox) as talk:
        placing = asyncio.create_task(place_orders())
        await talk.subscribe(3, 1, 2, with_snapshot=True)
        await placing
        done = await talk.event("snapshot_done")
        last_told = done["payload"]["accounts"][-1]["event_id"]
        told: list[int] = []
        while last_told + len(told) < 100:  # one event an order
            told.append((await talk.event("order_submitted"))["payload"]["order_id"])
    shown = [
        row["id"]
        for message in talk.heard
        if message["event"] == "snapshot_open_orders"
        for row in message["payload"]["items"]
    ]
    assert shown + told == list(range(1, 101))


async def test_resume_from_before_a_prune_is_a_resync(client: Client) -> None:
    """Who resumes from before what was pruned is told so, at once and by number; who has it all goes on."""
    for _ in range(3):
        tell(client.sandbox, 1)
    epoch = client.sandbox.oms.events.epoch
    client.sandbox.prune_events()
    async with talking(client.sandbox) as talk:
        for number in (0, 2):
            answer = await talk.subscribe(from_event_id={"1": number}, epoch=epoch)
            assert (answer["ok"], answer["event"]) == (False, "resync_required")
        assert (await talk.subscribe(from_event_id={"1": 3}, epoch=epoch))["event"] == "subscribed"
        tell(client.sandbox, 1)
        assert ids(await talk.until(4)) == [4]
