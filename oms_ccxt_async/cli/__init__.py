"""The `oms-ccxt` command."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line of this process; without the extras that it needs, say so and exit with 1."""
    try:
        from oms_ccxt_async.cli.app import app

        app()
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("oms_ccxt"):
            raise
        package = error.name.partition(".")[0]
        sys.exit(f"oms-ccxt: {package} is not installed; run pip install 'oms-ccxt[cli,sandbox]'")
