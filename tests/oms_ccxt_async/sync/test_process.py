"""The sync exchange in programs of their own: imported, forgotten, interrupted, forked."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.faults.plan import Delay
from tests.oms_ccxt_async.elsewhere import Elsewhere, elsewhere, soon


@pytest.fixture(scope="module")
def oms() -> Iterator[Elsewhere]:
    """An OMS in another thread."""
    with elsewhere("full") as oms:
        yield oms


def started(oms: Elsewhere, script: str) -> subprocess.Popen[str]:
    """A program in which every warning is an error, pointed at the OMS."""
    options = oms.config()["options"]
    environment = os.environ | {
        "OMS_BASE_URL": options["base_url"],
        "OMS_API_KEY": oms.desk.sandbox.keys["trader"],
        "OMS_ACCOUNT_ID": "1",
    }
    command = [sys.executable, "-W", "error", "-c", script]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ran(oms: Elsewhere, script: str) -> str:
    """What a program prints, which must end by itself, well, and without a word on stderr."""
    with started(oms, script) as program:
        printed, complaints = program.communicate(timeout=30)
    assert (program.returncode, complaints) == (0, "")
    return printed


def test_costs_nothing_until_it_is_used(oms: Elsewhere) -> None:
    """Importing the package loads neither ccxt nor the sync exchange; naming it does."""
    script = """
import sys
import oms_ccxt_async
print("ccxt" in sys.modules, "asyncio" in sys.modules)
print(oms_ccxt_async.sync.oms.__module__)
"""
    assert ran(oms, script) == "False False\noms_ccxt_async.sync.facade\n"


def test_a_plain_script_needs_no_close(oms: Elsewhere) -> None:
    """A program that just ends, with a stream up and an exchange in a global, ends at once and says nothing."""
    script = """
import atexit
import ccxt
from oms_ccxt_async import sync
exchange = sync.oms()
other = sync.oms()
atexit.register(lambda: print("at exit", exchange.fetch_order(order["id"])["status"]))
order = exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 40_000)
try:
    exchange.watch_orders(timeout=0.2)
except ccxt.RequestTimeout:
    pass
other.fetch_balance()
print("end")
"""
    assert ran(oms, script) == "end\nat exit open\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one process there")
def test_ctrl_c_reaches_the_caller_and_orphans_no_order(oms: Elsewhere) -> None:
    """KeyboardInterrupt comes out of the call; the create under way goes on, and at exit its outcome is awaited."""
    script = """
from oms_ccxt_async import sync
exchange = sync.oms({"options": {"closeTimeout": 10_000}})
exchange.load_markets()
try:
    exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 40_000, {"clientOrderId": "interrupted"})
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""
    go = oms.do(asyncio.Event)
    held = oms.do(oms.desk.lose, Delay("down", go))
    with started(oms, script) as program:
        soon(lambda: held.hits, within=10)
        program.send_signal(signal.SIGINT)
        assert program.stdout is not None
        assert program.stdout.readline() == "interrupted\n"
        oms.do(go.set)
        _, complaints = program.communicate(timeout=30)
    assert (program.returncode, complaints) == (0, "")
    assert [row["client_order_id"] for row in oms.orders()].count("interrupted") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="there is no Ctrl-C there that one process gets")
def test_ctrl_c_ends_a_program_that_watches(oms: Elsewhere) -> None:
    """A program that only waits for updates is ended by Ctrl-C as any other: its own traceback, nothing hanging."""
    script = """
from oms_ccxt_async import sync
exchange = sync.oms()
exchange.watch_orders()
"""
    requests = oms.desk.proxy.requests
    requests.clear()
    with started(oms, script) as program:
        soon(lambda: any(request.path.startswith("/ws") for request in requests), within=10)
        program.send_signal(signal.SIGINT)
        _, complaints = program.communicate(timeout=30)
    assert program.returncode == -signal.SIGINT
    assert complaints.rstrip().endswith("KeyboardInterrupt")
    assert complaints.count("Traceback") == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_child_is_told_and_disturbs_nobody(oms: Elsewhere) -> None:
    """In the child an exchange that has worked refuses to, one that has not works; the parent's goes on."""
    script = """
import gc, os, sys
import ccxt
from oms_ccxt_async import sync
worked, fresh = sync.oms(), sync.oms()
worked.fetch_balance()
try:
    worked.watch_orders(timeout=0.2)
except ccxt.RequestTimeout:
    pass
if (child := os.fork()) == 0:
    try:
        worked.fetch_balance()
    except ccxt.NotSupported as error:
        print(error, flush=True)
    worked.close()
    print(len(fresh.fetch_accounts()) > 0, flush=True)
    del worked
    gc.collect()
    sys.exit()
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
order = worked.create_order("BTC/USDT", "limit", "buy", 0.01, 40_000)
print(order["id"] in [each["id"] for each in worked.watch_orders(timeout=5)])
"""
    said, *rest = ran(oms, script).splitlines()
    assert "forked" in said
    assert rest == ["True", "0", "True"]
