"""What an event of the OMS is about, and what it carries. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from oms_ccxt_async.lists.history import Row

__all__ = ["BOOKS_DEALS", "DELETED", "SUBJECTS", "SUMMARIES", "Event", "Subject", "ids_of", "row_of"]

Subject = Literal["order", "deal", "position"]

_ORDER = ("submitted", "changed", "canceled", "updated")
_REPLACED = ("order_change_replace_pending", "order_change_replace_failed", "order_change_replace_consolidated")
SUBJECTS: Mapping[str, Subject] = {
    **{f"order_{what}": "order" for what in _ORDER},
    **dict.fromkeys(_REPLACED, "order"),
    "deal_created": "deal",
    "deal_updated": "deal",
    "position_changed": "position",
    "position_updated": "position",
    "positions_merged": "position",
    "close_by_executed": "position",
    "reassigned": "position",
}
"""Events that change something (fact 21)."""
DELETED: Mapping[str, Subject] = {"order_deleted": "order", "deal_deleted": "deal", "position_deleted": "position"}
SUMMARIES = frozenset({"orders_canceled_batch", "reconciliation_tick"})
"""Events that only repeat or count what other events tell one by one."""


BOOKS_DEALS = frozenset({"close_by_executed"})
"""Events that come with deals of which a legacy OMS says nothing else."""


class Event:
    """One event of the account.

    Attributes:
        id: its number; None from an OMS that does not number events (fact 22).
        subject: what it is about; None where it changes nothing that is watched.
        row: what it carries; None for a thin event.
    """

    __slots__ = ("id", "name", "payload", "row", "subject")

    def __init__(self, name: str, payload: dict[str, Any], id: int | None) -> None:
        self.name = name
        self.payload = payload
        self.id = id
        self.subject = subject = SUBJECTS.get(name)
        if subject is None:
            self.row = None
        else:
            row = payload.get(subject)
            self.row = row if type(row) is dict else row_of(payload, subject)

    def __repr__(self) -> str:
        return f"Event({self.name!r}, {self.payload!r}, {self.id!r})"

    @property
    def is_thin(self) -> bool:
        """Whether it changes something and does not carry the row."""
        return self.row is None and self.subject is not None


def row_of(payload: dict[str, Any], subject: Subject) -> Row | None:
    """The row that an event carries, under its name or as the payload itself (fact 21); None for a thin event."""
    row = payload.get(subject)
    if isinstance(row, dict):
        return row
    return payload if "id" in payload and "symbol" in payload else None


def ids_of(events: Iterable[Event], subject: Subject) -> list[int]:
    """The ids of orders, deals or positions that events name: each once, in the order of the events."""
    ids: dict[int, None] = {}
    for event in events:
        if event.row is not None:
            if event.subject == subject and isinstance(key := event.row.get("id"), int):
                ids[key] = None
            continue
        for name, value in event.payload.items():
            if f"{subject}_id" in name and not name.startswith("exchange"):
                values = value if isinstance(value, list) else [value]
                ids.update((key, None) for key in values if isinstance(key, int) and key > 0)
    return list(ids)
