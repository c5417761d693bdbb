"""A watched balance: read again after events that may have changed it; many of them, one read."""

from __future__ import annotations

import asyncio
import copy
import logging
import time
from collections.abc import Awaitable, Callable

from ccxt.base.errors import BaseError

from oms_ccxt_async.mappers import Unified
from oms_ccxt_pro.backoff import Backoff
from oms_ccxt_pro.delivery import Backlog, Topic
from oms_ccxt_pro.stream import is_refusal

__all__ = ["Balance"]


class Balance:
    """Reads a balance whenever it is asked for, at most once in an interval, and tells it if it is another one.

    A read that fails is made again, with growing waits, until it succeeds. One that is refused is told to the
    consumers, and made again when one of them calls.

    Args:
        read: reads the balance.
        interval: the shortest time between the beginnings of two reads, in seconds.
        backoff: how long to wait after a failed read.

    Attributes:
        topic: where another balance is published.
        last: the balance that was told last.
    """

    def __init__(
        self, read: Callable[[], Awaitable[Unified]], interval: float, backoff: Backoff, logger: logging.Logger
    ) -> None:
        self.topic = Topic(Backlog(2), keep=1, copy=copy.deepcopy, shared=True)
        self.last: Unified | None = None
        self._read = read
        self._interval = interval
        self._backoff = backoff
        self._logger = logger
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
        await asyncio.wait([self._task])
        for consumer in self.topic.consumers:
            consumer.end(error)

    async def _run(self) -> None:
        while True:
            await self._asked.wait()
            self._asked.clear()
            began = time.monotonic()
            wait = 0.0
            try:
                self._take(await self._read())
                self._backoff.reset()
            except BaseError as error:
                if is_refusal(error):
                    self._refused = True
                    self.fail(error)
                else:
                    self._logger.info("the balance could not be read, and will be again: %s", error)
                    wait = self._backoff.next()
                    self.ask()
            except Exception:
                self._logger.exception("the balance could not be read, and will be again")
                wait = self._backoff.next()
                self.ask()
            await asyncio.sleep(max(wait, began + self._interval - time.monotonic()))

    def _take(self, balance: Unified) -> None:
        if self.last is None or _amounts(balance) != _amounts(self.last):
            self.last = balance
            self.topic.publish(balance)


def _amounts(balance: Unified) -> Unified:
    """What a balance says, without when it says it."""
    return {key: value for key, value in balance.items() if key not in ("info", "timestamp", "datetime")}
