"""`oms-ccxt check`: what is behind the settings, line by line, and for each line that fails what to do."""

from __future__ import annotations

import sys
from typing import Annotated, Any, NoReturn

import typer

from oms_ccxt_async.cli.account import Where, on_account, redacted, told
from oms_ccxt_async.cli.trading import YesOption

__all__ = ["add_to"]

STYLES = {"ok": "green", "note": "yellow", "FAILED": "red", "skipped": "dim"}


@on_account
def check(
    where: Where,
    trade: Annotated[
        str | None,
        typer.Option(metavar="SYMBOL", help="Create, edit and cancel a tiny order far from this market's price."),
    ] = None,
    conformance: Annotated[
        bool, typer.Option("--conformance", help="Hold the OMS against every rule that the driver relies on instead.")
    ] = False,
    yes: YesOption = False,
) -> None:
    """Check the settings, the OMS and the account; exits with 0 if all is well, 1 if something fails."""
    if trade is not None and not yes and not sys.stdin.isatty():
        raise typer.BadParameter("--trade asks before it sends an order, and nobody can be asked here: give --yes, too")

    def agree(what: str) -> bool:
        return yes or typer.confirm(what, err=True)

    if conformance:
        from oms_ccxt_async.cli.conformance import held, lines_of

        with told(where, "check"):
            verdicts = held(where.config, trade=trade, agree=agree)
        ok = all(verdict.state != "FAILED" for verdict in verdicts)
        document: dict[str, Any] = {"ok": ok, "rules": [verdict.shown() for verdict in verdicts]}
        _end(where, document, lines_of(verdicts))
    from oms_ccxt_async.cli.checks import Report, examine

    report = Report()
    with told(where, "check"):
        key = examine(where.config, report, trade=trade, agree=agree)
    lines = redacted([line.shown() for line in report.lines], key)
    _end(where, {"ok": report.ok, "lines": lines}, lines)


def _end(where: Where, document: dict[str, Any], lines: list[dict[str, Any]]) -> NoReturn:
    ok: bool = document["ok"]
    if where.as_json:
        from oms_ccxt_async.cli.output import encoded

        typer.echo(encoded(document))
    else:
        _show(lines, ok=ok)
    raise typer.Exit(0 if ok else 1)


def _show(lines: list[dict[str, Any]], *, ok: bool) -> None:
    from rich.markup import escape
    from rich.table import Table

    from oms_ccxt_async.cli.terminal import console

    screen = console()
    table = Table(show_lines=False, box=None, padding=(0, 2, 0, 0)) if not screen.is_terminal else Table()
    table.add_column("Check", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("Found", overflow="fold")
    for line in lines:
        found = escape(line["found"]) + (f"\n[bold]-> {escape(line['todo'])}[/bold]" if line["todo"] else "")
        style = STYLES[line["state"]]
        table.add_row(line["name"], f"[{style}]{line['state']}[/{style}]", found)
    screen.print(table)
    failed = [line["name"] for line in lines if line["state"] == "FAILED"]
    screen.print("All is well." if ok else f"Not well: {', '.join(failed)}.", style="bold")


def add_to(app: typer.Typer) -> None:
    """Give the command line this command."""
    app.command()(check)
