"""How the tests of programs have the driver hurry, and lose answers: for the whole process, off unless asked for. Pure.

`oms_ccxt_async.testing` is what programs use of it.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["LOST", "MODE", "Hurry", "Losing", "hurried", "loses", "tries"]

SHORT = 1.0
"""Milliseconds that are waited where the driver would back off."""


@dataclass(slots=True)
class Hurry:
    """Whether the driver hurries.

    Attributes:
        attempts: how often a request is sent at most; None: the driver does not hurry.
    """

    attempts: int | None = None


@dataclass(slots=True)
class Losing:
    """Answers that will be lost.

    Attributes:
        operation: of which method; None: of any.
        left: how many; None: all.
        reads: whether those of reads, too, where no method is named.
    """

    operation: str | None
    left: int | None
    reads: bool = False


MODE = Hurry()
LOST: list[Losing] = []


def hurried(wait: float) -> float:
    """How long is waited, in milliseconds, where it would be `wait`."""
    return wait if MODE.attempts is None else min(wait, SHORT)


def tries(attempts: int) -> int:
    """How often a request is sent at most, where it would be `attempts`."""
    return attempts if MODE.attempts is None else min(attempts, MODE.attempts)


def loses(asked: str, *, changes: bool) -> bool:
    """Whether the answer to a request that has just arrived is to be lost; counts it if so.

    Args:
        asked: the call, as it stands in error messages.
        changes: whether the request changes something.
    """
    for losing in LOST:
        named = losing.operation == asked.partition("(")[0]
        if named or (losing.operation is None and (changes or losing.reads)):
            if losing.left is not None:
                losing.left -= 1
                if losing.left <= 0:
                    LOST.remove(losing)
            return True
    return False
