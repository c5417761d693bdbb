"""Server processes on one database, clients that trade with them until they are told to stop, and what is owed."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import psycopg
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidHandshake, WebSocketException

from oms_ccxt_async.sandbox.exchange import ExchangeTrade
from oms_ccxt_async.sandbox.oms import OMS
from oms_ccxt_async.sandbox.postgres import PostgreSQL
from oms_ccxt_async.sandbox.rows import Deal, Event, Order, Position
from oms_ccxt_async.sandbox.seeds import HOLDINGS
from oms_ccxt_async.sandbox.server import now_ms

__all__ = ["KEY", "Fleet", "Subscriber", "Trader", "check_books", "leader", "processes", "running"]

KEY = "the trader's key"
ROOT = Path(__file__).parents[2]
SERVER = """
import sys
from oms_ccxt_async.sandbox import run
from oms_ccxt_async.sandbox.workers import serve_workers
if __name__ == "__main__":
    options = {"database": sys.argv[1], "api_key": sys.argv[3]}
    ready = lambda sandbox: print(sandbox.url, flush=True)
    if int(sys.argv[2]):
        serve_workers(workers=int(sys.argv[2]), on_ready=ready, **options)
    else:
        run(on_ready=ready, **options)
"""
NAMED = "application_name LIKE 'oms-ccxt sandbox %'"
LEADERS = f"""
SELECT split_part(application_name, ' ', 3)::int FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND classid = 1 AND granted AND {NAMED}"""
PROCESSES = f"SELECT split_part(application_name, ' ', 3)::int FROM pg_stat_activity WHERE {NAMED} ORDER BY 1"


def _ask(url: str, query: str) -> list[int]:
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=2) as connection:
            return [number for (number,) in connection.execute(query)]
    except psycopg.Error:
        return []


def leader(url: str) -> int | None:
    """The process that leads, as the database knows it."""
    found = _ask(url, LEADERS)
    assert len(found) <= 1, "two processes lead"
    return found[0] if found else None


def processes(url: str) -> list[int]:
    """The processes that have the database open."""
    return _ask(url, PROCESSES)


class Fleet:
    """A supervisor with its workers, in processes of their own.

    Attributes:
        url: where they serve.
    """

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self.process = process
        self.url = url


@contextmanager
def running(database: str, workers: int, script: Path) -> Iterator[Fleet]:
    """So many workers on a database, or with 0 one process without a supervisor; `script` is a file to be written."""
    script.write_text(SERVER)
    process = subprocess.Popen(
        [sys.executable, str(script), database, str(workers), KEY],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        url = process.stdout.readline().strip()
        assert url, "the workers did not start"
        yield Fleet(process, url)
    finally:
        process.stdout.close()
        process.terminate()
        process.wait(20)


class Trader:
    """A client that sends one command after the other, each again until it knows what became of it.

    Attributes:
        acknowledged: the answer to each command that was carried out, by its client order id.
        answers: how many answers it has had.
    """

    def __init__(self, url: str, number: int) -> None:
        self._url = url
        self._number = number
        self._account_id = 1 + number % 3
        self.acknowledged: dict[str, dict[str, Any]] = {}
        self.canceled: set[int] = set()
        self.answers = 0

    async def trade(self, stopping: asyncio.Event) -> None:
        """Buy and sell in turn, at the market and at limits, and cancel every fifth order."""
        async with aiohttp.ClientSession(self._url, headers={"x-api-key": KEY}) as session:
            turn = 0
            while not stopping.is_set():
                turn += 1
                name = f"c-{self._number}-{turn}"
                side = "buy" if turn % 2 else "sell"
                resting = {} if turn % 3 == 0 else {"price": "50000" if turn % 2 else "70000"}
                payload = {
                    "symbol": "BTC/USDT",
                    "side": side,
                    "order_type": "limit" if resting else "market",
                    "qty": "0.001",
                    "client_order_id": name,
                    **resting,
                }
                result = await self._carry_out(session, name, "send_order", payload)
                assert result["ok"], result
                self.acknowledged[name] = result
                if turn % 5 == 0 and resting:
                    order_id = result["order_id"]
                    canceled = await self._carry_out(session, f"x-{name}", "cancel_order", {"order_id": order_id})
                    assert canceled["ok"], canceled
                    self.canceled.add(order_id)

    async def _carry_out(
        self, session: aiohttp.ClientSession, request_id: str, command: str, payload: dict[str, Any]
    ) -> dict[str, Any]:
        body = {"account_id": self._account_id, "command": command, "payload": payload, "request_id": request_id}
        while True:
            try:
                async with session.post("/oms/commands", json=body, timeout=aiohttp.ClientTimeout(8)) as response:
                    answer = orjson.loads(await response.read())
                    if response.status in (503, 504):
                        await asyncio.sleep(0.05)
                        continue
                    assert response.status == 200, answer
                    self.answers += 1
                    result: dict[str, Any] = answer["results"][0]
                    return result
            except (aiohttp.ClientError, TimeoutError):
                await asyncio.sleep(0.05)


class Subscriber:
    """A client that hears an account's events, and resumes after the last one whenever it is cut off.

    Attributes:
        heard: the ids of the events, in the order in which they came.
        resumed: how often it had to connect.
    """

    def __init__(self, url: str, account_id: int) -> None:
        self._url = url.replace("http", "ws") + "/ws"
        self._account_id = account_id
        self._epoch: str | None = None
        self.heard: list[int] = []
        self.connected = 0

    async def listen(self) -> None:
        """Hear until canceled."""
        while True:
            try:
                async with asyncio.timeout(None), connect(self._url, additional_headers={"x-api-key": KEY}) as socket:
                    after = {str(self._account_id): self.heard[-1] if self.heard else 0}
                    payload: dict[str, Any] = {"account_ids": [self._account_id]}
                    if self._epoch is not None:
                        payload |= {"from_event_id": after, "epoch": self._epoch}
                    await socket.send(orjson.dumps({"id": 1, "action": "subscribe", "payload": payload}).decode())
                    self.connected += 1
                    async for text in socket:
                        message = orjson.loads(text)
                        if message.get("id") == 1:
                            if not message["ok"]:
                                assert message["payload"]["code"] != "x", message
                                break
                            self._epoch = message["payload"]["epoch"]
                        elif "event_id" in message:
                            self.heard.append(message["event_id"])
            except (OSError, WebSocketException, InvalidHandshake):
                pass
            await asyncio.sleep(0.05)


def check_books(database: str, traders: list[Trader]) -> dict[int, int]:
    """Hold the database against what the clients were told, and against itself; the newest event of each account."""
    storage = PostgreSQL(database)
    try:
        orders = {order.client_order_id: order for order in storage.select(Order)}
        assert len(orders) == storage.count(Order), "an order was placed twice"
        acknowledged = {name: result for trader in traders for name, result in trader.acknowledged.items()}
        assert {name: orders[name].id for name in acknowledged} == {
            name: result["order_id"] for name, result in acknowledged.items()
        }
        by_id = {order.id: order for order in orders.values()}
        assert all(by_id[order_id].status == "CANCELED" for trader in traders for order_id in trader.canceled)
        deals, trades = storage.select(Deal), storage.select(ExchangeTrade)
        for order in orders.values():
            assert sum(deal.qty for deal in deals if deal.order_id == order.id) == order.filled_qty
        for position in storage.select(Position):
            held = sum(
                deal.qty if deal.side == position.side else -deal.qty
                for deal in deals
                if deal.position_id == position.id
            )
            assert held == position.qty
        newest = {}
        oms = OMS(storage, clock=now_ms, full=True)
        for account_id in oms.accounts:
            events = storage.select(Event, account_id=account_id)
            assert [event.event_id for event in events] == list(range(1, len(events) + 1))
            submitted = sum(event.name == "order_submitted" for event in events)
            assert submitted == sum(order.account_id == account_id for order in orders.values())
            newest[account_id] = len(events)
            state = storage.account_state(account_id)
            # what is used follows from orders and positions, and the trades explain the rest
            assert oms.exchange.state(account_id).balances == state.balances
            mine = [trade for trade in trades if trade.account_id == account_id]
            signs = {"buy": 1, "sell": -1}
            base = sum((signs[trade.side] * trade.amount for trade in mine), Decimal(0))
            quote = sum((-signs[trade.side] * trade.amount * trade.price - trade.fee for trade in mine), Decimal(0))
            for currency, change in (("BTC", base), ("USDT", quote)):
                balance = state.balances[currency]
                assert balance.free + balance.used == HOLDINGS[currency] + change
        return newest
    finally:
        storage.close()
