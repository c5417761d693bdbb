"""What importing the driver costs beyond importing ccxt, which it needs."""

from __future__ import annotations

import os
import subprocess
import sys

PAIRS = (
    ("from oms_ccxt_async import oms", "import ccxt.async_support"),
    ("from oms_ccxt_pro import oms", "import ccxt.pro"),
)
_MARK = "the rest is ours"


def beyond(rounds: int) -> list[float]:
    """Milliseconds of each import after that of ccxt's: of every module, in the round that disturbed it least."""
    return [_least(ours, theirs, rounds) for ours, theirs in PAIRS]


def _least(ours: str, theirs: str, rounds: int) -> float:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    # `websockets` imports python_socks where it is installed; an installation without extras does not have it.
    program = f"import sys; sys.modules['python_socks'] = None; {theirs}; print({_MARK!r}, file=sys.stderr); {ours}"
    least: dict[str, int] = {}
    for _ in range(rounds + 1):  # the first one compiles
        command = [sys.executable, "-X", "importtime", "-c", program]
        told = subprocess.run(command, env=environment, check=True, stderr=subprocess.PIPE, text=True).stderr
        for line in told.partition(_MARK)[2].splitlines():
            spent, _, module = line.removeprefix("import time:").split("|") if "|" in line else ("", "", "")
            if spent.strip().isdigit():
                least[module.strip()] = min(least.get(module.strip(), sys.maxsize), int(spent))
    return sum(least.values()) / 1000
