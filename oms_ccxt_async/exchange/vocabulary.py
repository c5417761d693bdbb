"""Which params an exchange's own ccxt class takes for a method, by its source.

ccxt has no list of them. A class reads a parameter by its name, in the method or in what that calls, and names there in
comments and docstrings what it hands on unread; whatever else the exchange calls by a name stands somewhere in
the class, in the samples of its answers.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ccxt

from oms_ccxt_async.exchange.capabilities import class_of, options_of
from oms_ccxt_async.orders.params import WORDS
from oms_ccxt_async.wire.config import near

__all__ = ["OptionsOf", "Vocabulary", "is_own_word", "near_miss", "vocabulary"]

_CALLED = re.compile(r"self\.([a-z]\w*)\(").findall
_WORDS = re.compile(r"""["'](\w+)["']|params\.(\w+)""").findall
_NOT_FOLLOWED = ("parse_", "load_", "fetch_", "safe_", "sign", "market")
"""Calls that read answers or markets; what they name is no parameter."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of one exchange's class.

    Attributes:
        takes: what the method names, or what it calls.
        knows: what the class names anywhere.
    """

    takes: frozenset[str]
    knows: frozenset[str]


@functools.cache
def vocabulary(exchange_id: str, method: str) -> Vocabulary | None:
    """The words of a method, in snake_case; None if ccxt has no such class, or its source is not there."""
    local = class_of(exchange_id)
    if local is None:
        return None
    try:
        own = [base for base in local.__mro__ if base.__module__.startswith("ccxt.async_support.") and _is_own(base)]
        everything = frozenset().union(*(_words(inspect.getsource(inspect.getmodule(base) or base)) for base in own))
        return Vocabulary(_reached(local, method), everything)
    except OSError:
        return None


@functools.lru_cache(maxsize=1024)
def near_miss(name: str) -> str | None:
    """The parameter of the driver's that somebody who wrote `name` must have meant; None if it is one, or none."""
    return None if name in _WORDS_OF_OURS else near(name, _SPELLED)


def is_own_word(name: str, exchange_id: str) -> bool:
    """Whether the class of an exchange knows a near miss as a parameter of the exchange's own."""
    words = vocabulary(exchange_id, "create_order")
    return words is not None and name in words.knows and name.lower() not in _VALUES


_WORDS_OF_OURS = frozenset(WORDS)
_SPELLED = sorted((name for name in WORDS if len(name) > 3), key=lambda name: ("_" not in name, name[-2:] != "ID"))
"""Of two spellings of one word the last is proposed: ccxt's."""
_VALUES = frozenset(("postonly",))
"""What classes compare values with, and name no parameter by."""


class OptionsOf:
    """The names of the options of an exchange's classes: what they have by default, and what they name anywhere."""

    def __init__(self, exchange_id: str) -> None:
        self._exchange_id = exchange_id

    def __contains__(self, name: object) -> bool:
        return name in options_of(self._exchange_id) or name in _named_in_pro(self._exchange_id)


@functools.cache
def _named_in_pro(exchange_id: str) -> frozenset[str]:
    """The words of an exchange's class and of its pro class, whose source is read and not run."""
    known = vocabulary(exchange_id, "create_order")
    try:
        source = (Path(ccxt.__file__).parent / "pro" / f"{exchange_id}.py").read_text()
    except OSError:
        source = ""
    return _words(source) | (frozenset() if known is None else known.knows)


def _is_own(base: type) -> bool:
    return not base.__module__.startswith("ccxt.async_support.base.")


def _reached(local: type, method: str) -> frozenset[str]:
    """The words of a method and of all that it calls in its class; of ccxt's base class, what handles params."""
    seen: set[str] = set()
    left = [method]
    words: frozenset[str] = frozenset()
    while left:
        name = left.pop()
        found = _function(local, name)
        if name in seen or found is None:
            continue
        seen.add(name)
        text = inspect.getsource(found)
        words |= _words(text)
        left += [called for called in _CALLED(text) if not called.startswith(_NOT_FOLLOWED)]
    return words


def _function(local: type, name: str) -> Callable[..., Any] | None:
    for base in local.__mro__:
        function: Callable[..., Any] | None = vars(base).get(name)
        if function is not None:
            takes_params = name.startswith(("handle_", "is_")) and name != "handle_errors"
            return function if inspect.isfunction(function) and (_is_own(base) or takes_params) else None
    return None


def _words(source: str) -> frozenset[str]:
    return frozenset(quoted or documented for quoted, documented in _WORDS(source))
