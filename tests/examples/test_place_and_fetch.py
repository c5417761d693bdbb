"""examples/place_and_fetch.py"""

from __future__ import annotations

import asyncio
import re
import sys


async def test_runs(environment: dict[str, str]) -> None:
    """It places an order, reads it back and cancels it, all under one OMS id."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "examples/place_and_fetch.py", env=environment, stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0
    assert re.fullmatch(r"order 1 open [\d.]+\norder 1 canceled\n", printed.decode())
