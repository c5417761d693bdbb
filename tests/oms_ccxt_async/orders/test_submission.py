"""What an answer proves of an order, and to whom it is told. The conversations themselves are in `tests/faults`."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import ccxt
import pytest
from ccxt.base.errors import BaseError

from oms_ccxt_async import OrderOutcomeUnknown, errors
from oms_ccxt_async.orders.intents import Accepted, Book, Intent, Timing
from oms_ccxt_async.orders.journal import Keeper
from oms_ccxt_async.orders.settlement import Settlement
from oms_ccxt_async.orders.submission import Asked, Standing, Submissions
from oms_ccxt_async.orders.ways import is_of, is_pending
from tests.oms_ccxt_async.orders.test_intents import intent
from tests.oms_ccxt_async.support import ccxt_class

BUILT = intent("x")
DUPLICATE = {"code": "duplicate_client_order_id", "message": "x", "order_id": 7}


class Script:
    """A way to an OMS that answers by a script and has the rows it is given."""

    def __init__(self, *, full: bool, answers: list[Any], rows: dict[str, dict[str, Any]] | None = None) -> None:
        self.full = full
        self.answers = deque(answers)
        self.rows = rows or {}
        self.sent: list[list[str]] = []
        self.looks = 0

    async def recognises_repeats(self) -> bool:
        return self.full

    async def send(self, intents: Sequence[Intent], may_repeat: Callable[[], bool] | None = None) -> list[Any]:
        self.sent.append([made.request_id for made in intents])
        await asyncio.sleep(0)
        answer = self.answers.popleft() if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, list)
        return answer

    async def look(self, intents: Sequence[Intent]) -> list[tuple[Intent, Accepted | BaseError]]:
        self.looks += 1
        found: list[tuple[Intent, Accepted | BaseError]] = []
        for made in intents:
            row = self.rows.get(made.client_order_id) or self.rows.get("*")
            if row is not None and is_of(made, row) and not is_pending(row):
                rejected = row["status"] == "REJECTED"
                found.append((made, errors.InvalidOrder("rejected") if rejected else Accepted(row["id"], made)))
        return found


class Desk:
    """Submissions over a script, in a time that passes only while somebody sleeps."""

    def __init__(self, script: Script, *, pay: Callable[[], bool] = lambda: True) -> None:
        self.script = script
        self.now = 1_800_000_000_000.0
        self.wall = self.now
        self.book = Book()
        self.standing: Standing | BaseError | None = Standing({"id": 5}, over=False, filled=False)
        ids = iter(f"{number:032x}" for number in range(10**9))
        shared: Any = {
            "clock": lambda: int(self.wall),
            "monotonic": lambda: self.now,
            "logger": logging.getLogger("test"),
        }
        self.settlement = Settlement({None: script}, self.book, Timing(), sleep=self.sleep, pay=pay, **shared)
        self.submissions = Submissions(
            self.settlement,
            self.book,
            Keeper(lambda: None, lambda: False),
            Timing(),
            read=self.read,
            recall=script.look,
            idempotent=script.recognises_repeats,
            newest=lambda: 0,
            timeout=lambda: 10_000,
            where=lambda: "http://oms",
            new_id=lambda: next(ids),
            **shared,
        )

    async def sleep(self, ms: float) -> None:
        self.now += ms
        self.wall += ms
        await asyncio.sleep(0)

    async def read(self, _: Accepted) -> Standing | None:
        if isinstance(self.standing, BaseError):
            raise self.standing
        return self.standing

    async def create(self, client_order_id: str | None = None, amount: str = "0.01") -> Accepted:
        """As `create_order` does: place it, and return."""
        with self.submissions.call() as call:
            return await self.submissions.place(call, asked(client_order_id, amount))

    async def abandon(self, client_order_id: str | None = None) -> None:
        """As a `create_order` does that is cancelled after the OMS has taken the order."""
        with contextlib.suppress(asyncio.CancelledError), self.submissions.call() as call:
            await self.submissions.place(call, asked(client_order_id))
            raise asyncio.CancelledError


def asked(client_order_id: str | None = None, amount: str = "0.01") -> Asked:
    """The same order every time, but for its ids."""

    def build(request_id: str, key: str) -> tuple[dict[str, Any], dict[str, Any]]:
        payload = {**BUILT.command["payload"], "qty": amount, "client_order_id": key}
        return {**BUILT.command, "request_id": request_id, "payload": payload}, {}

    return Asked(build, BUILT.request, client_order_id, None)


def taken(order_id: int = 5, index: int = 0) -> dict[str, Any]:
    """The result of a command that placed an order."""
    return {"index": index, "ok": True, "command_id": 1, "order_id": order_id, "error": None}


TAKEN = [taken()]
LOST = errors.lost("the answer was cut off", asked="x")
UNSENT = errors.no_answer("no connection", asked="x")
REFUSED = errors.answered(400, {"code": "internal_error", "message": "insufficient balance"}, asked="x")
NO_KEY = errors.answered(401, {"code": "invalid_api_key", "message": "invalid_api_key"}, asked="x")
TAKEN_ID = errors.answered(409, DUPLICATE, asked="x")
ROW = {
    "id": 5,
    "status": "SUBMITTED",
    "exchange_order_id": "9",
    "created_at": "2027-01-15T08:00:00",
    "symbol": "BTC/USDT",
    "side": "buy",
    "order_type": "limit",
    "qty": "0.010000000000000000",
}
PENDING = {**ROW, "status": "PENDING_SUBMIT", "exchange_order_id": None}
REJECTED = {**ROW, "status": "REJECTED"}


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
        # A success that names no order is not believed.
        (False, [[{"index": 0, "ok": True, "order_id": None}]], ROW, None, 5, 1),
        (False, [[{"index": 0, "ok": None, "order_id": 5}]], None, None, OrderOutcomeUnknown, 1),
        (False, [[{"index": 0, "ok": True, "order_id": "5"}]], None, None, OrderOutcomeUnknown, 1),
        (False, [[{"ok": True, "order_id": 5}]], None, None, OrderOutcomeUnknown, 1),
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


async def batch(desk: Desk, *orders: Asked) -> list[Accepted | BaseError]:
    """As `create_orders` does."""
    with desk.submissions.call() as call:
        return await desk.submissions.place_all(call, orders)


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
    with pytest.raises(OrderOutcomeUnknown, match="closed"):
        await create
    assert len(desk.book.unknown) == 1
