"""What an exchange tells of itself: log records with fields, numbers, and events for hooks.

What the user's log handlers and hooks raise goes to the event loop's exception handler, and no further (fault 55).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from oms_ccxt_async.instrumentation.hooks import get_hooks, tell
from oms_ccxt_async.instrumentation.numbers import Flood, Outage, Stats

__all__ = ["FIELDS", "LOGGER", "Log", "Telemetry", "failed"]

LOGGER = logging.getLogger("oms_ccxt")
"""What an exchange logs to, and its children, unless its config has a logger."""
FIELDS = ("account_id", "order_id", "client_order_id", "request_id", "attempt", "ms", "path")
"""What every record of ours carries; None where it is not known."""
_UNKNOWN = dict.fromkeys(FIELDS)
_CHILDREN = {name: LOGGER.getChild(name) for name in ("orders", "wire", "stream")}
_ID = re.compile(r"(?<=/)[\d,]+(?=/|$)")
MOST_UNKNOWN = 10
"""Orders that are warned of one by one, within `FLOOD_MS`."""
FLOOD_MS = 10_000


class Log:
    """One of an exchange's loggers. Every record gets `FIELDS`, of which `known` are given with the message.

    Args:
        logger: the exchange's present logger; one that is not `LOGGER` is the user's, and gets everything.
        child: which child of `LOGGER` it is; None: itself.
        account_id: the exchange's account.
    """

    def __init__(
        self,
        logger: Callable[[], Any] = lambda: LOGGER,
        child: str | None = None,
        account_id: Callable[[], int | None] = lambda: None,
    ) -> None:
        self._logger = logger
        self._own = LOGGER if child is None else _CHILDREN[child]
        self._account_id = account_id

    def debug(self, message: str, *args: Any, **known: Any) -> None:
        """For who looks for a mistake."""
        self._say("debug", logging.DEBUG, message, args, known)

    def info(self, message: str, *args: Any, **known: Any) -> None:
        """For who wants to know how it went."""
        self._say("info", logging.INFO, message, args, known)

    def warning(self, message: str, *args: Any, **known: Any) -> None:
        """Something is not as it should be, and the driver goes on."""
        self._say("warning", logging.WARNING, message, args, known)

    def error(self, message: str, *args: Any, **known: Any) -> None:
        """Something needs a person."""
        self._say("error", logging.ERROR, message, args, known)

    def exception(self, message: str, *args: Any, **known: Any) -> None:
        """As `error`, with the exception that is being handled."""
        self._say("error", logging.ERROR, message, args, {"exc_info": True, **known})

    def is_enabled(self, level: int) -> bool:
        """Whether records of a level go anywhere."""
        enabled = getattr(self._target(), "isEnabledFor", None)
        return enabled is None or bool(enabled(level))

    def say(self, name: str, message: str, *args: Any, depth: int = 2, **known: Any) -> None:
        """Log, and let what a handler raises come out; `depth` is how far up the caller is that the record names."""
        exc_info = known.pop("exc_info", None)
        told = {**_UNKNOWN, "account_id": self._account_id(), **known}
        how = {} if exc_info is None else {"exc_info": exc_info}
        getattr(self._target(), name)(message, *args, extra=told, stacklevel=depth, **how)

    def _target(self) -> Any:
        logger = self._logger()
        return self._own if logger is LOGGER or logger is None else logger

    def _say(self, name: str, level: int, message: str, args: tuple[Any, ...], known: dict[str, Any]) -> None:
        try:
            if self.is_enabled(level):
                self.say(name, message, *args, depth=4, **known)
        except Exception as error:
            failed("the log could not be told", error)


def failed(message: str, error: Exception) -> None:
    """Tell the event loop what a log handler raised; where there is no loop, or its handler raises too, nobody."""
    with contextlib.suppress(Exception):
        loop = asyncio.get_running_loop()
        loop.call_exception_handler({"message": f"oms: {message}", "exception": error.with_traceback(None)})


class Telemetry:
    """What one exchange instance tells, over all its event loops.

    Args:
        exchange: ccxt's id of the instance, at the time.
        logger: its present logger.
        account_id: its account; None while none is set.
        server: the OMS's address, for events.
        clock: a monotonic clock in seconds.

    Attributes:
        log, orders, wire, stream: its loggers.
        stats: what it counts.
        quiet: whether orders that become unknown are not warned of one by one: `close()` names them.
    """

    def __init__(
        self,
        logger: Callable[[], Any] = lambda: LOGGER,
        *,
        exchange: Callable[[], str] = lambda: "oms",
        account_id: Callable[[], int | None] = lambda: None,
        server: Callable[[], str] = lambda: "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.log = Log(logger, None, account_id)
        self.orders = Log(logger, "orders", account_id)
        self.wire = Log(logger, "wire", account_id)
        self.stream = Log(logger, "stream", account_id)
        self.stats = Stats()
        self.quiet = False
        self._exchange = exchange
        self._account_id = account_id
        self._server = server
        self._clock = clock
        self._outage = Outage()
        self._flood = Flood(MOST_UNKNOWN, FLOOD_MS)
        self._circuit_open = False
        self._key_refused = False
        self._exposed: set[str] = set()

    # Requests; times are in seconds of the clock that the caller has

    def request_done(
        self,
        asked: str,
        method: str,
        path: str,
        *,
        attempt: int,
        began: float,
        now: float,
        status: int | None,
        error: BaseException | None,
        over: str = "rest",
        about: Mapping[str, Any] = _UNKNOWN,
    ) -> None:
        """A request has ended: with an answer (`status`), with `error`, or with both; `about` is what log records of
        it carry."""
        ms = (now - began) * 1000
        stats = self.stats
        stats.requests += 1
        name = None if error is None else type(error).__name__
        if name is not None:
            stats.failures[name] = stats.failures.get(name, 0) + 1
        if status is not None or error is None:
            stats.latency.add(ms)
        if get_hooks():
            plain = path.partition("?")[0]
            self._tell(
                "RequestDone",
                operation=asked.partition("(")[0],
                method=method,
                path=plain,
                template=_template(plain),
                server=self._server(),
                over=over,
                attempt=attempt,
                ms=ms,
                status=status,
                error=name,
                client_order_id=about.get("client_order_id"),
            )

    def retry(
        self, asked: str, method: str, path: str, about: Mapping[str, Any], attempt: int, wait: float, error: Any
    ) -> None:
        """A request will be sent again after `wait` milliseconds."""
        self.stats.retries += 1
        plain = path.partition("?")[0]
        self.wire.info("attempt %d of %s: %s", attempt, asked, error, attempt=attempt, path=plain, **about)
        if get_hooks():
            self._tell(
                "RetryPlanned",
                operation=asked.partition("(")[0],
                method=method,
                path=plain,
                template=_template(plain),
                attempt=attempt,
                wait_ms=wait,
                error=type(error).__name__,
                client_order_id=about.get("client_order_id"),
            )

    def unanswered(self, began: float, now: float, error: BaseException | None) -> None:
        """The OMS did not answer a request, or what stands before it says that it is away."""
        if self._outage.failed(began, now):
            self.stats.outages += 1
            self.wire.warning("the OMS does not answer: %s", error)

    def answered(self, now: float) -> None:
        """The OMS answered, whatever it said."""
        away = self._outage.answered(now)
        if away is not None:
            self.wire.info("the OMS answers again, after %.3f s", away, ms=away * 1000)

    def circuit(self, is_open: bool, cooldown: float = 0) -> None:
        """No connection could be made so often that requests fail unsent for a while; or something answered again."""
        if is_open is self._circuit_open:
            return
        self._circuit_open = is_open
        if is_open:
            self.stats.circuitOpenings += 1
            self.wire.warning(
                "the circuit is open: no connection could be made, and requests fail unsent, but for one every %g ms",
                cooldown,
            )
        if get_hooks():
            self._tell("CircuitChanged", is_open=is_open)

    def exposed(self, address: str) -> None:
        """Requests to an address, and the key with them, go over networks that are not private, without TLS; said
        once."""
        if address not in self._exposed:
            self._exposed.add(address)
            self.wire.warning(
                "%s is neither on this machine nor in a private network: who is on the way can read the key; use https",
                address,
            )

    def key_refused(self, error: BaseException) -> None:
        """The OMS does not know the key; said once until it does."""
        if not self._key_refused:
            self._key_refused = True
            self.wire.error("the OMS refuses the key: %s", error)

    def key_taken(self) -> None:
        """The OMS knows the key."""
        self._key_refused = False

    # Orders

    def order_settled(
        self,
        outcome: str,
        *,
        client_order_id: str,
        request_id: str,
        order_id: int | str | None,
        symbol: str | None,
        ms: float,
        error: BaseException | None,
    ) -> None:
        """What became of an order is known, or was given up."""
        self.stats.orders[outcome] += 1
        if outcome == "unknown" and not self.quiet:
            left = self._flood.left(self._clock() * 1000)
            if left > 0:
                self.orders.warning("%s", error, client_order_id=client_order_id, request_id=request_id, ms=ms)
            elif left == 0:
                self.orders.warning(
                    "more orders are becoming unknown, and are not named one by one: unknown_orders() lists them"
                )
        elif outcome == "accepted":
            known = {"client_order_id": client_order_id, "request_id": request_id, "order_id": order_id, "ms": ms}
            self.orders.debug("order %s was accepted", order_id, **known)
        elif outcome == "refused":
            self.orders.debug("%s", error, client_order_id=client_order_id, request_id=request_id, ms=ms)
        if get_hooks():
            self._tell(
                "OrderSettled",
                outcome=outcome,
                client_order_id=client_order_id,
                request_id=request_id,
                order_id=order_id,
                symbol=symbol,
                ms=ms,
                error=None if error is None else type(error).__name__,
            )

    # Streams

    def stream_changed(self, stream: str, state: str, error: str | None) -> None:
        """A stream is in another state."""
        if get_hooks():
            self._tell("StreamChanged", stream=stream, state=state, error=error)

    def reconnected(self) -> None:
        """A stream that had a connection before has one again."""
        self.stats.reconnects += 1

    def gap(self, stream: str) -> None:
        """Events were missing."""
        self.stats.gaps += 1
        if get_hooks():
            self._tell("GapFound", stream=stream)

    def resync(self, stream: str) -> None:
        """A stream was made whole by reading."""
        self.stats.resyncs += 1
        if get_hooks():
            self._tell("Resynced", stream=stream)

    def event(self, stream: str, lag: float | None) -> None:
        """The OMS told something, `lag` milliseconds after it happened."""
        if lag is not None:
            lag = lag if lag > 0 else 0
            self.stats.eventLag.add(lag)
        if get_hooks():
            self._tell("EventReceived", stream=stream, lag_ms=lag)

    def _tell(self, kind: str, **fields: Any) -> None:
        from oms_ccxt_async.instrumentation import events  # for who has hooks: see the package

        try:
            event = getattr(events, kind)(exchange=self._exchange(), account_id=self._account_id(), **fields)
        except Exception as error:
            failed("an event could not be made", error)
            return
        tell(event)


def _template(path: str) -> str:
    """A path with ids left out."""
    return _ID.sub("{id}", path)
