"""A stream that lives long stays flat: memory, tasks and consumers come back to where they were (I6)."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

import oms_ccxt_pro
from oms_ccxt_async.lists import owners
from oms_ccxt_async.mappers import number, row, time
from oms_ccxt_pro import feed
from tests.chaos.desk import SYMBOL, WS, Desk
from tests.chaos.process import KEY, OmsProcess
from tests.chaos.witness import Fills
from tests.faults.eventually import eventually
from tests.faults.proxy import FaultProxy

ROUNDS, ORDERS = 8, 240
WINDOW = 60
"""Orders that are over, fills, and ids of fills that are remembered: so few that the first rounds fill them."""
FLAT = 192 * 1024
"""Bytes of which Python may hold more after three rounds more: a sixth of what the rows of their orders take."""


@pytest.mark.timeout(120)
async def test_a_stream_that_lives_long_stays_flat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Orders, fills, disconnects, and loops that come and go, again and again, leave nothing behind."""
    monkeypatch.setattr(feed, "LISTED", WINDOW)
    monkeypatch.setattr(owners, "REMEMBERED", WINDOW)
    monkeypatch.setattr(row, "_MOST", WINDOW)
    async with (
        OmsProcess("full", tmp_path / "oms.sqlite") as oms,
        FaultProxy(("127.0.0.1", oms.port)) as proxy,
        oms_ccxt_pro.oms(
            {
                "apiKey": KEY,
                "options": {"base_url": proxy.url, "account_id": 2, "ws": WS, "ordersLimit": WINDOW},
            }
        ) as exchange,
    ):
        desk, fills = Desk(oms, proxy, exchange, 2, 0), Fills()
        watching = [
            asyncio.create_task(desk.watch("fills", fills, exchange.watch_my_trades)),
            asyncio.create_task(_loop(exchange.watch_orders)),
            asyncio.create_task(_loop(exchange.watch_positions)),
            asyncio.create_task(_loop(exchange.watch_balance)),
        ]
        await eventually(lambda: exchange.stream_status().get("state") == "live", within=10)
        stream = exchange._live.account
        stream.feeds[None].ledger.seen._window = WINDOW
        held, tasks, consumers = [], [], []
        tracemalloc.start()
        try:
            for _ in range(ROUNDS):
                passing = [asyncio.create_task(_loop(exchange.watch_my_trades, SYMBOL)) for _ in range(5)]
                for _ in range(ORDERS // 40):
                    sent = await desk.send(*(_order(number) for number in range(40)))
                    await desk.send(*(("cancel_order", {"order_id": number}) for number in sent[1::2]))
                await proxy.close_connections("rst")
                await eventually(lambda: _told(desk, fills), within=20)
                for task in passing:
                    task.cancel()
                await asyncio.wait(passing)
                await exchange.un_watch_my_trades(SYMBOL)
                await eventually(lambda: stream.feeds[None].settled, within=10)
                fills.told.clear()
                proxy.requests.clear()
                for each in (*vars(number).values(), *vars(time).values()):
                    if hasattr(each, "cache_clear"):
                        each.cache_clear()
                gc.collect()
                held.append(tracemalloc.get_traced_memory()[0])
                tasks.append(len(asyncio.all_tasks()))
                consumers.append(sum(len(topic.consumers) for topic in stream.feeds[None].topics.values()))
        finally:
            tracemalloc.stop()
            for task in watching:
                task.cancel()
            await asyncio.gather(*watching, return_exceptions=True)
        assert min(held[5:]) - min(held[2:5]) < FLAT, held
        assert set(consumers) == {3}
        assert max(tasks[4:]) < max(tasks[:4]) + 10, tasks  # those of a few connections more, and of no loop


async def _loop(watch: Any, *symbols: str) -> None:
    while True:
        await watch(*symbols)


def _order(number: int) -> tuple[str, dict[str, Any]]:
    """A market order that fills, or a limit order that rests."""
    fields = {"order_type": "limit", "price": "1000"} if number % 2 else {"order_type": "market"}
    return "send_order", {"symbol": SYMBOL, "side": "buy" if number % 4 < 2 else "sell", "qty": "0.001", **fields}


async def _told(desk: Desk, fills: Fills) -> bool:
    newest = max((deal["id"] for deal in await desk.ledger.deals()), default=0)
    return bool(fills.told) and fills.told[-1] == newest
