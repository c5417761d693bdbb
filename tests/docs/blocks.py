"""The code blocks of a page, run: `python -W error -m tests.docs.blocks docs/orders.md [profile=legacy]`.

A page has an OMS of its own, the sandbox, in its environment, and a directory of its own. Its blocks run in the order
in which they stand: Python as the cells of one notebook, where `await` needs no function; shell line by line. What a
reader does not have to see is in comments before a block:

    <!-- sandbox: {"exchange": "binance"} -->   below the title: arguments of the sandbox
    <!-- given: config = {...} -->              Python that runs before the next block
    <!-- file: bot.py -->                       the next block is this file
    <!-- not run: it needs systemd -->          the next block does not run, and why
    <!-- needs: freqtrade -->                   the next block runs where this package is installed

A Python block with `while True` is given what it waits for, trades on its account, until it has printed something, and
is ended by Ctrl-C.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import importlib
import importlib.util
import inspect
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any

__all__ = ["Block", "Page", "blocks_of", "pages"]

ROOT = Path(__file__).parent.parent.parent
FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>[\w-]*)[^\n`]*\n(?P<code>.*?)^(?P=indent)```$", re.DOTALL | re.MULTILINE
)
COMMENT = re.compile(r"<!-- (sandbox|given|file|not run|needs):\s(.*?)\s*-->", re.DOTALL)
RUN = {"python", "sh"}
PARSED = {"json", "toml"}
SHOWN = {"", "text", "ini", "yaml", "dockerfile", "promql", "mermaid", "diff"}
"""What is no program: output, files of other programs."""
VIEWS = {"watch", "dashboard", "--watch", "--open"}
"""Commands that show something until a person leaves them: their own tests look at what they show."""


@dataclass(frozen=True)
class Block:
    """One code block.

    Attributes:
        line: where its fence stands.
        language: python, sh, json, ...
        code: what is in it.
        marks: what the comments before it say, by their kind.
    """

    line: int
    language: str
    code: str
    marks: dict[str, str]


def pages() -> list[Path]:
    """Every page that people read."""
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")), ROOT / "examples/README.md"]


def blocks_of(text: str) -> Iterator[Block]:
    """The blocks of a page, each with the comments since the one before it."""
    end = 0
    for fence in FENCE.finditer(text):
        marks = dict(COMMENT.findall(text[end : fence.start()]))
        code = inspect.cleandoc(fence["code"]) + "\n" if fence["indent"] else fence["code"]
        yield Block(text.count("\n", 0, fence.start()) + 1, fence["language"], code, marks)
        end = fence.end()


class Watched:
    """Standard output, and whether anything has been printed."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.written = threading.Event()

    def write(self, text: str) -> int:
        self.written.set()
        return int(self.stream.write(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


class Page:
    """One page's program.

    Args:
        sandbox: its OMS.
        loop: the event loop of all its blocks that await.
    """

    def __init__(self, sandbox: Any, loop: asyncio.Runner) -> None:
        self.sandbox = sandbox
        self.loop = loop
        self.names: dict[str, Any] = {"__name__": "__main__"}

    def run(self, block: Block) -> None:
        """Run one block.

        Raises:
            Exception: whatever it raises; it ended badly.
        """
        if "file" in block.marks:
            path = Path(block.marks["file"])
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.code)
        if "given" in block.marks:
            self.python(block.marks["given"])
        if "not run" in block.marks or ("needs" in block.marks and not importlib.util.find_spec(block.marks["needs"])):
            return
        if block.language in PARSED:
            {"json": json.loads, "toml": tomllib.loads}[block.language](block.code)
        elif block.language == "python" and "file" not in block.marks:
            self.endless(block.code) if "while True" in block.code else self.python(block.code)
        elif block.language == "sh":
            for line in re.sub(r"\\\n", " ", block.code).splitlines():
                if line.strip() and not line.startswith("#"):
                    self.shell(line)

    def end(self) -> None:
        """Close the exchanges that are left open, as the end of a notebook's kernel would."""
        from ccxt.base.exchange import BaseExchange

        for value in list(self.names.values()):
            if isinstance(value, BaseExchange) and inspect.iscoroutinefunction(value.close):
                self.loop.run(value.close())

    def python(self, code: str) -> None:
        """Run code whose names the next blocks see, too."""
        compiled: CodeType = compile(code, "<block>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        if not compiled.co_flags & inspect.CO_COROUTINE:
            exec(compiled, self.names)
            return

        async def cell() -> None:
            await eval(compiled, self.names)

        self.loop.run(cell())

    def endless(self, code: str) -> None:
        """Run code that watches, until it has been told something."""
        importlib.import_module("oms_ccxt_async.sync.facade")  # ccxt cannot be imported by two threads at once
        sys.stdout = watched = Watched(sys.stdout)
        over = threading.Event()
        trading = threading.Thread(target=self.trade, args=(watched.written, over, "print(" in code))
        trading.start()
        try:
            with contextlib.suppress(KeyboardInterrupt):
                self.python(code)
        finally:
            over.set()
            trading.join()
            sys.stdout = watched.stream
        if "print(" in code and not watched.written.is_set():
            raise AssertionError("it watched for a while and printed nothing")

    def trade(self, written: threading.Event, over: threading.Event, prints: bool) -> None:
        """Trade on the program's account until it has said something, then interrupt it."""
        from oms_ccxt_async.sync import oms

        account = int(os.environ["OMS_ACCOUNT_ID"])
        with oms(self.sandbox.config(account)) as exchange:
            for _ in range(40 if prints else 5):
                exchange.create_order("BTC/USDT", "market", "buy", 0.01)
                if written.wait(0.2) or over.is_set():
                    break
        if not over.is_set():
            os.kill(os.getpid(), signal.SIGINT)

    def shell(self, line: str) -> None:
        """Run one line: commands of ours in this process, which has imported what they need, others as they are."""
        words = shlex.split(line, comments=True)
        if words[0] == "export":
            os.environ |= {name: value for name, _, value in (word.partition("=") for word in words[1:])}
        elif words[0] == "pip":
            self.check_extras(line)
        elif words[0] == "make":
            subprocess.run(["make", "--dry-run", *words[1:]], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
        elif VIEWS & set(words):
            return
        elif words[:2] == ["oms-ccxt", "sandbox"]:
            serve([*words, "--port", "0"], "export OMS_BASE_URL=")
        elif "--poll" in words:
            serve(words, "")
        elif words[0] == "oms-ccxt" and words[1] != "run" and not set(words) & {"|", ">"}:
            ours(words[1:])
        else:
            subprocess.run(line, shell=True, check=True)

    @staticmethod
    def check_extras(line: str) -> None:
        """What is installed with pip are extras that exist, of this project."""
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        for package, extras in re.findall(r"'([\w./-]+)\[([\w,]+)\]'", line):
            assert package in ("oms-ccxt", ".", "CLONE"), package
            assert set(extras.split(",")) <= {*project["optional-dependencies"]}, extras


def serve(command: list[str], awaited: str) -> None:
    """Start a program that runs until Ctrl-C, and end it so when it has printed what is awaited."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert any(awaited in printed for printed in process.stdout)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    # Ctrl-C ends a loop well where it waits, and is told by 130 where it comes before that.
    assert process.returncode in (0, 130), f"{shlex.join(command)} ended with {process.returncode}"


def ours(words: list[str]) -> None:
    """Run a command of `oms-ccxt` in this process."""
    from oms_ccxt_async.cli.app import app

    answered = ["--yes"] if "--trade" in words and "--yes" not in words else []  # as a person would
    try:
        app([*words, *answered], standalone_mode=True)
    except SystemExit as ended:
        if ended.code:
            raise AssertionError(f"oms-ccxt {shlex.join(words)} ended with {ended.code}") from None


def main(page: str, **other: Any) -> None:
    """Run a page, on a sandbox with other arguments than the page names where some are given.

    Raises:
        SystemExit: one of its blocks failed; the page and the line are told.
    """
    from oms_ccxt_async.sandbox import Sandbox

    text = Path(page).read_text()
    wanted = dict(COMMENT.findall(text)).get("sandbox", "{}")
    arguments = {**json.loads(wanted), **other}
    with Sandbox(**arguments) as sandbox, tempfile.TemporaryDirectory() as directory, asyncio.Runner() as loop:
        os.environ |= {
            "OMS_BASE_URL": sandbox.url,
            "OMS_API_KEY": sandbox.keys["trader"],
            "OMS_ACCOUNT_ID": "2",
            "COLUMNS": "200",
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
        }
        os.chdir(directory)
        program = Page(sandbox, loop)
        for block in blocks_of(text):
            try:
                program.run(block)
            except BaseException:
                print(f"{page}:{block.line}: this block failed\n{block.code}", file=sys.stderr, flush=True)
                raise
        program.end()
        os.chdir(ROOT)


if __name__ == "__main__":
    main(sys.argv[1], **dict(word.split("=") for word in sys.argv[2:]))
