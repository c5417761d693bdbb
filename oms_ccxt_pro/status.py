"""How a stream is doing: counters and times, as `exchange.stream_status()` shows them. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

from oms_ccxt_async.instrumentation.telemetry import Log

__all__ = ["Status"]


@dataclass(slots=True)
class Status:
    """The state of one stream; times are epoch milliseconds.

    Attributes:
        state: `idle`, `connecting`, `live`, `polling` (read, as the OMS offers no events), `down` (being
            reconnected) or `refused`.
        connectedSince: since when the present connection stands; None while there is none.
        lastMessage, lastEvent: when the last message, the last event of the account, arrived.
        reconnects: connections that stood after the first, however many attempts each took.
        events: events received.
        duplicates: updates dropped because they were known.
        gaps: disconnects after which the stream was made whole again, and events that came without or out of order.
        resyncs: those of them that took reading instead of a replay.
        unreadable: times that the OMS broke down over something, which was then left out until the next connection.
        unknown: events of kinds that this driver does not know.
        bad: messages that could not be handled, and were skipped.
        error: why the stream is down, refused, or polling.
        told: called with `gap` or `resync` when there is one more.
    """

    state: str = "idle"
    connectedSince: int | None = None
    lastMessage: int | None = None
    lastEvent: int | None = None
    reconnects: int = 0
    events: int = 0
    duplicates: int = 0
    gaps: int = 0
    resyncs: int = 0
    unreadable: int = 0
    unknown: int = 0
    bad: int = 0
    error: str | None = None
    told: Callable[[str], None] = field(default=lambda what: None, repr=False)

    def gap(self) -> None:
        """Events were missing."""
        self.gaps += 1
        self.told("gap")

    def resync(self) -> None:
        """The stream was made whole by reading."""
        self.resyncs += 1
        self.told("resync")

    def failed(self, logger: Log, what: Any) -> None:
        """Count what could not be handled, from within the handling of its exception, and log it: each of the first
        ten, then with every doubling of their number, so that a server that goes on and on does not fill a disk."""
        self.bad += 1
        if self.bad <= 10 or self.bad & (self.bad - 1) == 0:
            told = "skipped, because it could not be handled (%d so far): %.500s"
            logger.warning(told, self.bad, what, exc_info=True)

    def shown(self) -> dict[str, Any]:
        """The status as a dict of its own."""
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name != "told"}
