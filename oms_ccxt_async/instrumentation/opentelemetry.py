"""What happens as spans and metrics of OpenTelemetry, after its semantic conventions of HTTP clients:
`set_hooks([OpenTelemetryHook()])`. Needs the extra `opentelemetry`."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

from opentelemetry import metrics, trace
from opentelemetry.metrics import MeterProvider
from opentelemetry.trace import SpanKind, Status, StatusCode, TracerProvider

from oms_ccxt_async.instrumentation.events import (
    CircuitChanged,
    Event,
    EventReceived,
    GapFound,
    OrderSettled,
    RequestDone,
    Resynced,
    RetryPlanned,
    StreamChanged,
)

__all__ = ["OpenTelemetryHook"]

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
"""The buckets that the conventions advise."""
_NAME = "oms_ccxt"


class OpenTelemetryHook:
    """Makes a span of every request, a child of the span that is current where it was made, and counts the rest.

    Args:
        tracer_provider, meter_provider: None: those of the process.
    """

    def __init__(
        self, tracer_provider: TracerProvider | None = None, meter_provider: MeterProvider | None = None
    ) -> None:
        self._tracer = trace.get_tracer(_NAME, tracer_provider=tracer_provider)
        meter = metrics.get_meter(_NAME, meter_provider=meter_provider)

        def counter(name: str, unit: str, what: str) -> metrics.Counter:
            return meter.create_counter(f"{_NAME}.{name}", unit, what)

        def seconds(name: str, what: str) -> metrics.Histogram:
            return meter.create_histogram(name, "s", what, explicit_bucket_boundaries_advisory=_SECONDS)

        self._durations = seconds("http.client.request.duration", "Duration of HTTP client requests.")
        self._commands = seconds(f"{_NAME}.websocket.request.duration", "Duration of requests over a WebSocket.")
        self._lag = seconds(f"{_NAME}.stream.event.lag", "From the OMS's time of an event to its arrival.")
        self._retries = counter("retries", "{retry}", "Requests that were sent again.")
        self._openings = counter("circuit.openings", "{opening}", "Times that requests began to fail unsent.")
        self._orders = counter("orders", "{order}", "Orders whose outcome became known, or was given up.")
        self._states = counter("stream.changes", "{change}", "Changes of a stream's state.")
        self._gaps = counter("stream.gaps", "{gap}", "Times that events were missing.")
        self._resyncs = counter("stream.resyncs", "{resync}", "Gaps that were closed by reading.")
        self._events = counter("stream.events", "{event}", "What the OMS told on its streams.")

    def __call__(self, event: Event) -> None:
        """Make a span, or count."""
        who: dict[str, str | int] = {"oms.exchange": event.exchange}
        if event.account_id is not None:
            who["oms.account_id"] = event.account_id
        match event:
            case RequestDone():
                self._requested(event, who)
            case RetryPlanned():
                self._retries.add(1, {**who, "url.template": event.template, "error.type": event.error})
            case CircuitChanged():
                self._openings.add(int(event.is_open), who)
            case OrderSettled():
                failed = {} if event.error is None else {"error.type": event.error}
                self._orders.add(1, {**who, "oms.outcome": event.outcome, **failed})
            case StreamChanged():
                self._states.add(1, {**who, "oms.stream": event.stream, "oms.state": event.state})
            case GapFound():
                self._gaps.add(1, {**who, "oms.stream": event.stream})
            case Resynced():
                self._resyncs.add(1, {**who, "oms.stream": event.stream})
            case EventReceived():
                self._events.add(1, {**who, "oms.stream": event.stream})
                if event.lag_ms is not None:
                    self._lag.record(event.lag_ms / 1000, {**who, "oms.stream": event.stream})

    def _requested(self, event: RequestDone, who: dict[str, str | int]) -> None:
        server = urlsplit(event.server)
        port = server.port or (443 if server.scheme == "https" else 80)
        about: dict[str, str | int] = {**who, "server.address": server.hostname or "", "server.port": port}
        if event.status is not None:
            about["http.response.status_code"] = event.status
        if event.error is not None:
            # By the conventions the status stands for itself where it is what went wrong.
            bad = event.status is not None and event.status >= 400
            about["error.type"] = str(event.status) if bad else event.error
        rest = event.over == "rest"
        about |= {"http.request.method": event.method, "url.template": event.template} if rest else {}
        (self._durations if rest else self._commands).record(event.ms / 1000, about)
        resent = {"http.request.resend_count": event.attempt - 1} if event.attempt > 1 else {}
        full = {"url.full": f"{event.server}{event.path}", **resent} if rest else {}
        now = time.time_ns()
        span = self._tracer.start_span(
            f"{event.method} {event.template}" if rest else event.operation,
            kind=SpanKind.CLIENT,
            attributes={**about, **full, "oms.operation": event.operation},
            start_time=now - int(event.ms * 1e6),
        )
        if event.error is not None:
            span.set_status(Status(StatusCode.ERROR, event.error))
        span.end(now)
