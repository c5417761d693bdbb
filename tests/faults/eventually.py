"""Waiting for a condition instead of for a time."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import TypeVar, overload

__all__ = ["eventually"]

T = TypeVar("T")

INTERVAL = 0.005


@overload
async def eventually(condition: Callable[[], Awaitable[T]], within: float = 5.0) -> T: ...
@overload
async def eventually(condition: Callable[[], T], within: float = 5.0) -> T: ...
async def eventually(condition: Callable[[], T | Awaitable[T]], within: float = 5.0) -> T:
    """Ask until the answer is true, and return it.

    Args:
        condition: a plain or an async function without arguments; what it raises is not caught.
        within: seconds, including those that an async condition takes to answer.

    Raises:
        AssertionError: the time is over; the message holds the last answer.
    """
    answer: T | None = None
    try:
        async with asyncio.timeout(within) as deadline:
            while True:
                asked = condition()
                answer = await asked if inspect.isawaitable(asked) else asked
                if answer:
                    return answer
                await asyncio.sleep(INTERVAL)
    except TimeoutError:
        if not deadline.expired():
            raise
        raise AssertionError(f"still {answer!r} after {within} s") from None
