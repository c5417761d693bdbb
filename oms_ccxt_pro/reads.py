"""What a feed asks to be read, and what comes of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from oms_ccxt_async.lists.history import Row
from oms_ccxt_async.lists.lookup import Found
from oms_ccxt_async.wire.account import AccountFacts
from oms_ccxt_pro.events import Event

__all__ = ["Read", "Rows", "Snapshot"]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the OMS sent on subscribing: the open orders and positions, and the last event that they include."""

    orders: list[Row]
    positions: list[Row]
    event_id: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """One read over REST, with what was held when it began.

    Attributes:
        began: when it was made, in monotonic seconds.
        as_of: the last event that had arrived then: what is read is not older.
        first: whether it is the feed's first: the newest page of deals and of orders, and everything open.
        whole: whether everything open is read; `orders` and `positions` are then those that were held as open.
        restored: whether the OMS's data may be another history than the one that was followed.
        gaps: the gaps that it closes.
        newest_deal, newest_order: the newest deal that was seen, and the newest order of a list: an OMS without them
            has less than it had.
        deals_after, orders_after: the newest id that is known; None: not read.
        orders, positions: what is read by id.
        snapshot: what is open, where the OMS has sent that.
        events: the events that wait for this read, and those between them.
        fill: the fill that waits for its order.
    """

    began: float
    as_of: int = 0
    first: bool = False
    whole: bool = False
    restored: bool = False
    gaps: int = 0
    newest_deal: int = 0
    newest_order: int = 0
    deals_after: int | None = None
    orders_after: int | None = None
    orders: frozenset[int] = frozenset()
    positions: frozenset[int] = frozenset()
    snapshot: Snapshot | None = None
    events: tuple[Event, ...] = ()
    fill: Row | None = None


@dataclass(slots=True)
class Rows:
    """What was read.

    Attributes:
        deals: those of the pages that were read, known ones included, in ascending order of id.
        orders: what is open, newer than `orders_after`, or was read by id.
        newest_order: the id of the newest order there is; None where the list was not read.
        positions: None where they could not be read.
        unread: those asked for by id that are left out until the next session, as the OMS breaks down over them.
    """

    facts: AccountFacts
    deals: list[Row] = field(default_factory=list)
    orders: list[Found] = field(default_factory=list)
    newest_order: int | None = None
    positions: list[Row] | None = field(default_factory=list)
    unread: frozenset[int] = frozenset()
