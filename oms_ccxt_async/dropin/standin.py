"""Standing in for another exchange: the class that a program gets for `ccxt.binance`, and which OMS account it is."""

from __future__ import annotations

import functools
import os
import tomllib
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oms_ccxt_async import errors
from oms_ccxt_async.dropin.borrowing import Borrowing
from oms_ccxt_async.exchange.capabilities import of_exchange

__all__ = ["CONFIG", "AccountEntry", "read_accounts", "stand_in"]

CONFIG = "OMS_CCXT_CONFIG"
"""The variable that names the file of accounts."""
_SETTINGS = {"account_id": int, "strategy_id": int, "base_url": str, "api_key": str}
_CREDENTIALS = (
    "apiKey",
    "secret",
    "password",
    "uid",
    "accountId",
    "login",
    "twofa",
    "privateKey",
    "walletAddress",
    "token",
)
_WHERE = ("headers", "urls", "hostname")


@dataclass(frozen=True, slots=True)
class AccountEntry:
    """One `[[account]]` of the file.

    Attributes:
        as_: the exchange id that the account stands in for.
        when: what a program must give for it: keys of its config or of its `options`, and their values.
        settings: `account_id` and, where they are not those of the environment, `strategy_id`, `base_url`, `api_key`.
    """

    as_: str
    when: Mapping[str, str]
    settings: Mapping[str, Any]


@functools.cache
def read_accounts(path: str) -> tuple[AccountEntry, ...]:
    """The accounts of a TOML file (docs/drop_in.md); read once per process.

    Raises:
        ValueError: it cannot be read, or says something that makes no sense.
    """
    try:
        content = tomllib.loads(Path(path).read_text())
    except (OSError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from error
    common = {name: value for name, value in content.items() if name != "account"}
    accounts = tuple(_account(path, common, each) for each in content.get("account", []))
    if len({(account.as_, frozenset(account.when.items())) for account in accounts}) < len(accounts):
        raise ValueError(f"{path}: two accounts stand in for the same exchange and nothing tells them apart")
    return accounts


def _account(path: str, common: dict[str, Any], fields: dict[str, Any]) -> AccountEntry:
    settings = common | fields
    as_, when = settings.pop("as", None), settings.pop("when", {})
    if not isinstance(as_, str) or not isinstance(when, dict) or "account_id" not in settings:
        raise ValueError(f"{path}: an [[account]] needs as (an exchange id) and account_id, and may have a table, when")
    for name, value in settings.items():
        if type(value) is not _SETTINGS.get(name):
            raise ValueError(f"{path}: {name} = {value!r} is none of {', '.join(_SETTINGS)}, or of another type")
    return AccountEntry(as_, {name: str(value) for name, value in when.items()}, settings)


def stand_in(base: type, identity: str, module: str) -> type:
    """A subclass of one of the driver's exchanges that a program takes for the exchange `identity` of `module`."""
    return type(identity, (_StandIn, Borrowing, base), {"_identity": identity, "__module__": module})


class _StandIn:
    """An exchange with the id, capabilities, timeframes, fees and features of another one.

    The config is that other exchange's: its credentials only choose the OMS account, and neither they nor its headers,
    addresses and proxies are used for anything else.
    """

    _identity: str
    options: dict[str, Any]

    def __init__(self, config: Mapping[str, Any] = {}) -> None:
        self._stands_in_for = self._identity
        self._given = dict(config or {})
        kept = {name: value for name, value in self._given.items() if not _is_for_the_exchange(name)}
        settings = _settings(self._identity, self._given)
        if api_key := settings.pop("api_key", None):
            kept["apiKey"] = api_key
        super().__init__({**kept, "options": {**(kept.get("options") or {}), **settings}})  # type: ignore[call-arg]
        self._constructed = True

    def describe(self) -> dict[str, Any]:
        """The exchange's description, as ccxt's base class merges it with the user's config."""
        described: dict[str, Any] = super().describe()  # type: ignore[misc]
        local = deepcopy(of_exchange(self._identity)) or {}
        if "features" in local:
            # ccxt completes what is described here, and what a market type is missing is not to be described as None.
            local["features"] = {kind: value for kind, value in local["features"].items() if value is not None}
        has = {**described["has"], **local.get("has", {})}
        return {**described, **local, "id": self._identity, "has": has}

    @property
    def apiKey(self) -> Any:
        """The key of the OMS. What a program sets is its key for the exchange, which chooses the account."""
        return vars(self).get("apiKey")

    @apiKey.setter
    def apiKey(self, value: Any) -> None:
        if not vars(self).get("_constructed"):
            vars(self)["apiKey"] = value
            return
        self._given["apiKey"] = value
        settings = _settings(self._identity, self._given)
        vars(self)["apiKey"] = settings.pop("api_key", None) or os.environ.get("OMS_API_KEY")
        self.options.update(settings)


def _is_for_the_exchange(name: str) -> bool:
    """Whether a program tells it of the exchange itself or of the way there; not `sandbox`, which must not be lost."""
    return name in _CREDENTIALS or name in _WHERE or "prox" in name.lower()


def _settings(identity: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of the OMS account that a program means by its config for an exchange; none: the environment's.

    Raises:
        ccxt.AuthenticationError: there are accounts for that exchange, and the program's credentials fit none.
        ValueError: as `read_accounts`.
    """
    path = os.environ.get(CONFIG)
    accounts = [account for account in (read_accounts(path) if path else ()) if account.as_ == identity]
    named = {**(given.get("options") or {}), **given}
    fitting = [each for each in accounts if all(str(named.get(name)) == value for name, value in each.when.items())]
    if fitting:
        return dict(max(fitting, key=lambda account: len(account.when)).settings)
    if accounts and given.get("apiKey"):
        raise errors.AuthenticationError(f"{path}: no account stands in for {identity} with this apiKey")
    return {}
