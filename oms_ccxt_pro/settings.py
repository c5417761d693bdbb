"""`options["ws"]`: every setting of the streams, read and checked. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from oms_ccxt_async.wire.settings import group

__all__ = ["StreamSettings"]

CCXT_NAMES = frozenset(
    (
        *("options", "cost", "headers", "cookies", "compress", "keepAlive", "heartbeat", "maxPingPongMisses"),
        *("connectionTimeout", "gunzip", "inflate", "decompressBinary", "proxy", "ping", "log", "verbose", "throttle"),
    )
)
"""What ccxt's own WebSocket client takes from `options["ws"]`: programs written for ccxt.pro have it there, and this
driver has no use for it."""


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """`options["ws"]`. Times are in milliseconds.

    Attributes:
        pingInterval, pingTimeout: a ping is sent so often, and its answer waited for so long: a connection that is
            half open is found within the two together.
        openTimeout: how long connecting may take.
        maxSize: bytes of the largest message that is taken.
        backoff, backoffCap: the first wait before connecting again is up to `backoff`, every further one up to twice as
            long, at most `backoffCap`.
        maxOutage: after so long without a connection every watcher gets one `NetworkError`; None: never.
        probeInterval: a stream that has told nothing for so long is checked by reading, and where the account is read
            because it cannot be subscribed to, that is tried again so often; 0: never.
        readInterval: how long is waited between two reads of an account that cannot be subscribed to.
        maxPending: updates that may wait for one watcher; then the stream is held back.
        idleAfter: a watcher that has not called for so long is not waited for: what it misses is read when it calls.
        ordersSnapshot: whether the first call of `watchOrders` returns the open orders.
        depth: levels of an order book.
        pollInterval: how often the OMS looks for new market data (250 to 10000).
        tickersInterval: how often the tickers of all markets, which the OMS does not stream, are read.
        balanceInterval: the shortest time between two reads of a watched balance.
        onStatus: called with `stream_status()` whenever the state changes.
    """

    pingInterval: float = 10_000
    pingTimeout: float = 10_000
    openTimeout: float = 10_000
    maxSize: int = 16_777_216
    backoff: float = 200
    backoffCap: float = 10_000
    maxOutage: float | None = None
    probeInterval: float = 30_000
    readInterval: float = 1_000
    maxPending: int = 10_000
    idleAfter: float = 60_000
    ordersSnapshot: bool = False
    depth: int = 50
    pollInterval: float = 1_000
    tickersInterval: float = 5_000
    balanceInterval: float = 1_000
    onStatus: Callable[[dict[str, Any]], Any] | None = None

    @classmethod
    def from_options(cls, options: Any, *, stands_in: bool = False) -> StreamSettings:
        """The settings that `options["ws"]` holds.

        Args:
            stands_in: whether they are of a program for another exchange, whose class has names of its own there.

        Raises:
            ccxt.BadRequest: a name that neither this driver nor ccxt knows, or a value that makes no sense.
        """
        given = options or {}
        if isinstance(given, Mapping):
            foreign = given.keys() - cls.__dataclass_fields__.keys() if stands_in else CCXT_NAMES
            given = {name: value for name, value in given.items() if name not in foreign}
        return group('options["ws"]', given, cls)
