"""`oms_ccxt_async.cli`: what the command needs, and what it does without."""

from __future__ import annotations

import subprocess
import sys

import pytest

from oms_ccxt_async.sandbox import Sandbox
from tests.oms_ccxt_async.cli.conftest import Start, environ


@pytest.mark.parametrize("missing", ["typer", "rich", "fastapi"])
@pytest.mark.parametrize("command", ["sandbox", "demo"])
def test_missing_extra(start: Start, missing: str, command: str) -> None:
    """Without one of its extras the command names the way to get it, in one line, and exits with 1."""
    running = start(command, prelude=f"import sys; sys.modules[{missing!r}] = None")
    printed, _ = running.process.communicate(timeout=30)
    assert printed.startswith(f"oms-ccxt: {missing} is not installed: it needs the extras `cli` and `sandbox`; pip ")
    assert printed.count("\n") == 1
    assert running.process.returncode == 1


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_missing_extra_of_the_others(
    start: Start, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    """What needs no sandbox names the extra `cli` alone."""
    for name, value in environ(sandbox).items():
        monkeypatch.setenv(name, value)
    running = start("balance", prelude=f"import sys; sys.modules[{missing!r}] = None")
    printed, _ = running.process.communicate(timeout=30)
    assert printed.startswith(f"oms-ccxt: {missing} is not installed: it needs the extra `cli`; pip ")
    assert printed.count("\n") == 1
    assert running.process.returncode == 1


@pytest.mark.parametrize(
    ("command", "missing", "extras"),
    [("dashboard", "nicegui", "the extras `cli` and `dashboard`"), ("watch", "textual", "")],
)
def test_missing_extra_of_a_view(
    start: Start, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, command: str, missing: str, extras: str
) -> None:
    """A view names the extra that draws it; lines need nothing that draws."""
    for name, value in environ(sandbox).items():
        monkeypatch.setenv(name, value)
    running = start(command, prelude=f"import sys; sys.modules[{missing!r}] = None")
    if command == "watch":
        running.read_until("Connection is well")
        assert running.end()[0] == 0
        return
    printed, _ = running.process.communicate(timeout=30)
    assert f"{missing} is not installed: it needs {extras}; pip " in printed
    assert running.process.returncode == 1


OF_THE_SANDBOX = "import sys\nfor each in ('fastapi', 'uvicorn', 'httptools', 'uvloop'): sys.modules[each] = None"


@pytest.mark.parametrize("command", [["check"], ["orders"], ["call", "fetch_balance"], ["order", "cancel", "--all"]])
def test_no_sandbox_is_needed(
    start: Start, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    """What talks to an OMS works with the extra `cli` alone."""
    for name, value in environ(sandbox).items():
        monkeypatch.setenv(name, value)
    running = start(*command, prelude=OF_THE_SANDBOX)
    printed, _ = running.process.communicate(timeout=30)
    assert running.process.returncode == 0, printed


HEAVY = ("ccxt", "aiohttp", "websockets", "fastapi", "uvicorn", "textual", "nicegui")


@pytest.mark.parametrize("command", [["--version"], ["order", "create", "--nosuch"], ["check", "--nosuch"]])
def test_words_alone_import_nothing_heavy(start: Start, command: list[str]) -> None:
    """The version, and a mistake in the words, come without ccxt, which takes a second to import."""
    told = f"print('imported:', [name for name in {HEAVY!r} if name in sys.modules])"
    running = start(*command, prelude=f"import atexit, sys; atexit.register(lambda: {told})")
    printed, _ = running.process.communicate(timeout=30)
    assert printed.endswith("imported: []\n")


@pytest.mark.parametrize("command", [[], ["check"], ["order"], ["order", "create"], ["call"]])
def test_help_is_quick(start: Start, command: list[str]) -> None:
    """The help of every command comes without ccxt, for the work that Python and typer have with it."""
    told = f"print('imported:', [name for name in {HEAVY!r} if name in sys.modules], time.process_time())"
    running = start(*command, "--help", prelude=f"import atexit, sys, time; atexit.register(lambda: {told})")
    printed, _ = running.process.communicate(timeout=30)
    assert running.process.returncode == 0
    *_, imported, seconds = printed.split()
    assert imported == "[]"
    assert float(seconds) < 0.6  # 0.16 on an idle machine, where `import ccxt` takes 0.9


def test_the_sandbox_names_its_extra(start: Start) -> None:
    """A program that imports it without the extra is told which one, and not by the name of a library alone."""
    running = start(prelude="import sys; sys.modules['uvicorn'] = None\nimport oms_ccxt_async.sandbox")
    printed, _ = running.process.communicate(timeout=30)
    assert printed.splitlines()[-1].startswith("ModuleNotFoundError: uvicorn is not installed: the sandbox needs the")


def test_whoever_reads_may_stop() -> None:
    """`oms-ccxt demo | head -1` ends without a traceback."""
    command = f"{sys.executable} -m oms_ccxt_async demo --seconds 1 | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.startswith("A full sandbox OMS at")
    assert done.stderr == ""


def test_broken_package(start: Start) -> None:
    """A module of our own that is missing is our defect and not taken for an extra."""
    running = start("sandbox", prelude="import sys; sys.modules['oms_ccxt_async.cli.app'] = None")
    printed, _ = running.process.communicate(timeout=30)
    assert "ModuleNotFoundError" in printed
    assert "pip install" not in printed


def test_sandbox_does_not_import_ccxt(start: Start) -> None:
    """The sandbox command starts without ccxt, which takes a second to import."""
    prelude = "import atexit, sys; atexit.register(lambda: print('ccxt imported:', 'ccxt' in sys.modules))"
    running = start("sandbox", "--port", "0", prelude=prelude)
    running.read_until("Ctrl-C stops it.")
    code, printed, _ = running.end()
    assert code == 0
    assert printed.endswith("ccxt imported: False\n")
