"""What hooks are told: one small frozen object for each thing that happens, without a secret in it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "CircuitChanged",
    "Event",
    "EventReceived",
    "GapFound",
    "OrderSettled",
    "RequestDone",
    "Resynced",
    "RetryPlanned",
    "StreamChanged",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to one exchange instance.

    Attributes:
        exchange: ccxt's id of the instance: `oms`, or that of the class that the OMS stands in for.
        account_id: the OMS account; None while none is set.
    """

    exchange: str
    account_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestDone(Event):
    """One request was answered, or will not be any more. A call that is retried makes one of these for each attempt.

    Attributes:
        operation: the method that asked, such as `create_order`.
        method, path: of the HTTP request; the path without its query.
        template: the path with `{id}` in the place of ids: there are only so many of these.
        server: the OMS's address, such as `https://oms.example:8443`.
        over: `rest`, or `websocket`, where there is no status.
        attempt: from 1.
        ms: from the moment that it was sent.
        status: of the HTTP answer; None where there was none.
        error: the name of the ccxt exception that came of it; None if it went well.
        client_order_id: of the order that it was about; None where it was about none or about several.
    """

    operation: str
    method: str
    path: str
    template: str
    server: str
    over: str
    attempt: int
    ms: float
    status: int | None
    error: str | None
    client_order_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPlanned(Event):
    """A request will be sent again.

    Attributes:
        operation, method, path, template: as of `RequestDone`.
        attempt: the one that failed, from 1.
        wait_ms: how long is waited before the next.
        error: the name of the ccxt exception that the attempt ended with.
        client_order_id: as of `RequestDone`.
    """

    operation: str
    method: str
    path: str
    template: str
    attempt: int
    wait_ms: float
    error: str
    client_order_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitChanged(Event):
    """Requests fail unsent from now on (`is_open`), or are sent again."""

    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSettled(Event):
    """What became of an order that was sent is known, or was given up. An order that was unknown may follow as another.

    Attributes:
        outcome: `accepted`, `refused` or `unknown`.
        client_order_id, request_id: of the order.
        order_id: of an accepted order.
        symbol: the unified symbol; None where a command names none.
        ms: since the program asked for it.
        error: the name of the ccxt exception; None for an accepted one.
    """

    outcome: str
    client_order_id: str
    request_id: str
    order_id: int | str | None
    symbol: str | None
    ms: float
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamChanged(Event):
    """A stream is in another state.

    Attributes:
        stream: `account`, `orders` (order entry), `markets`, or `markets` with a timeframe.
        state: as `stream_status()["state"]`.
        error: why, in words; None where all is well.
    """

    stream: str
    state: str
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GapFound(Event):
    """Events were missing: after a disconnect, or because one came without its number or out of order."""

    stream: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resynced(Event):
    """A stream was made whole by reading, because the OMS could not send again what was missed."""

    stream: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventReceived(Event):
    """The OMS told something.

    Attributes:
        stream: as of `StreamChanged`.
        lag_ms: from the OMS's own time of it to its arrival, by both clocks, at least 0; None where it has no time.
            The recorded OMS writes times of orders and fills to the second: up to a second of this is theirs.
    """

    stream: str
    lag_ms: float | None
