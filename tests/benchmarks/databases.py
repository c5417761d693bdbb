"""The sandbox on SQLite and on PostgreSQL side by side: the part of `bench_sandbox` that needs a database server."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import psycopg

from oms_ccxt_async.sandbox.background import event_loop_factory
from tests.benchmarks.bench_sandbox import client
from tests.benchmarks.bench_ws import subscribe
from tests.postgres.cluster import Cluster
from tests.postgres.fleet import KEY, Fleet, processes, running

__all__ = ["compare"]

SPAWN = multiprocessing.get_context("spawn")
TICK = os.sysconf("SC_CLK_TCK")
WARM_UP = 25
SETTINGS = """
shared_preload_libraries = 'pg_stat_statements'
pg_stat_statements.track = top
"""
TOP = """
SELECT calls, total_exec_time, regexp_replace(query, '\\s+', ' ', 'g') FROM pg_stat_statements
ORDER BY total_exec_time DESC LIMIT 5"""


def cpu_seconds(pids: list[int]) -> float:
    """What these processes have used of the processor."""
    used = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        used += int(fields[11]) + int(fields[12])
    return used / TICK


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    return list(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


def send(url: str, orders: int, clients: int, accounts: list[int], pipe: Connection) -> None:
    """Send orders after a warm-up; through the pipe come when it begins, how long it took, and every latency."""

    async def send_all() -> None:
        def one(number: int, many: int, latencies: list[float]) -> asyncio.Future[None]:
            return asyncio.ensure_future(client(url, KEY, many, latencies, accounts[number % len(accounts)]))

        latencies: list[float] = []
        await asyncio.gather(*(one(number, WARM_UP, []) for number in range(clients)))
        pipe.send("warm")
        pipe.recv()
        began = time.perf_counter()
        await asyncio.gather(*(one(number, orders // clients, latencies) for number in range(clients)))
        pipe.send((time.perf_counter() - began, latencies))

    with asyncio.Runner(loop_factory=event_loop_factory()) as runner:
        runner.run(send_all())


@contextmanager
def subscribed(url: str, subscribers: int) -> Iterator[Connection | None]:
    """So many subscribers to account 2 in a process of their own."""
    if not subscribers:
        yield None
        return
    here, there = SPAWN.Pipe()
    process = SPAWN.Process(target=subscribe, args=(url, KEY, subscribers, there))
    process.start()
    assert here.recv() == "subscribed"
    yield here
    process.join()


def measure(fleet: Fleet, database: Cluster | None, orders: int, clients: int, accounts: list[int], hear: int) -> None:
    """Let the clients send, and print what they and the processor saw."""
    workers = [fleet.process.pid, *children(fleet.process.pid)]
    here, there = SPAWN.Pipe()
    process = SPAWN.Process(target=send, args=(fleet.url, orders, clients, accounts, there))
    process.start()
    assert here.recv() == "warm"
    with subscribed(fleet.url, hear) as hearing:
        backends = [] if database is None else [database.pid, *children(database.pid)]
        served, stored = cpu_seconds(workers), cpu_seconds(backends)
        began = time.perf_counter()
        here.send("go")
        seconds, latencies = here.recv()
        told = ""
        if hearing is not None:
            hearing.send(len(latencies))
            assert hearing.recv() == "all there"
            late = time.perf_counter() - began
            told = (
                f"; {hear} subscribers had all {len(latencies)} events after {late:.2f} s, "
                f"{len(latencies) * hear / late:,.0f} a second in all"
            )
        served, stored = cpu_seconds(workers) - served, cpu_seconds(backends) - stored
        process.join()
    each = 1e6 / len(latencies)
    p99 = statistics.quantiles(latencies, n=100)[98]
    print(
        f"  {len(accounts)} account{'s' * (len(accounts) > 1)}: {len(latencies) / seconds:.0f} orders/s, "
        f"median {statistics.median(latencies) * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms; "
        f"CPU an order: server {served * each:.0f} us, database {stored * each:.0f} us{told}",
        flush=True,
    )


def compare(workers: list[int], orders: int, clients: int, subscribers: int) -> None:
    """SQLite in one process, then PostgreSQL with so many, in turn."""
    with tempfile.TemporaryDirectory() as folder, Cluster(durable=True, settings=SETTINGS) as cluster:
        script = Path(folder) / "server.py"
        for many in (0, *workers):
            place = cluster.fresh() if many else str(Path(folder) / "oms.sqlite")
            print(f"PostgreSQL, {many} process{'es' * (many > 1)}" if many else "SQLite, 1 process", flush=True)
            with psycopg.connect(cluster.url(), autocommit=True) as connection:
                connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
                with running(place, many, script) as fleet:
                    database = cluster if many else None
                    connection.execute("SELECT pg_stat_statements_reset()")
                    measure(fleet, database, orders, clients, [2], 0)
                    if many:
                        top = connection.execute(TOP).fetchall()
                    measure(fleet, database, orders, clients, [1, 2, 3], 0)
                    measure(fleet, database, orders // 4, clients, [2], subscribers)
                    assert not many or len(processes(place)) == many
                if many:
                    for calls, milliseconds, query in top:
                        print(f"    {milliseconds:7.0f} ms in {calls:6} calls of {query[:100]}")
