"""The machines of a simulation: the OMS with its disk, and the bots, each of which can die and be started again."""

from __future__ import annotations

import asyncio
import functools
import shutil
import sqlite3
import ssl
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from contextvars import Context
from pathlib import Path
from typing import Any, Literal

import oms_ccxt_pro
from oms_ccxt_async.sandbox import Sandbox, app, server
from oms_ccxt_async.sandbox.errors import CommitInDoubt, StorageUnavailable
from oms_ccxt_async.sandbox.oms import OMS
from oms_ccxt_async.sandbox.sqlite import SQLite
from oms_ccxt_async.sandbox.storage import Storage
from tests.simulation.clocks import HOST, now_ms
from tests.simulation.network import Host, Listener, Network

__all__ = ["KEY", "PRICE", "SYMBOL", "Bot", "Oms", "Profile"]

Profile = Literal["full", "legacy"]
Abort = Literal["crash before", "crash after", "break before", "break after"]

SYMBOL = "BTC/USDT"
PRICE = 50_000
KEY = "canary-5c1f09e2d7"
OMS_ADDRESS = "10.0.0.1"
PORT = 8000


class _Serving:
    """The OMS that an application serves now."""

    def __init__(self) -> None:
        self.__dict__["now"] = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["now"], name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.__dict__["now"], name, value)


_applications: dict[bool, tuple[_Serving, Any]] = {}


def _application(oms: OMS, *, listed: Callable[[], OMS], **options: Any) -> Any:
    """The application of an OMS: one for each profile, as building one costs more than all else of a seed."""
    if oms.full not in _applications:
        serving: Any = _Serving()
        serving.__dict__["now"] = oms
        _applications[oms.full] = (
            serving,
            app.build_app(serving, listed=lambda: serving.__dict__["listed"](), **options),
        )
    serving, application = _applications[oms.full]
    serving.__dict__.update(now=oms, listed=listed)
    return application


server.listen = Listener  # type: ignore[assignment, attr-defined]  # no socket of the system
server.build_app = _application  # type: ignore[attr-defined]
# nobody speaks TLS, and each takes 15 ms
ssl.create_default_context = functools.cache(ssl.create_default_context)  # type: ignore[assignment]


class _KilledError(BaseException):
    """The process is gone: nothing of it goes on."""


class Oms:
    """The OMS's machine: its file survives what its process does not.

    Attributes:
        skew: by how many seconds its clock is off.
        sandbox: in this life.
        lives: how often it was started.
        restored: whether its data were ever put back to a backup.
        unordered: whether it ever left out an event, or sent one late.
    """

    def __init__(self, network: Network, directory: Path, profile: Profile, **options: Any) -> None:
        self.network = network
        self.profile = profile
        self.skew = 0.0
        self.lives = 0
        self.restored = self.unordered = False
        self.price = PRICE
        self.sandbox: Sandbox
        self._host = Host("oms", OMS_ADDRESS)
        self._host.alive = False
        self._started = False
        self._options = options
        self._database = directory / "oms.sqlite"
        self._backup = directory / "backup.sqlite"
        self._abort: Abort | None = None
        self._newest: dict[type[Any], int] = {}
        self._given = 0

    @property
    def url(self) -> str:
        """Where it is reached."""
        return f"http://{OMS_ADDRESS}:{PORT}"

    @property
    def address(self) -> str:
        """Its machine's address."""
        return OMS_ADDRESS

    @property
    def storage(self) -> Storage:
        """Its records, as they are."""
        return self.sandbox.oms.storage

    def newest(self, kind: type[Any]) -> int:
        """The highest id of a kind of record, as the file has it even while nobody serves it."""
        with suppress(sqlite3.ProgrammingError, StorageUnavailable):
            self._newest[kind] = self.storage.newest(kind)
        return self._newest.get(kind, 0)

    @property
    def up(self) -> bool:
        """Whether it runs."""
        return self._host.alive and self._started

    async def start(self) -> None:
        """Start it on its file, with the market at the price where it was."""
        self.lives += 1
        self._started = False
        self._host = Host("oms", OMS_ADDRESS)
        self._host.skew = self.skew
        await self.network.loop.run_on(self._host, self._start())

    async def _start(self) -> None:
        sandbox = Sandbox(
            profile=self.profile,
            host=OMS_ADDRESS,
            port=PORT,
            database=self._database,
            api_key=KEY,
            clock=now_ms,
            tick_seconds=2.0,
            volatility=0,
            **self._options,
        )
        await sandbox.__aenter__()
        self.sandbox = sandbox
        # An exchange is not restored with the OMS: it gives none of its ids a second time, not to what fills at once.
        ids = sandbox.oms.exchange.ids
        while ids.peek() < self._given:
            ids.take()
        storage = sandbox.oms.storage
        storage.transaction = self._watched(storage.transaction)  # type: ignore[method-assign]
        sandbox.move(SYMBOL, self.price)
        self._started = True

    def _watched(self, transaction: Callable[..., AbstractContextManager[None]]) -> Any:
        host = self._host

        @contextmanager
        def watched(*account_ids: Iterable[int]) -> Iterator[None]:
            # what a client asked for, not the market's own step, is broken off
            abort = self._abort if asyncio.current_task() in self._asked() else None
            with transaction(*account_ids):
                yield
                if abort and abort.endswith("before"):
                    self._breaks(abort, host)
            if abort:
                self._breaks(abort, host)

        return watched

    def _asked(self) -> set[Any]:
        task = asyncio.current_task() if self.up else None
        return set() if task is None or "RequestResponseCycle" not in repr(task.get_coro()) else {task}

    def _breaks(self, abort: Abort, host: Host) -> None:
        self._abort = None
        if abort.startswith("crash"):
            self.crash()
            raise _KilledError
        if abort.endswith("before"):
            raise StorageUnavailable("the disk is full")
        self.sandbox.oms.events.publish()
        raise CommitInDoubt("the connection to the database was lost")

    def abort(self, how: Abort | None) -> None:
        """Have the next commit of a request break off: before it or after it, with the process or without."""
        self._abort = how

    def crash(self) -> None:
        """End the process here and now; what was committed is in the file."""
        if self.up:
            self.network.kill(self._host)
            storage = self.sandbox.oms.storage
            listed = self.sandbox._listed.storage
            for each in {storage, listed}:
                self.network.loop.call_soon(each.close, context=_nowhere())

    async def restart(self, after: float = 0.1) -> None:
        """Start it again, unless somebody did already."""
        await asyncio.sleep(after)
        if not self._host.alive:
            await self.start()
        while not self.up:
            await asyncio.sleep(0.01)

    def move(self, price: int) -> None:
        """Let the market trade at this price; orders that rest below or above fill."""
        self.price = price
        if self.up:
            context = _nowhere()
            context.run(HOST.set, self._host)
            with suppress(StorageUnavailable):
                context.run(self.sandbox.move, SYMBOL, price)

    def step_clock(self, seconds: float) -> None:
        """Step its clock."""
        self.skew += seconds
        self._host.skew = self.skew

    def back_up(self) -> None:
        """Make a backup of the file as it is."""
        if self.up:
            self._backup.unlink(missing_ok=True)
            copy, storage = SQLite(self._backup), self.sandbox.oms.storage
            assert isinstance(storage, SQLite)
            storage.copy_to(copy)
            copy.close()

    async def restore(self) -> None:
        """Put the backup in the place of the file, and start on it."""
        if not self._backup.exists():
            return
        while not self.up:  # somebody else has it in hand
            await asyncio.sleep(0.01)
        self.crash()
        for _ in range(2):  # until the file is let go
            await asyncio.sleep(0)
        for each in self._database.parent.glob(self._database.name + "*"):
            each.unlink()
        shutil.copy(self._backup, self._database)
        self.restored = True
        self._given = self.sandbox.oms.exchange.ids.peek()
        await self.start()


def _nowhere() -> Context:
    """A context in which no machine's code runs."""
    return Context()


class Bot:
    """A bot's machine: an exchange instance, and what the program does with it.

    Attributes:
        exchange: in this life.
        lives: how often it was started.
        strategy_id: whose orders it sends and sees; None: the account's.
    """

    def __init__(self, network: Network, oms: Oms, number: int, directory: Path, journal: bool) -> None:
        self.network = network
        self.name = f"bot{number}"
        self.address = f"10.0.1.{number}"
        self.exchange: Any = None
        self.lives = 0
        self.skew = 0.0
        self.strategy_id: int | None = None
        self.host = Host(self.name, self.address)
        self._oms = oms
        self._options: dict[str, Any] = {}
        if journal:
            self._options["journal"] = str(directory / f"{self.name}.journal")

    def run(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Have its machine do something."""
        return self.network.loop.run_on(self.host, work)

    def boot(self) -> None:
        """A process anew, on the same disk."""
        self.lives += 1
        self.host = Host(self.name, self.address)
        self.host.skew = self.skew
        options = {"base_url": self._oms.url, "account_id": 1, "strategy_id": self.strategy_id, **OPTIONS}
        options |= self._options
        self.exchange = oms_ccxt_pro.oms({"apiKey": KEY, "timeout": 2_000, "options": options})

    def set_clock(self, seconds: float) -> None:
        """Step its wall clock to so many seconds beside the right time."""
        self.skew = self.host.skew = seconds

    def crash(self) -> None:
        """End the process here and now; what it had written is on its disk."""
        self.network.kill(self.host)
        journal = self.exchange._keeper._journal
        if journal is not None:  # as the system does: its files are closed, their locks gone
            journal._held.close()


OPTIONS: dict[str, Any] = {
    "retry": {"base": 50, "cap": 500, "budget": 100_000},
    "settleTimeout": 4_000,
    "closeTimeout": 3_000,
    "ws": {
        "backoff": 50,
        "backoffCap": 1_000,
        "pingInterval": 1_000,
        "pingTimeout": 1_000,
        "openTimeout": 2_000,
        "probeInterval": 3_000,
    },
}
