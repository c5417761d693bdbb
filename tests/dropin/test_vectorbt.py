"""vectorbt's CCXTData, unchanged, downloads candles through the OMS."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Any

import pytest

from oms_ccxt_async.sandbox import Sandbox
from tests.dropin.frameworks import required
from tests.oms_ccxt_async.cli.conftest import COMMAND

pytestmark = [pytest.mark.dropin, required("vectorbt"), pytest.mark.timeout(120)]

PROGRAM = """
import json, sys, time
import ccxt
from vectorbt.data.custom import CCXTData

now = int(time.time() * 1000)
when = {"start": now - 1_200 * 60_000, "end": now, "timeframe": "1m", "show_progress": False}
exchange = ccxt.binance()
frames = [
    CCXTData.download(["BTC/USDT", "ETH/USDT"], exchange="oms", limit=500, **when).get("Close"),
    CCXTData.download("BTC/USDT", exchange="binance", config={"apiKey": "a", "secret": "b"}, **when).get("Close"),
    CCXTData.download("BTC/USDT", exchange=exchange, **when).get("Close"),
]
frame, *series = frames
minutes = [int(moment.timestamp()) // 60 for moment in frame.index]
json.dump(
    {
        "exchange": [type(exchange).__module__, isinstance(exchange, ccxt.Exchange)],
        "columns": list(frame.columns),
        "rows": len(minutes),
        "steps": sorted({later - earlier for earlier, later in zip(minutes, minutes[1:])}),
        "equal": [list(each[:-1]) == list(frame["BTC/USDT"][:-1]) for each in series],
        "missing": int(frame.isna().sum().sum()),
    },
    sys.stdout,
)
"""


async def test_download() -> None:
    """Its pages join without a gap or a repeat: by exchange id, where the OMS stands in, and with a ready exchange."""
    async with Sandbox(exchange="binance") as sandbox:
        oms = {"OMS_BASE_URL": sandbox.url, "OMS_API_KEY": sandbox.keys["trader"], "OMS_ACCOUNT_ID": "2"}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", COMMAND, "run", "--as", "binance", "-c", PROGRAM),
            env={**os.environ, "PYTHONPATH": os.getcwd(), **oms},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        printed, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    assert b"Unclosed" not in errors
    told: dict[str, Any] = json.loads(printed.splitlines()[-1])
    assert told == {
        "exchange": ["ccxt", True],
        "columns": ["BTC/USDT", "ETH/USDT"],
        "rows": pytest.approx(1_200, abs=1),
        "steps": [1],
        "equal": [True, True],
        "missing": 0,
    }
