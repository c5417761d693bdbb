"""The `oms-ccxt` command."""

from __future__ import annotations

import os
import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line of this process; without the extras that it needs, say so and exit with 1."""
    try:
        from oms_ccxt_async.cli.app import app

        app()
    except BrokenPipeError:
        # Whoever read has read enough; Python would complain once more when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("oms_ccxt"):
            raise
        package = error.name.partition(".")[0]
        more = {"sandbox": ["sandbox"], "demo": ["sandbox"], "dashboard": ["dashboard"]}
        extras = ["cli", *more.get(next(iter(sys.argv[1:]), ""), [])]
        if package in ("psycopg", "alembic", "sqlalchemy"):
            extras.append("postgres")
        named = "the extra" + "s" * (len(extras) > 1) + " " + " and ".join(f"`{extra}`" for extra in extras)
        listed = f"[{','.join(extras)}]"
        sys.exit(
            f"oms-ccxt: {package} is not installed: it needs {named}; "
            f"pip install 'oms-ccxt{listed}', or in a clone pip install -e '.{listed}'"
        )
