"""One call of a program, and the orders that it has to answer for. Pure.

`with Call(book) as call:` stands round everything that a public method does with orders. When the block ends with a
result, or with the outcome that the call raises itself (`call.verdict`), the program has its answer. However else it
ends, the intents of the call are abandoned, and an identical create finds them.

Where a thread waits for the method, as in the sync facade, the end of the block is not yet the answer: the thread may
be interrupted before it has the result. It collects the calls in `Receipts` and says itself whether it was told.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar

from oms_ccxt_async.orders.intents import Book, Intent

__all__ = ["Call", "Receipts"]

P = ParamSpec("P")
Result = TypeVar("Result")
_receipts: ContextVar[Receipts | None] = ContextVar("receipts", default=None)


class Call:
    """The intents of one call.

    Args:
        book: where they are kept.
        began: when the call began, on a monotonic clock, in milliseconds.

    Attributes:
        intents: what the call has noted or taken over, oldest first.
        verdict: the exception by which the call tells its program an outcome.
    """

    __slots__ = ("_book", "_told", "began", "intents", "verdict")

    def __init__(self, book: Book, began: float) -> None:
        self._book = book
        self.began = began
        self._told: list[Intent] = []
        self.intents: list[Intent] = []
        self.verdict: BaseException | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, traceback: TracebackType | None) -> None:
        if error is not None and error is not self.verdict:
            self.abandon()
        elif (receipts := _receipts.get()) is None:
            self.answer()
        else:
            receipts.add(self)

    def note(self, intent: Intent) -> None:
        """Answer for a new intent."""
        self._book.note(intent, self)
        self.intents.append(intent)

    def claim(self, new: Intent, now: float, window: float) -> Intent | None:
        """Answer for the abandoned intent that a new one is identical to, if there is one."""
        found = self._book.claim(self, new, now, window)
        if found is not None:
            self.intents.append(found)
        return found

    def drop(self, intent: Intent) -> None:
        """The program needs no answer for this one any more."""
        self.intents.remove(intent)
        self._book.acted_on(intent.order_id, intent.client_order_id)
        self._book.release(intent)

    def leave(self, intent: Intent) -> None:
        """The call cannot tell its program of this one: it stays abandoned."""
        self.intents.remove(intent)
        self._book.release(intent)

    def answer(self) -> None:
        """The program has the answer."""
        for intent in self.intents:
            if intent.owner is self:
                self._book.answer(intent)
                self._told.append(intent)

    def abandon(self) -> None:
        """The program has no answer."""
        for intent in self.intents:
            if intent.owner is self or (intent in self._told and intent.owner is None):
                self._book.release(intent)


class Receipts:
    """The calls whose results a thread has not taken yet; used in the event loop's thread only.

    Attributes:
        verdict: the error that the thread raises, if the method ended with one; the thread's own.
    """

    def __init__(self) -> None:
        self.verdict: BaseException | None = None
        self._calls: list[Call] = []
        self._taken: bool | None = None

    def collecting(self, method: Callable[P, Coroutine[Any, Any, Result]]) -> Callable[P, Coroutine[Any, Any, Result]]:
        """The method, keeping the calls that end in it. It has to run in a task, and so in a context, of its own."""

        async def collected(*args: P.args, **kwargs: P.kwargs) -> Result:
            _receipts.set(self)
            return await method(*args, **kwargs)

        collected.__name__ = method.__name__
        return collected

    def __bool__(self) -> bool:
        return bool(self._calls)

    def add(self, call: Call) -> None:
        """A call has ended; it is answered when the thread says so."""
        self._calls.append(call)
        if self._taken is not None:
            self.settle(self._taken)

    def settle(self, taken: bool) -> None:
        """The thread has taken the result, or will never take it, though it may have said so before."""
        self._taken = taken
        for call in self._calls:
            if taken:
                call.answer()
            else:
                call.abandon()
