"""A replay's time: the OMS's clock stands still but for the steps that the replay takes.

Each step ends where the next thing may happen: where the price turns, or comes to an order, a stop or a trigger. So
what fills, and when, follows from the recording and the orders alone, however fast it is played.
"""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime
from typing import Any

from oms_ccxt_async.sandbox.errors import StorageUnavailable
from oms_ccxt_async.sandbox.exchange.path import TICK_MS
from oms_ccxt_async.sandbox.exchange.replayed import Replayed
from oms_ccxt_async.sandbox.oms import OMS
from oms_ccxt_async.sandbox.rows import Account, Event
from oms_ccxt_async.sandbox.storage import Storage
from oms_ccxt_async.sandbox.tick import tick

__all__ = ["Replay"]

logger = logging.getLogger(__name__)

AT_ONCE_SECONDS = 0.05
"""For how long the replay keeps everybody else waiting."""
BEHIND_SECONDS = 1.0
"""How much of a standstill is made up for."""


class Replay:
    """The clock of a replay.

    Args:
        prices: what is replayed.
        speed: how many seconds of the recording pass in one; 0: only `play` lets time pass.
        start: where it begins, in epoch milliseconds; None: at its first candle.

    Raises:
        ValueError: a speed below 0, or a start outside of the recording.
    """

    def __init__(self, prices: Replayed, *, speed: float, start: int | None = None) -> None:
        if not speed >= 0:
            raise ValueError(f"speed must be 0 or above, not {speed}")
        if start is not None and not prices.begin_ms <= start < prices.end_ms:
            between = f"{_iso(prices.begin_ms)} and {_iso(prices.end_ms)}"
            raise ValueError(f"the replay must start within its candles, between {between}, not at {_iso(start)}")
        self.prices = prices
        self.speed = speed
        self.now = prices.begin_ms if start is None else start
        self._started = start is not None
        self._looked: float | None = None
        self._said = False

    def __call__(self) -> int:
        """The time of the replay, in epoch milliseconds."""
        return self.now

    @property
    def ended(self) -> bool:
        """Whether there are no more candles: time stands still for good."""
        return self.now >= self.prices.end_ms

    def resume(self, storage: Storage) -> None:
        """Go on after the last thing that is stored.

        Raises:
            ValueError: it is later than where the replay was told to start.
        """
        start = self.now
        for account in storage.select(Account):
            scope = {"account_id": account.account_id}
            newest = storage.get(Event, event_id=storage.newest(Event, **scope), **scope)
            if newest is not None:
                self.now = max(self.now, min(newest.created_ms + 1, self.prices.end_ms))
        if self._started and self.now > start:
            raise ValueError(f"the database goes to {_iso(self.now)}: its replay cannot start at {_iso(start)}")

    def keep_up(self, oms: OMS) -> None:
        """Let pass what the speed makes of the time since the last call.

        Raises:
            StorageUnavailable: what happened was not stored; it happens at the next call.
        """
        looked, self._looked = self._looked, time.monotonic()
        if looked is not None and self.speed:
            self.play(oms, min(self._looked - looked, BEHIND_SECONDS), stop=self._looked + AT_ONCE_SECONDS)

    def play(self, oms: OMS, seconds: float, *, stop: float | None = None) -> None:
        """Let so many seconds, times the speed, pass; at speed 0, seconds of the recording.

        Args:
            oms: to whom things happen.
            seconds: as above.
            stop: a moment of the monotonic clock at which it is enough.

        Raises:
            StorageUnavailable: what happened was not stored; it happens at the next call.
        """
        until = min(self.now + round(seconds * (self.speed or 1) * 1000), self.prices.end_ms)
        while self.now < until and (stop is None or time.monotonic() < stop):
            before, self.now = self.now, self._next(oms, until)
            try:
                tick(oms)
            except StorageUnavailable:
                self.now = before  # so that what it would have brought is not passed over
                raise
        if self.ended and not self._said:
            self._said = True
            logger.warning("the replay has ended at %s: nothing trades any more", _iso(self.prices.end_ms))

    def health(self) -> dict[str, Any]:
        """What `/healthz` says of the prices."""
        prices = self.prices
        return {
            "source": "candles",
            "state": "ended" if self.ended else "replaying",
            "time": _iso(self.now),
            "begin": _iso(prices.begin_ms),
            "end": _iso(prices.end_ms),
            "speed": self.speed,
        }

    def _next(self, oms: OMS, until: int) -> int:
        """The time at which the next thing may happen, at most `until`."""
        now, found = self.now // TICK_MS, until
        near = oms.exchange.touchy()
        for position in oms.storage.positions_with_stop():
            stops = [stop for stop in (position.stop_loss, position.stop_gain) if stop is not None]
            near.setdefault(position.symbol, []).extend(stops)
        for symbol, levels in near.items():
            found = min(found, self.prices.next(self.prices.markets[symbol], now, levels) * TICK_MS)
        return max(found, self.now + 1)


def _iso(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
