"""One transaction for records and exchange together, also when the disk is full or the process is killed."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from oms_ccxt_async.sandbox import Sandbox, StorageUnavailable
from oms_ccxt_async.sandbox.exchange import AccountState, ExchangeOrder, ExchangeTrade
from oms_ccxt_async.sandbox.fills import settle
from oms_ccxt_async.sandbox.oms import OMS
from oms_ccxt_async.sandbox.rows import Command, Deal, Event, Order, Position
from oms_ccxt_async.sandbox.tick import tick
from tests.sandbox.conftest import Client, Clock, carry_out, open_oms, send, sqlite_of

KINDS = (Command, Order, Deal, Position, Event, ExchangeOrder, ExchangeTrade)


def everything(oms: OMS) -> dict[str, Any]:
    """All that is stored of orders, fills and money."""
    rows: dict[str, Any] = {kind.__name__: oms.storage.select(kind) for kind in KINDS}
    return rows | {"accounts": [oms.storage.account_state(account_id) for account_id in oms.accounts]}


def at_exchange(oms: OMS) -> list[AccountState]:
    return [oms.exchange.state(account_id) for account_id in oms.accounts]


@contextmanager
def full_disk(oms: OMS) -> Iterator[None]:
    """SQLite finds no room for another page, as on a full disk."""
    database = sqlite_of(oms)
    (pages,) = database.execute("PRAGMA page_count").fetchone()
    database.execute(f"PRAGMA max_page_count = {pages}")
    try:
        yield
    finally:
        database.execute("PRAGMA max_page_count = 1073741823")


def fill_up(oms: OMS) -> None:
    """Use what room the pages of the database have left."""
    while send(oms, "buy", "0.01", price="50000", params={"note": "x" * 3000}).status == 200:
        pass


def test_a_full_disk_is_a_503_and_changes_nothing(tmp_path: Path, clock: Clock) -> None:
    """What cannot be stored is not acknowledged: records and exchange stay as they were, and later all goes on."""
    oms = open_oms(tmp_path / "oms.sqlite", clock)
    send(oms, "buy", "1", 2)
    told: list[Event] = []
    with full_disk(oms):
        fill_up(oms)
        oms.events.subscribe(told.extend)
        before, exchange_before = everything(oms), at_exchange(oms)
        answer = send(oms, "buy", "1", 2, params={"note": "x" * 5000})
        assert (answer.status, answer.error and answer.error["code"]) == (503, "storage_unavailable")
        assert (everything(oms), at_exchange(oms), told) == (before, exchange_before, [])
    assert send(oms, "buy", "1", 2).status == 200
    assert at_exchange(oms) == everything(oms)["accounts"]
    assert [event.event_id for event in told] == list(range(told[0].event_id, told[0].event_id + len(told)))
    oms.storage.close()


def test_a_tick_that_is_not_stored_is_done_again(tmp_path: Path, clock: Clock) -> None:
    """Resting orders whose fills found no room on the disk fill at a later tick, once."""
    oms = open_oms(tmp_path / "oms.sqlite", clock)
    for _ in range(40):
        send(oms, "buy", "0.01", price="59000")
    with full_disk(oms):
        fill_up(oms)
        before, exchange_before = everything(oms), at_exchange(oms)
        oms.exchange.move("BTC/USDT", Decimal(58_000))
        with pytest.raises(StorageUnavailable, match="full"):
            tick(oms)
        assert (everything(oms), at_exchange(oms)) == (before, exchange_before)
    tick(oms)
    assert {order.status for order in oms.storage.select(Order, price="59000." + "0" * 18)} == {"FILLED"}
    assert oms.storage.count(Deal) == oms.storage.count(ExchangeTrade) == 40
    oms.storage.close()


def test_events_are_told_only_after_their_commit(oms: OMS) -> None:
    """What the database refuses at the very commit has been told to nobody; what it takes is in it when it is told."""
    told: list[tuple[str, bool]] = []
    database = sqlite_of(oms)
    oms.events.subscribe(lambda events: told.extend((event.name, database.in_transaction) for event in events))
    database.execute("PRAGMA foreign_keys = ON")
    database.execute("CREATE TABLE parents (id INTEGER PRIMARY KEY)")
    database.execute("CREATE TABLE children (parent INTEGER REFERENCES parents DEFERRABLE INITIALLY DEFERRED)")

    def break_at_the_commit() -> None:
        with oms.transaction([1]):
            oms.events.append(1, "lost")
            database.execute("INSERT INTO children VALUES (7)")

    with pytest.raises(StorageUnavailable, match="FOREIGN KEY"):
        break_at_the_commit()
    assert (told, oms.storage.count(Event)) == ([], 0)
    with oms.transaction([1]):
        oms.events.append(1, "kept")
    assert told == [("kept", False)]


def test_a_transaction_that_breaks_changes_nothing(oms: OMS) -> None:
    """An exception of any kind takes records, events and exchange back."""
    send(oms, "buy", "0.01", price="50000")
    before, exchange_before = everything(oms), at_exchange(oms)
    with suppress(ZeroDivisionError), oms.transaction([1]):
        settle(oms, oms.exchange.cancel(1, 900_001))
        raise ZeroDivisionError
    assert (everything(oms), at_exchange(oms)) == (before, exchange_before)


def test_everything_is_taken_up_where_it_was_left(tmp_path: Path, clock: Clock) -> None:
    """An OMS on an old database has its orders, money, positions, ids, answers and events, and goes on from there."""
    oms = open_oms(tmp_path / "oms.sqlite", clock)
    send(oms, "buy", "0.5", 2, request_id="r-1")
    send(oms, "buy", "0.5", 2, price="50000")
    send(oms, "sell", "0.01", 2, order_type="stop_market", stop_price="59000")
    send(oms, "buy", "0.1", 3, symbol="BTC/USDT:USDT")
    before, exchange_before, epoch = everything(oms), at_exchange(oms), oms.events.epoch
    oms.storage.close()

    again = open_oms(tmp_path / "oms.sqlite", clock)
    assert (everything(again), at_exchange(again), again.events.epoch) == (before, exchange_before, epoch)
    repeat = carry_out(
        again, "send_order", 2, request_id="r-1", symbol="BTC/USDT", order_type="market", side="buy", qty="0.5"
    )
    assert (repeat.order_id, again.storage.count(Order)) == (1, 4)
    fresh = send(again, "buy", "0.01", 2)
    assert (fresh.command_id, fresh.order_id) == (5, 5)
    assert again.storage.newest(Deal) == len(before["Deal"]) + 1
    assert again.events.newest_id(2) == len([event for event in before["Event"] if event.account_id == 2]) + 4
    again.storage.close()


ROOT = Path(__file__).parents[2]
SERVER = """
import sys
from oms_ccxt_async.sandbox import run
run(on_ready=lambda sandbox: print(sandbox.url, flush=True), database=sys.argv[1], api_key="key",
    tick_seconds=0.01, volatility=0)
"""


def start(database: Path) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(database)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def command(number: int) -> dict[str, Any]:
    side = "buy" if number % 2 else "sell"
    price = {} if number % 3 == 0 else {"price": "60500" if number % 2 else "59500"}
    return {
        "account_id": 1 + number % 3,
        "command": "send_order",
        "request_id": f"r-{number}",
        "payload": {
            "symbol": "BTC/USDT",
            "side": side,
            "order_type": "limit" if price else "market",
            "qty": "0.001",
            "client_order_id": f"c-{number}",
            **price,
        },
    }


def without_rows(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The results of an answer without the orders' rows, which are as they are now: what rested may have filled."""
    return [{name: value for name, value in result.items() if name != "order"} for result in answer["results"]]


async def test_nothing_acknowledged_is_lost_when_killed(tmp_path: Path) -> None:
    """After `kill -9` under load every acknowledged order is there, whole; all answer the same when sent again."""
    database = tmp_path / "oms.sqlite"
    process, url = start(database)
    acknowledged: dict[int, Any] = {}

    async def trade(session: aiohttp.ClientSession, first: int) -> None:
        for number in range(first, 100_000, 8):
            try:
                async with session.post("/oms/commands", json=command(number)) as response:
                    assert response.status == 200
                    acknowledged[number] = await response.json()
            except aiohttp.ClientError:
                return
            if len(acknowledged) == 150:
                process.send_signal(signal.SIGKILL)

    async with aiohttp.ClientSession(url, headers={"x-api-key": "key"}) as session:
        await asyncio.gather(*(trade(session, first) for first in range(8)))
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait() == -signal.SIGKILL

    async with Sandbox(database=database, api_key="key", volatility=0) as sandbox:
        oms = sandbox.oms
        orders = {order.client_order_id: order for order in oms.storage.select(Order)}
        assert {f"c-{number}" for number in acknowledged} <= set(orders)
        deals = oms.storage.select(Deal)
        for order in orders.values():
            assert sum(deal.qty for deal in deals if deal.order_id == order.id) == order.filled_qty
        for position in oms.storage.select(Position):
            signed = sum(
                deal.qty if deal.side == position.side else -deal.qty
                for deal in deals
                if deal.position_id == position.id
            )
            assert signed == position.qty
        assert sum(deal.qty for deal in deals) == sum(trade.amount for trade in oms.storage.select(ExchangeTrade))
        for account_id in oms.accounts:
            events = oms.storage.select(Event, account_id=account_id)
            assert [event.event_id for event in events] == list(range(1, len(events) + 1))
            submitted = [json.loads(event.payload) for event in events if event.name == "order_submitted"]
            assert len(submitted) == sum(order.account_id == account_id for order in orders.values())
        async with aiohttp.ClientSession(sandbox.url, headers={"x-api-key": "key"}) as session:
            for number, answer in acknowledged.items():
                async with session.post("/oms/commands", json=command(number)) as response:
                    assert without_rows(await response.json()) == without_rows(answer)
        assert oms.storage.count(Order) == len(orders)


async def test_storage_that_fails_at_a_read_is_a_503(client: Client) -> None:
    """A read that the database does not answer says so."""
    sqlite_of(client.sandbox.oms).execute("ALTER TABLE deals RENAME TO lost")
    status, body = await client.send("GET", "/oms/deals/1")
    assert (status, body["detail"]["code"]) == (503, "storage_unavailable")
