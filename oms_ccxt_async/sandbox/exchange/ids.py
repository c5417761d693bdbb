"""Numbers for records, one after the other."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Ids"]


class Ids:
    """Ids that count up.

    Args:
        first: the first one.
        reserve: asked for more whenever those that it gave last are used up: a range above all that anybody was
            given. None: all that follow `first` are there to be given.
    """

    def __init__(self, first: int = 1, reserve: Callable[[], range] | None = None) -> None:
        self._next = first
        self._end = first if reserve else None
        self._reserve = reserve

    def peek(self) -> int:
        """The id that `take` gives next, unless they are dropped before."""
        if self._next == self._end and self._reserve is not None:
            reserved = self._reserve()
            self._next, self._end = reserved.start, reserved.stop
        return self._next

    def take(self) -> int:
        """The next id, which is not given again."""
        taken = self.peek()
        self._next += 1
        return taken

    def drop(self) -> None:
        """Give none of those that are reserved: somebody else was given higher ones."""
        if self._end is not None:
            self._next = self._end
