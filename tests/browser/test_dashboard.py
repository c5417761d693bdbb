"""The dashboard as people see it, in a headless Chromium. `SCREENSHOTS=1` takes the pictures of the docs anew."""

from __future__ import annotations

import itertools
import os
import statistics
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oms_ccxt_async import sync
from tests.browser.conftest import CHART, HTML, SWAP, WELL, Seen, posted, seen, trading
from tests.oms_ccxt_async.elsewhere import Elsewhere, soon

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90)]
IMAGES = Path(__file__).parents[2] / "docs" / "images"
LARGEST = 200_000
Unused = Callable[[], str]


def command(name: str, **payload: Any) -> dict[str, Any]:
    """A command for account 2."""
    return {"command": name, "account_id": 2, "payload": payload}


def resting(price: str, amount: str = "0.01", **more: Any) -> dict[str, Any]:
    """A command for a limit order to buy far below the market."""
    return command(
        "send_order", symbol=SWAP, side="buy", order_type="limit", qty=amount, price=price, strategy_id=1, **more
    )


def test_fills_appear_while_a_bot_trades(chromium: Any, desk: Elsewhere, address: Unused) -> None:
    """Marks come onto the chart, lines stand for the open orders, and three sentences say what it comes to."""
    with seen(chromium, address()) as at, trading(desk):
        at.text(WELL)
        at.until(lambda: _marks(at) >= 3, 30)
        before = _marks(at)
        at.until(lambda: _marks(at) > before, 30)
        at.until(lambda: at.option("series[0].markLine.data.length") >= 2)
        assert at.option("series[0].data.length") > 10
        at.page.evaluate(f"{CHART}.dispatchAction({{type: 'dataZoom', start: 70, end: 90}})")
        drawn = at.option("series[0].data")
        at.until(lambda: at.option("series[0].data") != drawn)
        assert at.option("dataZoom[0].start") == 70  # whoever looks closer is not thrown back by what comes
        at.text("new orders and")
        at.text("of fees")
        at.until(lambda: at.page.locator(".book .mine").count())
        at.until(lambda: at.page.locator(".ag-row").filter(has_text=SWAP).count() >= 3)
        at.until(lambda: at.page.locator(".life li").count() >= 1)
        assert at.errors == []


def _marks(at: Seen) -> int:
    return int(at.option("series[1].data.length") + at.option("series[2].data.length"))


@pytest.mark.skipif(not os.environ.get("SCREENSHOTS"), reason="takes the pictures of the docs: SCREENSHOTS=1")
@pytest.mark.timeout(300)
def test_pictures(chromium: Any, desk: Elsewhere, looking: Unused) -> None:
    """After two minutes of a patient bot the page is taken in both themes; no picture is large."""
    with seen(chromium, looking(), 1280, 1000) as at, trading(desk, 1.0, 0.0004):
        at.text(WELL)
        at.page.wait_for_timeout(120_000)
        for scheme in ("light", "dark"):
            at.page.emulate_media(color_scheme=scheme)
            at.page.wait_for_timeout(400)
            path = IMAGES / f"dashboard-{scheme}.png"
            at.page.screenshot(path=path)
            assert path.stat().st_size < LARGEST


def test_a_cut_connection_is_shown_and_heals(chromium: Any, desk: Elsewhere, address: Unused) -> None:
    """The page says that the connection is lost while it is, and what happened meanwhile is on it afterwards."""
    with seen(chromium, address()) as at:
        at.text(WELL)
        proxy = desk.desk.proxy
        refusing = proxy.refusing()
        desk.do(refusing.__enter__)
        try:
            desk.run(proxy.close_connections())
            at.text("Connection lost")
            [result] = posted(desk, "/oms/commands", resting("1234.5"))["results"]
        finally:
            desk.do(refusing.__exit__, None, None, None)
        at.text(WELL, 30)
        at.page.locator(f'.ag-row[row-id="{result["order_id"]}"]').first.wait_for(timeout=20_000)
        at.page.get_by_text("the connection is down").first.wait_for()
        assert at.errors == []
        posted(desk, "/oms/commands", command("cancel_order", order_id=result["order_id"]))


def test_an_order_is_canceled_by_its_button(chromium: Any, desk: Elsewhere, address: Unused) -> None:
    """The button asks: no leaves the order, yes cancels it at the OMS, and its life says so."""
    [result] = posted(desk, "/oms/commands", resting("1000.5"))["results"]
    order_id = str(result["order_id"])
    with seen(chromium, address()) as at, sync.oms(desk.desk.sandbox.config(2)) as exchange:
        button = at.page.get_by_role("button", name=f"Cancel order {order_id}", exact=True)
        button.click(timeout=20_000)
        at.text(f"Account 2: Cancel order {order_id} (buy 0.01 {SWAP} at 1,000.5)?")
        at.page.get_by_role("button", name="No", exact=True).click()
        at.page.get_by_role("alertdialog").wait_for(state="hidden")
        assert exchange.fetch_order(order_id)["status"] == "open"
        button.click()
        at.page.get_by_role("button", name="Yes", exact=True).click()
        soon(lambda: exchange.fetch_order(order_id)["status"] == "canceled", 10)
        button.wait_for(state="detached")
        at.until(lambda: "canceled" in at.page.locator(".life").inner_text())
        assert at.errors == []


def test_a_ticket_and_a_position(chromium: Any, desk: Elsewhere, address: Unused) -> None:
    """An order from the ticket is on the grid and asked for; a position is closed by its button."""
    with seen(chromium, address()) as at, sync.oms(desk.desk.sandbox.config(2)) as exchange:
        exchange.close_all_positions()
        at.text("amounts in steps of 0.001")
        at.page.get_by_label("Type").select_option("market")
        at.page.get_by_label("Amount").fill("x")
        at.page.get_by_role("button", name="Sell", exact=True).click()
        at.text("the amount must be a number above zero")
        at.page.get_by_label("Amount").fill("0.0219")
        at.page.get_by_role("button", name="Sell", exact=True).click()
        at.text(f"Send the order to sell 0.021 {SWAP} at the market price?")
        at.page.get_by_role("button", name="Yes", exact=True).click()
        soon(lambda: exchange.fetch_positions(), 10)
        at.page.get_by_role("button", name=f"Close short {SWAP}").first.click(timeout=20_000)
        at.page.get_by_role("button", name="Yes", exact=True).click()
        soon(lambda: not exchange.fetch_positions(), 10)
        at.text("No open position")
        assert at.errors == []


def test_widths(chromium: Any, desk: Elsewhere, address: Unused) -> None:
    """At every width nothing is cut off, nothing is asked elsewhere, axe finds nothing, and no key was sent."""
    from axe_playwright_python.sync_playwright import Axe

    with seen(chromium, address(), 400) as at:
        at.text(WELL)
        at.until(lambda: at.option("series[0].data.length"))
        for width, scheme in itertools.product((400, 1024, 1920), ("light", "dark")):
            at.page.set_viewport_size({"width": width, "height": 900})
            at.page.emulate_media(color_scheme=scheme)
            at.page.wait_for_timeout(400)
            assert at.page.evaluate("document.documentElement.scrollWidth") <= width
            found = Axe().run(at.page).response["violations"]
            assert [(width, scheme, each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []
        assert at.errors == []
        assert at.outside == []
        key = desk.desk.sandbox.keys["trader"]
        assert not any(key in frame for frame in at.sent)
        assert len(at.sent) > 3
        assert key not in at.page.content()


def test_nothing_on_the_page_is_obeyed(chromium: Any, desk: Elsewhere, address: Unused) -> None:
    """A strategy whose name is HTML is shown by that name, in tabs and tables, and nothing of it runs."""
    body = resting("999.5")
    body["payload"]["strategy_id"] = 3
    [result] = posted(desk, "/oms/commands", body)["results"]
    with seen(chromium, address()) as at:
        at.page.get_by_role("button", name=f"2: {HTML}").click(timeout=20_000)
        at.page.locator(f'.ag-row[row-id="{result["order_id"]}"]').filter(has_text=HTML).first.wait_for()
        assert at.page.evaluate("window.hacked") is None
        assert at.page.locator("img[src=x]").count() == 0
        assert at.errors == []
    posted(desk, "/oms/commands", command("cancel_order", order_id=result["order_id"]))


def test_without_trade_there_are_no_buttons(chromium: Any, desk: Elsewhere, looking: Unused) -> None:
    """A page that was not started with --trade looks, and cannot do anything."""
    [result] = posted(desk, "/oms/commands", resting("998.5"))["results"]
    with seen(chromium, looking()) as at:
        at.page.locator(f'.ag-row[row-id="{result["order_id"]}"]').first.wait_for(timeout=20_000)
        names = at.page.get_by_role("button").all_inner_texts()
        assert not {"Cancel", "Cancel all", "Close", "Buy", "Sell", "Yes"} & set(names)
    posted(desk, "/oms/commands", command("cancel_order", order_id=result["order_id"]))


PRICE = "(id) => getElement(+document.querySelector('.grid').id.slice(1)).api.getRowNode(id).data.c6"
FRAMES = """(ms) => new Promise((done) => {
  const times = []; let before = performance.now(); const end = before + ms;
  const frame = (now) => {
    times.push(now - before);
    before = now;
    now < end ? requestAnimationFrame(frame) : done(times);
  };
  requestAnimationFrame(frame);
})"""


A_SECOND = 10


def test_two_thousand_orders_stay_fluid(chromium: Any, desk: Elsewhere, looking: Unused) -> None:
    """With 2,000 open orders, of which ten change in each second, frames come at the screen's pace."""
    ids: list[int] = []
    for batch in range(10):
        orders = [resting(str(1_000 + batch * 200 + number)) for number in range(200)]
        ids += [each["order_id"] for each in posted(desk, "/oms/commands", orders)["results"]]
    stopped = threading.Event()
    edits, began = 0, 0.0

    def edit() -> None:
        nonlocal edits
        while not stopped.wait(max(0.0, began + (edits + 1) / A_SECOND - time.monotonic())):
            edits += 1
            posted(desk, "/oms/commands", command("change_order", order_id=ids[-edits], new_price=str(5_000 + edits)))

    with seen(chromium, looking()) as at:
        at.until(lambda: "Open orders (2,0" in at.page.content(), 40)
        at.page.wait_for_timeout(1_500)
        editing, began = threading.Thread(target=edit), time.monotonic()
        editing.start()
        try:
            times: list[float] = at.page.evaluate(FRAMES, 5_000)
            due = A_SECOND * (time.monotonic() - began)
            assert edits > due - A_SECOND, "the OMS did not change orders that fast"
            edited, price = ids[-edits], f"{5_000 + edits:,}"
            at.until(lambda: at.page.evaluate(PRICE, str(edited)) == price, 10)
        finally:
            stopped.set()
            editing.join()
        assert at.errors == []
    times.sort()
    told = {
        "frames": len(times),
        "median": statistics.median(times),
        "p95": times[int(len(times) * 0.95)],
        "max": times[-1],
    }
    print(f"\n2,000 orders, {edits} edits: {told}")
    assert told["median"] < 34
    assert told["p95"] < 200
    for batch in range(10):
        cancels = [command("cancel_order", order_id=each) for each in ids[batch * 200 : batch * 200 + 200]]
        posted(desk, "/oms/commands", cancels)
