"""README.md: its code runs, its figures hold, the index can show it. tests/docs has what is so of every page."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from oms_ccxt_async.sandbox import Sandbox
from tests.docs.blocks import Block, blocks_of
from tests.oms_ccxt_async.support import wired

README = Path("README.md").read_text()
BLOCKS = list(blocks_of(README))


def block(text: str) -> Block:
    """The block that has this text."""
    [found] = [each for each in BLOCKS if text in each.code]
    return found


@pytest.mark.parametrize("profile", ["full", "legacy"])
def test_runs(profile: str) -> None:
    """Its blocks run in their order, as a newcomer runs them, and the bots print what became of their orders: on a
    legacy OMS, which looks for fills only when it is asked, no other than on a full one."""
    command = (sys.executable, "-W", "error", "-m", "tests.docs.blocks", "README.md", f"profile={profile}")
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert re.search(r"^order 1 open [\d.]+\norder 1 canceled\norder 2 closed [\d.]+$", ended.stdout, re.MULTILINE)


def test_nothing_is_left_out() -> None:
    """No block of it is marked as one that does not run."""
    assert [each.code for each in BLOCKS if "not run" in each.marks] == []


def test_bot_is_the_example() -> None:
    """The bot is the file that the README says it is."""
    assert Path("examples/place_and_fetch.py").read_text() == block("async def main").code


def test_is_short() -> None:
    """It is read in a few minutes; the rest is in the docs."""
    assert len(README.split()) < 900


def test_the_index_can_show_it() -> None:
    """Where it is shown without the repository no link is left that leads nowhere, and no comment is shown."""
    rules = tomllib.loads(Path("pyproject.toml").read_text())["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]
    shown = README + "\n![The dashboard](docs/images/dashboard.png)\n"
    for rule in rules["substitutions"]:
        shown = re.sub(rule["pattern"], rule["replacement"], shown)
    assert set(re.findall(r"\]\(([^)]+)\)", shown)) <= {"https://github.com/ccxt/ccxt"}
    assert "<!--" not in shown
    assert "](" not in shown.replace("](https://github.com/ccxt/ccxt)", "")
    assert "quick start, concepts, from plain ccxt" in shown


async def test_a_hundred_reads_are_one_request() -> None:
    """Of what it costs: a hundred `fetch_order` at once."""
    async with Sandbox() as sandbox, wired(sandbox) as (exchange, proxy):
        orders = await exchange.create_orders(
            [
                {"symbol": "BTC/USDT", "type": "limit", "side": "buy", "amount": 0.001, "price": 10_000}
                for _ in range(100)
            ]
        )
        proxy.requests.clear()
        await asyncio.gather(*(exchange.fetch_order(order["id"]) for order in orders))
        assert len(proxy.requests) == 1


async def test_a_create_is_one_request() -> None:
    """Of what it costs: a `create_order`."""
    async with Sandbox() as sandbox, wired(sandbox) as (exchange, proxy):
        await exchange.create_order("BTC/USDT", "limit", "buy", 0.001, 10_000)
        proxy.requests.clear()
        await exchange.create_order("BTC/USDT", "limit", "buy", 0.001, 10_000)
        assert len(proxy.requests) == 1


def test_an_import_loads_nothing() -> None:
    """Of what it costs: `import oms_ccxt_async`."""
    code = "import sys, oms_ccxt_async; print([each for each in sys.modules if each.startswith(('ccxt', 'aiohttp'))])"
    ended = subprocess.run((sys.executable, "-c", code), capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"
