"""To whom an order's outcome is told, and which order answers which call."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ccxt
import orjson
import pytest

from oms_ccxt_async import OrderOutcomeUnknown, errors
from oms_ccxt_async.orders.intents import Accepted, Intent
from oms_ccxt_async.orders.submission import Standing
from tests.faults.eventually import eventually
from tests.oms_ccxt_async.orders.support import (
    LOST,
    REFUSED,
    REJECTED,
    ROW,
    TAKEN,
    Desk,
    Script,
    asked,
    batch,
    taken,
)
from tests.oms_ccxt_async.orders.test_intents import intent, replaced


async def test_unknown_is_settled_by_asking_and_nothing_is_sent() -> None:
    """`resolve` asks, even an OMS that would recognise the repeat; calls at the same time share the search."""
    desk = Desk(Script(full=True, answers=[LOST]))
    with pytest.raises(OrderOutcomeUnknown) as caught:
        await desk.create()
    key, sent, looks = caught.value.client_order_id, len(desk.script.sent), desk.script.looks
    desk.script.rows = {key: ROW}

    async def resolve() -> Accepted:
        with desk.submissions.call() as call:
            return await desk.submissions.resolve(call, key)

    assert [found.order_id for found in await asyncio.gather(resolve(), resolve())] == [5, 5]
    assert (len(desk.script.sent), desk.script.looks) == (sent, looks + 1)
    assert desk.book.unknown == []


async def test_who_gives_up_leaves_the_search_to_the_others() -> None:
    """Of two that ask after an order at the same time one is cancelled, and the other is told."""
    desk = Desk(Script(full=False, answers=[LOST]))
    with pytest.raises(OrderOutcomeUnknown) as caught:
        await desk.create()
    key = caught.value.client_order_id

    async def resolve() -> Accepted:
        with desk.submissions.call() as call:
            return await desk.submissions.resolve(call, key)

    looked, look = asyncio.Event(), desk.script.look

    async def noticed(intents: Sequence[Intent]) -> Any:
        looked.set()
        return await look(intents)

    desk.script.look = noticed  # type: ignore[method-assign]
    first, second = asyncio.create_task(resolve()), asyncio.create_task(resolve())
    await looked.wait()
    first.cancel()
    await asyncio.wait([first])
    desk.script.rows = {key: ROW}
    assert (await second).order_id == 5


async def test_who_gives_up_takes_nothing_along() -> None:
    """A create that is cancelled while its order is on the way leaves it on the way: the repeat is told of it."""
    script = Script(full=False, answers=[TAKEN])
    desk, arrives = Desk(script), asyncio.Event()
    send = script.send

    async def slowly(intents: Sequence[Intent], may_repeat: Any = None) -> list[Any]:
        await arrives.wait()
        return await send(intents, may_repeat)

    script.send = slowly  # type: ignore[method-assign]
    create = asyncio.create_task(desk.create())
    await asyncio.sleep(0.01)
    create.cancel()
    await asyncio.wait([create])
    arrives.set()
    assert (await desk.create()).order_id == 5
    assert len(script.sent) == 1


async def test_five_new_and_one_abandoned_are_five_orders() -> None:
    """Each identical create gets an order of its own: one takes over the abandoned one, four are sent."""
    desk = Desk(Script(full=False, answers=[[taken(number)] for number in range(5, 10)]))
    await desk.abandon()
    found = await asyncio.gather(*(desk.create() for _ in range(5)))
    assert sorted(each.order_id for each in found) == [5, 6, 7, 8, 9]
    assert len(desk.script.sent) == 5


@pytest.mark.parametrize(
    ("standing", "swept", "order_id"),
    [
        (Standing("row", over=False, filled=False), False, 5),
        (Standing("row", over=False, filled=True), False, 5),
        (Standing("row", over=True, filled=True), False, 5),
        (Standing("row", over=True, filled=False), False, 6),
        (Standing("row", over=True, filled=True), True, 6),
        (Standing("row", over=False, filled=True), True, 5),
    ],
)
async def test_an_abandoned_order_answers_as_it_stands(standing: Standing, swept: bool, order_id: int) -> None:
    """It is read first: live or filled it answers, canceled with nothing filled it does not."""
    desk = Desk(Script(full=False, answers=[[taken(5)], [taken(6)]]))
    await desk.abandon()
    desk.standing = standing
    for made in desk.book.live:
        made.swept = swept
    found = await desk.create()
    assert found.order_id == order_id
    assert found.row == ("row" if order_id == 5 else None)
    assert (await desk.create()).order_id == 6, "it is handed out once"


@pytest.mark.parametrize("standing", [None, errors.lost("x", asked="x")])
async def test_an_abandoned_order_that_cannot_be_read_is_not_passed_over(standing: Any) -> None:
    """Nothing is sent, the program is told, and a later repeat is answered by it."""
    desk = Desk(Script(full=False, answers=[TAKEN]))
    await desk.abandon()
    desk.standing = standing
    with pytest.raises(OrderOutcomeUnknown, match="it is order 5"):
        await desk.create()
    assert len(desk.script.sent) == 1
    desk.standing = Standing("row", over=False, filled=False)
    assert (await desk.create()).order_id == 5


async def test_a_refused_abandoned_order_is_sent_anew() -> None:
    """What does not exist answers nothing."""
    desk = Desk(Script(full=False, answers=[LOST, TAKEN]))
    with pytest.raises(OrderOutcomeUnknown):
        await desk.create()
    desk.script.rows = {"*": REJECTED}
    assert (await desk.create()).order_id == 5
    assert len(desk.script.sent) == 2


async def test_adoption_ends_with_its_window() -> None:
    """An unanswered order is taken for an identical one for `adoptWindow` only."""
    desk = Desk(Script(full=False, answers=[LOST]))
    for _ in range(2):
        with pytest.raises(OrderOutcomeUnknown):
            await desk.create()
    assert len(desk.script.sent) == 1
    desk.now += 300_000
    with pytest.raises(OrderOutcomeUnknown):
        await desk.create()
    assert len(desk.script.sent) == 2


async def test_one_client_order_id_at_the_same_time_is_one_order() -> None:
    """Of two creates with the user's id one is placed and the other is told that it is a duplicate."""
    desk = Desk(Script(full=False, answers=[TAKEN]))
    outcomes = await asyncio.gather(desk.create("7"), desk.create("7"), return_exceptions=True)
    assert [type(outcome).__name__ for outcome in outcomes] == ["Accepted", "DuplicateOrderId"]
    with pytest.raises(ccxt.DuplicateOrderId) as caught:
        await desk.create("7")
    assert caught.value.order_id == "5"
    assert len(desk.script.sent) == 1


async def test_a_refused_client_order_id_can_be_used_again() -> None:
    """A second create that waited for the first is sent when that was refused."""
    desk = Desk(Script(full=False, answers=[REFUSED, TAKEN]))
    first, second = await asyncio.gather(desk.create("7"), desk.create("7", "0.02"), return_exceptions=True)
    assert isinstance(first, ccxt.InsufficientFunds)
    assert isinstance(second, Accepted)


async def test_one_id_twice_in_a_batch_is_sent_once() -> None:
    """The second is a duplicate before anything is sent."""
    desk = Desk(Script(full=False, answers=[TAKEN]))
    first, second = await batch(desk, asked("7"), asked("7"))
    assert isinstance(first, Accepted)
    assert isinstance(second, ccxt.DuplicateOrderId)
    assert [len(each) for each in desk.script.sent] == [1]


async def test_a_cancelled_batch_is_found_again() -> None:
    """The identical batch is answered by the orders of the abandoned one, each once."""
    desk = Desk(Script(full=False, answers=[[taken(5, 0), taken(6, 1)]]))
    waiting = asyncio.create_task(batch(desk, asked(), asked()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    found = await batch(desk, asked(), asked())
    assert [each.order_id for each in found if isinstance(each, Accepted)] == [5, 6]
    assert len(desk.script.sent) == 1


async def test_every_teller_has_an_exception_of_its_own() -> None:
    """Two who are told the same outcome do not share its traceback."""
    desk = Desk(Script(full=False, answers=[LOST]))
    told = []
    for _ in range(2):
        with pytest.raises(OrderOutcomeUnknown) as caught:
            await desk.create("7")
        told.append(caught.value)
    assert told[0] is not told[1]
    assert desk.book.unknown == ["7"]


async def test_ending_tells_whoever_waits() -> None:
    """What is under way when the exchange ends is unknown to its caller, who was not cancelled."""
    script = Script(full=False, answers=[TAKEN])
    never = asyncio.Event()

    async def hang(*_: Any) -> list[Any]:
        await never.wait()
        return []

    script.send = hang  # type: ignore[assignment]
    desk = Desk(script)
    create = asyncio.create_task(desk.create())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    desk.submissions.end()
    assert len(desk.book.unknown) == 1, "known at once, without a turn of the event loop"
    with pytest.raises(OrderOutcomeUnknown, match="closed"):
        await create


async def test_looking_up_an_earlier_process_outlives_its_caller(tmp_path: Path) -> None:
    """A create that is cancelled while the journal's orders are looked up takes the look-up not along."""
    made = replaced(intent("left"), began=1_800_000_000_000 - 10**9)
    (tmp_path / "journal").write_bytes(orjson.dumps({"intent": "left", **made.record()}) + b"\n")
    script = Script(full=False, answers=[TAKEN])
    release = asyncio.Event()
    looked = 0

    async def recall(intents: Sequence[Intent]) -> list[tuple[Intent, Any]]:
        nonlocal looked
        looked += 1
        await release.wait()
        return [(each, Accepted(3, each)) for each in intents]

    desk = Desk(script, journal=tmp_path / "journal", recall=recall)
    create = asyncio.create_task(desk.create())
    await eventually(lambda: looked)
    create.cancel()
    await asyncio.wait([create])
    release.set()
    assert (await desk.create()).order_id == 5
    assert looked == 1
    assert [each["id"] for each in desk.book.recovered] == ["3"]
    desk.submissions.end()
