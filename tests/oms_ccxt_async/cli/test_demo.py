"""`oms-ccxt demo`: the bot's books and the OMS's records agree, and it shows when they do not."""

from __future__ import annotations

import io
import re
from decimal import Decimal
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from examples.market_maker import MarketMaker
from oms_ccxt_async.cli import demo
from oms_ccxt_async.cli.app import app
from oms_ccxt_async.sandbox.exchange.markets import MARKETS
from oms_ccxt_async.sandbox.exchange.path import TICK_MS
from oms_ccxt_async.sandbox.exchange.simulator import Simulator
from tests.oms_ccxt_async.cli.conftest import Start

ORDERS = [{"id": 1}, {"id": 2}]
DEALS = [
    {"id": 7, "side": "buy", "qty": "0.300000000000000000"},
    {"id": 8, "side": "sell", "qty": "0.100000000000000000"},
]
CHECKS = ["orders sent = orders in the OMS", "fills = deals", "position = sum of deals"]


def verdicts(orders: set[str], fills: set[str], position: str) -> list[bool]:
    """Which checks pass for a bot with these books."""
    checks = demo.compare(orders, fills, Decimal(position), ORDERS, DEALS)
    assert [check.what for check in checks] == CHECKS
    return [check.passed for check in checks]


def summary(printed: str) -> dict[str, tuple[str, str, str]]:
    """Of each check: the bot's number, the OMS's number, and the verdict."""
    rows = re.findall(r"│ ([a-z =OMS]+?) +│ +(\S+) │ +(\S+) │ (.+?) +│", printed)
    return {what: (bot, oms, verdict) for what, bot, oms, verdict in rows}


def test_compare_agrees() -> None:
    """Equal ids and the same position pass every check, however the position is written."""
    assert verdicts({"1", "2"}, {"7", "8"}, "0.2") == [True, True, True]


@pytest.mark.parametrize(
    ("orders", "fills", "position", "expected"),
    [
        ({"1", "2", "3"}, {"7", "8"}, "0.2", [False, True, True]),
        ({"1", "3"}, {"7", "8"}, "0.2", [False, True, True]),
        ({"1", "2"}, {"7"}, "0.2", [True, False, True]),
        ({"1", "2"}, {"7", "8"}, "-0.2", [True, True, False]),
        ({"1", "2"}, {"7", "8"}, "0.200000000000000001", [True, True, False]),
    ],
)
def test_compare_disagrees(orders: set[str], fills: set[str], position: str, expected: list[bool]) -> None:
    """One order, fill or quantity that differs fails its own check and no other."""
    assert verdicts(orders, fills, position) == expected


@pytest.mark.parametrize("profile", ["full", "legacy"])
def test_demo(profile: str) -> None:
    """After some seconds of trading the bot and the OMS agree on orders, fills and position."""
    result = CliRunner().invoke(app, ["demo", "--seconds", "3", "--profile", profile])
    assert result.exit_code == 0, result.output
    checks = summary(result.output)
    assert list(checks) == CHECKS
    for bot, oms, verdict in checks.values():
        assert (bot, verdict) == (oms, "ok")
    assert int(checks[CHECKS[0]][0]) >= 2
    assert "The bot and the OMS agree." in result.output
    assert re.search(r"^  1\.\d s  orders \d+ sent.*fills.*position.*balance", result.output, re.MULTILINE)


def test_demo_ends_with_how_to_watch_it() -> None:
    """The last line is a command that can be called."""
    result = CliRunner().invoke(app, ["demo", "--seconds", "0.5"])
    last = result.output.strip().splitlines()[-1]
    page = "with the extra `dashboard` installed, on a page: oms-ccxt sandbox --open"
    assert last == f"Watch it trade: oms-ccxt demo --watch, or, {page}"
    for command in re.findall(r"oms-ccxt (\w+) (--\w+)", last):
        assert command[1] in CliRunner().invoke(app, [command[0], "--help"], env={"COLUMNS": "200"}).output


def test_demo_watched(start: Start) -> None:
    """With --watch and without a terminal, what the bot does is a line each until Ctrl-C; the books are compared."""
    running = start("demo", "--watch")
    printed = running.read_until("Connection is well")
    if "bought 0.0" not in printed:
        running.read_until("bought 0.0")
    code, printed, _ = running.end()
    assert code == 0, printed
    assert "The bot and the OMS agree." in printed


def test_demo_watched_for_some_seconds() -> None:
    """With --seconds it ends by itself."""
    result = CliRunner().invoke(app, ["demo", "--watch", "--seconds", "2"])
    assert result.exit_code == 0, result.output
    assert "new order" in result.output


def test_demo_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bot whose books have an order too many makes the demo say so and exit with 1."""

    class Dreamer(MarketMaker):
        async def look(self) -> None:
            await super().look()
            self.orders.add("999999")

    monkeypatch.setattr(demo, "_market_maker", lambda: Dreamer)
    result = CliRunner().invoke(app, ["demo", "--seconds", "0.5"])
    assert result.exit_code == 1
    bot, oms, verdict = summary(result.output)[CHECKS[0]]
    assert int(bot) == int(oms) + 1
    assert verdict == "FAILED, 1 apart"
    assert "The bot and the OMS DISAGREE." in result.output


def test_demo_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal there is one table that changes in place, with orders, fills, position and balance."""
    terminal = Console(force_terminal=True, width=100, file=io.StringIO())
    monkeypatch.setattr(demo, "console", lambda: terminal)
    assert demo.show(1, "full")
    shown: Any = terminal.file
    boards = shown.getvalue().split("\x1b[2K")  # rich erases the lines that it writes anew
    assert len(boards) > 2
    assert all(word in boards[-1] for word in ("orders", "fills", "position", "balance", "quotes"))


def test_demo_interrupted(start: Start) -> None:
    """Ctrl-C ends the trading early, and the books are compared all the same."""
    running = start("demo", "--seconds", "60")
    running.read_until("balance")
    code, printed, _ = running.end()
    assert code == 0
    assert "The bot and the OMS agree." in printed


@pytest.mark.parametrize("minutes", range(0, 600, 60))
def test_its_market_moves_at_any_time_of_day(minutes: int) -> None:
    """In every quarter of the demo the price goes through the bot's quotes, which the first market's does not."""
    now = 1_795_374_900_000 + minutes * 60_000
    quarter = 2_500 // TICK_MS + 1

    def least_move(seed: int) -> float:
        market = Simulator(seed, demo.VOLATILITY)
        starts = range(now // TICK_MS, now // TICK_MS + 4 * quarter, quarter)
        bars = [market.span(MARKETS[demo.SYMBOL], start, start + quarter) for start in starts]
        return min((bar.high - bar.low) / bar.low for bar in bars)

    assert least_move(demo._lively(now, 10)) > demo.LEAST_MOVE
    assert minutes or least_move(1) < demo.LEAST_MOVE
