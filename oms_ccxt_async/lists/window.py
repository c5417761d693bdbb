"""Which rows of a list a program wants: `since`, `until` and `limit` as programs written for CCXT use them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from oms_ccxt_async import errors
from oms_ccxt_async.mappers import Unified

__all__ = ["Window"]


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

    Raises:
        ccxt.BadRequest: one of the three is no integer, or below zero.
    """

    def __init__(self, since: Any, limit: Any, params: dict[str, Any], newest: int | None = None) -> None:
        self.since = _integer(since, "since")
        self.until = _integer(params.pop("until", None), "until")
        self.limit = newest if since is None and limit is None else _integer(limit, "limit")
        self.precise = False

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

    def is_full(self, rows: Iterable[Unified]) -> bool:
        """Whether rows that come after these, by time, cannot be wanted."""
        if self.limit is None:
            return False
        wanted = self._wanted(rows)
        if self.since is None or self.limit == 0:
            return len(wanted) >= self.limit
        return len(wanted) > len(self.cut(wanted))

    def _wanted(self, rows: Iterable[Unified]) -> list[Unified]:
        rows = sorted(rows, key=lambda row: (row["timestamp"] or 0, int(row["id"])))
        since = self.since
        if since is not None:
            # A program that reads on after a whole second has seen that second; any other since may lie in it.
            second = since if self.precise or since % 1000 == 1 else since // 1000 * 1000
            rows = [row for row in rows if (at := row["timestamp"] or 0) >= (since if at % 1000 else second)]
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
