"""A call has answered for its orders when it returned, or raised their outcome, and in no other case."""

from __future__ import annotations

import asyncio
import contextlib

import ccxt
import pytest

from oms_ccxt_async.orders.calls import Call, Receipts
from oms_ccxt_async.orders.intents import Accepted, Book, Intent, State
from tests.oms_ccxt_async.orders.test_intents import intent


def placed(call: Call, book: Book) -> Intent:
    """An order that the call has placed."""
    made = intent()
    call.note(made)
    book.sent(made)
    book.place(made, Accepted(7, made))
    return made


def ended(call: Call, book: Book, error: BaseException, verdict: BaseException | None = None) -> Intent:
    """An order of a call that has placed it, and then ended with an error."""
    with contextlib.suppress(type(error)), call:
        made = placed(call, book)
        call.verdict = verdict
        raise error
    return made


def test_returning_answers() -> None:
    """A block that ends with a result has told its program."""
    book = Book()
    with Call(book, 0) as call:
        made = placed(call, book)
    assert made.state is State.ANSWERED


@pytest.mark.parametrize("error", [asyncio.CancelledError(), KeyboardInterrupt(), BrokenPipeError(), ValueError()])
def test_any_other_end_abandons(error: BaseException) -> None:
    """Whatever comes out that is not the order's own outcome leaves it to the identical create."""
    book = Book()
    made = ended(Call(book, 0), book, error)
    assert (made.state, made.owner) == (State.PLACED, None)
    assert book.claim("next", intent("oms-2"), 0, 1) is made


def test_the_verdict_answers() -> None:
    """Raising the order's own outcome is telling it; another error of the same class is not."""
    for verdict in (True, False):
        book, error = Book(), ccxt.InsufficientFunds("no")
        made = ended(Call(book, 0), book, error, error if verdict else ccxt.InsufficientFunds("no"))
        assert (made.state is State.ANSWERED) is verdict


async def test_a_thread_says_itself_that_it_was_told() -> None:
    """What ends in a collected call is answered when the thread has it, and abandoned if it never takes it."""
    for taken in (True, False):
        book, receipts = Book(), Receipts()

        async def method(book: Book = book) -> Intent:
            with Call(book, 0) as call:
                return placed(call, book)

        made = await asyncio.create_task(receipts.collecting(method)())
        assert receipts
        assert (made.state, made.owner is None) == (State.PLACED, False)
        receipts.settle(taken)
        assert made.state is (State.ANSWERED if taken else State.PLACED)
        receipts.settle(False)
        assert book.claim("next", intent("oms-2"), 0, 1) is made, "interrupted after it had said so"


async def test_a_call_that_ends_after_its_thread_has_gone_is_abandoned() -> None:
    """The thread was interrupted first: whatever the call comes to is left to the repeat."""
    book, receipts = Book(), Receipts()

    async def method() -> Intent:
        with Call(book, 0) as call:
            return placed(call, book)

    receipts.settle(False)
    made = await asyncio.create_task(receipts.collecting(method)())
    assert made.owner is None
    assert book.claim("next", intent("oms-2"), 0, 1) is made


def test_what_is_taken_over_is_not_released_by_the_call_that_left_it() -> None:
    """A call that ends twice does not take an order away from the call that has it now."""
    book = Book()
    call = Call(book, 0)
    made = ended(call, book, asyncio.CancelledError())
    assert book.claim("next", intent("oms-2"), 0, 1) is made
    call.abandon()
    assert made.owner == "next"
