"""What is known of each order that a program has asked for, from before it is sent until the program has the answer.

An intent is one order on its way. It belongs to the call that made it until that call has returned to the program, or
has raised the order's own outcome. A call that ends in any other way (cancelled, timed out, an error of a hook) leaves
its intent behind *abandoned*: an identical create takes it over instead of sending a second order.

    state      what holds                                    what may follow
    NOTED      fixed, and in the journal; nothing has left   SENT, REFUSED (it never left)
    SENT       handed to the transport                       PLACED, REFUSED, DOUBT
    DOUBT      the answer proves nothing; it is looked for   PLACED, REFUSED, UNKNOWN
    UNKNOWN    looked for in vain for its whole window       PLACED, REFUSED
    PLACED     the OMS has it; `outcome` is `Accepted`       ANSWERED
    REFUSED    it is not at the OMS; `outcome` says why      ANSWERED
    ANSWERED   the program has been told the outcome         PLACED, REFUSED (it has not been told after all)

What is settled does not become unsettled: later evidence on a PLACED, REFUSED or ANSWERED intent changes nothing. An
UNKNOWN intent stays UNKNOWN when the program is told of it.

Pure: calls, routes and tasks are opaque here, time is an argument. Every method is one step: nothing can come between
choosing an abandoned intent and taking it.
"""

from __future__ import annotations

import re
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import orjson
from ccxt.base.errors import BaseError

from oms_ccxt_async import errors

__all__ = ["Accepted", "Book", "Build", "Intent", "State", "Timing", "checked_client_order_id"]

REMEMBERED = 10_000
"""Orders whose program has its answer, and abandoned ones whose time is over, that are still known."""
_KEPT = ("command", "extra", "request", "strategy_id", "began", "own_id", "where", "alike", "given")
_LATER = ("where", "alike", "given")
"""What journals of older versions have not."""
_CLIENT_ORDER_ID = re.compile(r"[\x21-\x7e]{1,64}")


@dataclass(frozen=True, slots=True)
class Timing:
    """How long things are waited for, in milliseconds.

    Attributes:
        settle: how long an unclear outcome is pursued, after the request's own deadline.
        poll: the first wait between two looks; each further one is twice as long, up to a second.
        adopt: how long an order whose answer never reached its program is taken for an identical one that is sent
            again; 0 switches adoption off.
        close: how long `close()` waits for submissions under way.
    """

    settle: float = 10_000
    poll: float = 100
    adopt: float = 300_000
    close: float = 5_000


class State(Enum):
    """Where an intent is on its way; the table is at the top of this module."""

    NOTED = "noted"
    SENT = "sent"
    DOUBT = "in doubt"
    UNKNOWN = "unknown"
    PLACED = "placed"
    REFUSED = "refused"
    ANSWERED = "answered"


_NEXT = {
    State.NOTED: {State.SENT, State.REFUSED},
    State.SENT: {State.DOUBT, State.PLACED, State.REFUSED},
    State.DOUBT: {State.UNKNOWN, State.PLACED, State.REFUSED},
    State.UNKNOWN: {State.PLACED, State.REFUSED},
    State.PLACED: {State.ANSWERED},
    State.REFUSED: {State.ANSWERED},
    State.ANSWERED: {State.PLACED, State.REFUSED},
}
_SETTLED = (State.PLACED, State.REFUSED, State.ANSWERED)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The OMS took the order.

    Attributes:
        order_id: its id at the OMS; at the exchange, where orders are placed past the OMS.
        intent: what was sent.
        result: what the acknowledgement said, where there was one.
        row: the order's row, where it came with the acknowledgement or was read since.
    """

    order_id: int | str
    intent: Intent
    result: dict[str, Any] | None = None
    row: Any = None


@dataclass(slots=True, eq=False)
class Intent:
    """One order on its way.

    Attributes:
        client_order_id, request_id: fixed for good.
        command: the command, and `body`, its JSON.
        extra: what the order's row will not carry, for the mapper.
        request: the unified arguments, for error messages and for telling an identical order.
        strategy_id: whose lists show the order.
        began: when, in epoch milliseconds.
        where: at which OMS.
        alike: what makes another order identical, where that is not the command's payload.
        given: the same as the program gave it, where the market's grid made something else of it: after its markets
            are loaded anew the grid may be another one, and the call is still the same.
        own_id: whether the client order id is ours rather than the user's.
        begun: when, on a monotonic clock, in milliseconds.
        route: by which way it goes: None is REST; opaque here.
        above: the newest order id that was known before it was sent: its own is higher.
        state, outcome: what is known of its fate.
        doubted: whether something that was sent may have been done without a word.
        owner: the call that has to tell its program; None when it is abandoned or answered.
        acted: whether the program has acted on the order (canceled, edited, resolved it, fetched it by id): from then
            on an identical create is a new order.
        swept: whether the program has canceled all orders while this one's fate was open.
        deadline: until when its fate is pursued, on the monotonic clock.
        sightings: how often its row was seen without anything that proves that the exchange has it.
        task: what sends it; opaque here.
    """

    client_order_id: str
    request_id: str
    command: dict[str, Any]
    extra: dict[str, Any]
    request: dict[str, Any]
    strategy_id: int | None
    began: int
    own_id: bool
    body: bytes = b""
    where: str = ""
    alike: Any = None
    given: Any = None
    begun: float = 0.0
    route: Any = None
    above: int = 0
    state: State = State.NOTED
    outcome: Accepted | BaseError | None = None
    doubted: bool = False
    owner: Hashable | None = None
    acted: bool = False
    swept: bool = False
    deadline: float = 0.0
    sightings: int = 0
    task: Any = field(default=None, repr=False)
    _fingerprints: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def is_open(self) -> bool:
        """Whether its fate is still to be found out."""
        return self.state not in _SETTLED

    @property
    def order_id(self) -> int | str | None:
        """The order's id, once it is known to be placed."""
        return self.outcome.order_id if isinstance(self.outcome, Accepted) else None

    @property
    def fingerprints(self) -> tuple[bytes, ...]:
        """What makes two orders identical, if they have one of them in common: everything but their ids, as it is sent
        and as it was given."""
        if not self._fingerprints:
            sent = self.command["payload"] if self.alike is None else self.alike
            self._fingerprints = tuple(self._printed(each) for each in (sent, self.given) if each is not None)
        return self._fingerprints

    def _printed(self, same: Any) -> bytes:
        name = None
        if self.alike is None:
            same = (self.strategy_id, {name: value for name, value in same.items() if name != "client_order_id"})
            # Where `alike` says what is asked for, a full and a legacy OMS have different commands for it.
            name = self.command["command"]
        parts = (self.command["account_id"], name, same, self.where)
        return orjson.dumps(parts, default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)

    def is_like(self, other: Intent) -> bool:
        """Whether another call that asks for the same may be answered by this order."""
        return not set(self.fingerprints).isdisjoint(other.fingerprints)

    @property
    def asked(self) -> str:
        """The call, as it shall stand in error messages."""
        words = (self.request.get(name) for name in ("method", "symbol", "type", "side", "amount", "price"))
        method, *rest = (str(word) for word in words if word is not None)
        return f"{method}({', '.join(rest)})"

    @property
    def symbol(self) -> str | None:
        """The symbol of the order."""
        return self.request.get("symbol")

    def record(self) -> dict[str, Any]:
        """What the journal keeps, JSON only."""
        record = {name: getattr(self, name) for name in _KEPT}
        plain: dict[str, Any] = orjson.loads(orjson.dumps(record, default=str, option=orjson.OPT_NON_STR_KEYS))
        return plain

    @classmethod
    def from_record(cls, client_order_id: str, record: Mapping[str, Any], begun: float) -> Intent:
        """The intent that an earlier process left in its journal; nothing is known of its fate.

        Raises:
            KeyError, TypeError: the record is not one that this version wrote.
        """
        kept = {name: record[name] for name in _KEPT if name not in _LATER}
        kept |= {name: record[name] for name in _LATER if name in record}
        request_id = record["command"]["request_id"]
        made = cls(
            client_order_id,
            request_id,
            **kept,
            body=orjson.dumps(record["command"]),
            begun=begun,
            state=State.DOUBT,
            doubted=True,
        )
        _ = made.fingerprints, made.asked  # what they need is there
        return made


class Book:
    """The intents of one exchange instance, whatever event loop it lives in.

    Attributes:
        recovered: what became of the orders that the journal of an earlier process had left open.
        ended: called with an intent that is answered, and with words for its fate: its journal entry can be closed.
        reopened: called with an intent whose entry was closed, and whose program has not been told after all.
        settled: called with an intent that is placed, refused, or given up, when it becomes so.
    """

    def __init__(self) -> None:
        self.recovered: list[dict[str, Any]] = []
        self.ended: Callable[[Intent, str], None] = lambda intent, why: None
        self.reopened: Callable[[Intent], None] = lambda intent: None
        self.settled: Callable[[Intent], None] = lambda intent: None
        # By client order id: intents whose program has no answer yet, owned by a call or abandoned.
        self._live: dict[str, Intent] = {}
        # By client order id: answered ones and abandoned ones whose time is over, oldest first, at most REMEMBERED.
        self._past: OrderedDict[str, Intent] = OrderedDict()
        # By fingerprint, then by client order id: the abandoned intents that an identical create may take over.
        self._abandoned: dict[bytes, dict[str, Intent]] = {}
        # The abandoned intents in the order in which they were left; those taken over meanwhile are passed over.
        self._left: deque[Intent] = deque()
        # By order id: the live intents that are placed.
        self._placed: dict[int | str, Intent] = {}

    def get(self, client_order_id: str | None) -> Intent | None:
        """The intent with this client order id, if it is of this instance and not forgotten."""
        key = client_order_id or ""
        return self._live.get(key) or self._past.get(key)

    def placed_as(self, order_id: int | str | None) -> Intent | None:
        """The intent that became the order of this id, if it is of this instance and not forgotten."""
        if order_id is None or order_id in self._placed:
            return self._placed.get(order_id or 0)
        return next((intent for intent in self._past.values() if intent.order_id == order_id), None)

    def placed_since(self, moment: float) -> list[Intent]:
        """The intents that are placed and whose calls began after a monotonic time, in milliseconds."""
        known = (*self._live.values(), *self._past.values())
        return [intent for intent in known if intent.begun >= moment and intent.order_id is not None]

    def extra_of(self, client_order_id: str | None) -> dict[str, Any] | None:
        """What an order's row does not carry, if the order is of this instance."""
        if client_order_id is None:
            return None
        intent = self._live.get(client_order_id) or self._past.get(client_order_id)
        return None if intent is None else intent.extra

    def was_refused(self, row: Mapping[str, Any]) -> bool:
        """Whether this instance was told that the OMS or the exchange refused the order of a row."""
        intent = self.get(row.get("client_order_id"))
        return intent is not None and isinstance(intent.outcome, BaseError) and intent.state is not State.UNKNOWN

    @property
    def live(self) -> list[Intent]:
        """The intents whose program has no answer yet."""
        return list(self._live.values())

    @property
    def unknown(self) -> list[str]:
        """The client order ids whose orders may or may not be at the OMS."""
        return [key for key, intent in self._live.items() if intent.state is State.UNKNOWN]

    def note(self, intent: Intent, owner: Hashable | None) -> None:
        """Take up an intent that is about to be sent, for the call that has to tell its program."""
        intent.owner = owner
        self._past.pop(intent.client_order_id, None)
        self._live[intent.client_order_id] = intent

    # Evidence

    def sent(self, intent: Intent) -> None:
        """It is being handed to the transport."""
        self._to(intent, State.SENT)

    def doubt(self, intent: Intent) -> None:
        """What came back proves nothing: its fate has to be found out."""
        intent.doubted = True
        if intent.state is State.SENT:
            self._to(intent, State.DOUBT)

    def place(self, intent: Intent, accepted: Accepted) -> None:
        """There is proof that the OMS has the order."""
        if intent.is_open:
            self._to(intent, State.PLACED)
            intent.outcome = accepted
            self._placed[accepted.order_id] = intent
            self.settled(intent)
            self._unless_owed(intent)

    def refuse(self, intent: Intent, error: BaseError) -> None:
        """There is proof that the order is not at the OMS."""
        if intent.is_open:
            self._to(intent, State.REFUSED)
            intent.outcome = error
            self.settled(intent)
            self._unless_owed(intent)

    def give_up(self, intent: Intent, error: BaseError) -> None:
        """Its window is over: nothing proves that the OMS has the order, and nothing that it has not."""
        self.doubt(intent)
        if intent.state is State.DOUBT:
            self._to(intent, State.UNKNOWN)
            intent.outcome = error
            self.settled(intent)

    # Calls

    def claim(self, owner: Hashable, new: Intent, now: float, window: float) -> Intent | None:
        """Take over an abandoned intent that a new one is identical to: it is `owner`'s from here on.

        Args:
            new: under an id of ours it takes over the one that was left first, under the user's the one of that id.
            now, window: a monotonic time, and for how long an intent can be taken over, in milliseconds.

        Returns:
            The intent that is taken over; None if there is none, so that the new one has to be sent.
        """
        self._expire(now, window)
        if new.own_id:
            prints = new.fingerprints if self._abandoned and window > 0 else ()
            alike = (intent for each in prints for intent in self._abandoned.get(each, {}).values())
            found = next((intent for intent in alike if now - intent.begun <= window), None)
        else:
            found = self._live.get(new.client_order_id)
            if found is not None and (found.owner is not None or found.acted or not found.is_like(new)):
                found = None
        if found is not None:
            self._withdraw(found)
            found.owner = owner
        return found

    def answer(self, intent: Intent) -> None:
        """The program has been told the outcome, or need not be told any more."""
        if intent.state not in (State.PLACED, State.REFUSED):
            self.release(intent)
            return
        self._to(intent, State.ANSWERED)
        self._withdraw(intent)
        intent.owner = None
        if self._live.get(intent.client_order_id) is intent:
            del self._live[intent.client_order_id]
        if intent.order_id is not None:
            self._placed.pop(intent.order_id, None)
        self._remember(intent)
        placed = intent.order_id is not None
        self.ended(intent, f"accepted {intent.order_id}" if placed else f"refused {type(intent.outcome).__name__}")

    def release(self, intent: Intent) -> None:
        """The call ended without telling its program the outcome: an identical create may take the intent over."""
        intent.owner = None
        if intent.state is State.ANSWERED and intent.client_order_id not in self._live:
            self._to(intent, State.REFUSED if intent.order_id is None else State.PLACED)
            self.note(intent, None)
            if intent.order_id is not None:
                self._placed[intent.order_id] = intent
                self.reopened(intent)
        self._unless_owed(intent)
        if intent.acted or intent.state is State.ANSWERED:
            return
        if intent.own_id:
            for each in intent.fingerprints:
                self._abandoned.setdefault(each, {})[intent.client_order_id] = intent
        self._left.append(intent)

    def acted_on(self, order_id: int | str | None, client_order_id: str | None = None) -> None:
        """The program has acted on the order of this id: an identical create means another one from now on."""
        intent = self._placed.get(order_id) if order_id is not None else None
        intent = intent or self._live.get(client_order_id or "")
        if intent is not None:
            intent.acted = True
            self._withdraw(intent)
            self._unless_owed(intent)

    def sweep(self, wanted: Callable[[Intent], bool]) -> None:
        """The program cancels every order of a kind."""
        for intent in self.live:
            if wanted(intent):
                intent.swept = True
                if intent.state is State.PLACED:
                    self.acted_on(intent.order_id)

    def _unless_owed(self, intent: Intent) -> None:
        """Close what no call has to tell: a refusal that nobody waits for, an order that the program knows."""
        if intent.owner is None and (intent.state is State.REFUSED or (intent.state is State.PLACED and intent.acted)):
            self.answer(intent)

    def _to(self, intent: Intent, state: State) -> None:
        assert state in _NEXT[intent.state], f"{intent.client_order_id} is {intent.state.value}, not {state.value} next"
        intent.state = state

    def _withdraw(self, intent: Intent) -> None:
        """Nobody can take the intent over from here on."""
        for each in intent.fingerprints if self._abandoned else ():
            alike = self._abandoned.get(each)
            if alike is not None and alike.pop(intent.client_order_id, None) is not None and not alike:
                del self._abandoned[each]

    def _expire(self, now: float, window: float) -> None:
        """Let go of what was left too long ago; what is still unknown stays known as that."""
        while self._left and now - self._left[0].begun > window:
            intent = self._left.popleft()
            if intent.owner is None and self._live.get(intent.client_order_id) is intent:
                self._withdraw(intent)
                if intent.order_id is not None:
                    del self._live[intent.client_order_id], self._placed[intent.order_id]
                    self._remember(intent)

    def _remember(self, intent: Intent) -> None:
        self._past[intent.client_order_id] = intent
        while len(self._past) > REMEMBERED:
            self._past.popitem(last=False)


Build = Callable[[str, str], tuple[dict[str, Any], dict[str, Any]]]
"""From a request id and a client order id to a command's body and its `extra`."""


def checked_client_order_id(client_order_id: Any) -> str:
    """The user's client order id, unchanged; `ccxt.InvalidOrder` if no exchange could take it."""
    if not isinstance(client_order_id, str) or not _CLIENT_ORDER_ID.fullmatch(client_order_id):
        raise errors.InvalidOrder(
            f"oms clientOrderId must be 1 to 64 printable characters without spaces, not {client_order_id!r}"
        )
    return client_order_id
