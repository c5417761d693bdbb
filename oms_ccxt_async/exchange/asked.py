"""Which call of the user's an inner failure belongs to: the account's facts and the markets are read for many calls."""

from __future__ import annotations

import copy
import sys

from ccxt.base.errors import BaseError

from oms_ccxt_async import errors

__all__ = ["of_call"]


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


def _outermost(exchange: object) -> str | None:
    found, frame = None, sys._getframe(1).f_back
    while frame is not None:
        name = frame.f_code.co_name
        if not name.startswith("_") and hasattr(type(exchange), name) and frame.f_locals.get("self") is exchange:
            found = name
        frame = frame.f_back
    return found
