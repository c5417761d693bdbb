"""What importing the driver costs beyond importing ccxt, which it needs."""

from __future__ import annotations

import os
import subprocess
import sys

PAIRS = (
    ("from oms_ccxt_async import oms", "import ccxt.async_support"),
    ("from oms_ccxt_pro import oms", "import ccxt.pro"),
)


def milliseconds(statement: str) -> float:
    """CPU time of a process that imports something, and does nothing else; compiled it was before."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen([sys.executable, "-c", statement], env=environment)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return (used.ru_utime + used.ru_stime) * 1000


def beyond(rounds: int) -> list[float]:
    """Milliseconds of each import beyond that of ccxt's: of the rounds in which the machine did least besides."""
    taken = [[milliseconds(statement) for pair in PAIRS for statement in pair] for _ in range(rounds + 1)]
    least = [min(each) for each in zip(*taken[1:], strict=True)]  # the first round compiles
    return [ours - theirs for ours, theirs in zip(least[::2], least[1::2], strict=True)]
