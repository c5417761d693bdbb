"""The command in processes of its own, and in this one with a sandbox beside it."""

from __future__ import annotations

import asyncio
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager, contextmanager
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

import pytest
from typer.testing import CliRunner

from oms_ccxt_async.cli.app import app
from oms_ccxt_async.sandbox import Sandbox
from tests.faults.proxy import FaultProxy

COMMAND = "from oms_ccxt_async.cli import main; main()"


class Running:
    """A command that is running; what it has printed so far is in `printed`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.printed = ""

    def read_until(self, text: str) -> str:
        """Everything printed up to the line that holds `text`."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.printed += line
            if text in line:
                return self.printed
        raise AssertionError(f"ended without {text!r}: {self.printed}")

    def end(self, number: signal.Signals = signal.SIGINT) -> tuple[int, str, float]:
        """Send a signal: exit code, everything printed, and the seconds that it took."""
        began = time.monotonic()
        self.process.send_signal(number)
        rest, _ = self.process.communicate(timeout=20)
        return self.process.returncode, self.printed + rest, time.monotonic() - began


class Start(Protocol):
    def __call__(self, *args: str, prelude: str = ...) -> Running: ...


@pytest.fixture
def start() -> Iterator[Start]:
    """Start `oms-ccxt` with these arguments; `prelude` is Python that its process runs first."""
    with ExitStack() as stack:

        def started(*args: str, prelude: str = "") -> Running:
            command = [sys.executable, "-c", f"{prelude}\n{COMMAND}", *args]
            process = stack.enter_context(
                subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            )
            stack.callback(process.kill)
            return Running(process)

        yield started


Thing = TypeVar("Thing")


@contextmanager
def background(make: Callable[[], AbstractAsyncContextManager[Thing]]) -> Iterator[Thing]:
    """Something that needs an event loop, in one of its own, while commands run in this thread."""
    ready: queue.Queue[Thing | BaseException] = queue.Queue()
    loop = asyncio.new_event_loop()
    over = asyncio.Event()

    async def live() -> None:
        async with make() as thing:
            ready.put(thing)
            await over.wait()
        for _ in range(3):  # what was closed just now gives its sockets back
            await asyncio.sleep(0)

    def run() -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(live())
        except BaseException as error:
            ready.put(error)
            raise
        finally:
            loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        thing = ready.get(timeout=30)
        if isinstance(thing, BaseException):
            raise thing
        yield thing
    finally:
        if not loop.is_closed():
            loop.call_soon_threadsafe(over.set)
        thread.join()


@asynccontextmanager
async def behind(**options: Any) -> AsyncIterator[tuple[Sandbox, FaultProxy]]:
    """A sandbox and a proxy before it."""
    async with Sandbox(volatility=0, **options) as sandbox:
        parts = urlsplit(sandbox.url)
        async with FaultProxy((str(parts.hostname), int(parts.port or 0))) as proxy:
            yield sandbox, proxy


def environ(sandbox: Sandbox, account_id: int = 2, role: str = "trader", url: str = "") -> dict[str, str]:
    """The variables that point a command at a sandbox."""
    return {
        "OMS_BASE_URL": url or sandbox.url,
        "OMS_API_KEY": sandbox.keys[role],
        "OMS_ACCOUNT_ID": str(account_id),
        "COLUMNS": "200",
    }


def asked(sandbox: Sandbox, *args: str, code: int = 0, **options: Any) -> str:
    """What a command prints about a sandbox's account; it exits with `code`, and nothing that it prints has the key."""
    env = environ(sandbox, **options)
    result = CliRunner().invoke(app, args, env=env)
    assert result.exit_code == code, result.output
    assert env["OMS_API_KEY"] not in result.output
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout if code == 0 else result.output


@pytest.fixture(scope="module", params=["full", "legacy"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """An OMS of each profile in turn, whose market stands still."""
    with background(lambda: Sandbox(profile=request.param, volatility=0)) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def live() -> Iterator[Sandbox]:
    """An OMS whose accounts are on an exchange that is not the paper one."""
    with background(lambda: Sandbox(exchange="binance", volatility=0)) as sandbox:
        yield sandbox
