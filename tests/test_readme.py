"""README.md: its code runs, and its tables are complete."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import signal
import subprocess
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pytest

from oms_ccxt_async import oms
from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.wire.retry import RetryPolicy
from oms_ccxt_async.wire.settings import ENVIRONMENT, Options
from tests.dropin.frameworks import required

README = Path("README.md").read_text()
BLOCKS = re.findall(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
PYTHON = [code for language, name, code in BLOCKS if language == "python" and not name]
CELLS = [code for _, name, code in BLOCKS if name == "notebook"]
FILES = {name: code for _, name, code in BLOCKS if "." in name}
SHELL = [line for language, _, code in BLOCKS if language == "sh" for line in code.splitlines()]
STRATEGY = """
from freqtrade.strategy import IStrategy

class YourStrategy(IStrategy):
    timeframe = "1m"
    minimal_roi = {"0": 10}
    stoploss = -0.9

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe["enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe
"""


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """The OMS of the README's first command."""
    async with Sandbox(exchange="binance") as sandbox:
        yield sandbox


@pytest.fixture
def environment(sandbox: Sandbox) -> dict[str, str]:
    """This process's environment, the OMS in it, and what is installed."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    oms = {"OMS_BASE_URL": sandbox.url, "OMS_API_KEY": sandbox.keys["trader"], "OMS_ACCOUNT_ID": "2"}
    return {**os.environ, "PATH": path, "PYTHONUNBUFFERED": "1", "COLUMNS": "200", **oms}


@asynccontextmanager
async def running(*command: str, **options: Any) -> AsyncIterator[Process]:
    """A program that runs, and does not outlive its test."""
    process = await asyncio.create_subprocess_exec(*command, **options)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def test_knows_every_block() -> None:
    """Every code block is of a kind that these tests run."""
    assert len(PYTHON) + len(CELLS) + len(FILES) + sum(language == "sh" for language, _, _ in BLOCKS) == len(BLOCKS)
    assert len(BLOCKS) == README.count("```") // 2


@pytest.mark.parametrize("code", [code for code in PYTHON if "while True" not in code])
async def test_python(code: str, environment: dict[str, str]) -> None:
    """Every Python block runs as a program of its own, without a warning."""
    async with running(sys.executable, "-W", "error", "-c", code, env=environment, stderr=PIPE) as process:
        _, errors = await process.communicate()
    assert (process.returncode, errors) == (0, b"")


@pytest.mark.parametrize("code", [code for code in PYTHON if "while True" in code])
async def test_endless_python(code: str, sandbox: Sandbox, environment: dict[str, str]) -> None:
    """One that watches tells what somebody else does, until Ctrl-C."""
    command = (sys.executable, "-W", "error", "-c", code)
    async with running(*command, env=environment, stdout=PIPE, stderr=PIPE) as process:
        assert process.stdout is not None
        told = asyncio.create_task(process.stdout.readline())
        async with oms(sandbox.config(account_id=2)) as trader:
            while not told.done():
                await trader.create_order("BTC/USDT", "market", "buy", 0.01)
                await asyncio.wait([told], timeout=0.1)
        process.send_signal(signal.SIGINT)
        _, errors = await process.communicate()
    assert (await told).startswith(b"buy 0.01 BTC/USDT at ")
    assert (process.returncode, errors.splitlines()[-1]) == (-signal.SIGINT, b"KeyboardInterrupt")


@pytest.mark.dropin
@required("ipykernel")
async def test_notebook(tmp_path: Path, environment: dict[str, str]) -> None:
    """In a notebook's kernel, which runs an event loop, the script is a cell, and the cells that await run after it."""
    [script] = [code for code in PYTHON if "oms_ccxt_async.sync" in code]
    cells = {f"{number}.py": code for number, code in enumerate([script, *CELLS])}
    for name, code in cells.items():
        (tmp_path / name).write_text(code)
    command = ("jupyter-run", "--kernel=python3", *cells)
    async with running(*command, cwd=tmp_path, env=environment, stdout=PIPE, stderr=STDOUT) as process:
        printed = (await process.communicate())[0].decode()
    assert process.returncode == 0, printed
    assert "order 1 closed" in printed
    assert "'symbol': 'ETH/USDT'" in printed


@pytest.mark.parametrize("line", [line for line in SHELL if "sandbox" in line])
def test_sandbox(line: str, environment: dict[str, str]) -> None:
    """The sandbox starts; the port is the test's, because others may be using the default one."""
    with subprocess.Popen([*shlex.split(line), "--port", "0"], env=environment, stdout=PIPE, text=True) as process:
        assert process.stdout is not None
        assert any("export OMS_BASE_URL=" in printed for printed in process.stdout)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    assert process.returncode == 0


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(line, marks=[pytest.mark.dropin, required("freqtrade")] if "freqtrade" in line else [])
        for line in SHELL
        if "sandbox" not in line
    ],
)
@pytest.mark.timeout(120)
async def test_program(line: str, tmp_path: Path, sandbox: Sandbox, environment: dict[str, str]) -> None:
    """The program of every other command runs, with the files that the README shows; freqtrade until it has traded."""
    strategies = tmp_path / "user_data" / "strategies"
    strategies.mkdir(parents=True)
    for path, content in {**FILES, strategies / "yours.py": STRATEGY}.items():
        (tmp_path / path).write_text(content)
    is_trade = " trade " in line
    async with (
        running(*shlex.split(line), cwd=tmp_path, env=environment, stdout=PIPE, stderr=STDOUT) as process,
        oms(sandbox.config(account_id=2)) as exchange,
    ):
        telling = asyncio.create_task(process.communicate())
        while not telling.done() and not (is_trade and await exchange.fetch_my_trades()):
            await asyncio.wait([telling], timeout=0.5)
        if not telling.done():
            process.send_signal(signal.SIGINT)
        printed = (await telling)[0].decode()
        orders = await exchange.fetch_orders()
    assert process.returncode == (128 + signal.SIGINT if is_trade else 0), printed
    # The interrupt may come where Python itself can only print it.
    assert "Traceback" not in printed or (is_trade and "KeyboardInterrupt" in printed), printed
    assert "BTC/USDT" in (printed if "list-markets" in line else orders[0]["symbol"])


@pytest.mark.parametrize("targets", re.findall(r"`make ([\w ]+)`", README))
def test_make_targets(targets: str) -> None:
    """Every make target that is named exists."""
    subprocess.run(["make", "--dry-run", *targets.split()], check=True, capture_output=True)


def test_bot_is_the_example() -> None:
    """The asyncio bot is the file that the README says it is."""
    assert Path("examples/place_and_fetch.py").read_text() in PYTHON


def test_links() -> None:
    """Every file that is linked exists."""
    links = [link for link in re.findall(r"\]\((.+?)\)", README) if not link.startswith("http")]
    assert links
    assert [link for link in links if not Path(link).exists()] == []


def driver_source() -> str:
    """The driver's code, without the sandbox and the command line."""
    rooms = sorted(Path("oms_ccxt_async").rglob("*.py"))
    return "".join(room.read_text() for room in rooms if not {"sandbox", "cli"} & set(room.parts))


def test_options() -> None:
    """Every option that the driver has is described, and no other one."""
    rows = r'^\| `options\["(\w+)"\]` \||^\| `(\w+)(?:\["\w+"\])?` \| (?!`OMS)'
    described = {first or second for first, second in re.findall(rows, README, re.MULTILINE)}
    assert described == {*ENVIRONMENT, *(field.name for field in fields(Options))}


def test_environment() -> None:
    """Every environment variable that the driver reads is described, and no other one."""
    assert set(re.findall(r"OMS_[A-Z_]+\b", README)) == set(re.findall(r'"(OMS_[A-Z_]+)"', driver_source()))


@pytest.mark.parametrize(
    ("name", "default"),
    [
        *((field.name, field.default) for field in fields(Options) if field.default is not MISSING),
        *((f'retry["{field.name}"]', field.default) for field in fields(RetryPolicy)),
    ],
)
def test_default(name: str, default: Any) -> None:
    """Every option, and every key of `options["retry"]`, is described with its default."""
    shown = "false" if default is False else "none" if default is None else default
    assert f"| `{name}` | {shown} |" in README
