"""Feeds a view model from the driver: every stream of one account, read again by itself after whatever happens."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from typing import Any

import ccxt

import oms_ccxt_pro
from oms_ccxt_async.instrumentation.events import Event
from oms_ccxt_async.instrumentation.hooks import get_hooks, set_hooks
from oms_ccxt_async.view.candles import SEEN
from oms_ccxt_async.view.model import AccountView
from oms_ccxt_async.view.rows import (
    Contract,
    balances_of,
    contract_of,
    fill_of,
    order_of,
    position_of,
    price_of,
)
from oms_ccxt_async.wire.settings import Settings

__all__ = ["Follower", "follow"]

HISTORY_MS = 24 * 3_600_000
PAUSE = 1.0
"""Seconds before something that failed is tried again."""
REFUSED_PAUSE = 10.0
"""As `PAUSE`, where the OMS refuses the key or what it asks for."""
LOOK = 0.25
"""Seconds between two looks at the driver's own state."""
MEASURE = 1.0
"""Seconds between two points of equity and profit."""
RECONCILE = 5.0
MARKETS_MOST = 20
"""Markets whose prices are watched."""
DEPTH = 12
READS = 10
"""Times that positions and fills are read until they belong together."""


@asynccontextmanager
async def follow(
    config: Mapping[str, Any], *, now: Callable[[], int], symbol: str | None = None, frame: str = SEEN
) -> AsyncIterator[Follower]:
    """Follow an account; what is followed is there a moment later, and an OMS that is away is waited for.

    Args:
        config: of an `oms_ccxt_pro.oms`.
        now: epoch milliseconds.
        symbol: the market that is charted; without it, the one with the most of the latest orders.
        frame: its timeframe, one of `candles.FRAMES`.

    Raises:
        ccxt.BadRequest, ccxt.ArgumentsRequired: the config makes no sense, or names no account.
    """
    options = dict(config.get("options") or {})
    options["ws"] = {**(options.get("ws") or {}), "ordersSnapshot": True}
    async with oms_ccxt_pro.oms({**config, "options": options}) as exchange:
        exchange.number = Decimal
        follower = Follower(exchange, str(Settings(exchange, os.environ).account_id), now, symbol, frame)
        follower.begin()
        try:
            yield follower
        finally:
            await follower.stop()


class Follower:
    """Keeps one `AccountView` up to date until `stop` is called.

    Attributes:
        view: what is known.
        exchange: the driver.
    """

    def __init__(self, exchange: Any, account: str, now: Callable[[], int], symbol: str | None, frame: str) -> None:
        self.exchange = exchange
        self._now = now
        self._wanted = symbol
        self._frame = frame
        self._tasks: set[asyncio.Task[None]] = set()
        self._priced: set[str] = set()
        self._measured = 0
        self._chart: list[asyncio.Task[None]] = []
        self._loop = asyncio.get_running_loop()
        self.view = AccountView(account, "", now(), self._contract)

    def begin(self) -> None:
        """Follow everything from here on."""
        set_hooks([*get_hooks(), self._hook])
        for name, step in (
            ("account", self._account),
            ("orders", self._orders),
            ("fills", self._fills),
            ("positions", self._positions),
            ("balance", self._balance),
            ("history", self._history),
        ):
            self._run(name, step, once=name in ("account", "history"))
        self._run("own state", self._look)
        self._run("reconciliation", self._reconciled)

    async def stop(self) -> None:
        """Follow nothing any more."""
        set_hooks([hook for hook in get_hooks() if hook != self._hook])
        tasks = [*self._tasks, *self._chart]
        self._tasks, self._chart = set(), []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def chart(self, symbol: str, frame: str) -> None:
        """Chart this market from now on."""
        self._wanted, self._frame = symbol, frame
        view = self.view
        if self._chart and (view.candles.symbol, view.candles.frame) == (symbol, frame):
            return
        for task in self._chart:
            task.cancel()
        view.chart(symbol, frame)
        steps: list[tuple[str, Callable[[], Awaitable[None]], bool]] = [("book", self._book, False)]
        steps += [("trades", self._seen, True)] if frame == SEEN else [("candles", self._candles, False)]
        self._chart = [asyncio.create_task(self._keep(name, step, once)) for name, step, once in steps]
        self._price(symbol)

    # One step of each

    async def _account(self) -> None:
        for row in await self.exchange.fetch_accounts():
            if str(row["id"]) == self.view.name:
                self.view.label = str(row.get("name") or "")
        with suppress(ccxt.NotSupported):
            answer = await self.exchange.private_get_strategies()
            for row in answer.get("items", []):
                self.view.strategies[str(row["strategy_id"])] = str(row.get("name") or row["strategy_id"])

    async def _orders(self) -> None:
        now = self._now
        _each(await self.exchange.watch_orders(), lambda row: self.view.saw_order(order_of(row), now()))

    async def _fills(self) -> None:
        now = self._now
        _each(await self.exchange.watch_my_trades(), lambda row: self.view.saw_fill(fill_of(row), now()))

    async def _positions(self) -> None:
        _each(await self.exchange.watch_positions(), lambda row: self.view.saw_position(position_of(row)))

    async def _balance(self) -> None:
        self.view.saw_balances(balances_of(await self.exchange.watch_balance()))

    async def _history(self) -> None:
        """What was before the view began: the fills and orders of a day, and the positions that profit counts from."""
        began, view = self.view.began, self.view
        for order in await self.exchange.fetch_orders(None, began - HISTORY_MS, 500):
            view.saw_order(order_of(order))
        for _ in range(READS):
            before = view.counted
            positions = await self.exchange.fetch_positions()
            for trade in await self.exchange.fetch_my_trades(None, began - HISTORY_MS, 500):
                fill = fill_of(trade)
                view.saw_fill(fill, fill.at if fill.at >= began else None)
            if view.counted == before:
                break  # nothing was filled between the two reads, so that they belong together
        view.session.holds(position_of(row) for row in positions)

    async def _book(self) -> None:
        book = await self.exchange.watch_order_book(self.view.candles.symbol, DEPTH)
        self.view.saw_book(book["bids"][:DEPTH], book["asks"][:DEPTH])

    async def _candles(self) -> None:
        candles = self.view.candles
        if not candles.bars:
            candles.read(await self.exchange.fetch_ohlcv(candles.symbol, candles.frame, None, 200))
        candles.read(await self.exchange.watch_ohlcv(candles.symbol, candles.frame))

    async def _seen(self) -> None:
        candles = self.view.candles
        for trade in await self.exchange.fetch_trades(candles.symbol, None, 1000):
            candles.traded(int(trade["timestamp"]), trade["price"])

    async def _reconciled(self) -> None:
        answer = await self.exchange.oms_get_reconcile_account_id_status({"account_id": self.view.name})
        ages = [
            row.get("age_seconds") for row in answer.get("items", []) if str(row.get("account_id")) == self.view.name
        ]
        age = next((each for each in ages if isinstance(each, int | float)), None)
        self.view.saw_reconciled(self._now(), age)
        await asyncio.sleep(RECONCILE)

    # Keeping on

    def _run(self, name: str, step: Callable[[], Awaitable[None]], *, once: bool = False) -> None:
        task = asyncio.create_task(self._keep(name, step, once))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _keep(self, name: str, step: Callable[[], Awaitable[None]], once: bool) -> None:
        """Do a step again and again, or until it has succeeded once; what fails is said, and tried again."""
        while True:
            try:
                await step()
                self.view.failed(name, None, self._now())
                if once:
                    return
            except (ccxt.NotSupported, ccxt.ExchangeClosedByUser):
                self.view.failed(name, None, self._now())
                return
            except Exception as error:  # also what is not the driver's: a part of the view is no reason for its end
                said = str(error) if isinstance(error, ccxt.BaseError) else f"{type(error).__name__}: {error}"
                self.view.failed(name, " ".join(said.split())[:300], self._now())
                await asyncio.sleep(REFUSED_PAUSE if isinstance(error, ccxt.AuthenticationError) else PAUSE)

    async def _look(self) -> None:
        """Take the driver's own state, and equity and profit; follow the markets that matter."""
        now = self._now()
        self.view.saw_status(self.exchange.stream_status(), self.exchange.stats(), now)
        symbols = self.view.symbols()
        wanted = self._wanted or self.view.busiest()
        if not self._chart and wanted and wanted in (self.exchange.markets or {}):
            self.chart(wanted, self._frame)
        for symbol in symbols[:MARKETS_MOST]:
            self._price(symbol)
        for balance in self.view.balances[:MARKETS_MOST]:
            self._price(f"{balance.currency}/{self.view.currency}")
        if now - self._measured >= MEASURE * 1000:
            self._measured = now
            self.view.measure(now)
        await asyncio.sleep(LOOK)

    def _price(self, symbol: str) -> None:
        if symbol in self._priced or len(self._priced) > 2 * MARKETS_MOST:
            return
        if not self.exchange.markets or symbol not in self.exchange.markets:
            return
        self._priced.add(symbol)

        async def step() -> None:
            price = price_of(await self.exchange.watch_ticker(symbol), self._now())
            if price is not None:
                self.view.saw_price(price)

        self._run(f"price of {symbol}", step)

    def _contract(self, symbol: str) -> Contract | None:
        market = (self.exchange.markets or {}).get(symbol)
        return None if market is None else contract_of(market)

    def _hook(self, event: Event) -> None:
        if str(event.account_id) != self.view.name:
            return
        now = self._now()
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self.view.happened, event, now)


def _each(rows: Iterable[Any], take: Callable[[Any], None]) -> None:
    """Take every row, also those after one that makes no sense, which is raised then: they are not told again."""
    failure: Exception | None = None
    for row in rows:
        try:
            take(row)
        except Exception as error:
            failure = failure or error
    if failure is not None:
        raise failure
