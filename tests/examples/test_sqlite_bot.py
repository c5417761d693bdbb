"""examples/sqlite_bot.py"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import pytest

from examples.sqlite_bot import AMOUNT, Book
from oms_ccxt_async import oms
from oms_ccxt_async.sandbox import Sandbox
from tests.examples.conftest import ACCOUNT_ID


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    """A new bot's book."""
    with closing(Book(str(tmp_path / "bot.sqlite3"))) as book:
        yield book


def fill(number: int, side: str = "buy", amount: float = 0.1) -> dict[str, Any]:
    return {"id": str(number), "order": "1", "side": side, "amount": amount, "price": 60_000.0, "timestamp": number}


def test_a_fill_counts_once(book: Book) -> None:
    """Fills that are read twice change neither the position nor the cursor."""
    book.take([fill(1), fill(2, "sell", 0.03)])
    book.take([fill(2, "sell", 0.03), fill(1)])
    assert book.state() == (Decimal("0.07"), 2)


def test_a_transaction_that_breaks_leaves_nothing(book: Book) -> None:
    """Neither the fills before the broken one nor the cursor are kept: the next start reads all of them again."""
    with pytest.raises(KeyError):
        book.take([fill(1), {"id": "2"}])
    assert book.state() == (Decimal(0), 0)
    assert book.filled("1") == 0


async def program(*command: str, env: dict[str, str]) -> tuple[int | None, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "error", *command, env=env, stdout=PIPE, stderr=PIPE
    )
    printed, errors = await process.communicate()
    return process.returncode, printed.decode(), errors.decode()


async def test_goes_on(sandbox: Sandbox, environment: dict[str, str], tmp_path: Path) -> None:
    """Started again it buys what is missing, and nothing twice."""
    command = ("examples/sqlite_bot.py", str(tmp_path / "bot.sqlite3"), "--slices")
    assert await program(*command, "2", env=environment) == (0, "2 slices, position 0.02\n", "")
    assert await program(*command, "3", env=environment) == (0, "3 slices, position 0.03\n", "")
    async with oms(sandbox.config(ACCOUNT_ID)) as exchange:
        assert len(await exchange.fetch_orders()) == 3


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("profile", "step"), [("full", 1), ("legacy", 3)])
async def test_survives_a_kill_before_every_line(profile: Literal["full", "legacy"], step: int, tmp_path: Path) -> None:
    """Killed before each of its lines in turn (on a legacy OMS, where a life takes a second, before every third), the
    bot's database ends with the OMS's fills, each once, and every slice is one order."""
    path = str(tmp_path / "bot.sqlite3")
    reconcile = 100 if profile == "legacy" else None
    async with Sandbox(volatility=0, profile=profile, reconcile=reconcile) as sandbox:
        config = sandbox.config(ACCOUNT_ID)
        where = {"OMS_BASE_URL": sandbox.url, "OMS_API_KEY": config["apiKey"], "OMS_ACCOUNT_ID": str(ACCOUNT_ID)}
        code, printed, errors = await program("-m", "tests.examples.kills", path, str(step), env=where)
        assert (code, errors) == (0, "")
        lines, killed, last = map(int, printed.split())
        assert killed > lines * 0.9  # some lines of a statement are never come to
        assert last == 0
        async with oms(config) as exchange:
            orders = await exchange.fetch_orders()
            fills = await exchange.fetch_my_trades(None, 0, 10_000)
    with closing(sqlite3.connect(path)) as database:
        slices = database.execute("SELECT client_order_id, order_id FROM slices").fetchall()
        noted = database.execute("SELECT id, order_id, side, amount FROM fills").fetchall()
        [(position,)] = database.execute("SELECT position FROM state").fetchall()
    assert sorted((order["clientOrderId"], order["id"]) for order in orders) == sorted(slices)
    told = {(each["id"], each["order"], each["side"], Decimal(str(each["amount"]))) for each in fills}
    assert {(*row[:3], Decimal(row[3])) for row in noted} == told
    assert Decimal(position) == len(slices) * Decimal(AMOUNT) == sum(amount for *_, amount in told)
