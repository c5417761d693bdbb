"""A headless Chromium, a dashboard in a process of its own, and a bot that trades meanwhile."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.request import Request, urlopen

import pytest

from examples.market_maker import MarketMaker
from oms_ccxt_async import oms
from oms_ccxt_async.sandbox.exchange.markets import MARKETS
from oms_ccxt_async.sandbox.exchange.path import TICK_MS
from oms_ccxt_async.sandbox.exchange.simulator import Simulator
from tests.oms_ccxt_async.elsewhere import Elsewhere, elsewhere

CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SWAP = "BTC/USDT:USDT"
VOLATILITY = 6.0
LEAST_MOVE = 0.0001
"""By what part of itself the price moves in five seconds: more than twice what the bot is off the middle."""
WELL = "Connection is well"
CHART = "getElement(+document.querySelector('.chart').id.slice(1)).chart"
"""In the page, the chart of candles."""
HTML = "<img src=x onerror=window.hacked=1>"
"""The name of a strategy."""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The browser; where there is none, the tests are skipped."""
    if CHROMIUM is None:
        pytest.skip("no chromium is installed (apt-get install chromium, or CHROMIUM=path)")
    pytest.importorskip("nicegui", reason="needs the extra browser")
    api = pytest.importorskip("playwright.sync_api", reason="needs the extra browser")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


def _moving() -> int:
    """The seed of a market that moves in all of the next two minutes: each has quiet stretches at some time."""
    now, seconds = int(time.time() * 1000) // TICK_MS, 1000 // TICK_MS
    for seed in range(1_000):
        path = Simulator(seed, VOLATILITY)
        spans = [path.span(MARKETS[SWAP], at, at + 5 * seconds) for at in range(now, now + 120 * seconds, 5 * seconds)]
        if all(bar.high - bar.low > bar.low * LEAST_MOVE for bar in spans):
            return seed
    raise AssertionError("no market moves for two minutes")


@pytest.fixture(scope="module")
def desk() -> Iterator[Elsewhere]:
    """A sandbox whose prices move, with a proxy before it, in a thread of its own."""
    with elsewhere("full", volatility=VOLATILITY, seed=_moving()) as desk:
        posted(desk, "/strategies", {"name": HTML, "account_ids": [2]})
        yield desk


def posted(desk: Elsewhere, path: str, body: Any) -> Any:
    """Post to the OMS as its trader, past everything of ours."""
    sandbox = desk.desk.sandbox
    headers = {"x-api-key": sandbox.keys["trader"], "content-type": "application/json"}
    with urlopen(Request(sandbox.url + path, json.dumps(body).encode(), headers), timeout=20) as response:
        return json.loads(response.read())


@contextmanager
def dashboard(desk: Elsewhere, *args: str, url: str = "") -> Iterator[Callable[[], str]]:
    """A dashboard on account 2, behind the proxy unless another address is given; called, it tells a fresh address."""
    sandbox = desk.desk.sandbox
    env = {name: value for name, value in os.environ.items() if not name.startswith("OMS_")}
    env |= {"OMS_BASE_URL": url or desk.desk.proxy.url, "OMS_API_KEY": sandbox.keys["trader"], "OMS_ACCOUNT_ID": "2"}
    command = [sys.executable, "-m", "oms_ccxt_async", "dashboard", *args]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        addresses: list[str] = []
        told = threading.Condition()

        def read(lines: Any) -> None:
            for line in lines:
                with told:
                    addresses.extend(re.findall(r"http://\S+token=\S+", line))
                    told.notify_all()

        reader = threading.Thread(target=read, args=(process.stdout,))
        reader.start()

        def unused() -> str:
            with told:
                assert told.wait_for(lambda: addresses, 30)
                return addresses.pop()

        try:
            yield unused
        finally:
            process.terminate()
            process.wait(10)
            reader.join()


@pytest.fixture(scope="module")
def address(desk: Elsewhere) -> Iterator[Callable[[], str]]:
    """Addresses of a dashboard with buttons."""
    with dashboard(desk, "--trade") as unused:
        yield unused


@pytest.fixture(scope="module")
def looking(desk: Elsewhere) -> Iterator[Callable[[], str]]:
    """Addresses of a dashboard without buttons, straight at the OMS."""
    with dashboard(desk, url=desk.desk.sandbox.url) as unused:
        yield unused


class Seen:
    """A page in a browser window of its own, and what went wrong in it.

    Attributes:
        page: of playwright.
        errors: of the console, and exceptions.
        outside: requests to other places than the dashboard.
        sent: everything that came over the socket and in answers.
    """

    def __init__(self, page: Any, address: str) -> None:
        self.page = page
        self.errors: list[str] = []
        self.outside: list[str] = []
        self.sent: list[str] = []
        home = address.partition("?")[0]
        page.on("console", lambda said: self.errors.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self._asked(request.url, home))
        page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: self.sent.append(str(frame))))
        page.goto(address)

    def _asked(self, url: str, home: str) -> None:
        if not url.startswith((home, "data:", "blob:")):
            self.outside.append(url)

    def text(self, wanted: str, within: float = 20) -> None:
        """Wait until a text can be read."""
        self.page.get_by_text(wanted).first.wait_for(timeout=within * 1000)

    def option(self, path: str) -> Any:
        """Something of the options of the chart of candles, such as `series[1].data.length`."""
        return self.page.evaluate(f"{CHART}.getOption().{path}")

    def until(self, condition: Callable[[], Any], within: float = 20) -> Any:
        """Wait until something holds in the page."""
        deadline = time.monotonic() + within
        while not (answer := condition()):
            assert time.monotonic() < deadline, f"still {answer!r} after {within} s"
            self.page.wait_for_timeout(50)
        return answer


@contextmanager
def seen(browser: Any, address: str, width: int = 1440, height: int = 900, **options: Any) -> Iterator[Seen]:
    """Open an address in a new window."""
    context = browser.new_context(viewport={"width": width, "height": height}, **options)
    try:
        yield Seen(context.new_page(), address)
    finally:
        context.close()


@contextmanager
def trading(desk: Elsewhere, pause: float = 0.3, half_spread: float = 0.00004) -> Iterator[None]:
    """The example's bot, in a thread of its own, straight at the OMS."""
    bots: list[MarketMaker] = []
    began = threading.Event()

    async def trade() -> None:
        async with oms(desk.desk.sandbox.config(2, 1)) as exchange:
            await exchange.load_markets()
            bots.append(MarketMaker(exchange, SWAP, pause=pause, half_spread=half_spread))
            began.set()
            await bots[0].run()

    thread = threading.Thread(target=lambda: asyncio.run(trade()))
    thread.start()
    try:
        assert began.wait(20)
        yield
    finally:
        bots[0].stop()
        thread.join()
