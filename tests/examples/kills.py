"""Run a bot again and again, killed before another line of its file each time: `python -m tests.examples.kills
DATABASE STEP`.

The bot is examples/sqlite_bot.py. It is imported once; each life is a fork of this process, whose tracing kills it
(SIGKILL, as a power cut would) when it comes to the line that it is to die before. Each life has one slice more to
buy than the ones before it.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import signal
import sys
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from examples import sqlite_bot

FILE = sqlite_bot.__file__


def lines() -> list[int]:
    """Every line of the bot's functions but `main`."""

    def of(code: CodeType) -> set[int]:
        inner = [of(each) for each in code.co_consts if isinstance(each, CodeType) and each.co_name != "main"]
        is_function = bool(code.co_flags & inspect.CO_NEWLOCALS) and bool(code.co_flags & inspect.CO_OPTIMIZED)
        own = {line for _, _, line in code.co_lines() if line and line > code.co_firstlineno} if is_function else set()
        return own.union(*inner)

    return sorted(of(compile(Path(FILE).read_text(), FILE, "exec")))


def life(database: str, slices: int, line: int | None) -> int:
    """Let the bot live once, at most until it comes to this line; how it ended: 0, -1 after an error, or a signal."""
    child = os.fork()
    if child:
        status = os.waitpid(child, 0)[1]
        return os.WTERMSIG(status) if os.WIFSIGNALED(status) else -os.WEXITSTATUS(status)

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        if frame.f_code.co_filename != FILE:
            return None
        if event == "line" and frame.f_lineno == line:
            os.kill(os.getpid(), signal.SIGKILL)
        return trace

    code = 1
    try:
        if line is not None:
            sys.settrace(trace)
        asyncio.run(sqlite_bot.run(sqlite_bot.Book(database), "slice", slices))
        code = 0
    finally:
        os._exit(code)


def main(database: str, step: int) -> None:
    """Kill the bot before each of its lines in turn, or before every `step`th, then let it finish."""
    chosen = lines()[::step]
    endings = [life(database, number, line) for number, line in enumerate(chosen, 1)]
    last = life(database, len(chosen) + 1, None)
    print(len(chosen), endings.count(signal.SIGKILL), last)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
