"""What became of orders: answers judged, and doubt settled, for all doubtful orders of an exchange together.

An answer that proves nothing leaves its intents in doubt. One task looks for all of them, with one look (or, on an OMS
that recognises repeats, one repeat) a turn for everybody: at once, then after ever longer waits, until each is settled
or its deadline has come. Turns are paid from the purse that retries are paid from; an intent for which the purse had
nothing gets one look before its deadline all the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

from ccxt.base.errors import (
    AuthenticationError,
    BaseError,
    DuplicateOrderId,
    ExchangeClosedByUser,
    NotSupported,
    OrderNotFound,
)

from oms_ccxt_async import errors
from oms_ccxt_async.errors import Fate, OrderOutcomeUnknown, fate_of
from oms_ccxt_async.instrumentation.telemetry import Log
from oms_ccxt_async.orders.intents import Accepted, Book, Intent, State, Timing
from oms_ccxt_async.orders.ways import Way

__all__ = ["Settlement", "unknown"]

KEPT = 23 * 3_600_000
"""Extension 2: a request_id is kept for at least 24 hours; an hour of that is ours to be late in."""
LAST_LOOK = 1_000
"""Milliseconds before its deadline at which an intent gets a look that the purse did not pay for."""


class Settlement:
    """Sends intents and finds out what became of them.

    Args:
        ways: by an intent's route, the way that it goes; under None the one of all others.
        book: where intents are kept.
        timing: how long things are waited for.
        clock: the wall clock, in epoch milliseconds.
        monotonic: a monotonic clock, in milliseconds.
        sleep: how to wait, in milliseconds.
        pay: pays for one more request from the purse of retries; False when it is empty.
        answered: the exception for an error of the OMS, as `errors.answered` makes it.
        logger: where outcomes that nobody waits for are told.
    """

    def __init__(
        self,
        ways: Mapping[Any, Way],
        book: Book,
        timing: Timing,
        *,
        clock: Callable[[], int],
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[Any]],
        pay: Callable[[], bool],
        answered: Callable[..., BaseError],
        logger: Log,
    ) -> None:
        self._ways = ways
        self._others = ways.keys() - {None}  # their ids are the exchange's, and may be any text
        self._book = book
        self._timing = timing
        self._clock = clock
        self._monotonic = monotonic
        self._sleep = sleep
        self._pay = pay
        self._answered = answered
        self._logger = logger
        # The intents whose fate is being found out, each with whether its command may be sent again.
        self._doubtful: dict[Intent, bool] = {}
        # Those of them that have had a look.
        self._looked: set[Intent] = set()
        # By intent, the callers that wait until its fate is settled or given up.
        self._waiting: dict[Intent, list[asyncio.Future[None]]] = {}
        self._settling: asyncio.Task[None] | None = None
        self._sending: set[asyncio.Task[None]] = set()
        # The intents that are being sent, or whose fate is being found out.
        self._pursued: set[Intent] = set()

    # What callers do

    def start(self, intents: Sequence[Intent]) -> None:
        """Send new intents with one request, in a task of its own: a caller that gives up does not take it along."""
        for intent in intents:
            self._book.sent(intent)
            self._pursued.add(intent)
        task = asyncio.create_task(self._send(intents))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    def pursue(self, intent: Intent, deadline: float, *, repeat: bool) -> None:
        """Find out what became of an intent, until a monotonic time in milliseconds.

        Args:
            repeat: whether its command may be sent again, where the OMS recognises that. A caller that only asks after
                an order must not place it.
        """
        if intent.state is State.UNKNOWN:  # the program asks again
            intent.exchange_at = 0
        self._book.doubt(intent)
        self._pursued.add(intent)
        intent.deadline = max(intent.deadline, deadline)
        self._doubtful[intent] = self._doubtful.get(intent, False) or repeat
        if self._settling is None or self._settling.done():
            self._settling = asyncio.create_task(self._settle())

    def is_pursued(self, intent: Intent) -> bool:
        """Whether its fate is being found out."""
        return intent in self._pursued

    async def settled(self, intents: Iterable[Intent]) -> None:
        """Wait until the fate of each is known or given up, which it is by its deadline. Cancelling changes nothing."""
        for intent in intents:
            if self.is_pursued(intent):
                waiter = asyncio.get_running_loop().create_future()
                self._waiting.setdefault(intent, []).append(waiter)
                await waiter

    async def drain(self, within: float) -> None:
        """Wait for what is under way, at most so many milliseconds; then give up what is not settled."""
        tasks = self._tasks
        try:
            if tasks:
                await asyncio.wait(tasks, timeout=within / 1000)
        finally:
            self.end()

    def end(self) -> None:
        """Give up, now, what is not settled."""
        for task in self._tasks:
            task.cancel()
        for intent in self._book.live:
            self._give_up(intent, "the exchange was closed first")

    @property
    def _tasks(self) -> list[asyncio.Task[None]]:
        return [*self._sending, *([self._settling] if self._settling is not None else [])]

    # Sending

    async def _send(self, intents: Sequence[Intent]) -> None:
        try:
            await self._sent(intents)
        except asyncio.CancelledError:
            for intent in intents:
                self._give_up(intent, "the exchange was closed first")
            raise
        for intent in intents:
            if intent.is_open:
                self.pursue(intent, intent.deadline, repeat=True)
            else:
                self._tell(intent)

    async def _sent(self, intents: Sequence[Intent], may_repeat: Callable[[], bool] | None = None) -> None:
        """Send intents of one route, and judge the answer."""
        way = self._ways.get(intents[0].route) or self._ways[None]
        try:
            results = await way.send(intents, may_repeat)
        except BaseError as error:
            self._judge(intents, error)
        except Exception:
            # Not the OMS's word, but that of a hook or of a log handler (fault 55): the order may have been taken.
            told = "%s: the answer could not be taken; the order is looked for", intents[0].asked
            self._logger.exception(*told, **_about(intents))
            for intent in intents:
                self._book.doubt(intent)
        else:
            self._take(intents, results)

    def _take(self, intents: Sequence[Intent], results: Any) -> None:
        """Believe the results of the commands, each by its index; what makes no sense leaves doubt."""
        rows = [row for row in results if isinstance(row, dict)] if isinstance(results, list) else []
        by_index = {row["index"]: row for row in rows if type(row.get("index")) is int}
        for index, intent in enumerate(intents):
            row = by_index.get(index, {})
            order_id = row.get("order_id")
            if row.get("ok") is True and (type(order_id) is int or (order_id and intent.route in self._others)):
                self._book.place(intent, Accepted(order_id, intent, row, row.get("order")))
            elif row.get("ok") is False and row.get("error") is not None:
                self._judge([intent], self._answered(None, row["error"], asked=intent.asked, symbol=intent.symbol))
            else:
                self._book.doubt(intent)

    def _judge(self, intents: Sequence[Intent], error: BaseError) -> None:
        """What an error answer proves of the orders that it was the answer to."""
        facts, fate = errors.facts_of(error), fate_of(error)
        results = facts.detail.get("results") if isinstance(facts.detail, dict) else None
        if len(intents) > 1 and isinstance(results, list) and len(results) == len(intents):
            self._take(intents, results)
            return
        for intent in intents:
            # An order that is not found is no word on a new one: whoever looks for it has placed it before.
            if facts.doubted or fate is Fate.UNKNOWN or isinstance(error, OrderNotFound):
                self._book.doubt(intent)
            if intent.own_id and isinstance(error, DuplicateOrderId) and facts.order_id is not None:
                # Only this intent ever had that id.
                self._book.place(intent, Accepted(int(facts.order_id), intent))
            elif not intent.doubted or (fate is Fate.REFUSED and _is_verdict(error)):
                self._book.refuse(intent, error)
            else:
                self._book.doubt(intent)

    # Settling

    async def _settle(self) -> None:
        """Turn by turn, until nothing is in doubt."""
        wait = self._timing.poll
        try:
            while self._doubtful:
                turn = asyncio.create_task(self._turn())
                try:
                    # A turn may last longer than somebody's deadline; it ends when nobody waits for it any more.
                    while not turn.done() and self._doubtful:
                        left = min(intent.deadline for intent in self._doubtful) - self._monotonic()
                        await asyncio.wait({turn}, timeout=max(left, 1) / 1000)
                        self._end_of_turn()
                finally:
                    turn.cancel()
                if self._doubtful:
                    now = self._monotonic()
                    await self._sleep(max(1, min(wait, self._next(now) - now)))
                    wait = min(wait * 2, 1_000)
        finally:
            for intent in list(self._doubtful):
                self._give_up(intent, "the exchange was closed first")

    def _end_of_turn(self) -> None:
        """Tell those whose fate is settled, and those whose deadline has come."""
        now = self._monotonic()
        for intent in list(self._doubtful):
            if not intent.is_open:
                self._tell(intent)
            elif now >= intent.deadline:
                self._give_up(intent, f"unsettled after {self._timing.settle:.0f} ms")

    async def _turn(self) -> None:
        """One repeat and one look for everybody, if that can be paid for or is somebody's last chance."""
        now = self._monotonic()
        intents = [intent for intent in self._doubtful if intent.is_open]
        late = any(now >= intent.deadline - self._lead for intent in intents if intent not in self._looked)
        if not self._pay() and not late:
            return
        self._looked.update(intents)
        try:
            for way, group in self._by_way(intents):
                await self._ask(way, group)
        except (ExchangeClosedByUser, AuthenticationError) as error:
            for intent in intents:
                self._give_up(intent, str(error))
        except BaseError as error:
            self._logger.info("%d orders are still in doubt: %s", len(intents), error, **_about(intents))
        except Exception:
            self._logger.exception("%d orders are still in doubt", len(intents), **_about(intents))

    async def _ask(self, way: Way, intents: Sequence[Intent]) -> None:
        """Send again what may be sent again, and look for the rest."""
        if await way.recognises_repeats():
            again = [intent for intent in intents if self._may_repeat(intent)]
            for route in {intent.route for intent in again}:
                await self._repeat([intent for intent in again if intent.route == route])
        missing = [intent for intent in intents if intent.is_open]
        for intent, proof in await way.look(missing) if missing else []:
            if isinstance(proof, Accepted):
                self._book.place(intent, proof)
            else:
                self._book.refuse(intent, proof)

    async def _repeat(self, intents: Sequence[Intent]) -> None:
        """Send again, as long as the program has not been told that it is unknown."""
        await self._sent(intents, lambda: any(map(self._may_repeat, intents)))

    def _by_way(self, intents: Iterable[Intent]) -> list[tuple[Way, list[Intent]]]:
        groups: dict[int, tuple[Way, list[Intent]]] = {}
        for intent in intents:
            way = self._ways.get(intent.route) or self._ways[None]
            groups.setdefault(id(way), (way, []))[1].append(intent)
        return list(groups.values())

    def _may_repeat(self, intent: Intent) -> bool:
        return self._doubtful.get(intent, False) and self._clock() - intent.began < KEPT

    @property
    def _lead(self) -> float:
        return min(LAST_LOOK, self._timing.settle / 2)

    def _next(self, now: float) -> float:
        """When something is due at the latest: a deadline, or a last look before one."""
        due = (
            intent.deadline if intent in self._looked else max(now, intent.deadline - self._lead)
            for intent in self._doubtful
        )
        return min(due)

    def _give_up(self, intent: Intent, why: str) -> None:
        if intent.is_open:
            self._book.give_up(intent, unknown(intent, why))
        self._tell(intent)

    def _tell(self, intent: Intent) -> None:
        """Its fate is settled, or given up: whoever waits goes on."""
        self._pursued.discard(intent)
        self._doubtful.pop(intent, None)
        self._looked.discard(intent)
        for waiter in self._waiting.pop(intent, ()):
            if not waiter.done():
                waiter.set_result(None)


def unknown(intent: Intent, why: str) -> OrderOutcomeUnknown:
    """The error that says that it is not known whether the OMS took an order."""
    return OrderOutcomeUnknown(
        f"oms {intent.asked}: the OMS may or may not have taken it ({why}); its client order id is "
        f"{intent.client_order_id}: resolve() or fetch the order before you send another",
        client_order_id=intent.client_order_id,
        request=intent.request,
    )


def _about(intents: Sequence[Intent]) -> dict[str, str]:
    """What log records of one order carry."""
    if len(intents) != 1:
        return {}
    return {"client_order_id": intents[0].client_order_id, "request_id": intents[0].request_id}


def _is_verdict(error: BaseError) -> bool:
    """Whether a refusal is the OMS's word on the command itself, rather than on who asks or by which way."""
    about_others = AuthenticationError | NotSupported | OrderNotFound
    return errors.facts_of(error).code is not None and not isinstance(error, about_others)
