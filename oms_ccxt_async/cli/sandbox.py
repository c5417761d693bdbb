"""`oms-ccxt sandbox`: an OMS in a terminal, and what a bot has to know to use it."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from oms_ccxt_async.cli.terminal import console
from oms_ccxt_async.sandbox import PricesUnavailable, Sandbox, StorageUnavailable, run
from oms_ccxt_async.sandbox.oms import OMS
from oms_ccxt_async.sandbox.storage import is_postgres

__all__ = ["Lines", "serve"]


MOST_LINES = 1_000
"""Lines that wait for whoever reads; what comes while so many wait is not shown, and counted."""


def serve(
    *, host: str, port: int, database: str | None, quiet: bool, dashboard: bool, workers: int = 1, **options: Any
) -> None:
    """Serve until Ctrl-C or SIGTERM; exits with 1 and one line when it cannot begin.

    Args:
        host, port: where to listen; port 0 takes a free one.
        database: the SQLite file, or the address of a PostgreSQL database; None for a temporary file.
        quiet: whether nothing is said of what happens to the OMS.
        dashboard: whether a dashboard is opened on it.
        workers: how many processes serve; of several, none says what happens to the OMS.
        **options: the other options of `Sandbox`.
    """
    screen = console()
    page: list[subprocess.Popen[bytes]] = []

    def announce(sandbox: Sandbox) -> None:
        _announce(screen, sandbox, _kind(options), _place(database, workers))
        if not quiet and workers == 1:
            lines.begin()
        if dashboard:
            page.append(_dashboard(sandbox))

    lines = Lines()
    told = None if quiet else lines.put
    try:
        options |= {"on_ready": announce, "host": host, "port": port, "database": database}
        if workers > 1:
            from oms_ccxt_async.sandbox.workers import serve_workers

            serve_workers(workers=workers, **options)
        else:
            run(activity=told, **options)
    except OSError as error:
        sys.exit(f"oms-ccxt sandbox: cannot listen on {host}:{port}: {error.strerror or error}")
    except (PricesUnavailable, StorageUnavailable, ValueError) as error:
        sys.exit(f"oms-ccxt sandbox: {error}")
    finally:
        for process in page:
            process.terminate()
            process.wait()
    lines.end()
    screen.print("\nStopped.")


class Lines:
    """Prints lines in a thread of its own, with the time (UTC): nobody waits for a terminal, or for a pipe that is not
    read."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[str | None] = queue.Queue(MOST_LINES)
        self._left_out = 0
        self._thread = threading.Thread(target=self._print, name="oms-sandbox-lines", daemon=True)

    def begin(self) -> None:
        """Print from now on."""
        self._thread.start()

    def put(self, line: str) -> None:
        """Have a line printed, unless too many wait."""
        try:
            self._waiting.put_nowait(f"{datetime.now(UTC):%H:%M:%S}  {line}")
        except queue.Full:
            self._left_out += 1

    def end(self) -> None:
        """Print what waits, if that takes no longer than a moment."""
        if self._thread.is_alive():
            with suppress(queue.Full):
                self._waiting.put_nowait(None)
            self._thread.join(1)

    def _print(self) -> None:
        with suppress(OSError, ValueError):  # nobody reads any more
            while (line := self._waiting.get()) is not None:
                print(line, flush=True)
                if self._left_out and self._waiting.empty():
                    left_out, self._left_out = self._left_out, 0
                    print(f"... and {left_out:,} lines more, faster than they could be printed", flush=True)


def _dashboard(sandbox: Sandbox) -> subprocess.Popen[bytes]:
    """A dashboard in a process of its own, pointed here by its environment: others can see its arguments."""
    config = sandbox.config(2)
    env = {name: value for name, value in os.environ.items() if not name.startswith("OMS_")}
    env |= {"OMS_BASE_URL": sandbox.url, "OMS_API_KEY": config["apiKey"], "OMS_ACCOUNT_ID": "2"}
    command = [sys.executable, "-m", "oms_ccxt_async", "dashboard", "--trade", "--open"]
    return subprocess.Popen(command, env=env)  # noqa: S603  # our own command


def _kind(options: dict[str, Any]) -> str:
    """What OMS it is; of a legacy one, when it learns of fills, without which a bot waits in vain."""
    if options["profile"] == "full":
        return "a full OMS"
    interval = options["reconcile"]
    return "a legacy OMS that looks for fills " + (f"every {interval} ms" if interval else "only when it is asked to")


def _place(database: str | None, workers: int) -> str:
    """Where the database is, as a screen may show it, and who serves it."""
    if database is None:
        return "temporary, deleted at the end"
    if not is_postgres(database):
        return database
    from oms_ccxt_async.sandbox.postgres import place

    return f"{place(database)}, served by {workers} process{'es' * (workers > 1)}"


def _announce(screen: Console, sandbox: Sandbox, what: str, place: str) -> None:
    oms = sandbox.oms
    where = Table.grid(padding=(0, 2))
    where.add_row("[bold]OMS[/bold]", f"{sandbox.url}  ({what} with a paper exchange)")
    where.add_row("[bold]Docs[/bold]", f"{sandbox.url}/docs")
    where.add_row("[bold]Database[/bold]", place)
    accounts = Table(title="Accounts", title_justify="left")
    for heading in ("Account", "Label", "Exchange", "Position mode"):
        accounts.add_column(heading)
    for account in oms.accounts.values():
        accounts.add_row(str(account.account_id), account.label, account.exchange_id, account.position_mode)
    keys = Table(title="API keys", title_justify="left")
    keys.add_column("Role", no_wrap=True)
    keys.add_column("Key, and what it may do", overflow="fold")
    for role, key in sandbox.keys.items():
        keys.add_row(role, f"{key}\n[dim]{_may(oms, key)}[/dim]")
    strategies = ", ".join(f"{strategy.strategy_id} ({strategy.name})" for strategy in oms.strategies.values())
    screen.print(where, "", accounts, f"Strategies: {strategies}", "", keys, "", sep="\n")
    key = sandbox.keys["trader"]
    screen.out("Point a bot at it:\n", highlight=False)
    screen.out(
        "    exchange = oms_ccxt_async.oms({\n"
        f'        "apiKey": "{key}",\n'
        f'        "options": {{"account_id": 2, "base_url": "{sandbox.url}"}},\n'
        "    })\n",
        highlight=False,
    )
    screen.out("or tell it by the environment:\n", highlight=False)
    screen.out(
        f"    export OMS_BASE_URL={sandbox.url}\n    export OMS_API_KEY={key}\n    export OMS_ACCOUNT_ID=2\n",
        highlight=False,
    )
    screen.out("Look at it: oms-ccxt watch, or oms-ccxt dashboard --open. Ctrl-C stops it.", highlight=False)


def _may(oms: OMS, key: str) -> str:
    """What a key may do, accounts with the same permissions together."""
    record = oms.permissions.find(key)
    if record is None:
        return "nothing"
    accounts: dict[str, list[str]] = {}
    for account_id in oms.accounts:
        grant = oms.permissions.grant(record, account_id)
        kinds = {"read": grant.can_read, "trade": grant.can_trade, "close": grant.can_close}
        words = " and ".join(kind for kind, granted in kinds.items() if granted)
        if grant.strategy_ids is not None:
            words += f", strategy {', '.join(map(str, grant.strategy_ids))} only"
        if words:
            accounts.setdefault(words, []).append(str(account_id))
    return "; ".join(f"{words} (account {', '.join(ids)})" for words, ids in accounts.items())
