"""The OMS account that a command is about: which options say so, and the exchange that is made of them.

The key comes from the environment or from a file, never from an argument: every user of a machine can read the
arguments of its processes (`ps`), and shells keep them in their history.
"""

from __future__ import annotations

import functools
import inspect
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from oms_ccxt_async.dropin.accounts import AccountEntry, read_accounts

if TYPE_CHECKING:
    from oms_ccxt_async.sync import oms

__all__ = ["Desk", "Where", "configured", "fail", "on_account", "opened", "redacted", "told"]

HIDDEN = "***"


@dataclass(frozen=True, slots=True)
class Where:
    """What an exchange is made of, and how the command speaks.

    Attributes:
        config: a config of `oms_ccxt_async.oms`; what it leaves out is the environment's.
        test: whether the file says that the account is there for tests.
        as_json: whether to print JSON.
        debug: whether an error is shown with its traceback.
    """

    config: dict[str, Any]
    test: bool
    as_json: bool
    debug: bool


@dataclass(frozen=True, slots=True)
class Desk:
    """The account and how to talk to whoever runs the command.

    Attributes:
        exchange: the account's exchange; its numbers are Decimals.
        where: what it was made of.
        command: the name of the command, for messages.
    """

    exchange: oms
    where: Where
    command: str

    def confirm(self, what: str, *, yes: bool) -> None:
        """Let the user agree to something that trades on a live account; on a test account nothing is asked.

        An account is live unless its exchange is the sandbox's `paper`, the OMS calls it a testnet account, or the
        file of accounts says `test = true`.
        """
        if yes or self.where.test:
            return
        from oms_ccxt_async.wire.settings import Settings

        settings = Settings(self.exchange, os.environ)
        account = str(settings.account_id)
        rows = {each["id"]: each["info"] for each in self.exchange.fetch_accounts()}
        info: Mapping[str, Any] = rows.get(account, {})
        exchange_id = str(info.get("exchange_id") or "an unknown exchange").rpartition(".")[2]
        if exchange_id == "paper" or info.get("is_testnet") is True:
            return
        place = f"account {account} ({exchange_id}) at {settings.base_url}"
        if not sys.stdin.isatty():
            fail(self.command, f"{place} is live, and nobody can be asked here: nothing was sent; --yes goes on")
        if not typer.confirm(f"{what} on {place}, which is live?", err=True):
            fail(self.command, "nothing was sent")


def fail(command: str, message: str, code: int = 1) -> NoReturn:
    """End the command with one line and an exit code."""
    typer.echo(f"oms-ccxt {command}: {' '.join(message.split())}", err=True)
    raise typer.Exit(code)


def redacted(value: Any, key: str | None) -> Any:
    """A value without the key, wherever its texts hold it."""
    if isinstance(value, str):
        return value.replace(key, HIDDEN) if key else value
    if isinstance(value, Mapping):
        return {name: redacted(each, key) for name, each in value.items()}
    return [redacted(each, key) for each in value] if isinstance(value, list | tuple) else value


def configured(
    *,
    url: str | None,
    account: int | None,
    strategy: int | None,
    config: Path | None,
    as_: str | None,
    key_file: Path | None,
) -> tuple[dict[str, Any], bool]:
    """A config of `oms_ccxt_async.oms`, and whether its account is there for tests: the options of the command before
    the file, the file before the environment.

    Raises:
        typer.BadParameter: a file cannot be read, or does not say which account is meant.
    """
    options: dict[str, Any] = {}
    key, test = None, False
    if config is not None:
        entry = _entry(config, account, as_)
        options = {name: value for name, value in entry.settings.items() if name != "api_key"}
        key, test = entry.settings.get("api_key"), entry.test
    elif as_ is not None:
        raise typer.BadParameter("--as chooses an account of the file that --config names")
    if key_file is not None:
        try:
            key = key_file.read_text().strip()
        except (OSError, ValueError) as error:
            raise typer.BadParameter(f"--key-file: {error}") from None
        if not key:
            raise typer.BadParameter(f"--key-file: there is no key in {key_file}")
    given = {"base_url": url, "account_id": account, "strategy_id": strategy}
    options |= {name: value for name, value in given.items() if value is not None}
    return {**({} if key is None else {"apiKey": key}), "options": options}, test


def _entry(path: Path, account: int | None, as_: str | None) -> AccountEntry:
    try:
        entries = read_accounts(str(path))
    except ValueError as error:
        raise typer.BadParameter(f"--config: {error}") from None
    wanted = str(account) if account is not None else os.environ.get("OMS_ACCOUNT_ID") or None
    found = [each for each in entries if as_ in (None, each.as_) and wanted in (None, str(each.settings["account_id"]))]
    places = {(each.test, tuple(each.settings.items())) for each in found}
    if len(places) == 1:
        return found[0]
    named = ", ".join(f"{each.settings['account_id']} as {each.as_}" for each in entries) or "none"
    if not found:
        sought = [f"account {wanted}"] if wanted else []
        sought += [f"account as {as_}"] if as_ else []
        raise typer.BadParameter(f"{path} has no {' and no '.join(sought) or 'account'}; it has {named}")
    raise typer.BadParameter(f"{path} has several ({named}): say which with --account or --as")


UrlOption = Annotated[
    str | None, typer.Option("--url", metavar="URL", help="The OMS's address; without it, OMS_BASE_URL.")
]
AccountOption = Annotated[
    int | None, typer.Option("--account", min=1, help="The OMS account; without it, OMS_ACCOUNT_ID.")
]
StrategyOption = Annotated[
    int | None, typer.Option("--strategy", min=0, help="The strategy; without it, OMS_STRATEGY_ID, or all.")
]
ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config", exists=True, dir_okay=False, envvar="OMS_CCXT_CONFIG", help="A file of accounts (docs/drop_in.md)."
    ),
]
AsOption = Annotated[
    str | None, typer.Option("--as", metavar="ID", help="Which account of the file: the one that stands in for ID.")
]
KeyFileOption = Annotated[
    Path | None,
    typer.Option("--key-file", exists=True, dir_okay=False, help="A file with the key; without it, OMS_API_KEY."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
DebugOption = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


def _options(
    url: UrlOption = None,
    account: AccountOption = None,
    strategy: StrategyOption = None,
    config: ConfigOption = None,
    as_: AsOption = None,
    key_file: KeyFileOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> Where:
    made, test = configured(url=url, account=account, strategy=strategy, config=config, as_=as_, key_file=key_file)
    return Where(made, test, as_json, debug)


def on_account(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say which account it is about; it takes a `Where` first."""
    own, common = (inspect.signature(each, eval_str=True) for each in (command, _options))

    @functools.wraps(command)
    def run(**given: Any) -> None:
        where = _options(**{name: given.pop(name) for name in common.parameters})
        command(where, **given)

    parameters = [*list(own.parameters.values())[1:], *common.parameters.values()]
    signature = inspect.Signature([each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in parameters])
    run.__signature__ = signature  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    del run.__wrapped__  # what reads signatures would follow it
    return run


@contextmanager
def opened(where: Where, command: str) -> Iterator[Desk]:
    """The account's exchange, closed at the end; an error of it, or of ours, ends the command with one line."""
    from decimal import Decimal

    from oms_ccxt_async.sync import oms

    with told(where, command), oms(where.config) as exchange:
        exchange.number = Decimal
        yield Desk(exchange, where, command)


@contextmanager
def told(where: Where, command: str) -> Iterator[None]:
    """An error in here ends the command with one line, or with its traceback if that is asked for."""
    try:
        yield
    except (typer.Exit, typer.Abort, typer.BadParameter, BrokenPipeError, ModuleNotFoundError):
        raise
    except Exception as error:
        _tell(error, where, command, where.config.get("apiKey") or os.environ.get("OMS_API_KEY"))


def _tell(error: Exception, where: Where, command: str, key: str | None) -> NoReturn:
    import ccxt

    if where.debug:
        typer.echo(redacted("".join(traceback.format_exception(error)), key), err=True, nl=False)
        raise typer.Exit(1)
    known = isinstance(error, ccxt.BaseError)
    text = str(error) if known else f"{type(error).__name__}: {error}; --debug shows where"
    fail(command, redacted(text, key))
