"""`oms_ccxt_async.cli.check` and `.checks`: what is behind the settings, and what to do where something fails."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from typer.testing import CliRunner

from oms_ccxt_async.cli import checks
from oms_ccxt_async.cli.app import app
from oms_ccxt_async.sandbox import Sandbox
from tests.faults.plan import Reply, on
from tests.oms_ccxt_async.cli.conftest import asked, background, behind, environ

# A stream that is closed in the middle of its handshake leaves its socket to the garbage collector.

Lines = dict[str, dict[str, Any]]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sandbox is here: what comes at all comes soon."""
    monkeypatch.setattr(checks, "WATCHED", 1.5)
    monkeypatch.setattr(checks, "OPENING", 2.0)


def checked(env: dict[str, str], *args: str, code: int) -> Lines:
    """The lines of the report, by name."""
    result = CliRunner().invoke(app, ["check", "--json", *args], env=env)
    assert result.exit_code == code, result.output
    assert env["OMS_API_KEY"] not in result.output
    report = json.loads(result.stdout)
    assert report["ok"] is (code == 0)
    assert all(line["todo"] for line in report["lines"] if line["state"] == "FAILED")
    return {line["name"]: line for line in report["lines"]}


def failing(lines: Lines) -> list[str]:
    """The names of the lines that fail."""
    return [name for name, line in lines.items() if line["state"] == "FAILED"]


def test_all_is_well(sandbox: Sandbox) -> None:
    """With both profiles every line is there and none fails, and the fallbacks are those of the profile."""
    lines = checked(environ(sandbox), code=0)
    names = ("settings", "address", "TLS", "OMS", "key", "account", "rights", "profile", "reconciling", "clocks")
    assert {*names, "latency", "markets", "WebSocket"} <= set(lines)
    assert lines["account"]["found"] == "2 (paper-netting): ccxt.paper, mode netting"
    assert lines["rights"]["found"] == "the key may read and trade, all strategies"
    lacking = [name for name, line in lines.items() if line["found"].startswith("lacking: ")]
    full = lines["profile"]["found"] == "full"
    extensions = ["  by_ids", "  idempotency", "  event_resume", "  event_rows"]
    assert lacking == ([] if full else extensions)
    printed = asked(sandbox, "check")
    assert printed.endswith("All is well.\n")


def test_one_tiny_order(sandbox: Sandbox) -> None:
    """It is created, edited and canceled, and not asked for where it is wanted with `--yes`."""
    lines = checked(environ(sandbox), "--trade", "BTC/USDT", "--yes", code=0)
    assert lines["order"]["found"].endswith("edited, canceled")
    assert json.loads(asked(sandbox, "orders", "--json")) == []
    assert json.loads(asked(sandbox, "orders", "--state", "canceled", "--json"))[-1]["clientOrderId"].startswith(
        "check-"
    )


def test_an_order_is_asked_for(sandbox: Sandbox) -> None:
    """Where nobody can be asked, `--trade` without `--yes` is an error of usage."""
    assert "--yes" in asked(sandbox, "check", "--trade", "BTC/USDT", code=2)


def test_nothing_listens() -> None:
    """The address fails, and what stands on it is skipped."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    env = {"OMS_BASE_URL": f"http://127.0.0.1:{port}", "OMS_API_KEY": "any-key", "OMS_ACCOUNT_ID": "1"}
    lines = checked(env, code=1)
    assert failing(lines) == ["address"]
    assert "OMS_BASE_URL" in lines["address"]["todo"]
    assert lines["WebSocket"]["state"] == "skipped"


def test_what_is_missing() -> None:
    """All that is not set is told at once."""
    env = {"OMS_BASE_URL": "http://127.0.0.1:1", "OMS_API_KEY": "any-key", "OMS_ACCOUNT_ID": ""}
    lines = checked(env, code=1)
    assert failing(lines) == ["settings"]
    assert "OMS_ACCOUNT_ID" in lines["settings"]["found"]
    assert failing(checked({**env, "OMS_ACCOUNT_ID": "one"}, code=1)) == ["settings"]


def test_a_wrong_key(sandbox: Sandbox) -> None:
    """The key fails, the address does not."""
    lines = checked({**environ(sandbox), "OMS_API_KEY": "not-the-key"}, code=1)
    assert failing(lines) == ["key"]
    assert "OMS_API_KEY" in lines["key"]["todo"]


def test_an_account_of_others(sandbox: Sandbox) -> None:
    """The accounts that the key may see are named."""
    lines = checked(environ(sandbox, account_id=2, role="readonly"), code=1)
    assert failing(lines) == ["account"]
    assert "(1)" in lines["account"]["todo"]


def test_https_before_a_plain_port(sandbox: Sandbox) -> None:
    """The scheme is told that should be there."""
    env = environ(sandbox, url=sandbox.url.replace("http:", "https:"))
    lines = checked(env, code=1)
    assert failing(lines) == ["TLS"]
    assert "http://" in lines["TLS"]["todo"]


@contextmanager
def website(status: int, body: bytes) -> Iterator[str]:
    """Another web server."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("status", "body"), [(200, b"<html>welcome</html>"), (404, b"<html>no</html>"), (200, b"{}")])
def test_another_web_server(status: int, body: bytes) -> None:
    """It is not taken for an OMS."""
    with website(status, body) as url:
        lines = checked({"OMS_BASE_URL": url, "OMS_API_KEY": "any-key", "OMS_ACCOUNT_ID": "1"}, code=1)
    assert failing(lines) == ["OMS"]
    assert "something else than an OMS" in lines["OMS"]["todo"]


@pytest.mark.parametrize("status", [404, 502])
def test_no_websocket(status: int) -> None:
    """What stands before the OMS and does not pass upgrades is told; everything else is well."""
    with background(behind) as (sandbox, proxy):
        proxy.plan(Reply(status), on("GET", "/ws*"), times=None)
        lines = checked(environ(sandbox, url=proxy.url), code=1)
    assert failing(lines) == ["WebSocket"]
    assert "/ws" in lines["WebSocket"]["todo"]


@pytest.mark.parametrize("profile", ["full", "legacy"])
def test_clocks_that_are_hours_off(profile: str) -> None:
    """An OMS that writes times of another zone, which the driver would take for UTC."""
    options: dict[str, Any] = {"profile": profile, "clock": lambda: round(time.time() * 1000) + 3 * 3_600_000}
    options |= {"reconcile": 50} if profile == "legacy" else {}
    with background(lambda: Sandbox(volatility=0, **options)) as sandbox:
        lines = checked(environ(sandbox), code=1)
    assert failing(lines) == ["clocks"]
    assert "its rows are 3.0 h ahead" in lines["clocks"]["found"]
    assert "UTC" in lines["clocks"]["todo"]


def test_who_reconciles_a_legacy_oms() -> None:
    """Nobody, which the driver makes up for; nobody, and the key may not either; or somebody regularly."""
    with background(lambda: Sandbox(profile="legacy", volatility=0)) as sandbox:
        lines = checked(environ(sandbox), code=0)
        assert lines["reconciling"]["state"] == "note"
        assert "nobody does it regularly (never so far)" in lines["reconciling"]["found"]
        lines = checked(environ(sandbox, account_id=1, role="readonly"), code=1)
        assert failing(lines) == ["reconciling"]
        assert "/oms/reconcile" in lines["reconciling"]["todo"]
    with background(lambda: Sandbox(profile="legacy", volatility=0, reconcile=100)) as sandbox:
        lines = checked(environ(sandbox, account_id=1, role="readonly"), code=0)
        assert "somebody does it regularly" in lines["reconciling"]["found"]
        assert lines["rights"]["state"] == "note"


def test_a_key_that_is_limited_to_strategies(sandbox: Sandbox) -> None:
    """Without a strategy, and with one of others, the ones that it may see are named; with its own it works."""
    env = environ(sandbox, account_id=1, role="strategy-restricted")
    for args in ([], ["--strategy", "2"]):
        lines = checked(env, *args, code=1)
        assert failing(lines) == ["rights"]
        assert "these strategies only: 1" in lines["rights"]["found"]
    # Of a legacy OMS it gets no events (fact 34), and it may not have it reconciled (fact 27).
    full = sandbox.oms.full
    lines = checked(env, "--strategy", "1", code=0 if full else 1)
    assert lines["rights"]["found"] == "the key may read and trade, strategy 1 only"
    assert failing(lines) == ([] if full else ["reconciling"])
    assert lines["WebSocket"]["state"] == ("ok" if full else "note")


def test_a_strategy_that_is_none(sandbox: Sandbox) -> None:
    """Orders would go under a strategy that nobody has registered."""
    lines = checked(environ(sandbox), "--strategy", "77", code=1)
    assert failing(lines) == ["rights"]
    assert "(1, 2)" in lines["rights"]["todo"]


def test_an_order_with_a_key_that_may_not(sandbox: Sandbox) -> None:
    """Nothing is sent."""
    lines = checked(environ(sandbox, account_id=1, role="readonly"), "--trade", "BTC/USDT", "--yes", code=1)
    assert "order" in failing(lines)
    lines = checked(environ(sandbox), "--trade", "BTC/NOSUCH", "--yes", code=1)
    assert failing(lines) == ["order"]
    assert "BTC/NOSUCH" in lines["order"]["found"]


NOT_FOUND = Reply(404, b'{"detail": "Not Found"}', forward=False)
"""In the framework's own words: the OMS has no such path."""


def test_an_oms_that_lacks_endpoints() -> None:
    """What it lacks is told with what is done instead, and breaks nothing."""
    with background(lambda: behind(profile="legacy")) as (sandbox, proxy):
        for path in ("/healthz", "/oms/positions/history", "/oms/reconcile/*", "/strategies"):
            proxy.plan(NOT_FOUND, on(path=path), times=None)
        lines = checked(environ(sandbox, url=proxy.url), code=0)
    assert lines["OMS"]["state"] == "note"
    assert "lacking: /oms/positions/history;" in lines["  lists"]["found"]
    assert lines["reconciling"]["state"] == "note"


def test_a_stream_that_lacks_its_lists() -> None:
    """A socket that opens is not enough where the lists are missing that watch methods read, too."""
    with background(lambda: behind(profile="legacy")) as (sandbox, proxy):
        proxy.plan(NOT_FOUND, on(path="/oms/deals"), times=None)
        lines = checked(environ(sandbox, url=proxy.url), code=1)
    assert failing(lines) == ["WebSocket"]
    assert "/oms/deals" in lines["WebSocket"]["found"]
    assert "watch methods" in lines["WebSocket"]["todo"]


def test_an_oms_that_breaks_down_meanwhile() -> None:
    """What it does not answer any more fails, line by line, and the report comes nevertheless."""
    down = Reply(500, b"broken", content_type="text/plain", forward=False)
    with background(lambda: behind(profile="legacy")) as (sandbox, proxy):
        proxy.plan(down, on("GET", "/oms/accounts"), skip=1, times=None)
        proxy.plan(down, on("POST", "/ccxt/*"), times=None)
        lines = checked(environ(sandbox, url=proxy.url), "--trade", "BTC/USDT", "--yes", code=1)
    assert {"clocks", "latency", "markets"} <= set(failing(lines))
    assert lines["order"]["state"] == "skipped"


def test_answers_that_make_no_sense() -> None:
    """An OMS that says something else than the contract has it is looked at to the end."""
    with background(lambda: behind(profile="legacy")) as (sandbox, proxy):
        for path, body in (
            ("/healthz", b'{"status": "ok", "features": "by_ids"}'),
            ("/strategies", b'{"items": [5, {"strategy_id": "x"}]}'),
            ("/oms/reconcile/*", b'{"items": [null, {"account_id": 2, "updated_at": 5, "age_seconds": "old"}]}'),
        ):
            proxy.plan(Reply(200, body, forward=False), on(path=path), times=None)
        lines = checked(environ(sandbox, url=proxy.url), code=0)
    assert lines["profile"]["found"].startswith("legacy")
    assert lines["rights"]["state"] == "ok"


def test_a_defect_is_one_line(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one of the check itself; `--debug` shows where."""

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("mine")

    monkeypatch.setattr(checks, "looked_at", broken)
    printed = asked(sandbox, "check", code=1)
    assert printed == "oms-ccxt check: ZeroDivisionError: mine; --debug shows where\n"
    assert "Traceback" in asked(sandbox, "check", "--debug", code=1)
