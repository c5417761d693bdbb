"""The file that says which OMS account stands in for which exchange. Imports nothing of ccxt."""

from __future__ import annotations

import difflib
import functools
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oms_ccxt_async.wire.secret import Secret

__all__ = ["CONFIG", "AccountEntry", "read_accounts"]

CONFIG = "OMS_CCXT_CONFIG"
"""The variable that names the file."""
_COMMON = {"account_id": int, "strategy_id": int, "base_url": str, "api_key": str}
_OF_ACCOUNT = {"as": str, "when": dict, "test": bool, **_COMMON}


@dataclass(frozen=True, slots=True)
class AccountEntry:
    """One `[[account]]` of the file.

    Attributes:
        as_: the exchange id that the account stands in for.
        when: what a program must give for it: keys of its config or of its `options`, and their values.
        test: whether it is meant for programs that point at a test network.
        settings: `account_id` and, where they are not those of the environment, `strategy_id`, `base_url`, `api_key`.
    """

    as_: str
    when: Mapping[str, str]
    test: bool
    settings: Mapping[str, Any]


@functools.cache
def read_accounts(path: str) -> tuple[AccountEntry, ...]:
    """The accounts of a TOML file (docs/drop_in.md); read once per process.

    Raises:
        ValueError: it cannot be read, or says something that makes no sense; a key that it does not have is answered
            with the nearest that it has.
    """
    content = _read(path)
    entries = content.pop("account", [])
    if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        raise ValueError(f"{path}: account is a list of tables: write [[account]]")
    _check(path, "the file", content, _COMMON, (*_COMMON, "account"))
    accounts = tuple(_account(path, content, each) for each in entries)
    if len({(each.as_, each.test, frozenset(each.when.items())) for each in accounts}) < len(accounts):
        raise ValueError(f"{path}: two accounts stand in for the same exchange and nothing tells them apart")
    return accounts


def _read(path: str) -> dict[str, Any]:
    """The file's tables, whose keys of OMSs no traceback shows."""
    content, failure = {}, None
    try:
        content = tomllib.loads(Path(path).read_text())
    except (OSError, ValueError) as error:
        failure = str(error)
    if failure is not None:  # not in the except block: frames of the cause have the text
        raise ValueError(f"{path}: {failure}")
    accounts = content.get("account")
    for table in (content, *(accounts if isinstance(accounts, list) else ())):
        if isinstance(table, dict) and "api_key" in table:
            key = table["api_key"]
            table["api_key"] = Secret(key) if isinstance(key, str) else None
    return content


def _account(path: str, common: dict[str, Any], fields: dict[str, Any]) -> AccountEntry:
    _check(path, "an [[account]]", fields, _OF_ACCOUNT, _OF_ACCOUNT)
    settings = common | fields
    if "as" not in settings or "account_id" not in settings:
        raise ValueError(f"{path}: an [[account]] needs as (an exchange id) and account_id, and may have a table, when")
    as_, when, test = settings.pop("as"), settings.pop("when", {}), settings.pop("test", False)
    return AccountEntry(as_, {name: str(value) for name, value in when.items()}, test, settings)


def _check(path: str, where: str, given: dict[str, Any], kinds: Mapping[str, type], names: Iterable[str]) -> None:
    for name, value in given.items():
        if name not in kinds:
            near = difflib.get_close_matches(name, names, 1, 0.5)
            shown = ["[[account]]" if each == "account" else each for each in near or names]
            hint = f"did you mean {shown[0]}?" if near else f"it takes {', '.join(shown)}"
            raise ValueError(f"{path}: {where} has no {name}; {hint}")
        if name == "api_key" and not isinstance(value, str):
            raise ValueError(f"{path}: {name} must be a text, in quotes")
        if name != "api_key" and type(value) is not kinds[name]:
            raise ValueError(f"{path}: {name} = {value!r} must be of type {kinds[name].__name__}")
