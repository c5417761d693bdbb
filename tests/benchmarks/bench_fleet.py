"""What 50 bots cost one OMS: requests a minute and processor time, by how they ask.

Run as `python -m tests.benchmarks.bench_fleet [--bots 50] [--processes 5] [--seconds 20]`. The OMS is a sandbox in a
process of its own; the bots share a few processes, because 50 of them would measure the machine's memory and not the
OMS: what the OMS is asked does not depend on it, but for the shapes where the bots of a process share an exchange.

A bot looks every five seconds at three tickers, its open orders and its balance, and every twenty seconds it places an
order, looks at it and cancels it. A bot on streams is told of the tickers and its orders, and only places and cancels.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import tempfile
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import oms_ccxt_async
import oms_ccxt_pro
from oms_ccxt_async.instrumentation import RequestDone, set_hooks
from tests.benchmarks.databases import cpu_seconds
from tests.postgres.fleet import KEY, running

SPAWN = multiprocessing.get_context("spawn")
SYMBOLS = ("BTC/USDT", "ETH/USDT", "SOL/USDT")
LOOK_SECONDS = 5.0
TRADE_LOOKS = 4


@dataclass(frozen=True)
class Shape:
    """How the bots of a process ask.

    Attributes:
        name: in the table.
        shared: whether they share one exchange.
        streams: whether they are told instead of asking.
        ttl: how old a ticker may be, in milliseconds.
    """

    name: str
    shared: bool = False
    streams: bool = False
    ttl: int = 0


SHAPES = (
    Shape("an exchange for each bot"),
    Shape("one exchange a process", shared=True),
    Shape("one exchange a process, `tickerTtl` 4000", shared=True, ttl=4000),
    Shape("streams, an exchange for each bot", streams=True),
    Shape("streams, one exchange a process", shared=True, streams=True),
)


async def trade(exchange: Any, number: int) -> None:
    """Place an order that rests, and take it back."""
    order = await exchange.create_order("BTC/USDT", "limit", "buy", 0.001, 40_000 + number)
    if not exchange.has.get("ws"):
        await exchange.fetch_order(order["id"])
    await exchange.cancel_order(order["id"])


async def poll(exchange: Any, number: int, until: float) -> None:
    """A bot that asks."""
    look = number % TRADE_LOOKS
    await asyncio.sleep(LOOK_SECONDS * (number % 10) / 10)  # bots are not in step with each other
    while time.monotonic() < until:
        due = time.monotonic() + LOOK_SECONDS
        await asyncio.gather(*(exchange.fetch_ticker(symbol) for symbol in SYMBOLS))
        await exchange.fetch_open_orders()
        await exchange.fetch_balance()
        look += 1
        if look % TRADE_LOOKS == 0:
            await trade(exchange, number)
        await asyncio.sleep(due - time.monotonic())


async def listen(exchange: Any, number: int, until: float) -> None:
    """A bot that is told."""

    async def forever(watch: Any, *args: Any) -> None:
        while True:
            await watch(*args)

    watching = [asyncio.create_task(forever(exchange.watch_ticker, symbol)) for symbol in SYMBOLS]
    watching.append(asyncio.create_task(forever(exchange.watch_orders)))
    try:
        await asyncio.sleep(LOOK_SECONDS * (number % TRADE_LOOKS))
        while time.monotonic() < until:
            due = time.monotonic() + LOOK_SECONDS * TRADE_LOOKS
            await trade(exchange, number)
            await asyncio.sleep(min(due, until) - time.monotonic())
    finally:
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)


def run_bots(url: str, shape: Shape, numbers: range, seconds: float, pipe: Connection) -> None:
    """The bots of one process; through the pipe come how many requests it took to begin, and those by method after."""
    counted: Counter[str] = Counter()
    set_hooks(
        [
            lambda event: (
                counted.update([event.operation.rstrip(" 0123456789")]) if isinstance(event, RequestDone) else None
            )
        ]
    )

    async def run() -> None:
        config = {"apiKey": KEY, "options": {"account_id": 2, "base_url": url, "tickerTtl": shape.ttl}}
        made = oms_ccxt_pro.oms if shape.streams else oms_ccxt_async.oms
        async with AsyncExitStack() as stack:
            exchanges = [
                await stack.enter_async_context(made(config)) for _ in (numbers[:1] if shape.shared else numbers)
            ]
            for exchange in exchanges:
                await exchange.load_markets()
                if shape.streams:
                    heard = asyncio.create_task(exchange.watch_orders())
                    while not heard.done():
                        await trade(exchange, numbers[0])
                        await asyncio.wait([heard], timeout=1)
                    await asyncio.gather(*(exchange.watch_ticker(symbol) for symbol in SYMBOLS))
            pipe.send(counted.total())
            pipe.recv()
            counted.clear()
            until = time.monotonic() + seconds
            bot = listen if shape.streams else poll
            await asyncio.gather(
                *(bot(exchanges[at % len(exchanges)], number, until) for at, number in enumerate(numbers))
            )
            pipe.send(dict(counted))

    asyncio.run(run())


def measure(shape: Shape, bots: int, processes: int, seconds: float, folder: Path) -> str:
    """A row of the table."""
    share = bots // processes
    with running(str(folder / f"{SHAPES.index(shape)}.sqlite"), 0, folder / "server.py") as fleet:
        pipes, started = [], []
        for number in range(processes):
            here, there = SPAWN.Pipe()
            numbers = range(number * share, (number + 1) * share)
            process = SPAWN.Process(target=run_bots, args=(fleet.url, shape, numbers, seconds, there), daemon=True)
            process.start()
            started.append(process)
            pipes.append(here)
        begun = sum(pipe.recv() for pipe in pipes)
        used = cpu_seconds([fleet.process.pid])
        for pipe in pipes:
            pipe.send("go")
        counted: Counter[str] = Counter()
        for pipe in pipes:
            counted.update(pipe.recv())
        used = cpu_seconds([fleet.process.pid]) - used
        for process in started:
            process.join()
    made = share * processes
    minute = 60 / seconds / made
    asked = counted.total() * minute
    often = ", ".join(f"{name} {count * minute:.1f}" for name, count in counted.most_common(4))
    return (
        f"| {shape.name} | {begun / made:.1f} | {asked:.1f} | {200 * asked / 60:.0f} | "
        f"{used * 1000 * minute:.0f} | {often} |"
    )


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bots", type=int, default=50)
    parser.add_argument("--processes", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    print("| bots have | to begin | a minute | 200 bots, a second | OMS, ms of CPU a minute | most often, a minute |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for shape in SHAPES:
            print(measure(shape, options.bots, options.processes, options.seconds, Path(folder)), flush=True)


if __name__ == "__main__":
    main()
