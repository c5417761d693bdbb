"""What happens as metrics of Prometheus."""

from __future__ import annotations

import pytest

import oms_ccxt_async
from oms_ccxt_async.instrumentation import EventReceived, GapFound, OrderSettled, Resynced, StreamChanged, set_hooks
from tests.faults.desk import LIMIT, desk
from tests.faults.plan import Reply

prometheus_client = pytest.importorskip("prometheus_client", reason="needs the extra prometheus")


async def test_requests_retries_and_orders_are_metrics() -> None:
    """Each attempt is in the histogram under its status; a retry and the outcome are counted."""
    from oms_ccxt_async.instrumentation.prometheus import PrometheusHook

    registry = prometheus_client.CollectorRegistry()
    who = {"exchange": "oms", "account_id": "1"}
    set_hooks([PrometheusHook(registry)])
    try:
        async with desk("full") as made:
            exchange: oms_ccxt_async.oms = await made.exchange()
            made.lose(Reply(503))
            order = await exchange.create_order(*LIMIT)
            await exchange.fetch_order(order["id"])
    finally:
        set_hooks(None)

    def count(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"oms_ccxt_{name}", {**who, **labels})  # type: ignore[no-any-return,unused-ignore]

    sent = {"method": "POST", "path": "/oms/commands", "over": "rest"}
    failed = {"status": "503", "error": "ExchangeNotAvailable"}
    assert count("request_duration_seconds_count", **sent, status="200", error="") == 1
    assert count("request_duration_seconds_count", **sent, **failed) == 1
    assert count("retries_total", method="POST", path="/oms/commands", error="ExchangeNotAvailable") == 1
    assert count("orders_total", outcome="accepted", error="") == 1
    read = {"method": "GET", "path": "/oms/orders/{id}", "over": "rest", "status": "200", "error": ""}
    assert count("request_duration_seconds_count", **read) == 1


def test_streams_are_metrics() -> None:
    """A stream is in one state at a time; gaps, resyncs, events and their lag are counted."""
    from oms_ccxt_async.instrumentation.prometheus import PrometheusHook

    registry = prometheus_client.CollectorRegistry()
    hook = PrometheusHook(registry)
    who = {"exchange": "oms", "account_id": 1, "stream": "account"}
    for state in ("connecting", "live", "down"):
        hook(StreamChanged(**who, state=state, error=None))  # type: ignore[arg-type]
    for kind in (GapFound, Resynced):
        hook(kind(**who))  # type: ignore[arg-type]
    for lag in (None, 20.0):
        hook(EventReceived(**who, lag_ms=lag))  # type: ignore[arg-type]
    hook(
        OrderSettled(
            exchange="oms",
            account_id=1,
            outcome="unknown",
            client_order_id="c",
            request_id="r",
            order_id=None,
            symbol=None,
            ms=1.0,
            error="OrderOutcomeUnknown",
        )
    )
    labels = {name: str(value) for name, value in who.items()}
    states = {
        state: registry.get_sample_value("oms_ccxt_stream_state", {**labels, "state": state})
        for state in ("connecting", "live", "down")
    }
    assert states == {"connecting": 0, "live": 0, "down": 1}
    for name, value in (("gaps_total", 1), ("resyncs_total", 1), ("events_total", 2), ("event_lag_seconds_sum", 0.02)):
        assert registry.get_sample_value(f"oms_ccxt_{name}", labels) == value
