"""Whether the connection is well, in words that need no explanation. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from oms_ccxt_async.view.words import ago, count

__all__ = ["Health", "figures", "verdict"]

LATE = 3_000
"""Milliseconds of an OMS's mean lag from which it is said."""


@dataclass(frozen=True, slots=True)
class Health:
    """A verdict.

    Attributes:
        level: `good`, `care` (look at it), `bad` or `wait` (not known yet).
        title: in a few words.
        detail: one sentence: why, and what is being done.
    """

    level: str
    title: str
    detail: str


def verdict(
    status: Mapping[str, Any], stats: Mapping[str, Any], now: int, since: int, failure: str | None = None
) -> Health:
    """Whether all is well.

    Args:
        status: of `stream_status()`; empty before anything is watched.
        stats: of `stats()`.
        now: epoch milliseconds.
        since: since when the stream is in its present state.
        failure: why reading fails, if it does.
    """
    state, error = status.get("state"), status.get("error")
    unknown = int(stats.get("unknownOrders") or 0)
    held = ago(now - since)
    because = f": {error}" if error else ""
    if state == "refused":
        return Health("bad", "Refused by the OMS", f"The OMS refuses this key or account{because}")
    if state == "down":
        detail = f"No connection for {held}{because}. It is being made again by itself; what is missed comes then."
        return Health("bad", "Connection lost", detail)
    if state in (None, "idle", "connecting"):
        if failure is None:
            return Health("wait", "Connecting", f"Waiting for the OMS for {held}{because}")
        return Health("bad", "No answer from the OMS", failure)
    if unknown:
        what = count(unknown, "order") + (" is" if unknown == 1 else " are")
        return Health("care", "An order is unclear", f"{what} in doubt: the OMS may or may not have taken it.")
    if failure is not None:
        return Health("care", "Part of it cannot be read", failure)
    if state == "polling":
        return Health(
            "care", "Read, not streamed", f"The OMS offers this key no events; it is read again and again{because}"
        )
    heard = status.get("lastMessage")
    latest = f"; last message {ago(now - heard)} ago" if heard else ""
    return Health("good", "Connection is well", f"Live for {held}{latest}")


def figures(
    status: Mapping[str, Any], stats: Mapping[str, Any], reconcile: str, circuit_open: bool = False
) -> list[tuple[str, str, str]]:
    """The driver's own figures: a name, the figure, and what it means."""
    latency, lag = stats.get("latency") or {}, stats.get("eventLag") or {}
    orders: Mapping[str, int] = stats.get("orders") or {}
    failures: Mapping[str, int] = stats.get("failures") or {}
    return [
        ("Stream", str(status.get("state") or "idle"), "state of the account's stream"),
        ("Answer time", _mean(latency), "mean and longest of the OMS's answers"),
        ("Event lag", _mean(lag), "from the OMS's time of an event to its arrival"),
        ("Reconciled", reconcile, "when the OMS last compared itself with the exchange"),
        ("Reconnects", str(stats.get("reconnects", 0)), "connections after the first"),
        ("Gaps", str(stats.get("gaps", 0)), "times that events were missed and made up for"),
        ("Read again", str(stats.get("resyncs", 0)), "gaps that took reading instead of a replay"),
        ("Requests", str(stats.get("requests", 0)), "sent by this view"),
        ("Retries", str(stats.get("retries", 0)), "requests that were sent again"),
        ("Failures", _counts(failures), "requests that failed, by kind"),
        ("Circuit", "open" if circuit_open else "closed", "open: requests fail unsent for a while"),
        ("Orders sent", _counts(orders), "by this process, and what became of them"),
        ("Unknown orders", str(stats.get("unknownOrders", 0)), "the OMS may or may not have taken them"),
    ]


def _mean(series: Mapping[str, Any]) -> str:
    many = series.get("count") or 0
    return f"{series['sum'] / many:.0f} ms, at most {series['max']:.0f} ms" if many else "-"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{many} {name}" for name, many in counts.items() if many) or "none"
