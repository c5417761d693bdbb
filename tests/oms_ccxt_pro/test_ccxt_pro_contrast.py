"""The same happenings under ccxt.pro's semantics: what these tests show lost, the driver's own tests show told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from ccxt.async_support.base.exchange import Exchange
from ccxt.async_support.base.ws.cache import ArrayCacheBySymbolById

from tests.faults.eventually import eventually
from tests.oms_ccxt_pro.scripted import KEY, ScriptedOms, scripted


class CcxtPro(Exchange):
    """An exchange class as ccxt.pro's are: its client, its cache, its futures."""

    def __init__(self, oms: ScriptedOms) -> None:
        super().__init__({"options": {"ws": {"options": {"headers": {"x-api-key": KEY}}}}})
        self.timeout_on_exit = 0
        self.orders = ArrayCacheBySymbolById(1_000)
        self.handled = 0
        self._url = f"ws{oms.url[4:]}/ws"

    async def watch_orders(self, *_: Any) -> list[Any]:
        """ccxt.pro's `watchOrders`, as its classes write it."""
        message = {"id": "s", "action": "subscribe", "payload": {"account_ids": [1]}}
        orders = await self.watch(self._url, "orders", message, "orders")
        limit = orders.getLimit(None, None)
        return list(self.filter_by_since_limit(orders, None, limit, "timestamp", True))

    def handle_message(self, client: Any, message: dict[str, Any]) -> None:
        """Put an order into the cache, and resolve who waits."""
        if "order" in message["payload"]:
            row = message["payload"]["order"]
            self.handled += 1
            self.orders.append({"id": str(row["id"]), "symbol": row["symbol"], "status": row["status"], "timestamp": 1})
            client.resolve(self.orders, "orders")


@pytest.fixture
async def oms() -> AsyncIterator[ScriptedOms]:
    """A scripted OMS."""
    async with scripted() as oms:
        yield oms


async def test_a_terminal_state_that_nobody_waited_for_is_not_returned(oms: ScriptedOms) -> None:
    """The next call blocks, although the order has long been filled (ccxt issue 10754)."""
    exchange = CcxtPro(oms)
    first = asyncio.create_task(exchange.watch_orders())
    await eventually(lambda: oms.subscribes)
    oms.order()
    await first
    oms.order(1, status="FILLED")
    await eventually(lambda: exchange.handled == 2)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(exchange.watch_orders(), 0.2)
    await exchange.close()


async def test_a_timeout_of_one_watcher_cancels_the_other(oms: ScriptedOms) -> None:
    """Both wait on one future."""
    exchange = CcxtPro(oms)
    other = asyncio.create_task(exchange.watch_orders())
    await eventually(lambda: oms.subscribes)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(exchange.watch_orders(), 0.05)
    await asyncio.wait([other], timeout=1)
    assert other.cancelled()
    await exchange.close()
