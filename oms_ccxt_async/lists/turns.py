"""Reads that callers ask for in the same turn of the event loop become one request."""

from __future__ import annotations

import asyncio
import copy
import functools
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from oms_ccxt_async import errors

__all__ = ["MOST_IDS", "Turns"]

Answer = TypeVar("Answer")
Read = Callable[[set[int]], Coroutine[Any, Any, Answer]]

MOST_IDS = 500
"""Ids that one request may name (extension 1)."""


@dataclass(slots=True, eq=False)
class _Turn(Generic[Answer]):
    """The ids that are asked for, and one future for each caller but the one who reads for itself."""

    ids: set[int]
    waiting: list[asyncio.Future[Answer]] = field(default_factory=list)


class Turns(Generic[Answer]):
    """Reads that are shared by everyone who asks in the same turn of the event loop.

    A read that is under way is never joined: an answer is never older than its question. A caller that is cancelled
    leaves the read to the others.
    """

    def __init__(self) -> None:
        # By scope, the turn that callers can still join: it is taken out when its read begins.
        self._open: dict[Hashable, _Turn[Answer]] = {}
        # Shared reads under way; each takes itself out.
        self._reading: set[asyncio.Task[None]] = set()

    async def ask(self, scope: Hashable, read: Read[Answer], key: int = 0) -> Answer:
        """What `read` answers for all the ids that are asked of this scope in this turn, at most 500 of them at once.

        Raises:
            ccxt.ExchangeClosedByUser: the exchange was closed meanwhile.
            ccxt.BaseError: as `read` raises it; every caller gets an exception of its own.
        """
        turn = self._open.get(scope)
        if turn is not None and len(turn.ids) < MOST_IDS:
            turn.ids.add(key)
            return await self._join(turn)
        turn = self._open[scope] = _Turn({key})
        try:
            await asyncio.sleep(0)  # the rest of this turn can join
        finally:
            if self._open.get(scope) is turn:
                del self._open[scope]
            if turn.waiting:
                # A task made this way never starts eagerly: the caller can join it, too.
                task = asyncio.Task(self._read(turn, read), loop=asyncio.get_running_loop())
                self._reading.add(task)
                task.add_done_callback(functools.partial(self._ended, turn))
        # A caller that nobody has joined reads in its own task.
        return await (self._join(turn) if turn.waiting else read(turn.ids))

    async def _join(self, turn: _Turn[Answer]) -> Answer:
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        turn.waiting.append(answer)
        return await answer

    def close(self) -> None:
        """Give up what is shared and under way; whoever waits for it gets `ExchangeClosedByUser`."""
        for task in self._reading:
            task.cancel()

    async def _read(self, turn: _Turn[Answer], read: Read[Answer]) -> None:
        try:
            found = await read(turn.ids)
        except Exception as error:
            for answer in turn.waiting:
                if not answer.done():
                    own = copy.copy(error)
                    own.__cause__ = error
                    answer.set_exception(own)
                    answer.exception()  # its caller may be cancelled before it hears of it
        else:
            # Not left to `_ended`, which runs a turn of the event loop later.
            for answer in turn.waiting:
                if not answer.done():
                    answer.set_result(found)

    def _ended(self, turn: _Turn[Answer], task: asyncio.Task[None]) -> None:
        self._reading.discard(task)
        for answer in turn.waiting:
            if not answer.done():
                answer.set_exception(errors.ExchangeClosedByUser("oms was closed by the user"))
