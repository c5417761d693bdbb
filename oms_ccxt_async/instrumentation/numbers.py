"""What an exchange counts, and when the OMS counts as away. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Flood", "Outage", "Series", "Stats"]


@dataclass(slots=True)
class Series:
    """Durations in milliseconds, as much of them as an average and a maximum need."""

    count: int = 0
    sum: float = 0.0
    max: float = 0.0

    def add(self, ms: float) -> None:
        """One more."""
        self.count += 1
        self.sum += ms
        if ms > self.max:
            self.max = ms

    def shown(self) -> dict[str, Any]:
        """As a dict of its own."""
        return {"count": self.count, "sum": self.sum, "max": self.max}


@dataclass(slots=True)
class Stats:
    """What happened to one exchange instance since it was made, over all its event loops."""

    requests: int = 0
    retries: int = 0
    outages: int = 0
    circuitOpenings: int = 0
    reconnects: int = 0
    gaps: int = 0
    resyncs: int = 0
    failures: dict[str, int] = field(default_factory=dict)
    orders: dict[str, int] = field(default_factory=lambda: {"accepted": 0, "refused": 0, "unknown": 0})
    latency: Series = field(default_factory=Series)
    eventLag: Series = field(default_factory=Series)

    def shown(self) -> dict[str, Any]:
        """As a dict of its own."""
        plain = ("requests", "retries", "outages", "circuitOpenings", "reconnects", "gaps", "resyncs")
        return {
            **{name: getattr(self, name) for name in plain},
            "failures": dict(self.failures),
            "orders": dict(self.orders),
            "latency": self.latency.shown(),
            "eventLag": self.eventLag.shown(),
        }


class Outage:
    """Whether the OMS is away: two failures in a row, one begun after the other, and no answer between. Times are of
    one monotonic clock."""

    __slots__ = ("_answered", "_since", "_told")

    def __init__(self) -> None:
        self._answered: float | None = None
        self._since: float | None = None
        self._told = False

    def failed(self, began: float, now: float) -> bool:
        """A request that began then was not answered; whether this is the failure by which the outage is known."""
        if self._answered is not None and began < self._answered:
            return False  # others have been answered since
        if self._since is None:
            self._since = now
            return False
        if self._told or began < self._since:
            return False
        self._told = True
        return True

    def answered(self, now: float) -> float | None:
        """Something answered; for how long nothing did, if that was an outage that is over now."""
        self._answered = now
        since, told = self._since, self._told
        self._since, self._told = None, False
        return now - since if told and since is not None else None


class Flood:
    """How many lines of one kind are said: so many within a time, then that there are more."""

    __slots__ = ("_most", "_said", "_since", "_within")

    def __init__(self, most: int, within: float) -> None:
        self._most = most
        self._within = within
        self._since: float | None = None
        self._said = 0

    def left(self, now: float) -> int:
        """How many more may be said, this one included; 0 exactly once, for the one that says that there are more; then
        below that."""
        if self._since is None or now - self._since >= self._within:
            self._since, self._said = now, 0
        self._said += 1
        return self._most - self._said + 1
