"""What happens as metrics of Prometheus: `set_hooks([PrometheusHook()])`. Needs the extra `prometheus`."""

from __future__ import annotations

from typing import Any

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

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

__all__ = ["PrometheusHook"]

_WHO = ("exchange", "account_id")
_WHAT = ("method", "path")
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class PrometheusHook:
    """Counts what it is told. Labels are few: a path has `{id}` in the place of ids, and no order has a label.

    Args:
        registry: where the metrics are registered; one hook for each.

    Raises:
        ValueError: the registry has the metrics already.
    """

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        def counter(name: str, what: str, *labels: str) -> Any:
            return Counter(f"oms_ccxt_{name}", what, (*_WHO, *labels), registry=registry)

        def histogram(name: str, what: str, *labels: str) -> Any:
            return Histogram(f"oms_ccxt_{name}", what, (*_WHO, *labels), registry=registry, buckets=_SECONDS)

        self._durations = histogram(
            "request_duration_seconds", "Requests, each attempt for itself", *_WHAT, "over", "status", "error"
        )
        self._retries = counter("retries", "Requests that were sent again", *_WHAT, "error")
        self._openings = counter("circuit_openings", "Times that requests began to fail unsent")
        self._open = Gauge("oms_ccxt_circuit_open", "Whether requests fail unsent", _WHO, registry=registry)
        self._orders = counter("orders", "Orders whose outcome became known, or was given up", "outcome", "error")
        self._state = Gauge(
            "oms_ccxt_stream_state",
            "1 for the state of a stream",
            (*_WHO, "stream", "state"),
            registry=registry,
        )
        self._gaps = counter("gaps", "Times that events were missing", "stream")
        self._resyncs = counter("resyncs", "Gaps that were closed by reading", "stream")
        self._events = counter("events", "What the OMS told on its streams", "stream")
        self._lag = histogram("event_lag_seconds", "From the OMS's time of an event to its arrival", "stream")
        self._states: dict[tuple[str, str, str], str] = {}

    def __call__(self, event: Event) -> None:
        """Count an event."""
        who = event.exchange, str(event.account_id)
        match event:
            case RequestDone():
                status = "" if event.status is None else str(event.status)
                labels = (*who, event.method, event.template, event.over, status, event.error or "")
                self._durations.labels(*labels).observe(event.ms / 1000)
            case RetryPlanned():
                self._retries.labels(*who, event.method, event.template, event.error).inc()
            case CircuitChanged():
                self._open.labels(*who).set(event.is_open)
                self._openings.labels(*who).inc(int(event.is_open))
            case OrderSettled():
                self._orders.labels(*who, event.outcome, event.error or "").inc()
            case StreamChanged():
                key = (*who, event.stream)
                if (before := self._states.get(key)) is not None:
                    self._state.labels(*key, before).set(0)
                self._states[key] = event.state
                self._state.labels(*key, event.state).set(1)
            case GapFound():
                self._gaps.labels(*who, event.stream).inc()
            case Resynced():
                self._resyncs.labels(*who, event.stream).inc()
            case EventReceived():
                self._events.labels(*who, event.stream).inc()
                if event.lag_ms is not None:
                    self._lag.labels(*who, event.stream).observe(event.lag_ms / 1000)
