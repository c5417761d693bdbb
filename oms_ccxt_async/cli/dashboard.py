"""`oms-ccxt dashboard`: an account as it lives, on a page of this machine."""

from __future__ import annotations

import asyncio
import sys
import webbrowser
from collections.abc import Callable
from typing import Annotated, Any

import typer

from oms_ccxt_async.cli.account import Where, fail, on_account, told
from oms_ccxt_async.cli.watch import EveryOption, FrameOption, SymbolOption, followed, now, told_to_stop

__all__ = ["add_to"]

LOOPBACK = "127.0.0.1"


@on_account
def dashboard(
    where: Where,
    symbol: SymbolOption = None,
    timeframe: FrameOption = "5s",
    every: EveryOption = False,
    trade: Annotated[
        bool, typer.Option("--trade", help="Buttons to cancel, close and create, each of which asks.")
    ] = False,
    host: Annotated[
        str, typer.Option(help="The interface to listen on; others than this machine's can see the page.")
    ] = LOOPBACK,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 0,
    token: Annotated[
        bool, typer.Option("--token/--no-token", help="Whether the address has a token that works once.")
    ] = True,
    browser: Annotated[bool, typer.Option("--open", help="Open it in a browser.")] = False,
) -> None:
    """Look at an account on a page: chart, orders, fills, positions, profit, the connection."""
    if trade and not token and host not in (LOOPBACK, "localhost", "::1"):
        raise typer.BadParameter("--trade without a token, where others reach the page, would let anybody trade")
    first: list[str] = []

    def say(address: str) -> None:
        if first:
            typer.echo(f"It was opened. For another browser: {address}")
        else:
            typer.echo(f"Dashboard: {address}\nCtrl-C stops it.")
            if browser:
                webbrowser.open(address)
        first.append(address)
        sys.stdout.flush()

    how: dict[str, Any] = {"trade": trade, "host": host, "port": port, "token": token}
    with told(where, "dashboard"):
        try:
            asyncio.run(_serve(where, symbol, timeframe, every, say, how))
        except OSError as error:
            fail("dashboard", f"cannot listen on {host}:{port}: {error.strerror or error}")


async def _serve(
    where: Where, symbol: str | None, timeframe: str, every: bool, say: Callable[[str], None], how: dict[str, Any]
) -> None:
    from oms_ccxt_async.view.page.serve import served

    stopped = told_to_stop()
    async with (
        followed(where, symbol, timeframe, every) as followers,
        served(followers, now=now, say=say, **how),
    ):
        await stopped.wait()


def add_to(app: typer.Typer) -> None:
    """Give the command line this command."""
    app.command()(dashboard)
