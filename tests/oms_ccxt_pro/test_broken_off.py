"""Sessions that end where it hurts: in the middle of a snapshot, of a read, of a call or of another exchange's end."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import ccxt
import pytest
from aiohttp import web

import oms_ccxt_pro
from tests.faults.eventually import eventually
from tests.oms_ccxt_pro.conftest import Desk
from tests.oms_ccxt_pro.scripted import ScriptedOms, config, scripted


class Restarting(ScriptedOms):
    """A scripted OMS before which something answers reads with a page of its own.

    Attributes:
        pages: the statuses of the next answers to reads.
        before: what the paths of these reads begin with.
    """

    def __init__(self, profile: Any = "full") -> None:
        super().__init__(profile)
        self.pages: list[int] = []
        self.before = "/oms/"

    async def rest(self, request: web.Request) -> web.Response:
        if self.pages and request.path.startswith(self.before):
            return web.Response(status=self.pages.pop(0), text="<html>starting</html>", content_type="text/html")
        return await super().rest(request)


@contextlib.asynccontextmanager
async def restarting(profile: Any) -> Any:
    """A desk on such an OMS."""
    async with scripted(profile, Restarting) as oms, oms_ccxt_pro.oms(config(oms)) as exchange:
        yield Desk(oms, exchange)


@pytest.mark.parametrize("profile", ["full", "legacy"])
async def test_who_joins_while_a_server_restarts_hears_nothing_of_it(profile: Any) -> None:
    """The first read of a strategy is tried again, whatever the pages say that stand before the OMS."""
    async with restarting(profile) as desk:
        oms, exchange = desk.oms, desk.exchange
        await desk.begin()
        oms.pages = [404, 400, 426, 431, 451] * 4
        fills = asyncio.ensure_future(exchange.watch_my_trades(params={"strategy_id": 2}))
        await eventually(lambda: fills.done() or not oms.pages, within=20)
        await eventually(lambda: fills.done() or exchange._live.account.feeds[2].ready, within=20)
        oms.fill(oms.order(strategy_id=2), "0.5")
        assert [fill["order"] for fill in await asyncio.wait_for(fills, 5)] == ["1"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 451])
@pytest.mark.parametrize("profile", ["full", "legacy"])
async def test_reading_up_while_a_server_restarts_loses_nothing(profile: Any, status: int) -> None:
    """A few pages of what stands before the OMS, a refusal of the key among them, end nobody's watching."""
    async with restarting(profile) as desk:
        oms = desk.oms
        await desk.begin()
        order = oms.order()
        await desk.orders()
        oms.silent = True
        oms.fill(order, "0.5")
        oms.silent = False
        oms.restart_numbers("epoch-2")
        oms.before, oms.pages = "/oms/deals", [status] * 2
        with contextlib.suppress(oms_ccxt_pro.EventsLost):
            await oms.disconnect()
            assert await desk.fills() == [("1", 0.5)]


@pytest.mark.parametrize("profile", ["full", "legacy"])
async def test_a_key_that_reads_are_refused_to_for_good_ends_the_watcher(profile: Any) -> None:
    """Several refusals in a row are the OMS's word."""
    async with restarting(profile) as desk:
        oms, exchange = desk.oms, desk.exchange
        await desk.begin()
        oms.restart_numbers("epoch-2")
        oms.before, oms.pages = "/oms/deals", [403] * 1_000
        await oms.disconnect()
        with pytest.raises(ccxt.PermissionDenied):
            await asyncio.wait_for(exchange.watch_my_trades(), 10)
        assert len(oms.pages) < 1_000 - 3
