"""Who asks, a task or a thread: told when a watch method is called, not when its coroutine first runs.

`asyncio.wait_for(exchange.watch_orders(), 1)` runs the coroutine in a task of its own on Python 3.11, so a watch method
is a plain function that notes the calling task and returns a coroutine.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any, TypeVar

__all__ = ["Caller", "caller", "is_over", "on_behalf_of", "returns_coroutine"]

Caller = weakref.ref[asyncio.Task[Any]] | weakref.ref[threading.Thread] | None
"""The task of a call, or its thread if no event loop runs there; None for code of a loop outside of any task."""
Function = TypeVar("Function", bound=Callable[..., Any])


_principal: ContextVar[Caller] = ContextVar("principal", default=None)


@contextlib.contextmanager
def on_behalf_of(asking: Caller) -> Iterator[None]:
    """Call in this context for somebody else."""
    token = _principal.set(asking)
    try:
        yield
    finally:
        _principal.reset(token)


def caller() -> Caller:
    """Who asks now: on whose behalf the call is, else the task that is running, else the thread."""
    if (asking := _principal.get()) is not None:
        return asking
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return weakref.ref(threading.current_thread())
    return None if task is None else weakref.ref(task)


def is_over(owner: Caller) -> bool:
    """Whether a caller's task or thread has ended."""
    if owner is None:
        return False
    asker = owner()
    return not asker.is_alive() if isinstance(asker, threading.Thread) else asker is None or asker.done()


def returns_coroutine(function: Function) -> Function:
    """Mark a function that returns a coroutine, so that it passes for a coroutine function where Python allows it."""
    if sys.version_info >= (3, 12):
        return inspect.markcoroutinefunction(function)
    function._is_coroutine = asyncio.coroutines._is_coroutine  # type: ignore[attr-defined]
    return function
