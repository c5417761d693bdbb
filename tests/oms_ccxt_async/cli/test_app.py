"""`oms_ccxt_async.cli.app`: the words of the command line."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from oms_ccxt_async.cli.app import app
from oms_ccxt_async.version import __version__


def test_lists_its_commands() -> None:
    """The help names every command."""
    result = CliRunner().invoke(app, ["--help"])
    assert result.exit_code == 0
    assert "sandbox" in result.output
    assert "demo" in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["sandbox", "--profile", "half"],
        ["sandbox", "--port", "70000"],
        ["sandbox", "--exchange", "nosuch"],
        ["demo", "--seconds", "-1"],
    ],
)
def test_refuses_nonsense(arguments: list[str]) -> None:
    """What makes no sense is a usage error, before anything is started."""
    assert CliRunner().invoke(app, arguments).exit_code == 2


def test_an_exchange_that_is_none_has_a_neighbour() -> None:
    """The nearest of ccxt's ids is named."""
    result = CliRunner().invoke(app, ["sandbox", "--exchange", "binanze"])
    assert "binance" in result.output


def test_says_its_version() -> None:
    """`--version` is that of the package."""
    result = CliRunner().invoke(app, ["--version"])
    assert result.output == f"oms-ccxt {__version__}\n"
