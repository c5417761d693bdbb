"""examples/freqtrade: config.json and strategies/crossing.py"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

import pytest

from oms_ccxt_async import oms
from oms_ccxt_async.sandbox import Sandbox
from tests.dropin.frameworks import required


@pytest.mark.dropin
@required("freqtrade")
@pytest.mark.timeout(180)
async def test_trades(tmp_path: Path) -> None:
    """freqtrade with the example's files trades through the OMS, and ends with Ctrl-C."""
    shutil.copytree("examples/freqtrade", tmp_path, dirs_exist_ok=True)
    (tmp_path / "user_data").mkdir()
    run = (sys.executable, "-m", "oms_ccxt_async", "run", "--as", "binance", "-m", "freqtrade", "trade")
    command = (*run, "--config", "config.json", "--strategy", "Crossing", "--strategy-path", "strategies")
    async with Sandbox(exchange="binance") as sandbox, oms(sandbox.config(account_id=2)) as exchange:
        where = {"OMS_BASE_URL": sandbox.url, "OMS_API_KEY": sandbox.keys["trader"], "OMS_ACCOUNT_ID": "2"}
        env = {**os.environ, **where, "PYTHONPATH": str(Path.cwd())}
        process = await asyncio.create_subprocess_exec(*command, cwd=tmp_path, env=env, stdout=PIPE, stderr=STDOUT)
        telling = asyncio.create_task(process.communicate())
        while not telling.done() and not await exchange.fetch_my_trades():
            await asyncio.wait([telling], timeout=0.5)
        if not telling.done():
            process.send_signal(signal.SIGINT)
        printed = (await telling)[0].decode()
        [order, *_] = await exchange.fetch_orders()
    assert process.returncode == 128 + signal.SIGINT, printed
    assert (order["symbol"], order["side"]) in {("BTC/USDT", "buy"), ("ETH/USDT", "buy")}
