"""Runs of chaos: what the watchers of an instance are told is the OMS's, whatever happens to it and to the way there.

    python -m tests.chaos.streams --seeds 60 --seconds 20
    python -m tests.chaos.streams --seconds 20 --seed 17        # that run again

A seed fixes the form of the OMS, the account, the faults and their times; sockets and processes add their own chance.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import multiprocessing
import tempfile
import warnings
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from oms_ccxt_pro import EventsLost
from tests.chaos.desk import SYMBOL, Desk, instance
from tests.chaos.process import OmsProcess
from tests.chaos.schedule import FORMS, Form, schedule
from tests.chaos.witness import Balance, Fills, Market, Orders, Positions
from tests.faults.eventually import eventually
from tests.faults.proxy import FaultProxy

__all__ = ["Outcome", "run"]

EXPECTED: dict[str, tuple[Form, ...]] = {
    "several loops watch": FORMS,  # those that pass by, from one place in the program
    "a consumer of orders was away too long": FORMS,  # the slow one
    "the OMS cannot replay what came after event": ("pruned",),
}
"""What watchers may be warned of, and at which OMS: everything else that is called lost was not."""
SETTLES_WITHIN = 20.0
"""Seconds after the last fault in which all has to be told."""


@dataclass
class Outcome:
    """What came of a run; it failed if anything is wrong."""

    seed: int
    form: Form
    faults: int = 0
    reconnects: int = 0
    orders: int = 0
    fills: int = 0
    lost: int = 0
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """A line."""
        verdict = "; ".join(self.wrong) if self.wrong else "ok"
        return (
            f"seed {self.seed:3} {self.form:6} {self.faults:3} faults {self.reconnects:3} reconnects "
            f"{self.orders:5} orders {self.fills:5} fills {self.lost:3} EventsLost  {verdict}"
        )


async def run(seed: int, seconds: float) -> Outcome:
    """One run, and what is wrong with what was told; raises nothing on account of the driver."""
    form = FORMS[seed % len(FORMS)]
    outcome = Outcome(seed, form)
    with _complaints(outcome), tempfile.TemporaryDirectory() as directory:
        database = Path(directory) / "oms.sqlite"
        async with OmsProcess("legacy" if form == "legacy" else "full", database) as oms:
            before = asyncio.all_tasks()
            async with FaultProxy(("127.0.0.1", oms.port)) as proxy:
                account_id = 1 + seed // len(FORMS) % 2
                async with instance(proxy.url, account_id) as exchange:
                    desk = Desk(oms, proxy, exchange, account_id, seed)
                    await _play(desk, exchange, seed, seconds, outcome)
            try:
                await eventually(lambda: not asyncio.all_tasks() - before)
            except AssertionError:
                outcome.wrong.append(f"tasks left: {asyncio.all_tasks() - before}")
    return outcome


async def _play(desk: Desk, exchange: Any, seed: int, seconds: float, outcome: Outcome) -> None:
    await exchange.load_markets()
    watching = [
        asyncio.create_task(desk.watch("fills", Fills(), exchange.watch_my_trades)),
        asyncio.create_task(desk.watch("orders", Orders(), exchange.watch_orders)),
        asyncio.create_task(desk.watch("positions", Positions(), exchange.watch_positions)),
        asyncio.create_task(desk.watch("slow fills", Fills(), exchange.watch_my_trades, slow=True)),
        asyncio.create_task(desk.watch("slow orders", Orders(), exchange.watch_orders, slow=True)),
        asyncio.create_task(desk.watch("balance", Balance(), exchange.watch_balance)),
        asyncio.create_task(desk.watch("ticker", Market(), partial(exchange.watch_ticker, SYMBOL))),
        asyncio.create_task(desk.watch("order book", Market(), partial(exchange.watch_order_book, SYMBOL))),
        asyncio.create_task(desk.watch("public trades", Market(), partial(exchange.watch_trades, SYMBOL))),
    ]
    visit = asyncio.create_task(desk.visit())
    await eventually(lambda: exchange.stream_status().get("state") == "live", within=10)
    visit.cancel()
    await asyncio.wait([visit])
    trading = [asyncio.create_task(desk.trade()), asyncio.create_task(desk.trade_itself())]
    loop = asyncio.get_running_loop()
    began = loop.time()
    faults = []
    for step in schedule(seed, outcome.form, seconds):
        await asyncio.sleep(began + step.at - loop.time())
        faults.append(asyncio.create_task(desk.fault(step)))
    await asyncio.sleep(began + seconds - loop.time())
    ended = await asyncio.gather(*faults, return_exceptions=True)
    outcome.wrong += [f"a passing loop got {error!r}" for error in ended if isinstance(error, BaseException)]
    for trader in trading:
        trader.cancel()
    await asyncio.wait(trading)
    outcome.wrong += [f"a trader broke: {trader.exception()!r}" for trader in trading if not trader.cancelled()]
    watching.append(asyncio.create_task(desk.visit()))

    async def differences() -> list[str]:
        return [
            f"{name}: {difference}"
            for name, witness in desk.witnesses.items()
            for difference in await witness.differences(desk.ledger)
        ]

    async def told() -> bool:
        return not await differences()

    try:
        await eventually(told, within=SETTLES_WITHIN)
        await asyncio.sleep(1)  # what would come once too often
        await eventually(told, within=SETTLES_WITHIN)  # an order that rests may fill meanwhile
    except AssertionError:
        pass
    outcome.wrong += await differences()
    for name, witness in desk.witnesses.items():
        outcome.wrong += [f"{name}: {wrong}" for wrong in witness.wrong]
    outcome.wrong += [f"passing: {wrong}" for witness in desk.passing for wrong in witness.wrong]
    outcome.wrong += [
        f"passing: {difference}"
        for witness in desk.passing
        if isinstance(witness, Fills)
        for difference in await witness.differences(desk.ledger, passing=True)
    ]
    outcome.wrong += [f"a loop got {task.exception()!r}" for task in watching if task.done()]
    outcome.faults, outcome.reconnects = desk.faults, exchange.stream_status()["reconnects"]
    outcome.orders, outcome.fills = len(await desk.ledger.orders()), len(await desk.ledger.deals())
    for task in watching:
        task.cancel()
    await asyncio.gather(*watching, return_exceptions=True)


@contextmanager
def _complaints(outcome: Outcome) -> Iterator[None]:
    """Note what loop and interpreter complain of: exceptions that nobody retrieved, what was not closed."""
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()
    loop.set_exception_handler(lambda _, context: outcome.wrong.append(f"the loop: {context}"))
    try:
        with warnings.catch_warnings(record=True) as complaints:
            warnings.simplefilter("always")
            yield
            gc.collect()
    finally:
        loop.set_exception_handler(before)
    outcome.lost = sum(issubclass(each.category, EventsLost) for each in complaints)
    outcome.wrong += [
        f"{each.category.__name__}: {each.message}"
        for each in complaints
        if not issubclass(each.category, EventsLost) or not _is_expected(str(each.message), outcome.form)
    ]


def _is_expected(lost: str, form: Form) -> bool:
    return any(text in lost and form in forms for text, forms in EXPECTED.items())


def _run(seconds: float, seed: int) -> Outcome:
    return asyncio.run(run(seed, seconds))


def main() -> None:
    """Print a line for each run; exits with 1 if one failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=60, help="how many runs, from seed 0 on")
    parser.add_argument("--seed", type=int, help="only this one")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--jobs", type=int, default=2, help="how many runs at once")
    arguments = parser.parse_args()
    seeds = range(arguments.seeds) if arguments.seed is None else [arguments.seed]
    failed = faults = 0
    with ProcessPoolExecutor(arguments.jobs, multiprocessing.get_context("spawn")) as pool:
        for outcome in pool.map(partial(_run, arguments.seconds), seeds):
            print(outcome, flush=True)
            failed += bool(outcome.wrong)
            faults += outcome.faults
    print(f"{len(seeds)} runs, {faults} faults, {failed} failed")
    raise SystemExit(bool(failed))


if __name__ == "__main__":
    main()
