"""Which call of the user's an error belongs to: what checks an argument, and what many calls need, does not know it."""

from __future__ import annotations

import copy
import functools
import inspect
import re
import reprlib
import sys
from collections.abc import Callable, Coroutine, Iterable, Mapping
from decimal import Decimal
from typing import Any, TypeVar

from ccxt.base.errors import BaseError

from oms_ccxt_async import errors

__all__ = ["name_call", "named_calls", "of_call"]

Class = TypeVar("Class", bound=type)


def of_call(error: BaseError, exchange: object) -> BaseError:
    """An error as the call has it that the user made on an exchange, to be raised in its stead.

    It is the outermost public method of the exchange on the stack of the running task; where there is none, the error
    stays as it is. Callers share what fails, so each gets an error of its own.
    """
    call, asked = _outermost(exchange), errors.facts_of(error).asked
    words = str(error)
    if call is None or asked is None or not words.startswith(f"oms {asked}: ") or asked.startswith(f"{call}("):
        return error
    own = copy.copy(error)
    own.args = (f"oms {call}(): {words.removeprefix(f'oms {asked}: ')}",)
    errors.facts_of(own).asked = f"{call}()"
    return own


def named_calls(kind: Class) -> Class:
    """Let the errors of a class's public coroutine methods begin with the call that the program made."""
    for name, method in list(vars(kind).items()):
        code = getattr(
            method, "__code__", None
        )  # a function that returns a coroutine is none, whatever it is marked as
        if not name.startswith("_") and code is not None and code.co_flags & inspect.CO_COROUTINE:
            setattr(kind, name, _named(method))
    return kind


def _named(method: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., Coroutine[Any, Any, Any]]:
    name = method.__name__

    @functools.wraps(method)
    async def _call(self: object, /, *args: Any, **kwargs: Any) -> Any:
        try:
            return await method(self, *args, **kwargs)
        except errors.OmsError as error:
            name_call(error, self, name, (*args, *kwargs.values()))
            raise

    return _call


def name_call(error: errors.OmsError, exchange: object, name: str, arguments: Iterable[Any] = ()) -> None:
    """Put the call in front of what an error says, unless it names one already.

    Args:
        exchange: the exchange whose method it is.
        name: the method that raises; one that the program calls by another (`create_order_ws`) is named by that.
        arguments: what the method was given.
    """
    words = str(error)
    if error.asked is not None or _NAMES_A_CALL(words):
        return
    call = _outermost(exchange) or name
    told = map(_told, arguments) if call in (name, f"{name}_ws") or call.startswith("create_") else ()
    error.asked = f"{call}({', '.join(text for text in told if text is not None)})"
    error.args = (f"oms {error.asked}: {words.removeprefix('oms: ').removeprefix('oms ')}", *error.args[1:])


_NAMES_A_CALL = re.compile(r"oms \w+\(").match


def _told(argument: Any) -> str | None:
    """An argument as a message has it; None for one that is not given, for params, and for what would be long."""
    if argument is None or isinstance(argument, Mapping):
        return None
    if isinstance(argument, str | int | float | Decimal):
        text = str(argument)
        return text if len(text) <= 60 else f"{text[:57]}..."
    if isinstance(argument, list | tuple) and not any(isinstance(each, Mapping) for each in argument):
        return reprlib.repr(argument)
    return None


def _outermost(exchange: object) -> str | None:
    found, frame = None, sys._getframe(1).f_back
    while frame is not None:
        name = frame.f_code.co_name
        if not name.startswith("_") and hasattr(type(exchange), name) and frame.f_locals.get("self") is exchange:
            found = name
        frame = frame.f_back
    return found
