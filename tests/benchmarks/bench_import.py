"""What importing the driver costs beyond importing ccxt, which it needs."""

from __future__ import annotations

import os
import subprocess
import sys

PAIRS = (("oms_ccxt_async", "ccxt.async_support"), ("oms_ccxt_pro", "ccxt.pro"))


def milliseconds(module: str) -> float:
    """CPU time of a process that imports a module, and does nothing else."""
    process = subprocess.Popen([sys.executable, "-c", f"import {module}"])
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return (used.ru_utime + used.ru_stime) * 1000


def costs() -> dict[str, float]:
    """Milliseconds of each module, and of the one of ccxt that it stands on, in turn."""
    return {module: milliseconds(module) for pair in PAIRS for module in pair}
