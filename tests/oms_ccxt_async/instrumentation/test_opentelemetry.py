"""What happens as spans and metrics of OpenTelemetry."""

from __future__ import annotations

from typing import Any

import pytest

import oms_ccxt_pro
from oms_ccxt_async.instrumentation import CircuitChanged, EventReceived, GapFound, Resynced, set_hooks
from tests.faults.desk import LIMIT, desk
from tests.faults.plan import Reply

pytest.importorskip("opentelemetry.sdk", reason="needs the extra opentelemetry and its SDK")


class Observed:
    """A hook, and what it has exported."""

    def __init__(self) -> None:
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import InMemoryMetricReader
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import SimpleSpanProcessor
        from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

        from oms_ccxt_async.instrumentation.opentelemetry import OpenTelemetryHook

        self._reader = InMemoryMetricReader()
        self._exporter = InMemorySpanExporter()
        self.tracers = TracerProvider()
        self.tracers.add_span_processor(SimpleSpanProcessor(self._exporter))
        self._meters = MeterProvider([self._reader])
        self.hook = OpenTelemetryHook(self.tracers, self._meters)

    @property
    def spans(self) -> Any:
        return self._exporter.get_finished_spans()

    def metrics(self) -> dict[str, list[Any]]:
        data: Any = self._reader.get_metrics_data()
        found = (metric for scope in data.resource_metrics[0].scope_metrics for metric in scope.metrics)
        return {metric.name: list(metric.data.data_points) for metric in found}

    def close(self) -> None:
        self.tracers.shutdown()
        self._meters.shutdown()


async def test_requests_are_spans_and_durations_of_http_clients() -> None:
    """Name, kind and attributes are those of the conventions, and the program's span is the parent."""
    observed = Observed()
    try:
        async with desk("full") as made:
            exchange = await made.exchange()
            set_hooks([observed.hook])
            made.lose(Reply(503))
            with observed.tracers.get_tracer("desk").start_as_current_span("strategy") as parent:
                order = await exchange.create_order(*LIMIT)
                await exchange.fetch_order(order["id"])
            url = made.proxy.url
    finally:
        set_hooks(None)
    posts = [span for span in observed.spans if span.name == "POST /oms/commands"]
    first, second = posts
    assert first.kind.name == "CLIENT"
    assert first.attributes["http.response.status_code"] == 503
    assert first.attributes["error.type"] == "503"
    assert first.status.status_code.name == "ERROR"
    assert first.attributes["url.full"] == f"{url}/oms/commands"
    assert (first.attributes["server.address"], str(first.attributes["server.port"])) == (
        "127.0.0.1",
        url.rpartition(":")[2],
    )
    assert "http.request.resend_count" not in first.attributes
    assert second.attributes["http.request.resend_count"] == 1
    assert "error.type" not in second.attributes
    [read] = [span for span in observed.spans if span.name == "GET /oms/orders/{id}"]
    assert read.parent.span_id == parent.get_span_context().span_id
    assert read.start_time < read.end_time
    metrics = observed.metrics()
    counts = {
        (point.attributes["http.request.method"], point.attributes["http.response.status_code"]): point.count
        for point in metrics["http.client.request.duration"]
    }
    assert counts == {("POST", 503): 1, ("POST", 200): 1, ("GET", 200): 1}
    assert [point.value for point in metrics["oms_ccxt.retries"]] == [1]
    assert [point.attributes["oms.outcome"] for point in metrics["oms_ccxt.orders"]] == ["accepted"]
    observed.close()


async def test_commands_over_the_socket_are_no_http_requests() -> None:
    """They are spans under the name of their operation, and have a duration of their own."""
    observed = Observed()
    try:
        async with desk("full") as made, oms_ccxt_pro.oms(made.sandbox.config()) as exchange:
            await exchange.load_markets()
            set_hooks([observed.hook])
            await exchange.create_order_ws(*LIMIT)
    finally:
        set_hooks(None)
    [span] = [span for span in observed.spans if span.name == "create_order"]
    assert "http.request.method" not in span.attributes
    assert observed.metrics()["oms_ccxt.websocket.request.duration"][0].count == 1
    observed.close()


def test_streams_and_the_circuit_are_counted() -> None:
    """Gaps, resyncs, events, their lag, openings of the circuit."""
    observed = Observed()
    for event in (
        CircuitChanged(exchange="oms", account_id=None, is_open=True),
        CircuitChanged(exchange="oms", account_id=None, is_open=False),
        GapFound(exchange="oms", account_id=1, stream="account"),
        Resynced(exchange="oms", account_id=1, stream="account"),
        EventReceived(exchange="oms", account_id=1, stream="account", lag_ms=20.0),
    ):
        observed.hook(event)
    metrics = observed.metrics()
    for name in ("circuit.openings", "stream.gaps", "stream.resyncs", "stream.events"):
        assert [point.value for point in metrics[f"oms_ccxt.{name}"]] == [1]
    assert metrics["oms_ccxt.stream.event.lag"][0].sum == 0.02
    observed.close()
