"""What cannot change any more of the orders of a legacy OMS. Pure."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from oms_ccxt_async.mappers.order import STATUSES

__all__ = ["TRUSTED", "Over", "fill"]

Row = dict[str, Any]

HELD = 10_000
"""Orders that are remembered, the newest."""
TRUSTED = 600_000
"""Milliseconds after which all is read again: nothing tells of a row that was edited by hand."""


@dataclass(frozen=True, slots=True)
class _Kept:
    row: Row | None
    deals: tuple[Row, ...] | None


class Over:
    """Orders that are over: of one that was filled its deals are kept, of one that was canceled or rejected its row.

    The other half is always read: the row of a filled order may still be moved to another strategy or position, and a
    canceled one may get deals that the OMS learns of late.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[int, int], _Kept] = OrderedDict()
        self._since: int | None = None

    def trust(self, now: int) -> None:
        """Forget all that is older than ten minutes; `now` is in epoch milliseconds."""
        if self._since is None or not 0 <= now - self._since <= TRUSTED:
            self.forget()
            self._since = now

    def forget(self) -> None:
        """Have all of it read again."""
        self._kept.clear()

    def row(self, account_id: int, order_id: int) -> Row | None:
        """The row of an order that was canceled or rejected; None if it is to be read."""
        kept = self._kept.get((account_id, order_id))
        return None if kept is None or kept.row is None else dict(kept.row)

    def deals(self, account_id: int, row: Mapping[str, Any]) -> list[Row] | None:
        """The deals of an order that they fill; None if they are to be read."""
        kept = self._kept.get((account_id, row["id"]))
        if kept is None or kept.deals is None or not fill(row, kept.deals):
            return None
        return [dict(deal) for deal in kept.deals]

    def note(self, account_id: int, row: Row, deals: Sequence[Row]) -> None:
        """Note an order as it was just read, with all of its deals."""
        filled = fill(row, deals)
        over = STATUSES.get(row.get("status")) in ("canceled", "rejected")
        if filled or over:
            copies = tuple(dict(deal) for deal in deals) if filled else None
            self._kept[account_id, row["id"]] = _Kept(dict(row) if over else None, copies)
            self._kept.move_to_end((account_id, row["id"]))
            if len(self._kept) > HELD:
                self._kept.popitem(last=False)


def fill(row: Mapping[str, Any], deals: Sequence[Row]) -> bool:
    """Whether deals are the whole of an order."""
    try:
        return bool(deals) and sum(abs(Decimal(deal["qty"])) for deal in deals) >= Decimal(row["qty"]) > 0
    except (KeyError, TypeError, ArithmeticError):
        return False
