"""What watchers were told, judged as it comes and against the OMS's own records."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from tests.faults.ledger import Ledger, Row

__all__ = ["Balance", "Fills", "Market", "Orders", "Placed", "Positions", "Witness"]

OVER = frozenset({"closed", "canceled", "rejected"})


class Fills:
    """A loop over fills: each is told once, in the OMS's order, and none is missing (I3)."""

    def __init__(self) -> None:
        self.told: list[int] = []
        self.wrong: list[str] = []

    def take(self, batch: Iterable[dict[str, Any]]) -> None:
        """What a call returned."""
        for fill in batch:
            number = int(fill["id"])
            if number in self.told:
                self.wrong.append(f"fill {number} twice")
            elif self.told and number < self.told[-1]:
                self.wrong.append(f"fill {number} after {self.told[-1]}")
            self.told.append(number)

    async def differences(self, ledger: Ledger, passing: bool = False) -> list[str]:
        """In what it differs from the OMS's records now; of a passing loop only from its first fill to its last."""
        first, last = (self.told[0], self.told[-1]) if passing and self.told else (0, 0 if passing else 2**63)
        wanted = Counter(deal["id"] for deal in await ledger.deals() if first <= deal["id"] <= last)
        told = Counter(self.told)
        return [f"fills missing {sorted(wanted - told)}, extra {sorted(told - wanted)}"] if wanted != told else []


class Orders:
    """A loop over orders: no state goes backwards on the way, and the last one is the OMS's (I4)."""

    def __init__(self) -> None:
        self.told: dict[int, tuple[str | None, float]] = {}
        self.wrong: list[str] = []

    def take(self, batch: Iterable[dict[str, Any]]) -> None:
        """What a call returned."""
        for order in batch:
            number, state = int(order["id"]), (order["status"], order["filled"])
            before = self.told.get(number, ("open", 0.0))
            if state[1] < before[1] or (before[0] in OVER and state != before):
                self.wrong.append(f"order {number} went from {before} to {state}")
            self.told[number] = state

    async def differences(self, ledger: Ledger) -> list[str]:
        """In what it differs from the OMS's records now."""
        dealt: defaultdict[int, Decimal] = defaultdict(Decimal)
        for deal in await ledger.deals():
            dealt[deal["order_id"]] += Decimal(deal["qty"])
        wanted = {order["id"]: _state(order, dealt[order["id"]]) for order in await ledger.orders()}
        return _differences("orders", self.told, wanted)


class Positions:
    """A loop over positions: what it holds open at the end is what the OMS does (I4)."""

    def __init__(self) -> None:
        self.told: dict[int, float] = {}
        self.wrong: list[str] = []

    def take(self, batch: Iterable[dict[str, Any]]) -> None:
        """What a call returned."""
        self.told.update((int(position["id"]), position["contracts"]) for position in batch)

    async def differences(self, ledger: Ledger) -> list[str]:
        """In what it differs from the OMS's records now."""
        wanted = {position["id"]: float(Decimal(position["qty"])) for position in await ledger.positions()}
        return _differences("positions", {number: size for number, size in self.told.items() if size}, wanted)


class Balance:
    """A loop over the balance: what it was told last is what the account holds."""

    def __init__(self) -> None:
        self.told: dict[str, Any] = {}
        self.wrong: list[str] = []

    def take(self, balance: dict[str, Any]) -> None:
        """What a call returned."""
        self.told = balance

    async def differences(self, ledger: Ledger) -> list[str]:
        """In what it differs from the account now."""
        told, wanted = (_amounts(balance) for balance in (self.told, await ledger.balance()))
        return [f"the balance differs: told {told}, at the OMS {wanted}"] if told != wanted else []


class Market:
    """A loop over market data: no trade comes twice, and it does not fall silent."""

    def __init__(self) -> None:
        self.told = 0
        self.wrong: list[str] = []
        self._trades: set[str] = set()
        self._before: int | None = None

    def take(self, what: list[dict[str, Any]] | dict[str, Any]) -> None:
        """What a call returned: a ticker, an order book, or trades."""
        self.told += 1
        for number in (trade["id"] for trade in what) if isinstance(what, list) else ():
            if number in self._trades:
                self.wrong.append(f"trade {number} twice")
            self._trades.add(number)

    async def differences(self, ledger: Ledger) -> list[str]:
        """Whether nothing was told since this was asked first, when all faults were over."""
        if self._before is None:
            self._before = self.told
        return ["nothing is told any more"] if self.told == self._before else []


class Placed:
    """Orders that the watched instance sent itself: each that it was told of is one at the OMS (I1)."""

    def __init__(self) -> None:
        self.told: list[int] = []
        self.wrong: list[str] = []

    def take(self, order: dict[str, Any]) -> None:
        """What a create returned."""
        self.told.append(int(order["id"]))

    async def differences(self, ledger: Ledger) -> list[str]:
        """Which of them the OMS does not have, and which it has twice."""
        orders = await ledger.orders()
        names = Counter(order["client_order_id"] for order in orders if order["client_order_id"])
        wrong = {
            "under one client order id": [name for name, count in names.items() if count > 1],
            "told and not there": sorted(set(self.told) - {order["id"] for order in orders}),
            "told for two creates": [number for number, count in Counter(self.told).items() if count > 1],
        }
        return [f"orders {what}: {which}" for what, which in wrong.items() if which]


Witness = Fills | Orders | Positions | Balance | Market | Placed


def _amounts(balance: dict[str, Any]) -> dict[str, tuple[float, ...]]:
    """What is there of each currency."""
    return {
        name: tuple(float(each[part] or 0) for part in ("free", "used", "total"))
        for name, each in balance.items()
        if isinstance(each, dict) and {"free", "used", "total"} <= each.keys()
    }


def _state(order: Row, dealt: Decimal) -> tuple[str, float]:
    """Status and filled quantity by the deals: a legacy OMS does not write them on the order (fact 19)."""
    statuses = {"FILLED": "closed", "CANCELED": "canceled", "REJECTED": "rejected"}
    filled = dealt == Decimal(order["qty"])
    return "closed" if filled else statuses.get(order["status"], "open"), float(dealt)


def _differences(what: str, told: dict[int, Any], wanted: dict[int, Any]) -> list[str]:
    differing = sorted(number for number in told.keys() | wanted.keys() if told.get(number) != wanted.get(number))
    some = [(number, told.get(number), wanted.get(number)) for number in differing[:5]]
    return [f"{len(differing)} {what} differ, number, told, at the OMS: {some}"] if differing else []
