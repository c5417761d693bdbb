"""`oms-ccxt check --conformance`: the rules as a table, as JSON and as an exit code."""

from __future__ import annotations

import json
from typing import Any

from typer.testing import CliRunner

from oms_ccxt_async.cli.app import app
from oms_ccxt_async.cli.conformance import held
from oms_ccxt_async.conformance import RULES
from oms_ccxt_async.sandbox import Sandbox
from tests.faults.plan import Reply, on
from tests.oms_ccxt_async.cli.conftest import asked, background, behind, environ


def document(printed: str) -> dict[str, Any]:
    """The report by rule."""
    return {rule["name"]: rule for rule in json.loads(printed)["rules"]}


def test_reading_only(sandbox: Sandbox) -> None:
    """Without `--trade` no order is placed, and the table has a line for each rule."""
    rules = document(asked(sandbox, "check", "--conformance", "--json"))
    assert list(rules) == [rule.name for rule in RULES]
    assert {rules[rule.name]["state"] for rule in RULES if rule.trades} == {"skipped"}
    assert asked(sandbox, "orders", "--state", "all", "--json") == "[]\n"
    printed = asked(sandbox, "check", "--conformance")
    assert "socket.bad-frames" in printed
    assert printed.endswith("All is well.\n")


def test_trading(sandbox: Sandbox) -> None:
    """With it, every rule is looked at that the account has rows for, and nothing is left open."""
    rules = document(asked(sandbox, "check", "--conformance", "--trade", "BTC/USDT", "--yes", "--json"))
    looked = {name for name, rule in rules.items() if rule["state"] == "ok"}
    assert {rule.name for rule in RULES if rule.trades and not rule.needs} <= looked
    assert rules["orders.over"]["state"] == "ok"
    assert json.loads(asked(sandbox, "orders", "--json")) == []


def test_orders_are_asked_for(sandbox: Sandbox) -> None:
    """What is about to be placed is told, and where, to who has to agree; who says no gets the rules that need none."""
    asked_for: list[str] = []

    def refuse(what: str) -> bool:
        asked_for.append(what)
        return False

    verdicts = held(sandbox.config(2), trade="BTC/USDT", agree=refuse)
    assert len(asked_for) == 1
    assert "some twenty orders" in asked_for[0]
    assert f"account 2 at {sandbox.url}" in asked_for[0]
    assert {verdict.state for verdict in verdicts} == {"ok", "skipped"}
    assert "--yes" in asked(sandbox, "check", "--conformance", "--trade", "BTC/USDT", code=2)


def test_an_oms_that_breaks_a_rule() -> None:
    """It fails that line, which says what breaks, and exits with 1."""
    with background(behind) as (sandbox, proxy):
        proxy.plan(Reply(200, b'{"items": []}', forward=False), on(path="/oms/reconcile/*"), times=None)
        env = environ(sandbox, url=proxy.url)
        result = CliRunner().invoke(app, ["check", "--conformance"], env=env)
    assert result.exit_code == 1
    assert result.output.endswith("Not well: reconcile.status.\n")
    assert "fact 27" in result.output


def test_settings_that_make_no_sense(sandbox: Sandbox) -> None:
    """One line says what is missing; nothing is asked of the OMS."""
    env = {**environ(sandbox), "OMS_ACCOUNT_ID": ""}
    result = CliRunner().invoke(app, ["check", "--conformance"], env=env)
    assert result.exit_code == 1
    assert "OMS_ACCOUNT_ID" in result.output


def test_a_key_that_may_not_trade(sandbox: Sandbox) -> None:
    """`--trade` with it is refused before anything is sent."""
    printed = asked(
        sandbox, "check", "--conformance", "--trade", "BTC/USDT", "--yes", code=1, role="readonly", account_id=1
    )
    assert "may not trade" in printed


def test_an_unknown_market(sandbox: Sandbox) -> None:
    """One line names it."""
    assert "NO/SUCH" in asked(sandbox, "check", "--conformance", "--trade", "NO/SUCH", "--yes", code=1)
