"""`oms-ccxt watch`: an account as it lives, on a terminal, or as lines where there is none."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from oms_ccxt_async.cli.account import Where, on_account, redacted, told

if TYPE_CHECKING:
    from oms_ccxt_async.view.follow import Follower

__all__ = ["EveryOption", "FrameOption", "SymbolOption", "add_to", "followed", "now", "told_to_stop"]

SymbolOption = Annotated[
    str | None, typer.Option("--symbol", metavar="SYMBOL", help="The market to chart; without it, the busiest one.")
]


def _frame(name: str) -> str:
    from oms_ccxt_async.view.candles import FRAMES

    if name not in FRAMES:
        raise typer.BadParameter(f"--timeframe is one of {', '.join(FRAMES)}")
    return name


FrameOption = Annotated[
    str, typer.Option("--timeframe", callback=_frame, help="Of its candles: 5s (from trades), 1m, 5m, 15m or 1h.")
]
EveryOption = Annotated[bool, typer.Option("--every-account", help="Every account that the key may read, in tabs.")]


def now() -> int:
    """Epoch milliseconds."""
    return time.time_ns() // 1_000_000


@on_account
def watch(
    where: Where,
    symbol: SymbolOption = None,
    timeframe: FrameOption = "5s",
    every: EveryOption = False,
    plain: Annotated[bool, typer.Option("--plain", help="Lines, also on a terminal.")] = False,
) -> None:
    """Look at an account as it lives: orders, fills, positions, the connection. Where there is no terminal: lines."""
    screen = sys.stdout.isatty() and sys.stdin.isatty() and not plain
    with told(where, "watch"):
        asyncio.run(_watch(where, symbol, timeframe, every, screen))


async def _accounts_of(config: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """A config for each account that the key of this one may read.

    Raises:
        ccxt.AccountNotEnabled: it may read none.
    """
    from oms_ccxt_async import errors, oms

    async with oms(config) as exchange:
        ids = [int(row["id"]) for row in await exchange.fetch_accounts()]
    if not ids:
        raise errors.AccountNotEnabled("oms: this key may read no account")
    return [{**config, "options": {**config["options"], "account_id": each}} for each in ids]


@asynccontextmanager
async def followed(where: Where, symbol: str | None, timeframe: str, every: bool) -> AsyncIterator[list[Follower]]:
    """Follow the account, or every account that the key may read."""
    from oms_ccxt_async.view.follow import follow

    configs = await _accounts_of(where.config) if every else [where.config]
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(follow(config, now=now, symbol=symbol, frame=timeframe))
            for config in configs
        ]


def told_to_stop() -> asyncio.Event:
    """An event of the running loop that Ctrl-C and SIGTERM set."""
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    return stopped


async def _watch(where: Where, symbol: str | None, timeframe: str, every: bool, screen: bool) -> None:
    async with followed(where, symbol, timeframe, every) as followers:
        if screen:
            from oms_ccxt_async.view.terminal import WatchApp

            await WatchApp(followers, now).run_async()
        else:
            from oms_ccxt_async.view.plain import tell

            stopped = told_to_stop()
            key = followers[0].exchange.apiKey

            def say(line: str) -> None:
                typer.echo(redacted(line, key))
                sys.stdout.flush()

            await tell(followers, say, now, stopped)


def add_to(app: typer.Typer) -> None:
    """Give the command line this command."""
    app.command()(watch)
