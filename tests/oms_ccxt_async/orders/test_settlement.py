"""What an answer proves of an order, and how doubt is settled. The conversations themselves are in `tests/faults`."""

from __future__ import annotations

import asyncio
from typing import Any

import ccxt
import pytest

from oms_ccxt_async import OrderOutcomeUnknown, errors
from oms_ccxt_async.orders.intents import Accepted
from tests.oms_ccxt_async.orders.support import (
    LOST,
    NO_KEY,
    PENDING,
    REFUSED,
    REJECTED,
    ROW,
    TAKEN,
    TAKEN_ID,
    UNSENT,
    Desk,
    Script,
    asked,
    batch,
    taken,
)
from tests.oms_ccxt_async.support import ccxt_class


@pytest.mark.parametrize(
    ("full", "answers", "row", "key", "expected", "sent"),
    [
        (True, [TAKEN], None, None, 5, 1),
        (False, [TAKEN], None, None, 5, 1),
        (True, [REFUSED], None, None, ccxt.InsufficientFunds, 1),
        (False, [REFUSED], None, None, ccxt.InsufficientFunds, 1),
        (True, [UNSENT], None, None, ccxt.ExchangeNotAvailable, 1),
        (False, [UNSENT], None, None, ccxt.ExchangeNotAvailable, 1),
        (True, [NO_KEY], None, None, ccxt.AuthenticationError, 1),
        # In doubt: a full OMS is sent the very same again, a legacy one is only asked.
        (True, [LOST, TAKEN], None, None, 5, 2),
        (True, [LOST, REFUSED], None, None, ccxt.InsufficientFunds, 2),
        (True, [LOST, UNSENT, LOST, TAKEN], None, None, 5, 4),
        (False, [LOST], ROW, None, 5, 1),
        (False, [LOST], None, None, OrderOutcomeUnknown, 1),
        (False, [LOST], PENDING, None, OrderOutcomeUnknown, 1),
        (False, [LOST], REJECTED, None, ccxt.InvalidOrder, 1),
        # Who asks and by which way says nothing of an order that may have been taken before.
        (True, [LOST, NO_KEY], None, None, OrderOutcomeUnknown, None),
        # A taken id is the order itself if nobody else can have had it.
        (True, [TAKEN_ID], None, None, 7, 1),
        (True, [TAKEN_ID], None, "mine", ccxt.DuplicateOrderId, 1),
        # Nor does it that the order cannot be found: somebody may have placed it, and looked for it too early.
        (False, [errors.answered(400, {"code": "order_not_found"}, asked="x")], ROW, None, 5, 1),
        # A success that names no order is not believed.
        (False, [[{"index": 0, "ok": True, "order_id": None}]], ROW, None, 5, 1),
        (False, [[{"index": 0, "ok": None, "order_id": 5}]], None, None, OrderOutcomeUnknown, 1),
        (False, [[{"index": 0, "ok": True, "order_id": "5"}]], None, None, OrderOutcomeUnknown, 1),
        (False, [[{"ok": True, "order_id": 5}]], None, None, OrderOutcomeUnknown, 1),
        (False, [[{"index": 0, "ok": None, "error": {"code": "order_not_found"}}]], ROW, None, 5, 1),
        (False, [[]], ROW, None, 5, 1),
        # What stands under the user's id is compared with what was sent.
        (False, [LOST], ROW, "mine", 5, 1),
        (False, [LOST], {**ROW, "symbol": "ETH/USDT"}, "mine", OrderOutcomeUnknown, 1),
        (False, [LOST], {**ROW, "side": "sell"}, "mine", OrderOutcomeUnknown, 1),
        (False, [LOST], {**ROW, "qty": "0.02"}, "mine", OrderOutcomeUnknown, 1),
        (False, [LOST], {**ROW, "order_type": "market"}, "mine", OrderOutcomeUnknown, 1),
        (False, [LOST], {**ROW, "created_at": "2027-01-15T07:00:00"}, "mine", OrderOutcomeUnknown, 1),
        # An OMS whose clock is hours behind does not hide an order under an id of ours.
        (False, [LOST], {**ROW, "created_at": "2027-01-15T01:00:00"}, None, 5, 1),
        # What is neither an answer nor a refusal of ccxt's (fault 55) leaves the order in doubt.
        (False, [BrokenPipeError()], ROW, None, 5, 1),
    ],
)
async def test_outcome(
    full: bool, answers: list[Any], row: dict[str, Any] | None, key: str | None, expected: Any, sent: int | None
) -> None:
    """Each answer leads to the outcome that it proves, and to no more requests than it may."""
    script = Script(full=full, answers=answers, rows={} if row is None else {"*": row})
    desk = Desk(script)
    if isinstance(expected, int):
        assert (await desk.create(key)).order_id == expected
    else:
        with pytest.raises(expected) as caught:
            await desk.create(key)
        assert ccxt_class(caught.value) is expected
    assert sent is None or len(script.sent) == sent
    assert len({tuple(each) for each in script.sent}) == 1, "what is sent again is the very same"


async def test_settling_is_bounded_and_backs_off() -> None:
    """An outcome that cannot be settled is pursued for its window, ever more rarely."""
    desk = Desk(Script(full=False, answers=[LOST]))
    began = desk.now
    with pytest.raises(OrderOutcomeUnknown):
        await desk.create()
    assert 19_000 < desk.now - began <= 20_000, "the request's time and the window's"
    assert 8 <= desk.script.looks <= 30


async def test_doubtful_orders_share_their_looks() -> None:
    """Fifty orders in one outage cost about as many looks as one."""
    desk = Desk(Script(full=False, answers=[LOST]))
    outcomes = await asyncio.gather(*(desk.create(amount=str(1 + n)) for n in range(50)), return_exceptions=True)
    assert all(isinstance(outcome, OrderOutcomeUnknown) for outcome in outcomes)
    assert desk.script.looks <= 31


async def test_looks_are_paid_for() -> None:
    """With an empty purse an order in doubt gets one look before its deadline, and no more."""
    desk = Desk(Script(full=False, answers=[LOST], rows={"*": ROW}), pay=lambda: False)
    assert (await desk.create()).order_id == 5
    assert desk.script.looks == 1


async def test_batch_tells_each_of_its_own() -> None:
    """Each order of a batch has its own outcome: by the index of its result, wherever that stands."""
    error = {"code": "internal_error", "message": "insufficient balance"}
    results = [{"index": 1, "ok": False, "order_id": None, "error": error}, taken(5, 0), "nonsense", taken(6, 2)]
    desk = Desk(Script(full=False, answers=[results]))
    first, second, third = await batch(desk, asked(), asked(), asked())
    assert isinstance(first, Accepted)
    assert isinstance(second, ccxt.InsufficientFunds)
    assert isinstance(third, Accepted)
    assert (first.order_id, third.order_id) == (5, 6)


async def test_an_unreadable_result_leaves_its_order_in_doubt() -> None:
    """The others are believed, and a refusal that comes later counts only by its own word."""
    desk = Desk(Script(full=False, answers=[[taken(5, 0), {"index": 1}]]))
    first, second = await batch(desk, asked(), asked())
    assert isinstance(first, Accepted)
    assert isinstance(second, OrderOutcomeUnknown)
    assert desk.script.looks > 1
