"""A key that is easily found: wherever a program, its log, its error tracker or its disk could show it, it is not."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import logging
import os
import pickle
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ccxt
import pytest

import oms_ccxt_async
import oms_ccxt_pro
from oms_ccxt_async.dropin.accounts import read_accounts
from oms_ccxt_async.instrumentation import set_hooks
from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.sync import oms as sync_oms
from tests.faults.eventually import eventually
from tests.oms_ccxt_async.wire.test_transport_traceback import shown

CANARY = "canary-7f3d19ab-key"


def found_in(error: BaseException) -> list[str]:
    """Where an error shows the key: texts, attributes, pickle, and the locals of all frames but those of the tests."""
    places = [where for where, text in shown(error) if CANARY in text]
    texts = {"text": "".join(traceback.format_exception(error)), "pickle": str(pickle.dumps(error))}
    return places + [where for where, text in texts.items() if CANARY in text]


def files_in(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file()]


# A session, from beginning to end


@pytest.fixture
def told() -> Iterator[list[str]]:
    """Everything that hooks are told."""
    events: list[str] = []
    set_hooks([lambda event: events.append(f"{event!r} {pickle.dumps(event)!r}")])
    yield events
    set_hooks(None)


@pytest.mark.parametrize("profile", ["full", "legacy"])
async def test_a_session_leaves_no_key_anywhere(
    profile: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str], told: list[str]
) -> None:
    """With every logger of the process at DEBUG, the event loop in debug mode, `verbose`, hooks and a journal: orders
    over REST and the socket, streams, refusals, an unknown key, a restart of the OMS, the end."""
    caplog.set_level(logging.DEBUG)
    loop = asyncio.get_running_loop()
    loop.set_debug(True)
    loop.slow_callback_duration = 0.0
    raised: list[BaseException] = []
    shown_by: list[str] = []
    database = tmp_path / "oms.sqlite"
    options = {"account_id": 2, "journal": str(tmp_path / "journal"), "ws": {"backoff": 1, "backoffCap": 10}}
    config: dict[str, Any] = {"apiKey": CANARY, "verbose": True, "enableLastJsonResponse": True, "options": options}
    async with Sandbox(profile=profile, volatility=0, api_key=CANARY, database=database, reconcile=50) as sandbox:
        options["base_url"] = sandbox.url
        exchange = oms_ccxt_pro.oms(config)
        watching = asyncio.create_task(exchange.watch_orders())
        await eventually(lambda: exchange.stream_status().get("state") == "live")
        order = await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 50_000)
        await exchange.create_order_ws("BTC/USDT", "limit", "buy", 0.01, 49_000)
        await watching
        await exchange.edit_order(order["id"], "BTC/USDT", "limit", "buy", 0.01, 48_000)
        await exchange.fetch_balance()
        await exchange.cancel_all_orders("BTC/USDT")
        for bad in (
            exchange.create_order("BTC/USDT", "limit", "buy", 1_000_000, 50_000),
            exchange.fetch_order("999999", "BTC/USDT"),
            exchange.fetch_ticker("NO/SUCH"),
            exchange.create_order_ws("BTC/USDT", "limit", "sell", 1_000_000, 90_000),
        ):
            with pytest.raises(ccxt.BaseError) as caught:
                await bad
            raised.append(caught.value)
        shown_by += [repr(exchange), str(exchange), repr(exchange.stats()), repr(exchange.stream_status())]
        lasts = ("request_headers", "request_body", "request_url", "response_headers", "json_response")
        shown_by += [repr(getattr(exchange, f"last_{name}")) for name in lasts]
        shown_by += [repr(exchange.last_http_response), repr(exchange.unknown_orders())]
        port = int(sandbox.url.rpartition(":")[2])
    exchange.timeout = 300
    with pytest.raises(ccxt.BaseError) as caught:  # nobody is there
        await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 47_000)
    raised.append(caught.value)
    async with Sandbox(profile=profile, volatility=0, api_key="another", database=tmp_path / "2", port=port):
        with pytest.raises(ccxt.BaseError) as caught:  # who is there does not know the key
            await exchange.fetch_open_orders()
        raised.append(caught.value)
        await exchange.close()
    loop.set_debug(False)
    out = capsys.readouterr()
    records = [f"{record.getMessage()} {record.exc_text} {vars(record)!r}" for record in caplog.records]
    assert {"oms_ccxt.wire", "websockets.client", "asyncio"} <= {record.name for record in caplog.records}
    assert "RequestHeaders" in out.out
    assert [text[:300] for text in (*records, out.out, out.err, *shown_by, *told) if CANARY in text] == []
    assert [places for error in raised if (places := found_in(error))] == []
    files = {str(file.relative_to(tmp_path)): file.read_bytes() for file in files_in(tmp_path)}
    assert {"journal", "oms.sqlite"} <= files.keys()
    assert [name for name, content in files.items() if CANARY.encode() in content] == []


# Before there is a session

MISTAKES: list[dict[str, Any]] = [
    {"apiKey": CANARY, "timeot": 1},
    {"apiKey": CANARY, "options": {"acount_id": 1}},
    {"apiKey": CANARY, "secret": CANARY, "options": {"journal": 5}},
    {"apiKey": CANARY, "password": CANARY, "timeout": -1},
    {"apiKey": CANARY, "options": {"account_id": "one"}},
    {"apiKey": CANARY, "headers": {"Authorization": CANARY}, "options": {"base_url": "ftp://x"}},
]


@pytest.mark.parametrize("kind", [oms_ccxt_async.oms, oms_ccxt_pro.oms, sync_oms], ids=["async", "pro", "sync"])
@pytest.mark.parametrize("mistake", MISTAKES, ids=[str(number) for number in range(len(MISTAKES))])
def test_a_constructor_that_refuses_its_config(kind: Any, mistake: dict[str, Any]) -> None:
    """An error tracker prints the frames of a constructor, and their config without its credentials."""
    with pytest.raises(ccxt.BaseError) as raised:
        kind(copy.deepcopy(mistake))
    assert any("__init__: config" in where for where, _ in shown(raised.value))
    assert found_in(raised.value) == []


def test_a_key_that_is_no_text() -> None:
    """It is refused without being shown."""

    async def asked() -> None:
        async with oms_ccxt_async.oms(
            {"apiKey": [CANARY], "options": {"account_id": 1, "base_url": "http://x"}}
        ) as oms:
            await oms.fetch_open_orders()

    with pytest.raises(ccxt.AuthenticationError) as raised:
        asyncio.run(asked())
    assert found_in(raised.value) == []


@pytest.mark.parametrize(
    "wrong",
    [
        f'[[account]]\nas = "binance"\naccount_id = "x"\napi_key = "{CANARY}"',
        f'[[account]]\nas = "binance"\naccount_id = 1\napi_key = ["{CANARY}"]',
        f'[[account]]\nas = "binance"\naccount_idd = 1\napi_key = "{CANARY}"',
        f'api_key = "{CANARY}"\n[[account]]\nas = "binance"',
        f'api_key = "{CANARY}\n[[account]]',
        f"api_key = {CANARY}\n[[account]]",
    ],
)
def test_a_file_of_accounts_that_makes_no_sense(wrong: str, tmp_path: Path) -> None:
    """Neither the message nor a frame of who reads it shows the key that is in it."""
    file = tmp_path / "accounts.toml"
    file.write_text(wrong)
    with pytest.raises(ValueError, match=r"accounts\.toml") as raised:
        read_accounts(str(file))
    assert found_in(raised.value) == []


def test_accounts_that_were_read_show_no_key(tmp_path: Path) -> None:
    """What was read has the key, and its repr does not."""
    file = tmp_path / "accounts.toml"
    file.write_text(f'[[account]]\nas = "binance"\naccount_id = 1\napi_key = "{CANARY}"')
    accounts = read_accounts(str(file))
    assert accounts[0].settings["api_key"] == CANARY
    assert CANARY not in repr(accounts)


# Other processes


def test_a_program_that_is_run_does_not_inherit_the_key_of_the_file(tmp_path: Path) -> None:
    """`oms-ccxt run --config` tells the program where the file is: the key is neither among its arguments nor in its
    environment, nor so in that of its children."""
    (tmp_path / "accounts.toml").write_text(f'[[account]]\nas = "binance"\naccount_id = 1\napi_key = "{CANARY}"')
    (tmp_path / "program.py").write_text(
        "import os, sys, subprocess, ccxt\n"
        "key = ccxt.binance({'apiKey': 'mine', 'secret': 'mine'})\n"
        "print(dict(os.environ), sys.argv, sys.orig_argv)\n"
        "child = [sys.executable, '-c', 'import os; print(dict(os.environ))']\n"
        "print(subprocess.run(child, capture_output=True, text=True).stdout)\n"
    )
    command = [sys.executable, "-c", "from oms_ccxt_async.cli import main; main()", "run", "--config"]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("OMS_")}
    ran = subprocess.run(
        [*command, str(tmp_path / "accounts.toml"), str(tmp_path / "program.py")],
        capture_output=True,
        text=True,
        env=environ,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert "OMS_CCXT_CONFIG" in ran.stdout
    assert CANARY not in ran.stdout + ran.stderr


def test_an_exchange_leaves_the_environment_alone() -> None:
    """Making one puts nothing into the environment that children would get."""
    before = dict(os.environ)
    with contextlib.closing(sync_oms({"apiKey": CANARY, "options": {"account_id": 1, "base_url": "http://x"}})):
        assert dict(os.environ) == before
