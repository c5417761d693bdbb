"""Who is told of what happens: hooks of the whole process, none unless asked for."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from oms_ccxt_async.instrumentation.events import Event

__all__ = ["Hook", "get_hooks", "set_hooks", "tell"]

Hook: TypeAlias = "Callable[[Event], object]"
"""Called with each event, in the thread and the task in which it happens; what it returns is ignored."""

_hooks: tuple[Hook, ...] = ()
_broken: set[int] = set()  # by id, the hooks whose failure was logged


def set_hooks(hooks: Iterable[Hook] | None) -> None:
    """Have these hooks, and no others, told of what happens to every exchange of this process, from now on.

    A hook is called wherever something happens: in several threads at a time if exchanges live in several. It must not
    block. What it raises is logged once, and hurts nobody.

    Args:
        hooks: callables that take an event; None or nothing: nobody is told.

    Raises:
        TypeError: one of them cannot be called, or is a coroutine function, which nobody would await.
    """
    global _hooks
    new = tuple(hooks or ())
    for hook in new:
        called = hook if inspect.isroutine(hook) else getattr(hook, "__call__", None)  # noqa: B004
        if not callable(hook) or inspect.iscoroutinefunction(called):
            raise TypeError(f"an instrumentation hook must be a plain callable that takes an event, not {hook!r}")
    _broken.clear()
    _hooks = new


def get_hooks() -> tuple[Hook, ...]:
    """The hooks that are told."""
    return _hooks


def tell(event: Event) -> None:
    """Tell every hook; one that raises keeps nobody from anything."""
    for hook in _hooks:
        try:
            hook(event)
        except (Exception, asyncio.CancelledError):  # a hook is not cancelled: it raised that by itself
            if id(hook) not in _broken:
                _broken.add(id(hook))
                _log_failure(hook)


def _log_failure(hook: Hook) -> None:
    try:
        name = getattr(hook, "__qualname__", type(hook).__qualname__)
        logging.getLogger("oms_ccxt").exception("the instrumentation hook %s failed; this is said once", name)
    except Exception:  # noqa: S110  # a log handler that raises (fault 55)
        pass
