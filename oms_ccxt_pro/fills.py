"""A fill is told when its order already reflects it. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from decimal import Decimal

from oms_ccxt_async.lists.history import Row
from oms_ccxt_pro.cache import Held, filled

__all__ = ["Fills"]


class Fills:
    """Fills that came before the state of their order that includes them.

    Args:
        tell: given each fill when it is its turn.
    """

    def __init__(self, tell: Callable[[Row], None]) -> None:
        self._tell = tell
        self._waiting: dict[int, deque[Row]] = {}
        self._dealt: dict[int, Decimal] = {}

    def waits(self, order_id: int) -> bool:
        """Whether a fill of this order waits."""
        return order_id in self._waiting

    def begin(self, row: Row) -> None:
        """Take up an order: what it says is filled was told before, or is nobody's business."""
        self._dealt[row["id"]] = filled(row)

    def take(self, row: Row, order: Held) -> None:
        """Tell a fill of an order, or keep it until the order reflects it."""
        order_id = row["order_id"]
        self._waiting.setdefault(order_id, deque()).append(row)
        self.reflect(order_id, order)

    def reflect(self, order_id: int, order: Held) -> None:
        """Tell the fills that the order now reflects; all of them, if it is over."""
        waiting = self._waiting.get(order_id)
        while waiting:
            dealt = self._dealt.get(order_id, Decimal(0)) + Decimal(waiting[0]["qty"])
            if not order.over and dealt > filled(order.found.row):
                return
            self._dealt[order_id] = dealt
            self._tell(waiting.popleft())
        self._waiting.pop(order_id, None)
        if order.over:
            self._dealt.pop(order_id, None)

    def give_up(self, order_id: int) -> None:
        """Tell what waits, whatever the order says: a fill is worth more than its order of arrival."""
        for row in self._waiting.pop(order_id, ()):
            self._tell(row)
