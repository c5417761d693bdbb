"""`oms-ccxt watch`: an account as it lives, on a terminal, or as lines where there is none."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Annotated, Any

import typer

from oms_ccxt_async.cli.account import Where, on_account, redacted, told

__all__ = ["FrameOption", "SymbolOption", "accounts_of", "add_to", "now"]

SymbolOption = Annotated[
    str | None, typer.Option("--symbol", metavar="SYMBOL", help="The market to chart; without it, the busiest one.")
]
FrameOption = Annotated[str, typer.Option("--timeframe", help="Of its candles: 5s (from trades), 1m, 5m, 15m or 1h.")]


def now() -> int:
    """Epoch milliseconds."""
    return time.time_ns() // 1_000_000


@on_account
def watch(
    where: Where,
    symbol: SymbolOption = None,
    timeframe: FrameOption = "5s",
    every: Annotated[
        bool, typer.Option("--every-account", help="Every account that the key may read, in tabs.")
    ] = False,
    plain: Annotated[bool, typer.Option("--plain", help="Lines, also on a terminal.")] = False,
) -> None:
    """Look at an account as it lives: orders, fills, positions, the connection. Where there is no terminal: lines."""
    from oms_ccxt_async.view.candles import FRAMES

    if timeframe not in FRAMES:
        raise typer.BadParameter(f"--timeframe is one of {', '.join(FRAMES)}")
    screen = sys.stdout.isatty() and sys.stdin.isatty() and not plain
    with told(where, "watch"):
        asyncio.run(_watch(where, symbol, timeframe, every, screen))


async def accounts_of(config: Mapping[str, Any]) -> list[Mapping[str, Any]]:
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


async def _watch(where: Where, symbol: str | None, timeframe: str, every: bool, screen: bool) -> None:
    from oms_ccxt_async.view.follow import follow

    configs = await accounts_of(where.config) if every else [where.config]
    async with AsyncExitStack() as stack:
        followers = [
            await stack.enter_async_context(follow(config, now=now, symbol=symbol, frame=timeframe))
            for config in configs
        ]
        if screen:
            from oms_ccxt_async.view.terminal import WatchApp

            await WatchApp(followers, now).run_async()
        else:
            from oms_ccxt_async.view.plain import tell

            stopped = asyncio.Event()
            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, stopped.set)
            key = followers[0].exchange.apiKey

            def say(line: str) -> None:
                typer.echo(redacted(line, key))
                sys.stdout.flush()

            await tell(followers, say, now, stopped)


def add_to(app: typer.Typer) -> None:
    """Give the command line this command."""
    app.command()(watch)
