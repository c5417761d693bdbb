"""What programs asked for and were told, and what the OMS's own books hold: all that the checker sees. Pure data."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

__all__ = ["Books", "Consumer", "History", "Intent", "Outcome"]

Outcome = Literal["open", "ok", "refused", "unknown", "dropped"]
"""`open`: not told yet; `dropped`: the program died, or lost interest."""


@dataclass
class Intent:
    """An order that a program wants once.

    Attributes:
        program: whose it is; the programs of one bot share nothing.
        side, kind, price: of the order.
        amount: of the order; orders of one program that are alike in it are the same order to the program.
        client_order_id: if the program gave one.
        asked_as: the client order id that an unknown outcome named.
        outcome, order_id: what it was told in the end; `told` is the order as it was told.
        attempts: when it asked, and what it heard: `invoke`, then `ok`, `refused`, `unknown`, `not sent`, `gave up`.
        final_price: what the price shall be after edits.
        canceled: whether the program was told that it is canceled.
    """

    program: str
    kind: str
    side: str
    amount: str
    price: float | None
    client_order_id: str | None = None
    asked_as: str | None = None
    outcome: Outcome = "open"
    order_id: int | None = None
    told: dict[str, Any] | None = None
    attempts: list[tuple[float, str]] = field(default_factory=list)
    final_price: float | None = None
    canceled: bool = False

    def hear(self, at: float, what: str) -> None:
        """Note what happened."""
        self.attempts.append((round(at, 3), what))

    def __str__(self) -> str:
        """For sentences."""
        return f"{self.program}'s {self.kind} {self.side} {self.amount} @ {self.price} ({self.outcome} {self.order_id})"


@dataclass
class Consumer:
    """A loop over a watch method.

    Attributes:
        name: whose it is.
        method: `fills` or `orders`.
        since: the number of deals that the OMS had when it was surely watching; None: it was not yet.
        told: what it was told, in turn: of fills (id, order id, amount, price, trade at the exchange),
            of orders (id, status, filled).
        over: whether it ended before the end (its machine died).
        strategy: whose orders and fills it sees; None: all of the account.
    """

    name: str
    method: Literal["fills", "orders"]
    since: int | None = None
    told: list[tuple[Any, ...]] = field(default_factory=list)
    over: bool = False
    strategy: int | None = None

    def sees(self, row: dict[str, Any]) -> bool:
        """Whether an order or a deal is for it to see."""
        return self.strategy in (None, row["strategy_id"])


@dataclass
class History:
    """Everything that programs did and were told.

    Attributes:
        quoted: by (program, side), the amount of a quote that shall stand exactly once at the end.
        wrong: what was seen to be wrong while it happened: errors that no document names, the key in a text.
        restored: whether the OMS was put back to a backup on the way; then what came before it proves nothing.
        unordered: whether the OMS left out an event or sent one late; then what was missing is told when it is found.
        late_prices: what edits asked for that a legacy OMS was sent again, and got after it was told that all was done.
        recovery: seconds from the moment when all ways were free to the one when everything was told; None: never.
    """

    intents: list[Intent] = field(default_factory=list)
    consumers: list[Consumer] = field(default_factory=list)
    quoted: dict[tuple[str, str], str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    restored: bool = False
    unordered: bool = False
    late_prices: set[Decimal] = field(default_factory=set)
    recovery: float | None = None


@dataclass
class Books:
    """What the OMS and the exchange behind it hold at the end: rows with their columns' names, decimals as texts.

    Attributes:
        orders, deals: the OMS's.
        placed: the exchange's orders, which are the truth of what exists; a legacy OMS has rows for others too.
        profile: of the OMS; a legacy one cannot prove that an order is not there.
    """

    orders: list[dict[str, Any]]
    deals: list[dict[str, Any]]
    placed: list[dict[str, Any]]
    profile: str
