"""A coroutine run step by step, and cancelled at the step that is asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Generator
from typing import Any, Generic, Literal, TypeVar

__all__ = ["Stepped", "When"]

Result = TypeVar("Result")
When = Literal["before", "after"]


class Stepped(Generic[Result]):
    """Awaits a coroutine, and throws an exception into it where it waits for the n-th time.

    Args:
        coroutine: what is awaited.
        at: at which of its waits, from 1.
        when: `before`: as soon as it waits; `after`: when what it waits for has come, instead of telling it.
        error: what is thrown; without it, it is cancelled as a task is: what it waits for is cancelled first.

    Attributes:
        steps: how often it has waited.
        hit: whether it was thrown.
    """

    def __init__(
        self,
        coroutine: Coroutine[Any, Any, Result],
        at: int,
        when: When = "before",
        error: BaseException | None = None,
    ) -> None:
        self._coroutine = coroutine
        self._at = at
        self._when = when
        self._error = error
        self.steps = 0
        self.hit = False

    @property
    def _thrown(self) -> BaseException:
        return asyncio.CancelledError() if self._error is None else self._error

    def __await__(self) -> Generator[Any, Any, Result]:
        resume: BaseException | None = None
        while True:
            try:
                waiting = self._coroutine.send(None) if resume is None else self._coroutine.throw(resume)
            except StopIteration as done:
                result: Result = done.value
                return result
            resume = None
            self.steps += 1
            if self.steps == self._at:
                self.hit = True
            if self.steps == self._at and self._when == "before":
                if self._error is None and waiting is not None:
                    waiting.cancel()
                else:
                    if waiting is not None:
                        waiting._asyncio_future_blocking = False  # no task will wait for it
                    resume = self._thrown
                    continue
            try:
                yield waiting
            except BaseException as error:
                resume = error
            if self.steps == self._at:
                resume = self._thrown
