"""`oms-ccxt sandbox`: an OMS in a terminal, and what a bot has to know to use it."""

from __future__ import annotations

import sys
from typing import Any

from rich.console import Console
from rich.table import Table

from oms_ccxt_async.cli.terminal import console
from oms_ccxt_async.sandbox import Sandbox, StorageUnavailable, run
from oms_ccxt_async.sandbox.oms import OMS
from oms_ccxt_async.sandbox.storage import is_postgres

__all__ = ["serve"]


def serve(*, host: str, port: int, database: str | None, workers: int = 1, **options: Any) -> None:
    """Serve until Ctrl-C or SIGTERM; exits with 1 and one line when it cannot begin.

    Args:
        host, port: where to listen; port 0 takes a free one.
        database: the SQLite file, or the address of a PostgreSQL database; None for a temporary file.
        workers: how many processes serve.
        **options: the other options of `Sandbox`.
    """
    screen = console()

    def announce(sandbox: Sandbox) -> None:
        _announce(screen, sandbox, _kind(options), _place(database, workers))

    try:
        options |= {"on_ready": announce, "host": host, "port": port, "database": database}
        if workers > 1:
            from oms_ccxt_async.sandbox.workers import serve_workers

            serve_workers(workers=workers, **options)
        else:
            run(**options)
    except OSError as error:
        sys.exit(f"oms-ccxt sandbox: cannot listen on {host}:{port}: {error.strerror or error}")
    except (StorageUnavailable, ValueError) as error:
        sys.exit(f"oms-ccxt sandbox: {error}")
    screen.print("\nStopped.")


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
    screen.out("Ctrl-C stops it.", highlight=False)


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
