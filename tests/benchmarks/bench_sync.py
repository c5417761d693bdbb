"""What one blocking `fetch_order` costs: `requests` alone, a sync ccxt class, and the sync driver, on the same answers.

Run `python -m tests.benchmarks.bench_sync`. The server is a process of its own; the contenders take turns, and each
figure is the median over the rounds of microseconds per call: of the clock, and of this process's CPU, threads
included. What counts are the ratios within one run.
"""

from __future__ import annotations

import multiprocessing
import statistics
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import ccxt
import requests

from oms_ccxt_async import sync
from tests.benchmarks.bench_rest import _serve, plain_order

ROUNDS = 9
CALLS = 100
THREADS = 8


class _Plain(ccxt.Exchange):
    """A sync ccxt class as ccxt's own are written: `fetch2`, then `safe_order`."""

    def describe(self) -> dict[str, Any]:
        return dict(self.deep_extend(super().describe(), {"id": "plain", "rateLimit": 10, "enableRateLimit": False}))

    def sign(self, path: str, *_: Any) -> dict[str, Any]:
        return {"url": self.urls["api"] + path, "method": "GET", "headers": {"x-api-key": "k"}, "body": None}

    def handle_errors(self, *_: Any) -> None:
        return None

    def fetch_order(self, id: str, symbol: str | None = None, params: Any = {}) -> Any:
        row = self.fetch2(f"/oms/orders/{id}")["items"][0]
        return plain_order(self, row)


def _measure(calls: Mapping[str, Callable[[], Any]]) -> dict[str, tuple[float, float]]:
    """Microseconds of the clock and of CPU per call, by contender."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            clock, cpu = time.perf_counter(), time.process_time()
            for _ in range(CALLS):
                call()
            taken[name].append((time.perf_counter() - clock, time.process_time() - cpu))
    return {
        name: (
            statistics.median(clock for clock, _ in times) / CALLS * 1e6,
            statistics.median(cpu for _, cpu in times) / CALLS * 1e6,
        )
        for name, times in taken.items()
    }


def _show(title: str, costs: dict[str, tuple[float, float]]) -> None:
    clock_of_ours, cpu_of_ours = costs["oms"]
    print(title)
    for name, (clock, cpu) in costs.items():
        print(
            f"  {name:12} {clock:6.0f} us {clock / clock_of_ours:.2f} x   CPU {cpu:6.0f} us {cpu / cpu_of_ours:.2f} x"
        )


def _main(port: int) -> None:
    url = f"http://127.0.0.1:{port}"
    plain = _Plain({"apiKey": "k", "urls": {"api": url}})
    with (
        sync.oms({"apiKey": "k", "options": {"account_id": 1, "base_url": url}}) as ours,
        requests.Session() as session,
        ThreadPoolExecutor(THREADS) as pool,
    ):

        def bare() -> Any:
            return session.get(f"{url}/oms/orders/3", headers={"x-api-key": "k"}, timeout=10).json()["items"][0]

        mine, theirs = ours.fetch_order("3"), plain.fetch_order("3")
        assert all(mine[name] == theirs[name] for name in ("filled", "remaining", "cost"))
        contenders: dict[str, Callable[[], Any]] = {
            "requests": bare,
            "ccxt class": lambda: plain.fetch_order("3"),
            "oms": lambda: ours.fetch_order("3"),
        }
        _show("one thread, a call", _measure(contenders))

        def together(call: Callable[[], Any]) -> Callable[[], Any]:
            return lambda: list(pool.map(lambda _: call(), range(THREADS)))

        _show(
            f"{THREADS} threads, {THREADS} calls", _measure({name: together(call) for name, call in contenders.items()})
        )


if __name__ == "__main__":
    here, there = multiprocessing.Pipe()
    server = multiprocessing.Process(target=_serve, args=(there,), daemon=True)
    server.start()
    _main(here.recv())
    server.terminate()
