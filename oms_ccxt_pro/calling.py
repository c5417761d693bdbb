"""Who asks, a task or a thread: told when a watch method is called, not when its coroutine first runs.

`asyncio.wait_for(exchange.watch_orders(), 1)` runs the coroutine in a task of its own on Python 3.11, and so do
`gather` and `create_task` everywhere. A watch method is therefore a plain function that notes the calling task and
returns a coroutine. Where the call itself is written in a task that is made for it (`wait_for(one_call(), 1)`), only
the place in the program tells one loop from another, and a name does it with certainty.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import inspect
import sys
import threading
import weakref
from collections.abc import Callable, Iterator, MutableMapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from types import CodeType, FrameType
from typing import Any, TypeVar, cast

from oms_ccxt_async import errors
from oms_ccxt_async.exchange.asked import name_call

__all__ = ["Caller", "caller", "for_caller", "is_over", "named", "on_behalf_of", "returns_coroutine"]

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls a watch method.

    Attributes:
        who: the task, or its thread if no event loop runs there; the name that the user gives; None for code of a loop
            outside of any task.
        place: the functions from which the task or thread called, innermost first; none for a name.
        method: the watch method that is called.
    """

    who: weakref.ref[asyncio.Task[Any]] | weakref.ref[threading.Thread] | str | None
    place: tuple[CodeType, ...] = field(default=(), compare=False)
    method: str = field(default="", compare=False)


_principal: ContextVar[Caller | None] = ContextVar("principal", default=None)


@contextlib.contextmanager
def on_behalf_of(asking: Caller) -> Iterator[None]:
    """Call in this context for somebody else."""
    token = _principal.set(asking)
    try:
        yield
    finally:
        _principal.reset(token)


def caller() -> Caller:
    """Who calls the function that calls this: on whose behalf the call is, else the running task, else the thread."""
    method = sys._getframe(1).f_code.co_name
    if (asking := _principal.get()) is not None:
        return replace(asking, method=method)
    place = _place(sys._getframe(1).f_back)
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return Caller(weakref.ref(threading.current_thread()), place, method)
    return Caller(None if task is None else weakref.ref(task), place, method)


def _place(frame: FrameType | None) -> tuple[CodeType, ...]:
    """The functions of a task's stack; below them is the event loop, which steps it."""
    codes = []
    while frame is not None and frame.f_code is not asyncio.Handle._run.__code__:
        codes.append(frame.f_code)
        frame = frame.f_back
    return tuple(codes)


def named(asking: Caller, params: MutableMapping[str, Any]) -> Caller:
    """Take `consumer`, the name of the loop that calls, out of a call's params; without one the caller is who it is.

    Raises:
        ccxt.BadRequest: it is no name.
    """
    name = params.pop("consumer", None)
    if name is None:
        return asking
    if not isinstance(name, str) or not name:
        raise errors.BadRequest(f'oms params["consumer"] is the name of a loop, not {name!r}')
    return Caller(name, method=asking.method)


def for_caller(method: Function) -> Function:
    """Let what is wrong with a call's arguments begin with the watch method that the program called."""

    @functools.wraps(method)
    async def _call(self: object, *args: Any, **kwargs: Any) -> Any:
        try:
            return await method(self, *args, **kwargs)
        except (errors.ArgumentsRequired, errors.BadRequest, errors.BadSymbol, errors.NotSupported) as error:
            name_call(error, self, next(each.method for each in args if isinstance(each, Caller)))
            raise

    return cast("Function", _call)


def is_over(owner: Caller) -> bool:
    """Whether a caller's task or thread has ended; a name never does."""
    if owner.who is None or isinstance(owner.who, str):
        return False
    asker = owner.who()
    return not asker.is_alive() if isinstance(asker, threading.Thread) else asker is None or asker.done()


def returns_coroutine(function: Function) -> Function:
    """Mark a function that returns a coroutine, so that it passes for a coroutine function where Python allows it."""
    if sys.version_info >= (3, 12):
        return inspect.markcoroutinefunction(function)
    function._is_coroutine = asyncio.coroutines._is_coroutine  # type: ignore[attr-defined]
    return function
