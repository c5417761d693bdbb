"""`oms_ccxt_async.cli`: what the command needs, and what it does without."""

from __future__ import annotations

import pytest

from tests.oms_ccxt_async.cli.conftest import Start


@pytest.mark.parametrize("missing", ["typer", "rich", "fastapi"])
@pytest.mark.parametrize("command", ["sandbox", "demo"])
def test_missing_extra(start: Start, missing: str, command: str) -> None:
    """Without one of its extras the command names the way to get it, in one line, and exits with 1."""
    running = start(command, prelude=f"import sys; sys.modules[{missing!r}] = None")
    printed, _ = running.process.communicate(timeout=30)
    assert printed == f"oms-ccxt: {missing} is not installed; run pip install 'oms-ccxt[cli,sandbox]'\n"
    assert running.process.returncode == 1


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
