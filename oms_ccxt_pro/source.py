"""What a feed needs of its exchange: how to read the OMS, and how to make its rows unified."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Literal

from ccxt.base.errors import BaseError

from oms_ccxt_async.instrumentation.telemetry import Telemetry
from oms_ccxt_async.lists.history import Lists, Row
from oms_ccxt_async.lists.lookup import Found, Lookup
from oms_ccxt_async.mappers import Unified
from oms_ccxt_async.wire.account import AccountFacts
from oms_ccxt_pro.backoff import Backoff

__all__ = ["Source", "gathered"]


@dataclass(frozen=True, slots=True)
class Source:
    """An exchange as its feeds see it.

    Attributes:
        clock: the wall clock, in epoch milliseconds.
        refused: told of a refusal that no retry will change.
        keep_fresh: has the OMS look for fills, for as long as it runs, while an order may fill; given whether the
            stream knows that an order is over.
    """

    lists: Lists
    lookup: Lookup
    facts: Callable[[], Awaitable[AccountFacts]]
    order: Callable[[Found, AccountFacts], Unified]
    trade: Callable[[Row, AccountFacts], Unified]
    position: Callable[[Row, AccountFacts], Unified]
    clock: Callable[[], int]
    backoff: Callable[[], Backoff]
    refused: Callable[[BaseError], None]
    keep_fresh: Callable[[Callable[[int], bool]], Coroutine[Any, Any, None]]
    telemetry: Telemetry

    async def newest(
        self, what: Literal["orders", "deals"], strategy_id: int | None, after: int | None = None
    ) -> list[Row]:
        """The pages that hold what came after an id, or the newest page, in ascending order of id."""
        rows: dict[int, Row] = {}
        async with aclosing(self.lists.newest(what, strategy_id, f"new {what}")) as pages:
            async for page in pages:
                rows.update((row["id"], row) for row in page)
                if after is None or (page and page[0]["id"] <= after):
                    break
        return [rows[key] for key in sorted(rows)]


async def gathered(
    look: Callable[[int, int | None], Awaitable[Any]], ids: Iterable[int], strategy_id: int | None
) -> dict[int, Any]:
    """By-id reads that go out together; what the account does not have is left out."""
    keys = list(ids)
    found = await asyncio.gather(*(look(key, strategy_id) for key in keys))
    return {key: each for key, each in zip(keys, found, strict=True) if each is not None}
