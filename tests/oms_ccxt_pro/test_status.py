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


def test_a_server_that_goes_on_and_on_does_not_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """Each of the first ten is told, then every doubling; all are counted."""
    status = Status()
    for _ in range(5_000):
        try:
            raise ValueError("the reason")
        except ValueError:
            status.failed(Log(), "x")
    assert status.bad == 5_000
    assert len(caplog.messages) == 10 + 9
    assert "(4096 so far)" in caplog.messages[-1]
