"""How fresh an account is, and when its OMS is asked to reconcile it: pure, on one monotonic clock in milliseconds."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

__all__ = ["Freshness"]

LANE_SHARE = 5
"""A reconcile holds the account's lane (fact 27); it gets at most one part of so many of it."""
HELD = 10_000
"""Open orders that are remembered, the newest ones."""


class Freshness:
    """What this process knows of one account's reconciliations, and which of its orders may fill.

    Several threads may use it at once: each step is one that the interpreter does not divide.

    Attributes:
        since: fills before this moment are deals, as far as is known.
        ours: whether the newest reconciliation that is known was asked for by this process.
        number: how many this process has asked for.
        paced: whether somebody else may be reconciling as often as we would; False once that was waited for in vain.
        off: why the OMS is not asked any more; None while it is.
    """

    def __init__(self) -> None:
        self.since = -inf
        self.ours = False
        self.number = 0
        self.paced = True
        self.off: str | None = None
        self._not_before = -inf
        self._ended = -inf
        self._took = 0.0
        self._later = False  # whether somebody else had it done after our last reconcile
        self._open: dict[int, None] = {}

    def note(self, order_id: int, is_open: bool) -> None:
        """An order was sent, or seen."""
        if not is_open:
            self._open.pop(order_id, None)
        elif order_id not in self._open:
            self._open[order_id] = None
            if len(self._open) > HELD:
                self._open.pop(next(iter(list(self._open)), 0), None)

    def drop(self, is_over: Callable[[int], bool]) -> None:
        """Forget the orders that somebody else knows to be over."""
        for order_id in list(self._open):
            if is_over(order_id):
                self._open.pop(order_id, None)

    @property
    def may_change(self) -> bool:
        """Whether anything can fill: an order is open, or nobody has looked since this process began."""
        return self.off is None and (bool(self._open) or self.since == -inf)

    def wait(self, now: float) -> float:
        """For how long the lane does not bear another reconcile."""
        return max(0.0, self._not_before - now)

    def courtesy(self, limit: float) -> float:
        """Up to how long to wait, a part of it by chance, before the status is looked at once more and the OMS is
        asked: 0 unless other programs have the account reconciled, too.

        Those that look at the same moment see an account that is not fresh, and would all ask. So who is not the last
        to have done it waits up to twice what that took, which is the longer the more were queueing; most then find it
        done. On average, all have their answers sooner than if each asked.
        """
        return min(2 * self._took, limit) if self._later else 0.0

    def told(self, asked_at: float, age_seconds: float | None) -> None:
        """The OMS's status, asked at a moment: whole seconds, rounded down."""
        if age_seconds is not None and (since := asked_at - (age_seconds + 1) * 1000) > self.since:
            self.since, self.ours = since, False
            self._later |= since > self._ended

    def reconciled(self, began: float, ended: float) -> None:
        """A reconcile of ours is done."""
        self.since, self.ours = max(self.since, began), True
        self.number += 1
        self._ended, self._took, self._later = ended, ended - began, False
        self.tried(began, ended)

    def tried(self, began: float, ended: float) -> None:
        """A reconcile of ours has held the lane, or the way to it, for as long as this."""
        self._not_before = began + (ended - began) * LANE_SHARE
