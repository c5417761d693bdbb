"""A sandbox in a process of its own that can be killed, frozen, pruned, and have its clock set.

Run as a program it is that process; it obeys lines on its standard input (`prune 20`, `clock -3000`) and ends with it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from oms_ccxt_async.sandbox import Sandbox, run
from oms_ccxt_async.sandbox.server import Profile

__all__ = ["KEY", "OmsProcess"]

KEY = "chaos"
LISTS_LAG = 800
"""Milliseconds that every second list of a legacy OMS may be behind its events (fault 41)."""


class OmsProcess:
    """The process, which has the same database and port in each of its lives.

    Attributes:
        port: where it listens.
        lock: held by whoever kills or freezes it.
    """

    def __init__(self, profile: Profile, database: Path) -> None:
        self.port = 0
        self.lock = asyncio.Lock()
        self._arguments = ("--profile", profile, "--database", str(database))
        self._clock = 0
        self._process: asyncio.subprocess.Process

    @property
    def url(self) -> str:
        """Its address, past any proxy."""
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        await self._start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._kill()

    async def restart(self) -> None:
        """Kill it with SIGKILL, wherever it is, and start it again."""
        async with self.lock:
            await self._kill()
            await self._start()

    async def freeze(self, seconds: float) -> None:
        """Let it stand still between SIGSTOP and SIGCONT."""
        async with self.lock:
            self._process.send_signal(signal.SIGSTOP)
            try:
                await asyncio.sleep(seconds)
            finally:
                self._process.send_signal(signal.SIGCONT)

    async def prune(self, keep: int) -> None:
        """Have it forget all but so many events of each account."""
        await self._tell(f"prune {keep}")

    async def step_clock(self, milliseconds: int) -> None:
        """Step its clock, forwards or back, for the rest of its lives."""
        self._clock += milliseconds
        await self._tell(f"clock {self._clock}")

    async def _tell(self, line: str) -> None:
        async with self.lock:
            assert self._process.stdin is not None
            self._process.stdin.write(f"{line}\n".encode())
            await self._process.stdin.drain()

    async def _start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.chaos.process", *self._arguments),
            *("--port", str(self.port), "--clock", str(self._clock)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert self._process.stdout is not None
        announced = await self._process.stdout.readline()
        assert announced, "the sandbox did not start"
        self.port = int(announced)

    async def _kill(self) -> None:
        self._process.kill()
        await self._process.communicate()


def main() -> None:
    """Serve until killed, or until standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--profile")
    parser.add_argument("--database", type=Path)
    parser.add_argument("--port", type=int)
    parser.add_argument("--clock", type=int)
    arguments = parser.parse_args()
    offset = arguments.clock

    def ready(sandbox: Sandbox) -> None:
        def obey() -> None:
            nonlocal offset
            received = os.read(0, 65536).decode()
            if not received:
                os._exit(0)
            for line in received.splitlines():
                what, number = line.split()
                if what == "prune":
                    sandbox.prune_events(int(number))
                else:
                    offset = int(number)

        asyncio.get_running_loop().add_reader(0, obey)
        print(sandbox.url.rpartition(":")[2], flush=True)

    run(
        on_ready=ready,
        profile=arguments.profile,
        database=arguments.database,
        port=arguments.port,
        api_key=KEY,
        clock=lambda: time.time_ns() // 1_000_000 + offset,
        reconcile=200,
        lists_lag=LISTS_LAG if arguments.profile == "legacy" else None,
    )


if __name__ == "__main__":
    main()
