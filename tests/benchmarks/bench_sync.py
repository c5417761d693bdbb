"""What one blocking `fetch_order` costs: `requests` alone, a sync ccxt class, and the sync driver, on the same answers.

The server is a process of its own; what counts is this process's CPU, threads included.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

import ccxt
import requests

from oms_ccxt_async import sync
from tests.benchmarks.bench_rest import plain_order


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


class Sync:
    """A sync exchange, a ccxt class and a bare session, each asked for the same order; by several threads, if asked."""

    def __init__(self, url: str, calls: int, threads: int = 1) -> None:
        self._url = url
        self._calls = calls
        self._threads = threads
        self._held = contextlib.ExitStack()

    def __enter__(self) -> Self:
        url = self._url
        plain = _Plain({"apiKey": "k", "urls": {"api": url}})
        ours = self._held.enter_context(sync.oms({"apiKey": "k", "options": {"account_id": 1, "base_url": url}}))
        session = self._held.enter_context(requests.Session())
        self._pool = self._held.enter_context(ThreadPoolExecutor(self._threads)) if self._threads > 1 else None

        def bare() -> Any:
            return session.get(f"{url}/oms/orders/3", headers={"x-api-key": "k"}, timeout=10).json()["items"][0]

        mine, theirs = ours.fetch_order("3"), plain.fetch_order("3")
        assert all(mine[name] == theirs[name] for name in ("filled", "remaining", "cost"))
        self._contenders: dict[str, Callable[[], Any]] = {
            "requests": bare,
            "oms": lambda: ours.fetch_order("3"),
            "ccxt class": lambda: plain.fetch_order("3"),
        }
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    def costs(self) -> dict[str, float]:
        """Microseconds of CPU for a call, of each in turn."""
        spent = {}
        for name, call in self._contenders.items():
            began = time.process_time()
            if self._pool is None:
                for _ in range(self._calls):
                    call()
            else:
                list(self._pool.map(lambda _, call=call: call(), range(self._calls)))
            spent[name] = (time.process_time() - began) / self._calls * 1e6
        return spent
