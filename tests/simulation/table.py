"""What came of many seeds, as one table. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from tests.simulation.checker import KINDS

__all__ = ["Row", "Table"]


class Row(Protocol):
    """What came of a seed, as far as the table shows it."""

    scenario: str
    faults: int
    orders: int
    fills: int
    recovery: float
    wrong: list[tuple[str, str]]


class Table:
    """Sums by scenario.

    Args:
        names: of the scenarios, in the order in which they stand.

    Attributes:
        seeds, failed: how many were played, and of how many anything was wrong.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self.seeds = self.failed = 0
        self._rows: dict[str, dict[str, float]] = {name: {} for name in names}

    def add(self, outcome: Row) -> None:
        """Count a seed."""
        self.seeds += 1
        self.failed += bool(outcome.wrong)
        row = self._rows[outcome.scenario]
        numbers = {"seeds": 1, "faults": outcome.faults, "orders": outcome.orders, "fills": outcome.fills}
        for name, number in numbers.items():
            row[name] = row.get(name, 0) + number
        for kind in KINDS:
            row[kind] = row.get(kind, 0) + sum(found == kind for found, _ in outcome.wrong)
        row["recovery"] = max(row.get("recovery", 0.0), outcome.recovery)

    def __str__(self) -> str:
        """The table; `rules` are the other invariants: close, tasks, connections, the key, errors."""
        heads = ("seeds", "faults", "orders", "fills", *KINDS)
        wide = max(len(name) for name in ("scenario", *self._rows))
        titles = [each.replace("untrue", "untrue outcomes") for each in heads]
        lines = [
            " ".join(
                [f"{'scenario':{wide}}", *(f"{title:>{max(7, len(title))}}" for title in titles), "longest recovery"]
            )
        ]
        total: dict[str, float] = {}
        for name, row in self._rows.items():
            lines.append(self._line(name, row, heads, titles, wide))
            for head in heads:
                total[head] = total.get(head, 0) + row.get(head, 0)
            total["recovery"] = max(total.get("recovery", 0.0), row.get("recovery", 0.0))
        lines.append(self._line("all", total, heads, titles, wide))
        return "\n".join(lines)

    def _line(self, name: str, row: dict[str, float], heads: tuple[str, ...], titles: list[str], wide: int) -> str:
        cells = (f"{int(row.get(head, 0)):>{max(7, len(title))},}" for head, title in zip(heads, titles, strict=True))
        return " ".join([f"{name:{wide}}", *cells, f"{row.get('recovery', 0.0):>14.1f} s"])
