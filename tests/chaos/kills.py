"""A trading program with a journal, killed again and again: the next one knows every order, and doubles none.

    python -m tests.chaos.kills --cycles 100

The program notes in a file of its own what it intends and what it was told, as programs should that use client order
ids. It is forked from a process that has imported everything, so that a life costs little. A seed fixes when it is
killed; sockets and the scheduler add their own chance.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import sys
import tempfile
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import ccxt

import oms_ccxt_async
from oms_ccxt_async import OrderOutcomeUnknown
from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.sandbox.server import Profile
from tests.faults.eventually import eventually
from tests.faults.ledger import Ledger

__all__ = ["Outcome", "run"]

SYMBOL = "BTC/USDT"
OPTIONS = {"settleTimeout": 300, "retry": {"base": 1, "cap": 20}}
TIMEOUT = 1_000


@dataclass
class Outcome:
    """What came of the lives of a program.

    Attributes:
        recovered: orders that a life was told of that an earlier one had left open.
        unknown: orders of which nobody could say whether the OMS has them.
        doubled, forgotten, untrue: client order ids that stand twice; orders that the OMS has and the program does not
            know; orders that the program was told and the OMS has not.
    """

    profile: str
    cycles: int
    orders: int
    recovered: int
    unknown: int
    doubled: list[str]
    forgotten: list[str]
    untrue: list[str]

    def __str__(self) -> str:
        """A line."""
        wrong = f"doubled {self.doubled}, forgotten {self.forgotten}, untrue {self.untrue}"
        return (
            f"{self.profile:6} {self.cycles:4} kills {self.orders:5} orders {self.recovered:4} recovered "
            f"{self.unknown:3} unknown  {wrong if self.failed else 'ok'}"
        )

    @property
    def failed(self) -> bool:
        """Whether anything is wrong."""
        return bool(self.doubled or self.forgotten or self.untrue)


class Notes:
    """What the program itself keeps: a line for each thing, there when the call returns."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.lines = [line.split() for line in path.read_text().splitlines()]

    def note(self, *words: Any) -> None:
        """Note something."""
        with self._path.open("a") as file:
            file.write(" ".join(map(str, words)) + "\n")
        self.lines.append([str(word) for word in words])

    def about(self, what: str) -> list[str]:
        """Of which client order ids this was noted."""
        return [line[1] for line in self.lines if line[0] == what]


async def program(config: dict[str, Any], path: Path) -> None:
    """One life of the program, which ends when it is killed."""
    notes = Notes(path)
    async with oms_ccxt_async.oms(config) as exchange:
        for told in await exchange.recovered_orders():
            notes.note("recovered", told["clientOrderId"], told["outcome"], told["id"])
        settled = {*notes.about("told"), *notes.about("unknown")}
        for key in [key for key in notes.about("intends") if key not in settled]:
            try:
                order = await _asked(partial(exchange.fetch_order, "", SYMBOL, {"clientOrderId": key}))
                notes.note("told", key, order["id"])
            except OrderOutcomeUnknown:
                notes.note("unknown", key)
            except ccxt.OrderNotFound:
                await _create(exchange, notes, key)
        while True:
            key = f"bot-{len(notes.about('intends'))}"
            notes.note("intends", key)
            await _create(exchange, notes, key)


async def _asked(call: Callable[[], Awaitable[Any]]) -> Any:
    """What a call answers, made again for as long as it says that nothing was done."""
    while True:
        try:
            return await call()
        except OrderOutcomeUnknown:
            raise
        except ccxt.NetworkError:
            await asyncio.sleep(0.05)


async def _create(exchange: Any, notes: Notes, key: str) -> None:
    price = 30_000 + int(key.partition("-")[2])
    try:
        params = {"clientOrderId": key}
        order = await _asked(lambda: exchange.create_order(SYMBOL, "limit", "buy", 0.001, price, params))
    except OrderOutcomeUnknown:
        notes.note("unknown", key)
    else:
        notes.note("told", key, order["id"])


class Nursery:
    """The process from which lives are forked: each request, a line of JSON, is answered by the number of one."""

    async def __aenter__(self) -> Nursery:
        pipe = asyncio.subprocess.PIPE
        command = (sys.executable, "-m", "tests.chaos.kills", "--nursery")
        self._process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()

    async def start(self, config: dict[str, Any], path: Path) -> int:
        """Begin a life."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([config, str(path)]).encode() + b"\n")
        return int(await self._process.stdout.readline())


def _nurse() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries them
    for line in sys.stdin:
        config, path = json.loads(line)
        child = os.fork()
        if child == 0:
            try:
                asyncio.run(program(config, Path(path)))
            except BaseException:
                traceback.print_exc()
            os._exit(1)
        print(child, flush=True)


async def run(profile: Profile, cycles: int, seed: int = 0) -> Outcome:
    """So many lives, each killed at some moment of it, and one more that settles what they left."""
    rng = random.Random(f"{profile} {seed}")
    with tempfile.TemporaryDirectory() as directory:
        path, journal = Path(directory) / "notes", Path(directory) / "journal"
        path.touch()
        async with Sandbox(profile=profile, volatility=0, reconcile=1_000) as sandbox, Nursery() as nursery:
            config = sandbox.config(account_id=1) | {"timeout": TIMEOUT}
            config["options"] |= {**OPTIONS, "journal": str(journal), "reconcile": "never"}

            async def live(lines: int, more: float) -> None:
                before = len(Notes(path).lines)

                def is_due() -> bool:
                    found = Notes(path).lines[before:]
                    return len(found) >= lines and (not lines or found[-1][0] == "intends")

                child = await nursery.start(config, path)
                await eventually(is_due, within=30)
                await asyncio.sleep(more)
                os.kill(child, signal.SIGKILL)
                await eventually(lambda: not _is_alive(child))

            for _ in range(cycles):
                early = rng.random() < 0.2  # while it begins, or looks its orders up; else with an order on its way
                await live(0 if early else rng.randint(1, 12), rng.uniform(0, 0.3 if early else 0.006))
            notes = Notes(path)
            left = {*notes.about("intends")} - {*notes.about("told"), *notes.about("unknown")}
            await live(len(left) + 4, 0)
            return await _checked(profile, cycles, Notes(path), Ledger(sandbox.url, sandbox.keys["trader"], 1))


def _is_alive(child: int) -> bool:
    try:
        os.kill(child, 0)
    except ProcessLookupError:
        return False
    return True


async def _checked(profile: Profile, cycles: int, notes: Notes, ledger: Ledger) -> Outcome:
    there = await ledger.orders_by_client_order_id()
    told = {line[1]: line[2] for line in notes.lines if line[0] == "told"}
    told |= {line[1]: line[3] for line in notes.lines if line[:1] == ["recovered"] and line[2] == "accepted"}
    last = notes.about("intends")[-1]  # its life was the last one: nobody was told
    return Outcome(
        profile,
        cycles,
        orders=sum(map(len, there.values())),
        recovered=len(notes.about("recovered")),
        unknown=len({*notes.about("unknown")}),
        doubled=[str(key) for key, rows in there.items() if len(rows) > 1],
        forgotten=[str(key) for key in there if key not in told and key != last],
        untrue=[
            key for key, order_id in told.items() if order_id not in [str(row["id"]) for row in there.get(key, ())]
        ],
    )


def main() -> None:
    """Print a line for each profile; exits with 1 if anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cycles", type=int, default=100, help="how often each profile's program is killed")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--nursery", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.nursery:
        _nurse()
        return
    failed = False
    for profile in ("full", "legacy"):
        outcome = asyncio.run(run(profile, arguments.cycles, arguments.seed))
        print(outcome, flush=True)
        failed = failed or outcome.failed
    raise SystemExit(failed)


if __name__ == "__main__":
    main()
