"""One order in, one order at the OMS, whatever happens between.

Every submission carries a client order id and a `request_id`, fixed before the first byte leaves. After an unclear
answer the submission settles the question itself: an OMS that recognises repeats is sent the very same command again;
one that does not (fact 9) is only asked, by client order id, past its cache, and never sent the order twice. What
cannot be settled in time is `OrderOutcomeUnknown`: "not found" alone is never taken for "not placed".
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from itertools import islice
from typing import Any

import orjson
from ccxt.base.errors import (
    AuthenticationError,
    BaseError,
    DuplicateOrderId,
    ExchangeClosedByUser,
    NotSupported,
)

from oms_ccxt_async import errors
from oms_ccxt_async.errors import Fate, OrderOutcomeUnknown, fate_of
from oms_ccxt_async.lists.history import Lists, Row
from oms_ccxt_async.mappers.time import milliseconds
from oms_ccxt_async.orders.intents import Accepted, Build, Intent, Memory, Timing, checked_client_order_id
from oms_ccxt_async.orders.journal import Journal
from oms_ccxt_async.wire.account import Account
from oms_ccxt_async.wire.retry import Kind
from oms_ccxt_async.wire.transport import Request, Transport

__all__ = ["Submissions"]

REMEMBERED = 10_000
"""Client order ids of this process whose fate is remembered."""
SKEW = 5_000
"""Milliseconds by which the OMS's clock, in whole seconds, may be behind ours."""


class Submissions:
    """The submissions of one exchange instance.

    Args:
        transport, account, lists: how to send, to whom, and where to look.
        clock: the wall clock, in epoch milliseconds.
        monotonic: a monotonic clock, in milliseconds.
        sleep: how to wait, in milliseconds.
        new_id: makes an id that no other process makes.
        logger: where outcomes that nobody waits for are told.
        timing, memory: how long, and what is known already.
        journal: where intents are kept; None: nowhere.
    """

    def __init__(
        self,
        transport: Transport,
        account: Account,
        lists: Lists,
        *,
        clock: Callable[[], int],
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[Any]],
        new_id: Callable[[], str],
        logger: logging.Logger,
        timing: Timing,
        memory: Memory,
        journal: Journal | None = None,
    ) -> None:
        self._transport = transport
        self._account = account
        self._lists = lists
        self._clock = clock
        self._monotonic = monotonic
        self._sleep = sleep
        self._new_id = new_id
        self._logger = logger
        self.timing = timing
        self._journal = journal
        self._left = [] if journal is None else journal.open_intents
        self._memory = memory
        self._known = memory.known
        self._unanswered = memory.unanswered
        self._under_way: set[asyncio.Task[Any]] = set()
        self._recovering: asyncio.Task[None] | None = None

    def order_id_of(self, client_order_id: str) -> int | None:
        """The OMS's id for a client order id of this process, if its order is known to be placed."""
        intent = self._known.get(client_order_id)
        return intent.outcome.order_id if intent is not None and isinstance(intent.outcome, Accepted) else None

    def never_acknowledged(self, row: Row) -> bool:
        """Whether an order in PENDING_SUBMIT is one that the exchange refused (fact 10).

        This process saw the refusal, or the exchange's acknowledgement is overdue.
        """
        if row.get("status") != "PENDING_SUBMIT" or row.get("exchange_order_id"):
            return False
        intent = self._known.get(row.get("client_order_id") or "")
        if intent is not None and isinstance(intent.outcome, BaseError) and fate_of(intent.outcome) is Fate.REFUSED:
            return True
        created = milliseconds(row.get("created_at"))
        return bool(self.timing.pending) and created is not None and self._clock() - created > self.timing.pending

    async def place(
        self, build: Build, request: Mapping[str, Any], client_order_id: Any, strategy_id: int | None
    ) -> Accepted:
        """Place one order.

        If the caller is cancelled, the submission runs to its end in the background and its outcome is remembered.

        Raises:
            OrderOutcomeUnknown: it could not be settled whether the OMS took the order.
            ccxt.NetworkError: nothing was sent, by proof.
            ccxt.ExchangeError: the OMS refused; the order does not exist.
        """
        intent = self._intend(build, request, client_order_id, strategy_id)
        await self.recover()
        earlier = self._earlier(intent)
        if earlier is not None:
            accepted = await self._resolve_earlier(earlier, intent)
            if accepted is not None:
                return accepted
        kind = await self._begin([intent])
        return await self._wait(intent, self._run([intent], kind))

    async def place_all(
        self, orders: Sequence[tuple[Build, Mapping[str, Any], Any, int | None]]
    ) -> list[Accepted | BaseError]:
        """Place several orders with one request; what became of each, in their order.

        Raises:
            ccxt.BaseError: the request as a whole was refused or never left; none of the orders exists.
        """
        intents = [self._intend(*order) for order in orders]
        await self.recover()
        adopted: dict[Intent, Accepted] = {}
        for intent in intents:
            earlier = self._earlier(intent)
            accepted = None if earlier is None else await self._resolve_earlier(earlier, intent)
            if accepted is not None:
                adopted[intent] = accepted
        new = [intent for intent in intents if intent not in adopted]
        if new:
            kind = await self._begin(new)
            try:
                await asyncio.shield(self._start(new, self._run(new, kind)))
            except asyncio.CancelledError:
                self._unanswered.update((intent.client_order_id, intent) for intent in new)
                raise
        for intent in new:
            if isinstance(intent.outcome, OrderOutcomeUnknown):
                self._unanswered[intent.client_order_id] = intent
        outcomes = [adopted.get(intent) or intent.outcome for intent in intents]
        first = outcomes[0] if outcomes else None
        if isinstance(first, BaseError) and len(outcomes) > 1 and all(outcome is first for outcome in outcomes):
            raise first
        return [outcome for outcome in outcomes if outcome is not None]

    async def settle(self, client_order_id: str) -> Accepted:
        """Pursue an unclear outcome again, for one more window; raises as `place` does."""
        intent = self._known[client_order_id]
        if isinstance(intent.outcome, OrderOutcomeUnknown):
            return await self._wait(intent, self._pursue_again(intent))
        return self._told(intent)

    async def recover(self) -> None:
        """Look up, once and before anything new is sent, the open intents that an earlier process left behind."""
        if not self._left:
            return
        if self._recovering is None:
            self._recovering = asyncio.create_task(self._recover())
            self._under_way.add(self._recovering)
            self._recovering.add_done_callback(self._under_way.discard)
        await asyncio.shield(self._recovering)

    async def drain(self) -> list[str]:
        """Wait for what is under way, within bounds; the client order ids that are left unknown."""
        if self._under_way:
            _, late = await asyncio.wait(set(self._under_way), timeout=self.timing.close / 1000)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)
        for intent in self._known.values():
            if intent.outcome is None:
                self._settle_as(intent, self._unknown(intent, "the exchange was closed first"))
            intent.task = None
        return self._memory.unknown

    def close(self) -> None:
        """Let go of the journal; open intents stay in it for the next process."""
        if self._journal is not None:
            self._journal.close()

    # What is sent

    def _intend(
        self, build: Build, request: Mapping[str, Any], client_order_id: Any, strategy_id: int | None
    ) -> Intent:
        key = f"oms-{self._new_id()}" if client_order_id is None else checked_client_order_id(client_order_id)
        request_id = self._new_id()
        command, extra = build(request_id, key)
        own = client_order_id is None
        return Intent(key, request_id, command, extra, dict(request), strategy_id, self._clock(), own)

    async def _begin(self, intents: list[Intent]) -> Kind:
        """Fix the intents: from here on they are known, in the journal too. What sending them twice would do."""
        idempotent = (await self._account.facts()).idempotent
        for intent in intents:
            placed = self.order_id_of(intent.client_order_id)
            if placed is not None and not idempotent:
                # Fact 9: that OMS would take the same client order id twice.
                raise self._duplicate(intent, placed)
        for intent in intents:
            if self._journal is not None:
                self._journal.begin(intent.client_order_id, intent.record())
            self._known[intent.client_order_id] = intent
            self._known.move_to_end(intent.client_order_id)
        self._forget_old()
        return Kind.REPEATABLE if idempotent else Kind.ONCE

    async def _run(self, intents: list[Intent], kind: Kind) -> None:
        """Send one command, or several in one request, until the fate of each is known or its window is over."""
        try:
            answer = await self._transport.send(self._request(intents, kind))
        except BaseError as error:
            self._judge(intents, error, kind)
        except asyncio.CancelledError:
            for intent in intents:
                self._settle_as(intent, self._unknown(intent, "the exchange was closed first"))
            raise
        else:
            self._take(intents, answer["results"])
        open_ = [intent for intent in intents if intent.outcome is None]
        if open_:
            await self._pursue(open_)

    def _request(self, intents: list[Intent], kind: Kind) -> Request:
        commands = [intent.command for intent in intents]
        asked = intents[0].asked if len(intents) == 1 else f"create_orders() with {len(intents)} orders"
        return Request(
            "POST",
            "/oms/commands",
            asked,
            "results",
            kind,
            orjson.dumps(commands if len(commands) > 1 else commands[0]),
        )

    def _take(self, intents: list[Intent], results: Any) -> None:
        """Believe the results of the commands, one by one; what does not make sense stays open."""
        rows = results if isinstance(results, list) else []
        for index, intent in enumerate(intents):
            row = rows[index] if index < len(rows) and isinstance(rows[index], dict) else {}
            if row.get("ok") is True and isinstance(row.get("order_id"), int):
                self._settle_as(intent, Accepted(row["order_id"], intent, row))
            elif row.get("ok") is False and row.get("error") is not None:
                error = self._transport.answered(None, row["error"], asked=intent.asked)
                self._judge([intent], error, Kind.REPEATABLE)
            else:
                intent.doubted = True

    def _judge(self, intents: list[Intent], error: BaseError, kind: Kind) -> None:
        """What an error answer proves of the orders it was the answer to."""
        facts = errors.facts_of(error)
        results = facts.detail.get("results") if isinstance(facts.detail, dict) else None
        if len(intents) > 1 and isinstance(results, list) and len(results) == len(intents):
            self._take(intents, results)
            return
        fate = fate_of(error)
        for intent in intents:
            intent.doubted = intent.doubted or facts.doubted or fate is Fate.UNKNOWN
            if intent.own_id and isinstance(error, DuplicateOrderId) and facts.order_id is not None:
                # Only this intent ever had that id.
                self._settle_as(intent, Accepted(int(facts.order_id), intent))
            elif not intent.doubted or (kind is Kind.REPEATABLE and fate is Fate.REFUSED and _is_verdict(error)):
                self._settle_as(intent, error)

    # What became of it

    async def _recover(self) -> None:
        for record in self._left:
            intent = Intent.from_record(record["intent"], record)
            self._known[intent.client_order_id] = intent
        intents = [self._known[record["intent"]] for record in self._left]
        # Only looked for, not sent again: nobody waits for an order that would be placed this late.
        await self._pursue(intents, resend=False)
        for intent in intents:
            outcome = intent.outcome
            told = {
                "clientOrderId": intent.client_order_id,
                "request": intent.request,
                "outcome": "unknown",
                "id": None,
            }
            if isinstance(outcome, Accepted):
                told.update(outcome="accepted", id=str(outcome.order_id))
            elif not isinstance(outcome, OrderOutcomeUnknown):
                told.update(outcome="rejected")
            self._unanswered[intent.client_order_id] = intent
            self._memory.recovered.append(told)
            self._logger.warning("from the journal: %s", told)
        self._left = []

    async def _pursue(self, intents: list[Intent], *, resend: bool = True) -> None:
        """Settle open intents, together, until the window is over."""
        until = self._monotonic() + self.timing.settle
        wait = self.timing.poll
        while open_ := [intent for intent in intents if intent.outcome is None]:
            try:
                sure = resend and (await self._account.facts()).idempotent
                for intent in open_ if sure else []:
                    if self._may_resend(intent):
                        await self._resend(intent)
                if missing := [intent for intent in open_ if intent.outcome is None]:
                    await self._look(missing)
            except (ExchangeClosedByUser, AuthenticationError):
                break
            except BaseError as error:
                self._logger.info("still unsettled: %s", error)
            if self._monotonic() + wait > until:
                break
            await self._sleep(wait)
            wait = min(wait * 2, 1_000)
        for intent in intents:
            if intent.outcome is None:
                self._settle_as(intent, self._unknown(intent, f"unsettled after {self.timing.settle:.0f} ms"))

    async def _pursue_again(self, intent: Intent) -> None:
        intent.outcome = None
        await self._pursue([intent])

    async def _look(self, intents: list[Intent]) -> None:
        """Look for the orders by client order id, past the OMS's cache. What is not found proves nothing."""
        for strategy_id in {intent.strategy_id for intent in intents}:
            sought = {intent.client_order_id: intent for intent in intents if intent.strategy_id == strategy_id}
            rows = await self._lists.by_client_order_id(
                set(sought), strategy_id, min(intent.began for intent in sought.values()) - SKEW, "the orders just sent"
            )
            for key, row in rows.items():
                self._recognise(sought[key], row)

    def _recognise(self, intent: Intent, row: Row) -> None:
        if row.get("status") == "REJECTED":
            self._settle_as(
                intent, errors.InvalidOrder(f"oms {intent.asked}: the OMS rejected it as order {row['id']}")
            )
        elif row.get("status") != "PENDING_SUBMIT" or row.get("exchange_order_id"):
            self._settle_as(intent, Accepted(row["id"], intent))
        elif self.never_acknowledged(row):
            self._settle_as(
                intent,
                errors.InvalidOrder(
                    f"oms {intent.asked}: the exchange never acknowledged order {row['id']} (still PENDING_SUBMIT)"
                ),
            )

    def _may_resend(self, intent: Intent) -> bool:
        # Extension 2: a request_id is kept for at least 24 hours; an hour of that is ours to be late in.
        return self._clock() - intent.began < 23 * 3_600_000

    async def _resend(self, intent: Intent) -> None:
        try:
            answer = await self._transport.send(self._request([intent], Kind.REPEATABLE))
        except BaseError as error:
            self._judge([intent], error, Kind.REPEATABLE)
        else:
            self._take([intent], answer["results"])

    # Who is told

    def _start(self, intents: list[Intent], run: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(run)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        for intent in intents:
            intent.task = task
        return task

    async def _wait(self, intent: Intent, run: Coroutine[Any, Any, None]) -> Accepted:
        task = self._start([intent], run)
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            self._unanswered[intent.client_order_id] = intent
            if not task.cancelled():
                raise
            # Not the caller was cancelled, but the submission, by close().
        return self._told(intent)

    def _told(self, intent: Intent) -> Accepted:
        """Tell a caller the outcome; from then on the order has been answered for."""
        outcome = intent.outcome or self._unknown(intent, "the exchange was closed first")
        if isinstance(outcome, OrderOutcomeUnknown):
            self._unanswered[intent.client_order_id] = intent
            raise outcome
        self._unanswered.pop(intent.client_order_id, None)
        if isinstance(outcome, BaseError):
            raise outcome
        return outcome

    def _earlier(self, new: Intent) -> Intent | None:
        """The identical order whose answer never reached its caller, if there is one."""
        if not new.own_id:
            return self._unanswered.get(new.client_order_id)
        now = self._clock()
        for intent in list(self._unanswered.values()):
            if now - intent.began > self.timing.adopt and isinstance(intent.outcome, Accepted):
                del self._unanswered[intent.client_order_id]
            elif intent.own_id and now - intent.began <= self.timing.adopt and intent.fingerprint == new.fingerprint:
                return intent
        return None

    async def _resolve_earlier(self, earlier: Intent, new: Intent) -> Accepted | None:
        """Settle the earlier one first; None if it does not exist after all, so that the new one may be sent."""
        if earlier.task is not None:
            await asyncio.shield(earlier.task)
        try:
            accepted = await self.settle(earlier.client_order_id)
        except OrderOutcomeUnknown:
            raise
        except BaseError:
            return None
        if earlier.fingerprint != new.fingerprint:
            raise self._duplicate(new, accepted.order_id)
        self._logger.warning("%s adopts %s, sent before without an answer", new.asked, earlier.client_order_id)
        return accepted

    def _duplicate(self, intent: Intent, order_id: int) -> errors.DuplicateOrderId:
        error = errors.DuplicateOrderId(
            f"oms {intent.asked}: client order id {intent.client_order_id} is order {order_id}; fetch it"
        )
        error.order_id = str(order_id)
        return error

    def _settle_as(self, intent: Intent, outcome: Accepted | BaseError) -> None:
        intent.outcome = outcome
        if self._journal is not None and not isinstance(outcome, OrderOutcomeUnknown):
            self._journal.end(
                intent.client_order_id,
                f"accepted {outcome.order_id}"
                if isinstance(outcome, Accepted)
                else f"refused {type(outcome).__name__}",
            )

    def _unknown(self, intent: Intent, why: str) -> OrderOutcomeUnknown:
        return OrderOutcomeUnknown(
            f"oms {intent.asked}: the OMS may or may not have taken it ({why}); its client order id is "
            f"{intent.client_order_id}: resolve() or fetch the order before you send another",
            client_order_id=intent.client_order_id,
            request=intent.request,
        )

    def _forget_old(self) -> None:
        """Bound what is remembered; what is unsettled or under way is never forgotten."""
        for key in list(islice(self._known, max(0, len(self._known) - REMEMBERED))):
            if self._known[key].outcome is not None and key not in self._unanswered:
                del self._known[key]


def _is_verdict(error: BaseError) -> bool:
    """Whether a refusal is the OMS's word on the command itself, rather than on who asks or by which way."""
    return errors.facts_of(error).code is not None and not isinstance(error, AuthenticationError | NotSupported)
