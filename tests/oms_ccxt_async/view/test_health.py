"""Whether the connection is well, in words."""

from __future__ import annotations

from typing import Any

import pytest

from oms_ccxt_async.view.health import figures, verdict

LIVE = {"state": "live", "lastMessage": 9_000, "error": None}


@pytest.mark.parametrize(
    ("status", "stats", "failure", "level", "said"),
    [
        ({}, {}, None, "wait", "Connecting"),
        ({}, {}, "orders: no answer", "bad", "orders: no answer"),
        (LIVE, {}, None, "good", "last message 1.0 s ago"),
        ({"state": "down", "error": "cut"}, {}, None, "bad", "No connection for 10 s: cut"),
        ({"state": "refused", "error": "key"}, {}, None, "bad", "refuses this key or account: key"),
        ({"state": "polling"}, {}, None, "care", "read again and again"),
        (LIVE, {"unknownOrders": 2}, None, "care", "2 orders are in doubt"),
        (LIVE, {}, "balance: 503", "care", "balance: 503"),
        ({"state": "down"}, {"unknownOrders": 1}, "balance: 503", "bad", "No connection"),
    ],
)
def test_verdicts(status: Any, stats: Any, failure: str | None, level: str, said: str) -> None:
    """The worst that is known is the verdict, and says what is done about it."""
    health = verdict(status, stats, 10_000, 0, failure)
    assert health.level == level
    assert said in f"{health.title} {health.detail}"


def test_figures() -> None:
    """Means of what was counted, a dash where nothing was; kinds of failures by their names."""
    stats = {"latency": {"count": 2, "sum": 30.0, "max": 20.0}, "failures": {"RequestTimeout": 3}, "retries": 1}
    told = {name: figure for name, figure, _ in figures(LIVE, stats, "2 s ago", circuit_open=True)}
    assert told["Answer time"] == "15 ms, at most 20 ms"
    assert (told["Event lag"], told["Failures"], told["Circuit"]) == ("-", "3 RequestTimeout", "open")
    assert all(meaning for _, _, meaning in figures({}, {}, "-"))
