"""`oms-ccxt dashboard` as a command: where it listens, who gets in, how it ends. What it shows: tests/browser."""

from __future__ import annotations

import http.client
import re
import socket
from importlib.util import find_spec
from urllib.parse import urlsplit

import pytest
from typer.testing import CliRunner

from oms_ccxt_async.cli.app import app
from oms_ccxt_async.sandbox import Sandbox
from tests.oms_ccxt_async.cli.conftest import Running, Start, environ

pytestmark = pytest.mark.skipif(find_spec("nicegui") is None, reason="needs the extra dashboard")


@pytest.fixture
def running(start: Start, live: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Running:
    """A dashboard that listens."""
    for name, value in environ(live).items():
        monkeypatch.setenv(name, value)
    running = start("dashboard")
    running.read_until("Ctrl-C stops it.")
    return running


def asked(address: str, path: str, **headers: str) -> tuple[int, dict[str, str], str]:
    """Status, headers and body of a plain GET, without following where it leads."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode()
    finally:
        connection.close()


def test_who_gets_in(running: Running, live: Sandbox) -> None:
    """On the loopback, by the printed address, once; with its cookie; the OMS's key is in nothing that is sent."""
    [address] = re.findall(r"http://\S+", running.printed)
    assert urlsplit(address).hostname == "127.0.0.1"
    for path in ("/", "/_nicegui_ws/socket.io/?EIO=4&transport=polling", "/_nicegui/3.18.0/static/nicegui.js", "/x"):
        assert asked(address, path)[0] == 403
    status, headers, _ = asked(address, f"/?{urlsplit(address).query}")
    assert status == 303
    assert asked(address, f"/?{urlsplit(address).query}")[0] == 403
    cookie = headers["set-cookie"].partition(";")[0]
    status, headers, page = asked(address, "/", cookie=cookie)
    assert status == 200
    assert "Account 2" in page
    assert live.keys["trader"] not in page
    assert asked(address, "/", cookie=cookie, host="evil.example")[0] == 421
    assert asked(address, "/", cookie=cookie, origin="http://evil.example")[0] == 403
    assert not re.findall(r"(?:src|href)=\"(?:https?:)?//", page)
    assert "It was opened. For another browser: http://" in running.read_until("For another browser")


def test_it_ends_on_a_signal(running: Running, live: Sandbox) -> None:
    """Ctrl-C ends it within some seconds, with 0 and without a traceback; it prints no key."""
    code, printed, seconds = running.end()
    assert (code, seconds < 5) == (0, True)
    assert "Traceback" not in printed
    assert live.keys["trader"] not in printed


def test_an_address_that_is_taken(live: Sandbox) -> None:
    """What somebody else listens on is said in one line."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = CliRunner().invoke(app, ["dashboard", "--port", str(port)], env=environ(live))
    assert result.exit_code == 1
    assert result.output == f"oms-ccxt dashboard: cannot listen on 127.0.0.1:{port}: Address already in use\n"


def test_nobody_else_may_trade(live: Sandbox) -> None:
    """Buttons without a token are refused where others reach the page."""
    args = ["dashboard", "--trade", "--no-token", "--host", "0.0.0.0"]
    result = CliRunner().invoke(app, args, env=environ(live))
    assert result.exit_code == 2
    assert "would let anybody" in " ".join(result.output.split())


def test_a_sandbox_opens_a_dashboard(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """`sandbox --open` has a browser open a page on its account 2, and takes it along when it ends."""
    monkeypatch.setenv("BROWSER", "echo opened %s")
    running = start("sandbox", "--port", "0", "--open")
    printed = running.read_until("Dashboard: http://")
    [address] = re.findall(r"Dashboard: (http://\S+)", printed)
    if f"opened {address}" not in printed:
        running.read_until(f"opened {address}")
    assert asked(address, "/")[0] == 403
    code, printed, _ = running.end()
    assert code == 0
    assert "Traceback" not in printed
    with pytest.raises(ConnectionRefusedError):
        asked(address, "/")


def test_a_key_of_no_account(live: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """With --every-account, a key that may read none is told so."""

    async def none(_: object) -> list[object]:
        return []

    monkeypatch.setattr("oms_ccxt_async.oms.fetch_accounts", none)
    result = CliRunner().invoke(app, ["dashboard", "--every-account"], env=environ(live))
    assert (result.exit_code, result.output) == (1, "oms-ccxt dashboard: oms: this key may read no account\n")
