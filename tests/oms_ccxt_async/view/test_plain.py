"""Lines instead of a screen."""

from __future__ import annotations

import asyncio

from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.view.plain import tell
from tests.faults.eventually import eventually
from tests.oms_ccxt_async.view.made import SWAP
from tests.oms_ccxt_async.view.test_follow import followed, now, trading


async def test_what_happens_is_a_line_each() -> None:
    """The connection, orders and fills, each once and in their sequence; at the end, what it all came to."""
    lines: list[str] = []
    stopped = asyncio.Event()
    async with Sandbox(volatility=0) as sandbox, trading(sandbox) as bot, followed(sandbox) as follower:
        telling = asyncio.create_task(tell([follower], lines.append, now, stopped))
        await eventually(lambda: any("Connection is well" in line for line in lines), 15)
        await bot.create_order(SWAP, "market", "buy", 0.01)
        await eventually(lambda: any("bought 0.01" in line for line in lines), 15)
        stopped.set()
        await telling
    told = [line[10:] for line in lines]
    assert told.index(f"order 1 to buy 0.01 {SWAP} at the market") < next(
        at for at, line in enumerate(told) if line.startswith(f"bought 0.01 {SWAP} at ")
    )
    assert sum("bought" in line for line in told[:-1]) == 1
    assert lines[-1].startswith("1 new order and 1 fill in ")
