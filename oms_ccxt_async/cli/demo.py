"""`oms-ccxt demo`: the example bot against a sandbox, and its books held against the OMS's own."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import module_from_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
from rich.console import Console
from rich.live import Live
from rich.table import Table

from oms_ccxt_async import oms
from oms_ccxt_async.cli.terminal import console
from oms_ccxt_async.cli.watch import now
from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.sandbox.exchange.markets import MARKETS
from oms_ccxt_async.sandbox.exchange.path import TICK_MS
from oms_ccxt_async.sandbox.exchange.simulator import Simulator
from oms_ccxt_async.sandbox.server import Profile

if TYPE_CHECKING:
    from examples.market_maker import MarketMaker

__all__ = ["Check", "compare", "show"]

ACCOUNT_ID = 2
"""The netting account: one position in a symbol."""
SYMBOL = "BTC/USDT:USDT"
VOLATILITY = 10.0
"""Enough for the price to come through the quotes of the bot every second or so."""
LEAST_MOVE = 1e-4
"""By what part of itself the price moves in each quarter of the demo: five times what the bot is off the middle."""
SECONDS = 10.0
LIVELY_SECONDS = 60.0
"""For how long the market surely moves where nobody said how long the bot trades."""
PAUSE = 0.1
WATCHED_PAUSE = 0.5
"""Slow enough for somebody who looks at each order."""
PAGE_SIZE = 500
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Check:
    """One fact that the bot knows through CCXT and the OMS by its records.

    Attributes:
        what: the fact.
        bot, oms: what either says.
        apart: how many ids only one of them has, or how far the amounts are apart.
    """

    what: str
    bot: int | Decimal
    oms: int | Decimal
    apart: int | Decimal

    @property
    def passed(self) -> bool:
        return not self.apart


def show(seconds: float | None, profile: Profile, *, watch: bool = False) -> bool:
    """Run the demo on this terminal, or with a line a second where there is none; Ctrl-C ends the trading early.

    Args:
        seconds: how long the bot trades; None is `SECONDS`, or with `watch` until the view is left.
        profile: of the sandbox.
        watch: whether the terminal view stands beside the bot.

    Returns:
        Whether bot and OMS agree in everything.
    """
    return asyncio.run(_demo(console(), seconds, profile, watch))


def compare(
    bot_orders: set[str], bot_fills: set[str], bot_position: Decimal, orders: Sequence[Row], deals: Sequence[Row]
) -> list[Check]:
    """What a bot knows, beside what the OMS has recorded.

    Args:
        bot_orders: the ids of the orders that the bot sent.
        bot_fills: the ids of the trades that it saw.
        bot_position: what it holds, negative when short.
        orders: all rows of the account's orders.
        deals: all rows of the account's deals.
    """
    order_ids, deal_ids = ({str(row["id"]) for row in rows} for rows in (orders, deals))
    position = sum((Decimal(deal["qty"]) * (1 if deal["side"] == "buy" else -1) for deal in deals), Decimal(0))
    return [
        Check("orders sent = orders in the OMS", len(bot_orders), len(order_ids), len(bot_orders ^ order_ids)),
        Check("fills = deals", len(bot_fills), len(deal_ids), len(bot_fills ^ deal_ids)),
        Check("position = sum of deals", bot_position, position, abs(bot_position - position)),
    ]


def _lively(now: float, seconds: float) -> int:
    """The seed of a market that keeps moving while the bot is watched: each has quiet stretches, too."""
    first, quarter = int(now) // TICK_MS, int(seconds * 1000 / TICK_MS / 4) + 1
    for seed in range(1, 100):
        simulator = Simulator(seed, VOLATILITY)
        spans = [simulator.span(MARKETS[SYMBOL], at, at + quarter) for at in range(first, first + 4 * quarter, quarter)]
        if all(bar.high - bar.low > bar.low * LEAST_MOVE for bar in spans):
            return seed
    return 1


async def _demo(screen: Console, seconds: float | None, profile: Profile, watch: bool) -> bool:
    if seconds is None and not watch:
        seconds = SECONDS
    seed = _lively(time.time() * 1000, seconds or LIVELY_SECONDS)
    async with (
        Sandbox(profile=profile, seed=seed, volatility=VOLATILITY) as sandbox,
        oms(sandbox.config(ACCOUNT_ID)) as exchange,
    ):
        await exchange.load_markets()
        bot = _market_maker()(exchange, SYMBOL, pause=WATCHED_PAUSE if watch else PAUSE)
        lasting = f"for {seconds:g} s" if seconds is not None else "until you have seen enough"
        screen.print(f"A {profile} sandbox OMS at {sandbox.url}; the bot trades {SYMBOL} {lasting}.\n")
        if watch:
            await _trade_watched(screen, sandbox, bot, seconds)
        else:
            await _trade(screen, bot, seconds or 0)
        headers = {"x-api-key": sandbox.keys["trader"]}
        timeout = aiohttp.ClientTimeout(total=10)
        async with aiohttp.ClientSession(sandbox.url, headers=headers, timeout=timeout) as session:
            # A legacy OMS learns of its last fills only now.
            await _asked(session.post("/oms/reconcile", json={"account_id": ACCOUNT_ID}))
            await bot.look()
            orders = await _rows(session, "/oms/orders/history")
            deals = await _rows(session, "/oms/deals")
    checks = compare(bot.orders, set(bot.fills), bot.position, orders, deals)
    screen.print(_summary(checks))
    passed = all(check.passed for check in checks)
    screen.print("The bot and the OMS agree." if passed else "The bot and the OMS DISAGREE.", style="bold")
    if not watch:
        screen.out(
            f"\nWatch it trade: {_command()} demo --watch, or, with the extra `dashboard` installed, on a page: "
            f"{_command()} sandbox --open",
            highlight=False,
        )
    return passed


def _command() -> str:
    """This command, as it can be called here: in a clone it is not on the path."""
    called = sys.argv[0]
    return called if called.endswith("/oms-ccxt") and not Path(called).is_absolute() else "oms-ccxt"


def _market_maker() -> type[MarketMaker]:
    """The bot of `examples/market_maker.py`, which the wheel has beside this file and a clone where it belongs."""
    beside = Path(__file__).with_name("market_maker.py")
    path = beside if beside.exists() else Path(__file__).parents[2] / "examples" / beside.name
    loader = SourceFileLoader("market_maker", str(path))
    module = module_from_spec(ModuleSpec(loader.name, loader))
    loader.exec_module(module)
    bot: type[MarketMaker] = module.MarketMaker
    return bot


async def _trade(screen: Console, bot: MarketMaker, seconds: float) -> None:
    """Let the bot run, and show how it is doing."""
    running = asyncio.create_task(bot.run())
    asyncio.get_running_loop().call_later(seconds, bot.stop)
    before = signal.signal(signal.SIGINT, lambda *_: bot.stop())
    began = time.monotonic()
    try:
        if screen.is_terminal:
            with Live(console=screen, auto_refresh=False) as live:
                while not running.done():
                    await asyncio.wait([running], timeout=0.25)
                    live.update(_board(bot, time.monotonic() - began), refresh=True)
        else:
            while not (await asyncio.wait([running], timeout=1))[0]:
                figures = (f"{name} {value}" for name, value in _figures(bot).items())
                screen.out(f"{time.monotonic() - began:5.1f} s  " + "  |  ".join(figures))
    finally:
        signal.signal(signal.SIGINT, before)
        bot.stop()  # also where nobody reads any more what is printed
        await running


async def _trade_watched(screen: Console, sandbox: Sandbox, bot: MarketMaker, seconds: float | None) -> None:
    """Let the bot run beside the terminal view, until that is left; where there is no terminal, beside its lines."""
    from oms_ccxt_async.view.follow import follow

    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    async with follow(sandbox.config(ACCOUNT_ID), now=now, symbol=SYMBOL) as follower:
        running = asyncio.create_task(bot.run())
        if screen.is_terminal:
            from oms_ccxt_async.view.terminal import WatchApp

            app = WatchApp([follower], now)
            looking: Coroutine[Any, Any, object] = app.run_async()
            end: Callable[[], object] = app.exit
        else:
            from oms_ccxt_async.view.plain import tell

            looking = tell([follower], lambda line: screen.out(line, highlight=False), now, stopped)
            end = stopped.set
            loop.add_signal_handler(signal.SIGINT, stopped.set)
        ending = None if seconds is None else loop.call_later(seconds, end)
        running.add_done_callback(lambda _: end())  # what ended the bot comes out below
        try:
            await looking
        finally:
            if ending is not None:
                ending.cancel()
            loop.remove_signal_handler(signal.SIGINT)
            bot.stop()
            await running


def _figures(bot: MarketMaker) -> dict[str, str]:
    volume = sum((Decimal(str(fill["amount"])) for fill in bot.fills.values()), Decimal(0))
    fees = sum((Decimal(str(fill["fee"]["cost"])) for fill in bot.fills.values()), Decimal(0))
    return {
        "orders": f"{len(bot.orders)} sent, {len(bot.open_orders)} open, {bot.edits} edits, {bot.crossings} crossings",
        "fills": f"{len(bot.fills)}, volume {_plain(volume)}, fees {fees:,.2f}",
        "position": _plain(bot.position),
        "balance": f"{bot.balance['USDT']['total']:,.2f} USDT" if bot.balance else "",
    }


def _board(bot: MarketMaker, elapsed: float) -> Table:
    table = Table(title=f"{bot.symbol}  {bot.mid:,.2f}  {elapsed:.0f} s", title_justify="left", show_header=False)
    table.add_column(style="bold")
    table.add_column(min_width=50)
    for name, value in _figures(bot).items():
        table.add_row(name, value)
    quotes = [f"{order['side']} {order['remaining']} at {order['price']:,.1f}" for order in bot.open_orders]
    table.add_row("quotes", ", ".join(quotes))
    return table


def _summary(checks: Sequence[Check]) -> Table:
    table = Table(title="\nThe bot's books and the OMS's records", title_justify="left")
    table.add_column("Check")
    table.add_column("Bot (CCXT)", justify="right")
    table.add_column("OMS (REST)", justify="right")
    table.add_column("")
    for check in checks:
        verdict = "[green]ok[/green]" if check.passed else f"[red]FAILED, {_plain(check.apart)} apart[/red]"
        table.add_row(check.what, _plain(check.bot), _plain(check.oms), verdict)
    return table


def _plain(number: int | Decimal) -> str:
    return f"{Decimal(number).normalize():f}"


async def _rows(session: aiohttp.ClientSession, path: str) -> list[dict[str, Any]]:
    """All rows of a list of the account, of today and of the days beside it: the OMS's day may not be ours."""
    today = datetime.now(UTC).date()
    params: dict[str, str | int] = {
        "account_ids": ACCOUNT_ID,
        "start_date": str(today - timedelta(days=1)),
        "end_date": str(today + timedelta(days=1)),
        "page_size": PAGE_SIZE,
        "cache": "false",
    }
    rows: list[dict[str, Any]] = []
    while True:
        page = len(rows) // PAGE_SIZE + 1
        items = (await _asked(session.get(path, params={**params, "page": page})))["items"]
        rows += items
        if len(items) < PAGE_SIZE:
            return rows


async def _asked(request: AbstractAsyncContextManager[aiohttp.ClientResponse]) -> dict[str, Any]:
    async with request as response:
        response.raise_for_status()
        answer: dict[str, Any] = await response.json()
        return answer
