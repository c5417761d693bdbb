"""The command line: which commands there are and what they take.

What a command needs is imported when it runs, so that none waits for what another one imports (ccxt takes a second).
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


class Profile(StrEnum):
    """Which OMS the sandbox is."""

    full = "full"
    legacy = "legacy"


ProfileOption = Annotated[Profile, typer.Option(help="A full OMS, or one without the extensions of the contract.")]


@app.callback()
def describe() -> None:
    """A CCXT driver for trading desks that run their own OMS."""


@app.command()
def sandbox(
    host: Annotated[str, typer.Option(help="The interface to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8000,
    database: Annotated[
        Path | None, typer.Option(dir_okay=False, help="A SQLite file to keep; without it, one for this run.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the simulated market.")] = 1,
    profile: ProfileOption = Profile.full,
    exchange: Annotated[str, typer.Option(help="The ccxt id that a new database's accounts are on.")] = "paper",
    api_key: Annotated[str | None, typer.Option(help="The trader's key; without it, one is made up.")] = None,
) -> None:
    """Serve an OMS with a paper exchange until Ctrl-C."""
    from oms_ccxt_async.cli.sandbox import serve

    serve(
        host=host,
        port=port,
        database=database,
        seed=seed,
        profile=profile.value,
        exchange=exchange,
        api_key=api_key,
    )


@app.command()
def demo(
    seconds: Annotated[float, typer.Option(min=0, help="How long the bot trades.")] = 10,
    profile: ProfileOption = Profile.full,
) -> None:
    """Let a market-making bot trade through a sandbox OMS, and compare its books with the OMS's."""
    from oms_ccxt_async.cli.demo import show

    if not show(seconds, profile.value):
        raise typer.Exit(1)


@app.command(context_settings={"allow_interspersed_args": False, "ignore_unknown_options": True})
def run(
    program: Annotated[list[str], typer.Argument(help="What you would give python: bot.py ARGS, or -m MODULE ARGS.")],
    as_: Annotated[list[str] | None, typer.Option("--as", help="An exchange id that the OMS stands in for.")] = None,
    config: Annotated[
        Path | None, typer.Option(dir_okay=False, exists=True, help="Which accounts stand in for which ids (TOML).")
    ] = None,
) -> None:
    """Run a program written for ccxt: ccxt.oms exists in it, and in the processes that it starts."""
    from oms_ccxt_async.cli.run import run

    run(program, as_=as_ or [], config=config)
