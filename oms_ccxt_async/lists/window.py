"""Which rows of a list a program wants: `since`, `until` and `limit` as programs written for CCXT use them. Pure."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

from oms_ccxt_async import errors
from oms_ccxt_async.mappers import Unified

__all__ = ["Told", "Window"]

HELD = 256
"""Loops whose newest second is remembered."""


class Told:
    """Which rows of the newest second the programs that read on were told, by what they ask for.

    Where times are whole seconds (fact 15), a row may come after its second was told, and a program that reads on from
    the first millisecond after that second would never see it.
    """

    def __init__(self) -> None:
        self._seconds: OrderedDict[Hashable, tuple[int, frozenset[str]]] = OrderedDict()

    def within(self, scope: Hashable, second: int) -> frozenset[str] | None:
        """The ids of the rows of a second that were told; None if it is not the newest one that was."""
        newest, ids = self._seconds.get(scope, (None, None))
        return ids if newest == second else None

    def note(self, scope: Hashable, rows: Sequence[Unified]) -> None:
        """Note an answer, in ascending order of time."""
        if not rows:
            return
        second = (rows[-1]["timestamp"] or 0) // 1000 * 1000
        ids = frozenset(row["id"] for row in rows if (row["timestamp"] or 0) // 1000 * 1000 == second)
        self._seconds[scope] = second, ids | (self.within(scope, second) or frozenset())
        self._seconds.move_to_end(scope)
        if len(self._seconds) > HELD:
            self._seconds.popitem(last=False)


class Window:
    """What a list method was asked for: rows from `since` (epoch ms) to `until`, at most `limit` of them.

    A program that reads on with `since` one millisecond after the last row sees every row once, however many share a
    moment: a list with `since` holds more than `limit` rather than tear rows of one timestamp apart.

    Args:
        since, limit: as the program gave them.
        params: `until` is taken out of them.
        newest: the limit if neither `since` nor `limit` is given.

    Attributes:
        precise: whether the rows carry milliseconds; a whole second otherwise stands for any moment in it (fact 15).
        told: the ids of the rows of the second before `since` that the program was told, where that is known: the
            others are wanted, too.

    Raises:
        ccxt.BadRequest: one of the three is no integer, or below zero.
    """

    def __init__(self, since: Any, limit: Any, params: dict[str, Any], newest: int | None = None) -> None:
        self.since = _integer(since, "since")
        self.until = _integer(params.pop("until", None), "until")
        self.limit = newest if since is None and limit is None else _integer(limit, "limit")
        self.precise = False
        self.told: frozenset[str] | None = None

    @property
    def second_before(self) -> int | None:
        """The whole second that `since` reads on after; None if it does not read on after one."""
        on = self.since is not None and self.since % 1000 == 1 and not self.precise
        return self.since - 1 if on and self.since is not None else None

    def cut(self, rows: Iterable[Unified]) -> list[Unified]:
        """The wanted rows sorted by time, then by id: the first `limit` of them with `since`, else the last."""
        wanted = self._wanted(rows)
        if self.limit is None:
            return wanted
        if self.since is None:
            return wanted[max(0, len(wanted) - self.limit) :]
        end = self.limit
        while 0 < end < len(wanted) and wanted[end]["timestamp"] == wanted[end - 1]["timestamp"]:
            end += 1
        return wanted[:end]

    def is_full(self, rows: Iterable[Unified], latest: int | None = None) -> bool:
        """Whether the rows that are still to come cannot be wanted.

        Args:
            latest: without `since`, the latest time that one of them may have; None if all are older than these. With
                `since` they are later than these.
        """
        if self.limit is None:
            return False
        wanted = self._wanted(rows)
        if self.since is None or self.limit == 0:
            enough = len(wanted) >= self.limit
            return enough and (not latest or not self.limit or (wanted[-self.limit]["timestamp"] or 0) >= latest)
        return len(wanted) > len(self.cut(wanted))

    def _wanted(self, rows: Iterable[Unified]) -> list[Unified]:
        rows = sorted(rows, key=lambda row: (row["timestamp"] or 0, int(row["id"])))
        since = self.since
        if since is not None:
            # A program that reads on after a whole second has seen that second; any other since may lie in it.
            second = since if self.precise or since % 1000 == 1 else since // 1000 * 1000
            late = None if self.told is None else self.second_before
            rows = [
                row
                for row in rows
                if (at := row["timestamp"] or 0) >= (since if at % 1000 else second)
                or (at == late and self.told is not None and row["id"] not in self.told)
            ]
        if self.until is not None:
            rows = [row for row in rows if (row["timestamp"] or 0) <= self.until]
        return rows


def _integer(value: Any, name: str) -> int | None:
    if value is None:
        return None
    try:
        number = int(value)
        if number < 0:
            raise ValueError(value)
    except (TypeError, ValueError, OverflowError):
        raise errors.BadRequest(f"oms {name} must be an integer of at least 0, not {value!r}") from None
    return number
