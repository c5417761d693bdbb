"""The leader, a worker and the database are killed in turn under trading clients: what was acknowledged is there."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from tests.faults.eventually import eventually
from tests.postgres.cluster import Cluster
from tests.postgres.fleet import Subscriber, Trader, check_books, leader, processes, running

CLIENTS = 16
ROUND = 60
"""Answers that the clients have to get after each blow before the next one comes."""
TAKEOVER_SECONDS = 3.0
FROZEN_SECONDS = 6.0
"""A process that stands still, its connection open, is found out by the database's clocks first."""


async def another_leader(database: str, than: int | None, within: float = TAKEOVER_SECONDS) -> float:
    """How long it takes until another process leads."""
    began = time.monotonic()

    async def found() -> bool:
        return await asyncio.to_thread(leader, database) not in (None, than)

    await eventually(found, within=within)
    return time.monotonic() - began


@pytest.mark.timeout(120)
async def test_blows(cluster: Cluster, database: str, tmp_path: Path) -> None:
    """Nothing acknowledged is missing, nothing is half there, and every subscriber has heard every event once."""
    with running(database, 3, tmp_path / "server.py") as fleet:
        traders = [Trader(fleet.url, number) for number in range(CLIENTS)]
        subscribers = [Subscriber(fleet.url, 1 + number % 3) for number in range(6)]
        stopping = asyncio.Event()
        listening = [asyncio.create_task(subscriber.listen()) for subscriber in subscribers]
        await eventually(lambda: all(subscriber.connected for subscriber in subscribers), within=20)
        trading = [asyncio.create_task(trader.trade(stopping)) for trader in traders]

        def answers() -> int:
            for task in (*trading, *listening):
                if task.done():
                    task.result()
            return sum(trader.answers for trader in traders)

        async def go_on() -> None:
            wanted = answers() + ROUND
            await eventually(lambda: answers() >= wanted, within=30)

        async def strike(blow: Callable[[int], None], within: float = TAKEOVER_SECONDS) -> float:
            led = await asyncio.to_thread(leader, database)
            assert led is not None
            blow(led)
            return await another_leader(database, led, within)

        def cut_off(process: int) -> None:
            with psycopg.connect(cluster.url(), autocommit=True) as connection:
                ended = connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE %s",
                    (f"% {process} in %",),
                )
                assert ended.fetchall() == [(True,)]

        def freeze(process: int) -> None:
            os.kill(process, signal.SIGSTOP)
            asyncio.get_running_loop().call_later(5, thaw, process)

        def thaw(process: int) -> None:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGCONT)

        await go_on()
        took = {"killed": await strike(lambda process: os.kill(process, signal.SIGKILL))}
        await go_on()
        led = leader(database)
        worker = next(process for process in processes(database) if process != led)
        os.kill(worker, signal.SIGKILL)
        await go_on()
        # the database knows a worker that was cut off again as soon as that one looks for it: any may lead then
        await eventually(lambda: leader(database), within=TAKEOVER_SECONDS)
        cut_off(leader(database) or 0)
        await another_leader(database, None)
        await go_on()
        took["frozen"] = await strike(freeze, FROZEN_SECONDS)
        await go_on()
        cluster.kill()
        await asyncio.to_thread(cluster.start)
        took["database"] = await another_leader(database, None)
        await go_on()
        answered = answers()
        stopping.set()
        await asyncio.gather(*trading)
        newest = await asyncio.to_thread(check_books, database, traders)
        for number, subscriber in enumerate(subscribers):
            last = newest[1 + number % 3]
            await eventually(lambda: subscriber.heard[-1] >= last, within=10)  # noqa: B023 - at once
            assert subscriber.heard == list(range(1, last + 1))
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
        print({what: f"{seconds:.1f} s" for what, seconds in took.items()}, answered, newest)
