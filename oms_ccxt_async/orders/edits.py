"""Edits of one order, one after the other: a late repeat of an older one must not undo a newer one."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

__all__ = ["Edit", "Edits"]

REMEMBERED = 1_000
"""Orders of which is remembered that an edit of them may still arrive."""


@dataclass(slots=True)
class _Order:
    """The edits of one order: how many have begun, and how many of these have not ended."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    begun: int = 0
    open: int = 0


class Edit:
    """One edit, while it is sent.

    Attributes:
        is_late: whether an older edit of the order may still arrive at the OMS, so that a success has to be confirmed.
    """

    def __init__(self, edits: Edits, order_id: int, number: int) -> None:
        self._edits = edits
        self._order_id = order_id
        self._number = number
        self.is_late = order_id in edits.doubtful

    def may_repeat(self) -> bool:
        """Asked before it is sent again: not if a newer edit of the order has begun."""
        self.doubt()
        return self._edits.newest(self._order_id) == self._number

    def doubt(self) -> None:
        """Something that was sent of it may still arrive."""
        doubtful = self._edits.doubtful
        doubtful[self._order_id] = None
        if len(doubtful) > REMEMBERED:
            del doubtful[next(iter(doubtful))]


class Edits:
    """The edits of one exchange instance in one event loop.

    Attributes:
        doubtful: the orders of which an edit may still arrive that was sent earlier, oldest first.
    """

    def __init__(self) -> None:
        self.doubtful: dict[int, None] = {}
        self._orders: dict[int, _Order] = {}

    def newest(self, order_id: int) -> int:
        """The number of the newest edit of an order."""
        return self._orders[order_id].begun

    @contextlib.asynccontextmanager
    async def turn(self, order_id: int) -> AsyncIterator[Edit]:
        """Wait until older edits of the order have ended, which they do soon: they are not sent again any more."""
        order = self._orders.setdefault(order_id, _Order())
        order.begun += 1
        order.open += 1
        number = order.begun
        try:
            async with order.lock:
                yield Edit(self, order_id, number)
        finally:
            order.open -= 1
            if not order.open:
                del self._orders[order_id]
