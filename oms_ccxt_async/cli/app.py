"""The command line: which commands there are and what they take.

What a command needs is imported when it runs, so that none waits for what another one imports (ccxt takes a second).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from oms_ccxt_async.cli import call, check, dashboard, trading, watch
from oms_ccxt_async.cli.exchanges import unknown
from oms_ccxt_async.version import __version__

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)


class Profile(StrEnum):
    """Which OMS the sandbox is."""

    full = "full"
    legacy = "legacy"


UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000}


def milliseconds(text: str) -> int:
    """A duration such as `250ms`, `1s`, `1.5s`, `2m` or `1h` in whole milliseconds, at least one.

    Raises:
        typer.BadParameter: it is none.
    """
    given = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)", text)
    duration = round(Decimal(given[1]) * UNITS[given[2]]) if given else 0
    if not duration:
        raise typer.BadParameter(f"{text!r} is no duration such as 250ms, 1s or 2m")
    return duration


def share(text: str) -> Decimal:
    """A share such as `0.05` or `5%`.

    Raises:
        typer.BadParameter: it is none from 0 to 1.
    """
    given = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)(%?)", text)
    found = Decimal(given[1]) / (100 if given[2] else 1) if given else Decimal(2)
    if found > 1:
        raise typer.BadParameter(f"{text!r} is no share such as 0.05 or 5%")
    return found


class Window(NamedTuple):
    """A length and what it recurs in, in milliseconds."""

    length: int
    every: int


def window(text: str) -> Window:
    """A window such as `1m/1h`.

    Raises:
        typer.BadParameter: it is none.
    """
    length, slash, every = text.partition("/")
    if not slash or not milliseconds(length) < milliseconds(every):
        raise typer.BadParameter(f"{text!r} is not such as 1m/1h, for the first minute of each hour")
    return Window(milliseconds(length), milliseconds(every))


def moment(text: str) -> int:
    """A time such as `2026-06-01` or `2026-06-01T12:00`, in UTC unless it says otherwise, in epoch milliseconds.

    Raises:
        typer.BadParameter: it is none.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no time such as 2026-06-01 or 2026-06-01T12:00") from None
    return round((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)


PRICES, BAD_DAYS = "Prices", "Bad days, the same for the same seed"
ProfileOption = Annotated[Profile, typer.Option(help="A full OMS, or one without the extensions of the contract.")]


def known_exchange(name: str) -> str:
    """An exchange id of ccxt's, or the paper exchange's.

    Raises:
        typer.BadParameter: it is none; the nearest is named.
    """
    if name != "paper" and (why := unknown(name)):
        raise typer.BadParameter(why)
    return name


def database_place(text: str) -> str:
    """A file, or the address of a PostgreSQL database.

    Raises:
        typer.BadParameter: it is a folder.
    """
    if "://" not in text and Path(text).is_dir():
        raise typer.BadParameter(f"{text!r} is a directory.")
    return text


def show_version(wanted: bool) -> None:
    """Print which version this is, and exit."""
    if wanted:
        typer.echo(f"oms-ccxt {__version__}")
        raise typer.Exit


@app.callback()
def describe(
    _version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """A CCXT driver for trading desks that run their own OMS."""


@app.command()
def sandbox(
    host: Annotated[str, typer.Option(help="The interface to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8000,
    database: Annotated[
        str | None,
        typer.Option(
            parser=database_place,
            metavar="FILE|URL",
            envvar="OMS_SANDBOX_DATABASE",
            help="A SQLite file to keep, or postgresql://...; without it, a file for this run.",
        ),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that serve; above 1 on PostgreSQL only.")] = 1,
    profile: ProfileOption = Profile.full,
    exchange: Annotated[
        str | None,
        typer.Option(parser=known_exchange, metavar="ID", help="The ccxt id that a new database's accounts are on."),
    ] = None,
    api_key: Annotated[
        str | None,
        typer.Option(
            envvar="OMS_SANDBOX_API_KEY",
            help="The trader's key; without it, one is made up. As an argument, everybody on this machine can see it.",
        ),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing of commands, fills and rejections.")] = False,
    page: Annotated[bool, typer.Option("--open", help="Open a dashboard on it (extra dashboard).")] = False,
    seed: Annotated[int, typer.Option(metavar="N", help="Of the simulated market.", rich_help_panel=PRICES)] = 1,
    prices: Annotated[
        str | None,
        typer.Option(
            parser=known_exchange, metavar="ID", help="Trade on a real exchange's prices.", rich_help_panel=PRICES
        ),
    ] = None,
    candles: Annotated[
        list[str] | None,
        typer.Option(metavar="[SYMBOL=]FILE", help="Replay recorded candles, or: sample.", rich_help_panel=PRICES),
    ] = None,
    speed: Annotated[
        float, typer.Option(metavar="N", min=0.001, help="Of the replay; 1440: a day a minute.", rich_help_panel=PRICES)
    ] = 1,
    start: Annotated[
        int | None,
        typer.Option(parser=moment, metavar="TIME", help="Where the replay begins.", rich_help_panel=PRICES),
    ] = None,
    slippage: Annotated[
        Decimal | None,
        typer.Option(parser=share, metavar="SHARE", help="Of a taker's price, as 0.05%.", rich_help_panel=PRICES),
    ] = None,
    latency: Annotated[
        int | None,
        typer.Option(
            parser=milliseconds, metavar="DURATION", help="Of orders to the exchange.", rich_help_panel=BAD_DAYS
        ),
    ] = None,
    exchange_latency: Annotated[
        int | None,
        typer.Option(
            parser=milliseconds,
            metavar="DURATION",
            help="Of each call of a legacy OMS, too.",
            rich_help_panel=BAD_DAYS,
        ),
    ] = None,
    reconcile: Annotated[
        int | None,
        typer.Option(
            parser=milliseconds,
            metavar="DURATION",
            help="How often a legacy OMS looks for fills.",
            rich_help_panel=BAD_DAYS,
        ),
    ] = None,
    reject_rate: Annotated[
        Decimal | None,
        typer.Option(parser=share, metavar="SHARE", help="Of orders that are refused.", rich_help_panel=BAD_DAYS),
    ] = None,
    lose_answers: Annotated[
        Decimal | None,
        typer.Option(parser=share, metavar="SHARE", help="Of commands without an answer.", rich_help_panel=BAD_DAYS),
    ] = None,
    maintenance: Annotated[
        Window | None,
        typer.Option(parser=window, metavar="1m/1h", help="When the exchange is closed.", rich_help_panel=BAD_DAYS),
    ] = None,
) -> None:
    """Serve an OMS with a paper exchange until Ctrl-C, and tell what happens to it."""
    from oms_ccxt_async.cli.sandbox import serve

    serve(
        host=host,
        port=port,
        database=database,
        workers=workers,
        profile=profile.value,
        exchange=exchange,
        api_key=api_key,
        seed=seed,
        prices=prices,
        candles=candles or None,
        speed=speed,
        start=start,
        slippage=slippage or 0,
        latency=latency or 0,
        exchange_latency=exchange_latency or 0,
        reconcile=reconcile,
        reject_rate=float(reject_rate or 0),
        lose_answers=float(lose_answers or 0),
        maintenance=maintenance,
        quiet=quiet,
        dashboard=page,
    )


@app.command()
def demo(
    seconds: Annotated[
        float | None, typer.Option(min=0, help="How long the bot trades; without it 10, or until the view is left.")
    ] = None,
    profile: ProfileOption = Profile.full,
    watch: Annotated[bool, typer.Option("--watch", help="Look at the bot as oms-ccxt watch does.")] = False,
) -> None:
    """Let a market-making bot trade through a sandbox OMS, and compare its books with the OMS's."""
    from oms_ccxt_async.cli.demo import show

    if not show(seconds, profile.value, watch=watch):
        raise typer.Exit(1)


@app.command(context_settings={"allow_interspersed_args": False, "ignore_unknown_options": True})
def run(
    program: Annotated[list[str], typer.Argument(help="What you would give python: bot.py ARGS, or -m MODULE ARGS.")],
    as_: Annotated[list[str] | None, typer.Option("--as", help="An exchange id that the OMS stands in for.")] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option("--allow", help="An exchange id where the program may really trade, past the OMS."),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(dir_okay=False, exists=True, help="Which accounts stand in for which ids (TOML).")
    ] = None,
) -> None:
    """Run a program written for ccxt: ccxt.oms exists in it, and in the processes that it starts.

    Exchanges that the OMS does not stand in for may do what is public, and refuse what is private.
    """
    from oms_ccxt_async.cli.run import run

    run(program, as_=as_ or [], allow=allow or [], config=config)


check.add_to(app)
trading.add_to(app)
call.add_to(app)
watch.add_to(app)
dashboard.add_to(app)
