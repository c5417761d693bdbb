"""freqtrade, unchanged, on the OMS: as exchange `oms`, and where it believes to trade on binance."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sqlite3
import sys
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import pytest

from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.sandbox.rows import Order, Position
from tests.dropin.frameworks import required
from tests.faults.eventually import eventually
from tests.faults.ledger import Ledger, Row
from tests.faults.plan import Cut, Request
from tests.faults.proxy import FaultProxy
from tests.oms_ccxt_async.cli.conftest import COMMAND

pytestmark = [pytest.mark.dropin, required("freqtrade"), pytest.mark.timeout(150)]

ACCOUNT = 2
CONFIG: dict[str, Any] = {
    "dry_run": False,
    "initial_state": "running",
    "strategy": "Ladder",
    "max_open_trades": 2,
    "stake_currency": "USDT",
    "stake_amount": 30_000,
    "entry_pricing": {"price_side": "other", "use_order_book": True, "order_book_top": 1},
    "exit_pricing": {"price_side": "other", "use_order_book": True, "order_book_top": 1},
    "pairlists": [{"method": "StaticPairList"}],
    "internals": {"process_throttle_secs": 1},
}
SPOT = ["BTC/USDT", "ETH/USDT"]


@dataclass
class Freqtrade:
    """A freqtrade that runs, and the files that it writes."""

    process: asyncio.subprocess.Process
    database: Path
    log: Path

    def rows(self, table: str) -> list[dict[str, Any]]:
        """A table of its database as it is now; empty while there is none."""
        if not self.database.exists():
            return []
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            try:
                return [dict(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY id")]
            except sqlite3.OperationalError:
                return []

    async def closed(self, count: int) -> None:
        """Wait until so many trades are over."""

        def over() -> bool:
            assert self.process.returncode is None, self.log.read_text()
            return [trade["is_open"] for trade in self.rows("trades")] == [0] * count

        try:
            await eventually(over, within=90)
        except AssertionError as error:
            raise AssertionError(self.log.read_text()) from error

    async def stop(self) -> None:
        """Press Ctrl-C: it ends in order, and has nothing to complain of, now or before.

        It is pressed between two steps, as freqtrade may be about to write its database otherwise.
        """
        await eventually(lambda: re.search(r"sleep for (0\.[2-9]|1).*\n$", self.log.read_text()))
        self.process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(self.process.wait(), 30) == 128 + signal.SIGINT
        printed = self.log.read_text()
        assert "SIGINT received, aborting" in printed
        for complaint in ("Traceback", " ERROR ", "unclosed", "Unclosed", "never awaited", "never retrieved"):
            assert complaint not in printed, printed


def settings(url: str, sandbox: Sandbox) -> dict[str, str]:
    """The environment of a program that trades on the account."""
    oms = {"OMS_BASE_URL": url, "OMS_API_KEY": sandbox.keys["trader"], "OMS_ACCOUNT_ID": str(ACCOUNT)}
    return {**os.environ, "PYTHONDEVMODE": "1", **oms}


@asynccontextmanager
async def trading(
    folder: Path, sandbox: Sandbox, exchange: str, pairs: list[str], *, url: str | None = None, **config: Any
) -> AsyncIterator[Freqtrade]:
    """freqtrade trading live, started by `oms-ccxt run`."""
    named: dict[str, Any] = {"name": exchange, "pair_whitelist": pairs}
    if exchange != "oms":
        named |= {"key": "a key of the exchange", "secret": "its secret"}
    (folder / "config.json").write_text(json.dumps({**CONFIG, "exchange": named, **config}))
    database, log = folder / "trades.sqlite", folder / "freqtrade.log"
    as_ = () if exchange == "oms" else ("--as", exchange)
    arguments = ("--config", "config.json", "--userdir", ".", "--db-url", f"sqlite:///{database}")
    strategy = ("--strategy-path", str(Path(__file__).with_name("freqtrade")))
    with log.open("w") as printed:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", COMMAND, "run", *as_, "-m", "freqtrade", "trade", "-v", *arguments, *strategy),
            cwd=folder,
            env=settings(url or sandbox.url, sandbox),
            stdout=printed,
            stderr=asyncio.subprocess.STDOUT,
        )
    try:
        yield Freqtrade(process, database, log)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def assert_same_books(bot: Freqtrade, ledger: Ledger) -> None:
    """freqtrade's tables say of its orders and trades what the OMS's orders and deals say, and neither has more.

    freqtrade forgets an entry that was canceled before anything of it was filled.
    """
    placed = {str(order["id"]): order for order in await ledger.orders()}
    deals: dict[str, list[Row]] = defaultdict(list)
    for deal in await ledger.deals():
        deals[str(deal["order_id"])].append(deal)
    orders = {order["order_id"]: order for order in bot.rows("orders")}
    assert len(orders) == len(bot.rows("orders"))
    assert set(orders) == set(deals)
    assert all(placed[key]["status"] == "CANCELED" for key in set(placed) - set(deals))
    for key, order in orders.items():
        filled = sum(Decimal(deal["qty"]) for deal in deals[key])
        cost = sum(Decimal(deal["qty"]) * Decimal(deal["price"]) for deal in deals[key])
        told = {name: order[name] for name in ("symbol", "side", "order_type", "amount", "filled", "cost", "average")}
        assert told == {
            "symbol": placed[key]["symbol"],
            "side": placed[key]["side"],
            "order_type": placed[key]["order_type"],
            "amount": float(placed[key]["qty"]),
            "filled": float(filled),
            "cost": float(cost),
            "average": float(cost / filled),
        }
        assert (order["status"], order["remaining"]) == ("closed", 0)
        if order["order_type"] == "limit":
            assert order["price"] == float(placed[key]["price"])
    for trade in bot.rows("trades"):
        mine = [(order, deals[key]) for key, order in orders.items() if order["ft_trade_id"] == trade["id"]]
        entry, leave = ("sell", "buy") if trade["is_short"] else ("buy", "sell")
        paid = {side: _fees(each for order, each in mine if order["side"] == side) for side in (entry, leave)}
        assert trade["fee_open_currency"] == trade["fee_close_currency"] == "USDT"
        # It knows this one as a share of its stake, which is without the leverage.
        assert trade["fee_open_cost"] * trade["leverage"] == pytest.approx(float(sum(paid[entry])), rel=1e-12)
        assert trade["fee_close_cost"] == float(paid[leave][0])  # freqtrade keeps that of the first order only
        flow = sum(
            (1 if deal["side"] == "sell" else -1) * Decimal(deal["qty"]) * Decimal(deal["price"]) - Decimal(deal["fee"])
            for _, each in mine
            for deal in each
        )
        assert trade["close_profit_abs"] == pytest.approx(float(flow), abs=2e-8)  # it rounds after each of two exits


def _fees(orders: Any) -> list[Decimal]:
    """What was paid for each order, in the order of their ids."""
    return [sum((Decimal(deal["fee"]) for deal in deals), Decimal(0)) for deals in orders]


def first_attempt() -> Any:
    """A trigger: the first time that a command for an order is sent."""
    seen: set[bytes] = set()

    def matches(request: Request) -> bool:
        is_first = b'"send_order"' in request.body and request.body not in seen
        seen.add(request.body)
        return is_first

    return matches


@pytest.mark.parametrize("exchange", ["oms", "binance"])
async def test_list_markets(tmp_path: Path, exchange: str) -> None:
    """`freqtrade list-markets` lists those of the exchange behind the account."""
    (tmp_path / "config.json").write_text(json.dumps({"exchange": {"name": exchange}}))
    as_ = () if exchange == "oms" else ("--as", exchange)
    async with Sandbox(exchange="paper" if exchange == "oms" else exchange) as sandbox:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", COMMAND, "run", *as_, "-m", "freqtrade", "list-markets"),
            *("--config", "config.json", "--userdir", ".", "--print-json"),
            cwd=tmp_path,
            env=settings(sandbox.url, sandbox),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        printed = (await process.communicate())[0].decode()
    assert process.returncode == 0, printed
    assert {"BTC/USDT", "BTC/USDT:USDT", "ETH/USDT"} <= set(json.loads(printed.splitlines()[-1]))


@pytest.mark.parametrize(("exchange", "profile"), [("oms", "legacy"), ("binance", "full")])
async def test_trade(tmp_path: Path, exchange: str, profile: Literal["full", "legacy"]) -> None:
    """freqtrade enters and exits by an unmodified strategy, and its books are the OMS's."""
    (behind,) = {exchange} - {"oms"} or {"paper"}
    async with (
        Sandbox(profile=profile, exchange=behind, volatility=0, reconcile=200) as sandbox,
        trading(tmp_path, sandbox, exchange, SPOT) as bot,
    ):
        await bot.closed(2)
        await bot.stop()
        await assert_same_books(bot, Ledger(sandbox.url, sandbox.keys["trader"], ACCOUNT))


@pytest.mark.parametrize("profile", ["full", "legacy"])
async def test_answers_are_lost(tmp_path: Path, profile: Literal["full", "legacy"]) -> None:
    """Where freqtrade never hears the first answer to an order, the OMS has each order once, and freqtrade knows it."""
    async with Sandbox(profile=profile, volatility=0, reconcile=200) as sandbox:
        port = int(sandbox.url.rpartition(":")[2])
        async with (
            FaultProxy(("127.0.0.1", port)) as proxy,
            trading(tmp_path, sandbox, "oms", SPOT, url=proxy.url) as bot,
        ):
            lost = proxy.plan(Cut("down", 0), first_attempt(), times=None)
            await bot.closed(2)
            await bot.stop()
            ledger = Ledger(sandbox.url, sandbox.keys["trader"], ACCOUNT)
            await assert_same_books(bot, ledger)
            assert len(lost.hits) == len(await ledger.orders()) == 9


async def test_futures(tmp_path: Path) -> None:
    """freqtrade goes short on a swap with leverage, and the OMS's position is closed when the trade is."""
    swap = "BTC/USDT:USDT"
    futures = {"trading_mode": "futures", "margin_mode": "cross", "strategy": "ShortLadder"}
    async with (
        Sandbox(exchange="binance", volatility=0) as sandbox,
        trading(tmp_path, sandbox, "oms", [swap], **futures) as bot,
    ):
        await bot.closed(1)
        await bot.stop()
        await assert_same_books(bot, Ledger(sandbox.url, sandbox.keys["trader"], ACCOUNT))
        orders = sandbox.oms.storage.select(Order)
        assert [(order.side, order.reduce_only) for order in orders] == [("sell", False)] * 2 + [("buy", True)] * 2
        assert sandbox.oms.exchange.leverages(ACCOUNT) == {swap: 3}
        [position] = sandbox.oms.storage.select(Position)
        assert [position.side, position.state, position.qty] == ["sell", "closed", 0]
