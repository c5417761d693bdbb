"""What is read again for those who watch it: a balance after events, and market data that the OMS does not stream."""

from __future__ import annotations

import asyncio
import copy
import time
from collections.abc import Awaitable, Callable

from ccxt.base.errors import BaseError

from oms_ccxt_async.instrumentation.telemetry import Log
from oms_ccxt_async.mappers import Unified
from oms_ccxt_pro.backoff import Backoff
from oms_ccxt_pro.delivery import Backlog, Topic
from oms_ccxt_pro.ends import is_refusal

__all__ = ["Rereading"]

IDLE = 60.0
"""Seconds after its last call from which nothing is read for a loop that does not wait."""


class Rereading:
    """Reads something whenever it is asked for, at most once in an interval, and tells it if it is another one.

    A read that fails is made again, with growing waits, until it succeeds. One that is refused is told to the
    consumers, and made again when one of them calls.

    Args:
        what: what is read, for the log.
        read: reads it.
        interval: the shortest time between the beginnings of two reads, in seconds.
        backoff: how long to wait after a failed read.
        always: whether it is read again without being asked for, as long as somebody waits, or called within a minute.

    Attributes:
        topic: where another one is published.
        last: what was told last.
    """

    def __init__(
        self,
        what: str,
        read: Callable[[], Awaitable[Unified]],
        interval: float,
        backoff: Backoff,
        logger: Log,
        *,
        always: bool = False,
    ) -> None:
        self.topic = Topic(Backlog(2), keep=1, copy=copy.deepcopy, shared=True)
        self.last: Unified | None = None
        self._what = what
        self._read = read
        self._interval = interval
        self._backoff = backoff
        self._logger = logger
        self._always = always
        self._refused = False
        self._asked = asyncio.Event()
        self._asked.set()
        self._task = asyncio.create_task(self._run())

    def ask(self) -> None:
        """Have it read: it may be another one now."""
        self._asked.set()

    def ask_again(self) -> None:
        """Have it read if the last read was refused."""
        if self._refused:
            self._refused = False
            self.ask()

    def fail(self, error: BaseError) -> None:
        """End the next call of every consumer with an error."""
        for consumer in self.topic.consumers:
            consumer.fail(error)

    async def close(self, error: BaseException) -> None:
        """Read no more; calls that wait end with an error."""
        self._task.cancel()
        for consumer in self.topic.consumers:
            consumer.end(error)
        await asyncio.wait([self._task])

    async def _run(self) -> None:
        while True:
            await self._asked.wait()
            self._asked.clear()
            began = time.monotonic()
            wait = 0.0
            try:
                self._take(await self._read())
                self._backoff.reset()
                if self._always and self._is_watched():
                    self.ask()
            except BaseError as error:
                if is_refusal(error):
                    self._refused = True
                    self.fail(error)
                else:
                    self._logger.info("%s could not be read, and will be again: %s", self._what, error)
                    wait = self._backoff.next()
                    self.ask()
            except Exception:
                self._logger.exception("%s could not be read, and will be again", self._what)
                wait = self._backoff.next()
                self.ask()
            await asyncio.sleep(max(wait, began + self._interval - time.monotonic()))

    def _is_watched(self) -> bool:
        since = time.monotonic() - IDLE
        return any(consumer.waiters or consumer.called > since for consumer in self.topic.consumers)

    def _take(self, found: Unified) -> None:
        if self.last is None or _amounts(found) != _amounts(self.last):
            self.last = found
            self.topic.publish(found)


def _amounts(found: Unified) -> Unified:
    """What it says, without when it says it."""
    return {
        key: _amounts(value) if isinstance(value, dict) else value
        for key, value in found.items()
        if key not in ("info", "timestamp", "datetime")
    }
