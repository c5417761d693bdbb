"""examples/market_maker.py"""

from __future__ import annotations

import ast
import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import ccxt.async_support
import pytest

from examples.market_maker import MarketMaker
from oms_ccxt_async import oms
from oms_ccxt_async.sandbox import Sandbox
from tests.examples.conftest import ACCOUNT_ID

SYMBOL = "BTC/USDT:USDT"
FILE = Path("examples/market_maker.py")


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[MarketMaker]:
    """The bot on an exchange that has its markets."""
    sandbox.move(SYMBOL, 60_000)
    async with oms(sandbox.config(ACCOUNT_ID)) as exchange:
        await exchange.load_markets()
        yield MarketMaker(exchange, SYMBOL, half_spread=0.001, pause=0)


async def step(bot: MarketMaker) -> dict[str, dict[str, Any]]:
    """Let the bot look, act and look again; its open orders by side."""
    await bot.look()
    await bot.act()
    await bot.look()
    return {order["side"]: order for order in bot.open_orders}


async def test_quotes_both_sides(bot: MarketMaker) -> None:
    """It has one order on either side, half a spread from the mid price."""
    quotes = await step(bot)
    assert len(bot.open_orders) == 2
    assert quotes["buy"]["price"] == pytest.approx(bot.mid * 0.999, abs=0.1)
    assert quotes["sell"]["price"] == pytest.approx(bot.mid * 1.001, abs=0.1)
    assert bot.orders == {order["id"] for order in quotes.values()}


async def test_leaves_good_quotes_alone(bot: MarketMaker) -> None:
    """While the price stands still nothing is sent or edited."""
    assert await step(bot) == await step(bot)
    assert bot.edits == 0


async def test_moves_quotes(bot: MarketMaker, sandbox: Sandbox) -> None:
    """When the price moves the same two orders are edited to the new one."""
    before = await step(bot)
    sandbox.move(SYMBOL, 60_030)
    after = await step(bot)
    assert bot.edits == 2
    for side in ("buy", "sell"):
        assert after[side]["id"] == before[side]["id"]
        assert after[side]["price"] == pytest.approx(before[side]["price"] + 30, abs=0.2)


async def test_survives_a_fill_before_an_edit(bot: MarketMaker, sandbox: Sandbox) -> None:
    """A quote that was filled after the bot looked cannot be moved; the next look finds its fill."""
    await step(bot)
    await bot.look()
    sandbox.move(SYMBOL, 59_900)
    bot.mid = 59_900
    await bot.act()
    await bot.look()
    assert [fill["side"] for fill in bot.fills.values()] == ["buy"]


async def test_reacts_to_a_fill(bot: MarketMaker, sandbox: Sandbox) -> None:
    """After a fill it knows its position, quotes that side anew, and leans against the position."""
    await step(bot)
    sandbox.move(SYMBOL, 59_900)
    quotes = await step(bot)
    assert bot.position == Decimal("0.05")
    assert len(bot.fills) == 1
    assert len(bot.orders) == 3
    assert quotes["buy"]["price"] + quotes["sell"]["price"] < 2 * bot.mid - 20


async def test_crosses(bot: MarketMaker, sandbox: Sandbox) -> None:
    """A position that has become too large is closed with one market order."""
    bot.max_position = 0.05
    await step(bot)
    sandbox.move(SYMBOL, 59_900)
    await step(bot)
    assert bot.crossings == 1
    assert bot.position == 0
    assert sum(fill["amount"] for fill in bot.fills.values() if fill["side"] == "sell") == pytest.approx(0.05)


async def test_stops(bot: MarketMaker) -> None:
    """Told to stop it cancels everything, and what it knows is what the exchange says."""
    running = asyncio.create_task(bot.run())
    while len(bot.open_orders) < 2:
        await asyncio.wait([running], timeout=0.01)
    bot.stop()
    await running
    assert bot.open_orders == []
    orders = await bot.exchange.fetch_orders(SYMBOL)
    assert {order["id"]: order["status"] for order in orders} == dict.fromkeys(bot.orders, "canceled")


async def test_leaves_no_orders_when_it_fails(bot: MarketMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that it does not expect ends it, and its quotes are canceled before."""
    await step(bot)

    async def fail() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(bot, "act", fail)
    with pytest.raises(ZeroDivisionError):
        await bot.run()
    assert await bot.exchange.fetch_open_orders(SYMBOL) == []


async def test_survives_the_network(bot: MarketMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    """A network error is passed over: it looks again."""
    look, looks = bot.look, 0

    async def looking() -> None:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise ccxt.NetworkError("unplugged")
        await look()
        bot.stop()

    monkeypatch.setattr(bot, "look", looking)
    await bot.run()
    assert looks == 3
    assert len(bot.orders) == 2


def test_is_plain_ccxt() -> None:
    """It names the OMS only where it constructs its exchange, and calls only what ccxt's own exchanges have."""
    tree = ast.parse(FILE.read_text())
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "oms_ccxt_async"]
    assert [[alias.name for alias in node.names] for node in imports] == [["oms"]]
    assert [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)].count("oms") == 1
    called = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute) and node.value.attr == "exchange"
    }
    assert {"create_order", "edit_order", "cancel_all_orders", "fetch_my_trades"} <= called
    assert all(hasattr(ccxt.async_support.Exchange, name) for name in called)


async def test_runs_on_its_own(sandbox: Sandbox, environment: dict[str, str]) -> None:
    """As a program it trades where the environment says, until Ctrl-C, and leaves nothing open."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, FILE, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    async with oms(sandbox.config(ACCOUNT_ID)) as exchange:
        while not (quotes := await exchange.fetch_open_orders(SYMBOL)):
            assert process.returncode is None
        sandbox.move(SYMBOL, quotes[0]["price"] - 100)
        assert process.stderr is not None
        assert b"trading through" in await process.stderr.readline()
        assert b"filled: buy" in await process.stderr.readline()
        process.send_signal(signal.SIGINT)
        printed, _ = await process.communicate()
        assert process.returncode == 0
        assert b" fills, position " in printed
        assert await exchange.fetch_open_orders(SYMBOL) == []
