"""The examples that are programs: each runs as it stands, on the sandbox, without a warning."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from examples.grid_bot import Grid
from oms_ccxt_async import oms
from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_pro import oms as pro
from tests.dropin.frameworks import required
from tests.examples.conftest import ACCOUNT_ID

PYTHON = (sys.executable, "-W", "error")
NOTEBOOK = Path("examples/fills.ipynb")


async def printed(*command: str, env: dict[str, str]) -> str:
    """What a program prints that ends well."""
    process = await asyncio.create_subprocess_exec(*command, env=env, stdout=PIPE, stderr=PIPE)
    out, errors = await process.communicate()
    assert (process.returncode, errors) == (0, b"")
    return out.decode()


@pytest.mark.parametrize(
    ("account", "held", "whole"),
    [
        (1, ("long 1, short 0.5", "long 1, short 2"), "long 1, long 1, short 0.5, short 2"),
        (2, ("none", "short 0.5"), "short 0.5"),
        (3, ("long 0.5", "short 1"), "long 0.5, short 1"),
    ],
)
async def test_two_strategies(account: int, held: tuple[str, str], whole: str, environment: dict[str, str]) -> None:
    """Each strategy has its own fills and positions, as the account's mode makes them, and not the other's order."""
    environment["OMS_ACCOUNT_ID"] = str(account)
    lines = (await printed(*PYTHON, "examples/two_strategies.py", env=environment)).splitlines()
    assert lines[0] == f"strategy 1 traded 0.5, holds: {held[0]}"
    assert lines[1] == f"strategy 2 traded -1.0, holds: {held[1]}"
    assert "there is no order 4 of strategy 1" in lines[2]
    assert lines[3] == f"the account holds {whole}"


@pytest.mark.dropin
@required("pandas")
async def test_report(sandbox: Sandbox, environment: dict[str, str]) -> None:
    """The tables have every fill, by symbol and by strategy."""
    command = (sys.executable, "examples/report.py")
    assert await printed(*command, env=environment) == "nothing was traded\n"
    async with oms(sandbox.config(ACCOUNT_ID)) as exchange:
        for strategy in (1, 2):
            await exchange.create_order("BTC/USDT", "market", "buy", 0.01, None, {"strategy_id": strategy})
        await exchange.create_order("ETH/USDT", "market", "sell", 0.5)
    lines = [line.split() for line in (await printed(*command, "--since", "2020-01-01", env=environment)).splitlines()]
    assert {(words[0], words[1]) for words in lines if len(words) == 5 and words[1].isdigit()} == {
        ("BTC/USDT", "2"),
        ("ETH/USDT", "1"),
        ("0", "1"),
        ("1", "1"),
        ("2", "1"),
    }
    assert ["BTC/USDT", "0.02"] in lines
    assert ["ETH/USDT", "-0.50"] in lines


async def test_binance_bot_after(environment: dict[str, str]) -> None:
    """The bot that was moved trades."""
    environment["ROUNDS"] = "1"
    assert await printed(*PYTHON, "examples/binance_bot_after.py", env=environment) == "bought 0.01, sold 0.01\n"


async def test_binance_bot_before() -> None:
    """The bot that was not moved trades, too, under `oms-ccxt run`."""
    command = (sys.executable, "-m", "oms_ccxt_async", "run", "--as", "binance", "examples/binance_bot_before.py")
    async with Sandbox(exchange="binance") as sandbox:
        oms = {"OMS_BASE_URL": sandbox.url, "OMS_API_KEY": sandbox.keys["trader"], "OMS_ACCOUNT_ID": "2"}
        env = {**os.environ, **oms, "ROUNDS": "1"}
        process = await asyncio.create_subprocess_exec(*command, env=env, stdout=PIPE, stderr=PIPE)
        out, _ = await process.communicate()
    assert (process.returncode, out) == (0, b"bought 0.01, sold 0.01\n")


def test_the_binance_bots_are_one_bot() -> None:
    """What differs is the construction, and what the driver does for it; the strategy is the same to the letter."""
    before, after = (Path(f"examples/binance_bot_{name}.py").read_text() for name in ("before", "after"))
    same = before[before.index("def wait_for") :]
    assert after.endswith(same)
    assert len(after) < len(before)


async def test_metrics(environment: dict[str, str]) -> None:
    """Prometheus finds the driver's metrics and the bot's; Ctrl-C ends it."""
    command = (*PYTHON, "examples/metrics.py", "--port", "0", "--pause", "0.05")
    process = await asyncio.create_subprocess_exec(*command, env=environment, stderr=PIPE)
    assert process.stderr is not None
    address = None
    while b"filled: " not in (line := await process.stderr.readline()):
        assert line
        address = re.search(r"http://\S+", line.decode()) or address if b"metrics at" in line else address
    assert address is not None
    wanted = (
        r'^oms_ccxt_orders_total\{account_id="2",.*outcome="accepted"\} [1-9]',
        r'^oms_ccxt_stream_state\{.*state="live",.*\} 1.0',
        r"^bot_decided_timestamp_seconds [1-9]",
        r"^bot_unknown_orders 0.0",
    )
    missing = [*wanted]
    async with aiohttp.ClientSession() as session:
        while missing:  # until the test's own timeout
            async with session.get(address[0]) as response:
                text = await response.text()
            missing = [each for each in wanted if not re.search(each, text, re.MULTILINE)]
            assert process.returncode is None, missing
    process.send_signal(signal.SIGINT)
    _, errors = await process.communicate()
    assert (process.returncode, b"Traceback" in errors) == (0, False)


async def resting(exchange: Any) -> dict[str, list[float]]:
    """The prices of the open orders by side, in order."""
    orders = await exchange.fetch_open_orders("BTC/USDT")
    return {side: sorted(each["price"] for each in orders if each["side"] == side) for side in ("buy", "sell")}


async def test_grid_bot(sandbox: Sandbox) -> None:
    """A filled buy becomes a sell one step above, a filled sell a buy one step below; at the end no order is left."""
    sandbox.move("BTC/USDT", 60_000)
    async with pro(sandbox.config(ACCOUNT_ID)) as exchange:
        await exchange.load_markets()
        grid = Grid(exchange, "BTC/USDT", levels=2, step=0.01, amount=0.01)
        running = asyncio.create_task(grid.run())

        async def until(buys: int, sells: int) -> dict[str, list[float]]:
            while (found := await resting(exchange)) and (len(found["buy"]), len(found["sell"])) != (buys, sells):
                assert not running.done()
                await asyncio.sleep(0.01)
            return found

        first = await until(2, 2)
        sandbox.move("BTC/USDT", 59_300)
        second = await until(1, 3)
        assert second["sell"][0] == pytest.approx(first["buy"][1] * 1.01, abs=0.02)
        sandbox.move("BTC/USDT", 60_100)
        third = await until(2, 2)
        assert third["buy"] == pytest.approx(first["buy"], abs=0.02)
        assert grid.rounds == 1
        assert grid.held == 0
        assert float(grid.cash) == pytest.approx(6, abs=0.2)  # 0.01 bitcoin, one percent of 59,400 dearer
        grid.stop()
        await running
        assert await exchange.fetch_open_orders() == []


async def test_grid_bot_under_replay() -> None:
    """An hour of recorded candles, as fast as the bot follows: its books are the OMS's."""
    async with Sandbox(candles="sample", speed=0) as sandbox, pro(sandbox.config(ACCOUNT_ID)) as exchange:
        await exchange.load_markets()
        grid = Grid(exchange, "BTC/USDT", levels=4, step=0.002, amount=0.01)
        running = asyncio.create_task(grid.run())

        async def followed() -> bool:
            """Whether the bot has heard of every fill, and placed what follows from it."""
            held = {order["id"] for order in await exchange.fetch_open_orders()}
            return held == set(grid.resting) and len(held) == 8

        for _ in range(60):
            while not await followed():
                assert not running.done()
            sandbox.advance(60)
        while not await followed():
            assert not running.done()
        grid.stop()
        await running
        fills = await exchange.fetch_my_trades("BTC/USDT", 0)
        assert await exchange.fetch_open_orders() == []
    assert grid.rounds >= 3
    signed = [(1 if fill["side"] == "buy" else -1, fill) for fill in fills]
    assert float(grid.held) == pytest.approx(sum(sign * fill["amount"] for sign, fill in signed))
    assert float(grid.cash) == pytest.approx(-sum(sign * fill["cost"] for sign, fill in signed))


async def test_grid_bot_as_a_program(sandbox: Sandbox, environment: dict[str, str]) -> None:
    """As a program it rests its orders until Ctrl-C, and takes them back."""
    command = (*PYTHON, "examples/grid_bot.py", "--levels", "3")
    process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=PIPE, stderr=STDOUT)
    async with oms(sandbox.config(ACCOUNT_ID)) as exchange:
        while len(await exchange.fetch_open_orders()) < 6:
            assert process.returncode is None
        process.send_signal(signal.SIGINT)
        out, _ = await process.communicate()
        assert (process.returncode, b"0 sold, held 0, cash 0" in out) == (0, True), out
        assert await exchange.fetch_open_orders() == []


def outputs(notebook: Path) -> list[dict[str, Any]]:
    """What the cells of a notebook show, by type."""
    cells = json.loads(notebook.read_text())["cells"]
    return [output.get("data", {}) for cell in cells for output in cell.get("outputs", [])]


@pytest.mark.dropin
@required("nbclient")
async def test_notebook(environment: dict[str, str], tmp_path: Path) -> None:
    """The notebook, of which no output is kept in the repository, runs as it stands; its picture has the fills."""
    assert outputs(NOTEBOOK) == []
    result = tmp_path / "run.ipynb"
    command = (Path(sys.executable).with_name("jupyter-execute"), NOTEBOOK, f"--output={result}")
    process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=PIPE, stderr=STDOUT)
    out, _ = await process.communicate()
    assert process.returncode == 0, out.decode()
    shown = outputs(result)
    assert any("image/png" in data for data in shown)
    tables = "".join(line for data in shown for line in data.get("text/plain", []))
    assert len(re.findall(r"^\d .* (?:buy|sell) ", tables, re.MULTILINE)) == 6


def test_every_example_is_told_of() -> None:
    """examples/README.md has every example, and every example has a test here or beside."""
    files = [path for path in Path("examples").rglob("*") if path.suffix in (".py", ".ipynb", ".json")]
    files = [path for path in files if "__pycache__" not in path.parts]
    told = Path("examples/README.md").read_text()
    assert [path for path in files if f"]({path.relative_to('examples').as_posix()})" not in told] == []
    tests = "".join(path.read_text() for path in Path("tests/examples").glob("test_*.py"))
    assert [path.name for path in files if path.name not in tests] == []
