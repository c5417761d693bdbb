"""`oms_ccxt_async.cli.account`: which account a command is about, and with which key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from oms_ccxt_async.cli.account import configured, redacted
from oms_ccxt_async.cli.app import app
from oms_ccxt_async.sandbox import Sandbox
from tests.oms_ccxt_async.cli.conftest import asked, environ

FILE = """
base_url = "http://one:8000"
api_key = "the file's key"

[[account]]
as = "binance"
account_id = 1

[[account]]
as = "kraken"
account_id = 2
base_url = "http://two:8000"
strategy_id = 5
test = true
"""


def made(**given: Any) -> tuple[dict[str, Any], bool]:
    """What is made of some options, the others left out."""
    names = ("url", "account", "strategy", "config", "as_", "key_file")
    return configured(**{name: given.get(name) for name in names})


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A file of two accounts."""
    path = tmp_path / "accounts.toml"
    path.write_text(FILE)
    return path


def test_nothing_said() -> None:
    """Without options all is left to the environment."""
    assert made() == ({"options": {}}, False)


def test_options_before_the_file(config: Path, tmp_path: Path) -> None:
    """The file says what the options leave out."""
    found, test = made(config=config, as_="kraken")
    options = {"account_id": 2, "base_url": "http://two:8000", "strategy_id": 5}
    assert (found, test) == ({"apiKey": "the file's key", "options": options}, True)
    key_file = tmp_path / "key"
    key_file.write_text("another key\n")
    found, test = made(config=config, account=1, url="http://three", strategy=0, key_file=key_file)
    options = {"account_id": 1, "base_url": "http://three", "strategy_id": 0}
    assert (found, test) == ({"apiKey": "another key", "options": options}, False)


def test_the_environment_chooses_an_account_of_the_file(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """OMS_ACCOUNT_ID says which account of the file is meant; one that it does not have is not taken for another."""
    monkeypatch.setenv("OMS_ACCOUNT_ID", "2")
    assert made(config=config)[0]["options"]["base_url"] == "http://two:8000"
    monkeypatch.setenv("OMS_ACCOUNT_ID", "3")
    with pytest.raises(typer.BadParameter, match="no account 3"):
        made(config=config)


@pytest.mark.parametrize("given", [{}, {"account": 3}, {"as_": "gate"}, {"as_": "kraken", "account": 1}])
def test_an_account_that_is_not_clear(config: Path, given: dict[str, Any]) -> None:
    """Which accounts there are is told, and none is guessed."""
    with pytest.raises(typer.BadParameter, match="1 as binance, 2 as kraken"):
        made(config=config, **given)


@pytest.mark.parametrize("content", ["", "  \n"])
def test_a_key_file_without_a_key(tmp_path: Path, content: str) -> None:
    """It is refused, and the environment's key is not used in its place."""
    path = tmp_path / "key"
    path.write_text(content)
    with pytest.raises(typer.BadParameter, match="there is no key"):
        made(key_file=path)


def test_no_option_takes_a_key() -> None:
    """No command that talks to an OMS has an option for the key itself: everybody can see arguments."""
    commands: Any = typer.main.get_command(app)
    commands = {**commands.commands, **commands.commands["order"].commands}
    options = {name: [option for each in command.params for option in each.opts] for name, command in commands.items()}
    assert len(options) >= 13
    assert {name for name, each in options.items() if "--key-file" not in each} == {"sandbox", "demo", "run", "order"}
    assert {name for name, each in options.items() if any("key" in one and one != "--key-file" for one in each)} == {
        "sandbox"  # a key of its own making
    }


def test_a_file_in_place_of_the_environment(sandbox: Sandbox, tmp_path: Path) -> None:
    """A file says everything that a command needs; OMS_CCXT_CONFIG names it, too."""
    path = tmp_path / "accounts.toml"
    key = sandbox.keys["trader"]
    path.write_text(f'base_url = "{sandbox.url}"\napi_key = "{key}"\n[[account]]\nas = "binance"\naccount_id = 3\n')
    for args, env in ((["--config", str(path)], {}), ([], {"OMS_CCXT_CONFIG": str(path)})):
        result = CliRunner().invoke(app, ["call", "fetch_accounts", *args], env=env)
        assert result.exit_code == 0, result.output
        assert [each["id"] for each in json.loads(result.stdout)] == ["1", "2", "3"]


def test_what_is_missing_is_told(sandbox: Sandbox) -> None:
    """All of it, in one line."""
    result = CliRunner().invoke(app, ["balance"], env={**environ(sandbox), "OMS_API_KEY": "", "OMS_ACCOUNT_ID": ""})
    assert result.exit_code == 1
    assert result.output.count("\n") == 1
    assert "OMS_API_KEY" in result.output
    assert "OMS_ACCOUNT_ID" in result.output


def test_an_account_that_is_there_for_tests(live: Sandbox, tmp_path: Path) -> None:
    """`test = true` in the file: nothing is asked."""
    path = tmp_path / "accounts.toml"
    path.write_text('[[account]]\nas = "binance"\naccount_id = 2\ntest = true\n')
    order = json.loads(
        asked(live, "order", "create", "BTC/USDT", "limit", "buy", "0.01", "30000", "--json", "--config", str(path))
    )
    asked(live, "order", "cancel", order["id"], "--config", str(path))


def test_redacted() -> None:
    """The key is in no text of a value, however deep."""
    value = {"a": ["x secret y", ("secret",)], "b": 1}
    assert redacted(value, "secret") == {"a": ["x *** y", ["***"]], "b": 1}
    assert redacted("text", None) == "text"
