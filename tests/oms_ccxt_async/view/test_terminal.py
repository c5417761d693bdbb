"""The terminal view, as people see and use it. `UPDATE_SNAPSHOTS=1` takes the present look for the right one."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from textual.pilot import Pilot
from textual.widgets import DataTable, Static, Tabs

import oms_ccxt_pro
from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.view.model import AccountView
from oms_ccxt_async.view.terminal import Question, WatchApp
from tests.faults.eventually import eventually
from tests.faults.proxy import FaultProxy
from tests.oms_ccxt_async.view.made import SPOT, SWAP, order
from tests.oms_ccxt_async.view.still import NOW, Still, traded
from tests.oms_ccxt_async.view.test_follow import followed, now, trading

LOOKS = Path(__file__).parent / "looks"


def still() -> WatchApp:
    """A view in which nothing moves."""
    follower: Any = Still(traded())
    return WatchApp([follower], lambda: NOW)


def look(app: WatchApp) -> str:
    """What stands on the screen, line by line."""
    texts = re.findall(r'<text class="\S+-r\d+" x="([\d.]+)" y="([\d.]+)"[^>]*>(.*?)</text>', app.export_screenshot())
    lines: dict[float, str] = {}
    for x, y, text in texts:
        before = lines.get(float(y), "").ljust(round(float(x) / 12.2))
        lines[float(y)] = before + unescape(text).replace("\xa0", " ")
    return "\n".join(lines[y].rstrip() for y in sorted(lines)) + "\n"


async def settled(pilot: Pilot[None], condition: Callable[[], Any]) -> None:
    """Let the app go on until something holds."""
    for _ in range(200):
        if condition():
            return
        await pilot.pause(0.05)
    raise AssertionError(look(pilot.app))  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_look(size: tuple[int, int]) -> None:
    """The screen is as it was when a person last looked at it and found it good."""
    app = still()
    async with app.run_test(size=size) as pilot:
        await settled(pilot, lambda: "Account 2 paper-netting" in look(app))
        await pilot.pause()
        seen = look(app)
    path = LOOKS / f"watch-{size[0]}x{size[1]}.txt"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        path.write_text(seen)
    assert seen == path.read_text()


@pytest.mark.skipif(not os.environ.get("UPDATE_SNAPSHOTS"), reason="takes the picture of the docs: UPDATE_SNAPSHOTS=1")
async def test_picture() -> None:
    """The picture of the docs is drawn with the fonts that a reader has."""
    app = still()
    async with app.run_test(size=(150, 42)) as pilot:
        await settled(pilot, lambda: "Account 2 paper-netting" in look(app))
        await pilot.pause()
        picture = re.sub(r"@font-face \{.*?\}", "", app.export_screenshot(title="oms-ccxt watch"), flags=re.DOTALL)
    assert "//cdn" not in picture
    (Path(__file__).parents[3] / "docs" / "images" / "watch.svg").write_text(picture)


async def test_resizing_shows_everything_or_one_table() -> None:
    """A large screen has all tables at once, a small one that which was chosen; nothing breaks on the way."""
    app = still()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("3")
        await settled(pilot, lambda: "Unrealised" in look(app))
        assert "Free" not in look(app)
        for size in ((200, 50), (20, 5), (160, 40)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
        words = ("Free", "Entry", "Meaning", "Open orders (3)")
        await settled(pilot, lambda: all(word in look(app) for word in words))


async def test_tabs_of_strategies() -> None:
    """A strategy's tab has its orders only, and the account's tab has all."""
    app = still()
    async with app.run_test(size=(200, 50)) as pilot:
        table = app.query_one("#orders", DataTable)
        await settled(pilot, lambda: table.row_count == 3 and app.query("#tab-2"))
        await pilot.click("#tab-2")
        await settled(pilot, lambda: table.row_count == 1)
        assert "1 new order and 0 fills" in look(app)
        await pilot.click("#tab-0")
        await settled(pilot, lambda: table.row_count == 3)


async def test_the_tab_that_is_looked_at_stays_what_it_is() -> None:
    """When another account trades for a strategy for the first time, its tab comes behind the others: the one that is
    marked is that of what is shown, and of what keys would cancel."""
    quiet: Any = Still(AccountView("1", "", NOW, lambda symbol: None))
    looked_at: Any = Still(traded())
    app = WatchApp([quiet, looked_at], lambda: NOW)
    async with app.run_test(size=(200, 50)) as pilot:
        await settled(pilot, lambda: app.query("#tab-3"))
        await pilot.click("#tab-1")
        await settled(pilot, lambda: app.view is looked_at.view)
        quiet.view.strategies = {"1": "gamma"}
        quiet.view.saw_order(order("7", strategy="1"), NOW)
        await settled(pilot, lambda: "1: gamma" in look(app))
        active = app.query_one(Tabs).active_tab
        assert active is not None
        assert str(active.label) == "Account 2 paper-netting"
        assert app.view is looked_at.view
        await pilot.click("#tab-4")
        await settled(pilot, lambda: app.view is quiet.view and "Open orders (1)" in look(app))


async def test_filter_and_sort() -> None:
    """Words leave the rows that have them; a column sorts up, then down; escape shows everything again."""
    app = still()
    async with app.run_test(size=(200, 50)) as pilot:
        table = app.query_one("#orders", DataTable)
        await settled(pilot, lambda: table.row_count == 3)
        await pilot.press("s")
        await settled(pilot, lambda: str(table.get_row_at(0)[0]) == "70")
        await pilot.press("s")
        await settled(pilot, lambda: str(table.get_row_at(0)[0]) == "72")
        await pilot.press("slash", *"eth", "enter")
        await settled(pilot, lambda: table.row_count == 1)
        await pilot.press("escape")
        await settled(pilot, lambda: table.row_count == 3)


async def test_another_market_and_timeframe() -> None:
    """`m` charts the next market, `t` the next timeframe."""
    app = still()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("m", "t")
        assert (app.view.candles.symbol, app.view.candles.frame) == (SPOT, "1m")


async def test_texts_are_not_markup() -> None:
    """What an OMS says is shown as it is, also where it looks like markup."""
    account = traded()
    account.note(NOW, "[bold red]boo[/] [@click=app.quit]x[/]", "bad")
    account.saw_order(order("[b]9[/b]", symbol="[link=x]Y"), NOW)
    follower: Any = Still(account)
    app = WatchApp([follower], lambda: NOW)
    async with app.run_test(size=(200, 50)) as pilot:
        await pilot.pause()
        assert "[bold red]boo[/] [@click=app.quit]x[/]" in look(app)
        assert "[b]9[/b]" in look(app)
        await pilot.press("c")
        await pilot.pause()
        assert isinstance(app.screen, Question)
        assert "[link=x]Y" in look(app)


async def test_two_thousand_orders(monkeypatch: pytest.MonkeyPatch) -> None:
    """With 2,000 open orders the latest are shown, the title says how many there are, and a filter finds any."""
    account = traded()
    for number in range(1_000, 3_000):
        account.saw_order(order(str(number), client_id=""), NOW)
    follower: Any = Still(account)
    app = WatchApp([follower], lambda: NOW)
    async with app.run_test(size=(200, 50)) as pilot:
        table = app.query_one("#orders", DataTable)
        await settled(pilot, lambda: table.border_title == "Open orders (2,003), 200 shown")
        await pilot.press("slash", *"1007", "enter")
        await settled(pilot, lambda: table.row_count == 1 and str(table.get_row_at(0)[0]) == "1007")


async def test_an_order_is_canceled_and_a_position_closed_after_a_question() -> None:
    """`c` and `x` ask; no does nothing, yes does it at the OMS; what the OMS refuses is said."""
    async with Sandbox(volatility=0) as sandbox, trading(sandbox) as bot, followed(sandbox) as follower:
        await bot.create_order(SWAP, "market", "buy", 0.01)
        made = await bot.create_order(SWAP, "limit", "buy", 0.01, 1_000)
        app = WatchApp([follower], now)
        async with app.run_test(size=(200, 50), notifications=True) as pilot:
            orders, positions = (app.query_one(name, DataTable) for name in ("#orders", "#positions"))
            await settled(pilot, lambda: orders.row_count == 1 and positions.row_count == 1)
            await pilot.press("c")
            await settled(pilot, lambda: "Cancel order" in look(app))
            await pilot.press("n")
            assert [each["id"] for each in await bot.fetch_open_orders()] == [made["id"]]
            await pilot.press("c")
            await settled(pilot, lambda: isinstance(app.screen, Question))
            await pilot.press("y")
            await settled(pilot, lambda: orders.row_count == 0)
            assert await bot.fetch_open_orders() == []
            await pilot.press("x")
            await settled(pilot, lambda: isinstance(app.screen, Question))
            await pilot.click("#yes")
            await settled(pilot, lambda: positions.row_count == 0)
            assert await bot.fetch_positions() == []
            await pilot.press("c")
            await settled(pilot, lambda: "there is no order under the cursor" in look(app))
            await pilot.press("q")
        assert app.return_code == 0


async def test_an_outage_is_survived() -> None:
    """Without the OMS the screen says so and goes on; what happened meanwhile is on it afterwards."""
    async with Sandbox(volatility=0) as sandbox, trading(sandbox) as bot:
        parts = urlsplit(sandbox.url)
        upstream = str(parts.hostname), int(parts.port or 0)
        async with FaultProxy(upstream) as proxy, followed(sandbox, proxy.url) as follower:
            app = WatchApp([follower], now)
            async with app.run_test(size=(80, 24)) as pilot:
                await settled(pilot, lambda: "Connection is well" in look(app))
                with proxy.refusing():
                    await proxy.close_connections()
                    await settled(pilot, lambda: "Connection lost" in look(app))
                    await bot.create_order(SWAP, "limit", "buy", 0.01, 1_000)
                await settled(pilot, lambda: "Connection is well" in look(app) and "Open orders (1)" in look(app))


async def test_a_key_that_is_refused() -> None:
    """The OMS's refusal stands on the screen instead of an empty account."""
    async with Sandbox(volatility=0) as sandbox:
        sandbox.keys["trader"] = "wrong"
        async with followed(sandbox) as follower:
            app = WatchApp([follower], now)
            async with app.run_test(size=(80, 24)) as pilot:
                await settled(pilot, lambda: "✖" in look(app))
                await eventually(lambda: str(app.query_one("#health", Static).render()).strip())
                assert "wrong" not in look(app)


async def test_it_is_one_of_the_drivers_programs() -> None:
    """What it looks with is an ordinary exchange of the streaming class."""
    async with Sandbox(volatility=0) as sandbox, followed(sandbox) as follower:
        assert type(follower.exchange) is oms_ccxt_pro.oms
