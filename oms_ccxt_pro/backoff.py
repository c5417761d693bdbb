"""How long to wait before trying again: jittered, capped, and short again after success. Pure."""

from __future__ import annotations

from collections.abc import Callable

from oms_ccxt_async.wire.retry import jittered

__all__ = ["Backoff"]


class Backoff:
    """Waits in seconds, each `jittered` by the failures so far.

    Args:
        base, cap: in seconds.
        draw: a random number from 0 to 1.
    """

    def __init__(self, base: float, cap: float, draw: Callable[[], float]) -> None:
        self._base = base
        self._cap = cap
        self._draw = draw
        self._failures = 0

    def next(self) -> float:
        """The wait after one more failure."""
        self._failures += 1
        return jittered(self._failures - 1, self._base * 1000, self._cap * 1000, self._draw()) / 1000

    def reset(self) -> None:
        """It went well: the next failure is the first one again."""
        self._failures = 0
