"""The book of intents against a model: an order is created as often as a program that heard everything would want it.

The model has programs that create identical orders and give calls up at any moment, threads that are interrupted after
their call has ended, an OMS that takes, refuses and answers in any order or not at all, searches that find what was
taken, programs that cancel one order or all of them, others that cancel it, restarts, and time.
"""

from __future__ import annotations

import ccxt
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from oms_ccxt_async import OrderOutcomeUnknown
from oms_ccxt_async.orders.calls import Call
from oms_ccxt_async.orders.intents import Accepted, Book, Intent, State
from tests.oms_ccxt_async.orders.test_intents import intent, replaced

WINDOW = 1_000.0


class OrderMachine(RuleBasedStateMachine):
    """Programs, an OMS, and the book between them."""

    def __init__(self) -> None:
        super().__init__()
        self.book = Book()
        self.now = 0.0
        self.numbers = iter(range(1, 10**6))
        # What the OMS has: by client order id, the order's id; and the ids of those that are canceled.
        self.orders: dict[str, int] = {}
        self.canceled: set[int] = set()
        # What has been sent and not been answered, by client order id.
        self.on_the_way: dict[str, Intent] = {}
        # The calls that programs are waiting for, each with the order that it answers for.
        self.calls: list[tuple[Call, Intent]] = []
        # How often programs were told an order, by its id; and which they have acted on.
        self.told: dict[int, int] = {}
        self.journal: set[str] = set()
        self.book.ended = lambda made, _: self.journal.discard(made.client_order_id)
        self.book.reopened = lambda made: self.journal.add(made.client_order_id)

    # Programs

    @rule(amount=st.sampled_from(["1", "2"]), window=st.sampled_from([0.0, WINDOW]))
    def create(self, amount: str, window: float) -> None:
        """A program creates an order: it takes over an abandoned one, or sends its own."""
        call = Call(self.book, self.now)
        made = replaced(intent(f"oms-{next(self.numbers)}", amount=amount), begun=self.now)
        claimed = call.claim(made, self.now, window)
        if claimed is not None:
            assert window
            assert claimed.is_like(made)
            assert not claimed.acted
            assert self.now - claimed.begun <= window
            self.calls.append((call, claimed))
            return
        call.note(made)
        self.journal.add(made.client_order_id)
        self.book.sent(made)
        self.on_the_way[made.client_order_id] = made
        self.calls.append((call, made))

    @rule(data=st.data())
    @precondition(lambda self: self.calls)
    def give_up(self, data: st.DataObject) -> None:
        """The program gives the call up, wherever it is."""
        call, _ = self.calls.pop(data.draw(st.integers(0, len(self.calls) - 1)))
        call.abandon()

    @rule(data=st.data(), interrupted=st.booleans())
    @precondition(lambda self: self.calls)
    def end(self, data: st.DataObject, interrupted: bool) -> None:
        """The call ends with what is known; an interrupted thread does not get it."""
        call, made = self.calls.pop(data.draw(st.integers(0, len(self.calls) - 1)))
        if made.state in (State.SENT, State.DOUBT):
            error = OrderOutcomeUnknown("?", client_order_id=made.client_order_id, request={})
            self.book.give_up(made, error)
        elif made.state is State.PLACED and made.order_id in self.canceled:
            call.drop(made)  # it is read first: canceled with nothing filled, it answers nobody
            return
        call.answer()
        if interrupted:
            call.abandon()
        elif isinstance(made.outcome, Accepted):
            self.told[made.outcome.order_id] = self.told.get(made.outcome.order_id, 0) + 1  # type: ignore[index, arg-type]

    @rule(data=st.data())
    @precondition(lambda self: self.orders)
    def act(self, data: st.DataObject) -> None:
        """A program cancels an order by its id."""
        order_id = data.draw(st.sampled_from(sorted(self.orders.values())))
        self.canceled.add(order_id)
        self.book.acted_on(order_id)

    @rule()
    def cancel_all(self) -> None:
        """A program cancels everything."""
        self.canceled |= set(self.orders.values())
        self.book.sweep(lambda _: True)

    # The OMS

    @rule(data=st.data(), fate=st.sampled_from(["taken", "refused", "lost", "taken and lost"]))
    @precondition(lambda self: self.on_the_way)
    def answer(self, data: st.DataObject, fate: str) -> None:
        """An order arrives at the OMS, or does not; the answer arrives, or does not."""
        made = self.on_the_way.pop(data.draw(st.sampled_from(sorted(self.on_the_way))))
        key = made.client_order_id
        if fate.startswith("taken"):
            self.orders[key] = next(self.numbers)
        if fate == "taken":
            self.book.place(made, Accepted(self.orders[key], made))
        elif fate == "refused":
            self.book.refuse(made, ccxt.InsufficientFunds("no"))
        else:
            self.book.doubt(made)

    @rule()
    def look(self) -> None:
        """A search finds what the OMS has."""
        for made in self.book.live:
            if made.is_open and made.client_order_id in self.orders and made.client_order_id not in self.on_the_way:
                self.book.place(made, Accepted(self.orders[made.client_order_id], made))

    @rule(ms=st.sampled_from([1.0, 400.0, WINDOW]))
    def pass_time(self, ms: float) -> None:
        """Time passes."""
        self.now += ms

    @rule()
    def start_again(self) -> None:
        """The process dies and another one begins: it knows the journal, and that alone."""
        book, left = Book(), sorted(self.journal)
        book.ended, book.reopened = self.book.ended, self.book.reopened
        for key in left:
            old = self.book.get(key)
            assert old is not None, "what is in the journal is not forgotten"
            made = Intent.from_record(key, old.record(), old.begun)
            book.note(made, "recovery")
            if key in self.orders:
                book.place(made, Accepted(self.orders[key], made))
            else:
                book.give_up(made, OrderOutcomeUnknown("?", client_order_id=key, request={}))
            book.release(made)
        self.book = book
        self.on_the_way.clear()
        self.calls.clear()

    # What always holds

    @invariant()
    def an_order_is_told_once(self) -> None:
        """No two calls are told the same order."""
        assert all(count == 1 for count in self.told.values()), self.told

    @invariant()
    def what_nobody_was_told_is_in_the_journal(self) -> None:
        """As long as a program has no answer, a restart finds the order."""
        for made in self.book.live:
            if made.state is not State.REFUSED:
                assert made.client_order_id in self.journal

    @invariant()
    def what_is_placed_is_there(self) -> None:
        """Only what the OMS has is called placed."""
        for made in self.book.live:
            if isinstance(made.outcome, Accepted):
                assert self.orders[made.client_order_id] == made.order_id


TestOrderMachine = OrderMachine.TestCase
TestOrderMachine.settings = settings(max_examples=150, stateful_step_count=40, deadline=None, derandomize=True)
