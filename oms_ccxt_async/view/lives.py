"""The life of each order, as a timeline: what the driver did for it, and how the OMS says that it stands. Pure."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from oms_ccxt_async.instrumentation.events import Event, OrderSettled, RequestDone, RetryPlanned
from oms_ccxt_async.view.rows import Fill, Order
from oms_ccxt_async.view.words import number

__all__ = ["Lives", "Stage", "told"]

ORDERS_KEPT = 3_000
STAGES_KEPT = 100
"""Of one order: its first, and its latest."""
TOGETHER = 1_000
"""Milliseconds within which an order's state and the fill that made it are told."""
LOOKING = "the orders just sent"
"""What the driver's reads are called by which it looks for orders whose answer was lost."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One thing that happened to an order.

    Attributes:
        at: epoch milliseconds, when it was learned; of the time before, by the OMS's clock.
        what: in a word or two, such as `sent` or `answer lost`.
        detail: more of it.
        kind: `good`, `bad`, `doubt` or `plain`.
    """

    at: int
    what: str
    detail: str = ""
    kind: str = "plain"


@dataclass(slots=True)
class _Life:
    stages: list[Stage] = field(default_factory=list)
    stage: str = ""
    fills: set[str] = field(default_factory=set)
    in_doubt: bool = False
    is_ours: bool = False
    price: str = ""


class Lives:
    """Timelines by order, of the latest orders, by when this process learned of each stage: the OMS's own times are by
    another clock, and to the second. What this process did to an order is known by its client order id,
    before there is an id."""

    def __init__(self) -> None:
        self._lives: OrderedDict[str, _Life] = OrderedDict()
        self._names: dict[str, str] = {}

    def of(self, order: Order) -> list[Stage]:
        """What happened to an order, the earliest first."""
        life = self._lives.get(self._key(order.id, order.client_id))
        return sorted(life.stages, key=lambda stage: stage.at) if life else []

    def happened(self, event: Event, now: int) -> None:
        """The driver told something."""
        if isinstance(event, RequestDone):
            if event.client_order_id and event.method == "POST":
                self._sent(event, now)
            elif event.operation.startswith(LOOKING):
                self._looked(event, now)
        elif isinstance(event, RetryPlanned) and event.client_order_id and event.method == "POST":
            self._note(event.client_order_id, Stage(now, "sent again", f"in {event.wait_ms:.0f} ms", "doubt"))
        elif isinstance(event, OrderSettled):
            self._settled(event, now)

    def stands(self, order: Order, now: int | None = None) -> None:
        """The OMS says how an order stands, at `now`; without it, as it has been since the OMS's own times."""
        created, updated = (order.created, order.updated) if now is None else (now, now)
        key = self._key(order.id, order.client_id)
        life = self._life(key)
        price = "" if order.price is None else number(order.price)
        if not life.stage:
            at = f" at {price}" if price else ""
            life.stages.append(
                Stage(created, "taken by the OMS", f"{order.side} {number(order.amount)} {order.symbol}{at}", "good")
            )
        elif price != life.price and life.price and order.is_open:
            self._note(key, Stage(updated, "moved", f"from {life.price} to {price}"))
        life.price = price
        if order.stage != life.stage and order.stage != "open":
            kind = "good" if order.filled else "bad" if order.stage == "rejected" else "plain"
            self._note(key, Stage(updated, order.stage, "", kind))
        life.stage = order.stage

    def filled(self, fill: Fill, client_id: str = "", now: int | None = None) -> None:
        """A fill of an order arrived at `now`, or long ago."""
        key = self._key(fill.order, client_id)
        life = self._life(key)
        if fill.id in life.fills:
            return
        life.fills.add(fill.id)
        what = "fill", f"{number(fill.amount)} at {number(fill.price)}", "good"
        at, last = fill.at if now is None else now, life.stages[-1] if life.stages else None
        if last is not None and last.what in ("filled", "partly filled") and at - last.at < TOGETHER:
            life.stages.insert(-1, Stage(last.at, *what))  # the driver tells a fill after the state that has it
        else:
            self._note(key, Stage(at, *what))

    def _sent(self, event: RequestDone, now: int) -> None:
        name = str(event.client_order_id)
        life = self._life(name)
        verb = event.operation.replace("_", " ")
        if not life.is_ours:
            life.is_ours = True
            self._note(name, Stage(int(now - event.ms), "sent", verb))
        elif event.attempt == 1 and not life.in_doubt:
            self._note(name, Stage(int(now - event.ms), verb, ""))
        if event.status is None and event.error is not None:
            life.in_doubt = True
            self._note(name, Stage(now, "answer lost", f"{event.error} after {event.ms:.0f} ms", "doubt"))

    def _looked(self, event: RequestDone, now: int) -> None:
        found = "" if event.error is None else f"in vain: {event.error}"
        for key, life in self._lives.items():
            if life.in_doubt:
                self._note(key, Stage(now, "looked for", found, "doubt"))

    def _settled(self, event: OrderSettled, now: int) -> None:
        life = self._life(event.client_order_id)
        doubted, life.in_doubt = life.in_doubt, event.outcome == "unknown"
        if event.order_id is not None:
            self._join(str(event.order_id), event.client_order_id)
        if event.outcome == "accepted":
            what, detail = ("found", f"it is order {event.order_id}") if doubted else ("accepted", f"{event.ms:.0f} ms")
            self._note(event.client_order_id, Stage(now, what, detail, "good"))
        elif event.outcome == "refused":
            self._note(event.client_order_id, Stage(now, "refused", event.error or "", "bad"))
        else:
            self._note(event.client_order_id, Stage(now, "not known", "the OMS may or may not have it", "doubt"))

    def _key(self, order_id: str, client_id: str) -> str:
        if order_id and client_id:
            self._join(order_id, client_id)
        return self._names.get(order_id, client_id or order_id)

    def _join(self, order_id: str, client_id: str) -> None:
        if order_id in self._names:
            return
        self._names[order_id] = client_id
        early = self._lives.pop(order_id, None) if order_id != client_id else None
        if early is not None:
            life = self._life(client_id)
            life.stages += early.stages
            life.fills |= early.fills
            life.stage = early.stage or life.stage

    def _life(self, key: str) -> _Life:
        life = self._lives.get(key)
        if life is None:
            life = self._lives[key] = _Life()
            if len(self._lives) > ORDERS_KEPT:
                self._lives.popitem(last=False)
                if len(self._names) > 2 * ORDERS_KEPT:
                    self._names = {order: name for order, name in self._names.items() if name in self._lives}
        return life

    def _note(self, key: str, stage: Stage) -> None:
        stages = self._life(key).stages
        stages.append(stage)
        if len(stages) > STAGES_KEPT:
            del stages[1]


def told(stages: Iterable[Stage]) -> list[str]:
    """Stages as words, for a log."""
    return [f"{stage.what} {stage.detail}".strip() for stage in stages]
