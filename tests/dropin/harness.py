"""ccxt's test program for its own exchanges, on `ccxt.oms`: `python -m tests.dropin.harness async|sync|pro SYMBOL`.

The OMS is that of the environment; for `pro`, somebody has to trade there meanwhile. The program prints what it tests
and `[TEST_FAILURE]` for what fails.
"""

from __future__ import annotations

import asyncio
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import ccxt.async_support

import oms_ccxt_async
from oms_ccxt_async.exchange.capabilities import camel_case
from tests.dropin.validators import SKIPS, Hurried


def main(kind: str, symbol: str) -> None:
    """Run the program; it ends the process."""
    folder = Path(ccxt.__file__).with_name("test")
    sys.path.insert(0, str(folder))
    ccxt.async_support.__file__ = "/ccxt/async_support/__init__.py"  # it refuses to test an installed ccxt
    flags = {"async": [], "sync": ["--sync"], "pro": ["--ws"]}
    sys.argv = ["run", "oms", symbol, "--private", "--info", *flags[kind]]
    oms_ccxt_async.register()

    class Program(import_module("tests_sync" if kind == "sync" else "tests_async").testMainClass):  # type: ignore[misc]
        def expand_settings(self, exchange: Any) -> None:
            """Its own reads files that are not in the wheel."""
            self.skipped_methods = {camel_case(name): dict(skips) for name, skips in SKIPS.items()}

        def start_test(self, exchange: Any, symbol: str) -> Any:
            return super().start_test(Hurried(exchange) if kind == "pro" else exchange, symbol)

    async def run() -> None:
        await Program().init("oms", symbol, None)

    if kind == "sync":
        Program().init("oms", symbol, None)
    else:
        asyncio.run(run())


if __name__ == "__main__":
    main(*sys.argv[1:])
