"""Scripted OMSs of both profiles, and a pro exchange that watches one."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Literal

import pytest

import oms_ccxt_pro
from tests.faults.eventually import eventually
from tests.oms_ccxt_pro.scripted import ScriptedOms, config, scripted


class Desk:
    """A scripted OMS and an exchange that watches it, in the test's own task."""

    def __init__(self, oms: ScriptedOms, exchange: Any) -> None:
        self.oms = oms
        self.exchange = exchange

    async def begin(self, *watched: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        """Watch from now on: what happens after this is fetched by later calls."""
        for watch in watched or (self.exchange.watch_orders, self.exchange.watch_my_trades):
            await self.asks_in_vain(watch())
        await self.live()

    async def live(self) -> None:
        """The stream is up, and the OMS has nothing under way to it."""
        await eventually(lambda: self.exchange.stream_status().get("state") == "live")
        await asyncio.gather(*self.oms._sending, return_exceptions=True)

    async def asks_in_vain(self, call: Coroutine[Any, Any, Any]) -> None:
        """Nothing comes of a call that is given up."""
        task = asyncio.ensure_future(call)
        for _ in range(5):
            await asyncio.sleep(0)
        with contextlib.suppress(asyncio.CancelledError):
            if not task.done():
                await eventually(lambda: task.done() or self.exchange.stream_status().get("state") == "live")
            task.cancel()
            await task

    async def orders(self) -> list[tuple[str, str, float]]:
        """Id, status and filled of the orders that the next call returns."""
        return [
            (order["id"], order["status"], order["filled"]) for order in await self._soon(self.exchange.watch_orders())
        ]

    async def fills(self) -> list[tuple[str, float]]:
        """Order and amount of the fills that the next call returns."""
        return [(trade["order"], trade["amount"]) for trade in await self._soon(self.exchange.watch_my_trades())]

    async def _soon(self, call: Coroutine[Any, Any, Any]) -> Any:
        async with asyncio.timeout(5):
            return await call

    async def gathered(self, fetch: Callable[[], Coroutine[Any, Any, list[Any]]], count: int) -> list[Any]:
        """What calls return together, until there is so much."""
        found: list[Any] = []
        while len(found) < count:
            found += await self._soon(fetch())
        return found

    async def quiet(self, call: Coroutine[Any, Any, Any]) -> bool:
        """Whether a call has nothing to return."""
        task = asyncio.ensure_future(call)
        await asyncio.wait([task], timeout=0.1)
        if task.done():
            return False
        task.cancel()
        await asyncio.wait([task])
        return True


@asynccontextmanager
async def watching(profile: Literal["full", "legacy"] = "full", **options: Any) -> AsyncIterator[Desk]:
    """A desk on a scripted OMS; `options` as of `scripted.config`."""
    async with scripted(profile) as oms, oms_ccxt_pro.oms(config(oms, **options)) as exchange:
        yield Desk(oms, exchange)


@pytest.fixture
async def full() -> AsyncIterator[Desk]:
    """A desk on a full OMS."""
    async with watching("full") as desk:
        yield desk


@pytest.fixture
async def legacy() -> AsyncIterator[Desk]:
    """A desk on a legacy OMS."""
    async with watching("legacy") as desk:
        yield desk


@pytest.fixture(params=["full", "legacy"])
async def either(request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    """A desk on an OMS of each profile."""
    async with watching(request.param) as desk:
        yield desk
