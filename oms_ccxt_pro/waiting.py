"""How every watch method waits: for one consumer, or for several at once; and how what is left comes to its end."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from typing import Any

from ccxt.base.errors import BaseError

from oms_ccxt_async.mappers import Unified
from oms_ccxt_pro.delivery import Consumer
from oms_ccxt_pro.ends import closed_by_user

__all__ = ["fetched", "to_its_end"]

_ending: set[asyncio.Future[Any]] = set()
"""What is being ended though nobody may wait for it."""


async def to_its_end(*closing: Coroutine[Any, Any, None]) -> None:
    """Wait until all of this has been done. Who is cancelled meanwhile waits no more, and it is done all the same."""
    ending = asyncio.gather(*closing)
    _ending.add(ending)
    ending.add_done_callback(_ending.discard)
    ending.add_done_callback(lambda done: None if done.cancelled() else done.exception())
    await asyncio.shield(ending)


async def fetched(
    consumers: Sequence[Consumer],
    since: int | None = None,
    limit: int | None = None,
    catch_up: Callable[[Consumer], Awaitable[None]] | None = None,
    *,
    in_turn: bool = False,
) -> list[Unified]:
    """What the consumers have not fetched; waits only if that is nothing, and takes nothing if it is cancelled.

    Calls that wait at the same time get the same items.

    Args:
        since: items of before this are left out.
        limit: at most so many of each consumer; the others stay for the next call.
        catch_up: reads again what a consumer has missed since its backlog was dropped.
        in_turn: what one of the consumers has not fetched, that which gave something longest ago, instead of all.

    Raises:
        ccxt.BaseError: what the consumers were failed with; once, though several were failed with the same.
    """
    loop = asyncio.get_running_loop()
    tickets = [consumer.ticket for consumer in consumers]
    while True:
        for consumer in consumers if catch_up is not None else ():
            if consumer.behind:
                assert catch_up is not None
                await _caught_up(consumer, catch_up)
        batch = _taken(consumers, tickets, limit, in_turn)
        if batch is not None:
            found = batch if since is None else [item for item in batch if (item["timestamp"] or 0) >= since]
            if found or not batch:
                return found
            tickets = [consumer.ticket for consumer in consumers]
            continue
        arrived = loop.create_future()

        def wake(arrived: asyncio.Future[None] = arrived) -> None:
            if not arrived.done():
                arrived.set_result(None)

        with _waiting(consumers, wake):
            await arrived


async def _caught_up(consumer: Consumer, catch_up: Callable[[Consumer], Awaitable[None]]) -> None:
    """Have read again what a consumer has missed; who is failed meanwhile waits no more, and has missed it still."""
    reading = asyncio.ensure_future(catch_up(consumer))
    reading.add_done_callback(lambda done: done.cancelled() or done.exception())

    def wake() -> None:
        if consumer.error is not None:
            reading.cancel()

    with _waiting([consumer], wake):
        try:
            await asyncio.wait([reading])
        finally:
            reading.cancel()
    if consumer.error is not None and consumer.behind:
        consumer.drop()
    elif reading.cancelled():
        raise closed_by_user()
    else:
        reading.result()


def _taken(consumers: Sequence[Consumer], tickets: list[int], limit: int | None, in_turn: bool) -> list[Unified] | None:
    """What the consumers have, together, or one of them, if it is in turn; None if none of them has anything."""
    found: list[Unified] | None = None
    failed: list[tuple[Consumer, BaseError]] = []
    now = time.monotonic()
    pairs = list(zip(consumers, tickets, strict=True))
    if in_turn:
        pairs.sort(key=lambda pair: pair[0].gave)
    for consumer, ticket in pairs:
        try:
            batch = consumer.fetch(ticket, limit)
        except BaseError as error:
            failed.append((consumer, error))
            continue
        if batch is not None:
            consumer.called = consumer.gave = now
            found = batch if found is None else [*found, *batch]
            if in_turn:
                break
    if not failed:
        return found
    raised = failed[0][1] if found is None else None
    for consumer, failure in failed:
        if raised is None or str(failure) != str(raised):
            consumer.fail(failure)  # for the next call
    if raised is not None:
        raise raised
    return found


@contextlib.contextmanager
def _waiting(consumers: Sequence[Consumer], wake: Callable[[], None]) -> Iterator[None]:
    """Be among those who are called when there is something, and share a batch that another call fetches meanwhile."""
    for consumer in consumers:
        consumer.waiters.add(wake)
    try:
        yield
    finally:
        for consumer in consumers:
            consumer.waiters.discard(wake)
