"""`Sandbox`: an OMS that is served inside a running event loop, or in one of its own."""

from __future__ import annotations

import asyncio
import copy
import logging
import socket
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, suppress
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from oms_ccxt_async.sandbox.activity import Activity
from oms_ccxt_async.sandbox.app import build_app
from oms_ccxt_async.sandbox.background import Background, event_loop_factory
from oms_ccxt_async.sandbox.bad_days import BadDays, Maintenance
from oms_ccxt_async.sandbox.candle_files import replayed
from oms_ccxt_async.sandbox.errors import StorageUnavailable
from oms_ccxt_async.sandbox.housekeeping import prune
from oms_ccxt_async.sandbox.listening import answering, listen, url_of
from oms_ccxt_async.sandbox.oms import OMS
from oms_ccxt_async.sandbox.reconcile import catch_up
from oms_ccxt_async.sandbox.replay import Replay
from oms_ccxt_async.sandbox.seeds import DOLLARS, TRADER, open_database
from oms_ccxt_async.sandbox.source import STALE_MS, Source, public_exchange
from oms_ccxt_async.sandbox.sqlite import SQLite
from oms_ccxt_async.sandbox.storage import Storage, Synchronous, is_postgres
from oms_ccxt_async.sandbox.tick import tick

__all__ = ["Profile", "Sandbox", "now_ms"]

logger = logging.getLogger(__name__)

Profile = Literal["full", "legacy"]
Chore = Callable[[OMS], Awaitable[None] | None]

PRUNE_SECONDS = 60.0
LOOK_SECONDS = 0.25
REPLAY_TICK_SECONDS = 0.02


def now_ms() -> int:
    """The system's time in epoch milliseconds."""
    return time.time_ns() // 1_000_000


def look(oms: OMS) -> None:
    """Have the real exchange followed where somebody has something at stake."""
    if oms.source is not None:
        oms.source.look(oms.exchange.in_use() | {position.symbol for position in oms.storage.positions_with_stop()})


class Sandbox:
    """An OMS with a paper exchange, served over HTTP and WebSocket: with `async with` in the running event loop, with
    `with` in one of its own, in a thread.

    It stops within a second. What clients sent is in the database by the time they have
    their answer, and is there again when the same file is opened next.

    Args:
        profile: `full`, or `legacy` for the OMS as recorded, without the extensions.
        host: the interface to listen on.
        port: 0 takes a free one.
        database: the SQLite file, or `postgresql://...`, which other processes may have open at the same time (of a
            legacy OMS none); None makes a temporary file that is deleted at the end.
        seed: of the simulated market.
        exchange: ccxt's id of the exchange that a new database's accounts claim to be on; None: that of the prices.
        prices: ccxt's id of a real exchange whose public prices are traded on, or an exchange of ccxt's without keys,
            which is closed at the end; None: prices are simulated.
        candles: files of recorded candles that are replayed, as `candle_files.replayed` takes them; None: no replay.
        speed: how many seconds of a replay pass in one; at 0, only `advance` lets time pass.
        start: where a replay begins, in epoch milliseconds; None: at its first candle, or where the database was left.
        stale_seconds: how old a real exchange's book may be that is traded on.
        latency: milliseconds that an order, a change or a cancel takes to the exchange.
        slippage: by which share a taker's prices are worse than the book's.
        reject_rate: which share of orders and changes the exchange refuses.
        lose_answers: of which share of commands the answer is lost; they are carried out.
        maintenance: for the first so many milliseconds of every so many the exchange is closed; None: never.
        volatility: of the simulated market; at 0 its prices stand still.
        api_key: the trader's key; None makes one up.
        clock: epoch milliseconds, for the records and the market; None: the system's, or a replay's own.
        synchronous: `NORMAL` survives the death of the process, `FULL` that of the machine too.
        tick_seconds: how often the market moves; None: every 0.1 s, a replay every 0.02 s.
        reconcile: every how many milliseconds a legacy OMS looks for new fills by itself; None is never (fact 27).
        exchange_latency: milliseconds that a legacy OMS's commands and reconciles wait for the exchange, each time.
        lists_lag: how many milliseconds old the copy of a legacy OMS's database may be from which every second list of
            orders, deals or positions is read; None: there is no copy.
        poll_seconds: how long a legacy OMS hears nothing from a WebSocket client before it looks for events (fact 23).
        ping_seconds: how often a WebSocket client is pinged, and how long it has to answer.
        request_seconds: how long an HTTP request may take to arrive.
        subscribe_seconds: how long a WebSocket client may stay without subscribing to anything or trading.
        empty_responses: how many of the first requests find a dispatcher that does not answer yet (fact 35).
        activity: called with a line for each command, fill and rejection; it must not block or raise.
        share_port: other processes may listen on the same port, so that the system shares the connections out.
    """

    def __init__(
        self,
        *,
        profile: Profile = "full",
        host: str = "127.0.0.1",
        port: int = 0,
        database: str | Path | None = None,
        seed: int = 1,
        exchange: str | None = None,
        prices: str | Any | None = None,
        candles: str | Path | Iterable[str | Path] | Mapping[str, str | Path] | None = None,
        speed: float = 1.0,
        start: int | None = None,
        stale_seconds: float = STALE_MS / 1000,
        latency: int = 0,
        slippage: Decimal | float | str = 0,
        reject_rate: float = 0.0,
        lose_answers: float = 0.0,
        maintenance: tuple[int, int] | None = None,
        volatility: float = 1.0,
        api_key: str | None = None,
        clock: Callable[[], int] | None = None,
        synchronous: Synchronous = "NORMAL",
        tick_seconds: float | None = None,
        reconcile: int | None = None,
        exchange_latency: int = 0,
        lists_lag: int | None = None,
        poll_seconds: float = 1.0,
        ping_seconds: float = 10.0,
        request_seconds: float = 15.0,
        subscribe_seconds: float = 10.0,
        empty_responses: int = 0,
        activity: Callable[[str], None] | None = None,
        share_port: bool = False,
    ) -> None:
        if profile not in ("full", "legacy"):
            raise ValueError(f"profile must be full or legacy, not {profile!r}")
        if reconcile is not None and reconcile <= 0:
            raise ValueError(f"reconcile must be a number of milliseconds above 0, or None, not {reconcile!r}")
        if lists_lag is not None and is_postgres(database):
            raise ValueError("lists_lag needs SQLite")
        if lists_lag is not None and (lists_lag <= 0 or profile == "full"):
            raise ValueError(f"lists_lag must be None, or above 0 for a legacy OMS, not {lists_lag!r}")
        if is_postgres(database) and (prices is not None or candles is not None):
            raise ValueError("real and recorded prices need SQLite: every process of a PostgreSQL would have its own")
        if latency < 0 or not 0 <= Decimal(str(slippage)) < 1:
            raise ValueError(f"latency and slippage must not be negative, and slippage below 1: {latency}, {slippage}")
        self._bad_days = BadDays(
            seed,
            reject_rate=reject_rate,
            lose_answers=lose_answers,
            maintenance=None if maintenance is None else Maintenance(*maintenance),
        )
        self._profile = profile
        self._host = host
        self._port = port
        self._database = database
        self._seed = seed
        self._exchange = exchange
        if candles is not None and (prices is not None or clock is not None):
            raise ValueError("a replay has its own prices and its own clock: give candles, or prices and clock")
        self._prices = prices
        self._replay = None if candles is None else Replay(replayed(candles), speed=speed, start=start)
        self._stale_ms = round(stale_seconds * 1000)
        self._latency = latency
        self._slippage = Decimal(str(slippage))
        self._volatility = volatility
        self._api_key = api_key
        self._clock = self._replay or clock or now_ms
        self._synchronous = synchronous
        self._tick_seconds = tick_seconds or (0.1 if self._replay is None else REPLAY_TICK_SECONDS)
        self._reconcile = reconcile
        self._exchange_latency = exchange_latency
        self._lists_lag = lists_lag
        self._poll_seconds = poll_seconds
        self._ping_seconds = ping_seconds
        self._request_seconds = request_seconds
        self._subscribe_seconds = subscribe_seconds
        self._empty_responses = empty_responses
        self._activity = activity
        self._share_port = share_port
        self._leads: Callable[[], bool] = lambda: True
        self._exit = AsyncExitStack()
        self._background: Background | None = None
        self.url = ""
        self.keys: dict[str, str] = {}
        self.oms: OMS
        self._storage: Storage
        self._listed: OMS

    async def __aenter__(self) -> Self:
        """Open the database and listen.

        Raises:
            OSError: the address cannot be listened on.
            PricesUnavailable: a real exchange's markets cannot be read.
            StorageUnavailable: the database cannot be opened, for instance because another sandbox has it.
            ValueError: the database is of the other profile or of other prices, or there is no such exchange.
        """
        async with AsyncExitStack() as stack:
            source = await self._find_source(stack)
            self._open(stack, source)
            await self._serve(stack)
            self._exit = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Finish the requests that are running, stop, close the database."""
        await self._exit.aclose()

    def __enter__(self) -> Self:
        """As `async with`, in a thread of its own: for code without an event loop."""
        background = self._background = Background(event_loop_factory())
        try:
            background.call(self.__aenter__())
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """As the end of `async with`; the thread has ended, too."""
        assert self._background is not None
        try:
            self._background.call(self.__aexit__(kind, error, traceback))
        finally:
            self._end()

    def _end(self) -> None:
        background, self._background = self._background, None
        if background is not None:
            background.end()

    def _do(self, function: Callable[[], None]) -> None:
        """Call a function in the sandbox's own loop: its records are nobody else's."""
        if self._background is None:
            function()
        else:
            self._background.do(function)

    async def prepare(self, held: socket.socket) -> None:
        """Make or take up the database, and serve nobody: address, keys and accounts are known then.

        Args:
            held: has the port at which others will serve.

        Raises:
            StorageUnavailable, ValueError: as `async with`.
        """
        async with AsyncExitStack() as stack:
            self._open(stack, None)
        self.url = url_of(held)

    def config(self, account_id: int = 1, strategy_id: int | None = None, role: str = TRADER) -> dict[str, Any]:
        """A ready config for the driver's exchange classes.

        Args:
            account_id: 1 is in hedge mode, 2 in netting, 3 in strategy_netting.
            strategy_id: the default strategy, 1 (alpha) or 2 (beta).
            role: whose key, one of `keys`.
        """
        options: dict[str, Any] = {"account_id": account_id, "base_url": self.url}
        if strategy_id is not None:
            options["strategy_id"] = strategy_id
        return {"apiKey": self.keys[role], "options": options}

    def move(self, symbol: str, price: Decimal | int | str | float) -> None:
        """Let this market, and no other, trade at `price` from now on; what that fills or triggers is committed on
        return.

        Raises:
            ValueError: no price that the market can have.
        """

        def moved() -> None:
            self.oms.exchange.move(symbol, Decimal(str(price)))
            tick(self.oms)

        self._do(moved)

    def advance(self, seconds: float) -> None:
        """Let so many seconds of a replay pass; what happens in them is committed on return.

        Raises:
            ValueError: nothing is replayed.
            StorageUnavailable: what happened was not stored, and time has not passed beyond it.
        """
        replay = self._replay
        if replay is None:
            raise ValueError("time passes by itself: only a replay is advanced")
        self._do(lambda: replay.play(self.oms, seconds / (replay.speed or 1)))

    def prune_events(self, keep: int = 0) -> None:
        """Forget all but so many of each account's newest events, at once: who resumes from before has to resync."""

        def pruned() -> None:
            with self.oms.storage.transaction():
                for account_id in self.oms.accounts:
                    self.oms.events.keep_only(account_id, keep)

        self._do(pruned)

    async def _find_source(self, stack: AsyncExitStack) -> Source | None:
        """The real exchange whose prices are traded on, if there is one."""
        if self._prices is None:
            return None
        exchange = public_exchange(self._prices) if isinstance(self._prices, str) else self._prices
        source = Source(exchange, self._clock, stale_ms=self._stale_ms)
        stack.push_async_callback(source.close)
        await source.open()
        return source

    def _open(self, stack: AsyncExitStack, source: Source | None) -> None:
        storage = self._storage = self._open_storage(stack)
        stack.callback(storage.close)
        replay = self._replay
        name = self._exchange or ("paper" if source is None else source.name)
        prices = source.observed if source is not None else replay.prices if replay is not None else None
        self.keys = open_database(
            storage,
            profile=self._profile,
            exchange_name=name,
            api_key=self._api_key,
            prices=source.name if source is not None else "replayed" if replay is not None else "simulated",
            millions=_millions(source, replay),
        )
        if replay is not None:
            replay.resume(storage)
        self.oms = OMS(
            storage,
            clock=self._clock,
            full=self._profile == "full",
            exchange_name=name,
            seed=self._seed,
            volatility=self._volatility,
            exchange_latency=self._exchange_latency,
            latency=self._latency,
            slippage=self._slippage,
            prices=prices,
            source=source,
            bad_days=self._bad_days,
            pace=1.0 if replay is None else replay.speed,
        )
        if replay is not None:
            self.oms.health = replay.health
        if source is not None:
            self.oms.health = source.health
            source.on_trades = self._tick_at_once
        self.oms.empty_responses = self._empty_responses
        if self._activity is not None:
            Activity(self.oms, self._activity)
        self._listed = self.oms
        if self._lists_lag is not None:
            self._listed = copy.copy(self.oms)
            self._listed.storage = SQLite(":memory:")
            stack.callback(self._listed.storage.close)
            self._copy_lists()

    def _tick_at_once(self) -> None:
        if self._leads():
            with suppress(StorageUnavailable):  # the next tick says so
                tick(self.oms)

    def _open_storage(self, stack: AsyncExitStack) -> Storage:
        place = self._database
        if is_postgres(place):
            from oms_ccxt_async.sandbox.postgres import PostgreSQL

            storage = PostgreSQL(str(place))
            if self._profile == "legacy" and not storage.lead():
                storage.close()
                raise StorageUnavailable(f"{storage.place} has another process: a legacy OMS is only one")
            return storage
        if place is None:
            place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="oms-sandbox-"))) / "oms.sqlite"
        return SQLite(Path(place), synchronous=self._synchronous)

    def _lagging(self) -> OMS:
        """The OMS as every second list shows it: brought up to date here, so that no standstill makes it older."""
        if self._lists_lag is not None and time.monotonic() * 1000 - self._copied > self._lists_lag:
            self._copy_lists()
        return self._listed

    def _copy_lists(self) -> None:
        assert isinstance(self.oms.storage, SQLite)
        assert isinstance(self._listed.storage, SQLite)
        self.oms.storage.copy_to(self._listed.storage)
        self._copied = time.monotonic() * 1000

    async def _serve(self, stack: AsyncExitStack) -> None:
        listener = stack.enter_context(listen(self._host, self._port, shared=self._share_port))
        app = build_app(
            self.oms,
            listed=self._lagging,
            poll_seconds=self._poll_seconds,
            subscribe_seconds=self._subscribe_seconds,
        )
        await stack.enter_async_context(
            answering(app, listener, request_seconds=self._request_seconds, ping_seconds=self._ping_seconds)
        )
        self.url = url_of(listener)
        chores: list[tuple[Chore, float]] = [
            (tick if self._replay is None else self._replay.keep_up, self._tick_seconds),
            (prune, PRUNE_SECONDS),
        ]
        if self.oms.source is not None:
            chores.append((look, LOOK_SECONDS))
        if not self.oms.full and self._reconcile is not None:
            chores.append((catch_up, self._reconcile / 1000))
        if self._storage.shared:
            from oms_ccxt_async.sandbox.peers import WATCH_SECONDS, Peers
            from oms_ccxt_async.sandbox.postgres import PostgreSQL

            assert isinstance(self._storage, PostgreSQL)
            peers = Peers(self.oms, self._storage)
            stack.callback(peers.close)
            self._leads = lambda: peers.leading
            stack.push_async_callback(_end, asyncio.create_task(self._repeat(peers.watch, WATCH_SECONDS, always=True)))
        for chore, seconds in chores:
            task = asyncio.create_task(self._repeat(chore, seconds))
            stack.push_async_callback(_end, task)

    async def _repeat(self, chore: Chore, seconds: float, *, always: bool = False) -> None:
        failing = False
        while True:
            await asyncio.sleep(seconds)
            if not always and not self._leads():
                continue
            try:
                done = chore(self.oms)
                if done is not None:
                    await done
                failing = False
            except StorageUnavailable as error:
                if not failing:
                    logger.error("%s is tried again until it can be stored: %s", chore.__name__, error)
                failing = True
            except Exception:
                logger.exception("%s broke and is not done any more", chore.__name__)
                raise


def _millions(source: Source | None, replay: Replay | None) -> set[str]:
    """Of which currencies an account begins with a million."""
    if replay is not None:
        return {market.money for market in replay.prices.markets.values()}
    return set() if source is None else {code for code in DOLLARS if code in source.observed.markets.currencies}


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        task.result()
