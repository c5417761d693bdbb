"""How a stream is doing."""

from __future__ import annotations

import pytest

from oms_ccxt_async.instrumentation.telemetry import Log
from oms_ccxt_pro.status import Status


def test_what_is_shown_is_a_copy() -> None:
    """Who is shown the status cannot change it."""
    status = Status(events=3)
    status.shown()["events"] = 7
    assert status.shown()["events"] == 3


def test_what_could_not_be_handled_is_counted_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The log has the message and the reason, cut to a readable length."""
    status = Status()
    try:
        raise ValueError("the reason")
    except ValueError:
        status.failed(Log(), "x" * 10_000)
    assert status.bad == 1
    assert "the reason" in caplog.text
    assert len(caplog.messages[0]) < 600
