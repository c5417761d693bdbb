"""One order in, one order at the OMS, whatever happens between.

Every order carries a client order id and a `request_id`, fixed before the first byte leaves. After an unclear answer
the question is settled (`settlement`): an OMS that recognises repeats is sent the very same command again; one that
does not (fact 9) is only asked, and never sent the order twice. What cannot be settled in time is
`OrderOutcomeUnknown`: "not found" alone is never taken for "not placed".

An order belongs to the call that made it until that call has returned to the program or raised the order's outcome
(`calls`). Otherwise an identical create takes it over: first its fate is settled, then its row is read. It answers the
new call if it is live or was filled; a refused one, or one that was canceled with nothing filled, does not, and the new
order is sent.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from ccxt.base.errors import BaseError

from oms_ccxt_async import errors
from oms_ccxt_async.errors import OrderOutcomeUnknown
from oms_ccxt_async.instrumentation.telemetry import Log
from oms_ccxt_async.lists.history import Row
from oms_ccxt_async.orders.calls import Call
from oms_ccxt_async.orders.commands import check_columns
from oms_ccxt_async.orders.intents import Accepted, Book, Build, Intent, State, Timing, checked_client_order_id
from oms_ccxt_async.orders.journal import Keeper
from oms_ccxt_async.orders.settlement import Settlement, unknown
from oms_ccxt_async.orders.ways import is_of, is_pending
from oms_ccxt_async.wire.gateway import encoded

__all__ = ["Asked", "Standing", "Submissions", "verdict_of"]

Result = TypeVar("Result")

UNSEEN = 1_000
"""Milliseconds for which the lists of a legacy OMS may lack an order that it has (fault 41)."""
NAMED = 20
"""Orders of an earlier process that are logged one by one."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An order as a program asks for it.

    Attributes:
        build: makes the command.
        request: the unified arguments: `method`, `symbol`, `type`, `side`, `amount`, `price`, `params`.
        client_order_id: the user's; None for one of ours.
        strategy_id: whose lists show the order.
        route: by which way it goes; None is the OMS over REST.
        alike: what makes another order identical, where that is not the command's payload.
        given: makes the same of what the program gave, once the command is made; None where that is the same.
    """

    build: Build
    request: Mapping[str, Any]
    client_order_id: Any
    strategy_id: int | None
    route: Any = None
    alike: Any = None
    given: Callable[[], Any] = lambda: None


@dataclass(frozen=True, slots=True)
class Standing:
    """How an order that was found stands.

    Attributes:
        row: what was read of it, for the answer.
        over: whether it was canceled, rejected or expired.
        filled: whether any of it was filled.
    """

    row: Any
    over: bool
    filled: bool


class Submissions:
    """The submissions of one exchange instance in one event loop.

    Args:
        settlement: sends, and finds out what became of orders.
        book: what the instance knows of its orders, in whatever event loop.
        keeper: the journal, if there is one.
        timing: how long things are waited for.
        read: reads how a placed order stands; None if the OMS does not have it any more.
        recall: looks for intents of an earlier process, past what a running one would look at.
        idempotent: whether the OMS recognises repeats.
        newest: the largest order id that is known now.
        timeout: how long one request may take, in milliseconds.
        where: the OMS's address.
        clock, monotonic: the wall clock in epoch milliseconds, and a monotonic one in milliseconds.
        new_id: makes an id that no other process makes.
    """

    def __init__(
        self,
        settlement: Settlement,
        book: Book,
        keeper: Keeper,
        timing: Timing,
        *,
        read: Callable[[Accepted], Awaitable[Standing | None]],
        recall: Callable[[Sequence[Intent]], Awaitable[Sequence[tuple[Intent, Accepted | BaseError]]]],
        idempotent: Callable[[], Awaitable[bool]],
        newest: Callable[[], int],
        timeout: Callable[[], float],
        where: Callable[[], str],
        clock: Callable[[], int],
        monotonic: Callable[[], float],
        new_id: Callable[[], str],
        logger: Log,
    ) -> None:
        self._settlement = settlement
        self._book = book
        self._keeper = keeper
        self._timing = timing
        self._read = read
        self._recall = recall
        self._idempotent = idempotent
        self._newest = newest
        self._timeout = timeout
        self._where = where
        self._clock = clock
        self._monotonic = monotonic
        self._new_id = new_id
        self._logger = logger
        self._recovering: asyncio.Task[None] | None = None
        book.ended, book.reopened = keeper.end, keeper.reopen
        for intent in book.live:
            if intent.is_open and intent.state is not State.UNKNOWN:
                book.give_up(intent, unknown(intent, "its event loop ended first"))

    def call(self) -> Call:
        """A call of the program begins."""
        return Call(self._book, self._monotonic())

    async def in_time(self, call: Call, asked: str, what: Awaitable[Result]) -> Result:
        """Wait for what has to be known before anything is sent, as long as the call's time allows.

        Raises:
            ccxt.RequestTimeout: it did not come in time; nothing was sent.
        """
        left = call.began + self._timeout() - self._monotonic()
        try:
            async with asyncio.timeout(max(left, 0) / 1000) as limit:
                return await what
        except TimeoutError:
            if not limit.expired():
                raise
            why = f"markets and account were not known within exchange.timeout ({self._timeout():g} ms)"
            raise errors.no_answer(why, asked=asked, timeout=True) from None

    async def place(self, call: Call, asked: Asked) -> Accepted:
        """Place one order.

        If the caller is cancelled, the submission runs to its end in the background, and the order is abandoned.

        Raises:
            OrderOutcomeUnknown: it could not be settled whether the OMS took the order.
            ccxt.NetworkError: nothing was sent, by proof.
            ccxt.ExchangeError: the OMS refused; the order does not exist.
        """
        [outcome] = await self.place_all(call, [asked])
        if isinstance(outcome, BaseError):
            raise verdict_of(call, outcome)
        return outcome

    async def place_all(self, call: Call, asked: Sequence[Asked]) -> list[Accepted | BaseError]:
        """Place several orders with one request; what became of each, in their order.

        Raises:
            ccxt.OperationRejected: the journal cannot be used; nothing was sent.
        """
        await self._recover()
        idempotent = await self._idempotent()
        deadline = call.began + self._timeout() + self._timing.settle
        outcomes: dict[int, Accepted | BaseError] = {}
        left = dict(enumerate(asked))
        while left:
            taken, new = self._take(call, left, idempotent, deadline)
            waiting = [self._outcome(call, each, each in new, deadline) for each in taken.values()]
            found = await asyncio.gather(*waiting) if len(waiting) > 1 else [await waiting[0]]
            for index, outcome in zip(taken, found, strict=True):
                if outcome is not None:
                    outcomes[index] = outcome
                    del left[index]
        return [outcomes[index] for index in range(len(asked))]

    async def place_again(self, call: Call, asked: Asked) -> Accepted | None:
        """The order of an abandoned call that asked for the same; None if there is none, or none that answers this one.

        For a method that has to read before it knows its command: what it reads may be the abandoned order's doing.

        Args:
            asked: with `alike`; its command is not sent.

        Raises:
            OrderOutcomeUnknown: it is still not known whether the OMS took that order.
        """
        await self._recover()
        deadline = call.began + self._timeout() + self._timing.settle
        while True:
            found = call.claim(self._intend(asked, deadline), self._monotonic(), self._timing.adopt)
            if found is None:
                return None
            if found.is_open and not self._settlement.is_pursued(found):
                self._settlement.pursue(found, deadline, repeat=True)
            await self._settlement.settled([found])
            outcome = await self._taken_over(call, found, deadline)
            if isinstance(outcome, BaseError):
                raise verdict_of(call, outcome)
            if outcome is not None:
                return outcome

    async def resolve(self, call: Call, client_order_id: str) -> Accepted:
        """Ask, for one more window, what became of an order; nothing is sent. Calls for one order share the search.

        Raises: as `place` does.
        """
        intent = self._book.get(client_order_id)
        if intent is None:
            raise errors.OrderNotFound(f"oms resolve(): no order with client order id {client_order_id} is remembered")
        if intent.is_open and not self._settlement.is_pursued(intent):
            self._settlement.pursue(intent, self._monotonic() + self._timing.settle, repeat=False)
        await self._settlement.settled([intent])
        if isinstance(intent.outcome, Accepted):
            return intent.outcome
        raise verdict_of(call, intent.outcome or unknown(intent, "the exchange was closed first"))

    def order_id_of(self, client_order_id: str, strategy_id: int | None) -> int | str | None:
        """The id of the order with this client order id, if it is known to be placed by this instance, for this
        strategy where one is given."""
        intent = self._book.get(client_order_id)
        return None if intent is None or not _is_for(intent, strategy_id) else intent.order_id

    def found(self, rows: Mapping[str, Mapping[str, Any]]) -> None:
        """Rows that a search by client order id has found: what they prove of orders in doubt."""
        for key, row in rows.items():
            intent = self._book.get(key)
            if intent is not None and intent.is_open and is_of(intent, row) and not is_pending(row):
                self._book.place(intent, Accepted(row["id"], intent))

    def require_known(self, client_order_ids: Iterable[str], strategy_id: int | None) -> None:
        """Raises `OrderOutcomeUnknown` for an order, of this strategy where one is given, of which it is not known
        whether the OMS took it."""
        for key in client_order_ids:
            intent = self._book.get(key)
            if intent is not None and intent.is_open and _is_for(intent, strategy_id):
                raise unknown(intent, "its fate is still open")

    def saw(self, row: Mapping[str, Any]) -> None:
        """The program was shown an order that it had asked for by id: it knows of it from now on."""
        self._book.acted_on(row.get("id"), row.get("client_order_id"))

    def acted_on(self, order_id: int | str) -> None:
        """The program has acted on an order."""
        self._book.acted_on(order_id)

    def sweep(self, strategy_id: int | None, wanted: Callable[[Row], bool]) -> None:
        """The program cancels all orders that it wants, by symbol and client order id; of a strategy, where one is
        given."""
        self._book.sweep(
            lambda intent: (
                _is_for(intent, strategy_id)
                and wanted({"symbol": intent.request.get("symbol"), "client_order_id": intent.client_order_id})
            )
        )

    def placed_lately(self, strategy_id: int | None, wanted: Callable[[Row], bool]) -> list[int]:
        """The ids of this instance's orders that lists may not show yet (fault 41)."""
        return [
            intent.order_id
            for intent in self._book.placed_since(self._monotonic() - self._timeout() - UNSEEN)
            if isinstance(intent.order_id, int)  # the OMS's, not the exchange's
            and _is_for(intent, strategy_id)
            and wanted({"symbol": intent.request.get("symbol"), "client_order_id": intent.client_order_id})
        ]

    async def recover(self) -> None:
        """Look up the open intents of an earlier process, now.

        Raises:
            ccxt.OperationRejected: the journal cannot be used.
            ccxt.BaseError: the OMS could not be asked; the next call asks again.
        """
        await self._recover()

    async def drain(self) -> list[str]:
        """Wait for what is under way, within bounds; the client order ids that are left unknown."""
        await self._settlement.drain(self._timing.close)
        return self._book.unknown

    def end(self) -> None:
        """Give up what is under way, and let go of the journal: open intents stay in it for the next process."""
        self._settlement.end()
        if self._recovering is not None:
            self._recovering.cancel()
        self._keeper.close()

    # What a call does with its orders: each of these is one step

    def _take(
        self, call: Call, asked: Mapping[int, Asked], idempotent: bool, deadline: float
    ) -> tuple[dict[int, Intent | BaseError], set[Intent]]:
        """What the call has to wait for, by index, and which of these intents are new and being sent now.

        The others are abandoned intents that the call takes over, and intents of other calls under the same client
        order id of the user's.
        """
        taken: dict[int, Intent | BaseError] = {}
        new: dict[int, Intent] = {}
        for index, each in asked.items():
            intent = self._intend(each, deadline, columns=not idempotent)
            try:
                held = self._held(call, intent, new.values(), idempotent)
            except errors.DuplicateOrderId as error:
                taken[index] = error
                continue
            found = held or call.claim(intent, self._monotonic(), self._timing.adopt)
            taken[index] = found or intent
            if found is None:
                new[index] = intent
            elif found.is_open and not self._settlement.is_pursued(found):
                self._settlement.pursue(found, deadline, repeat=found.owner is call)
        if new:
            self._note(call, list(new.values()))
        return taken, set(new.values())

    def _held(self, call: Call, intent: Intent, new: Iterable[Intent], idempotent: bool) -> Intent | None:
        """What has to be waited for under the same client order id of the user's; None if there is nothing.

        Raises:
            ccxt.DuplicateOrderId: that is an order, or one of this very call.
        """
        if intent.own_id:
            return None
        key = intent.client_order_id
        held = self._book.get(key)
        if any(each.client_order_id == key for each in new) or (held is not None and held.owner is call):
            raise self._duplicate(intent, None)
        if held is None:
            return None
        if held.is_open:
            abandoned = held.owner is None and not held.acted and held.is_like(intent)
            return None if abandoned else held
        can_claim = held.state is State.PLACED and held.owner is None and held.is_like(intent)
        if held.order_id is not None and not can_claim and not (idempotent and held.owner is None):
            raise self._duplicate(intent, held.order_id)
        return None

    def _duplicate(self, intent: Intent, order_id: int | str | None) -> errors.DuplicateOrderId:
        what = "another order of the same call" if order_id is None else f"order {order_id}; fetch it"
        error = errors.DuplicateOrderId(f"oms {intent.asked}: client order id {intent.client_order_id} is {what}")
        error.order_id = None if order_id is None else str(order_id)
        return error

    def _intend(self, asked: Asked, deadline: float, *, columns: bool = False) -> Intent:
        own = asked.client_order_id is None
        key = f"oms-{self._new_id()}" if own else checked_client_order_id(asked.client_order_id)
        request_id = self._new_id()
        command, extra = asked.build(request_id, key)
        if columns:
            check_columns(command)
        body = encoded(str(asked.request["method"]), command)
        return Intent(
            key,
            request_id,
            command,
            extra,
            dict(asked.request),
            asked.strategy_id,
            self._clock(),
            own,
            body=body,
            where=self._where(),
            alike=asked.alike,
            given=asked.given(),
            begun=self._monotonic(),
            route=asked.route,
            above=self._newest(),
            deadline=deadline,
        )

    def _note(self, call: Call, intents: list[Intent]) -> None:
        """Fix new intents, in the journal too, and send them."""
        self._keeper.begin(intents)
        for intent in intents:
            call.note(intent)
        for route in dict.fromkeys(intent.route for intent in intents):
            self._settlement.start([intent for intent in intents if intent.route == route])

    async def _outcome(
        self, call: Call, taken: Intent | BaseError, new: bool, deadline: float
    ) -> Accepted | BaseError | None:
        """What became of what the call waits for; None if its own order has to be sent after all."""
        if isinstance(taken, BaseError):
            return taken
        await self._settlement.settled([taken])
        if new:
            return taken.outcome
        if taken.owner is call:
            return await self._taken_over(call, taken, deadline)
        return taken.outcome if isinstance(taken.outcome, OrderOutcomeUnknown) else None

    async def _taken_over(self, call: Call, intent: Intent, deadline: float) -> Accepted | BaseError | None:
        """What an abandoned intent answers to the call that took it over; None if the new order has to be sent."""
        outcome = intent.outcome
        if not isinstance(outcome, Accepted):
            if isinstance(outcome, OrderOutcomeUnknown):
                return outcome
            call.drop(intent)
            return None
        why = f"it is order {outcome.order_id}, and how that stands could not be read"
        try:
            async with asyncio.timeout(max(deadline - self._monotonic(), 0) / 1000):
                standing = await self._read(outcome)
        except (BaseError, TimeoutError) as error:
            self._logger.info("%s: %s: %s", intent.asked, why, error, client_order_id=intent.client_order_id)
            standing = None
        if standing is None:
            call.leave(intent)
            return unknown(intent, why)
        if standing.over and (intent.swept or not standing.filled):
            call.drop(intent)
            return None
        self._logger.warning(
            "%s is answered by %s, sent before without an answer",
            intent.asked,
            intent.client_order_id,
            client_order_id=intent.client_order_id,
            order_id=outcome.order_id,
        )
        return replace(outcome, row=standing.row)

    # Orders of an earlier process

    async def _recover(self) -> None:
        """Look up, once and before anything new is sent, the open intents that an earlier process left behind."""
        if not self._keeper.open():
            return
        if self._recovering is None:
            self._recovering = asyncio.create_task(self._look_up())
        task = self._recovering
        await asyncio.wait([task])
        if task.cancelled():
            raise errors.closed(asked="looking up the orders of the journal", sent=False)
        if (error := task.exception()) is not None:
            self._recovering = None
            raise copy.copy(error)

    async def _look_up(self) -> None:
        now = self._clock()
        intents = [self._keeper.intent(record, now, self._monotonic()) for record in self._keeper.left]
        found = dict(await self._recall(intents))
        for intent in intents:
            self._book.note(intent, self)
            self._settle_as(intent, found.get(intent))
        # The OMS may still be about to take what was sent a moment ago; only looked for, not sent again: nobody waits.
        until = self._timeout() + self._timing.settle
        young = [intent for intent in intents if intent.is_open and 0 <= now - intent.began < until]
        for intent in young:
            self._settlement.pursue(intent, intent.begun + until, repeat=False)
        await self._settlement.settled(young)
        for number, intent in enumerate(intents):
            if intent.is_open:
                self._book.give_up(intent, unknown(intent, "it was not found after a restart"))
            self._tell(intent, named=number < NAMED)
        if len(intents) > NAMED:
            more = len(intents) - NAMED
            self._logger.warning("from the journal: %d more orders; recovered_orders() lists them", more)
        self._keeper.left = []

    def _settle_as(self, intent: Intent, proof: Accepted | BaseError | None) -> None:
        if isinstance(proof, Accepted):
            self._book.place(intent, proof)
        elif proof is not None:
            self._book.refuse(intent, proof)

    def _tell(self, intent: Intent, *, named: bool) -> None:
        """Tell what became of an earlier process's order, and close its entry."""
        fate = {State.PLACED: "accepted", State.REFUSED: "rejected"}.get(intent.state, "unknown")
        told = {
            "clientOrderId": intent.client_order_id,
            "request": intent.request,
            "outcome": fate,
            "id": None if intent.order_id is None else str(intent.order_id),
        }
        self._book.recovered.append(told)
        if named and fate != "unknown":  # that is told by who counts orders of unknown outcome
            about = {"client_order_id": intent.client_order_id, "order_id": intent.order_id}
            self._logger.warning("from the journal: %s", told, **about)
        self._book.release(intent)
        self._keeper.end(intent, f"{fate}, told after a restart")


def _is_for(intent: Intent, strategy_id: int | None) -> bool:
    """Whether an order was sent for a strategy, which is 0 where none was named; for any where none is given."""
    return strategy_id is None or (intent.strategy_id or 0) == strategy_id


def verdict_of(call: Call, outcome: BaseError) -> BaseError:
    """The outcome as the call's own exception, by which its program is told."""
    call.verdict = own = copy.copy(outcome)
    own.__cause__ = outcome.__cause__
    return own
