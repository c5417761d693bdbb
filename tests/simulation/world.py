"""One seed: the machines, the programs, the faults, and what came of it."""

from __future__ import annotations

import asyncio
import logging
import random
import re
import shutil
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from decimal import Decimal
from pathlib import Path
from typing import Any

from oms_ccxt_async.sandbox.exchange import ExchangeOrder
from oms_ccxt_async.sandbox.rows import Deal, Order
from tests.simulation import clocks
from tests.simulation.checker import RECOVERS_WITHIN, check, missing
from tests.simulation.faults import carry_out
from tests.simulation.history import Books, Consumer, History
from tests.simulation.loop import Loop, StandstillError
from tests.simulation.machines import KEY, Bot, Oms, Profile
from tests.simulation.network import Network
from tests.simulation.programs import PROGRAMS, TASK_CALLS, resolve, watch
from tests.simulation.scenarios import SCENARIOS, Scenario

__all__ = ["Outcome", "run", "warm_up"]

PROFILES: tuple[Profile, Profile] = ("full", "legacy")
MEMORY = Path("/dev/shm")
"""Where files live that need not outlive the machine."""
WAYS = ("plain", "timeout", TASK_CALLS, "slow", "plain")
STORM = 12.0
"""Seconds in which faults begin."""
MARKETS: dict[str, Any] = {}
"""Loaded once for all seeds of a process; some seeds load their own."""


@dataclass
class Outcome:
    """What came of a seed."""

    scenario: str
    seed: int
    profile: str = ""
    faults: int = 0
    orders: int = 0
    fills: int = 0
    seconds: float = 0.0
    recovery: float = 0.0
    steps: int = 0
    trace: str = ""
    wrong: list[tuple[str, str]] = field(default_factory=list)


class _Listening(logging.Handler):
    """I7: the key is in no line of a log."""

    def __init__(self, history: History) -> None:
        super().__init__(logging.DEBUG)
        self._history = history

    def emit(self, record: logging.LogRecord) -> None:
        if KEY in record.getMessage():
            self._history.wrong.append(f"the key is in a line of {record.name}")


class Simulation:
    """The world of one seed; programs and faults see their parts of it."""

    def __init__(self, scenario: Scenario, profile: Profile, seed: int, directory: Path, verbose: bool) -> None:
        self.scenario = scenario
        self.rng = random.Random(f"{scenario.name} {profile} {seed}")
        self.loop = Loop()
        self.network = Network(self.loop, self.rng.getrandbits(32))
        self.network.verbose = verbose
        clocks.begin(self.loop.time, self.rng.getrandbits(32))
        self.history = History()
        self.faults = 0
        options: dict[str, Any] = {}
        if profile == "legacy":
            options["lists_lag"] = self.rng.choice((None, None, 800))
            options["reconcile"] = self.rng.choice((None, 1_000, 3_000))
            options["exchange_latency"] = self.rng.choice((0, 20, 150))
        self.oms = Oms(self.network, directory, profile, **options)
        self.bots: list[Bot] = []
        for number in range(1, scenario.bots + 1):
            bot = Bot(self.network, self.oms, number, directory, scenario.journal)
            bot.strategy_id = number if scenario.bots > 1 else None  # so that neither cancels what the other quotes
            self.bots.append(bot)
        self.last: Books | None = None  # what the OMS held when everything was told: it may learn of a fill after that
        self._amounts = 0
        self._programs: dict[str, str] = {}
        self._working: list[asyncio.Task[Any]] = []
        self._watching: list[asyncio.Task[Any]] = []

    def amount(self) -> str:
        """One that no other order has."""
        self._amounts += 1
        return f"0.{1_000 + self._amounts:06}"

    async def play(self) -> None:
        """From the start of the machines to their end."""
        self.stopping = asyncio.Event()
        await self.oms.start()
        for bot in self.bots:
            self._programs[bot.name] = self.rng.choice(self.scenario.programs)
            bot.boot()
            await self._begin(bot, warm=self.rng.random() < 0.8)
        await self._storm()
        await self._calm_down()
        await self._close()

    async def _begin(self, bot: Bot, warm: bool) -> None:
        """Watch, and once that is live, trade."""
        await bot.run(self._load(bot, warm))
        consumers = []
        for number in range(self.scenario.watchers):
            method: Any = ("fills", "orders")[number % 2]
            consumer = Consumer(f"{bot.name}.{bot.lives} {method} {number}", method)
            self.history.consumers.append(consumer)
            consumers.append(consumer)
            way = self.rng.choice(WAYS)
            self._watching.append(bot.run(watch(self, bot, consumer, way)))
        while bot.host.alive and bot.exchange.stream_status().get("state") not in ("live", "polling"):
            await asyncio.sleep(0.05)
        if bot.host.alive:
            for consumer in consumers:
                consumer.strategy = bot.strategy_id
                consumer.since = self.oms.newest(Deal if consumer.method == "fills" else Order)
            self._working.append(bot.run(PROGRAMS[self._programs[bot.name]](self, bot)))

    async def _load(self, bot: Bot, warm: bool) -> None:
        if warm and self.oms.profile in MARKETS:
            bot.exchange.set_markets(*MARKETS[self.oms.profile])
            return
        while True:
            try:
                await bot.exchange.load_markets()
                break
            except Exception:
                await asyncio.sleep(0.5)
        MARKETS.setdefault(self.oms.profile, (bot.exchange.markets, bot.exchange.currencies))

    async def succeed(self, bot: Bot) -> None:
        """Start a bot again that died."""
        for consumer in self.history.consumers:
            if consumer.name.startswith(f"{bot.name}.{bot.lives} "):
                consumer.over = True
        bot.boot()
        await self._begin(bot, warm=True)

    async def _storm(self) -> None:
        """Faults and moves of the market, some of them at the same time."""
        rng, under_way = self.rng, []
        times = sorted(rng.uniform(0, STORM) for _ in range(rng.randrange(1, self.scenario.most + 1)))
        plan = [(at, rng.choice(self.scenario.faults)) for at in times]
        plan += [(rng.uniform(0, STORM), "market") for _ in range(2)]
        began = self.loop.time()
        for at, kind in sorted(plan):
            await asyncio.sleep(max(0.0, began + at - self.loop.time()))
            self.faults += kind != "market"
            under_way.append(asyncio.create_task(carry_out(self, kind, rng.getrandbits(32))))
        await asyncio.gather(*under_way)

    async def _calm_down(self) -> None:
        """Free every way, and wait until everything is told that there is to tell."""
        network = self.network
        network.heal()
        network.refusing.clear()
        network.delay.clear()
        self.oms.abort(None)
        if self.oms.profile == "legacy":
            self.oms.sandbox.oms._breakdowns.clear()
        await self.oms.restart(0.0)
        await asyncio.sleep(max(0.0, network.late_until - self.loop.time()))
        began = self.loop.time()
        self.stopping.set()
        while self.loop.time() - began < RECOVERS_WITHIN:
            if all(task.done() or not self._lives(task) for task in self._working):
                break
            await asyncio.sleep(0.1)
        for bot in self.bots:
            mine = [each for each in self.history.intents if each.program == bot.name]
            await bot.run(self._settle(bot, mine))
        while self.loop.time() - began < RECOVERS_WITHIN:
            if not missing(self.history, self.books()):
                await asyncio.sleep(1.5)  # what would come once too often
                self.last = self.books()
                if not missing(self.history, self.last):
                    self.history.recovery = max(0.0, self.loop.time() - began - 1.5)
                    return
            await asyncio.sleep(0.1)

    def _lives(self, task: asyncio.Task[Any]) -> bool:
        host: Any = getattr(task, "host", None)
        return host is None or host.alive

    async def _settle(self, bot: Bot, intents: list[Any]) -> None:
        for intent in intents:
            await resolve(self, bot, intent)

    async def _close(self) -> None:
        """I5 and I6: after `close()` nothing is sent, no task is left, no connection."""
        wrong = self.history.wrong
        for task in [*self._working, *self._watching]:
            if task.done() and not task.cancelled() and task.exception() is not None:
                wrong.append(f"a program was told {task.exception()!r}")
        for task in [*self._working, *self._watching]:
            task.cancel()
        await asyncio.sleep(0.01)
        for bot in self.bots:
            await bot.run(bot.exchange.close())
        before = self.network.requests
        await asyncio.sleep(2)
        if self.network.requests != before:
            wrong.append(f"{self.network.requests - before} requests after close()")
        for bot in self.bots:
            left = self.loop.tasks_of(bot.host)
            if left:
                wrong.append(f"tasks of {bot.name} left after close(): {left}")
            if any(not each.client.lost for each in self.network.between(bot.address, self.oms.address)):
                wrong.append(f"connections of {bot.name} left after close()")

    def books(self) -> Books:
        """What the OMS holds now."""
        storage = self.oms.storage
        return Books(
            orders=[_row(each) for each in storage.select(Order, account_id=1)],
            deals=[_row(each) for each in storage.select(Deal, account_id=1)],
            placed=[
                {
                    "id": each.id,
                    "side": each.ticket.side,
                    "amount": str(each.ticket.amount),
                    "status": each.status,
                    "client_order_id": each.ticket.client_order_id,
                }
                for each in storage.select(ExchangeOrder, account_id=1)
            ],
            profile=self.oms.profile,
        )


_PRICES = re.compile(rb'"new_price":"([0-9.]+)"').findall


def warm_up() -> None:
    """Play a seed on each profile, so that what is loaded or compiled once is there; all processes do it alike."""
    for profile in PROFILES:
        run("partitions", -1 if profile == "legacy" else -2)
    clocks.end()


def _row(record: Any) -> dict[str, Any]:
    return {each.name: getattr(record, each.name) for each in fields(record)}


def run(name: str, seed: int, *, verbose: bool = False, look: Callable[[Simulation], None] | None = None) -> Outcome:
    """Play a seed of a scenario; raises nothing on account of the driver.

    Args:
        name, seed: even seeds are of a full OMS, odd ones of a legacy one.
        verbose: whether everything that arrives somewhere is printed.
        look: shown the simulation at its end.
    """
    profile = PROFILES[seed % 2]
    outcome = Outcome(name, seed, profile)
    directory = Path(tempfile.mkdtemp(prefix="simulation-", dir=MEMORY if MEMORY.is_dir() else None))
    simulation = Simulation(SCENARIOS[name], profile, seed, directory, verbose)
    history = simulation.history
    warnings.simplefilter("ignore")  # the driver's of lost events: what is lost is what the checker looks for
    logging.getLogger().handlers[:] = [_Listening(history)]
    try:
        simulation.loop.run_until_complete(simulation.play())
    except StandstillError:
        history.wrong.append("everybody waits for what cannot come")
    history.restored, history.unordered = simulation.oms.restored, simulation.oms.unordered
    if profile == "legacy":  # which does not know a repeat that comes late for one
        history.late_prices = {Decimal(each.decode()) for data in simulation.network.late for each in _PRICES(data)}
    history.wrong += [f"the loop was told: {each}" for each in simulation.loop.complaints]
    books = simulation.books() if simulation.last is None or history.recovery is None else simulation.last
    outcome.wrong = [(each.kind, each.sentence) for each in check(history, books)]
    outcome.faults, outcome.steps = simulation.faults, simulation.loop.steps
    outcome.orders, outcome.fills = len(books.placed), len(books.deals)
    outcome.seconds, outcome.recovery = simulation.loop.time(), history.recovery or 0.0
    outcome.trace = simulation.network.trace.hexdigest()[:16]
    if look is not None:
        look(simulation)
    shutil.rmtree(directory, ignore_errors=True)
    return outcome
