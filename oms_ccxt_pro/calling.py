"""Which task asks: told when a watch method is called, not when its coroutine first runs.

`asyncio.wait_for(exchange.watch_orders(), 1)` runs the coroutine in a task of its own on Python 3.11, so a watch method
is a plain function that notes the calling task and returns a coroutine.
"""

from __future__ import annotations

import asyncio
import inspect
import sys
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["Caller", "caller", "is_over", "returns_coroutine"]

Caller = weakref.ref[asyncio.Task[Any]] | None
"""The task of a call; None for code outside of any task."""
Function = TypeVar("Function", bound=Callable[..., Any])


def caller() -> Caller:
    """The task that is running now."""
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return None
    return None if task is None else weakref.ref(task)


def is_over(owner: Caller) -> bool:
    """Whether a caller's task has ended."""
    return owner is not None and ((task := owner()) is None or task.done())


def returns_coroutine(function: Function) -> Function:
    """Mark a function that returns a coroutine, so that it passes for a coroutine function where Python allows it."""
    if sys.version_info >= (3, 12):
        return inspect.markcoroutinefunction(function)
    function._is_coroutine = asyncio.coroutines._is_coroutine  # type: ignore[attr-defined]
    return function
