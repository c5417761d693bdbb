"""The command in processes of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Protocol

import pytest

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
