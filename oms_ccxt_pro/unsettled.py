"""What thin events named, and a read may have been too early for: when to read it again. Pure.

The reads of an OMS whose events have no numbers may lag behind them; how far, nobody can say but by `LAG`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from oms_ccxt_pro.events import BOOKS_DEALS, Subject, ids_of
from oms_ccxt_pro.ledger import LAG, Ledger
from oms_ccxt_pro.reads import Read, Rows

__all__ = ["Unsettled"]


class Unsettled:
    """Orders, positions and deals to be read again, each at its time.

    Args:
        ledger: what is held: what is over there needs no second read.

    Attributes:
        foreign: orders that this strategy was found not to see.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._at: dict[tuple[Subject, int], float] = {}  # when to read it; until it was
        self.foreign: deque[int] = deque(maxlen=1_000)

    def __bool__(self) -> bool:
        return bool(self._at)

    def clear(self) -> None:
        """The session is over: the next one reads everything."""
        self._at.clear()

    def due(self, now: float) -> list[tuple[Subject, int]]:
        """What is to be read now."""
        return [key for key, at in self._at.items() if at <= now]

    def later(self, now: float) -> Iterator[float]:
        """When something is to be read after now."""
        return (at for at in self._at.values() if at > now)

    def note(self, read: Read, rows: Rows, now: float) -> None:
        """Note what has to be read again, because this read may have been too early for what events told of."""
        ledger, found = self._ledger, {each.row["id"] for each in rows.orders}
        for subject, key in self.due(read.began):
            del self._at[subject, key]
            if subject == "order" and key not in found:
                self.foreign.append(key)
        if rows.positions is None:
            self._at.update((("position", key), now + LAG) for key in read.positions - rows.unread)
        thin = [event for event in read.events if event.id is None]
        for key in ids_of(thin, "order"):
            held = ledger.orders.get(key)
            if key not in self.foreign and (held is None or not held.over):
                self._at["order", key] = now + LAG
        for key in ids_of(thin, "position"):
            held = ledger.positions.get(key)
            if key not in rows.unread and (held is None or not held.over):
                self._at["position", key] = now + LAG
        if any(event.name in BOOKS_DEALS for event in thin):
            self._at["deal", 0] = now + LAG  # whatever their ids are
        for key in ids_of(thin, "deal"):
            if key not in ledger.seen:
                self._at["deal", key] = now + LAG
