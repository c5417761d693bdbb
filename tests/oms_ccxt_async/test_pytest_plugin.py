"""The fixtures for pytest, as a program's tests use them: in a pytest of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from textwrap import dedent

import pytest

pytestmark = pytest.mark.timeout(160)  # each starts an interpreter and imports ccxt

ROOT = Path(__file__).parents[2]
PLUGIN = "oms_ccxt_async.pytest_plugin"


def run(tmp_path: Path, code: str) -> subprocess.CompletedProcess[str]:
    tmp_path.joinpath("test_program.py").write_text(dedent(code))
    installed = any(each.value == PLUGIN for each in entry_points(group="pytest11"))
    plugins = (*(() if installed else ("-p", PLUGIN)), "-p", "no:cacheprovider", "-W", "error")
    scope = "asyncio_default_fixture_loop_scope=function"
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            *plugins,
            "-o",
            scope,
            "--rootdir",
            str(tmp_path),
            str(tmp_path),
        ],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMS_ACCOUNT_ID": "77", "OMS_STRATEGY_ID": "5"},
        timeout=150,
        check=False,
    )


def test_a_programs_tests_trade(tmp_path: Path) -> None:
    """Sync and async tests, in classes too, get an exchange of their kind on an OMS of their own, closed afterwards."""
    result = run(
        tmp_path,
        """
        import asyncio

        import pytest

        import oms_ccxt_async.sync
        import oms_ccxt_pro
        from oms_ccxt_async import testing

        LEFT = []

        def test_sync(oms_exchange, oms_sandbox):
            assert isinstance(oms_exchange, oms_ccxt_async.sync.oms)
            assert testing.is_testing()
            oms_exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 40_000)
            oms_sandbox.move("BTC/USDT", 39_000)
            [order] = oms_exchange.fetch_orders()
            assert order["status"] == "closed"

        @pytest.mark.asyncio
        async def test_async(oms_exchange, oms_sandbox):
            LEFT.append(oms_exchange)
            assert isinstance(oms_exchange, oms_ccxt_pro.oms)
            watch = asyncio.create_task(oms_exchange.watch_orders())
            await oms_exchange.create_order("BTC/USDT", "market", "buy", 0.01)
            assert (await watch)[0]["symbol"] == "BTC/USDT"

        class TestMore:
            @pytest.mark.asyncio
            async def test_async(self, oms_exchange):
                assert await oms_exchange.fetch_orders() == []
                assert oms_exchange.options["account_id"] == 1

        def test_closed():
            assert LEFT[0].session is None
            assert not testing.is_testing()
        """,
    )
    assert "4 passed" in result.stdout, result.stdout + result.stderr


def test_what_modules_override(tmp_path: Path) -> None:
    """The sandbox's arguments and the exchange's config are fixtures."""
    result = run(
        tmp_path,
        """
        import pytest

        @pytest.fixture
        def oms_sandbox_options():
            return {"profile": "legacy", "volatility": 0}

        @pytest.fixture
        def oms_exchange_config():
            return {"timeout": 3_000, "options": {"account_id": 2}}

        def test_legacy(oms_exchange, oms_sandbox):
            assert not oms_sandbox.oms.full
            assert oms_exchange.timeout == 3_000
            assert oms_exchange.fetch_orders() == []
            assert "account 2" in repr(oms_exchange)
        """,
    )
    assert "1 passed" in result.stdout, result.stdout + result.stderr


def test_tests_that_do_not_ask_pay_nothing(tmp_path: Path) -> None:
    """The plugin imports neither ccxt nor the driver's rooms nor the sandbox."""
    result = run(
        tmp_path,
        """
        import sys

        def test_nothing():
            loaded = {name for name in sys.modules if name.startswith(("ccxt", "oms_ccxt", "aiohttp", "fastapi"))}
            assert loaded <= {"oms_ccxt_async", "oms_ccxt_async.version", "oms_ccxt_async.pytest_plugin"}
        """,
    )
    assert "1 passed" in result.stdout, result.stdout + result.stderr


def test_the_example_of_the_docs(tmp_path: Path) -> None:
    """What docs/operations.md shows passes as it stands there."""
    blocks = re.findall(r"^```python\n(.*?)^```$", (ROOT / "docs/operations.md").read_text(), re.DOTALL | re.MULTILINE)
    [example] = [block for block in blocks if "def test_my_bot" in block]
    result = run(tmp_path, example)
    assert "1 passed" in result.stdout, result.stdout + result.stderr
