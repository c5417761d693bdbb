"""Whose an order or a position is, as far as this process has seen. Pure."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Literal

__all__ = ["Owned", "Owners"]

Owned = Literal["orders", "positions"]

REMEMBERED = 20_000
"""Orders, and positions, whose strategy is remembered; the ones that were seen first are forgotten first."""


class Owners:
    """The strategies of what the OMS has shown, each as it was shown last."""

    def __init__(self) -> None:
        # Not plain dicts: finding the first of one takes as long as many have been deleted.
        self._strategies: dict[Owned, OrderedDict[int, int]] = {"orders": OrderedDict(), "positions": OrderedDict()}

    def saw(self, what: Owned, row: Mapping[str, Any]) -> None:
        """The OMS has shown a row."""
        strategy_id = row.get("strategy_id")
        if strategy_id is not None:
            self.note(what, row["id"], strategy_id)

    def note(self, what: Owned, id: int, strategy_id: int) -> None:
        """The OMS has taken an order for a strategy, or shown whose one is."""
        strategies = self._strategies[what]
        strategies[id] = strategy_id
        if len(strategies) > REMEMBERED:
            strategies.popitem(last=False)

    def are_known(self, what: Owned, id: int, strategy_id: int) -> bool:
        """Whether it was this strategy's when it was seen last."""
        return self._strategies[what].get(id) == strategy_id
