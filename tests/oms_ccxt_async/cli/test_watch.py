"""`oms-ccxt watch` as a command: lines where there is no terminal, one line where it cannot begin."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time

import pytest
from typer.testing import CliRunner

from oms_ccxt_async.cli.app import app
from oms_ccxt_async.sandbox import Sandbox
from tests.oms_ccxt_async.cli.conftest import COMMAND, Start, environ
from tests.oms_ccxt_async.view.made import SWAP


def test_lines(start: Start, live: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Piped, it tells what happens until Ctrl-C, then what it came to, and exits with 0; the key is not in it."""
    for name, value in environ(live).items():
        monkeypatch.setenv(name, value)
    running = start("watch")
    running.read_until("Connection is well")
    runner = CliRunner()
    assert runner.invoke(app, ["order", "create", SWAP, "limit", "buy", "0.01", "1000", "--yes"]).exit_code == 0
    running.read_until(f"to buy 0.01 {SWAP} at 1,000")
    code, printed, seconds = running.end()
    assert (code, seconds < 5) == (0, True)
    assert "1 new order and 0 fills in " in printed.splitlines()[-1]
    assert live.keys["trader"] not in printed


def test_every_account(start: Start, live: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """With --every-account the accounts of the key are told of, each by its number."""
    for name, value in environ(live).items():
        monkeypatch.setenv(name, value)
    running = start("watch", "--every-account")
    printed = running.read_until("account 3  Connection is well")
    while not all(f"account {number}  Connection is well" in printed for number in (1, 2, 3)):
        printed = running.read_until("Connection is well")
    assert running.end(signal.SIGTERM)[0] == 0


def test_a_key_of_no_account(live: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """With --every-account, a key that may read none is told so."""

    async def none(_: object) -> list[object]:
        return []

    monkeypatch.setattr("oms_ccxt_async.oms.fetch_accounts", none)
    result = CliRunner().invoke(app, ["watch", "--every-account"], env=environ(live))
    assert (result.exit_code, result.output) == (1, "oms-ccxt watch: oms: this key may read no account\n")


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [(["--timeframe", "7m"], 2, "one of 5s, 1m"), ([], 1, "account_id")],
)
def test_what_cannot_begin(args: list[str], code: int, said: str) -> None:
    """A timeframe that is none, or no account, is said in one line."""
    env = {"OMS_BASE_URL": "http://127.0.0.1:1", "OMS_API_KEY": "k", "OMS_ACCOUNT_ID": ""}
    result = CliRunner().invoke(app, ["watch", *args], env=env)
    assert result.exit_code == code, result.output
    assert said in result.output


@pytest.mark.skipif(sys.platform == "win32", reason="terminals of POSIX")
def test_a_terminal(live: Sandbox) -> None:
    """On a terminal it is a screen, which `q` ends with 0, leaving the terminal as it was."""
    ours, theirs = pty.openpty()
    env = {**os.environ, **environ(live), "TERM": "xterm-256color", "LINES": "30", "COLUMNS": "100"}
    command = [sys.executable, "-c", COMMAND, "watch"]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=env, close_fds=True) as process:
        os.close(theirs)
        printed, deadline, pressed = b"", time.monotonic() + 30, False
        while process.poll() is None and time.monotonic() < deadline:
            if select.select([ours], [], [], 0.1)[0]:
                try:
                    printed += os.read(ours, 65536)
                except OSError:
                    break
            if not pressed and b"Connection is well" in printed:
                os.write(ours, b"q")
                pressed = True
        assert process.wait(10) == 0
    os.close(ours)
    assert pressed
    assert b"\x1b[?1049h" in printed  # another screen was opened
    assert b"\x1b[?1049l" in printed  # and left
