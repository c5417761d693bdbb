"""`oms_ccxt_async.cli.trading`: what an account has, and its orders."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import time
from typing import Any

import pytest

from oms_ccxt_async.sandbox import Sandbox
from tests.faults.plan import Delay
from tests.oms_ccxt_async.cli.conftest import COMMAND, Start, asked, background, behind, environ


def created(sandbox: Sandbox, *args: str) -> dict[str, Any]:
    """An order that the command created."""
    order: dict[str, Any] = json.loads(asked(sandbox, "order", "create", *args, "--json"))
    return order


def test_an_order_from_its_creation_to_its_end(sandbox: Sandbox) -> None:
    """It is created, listed, edited, shown, canceled, each time as the OMS has it."""
    order = created(sandbox, "BTC/USDT", "limit", "buy", "0.01", "30000.5")
    number = order["id"]
    assert (order["status"], order["amount"], order["price"]) == ("open", 0.01, 30000.5)
    assert number in [each["id"] for each in json.loads(asked(sandbox, "orders", "BTC/USDT", "--json"))]
    edited = json.loads(asked(sandbox, "order", "edit", number, "--price", "29000", "--json"))
    assert (edited["id"], edited["amount"], edited["price"]) == (number, 0.01, 29000)
    shown = json.loads(asked(sandbox, "order", "show", order["clientOrderId"], "--client-id", "--json"))
    assert (shown["id"], shown["price"]) == (number, 29000)
    canceled = json.loads(asked(sandbox, "order", "cancel", number, "--json"))
    assert [each["status"] for each in canceled] == ["canceled"]
    assert json.loads(asked(sandbox, "orders", "--json")) == []
    assert number in asked(sandbox, "orders", "--state", "canceled")


def test_what_an_account_has(sandbox: Sandbox) -> None:
    """A fill, its position, the balance and the price are told in columns and as JSON."""
    order = created(sandbox, "ETH/USDT", "market", "buy", "0.5")
    assert order["status"] == "closed"
    heading, *lines = asked(sandbox, "trades", "ETH/USDT").splitlines()
    assert heading.split() == ["id", "datetime", "symbol", "side", "amount", "price", "cost", "fee", "order"]
    assert "ETH/USDT" in lines[-1]
    assert lines[-1].split()[-1] == order["id"]
    assert json.loads(asked(sandbox, "trades", "--json"))[-1]["amount"] == 0.5
    assert "ETH/USDT" in asked(sandbox, "positions")
    assert [row.split()[0] for row in asked(sandbox, "balance").splitlines()] == ["currency", "BTC", "ETH", "USDT"]
    assert json.loads(asked(sandbox, "balance", "--json"))["total"]["BTC"] == 10
    assert asked(sandbox, "ticker", "BTC/USDT", "ETH/USDT").count("/USDT") == 2
    assert json.loads(asked(sandbox, "ticker", "BTC/USDT", "--json"))["symbol"] == "BTC/USDT"


def test_several_are_canceled_and_the_failures_told(sandbox: Sandbox) -> None:
    """Orders that cannot be canceled do not save the others, and `--all` cancels what is left."""
    filled = created(sandbox, "BTC/USDT", "market", "buy", "0.01")["id"]
    order, other = (created(sandbox, "BTC/USDT", "limit", "buy", "0.01", "30000")["id"] for _ in range(2))
    printed = asked(sandbox, "order", "cancel", filled, "999999", order, code=1)
    assert [line.split()[0] for line in printed.splitlines() if "canceled" in line.split()] == [order]
    assert sum(line.startswith("oms-ccxt order cancel: ") for line in printed.splitlines()) == 2
    assert [each["id"] for each in json.loads(asked(sandbox, "orders", "--json"))] == [other]
    asked(sandbox, "order", "cancel", "--all", "--symbol", "BTC/USDT")
    assert json.loads(asked(sandbox, "orders", "--json")) == []


def test_a_client_order_id_of_ones_own(sandbox: Sandbox) -> None:
    """The order carries it, from its option or from `--params`, and is canceled by it."""
    for name, args in (("mine", ["--client-id", "mine"]), ("ours", ["--params", '{"clientOrderId": "ours"}'])):
        assert created(sandbox, "BTC/USDT", "limit", "buy", "0.01", "30000", *args)["clientOrderId"] == name
        asked(sandbox, "order", "cancel", name, "--client-id")
    assert json.loads(asked(sandbox, "orders", "--json")) == []


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["order", "show", "999999"], "999999"),
        (["ticker", "BTC/NOSUCH"], "BTC/NOSUCH"),
        (["order", "create", "BTC/USDT", "limit", "buy", "-1", "30000"], "amount"),
    ],
)
def test_an_error_is_one_line(sandbox: Sandbox, args: list[str], words: str) -> None:
    """What the driver says, and no traceback unless it is asked for."""
    printed = asked(sandbox, *args, code=1)
    assert printed.startswith("oms-ccxt ")
    assert printed.count("\n") == 1
    assert words in printed
    assert "Traceback" in asked(sandbox, *args, "--debug", code=1)


@pytest.mark.parametrize(
    "args",
    [
        ["order", "edit", "1"],
        ["order", "cancel"],
        ["order", "cancel", "1", "--all"],
        ["order", "cancel", "1", "--symbol", "BTC/USDT"],
        ["order", "create", "BTC/USDT", "limit", "hold", "1"],
        ["order", "create", "BTC/USDT", "limit", "buy", "1", "1", "--params", "[]"],
        ["order", "create", "BTC/USDT", "limit", "buy", "1", "1", "--params", "{"],
        ["orders", "--since", "yesterday"],
        ["orders", "--limit", "0"],
        ["orders", "--as", "binance"],
        ["ticker"],
    ],
)
def test_usage(sandbox: Sandbox, args: list[str]) -> None:
    """What makes no sense is an error of usage."""
    asked(sandbox, *args, code=2)


TRADING = [
    ["order", "create", "BTC/USDT", "limit", "buy", "0.01", "30000"],
    ["order", "cancel", "--all"],
    ["call", "create_order", "BTC/USDT", "limit", "buy", "0.01", "30000"],
    ["call", "createOrder", "BTC/USDT", "limit", "buy", "0.01", "30000"],
    ["call", "set_leverage", "5", "BTC/USDT:USDT"],
    ["call", "oms_post_commands", '{"command": "cancel_all_orders", "payload": {}}'],
    ["call", "request", "commands", "oms", "POST"],
    ["call", "fetch2", "commands", "oms", "POST"],
]


@pytest.mark.parametrize("args", TRADING, ids=" ".join)
def test_a_live_account_is_not_traded_on_unasked(live: Sandbox, args: list[str]) -> None:
    """Where nobody can be asked, what trades is refused without `--yes`, and nothing is sent."""
    printed = asked(live, *args, code=1)
    assert "account 2 (binance)" in printed
    assert "is live" in printed
    assert "--yes" in printed
    assert json.loads(asked(live, "orders", "--state", "all", "--json")) == []


def test_reading_a_live_account_asks_nothing(live: Sandbox) -> None:
    """What reads goes on."""
    asked(live, "balance")
    asked(live, "call", "omsGetOrdersOpen")
    asked(live, "call", "fetchTicker", "BTC/USDT")


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 1)])
def test_a_person_is_asked(answer: str, code: int) -> None:
    """In a terminal the account and the order are shown, and the order is sent if the answer is yes."""
    with background(lambda: Sandbox(exchange="binance", volatility=0)) as sandbox:
        person, theirs = pty.openpty()
        try:
            os.write(person, f"{answer}\n".encode())
            command = [sys.executable, "-c", COMMAND, "order", "create", "BTC/USDT", "limit", "buy", "0.01", "30000"]
            done = subprocess.run(
                command, stdin=theirs, capture_output=True, text=True, timeout=40, env=os.environ | environ(sandbox)
            )
        finally:
            os.close(person)
            os.close(theirs)
        assert done.returncode == code
        assert "limit buy 0.01 BTC/USDT at 30000 on account 2 (binance) at http" in done.stderr
        assert len(json.loads(asked(sandbox, "orders", "--json"))) == 1 - code


def test_yes_goes_on(live: Sandbox) -> None:
    """With `--yes` nothing is asked."""
    order = json.loads(asked(live, "order", "create", "BTC/USDT", "limit", "buy", "0.01", "30000", "--yes", "--json"))
    asked(live, "order", "cancel", order["id"], "--yes")


def test_an_interrupted_create_says_how_to_look(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while the answer is awaited: the order is at the OMS, under the client order id that is told."""
    with background(behind) as (sandbox, proxy):
        for name, value in environ(sandbox, url=proxy.url).items():
            monkeypatch.setenv(name, value)
        proxy.plan(Delay("down", 1.5), lambda request: b'"send_order"' in request.body)
        running = start("order", "create", "BTC/USDT", "limit", "buy", "0.01", "30000")
        deadline = time.monotonic() + 30
        while not any(b'"send_order"' in request.body for request in proxy.requests):
            assert time.monotonic() < deadline
            assert running.process.poll() is None
        code, printed, _ = running.end()
        assert code == 130
        assert "Traceback" not in printed
        assert printed.startswith("oms-ccxt order create: interrupted; ")
        shown = asked(sandbox, "order", "show", printed.split()[-1], "--client-id", "--json")
        assert json.loads(shown)["status"] == "open"
