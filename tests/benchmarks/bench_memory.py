"""What 100,000 open orders cost in memory: as the driver holds them, and as ccxt.pro's cache does.

    python -m tests.benchmarks.bench_memory oms|ccxt.pro

Each in a process of its own, from the messages of a socket; what counts is what the process has grown by.
"""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import orjson
from ccxt.async_support.base.ws.cache import ArrayCacheBySymbolById

from oms_ccxt_async.lists.lookup import Found
from oms_ccxt_async.wire.account import AccountFacts
from oms_ccxt_pro.delivery import Backlog
from oms_ccxt_pro.ledger import Ledger
from oms_ccxt_pro.status import Status
from tests.benchmarks.bench_streaming import ORDER, CcxtPro, memory

ORDERS = 100_000


def messages() -> Iterator[dict[str, Any]]:
    """Rows of open orders, each with numbers and texts of its own."""
    for number in range(1, ORDERS + 1):
        yield orjson.loads(
            orjson.dumps(
                {
                    **ORDER,
                    "id": number,
                    "client_order_id": f"oms-{number:012x}",
                    "exchange_order_id": str(900_000 + number),
                    "price": f"{number}.500000000000000000",
                    "status": "PARTIALLY_FILLED",
                    "filled_qty": "0.500000000000000000",
                    "avg_fill_price": f"{number}.250000000000000000",
                }
            )
        )


def of_driver() -> Callable[[dict[str, Any]], object]:
    """What the driver does with an order while nobody asks for the orders that it holds."""
    ledger = Ledger(None, Backlog(10_000), Status(), 1_000, {}, print)
    ledger.facts = AccountFacts("paper", "hedge", frozenset({"by_ids"}))
    numbers = count(1)
    return lambda row: ledger.told("orders", Found(row), next(numbers))


def of_ccxt_pro() -> Callable[[dict[str, Any]], object]:
    """What an exchange class of ccxt.pro does with it."""
    exchange = CcxtPro("order")
    exchange.rows = ArrayCacheBySymbolById(ORDERS)
    return lambda row: exchange.rows.append(exchange.order_of(row))


def grown(make: Callable[[], Callable[[dict[str, Any]], object]]) -> float:
    """MiB that this process grows by."""
    take = make()
    gc.collect()
    before = memory()
    for row in messages():
        take(row)
    gc.collect()
    return memory() - before


def used() -> dict[str, float]:
    """MiB for each contender."""
    return {
        name: float(subprocess.check_output([sys.executable, "-m", "tests.benchmarks.bench_memory", name]))
        for name in CONTENDERS
    }


CONTENDERS = {"oms": of_driver, "ccxt.pro": of_ccxt_pro}

if __name__ == "__main__":
    print(grown(CONTENDERS[sys.argv[1]]))
