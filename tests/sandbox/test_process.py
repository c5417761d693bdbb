"""A process that does nothing but serve."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sandbox.conftest import healthy

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_run_ends_cleanly_on_a_signal(number: signal.Signals) -> None:
    """`run` serves until SIGINT or SIGTERM and then returns, quietly."""
    code = (
        "from oms_ccxt_async.sandbox import run\n"
        "run(on_ready=lambda sandbox: print(sandbox.url, flush=True))\n"
        "print('done', flush=True)"
    )
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    assert asyncio.run(healthy(url))
    process.send_signal(number)
    assert process.communicate(timeout=10) == ("done\n", "")
    assert process.returncode == 0
