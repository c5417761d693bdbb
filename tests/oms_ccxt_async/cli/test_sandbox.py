"""`oms-ccxt sandbox`: what it prints works, and it ends when told to."""

from __future__ import annotations

import json
import re
import signal
import socket
import textwrap
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import oms_ccxt_async
from oms_ccxt_async.cli.app import app
from oms_ccxt_async.cli.sandbox import MOST_LINES, Lines
from oms_ccxt_async.sandbox import Sandbox
from tests.oms_ccxt_async.cli.conftest import Running, Start

ROLES = {
    "trader": "read and trade (account 1, 2, 3)",
    "admin": "read (account 1, 2, 3)",
    "readonly": "read (account 1)",
    "strategy-restricted": "read and trade, strategy 1 only (account 1)",
    "closer": "read and close (account 1, 2, 3)",
}


def get(url: str, key: str = "") -> Any:
    """The JSON answer of a plain GET."""
    request = urllib.request.Request(url, headers={"x-api-key": key})
    with urllib.request.urlopen(request, timeout=5) as response:
        return json.loads(response.read())


def exported(printed: str) -> dict[str, str]:
    """The variables that the printed `export` lines set."""
    return dict(re.findall(r"export (\w+)=(\S+)", printed))


@pytest.fixture
def running(start: Start) -> Running:
    """A sandbox that has announced itself."""
    running = start("sandbox", "--port", "0")
    running.read_until("Ctrl-C stops it.")
    return running


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ends_on_signal(running: Running, number: signal.Signals) -> None:
    """Ctrl-C and SIGTERM end it within two seconds, with 0 and without a traceback."""
    code, printed, seconds = running.end(number)
    assert code == 0
    assert printed.endswith("Stopped.\n")
    assert "Traceback" not in printed
    assert seconds < 2


def test_announces_where_it_is(running: Running) -> None:
    """The printed address answers as a full OMS, and has the printed docs page."""
    url = exported(running.printed)["OMS_BASE_URL"]
    assert get(f"{url}/healthz")["features"]
    assert f"{url}/docs\n" in re.sub(r" +\n", "\n", running.printed)


def test_announces_accounts(running: Running) -> None:
    """Every account is printed in a line, as the OMS lists it to the trader's key."""
    environment = exported(running.printed)
    accounts = get(f"{environment['OMS_BASE_URL']}/oms/accounts", environment["OMS_API_KEY"])["items"]
    assert [account["account_id"] for account in accounts] == [1, 2, 3]
    for account in accounts:
        fields = (account[name] for name in ("account_id", "label", "exchange_id", "position_mode"))
        assert re.search(r"\W+".join(re.escape(str(field)) for field in fields), running.printed)


def test_announces_keys(running: Running) -> None:
    """Every role's key is printed whole, in a line with its role, above what it may do."""
    url = exported(running.printed)["OMS_BASE_URL"]
    for role, may in ROLES.items():
        row = re.search(rf"│ {role} +│ (\S+) +│\n│ +│ {re.escape(may)} +│\n", running.printed)
        assert row, role
        assert get(f"{url}/oms/accounts", row[1])["items"]


def test_config_can_be_pasted(running: Running) -> None:
    """The printed Python constructs an exchange with the address and key that the printed environment has."""
    block = re.search(r"^    exchange = .*?^    }\)$", running.printed, re.DOTALL | re.MULTILINE)
    assert block
    names: dict[str, Any] = {"oms_ccxt_async": oms_ccxt_async}
    exec(textwrap.dedent(block[0]), names)
    environment = exported(running.printed)
    assert names["exchange"].apiKey == environment["OMS_API_KEY"]
    assert names["exchange"].options["base_url"] == environment["OMS_BASE_URL"]
    assert str(names["exchange"].options["account_id"]) == environment["OMS_ACCOUNT_ID"]


def test_options_reach_the_sandbox(start: Start, tmp_path: Path) -> None:
    """Host, profile, exchange, key and database are those of the command line."""
    database = tmp_path / "kept.sqlite"
    arguments = ("--host", "127.0.0.1", "--profile", "legacy", "--exchange", "binance", "--api-key", "s3cret")
    running = start("sandbox", "--port", "0", "--database", str(database), "--seed", "7", *arguments)
    environment = exported(running.read_until("Ctrl-C stops it."))
    assert environment["OMS_API_KEY"] == "s3cret"
    assert str(database) in running.printed
    assert "features" not in get(f"{environment['OMS_BASE_URL']}/healthz")
    accounts = get(f"{environment['OMS_BASE_URL']}/oms/accounts", "s3cret")["items"]
    assert {account["exchange_id"] for account in accounts} == {"ccxt.binance"}
    assert running.end()[0] == 0
    assert database.exists()


def test_keys_stay_the_same(start: Start, tmp_path: Path) -> None:
    """Started again on its database, it shows the same keys, of all roles, and they work."""
    shown = []
    for _ in range(2):
        running = start("sandbox", "--port", "0", "--database", str(tmp_path / "kept.sqlite"))
        running.read_until("Ctrl-C stops it.")
        url = exported(running.printed)["OMS_BASE_URL"]
        shown.append(dict(re.findall(r"│ (\S+) +│ (\S+-\S{24}) +│", running.printed)))
        assert all(get(f"{url}/oms/accounts", key)["items"] for key in shown[-1].values())
        assert running.end()[0] == 0
    assert shown[0] == shown[1]
    assert set(shown[0]) == set(ROLES)


@pytest.mark.parametrize("args", [(), ("--quiet",)])
def test_tells_what_happens(start: Start, args: tuple[str, ...]) -> None:
    """A line for each command and refusal, with the time; with --quiet, none."""
    running = start("sandbox", "--port", "0", *args)
    environment = exported(running.read_until("Ctrl-C stops it."))
    headers = {"x-api-key": environment["OMS_API_KEY"], "content-type": "application/json"}
    body = {"command": "cancel_all_orders", "account_id": 2, "payload": {}}
    request = urllib.request.Request(f"{environment['OMS_BASE_URL']}/oms/commands", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=5) as response:
        assert response.status == 200
    code, printed, _ = running.end()
    assert code == 0
    assert bool(re.search(r"^\d\d:\d\d:\d\d  account 2  cancel all orders$", printed, re.MULTILINE)) is not bool(args)


def test_lines_never_make_anybody_wait(capsys: pytest.CaptureFixture[str]) -> None:
    """More lines than are read are left out and counted, and nobody waits for them."""
    lines = Lines()
    for number in range(MOST_LINES + 7):
        lines.put(f"line {number}")
    lines.begin()
    lines.end()
    lines._thread.join(5)
    printed = capsys.readouterr().out.splitlines()
    assert printed[MOST_LINES - 1].endswith(f"line {MOST_LINES - 1}")
    assert "... and 7 lines more" in "".join(printed[MOST_LINES:]) or len(printed) == MOST_LINES


def test_a_legacy_oms_reconciles_at_the_interval(start: Start) -> None:
    """With --reconcile a legacy OMS looks for fills by itself, without it never; --exchange-latency takes its time."""
    asleep = start("sandbox", "--port", "0", "--profile", "legacy", "--exchange-latency", "200ms")
    awake = start("sandbox", "--port", "0", "--profile", "legacy", "--reconcile", "50ms")
    environments = [exported(running.read_until("Ctrl-C stops it.")) for running in (asleep, awake)]
    assert "looks for fills only when it is asked to" in " ".join(asleep.printed.split())
    assert "looks for fills every 50 ms" in " ".join(awake.printed.split())

    def status(environment: dict[str, str]) -> str:
        url = f"{environment['OMS_BASE_URL']}/oms/reconcile/1/status"
        return str(get(url, environment["OMS_API_KEY"])["items"][0]["status"])

    deadline = time.monotonic() + 5
    while status(environments[1]) != "fresh":
        assert time.monotonic() < deadline
    assert status(environments[0]) == "never"
    key = environments[0]["OMS_API_KEY"]
    headers = {"x-api-key": key, "content-type": "application/json"}
    request = urllib.request.Request(f"{environments[0]['OMS_BASE_URL']}/oms/reconcile", b"{}", headers)
    began = time.monotonic()
    with urllib.request.urlopen(request, timeout=5) as response:
        assert json.loads(response.read())["triggered_count"] == 3
    assert time.monotonic() - began >= 0.6
    assert status(environments[0]) == "fresh"


@pytest.mark.parametrize("text", ["", "1", "s", "0s", "-1s", "1 s", "1.s", "1e3ms", "0.0001ms", "1s2"])
def test_a_duration_that_is_none(text: str) -> None:
    """What is no duration above zero, with its unit, is an error of usage that shows what would be one."""
    result = CliRunner().invoke(app, ["sandbox", "--profile", "legacy", "--reconcile", text])
    assert result.exit_code == 2
    assert "250ms" in result.output


def test_address_in_use() -> None:
    """An address that somebody else listens on is one clear line and exit code 1."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = CliRunner().invoke(app, ["sandbox", "--port", str(port)])
    assert result.exit_code == 1
    assert result.output == f"oms-ccxt sandbox: cannot listen on 127.0.0.1:{port}: Address already in use\n"


async def test_database_of_other_profile(start: Start, tmp_path: Path) -> None:
    """A database that began with the other profile is refused in one line."""
    path = tmp_path / "oms.sqlite"
    async with Sandbox(database=path):
        pass
    running = start("sandbox", "--port", "0", "--database", str(path), "--profile", "legacy")
    printed, _ = running.process.communicate(timeout=30)
    assert running.process.returncode == 1
    assert printed == "oms-ccxt sandbox: the database is of a full sandbox, not of a legacy one\n"


def test_a_replay_and_bad_days_reach_the_sandbox(start: Start) -> None:
    """Candles, speed, start and what is to go wrong are those of the command line."""
    bad_days = ("--reject-rate", "100%", "--latency", "20ms", "--slippage", "0.1%", "--lose-answers", "0")
    when = ("--candles", "sample", "--speed", "0.001", "--start", "2026-06-01T00:00:30")
    running = start("sandbox", "--port", "0", *when, *bad_days, "--maintenance", "1m/1h")
    environment = exported(running.read_until("Ctrl-C stops it."))
    url, key = environment["OMS_BASE_URL"], environment["OMS_API_KEY"]
    prices = get(f"{url}/healthz")["prices"]
    assert (prices["source"], prices["state"], prices["time"]) == ("candles", "replaying", "2026-06-01T00:00:30Z")
    headers = {"x-api-key": key, "content-type": "application/json"}
    body = json.dumps({"args": ["BTC/USDT"], "kwargs": {}}).encode()
    request = urllib.request.Request(f"{url}/ccxt/1/fetch_ticker", body, headers)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=5)
    assert "under maintenance until 2026-06-01 00:01:00" in refused.value.read().decode()
    refused.value.close()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--maintenance", "1h/1m"), "1m/1h"),
        (("--maintenance", "5m"), "1m/1h"),
        (("--reject-rate", "1.5"), "no share such as"),
        (("--reject-rate", "-1"), "no share such as"),
        (("--start", "soon"), "no time such as"),
        (("--prices", "binanse"), "did you mean binance"),
    ],
)
def test_words_that_make_no_sense(arguments: tuple[str, ...], words: str) -> None:
    """They are refused before anything begins, with what would make sense."""
    result = CliRunner().invoke(app, ["sandbox", *arguments])
    assert result.exit_code == 2
    assert words in " ".join(re.sub(r"[^\w.%/' ]", " ", result.output).split())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--candles", "nowhere/BTC_USDT-1m.csv"), "No such file"),
        (("--candles", "sample", "--start", "2020-01-01"), "must start within its candles"),
        (("--candles", "sample", "--prices", "binance"), "its own prices"),
        (("--prices", "paper"), "ccxt has no exchange 'paper'"),
        (("--candles", "sample", "--workers", "2"), "simulated prices only"),
    ],
)
def test_what_cannot_begin(start: Start, arguments: tuple[str, ...], words: str) -> None:
    """Prices that cannot be had are one line and exit code 1."""
    running = start("sandbox", "--port", "0", *arguments)
    printed = running.read_until(words)
    assert "Traceback" not in printed


def test_help_fits_on_a_screen() -> None:
    """A terminal of 100 columns and 50 lines shows all there is."""
    result = CliRunner().invoke(app, ["sandbox", "--help"], env={"COLUMNS": "100"}, terminal_width=100)
    assert len(result.output.splitlines()) <= 50
