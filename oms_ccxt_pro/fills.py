"""A fill is told when its order already reflects it, and fills are told in the OMS's order. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from decimal import Decimal

from oms_ccxt_async.lists.history import Row
from oms_ccxt_pro.cache import Held, filled

__all__ = ["Fills"]


class Fills:
    """Fills that came before the state of their order that includes them, and those behind them.

    Args:
        tell: given each fill when it is its turn.
        order: what is held of an order; None if nothing is.

    Attributes:
        waiting: the fills that wait, in their order.
    """

    def __init__(self, tell: Callable[[Row], None], order: Callable[[int], Held | None]) -> None:
        self._tell = tell
        self._order = order
        self.waiting: deque[Row] = deque()
        # What was told of each open order's fills, by its id, and what it said to be filled when it was first held.
        self._dealt: dict[int, Decimal] = {}

    def __contains__(self, key: int) -> bool:
        return any(row["id"] == key for row in self.waiting)

    @property
    def head(self) -> Row | None:
        """The fill for whose order all others wait."""
        return self.waiting[0] if self.waiting else None

    def begin(self, order: Row) -> None:
        """Take up an order: what it says is filled needs no telling any more."""
        self._dealt[order["id"]] = filled(order)

    def take(self, row: Row) -> None:
        """Tell a fill, or keep it until its order reflects it and everything before it was told."""
        if self.waiting or not self._is_reflected(row):
            self.waiting.append(row)
        else:
            self._told(row)

    def advance(self) -> None:
        """Tell what the orders reflect by now."""
        while self.waiting and self._is_reflected(self.waiting[0]):
            self._told(self.waiting.popleft())

    def give_up(self) -> None:
        """Tell the first one, whatever its order says: a fill is worth more than its place."""
        if self.waiting:
            self._told(self.waiting.popleft())
            self.advance()

    def ended(self, order_id: int) -> None:
        """An order is over: its fills need not be counted any more."""
        self._dealt.pop(order_id, None)

    def undo(self, row: Row) -> None:
        """A deal was deleted by hand: its order does not include it any more."""
        if row.get("order_id") in self._dealt and row.get("qty"):
            self._dealt[row["order_id"]] -= Decimal(row["qty"])

    def _is_reflected(self, row: Row) -> bool:
        order_id = row.get("order_id")
        if order_id is None:
            return True
        order = self._order(order_id)
        if order is None or order.over:
            return order is not None
        return self._dealt.get(order_id, Decimal(0)) + Decimal(row["qty"]) <= filled(order.found.row)

    def _told(self, row: Row) -> None:
        order_id = row.get("order_id")
        if order_id is not None and ((order := self._order(order_id)) is None or not order.over):
            self._dealt[order_id] = self._dealt.get(order_id, Decimal(0)) + Decimal(row["qty"])
        self._tell(row)
