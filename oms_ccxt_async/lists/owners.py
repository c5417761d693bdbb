"""Whose an order or a position is, as far as this process has seen. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

__all__ = ["Owned", "Owners"]

Owned = Literal["orders", "positions"]

REMEMBERED = 10_000
"""Orders, and positions, whose strategy is remembered at least; twice as many at most."""


class Owners:
    """The strategies of what the OMS has shown, each as it was shown last."""

    def __init__(self) -> None:
        # By id: those that were noted lately, and those before; when there are enough of the first, the others go.
        self._lately: dict[Owned, dict[int, int]] = {"orders": {}, "positions": {}}
        self._before: dict[Owned, dict[int, int]] = {"orders": {}, "positions": {}}

    def saw(self, what: Owned, row: Mapping[str, Any]) -> None:
        """The OMS has shown a row."""
        strategy_id = row.get("strategy_id")
        if strategy_id is not None and self._lately[what].get(row["id"]) != strategy_id:
            self.note(what, row["id"], strategy_id)

    def note(self, what: Owned, id: int, strategy_id: int) -> None:
        """The OMS has taken an order for a strategy, or shown whose one is."""
        lately = self._lately[what]
        lately[id] = strategy_id
        if len(lately) >= REMEMBERED:
            self._lately[what], self._before[what] = {}, lately

    def are_known(self, what: Owned, id: int, strategy_id: int) -> bool:
        """Whether it was this strategy's when it was seen last."""
        lately = self._lately[what].get(id)
        return (self._before[what].get(id) if lately is None else lately) == strategy_id
