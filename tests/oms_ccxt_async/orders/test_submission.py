"""What an answer proves of an order, and what is remembered. The conversations themselves are in `tests/faults`."""

from __future__ import annotations

import logging
from collections import deque
from typing import Any

import ccxt
import pytest

from oms_ccxt_async import OrderOutcomeUnknown, errors
from oms_ccxt_async.orders import submission as room
from oms_ccxt_async.orders.intents import Accepted, Memory, Timing
from oms_ccxt_async.orders.submission import Submissions
from oms_ccxt_async.wire.account import AccountFacts
from oms_ccxt_async.wire.transport import Request
from tests.oms_ccxt_async.orders.test_intents import intent
from tests.oms_ccxt_async.support import ccxt_class

BUILT = intent("x")
REQUEST = BUILT.request
DUPLICATE = {"code": "duplicate_client_order_id", "message": "x", "order_id": 7}


class Oms:
    """An OMS that answers commands by a script and has the rows it is given: transport, account and lists in one."""

    answered = staticmethod(errors.answered)

    def __init__(
        self, *, features: frozenset[str], answers: list[Any], rows: dict[str, dict[str, Any]] | None = None
    ) -> None:
        self.facts_ = AccountFacts("paper", "hedge", features, {})
        self.answers = deque(answers)
        self.rows = rows or {}
        self.sent: list[bytes | None] = []
        self.looks = 0

    async def send(self, request: Request) -> dict[str, Any]:
        self.sent.append(request.body)
        answer = self.answers.popleft() if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return {"results": answer}

    async def facts(self) -> AccountFacts:
        return self.facts_

    async def by_client_order_id(self, keys: set[str], *_: Any) -> dict[str, dict[str, Any]]:
        self.looks += 1
        return {key: row for key in keys for name, row in self.rows.items() if name in ("*", key)}


class Clock:
    """Time that passes only while somebody sleeps, in milliseconds."""

    def __init__(self) -> None:
        self.now = 1_800_000_000_000.0

    def __call__(self) -> int:
        return int(self.now)

    async def sleep(self, ms: float) -> None:
        self.now += ms


def submissions(oms: Oms, memory: Memory | None = None) -> tuple[Submissions, Clock]:
    """Submissions to that OMS, in a time that nobody waits for."""
    clock = Clock()
    ids = iter(f"{number:032x}" for number in range(10**9))
    made = Submissions(
        oms,  # type: ignore[arg-type]
        oms,  # type: ignore[arg-type]
        oms,  # type: ignore[arg-type]
        clock=clock,
        monotonic=lambda: clock.now,
        sleep=clock.sleep,
        new_id=lambda: next(ids),
        logger=logging.getLogger("test"),
        timing=Timing(),
        memory=memory or Memory(),
    )
    return made, clock


def build(request_id: str, key: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The same order every time, but for its ids."""
    payload = {**BUILT.command["payload"], "client_order_id": key}
    return {**BUILT.command, "request_id": request_id, "payload": payload}, {}


FULL = frozenset({"by_ids", "idempotency"})
LEGACY: frozenset[str] = frozenset()
TAKEN = [{"index": 0, "ok": True, "command_id": 1, "order_id": 5, "error": None}]
LOST = errors.lost("the answer was cut off", asked="x")
UNSENT = errors.no_answer("no connection", asked="x")
REFUSED = errors.answered(400, {"code": "internal_error", "message": "insufficient balance"}, asked="x")
NO_KEY = errors.answered(401, {"code": "invalid_api_key", "message": "invalid_api_key"}, asked="x")
TAKEN_ID = errors.answered(409, DUPLICATE, asked="x")
ROW = {"id": 5, "status": "SUBMITTED", "exchange_order_id": "9", "created_at": "2027-01-15T08:00:00"}
PENDING = {**ROW, "status": "PENDING_SUBMIT", "exchange_order_id": None}
REJECTED = {**ROW, "status": "REJECTED"}


@pytest.mark.parametrize(
    ("features", "answers", "row", "key", "expected", "sent"),
    [
        (FULL, [TAKEN], None, None, 5, 1),
        (LEGACY, [TAKEN], None, None, 5, 1),
        (FULL, [REFUSED], None, None, ccxt.InsufficientFunds, 1),
        (LEGACY, [REFUSED], None, None, ccxt.InsufficientFunds, 1),
        (FULL, [UNSENT], None, None, ccxt.ExchangeNotAvailable, 1),
        (LEGACY, [UNSENT], None, None, ccxt.ExchangeNotAvailable, 1),
        (FULL, [NO_KEY], None, None, ccxt.AuthenticationError, 1),
        # In doubt: a full OMS is sent the very same again, a legacy one is only asked.
        (FULL, [LOST, TAKEN], None, None, 5, 2),
        (FULL, [LOST, REFUSED], None, None, ccxt.InsufficientFunds, 2),
        (FULL, [LOST, UNSENT, LOST, TAKEN], None, None, 5, 4),
        (LEGACY, [LOST], ROW, None, 5, 1),
        (LEGACY, [LOST], None, None, OrderOutcomeUnknown, 1),
        (LEGACY, [LOST], PENDING, None, OrderOutcomeUnknown, 1),
        (LEGACY, [LOST], REJECTED, None, ccxt.InvalidOrder, 1),
        # Who asks and by which way says nothing of an order that may have been taken before.
        (FULL, [LOST, NO_KEY], None, None, OrderOutcomeUnknown, None),
        # A taken id is the order itself if nobody else can have had it.
        (FULL, [TAKEN_ID], None, None, 7, 1),
        (FULL, [TAKEN_ID], None, "mine", ccxt.DuplicateOrderId, 1),
        # A success that names no order is not believed.
        (LEGACY, [[{"ok": True, "order_id": None}]], ROW, None, 5, 1),
        (LEGACY, [[]], ROW, None, 5, 1),
        (LEGACY, [[{"ok": True, "order_id": "5"}]], None, None, OrderOutcomeUnknown, 1),
    ],
)
async def test_outcome(
    features: frozenset[str],
    answers: list[Any],
    row: dict[str, Any] | None,
    key: str | None,
    expected: Any,
    sent: int | None,
) -> None:
    """Each answer leads to the outcome that it proves, and to no more requests than it may."""
    oms = Oms(features=features, answers=answers, rows={} if row is None else {"*": row})
    made, _ = submissions(oms)
    if isinstance(expected, int):
        assert (await made.place(build, REQUEST, key, None)).order_id == expected
    else:
        with pytest.raises(expected) as caught:
            await made.place(build, REQUEST, key, None)
        assert ccxt_class(caught.value) is expected
    assert sent is None or len(oms.sent) == sent
    assert len(set(oms.sent)) == 1, "what is sent again is the very same"


async def test_settling_is_bounded_and_backs_off() -> None:
    """An outcome that cannot be settled is pursued for its window, ever more rarely."""
    oms = Oms(features=LEGACY, answers=[LOST])
    made, clock = submissions(oms)
    began = clock.now
    with pytest.raises(OrderOutcomeUnknown):
        await made.place(build, REQUEST, None, None)
    assert 8_000 < clock.now - began <= 10_000
    assert 8 <= oms.looks <= 16


async def test_pending_order_is_rejected_when_its_time_is_over() -> None:
    """An order that the exchange never acknowledged counts as rejected after `pendingSubmitTimeout` (fact 10)."""
    oms = Oms(features=LEGACY, answers=[LOST], rows={"*": PENDING})
    made, clock = submissions(oms)
    with pytest.raises(OrderOutcomeUnknown) as caught:
        await made.place(build, REQUEST, None, None)
    clock.now += 61_000
    with pytest.raises(ccxt.InvalidOrder, match="never acknowledged"):
        await made.settle(caught.value.client_order_id)


async def test_memory_is_bounded_and_keeps_what_is_unsettled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settled orders are forgotten in time, an order of unknown outcome is not."""
    monkeypatch.setattr(room, "REMEMBERED", 10)
    memory = Memory()
    oms = Oms(features=LEGACY, answers=[LOST, TAKEN])
    made, _ = submissions(oms, memory)
    with pytest.raises(OrderOutcomeUnknown) as caught:
        await made.place(build, REQUEST, "first", None)
    for _ in range(50):
        await made.place(build, REQUEST, None, None)
    assert len(memory.known) <= 11
    assert memory.unknown == [caught.value.client_order_id] == ["first"]


async def test_adoption_ends_with_its_window() -> None:
    """An unanswered order is taken for an identical one for `adoptWindow` only."""
    oms = Oms(features=LEGACY, answers=[LOST])
    made, clock = submissions(oms)
    with pytest.raises(OrderOutcomeUnknown):
        await made.place(build, REQUEST, None, None)
    with pytest.raises(OrderOutcomeUnknown):
        await made.place(build, REQUEST, None, None)
    assert len(oms.sent) == 1
    clock.now += 300_000
    with pytest.raises(OrderOutcomeUnknown):
        await made.place(build, REQUEST, None, None)
    assert len(oms.sent) == 2


async def test_batch_that_never_left_is_one_error() -> None:
    """A batch of which nothing was sent raises once; none of its orders exists."""
    oms = Oms(features=FULL, answers=[UNSENT])
    made, _ = submissions(oms)
    with pytest.raises(ccxt.ExchangeNotAvailable):
        await made.place_all([(build, REQUEST, None, None)] * 2)


async def test_batch_tells_each_of_its_own() -> None:
    """Each order of a batch has its own outcome, in the order they were given."""
    error = {"code": "internal_error", "message": "insufficient balance"}
    results = [*TAKEN, {"index": 1, "ok": False, "order_id": None, "error": error}]
    made, _ = submissions(Oms(features=LEGACY, answers=[results]))
    first, second = await made.place_all([(build, REQUEST, None, None)] * 2)
    assert isinstance(first, Accepted)
    assert first.order_id == 5
    assert isinstance(second, ccxt.InsufficientFunds)
