"""The newest row of everything the account has open, and of what was over lately: O(1) per update, bounded. Pure."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from oms_ccxt_async.lists.lookup import Found
from oms_ccxt_async.mappers.order import STATUSES
from oms_ccxt_async.mappers.time import milliseconds

__all__ = ["TERMINAL", "Cache", "Held", "filled", "is_behind", "is_same"]

TERMINAL = frozenset(status for status, unified in STATUSES.items() if unified != "open")
"""What an OMS says of orders that are over."""


@dataclass(slots=True)
class Held:
    """What is held of one order or position.

    Attributes:
        found: its row, and on a legacy OMS the deals that tell what an order really is.
        number: the topic's number of its last update; 0 if nobody was told.
        over: whether it is filled, canceled, rejected or closed.
        event: the last event that the row is known to include.
        ahead: whether it was read, so that events of before may still come.
        since: when it was read, in monotonic seconds.
    """

    found: Found
    number: int
    over: bool
    event: int = 0
    ahead: bool = False
    since: float = 0.0


class Cache:
    """The orders, or the positions, of an account by id.

    Args:
        most: how many that are over are kept; open ones are never evicted.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: dict[int, Held] = {}
        self._over: OrderedDict[int, Held] = OrderedDict()

    def __iter__(self) -> Iterator[Held]:
        yield from self._over.values()
        yield from self._open.values()

    def __len__(self) -> int:
        return len(self._open) + len(self._over)

    @property
    def open_ids(self) -> frozenset[int]:
        """The ids of what is open."""
        return frozenset(self._open)

    @property
    def over_ids(self) -> frozenset[int]:
        """The ids of what was over lately."""
        return frozenset(self._over)

    def get(self, key: int) -> Held | None:
        """What is held under an id."""
        return self._open.get(key) or self._over.get(key)

    def put(self, key: int, held: Held) -> None:
        """Hold the newest state of something; what is over displaces what was over longest ago."""
        over = self._over
        if not held.over:
            self._open[key] = held
            over.pop(key, None)
            return
        self._open.pop(key, None)
        over[key] = held
        over.move_to_end(key)
        if len(over) > self._most:
            over.popitem(last=False)

    def discard(self, key: int) -> None:
        """Forget what the OMS does not have any more."""
        self._open.pop(key, None)
        self._over.pop(key, None)


def is_behind(new: Found, old: Found) -> bool:
    """Whether an order or a position has made less progress than in the row that is held.

    Times tell nothing: clocks step back, and are the same for a second (fact 15, fault 38).
    """
    row, known = new.row, old.row
    if "state" in row:
        return known.get("state") == "closed" and row.get("state") != "closed"
    if known.get("status") in TERMINAL:
        return row.get("status") not in TERMINAL
    return len(new.deals) < len(old.deals) or filled(row) < filled(known)


def is_same(new: Found, old: Found) -> bool:
    """Whether an order's or a position's row says what the held one says, however it spells times (fact 15)."""
    row, known = new.row, old.row
    # What most rows differ in is seen before all is compared.
    if row.get("status") != known.get("status") or row.get("filled_qty") != known.get("filled_qty"):
        return False
    return len(new.deals) == len(old.deals) and (
        row == known
        or (
            row.keys() == known.keys()
            and all(
                value == known[name] or (name.endswith("_at") and _moment(value) == _moment(known[name]))
                for name, value in row.items()
            )
        )
    )


def filled(row: Mapping[str, Any]) -> Decimal:
    """What an order row says is filled."""
    try:
        return Decimal(row.get("filled_qty") or 0)
    except (InvalidOperation, ValueError, TypeError):
        return Decimal(0)


def _moment(text: str | None) -> int:
    return milliseconds(text) or 0
