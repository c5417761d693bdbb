"""What a driver that was killed leaves to the next one: the journal, on disk before the order is sent."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import ccxt
import orjson
import pytest

from tests.faults.desk import LIMIT, QUICK, Desk
from tests.faults.eventually import eventually
from tests.faults.plan import Cut, Delay

BOT = """
import asyncio, json, sys
import oms_ccxt_async
config = json.loads(sys.argv[1])
async def main():
    async with oms_ccxt_async.oms(config) as exchange:
        await exchange.load_markets()
        await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 40000, {"clientOrderId": "of-the-dead"})
asyncio.run(main())
"""


async def _die_in_a_create(at: Desk, journal: Path, fault: Any) -> None:
    """Run a bot that is killed while its create is under way."""
    config = at.sandbox.config(account_id=1)
    config["options"] |= {**QUICK, "base_url": at.proxy.url, "journal": str(journal)}
    plan = at.lose(fault)
    bot = await asyncio.create_subprocess_exec(sys.executable, "-c", BOT, json.dumps(config))
    try:
        await eventually(lambda: plan.hits, within=20)
    finally:
        bot.kill()
        await bot.wait()


async def test_order_of_a_killed_driver_is_found(either: Desk, tmp_path: Path) -> None:
    """Fault 19: the next driver finds the order that the killed one placed, before it sends anything new, and says
    so."""
    journal = tmp_path / "orders.journal"
    await _die_in_a_create(either, journal, Delay("down", asyncio.Event()))
    await eventually(either.orders)
    exchange = await either.exchange(journal=str(journal))
    await exchange.create_order("BTC/USDT", "limit", "buy", 0.02, 41_000)
    assert [(told["clientOrderId"], told["outcome"], told["id"]) for told in exchange.recovered_orders()] == [
        ("of-the-dead", "accepted", "1")
    ]
    assert (await exchange.fetch_order("", None, {"clientOrderId": "of-the-dead"}))["id"] == "1"
    assert len(await either.orders()) == 2


async def test_identical_order_after_a_restart_adopts(either: Desk, tmp_path: Path) -> None:
    """A bot that is restarted and repeats its order gets the one that its killed predecessor placed."""
    journal = tmp_path / "orders.journal"
    first = await either.exchange(journal=str(journal), closeTimeout=50)
    held = asyncio.Event()
    lost = either.lose(Delay("down", held))
    create = asyncio.create_task(first.create_order(*LIMIT))
    await eventually(lambda: lost.hits)
    await first.close()
    with pytest.raises((ccxt.BaseError, asyncio.CancelledError)):
        await create
    held.set()
    second = await either.exchange(journal=str(journal))
    order = await second.create_order(*LIMIT)
    assert [row["id"] for row in await either.orders()] == [int(order["id"])]


async def test_order_that_was_never_sent_is_not_sent_after_a_restart(either: Desk, tmp_path: Path) -> None:
    """An intent that never left is reported as unknown, and is not sent by the next driver of its own accord."""
    journal = tmp_path / "orders.journal"
    await _die_in_a_create(either, journal, Delay("up", asyncio.Event()))
    await either.proxy.close_connections("rst")
    exchange = await either.exchange(journal=str(journal))
    await exchange.create_order("BTC/USDT", "limit", "buy", 0.02, 41_000)
    assert [told["outcome"] for told in exchange.recovered_orders()] == ["unknown"]
    assert exchange.unknown_orders() == ["of-the-dead"]


async def test_settled_orders_leave_nothing_in_the_journal(either: Desk, tmp_path: Path) -> None:
    """An order whose fate is known is closed in the journal, whatever its fate."""
    journal = tmp_path / "orders.journal"
    exchange = await either.exchange(journal=str(journal))
    await exchange.create_order(*LIMIT)
    with pytest.raises(ccxt.InsufficientFunds):
        await exchange.create_order("BTC/USDT", "market", "buy", 2000)
    either.lose(Cut("down", 0, "rst"))
    await exchange.create_order(*LIMIT)
    records = [orjson.loads(line) for line in journal.read_bytes().splitlines()]
    assert {record["intent"] for record in records if "intent" in record} == {
        record["end"] for record in records if "end" in record
    }
    await exchange.close()
    assert either.sandbox.keys["trader"].encode() not in journal.read_bytes()


async def test_journal_that_cannot_be_written_refuses_orders(either: Desk, tmp_path: Path) -> None:
    """Fault 20: without its journal nothing is sent, and the error says so; reads go on."""
    exchange = await either.exchange(journal=str(tmp_path / "orders.journal"))
    exchange._keeper.open()
    exchange._keeper._journal._file.close()
    with pytest.raises(ccxt.OperationRejected, match="not sent"):
        await exchange.create_order(*LIMIT)
    assert either.commands == 0
    assert await exchange.fetch_open_orders() == []


async def test_two_drivers_of_one_journal_are_refused(either: Desk, tmp_path: Path) -> None:
    """Fault 22: a second driver with the same journal reads and cancels, and is refused every order unsent."""
    first = await either.exchange(journal=str(tmp_path / "orders.journal"))
    order = await first.create_order(*LIMIT)
    second = await either.exchange(journal=str(tmp_path / "orders.journal"))
    with pytest.raises(ccxt.OperationRejected, match="held by another process"):
        await second.create_order(*LIMIT)
    assert len(await second.fetch_open_orders()) == 1
    assert (await second.cancel_order(order["id"]))["status"] == "canceled"
    await first.close()
    assert (await second.create_order(*LIMIT))["status"] == "open"
