"""What stands behind an account: exchange id, position mode, server features, and the settings that name it."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from ccxt.base.errors import AccountNotEnabled, ArgumentsRequired, BadRequest, BaseError, NotSupported

from oms_ccxt_async.transport import Request, Transport

__all__ = ["Account", "AccountFacts", "Settings"]


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What the OMS says of the account and of itself.

    Attributes:
        exchange_id: the ccxt id of the exchange behind the account (`binance` for `ccxt.binance`, fact 20).
        position_mode: `hedge`, `netting` or `strategy_netting`.
        features: the extensions that the server lists; empty for a legacy OMS.
        row: the account as `GET /oms/accounts` gives it.
        full: whether the server maintains `filled_qty`, `avg_fill_price` and the terminal statuses (fact 19 otherwise).
    """

    exchange_id: str
    position_mode: str
    features: frozenset[str]
    row: dict[str, Any]
    full: bool = field(init=False)

    @property
    def hedged(self) -> bool:
        return self.position_mode == "hedge"

    @property
    def by_ids(self) -> bool:
        return "by_ids" in self.features

    @property
    def idempotent(self) -> bool:
        return "idempotency" in self.features

    def __post_init__(self) -> None:
        object.__setattr__(self, "full", bool(self.features))


class Settings:
    """The OMS settings of one exchange instance: `options` first, the environment where they are silent.

    Values are read when they are needed, so that an exchange can be constructed without any, and so that a change of
    `options` counts from the next call on.
    """

    def __init__(self, exchange: Any, environ: Mapping[str, str]) -> None:
        self._exchange = exchange
        self._environ = environ

    def _value(self, option: str, variable: str) -> Any:
        value = self._exchange.options.get(option)
        return value if value not in (None, "") else self._environ.get(variable)

    @property
    def account_id(self) -> int:
        """Raises `ccxt.ArgumentsRequired` if there is none, `ccxt.BadRequest` if it is not a positive integer."""
        value = self._value("account_id", "OMS_ACCOUNT_ID")
        if value in (None, ""):
            raise ArgumentsRequired(
                'oms needs options["account_id"] (or OMS_ACCOUNT_ID): the OMS account to trade through'
            )
        return whole(value, 'options["account_id"]', least=1)

    @property
    def strategy_id(self) -> int | None:
        value = self._value("strategy_id", "OMS_STRATEGY_ID")
        return None if value in (None, "") else whole(value, 'options["strategy_id"]', least=0)

    def strategy_of(self, params: MutableMapping[str, Any]) -> int | None:
        """Take `strategy_id` out of a call's params; the instance's default where they name none."""
        for name in ("strategy_id", "strategyId"):
            if name in params:
                value = params.pop(name)
                return None if value is None else whole(value, f'params["{name}"]', least=0)
        return self.strategy_id

    @property
    def base_url(self) -> str:
        """Raises `ccxt.ArgumentsRequired` if there is none, `ccxt.BadRequest` if it is not an http(s) address."""
        urls = self._exchange.urls
        if self._exchange.isSandboxModeEnabled:
            value = urls.get("test")
        else:
            value = self._value("base_url", "OMS_BASE_URL") or urls.get("api")
        if not value:
            raise ArgumentsRequired('oms needs options["base_url"] (or OMS_BASE_URL), for example "http://oms:8000"')
        return address(str(value))


class Account:
    """The account's facts, asked once and remembered.

    Args:
        transport: how to ask.
        settings: which account.
    """

    def __init__(self, transport: Transport, settings: Settings) -> None:
        self._transport = transport
        self._settings = settings
        self._asking: dict[tuple[str, int], asyncio.Task[AccountFacts]] = {}
        self._known: dict[tuple[str, int], AccountFacts] = {}

    @property
    def known(self) -> AccountFacts | None:
        """The facts, if they have been asked already."""
        return self._known.get(self._key())

    def forget(self) -> None:
        """Ask again when the facts are needed next: another connection may meet another server."""
        self._known.clear()
        self._asking.clear()

    def _key(self) -> tuple[str, int]:
        return self._settings.base_url, self._settings.account_id

    async def facts(self) -> AccountFacts:
        """The account's facts; concurrent callers share the requests.

        Raises:
            ccxt.AccountNotEnabled: the key may not see this account, or it does not exist.
            ccxt.BaseError: as the requests raise it.
        """
        key = self._key()
        if key in self._known:
            return self._known[key]
        task = self._asking.get(key)
        if task is None or task.done() or task.get_loop() is not asyncio.get_running_loop():
            task = self._asking[key] = asyncio.create_task(self._ask(key[1]))
            task.add_done_callback(lambda done: None if done.cancelled() else done.exception())
        facts = await asyncio.shield(task)
        if self._asking.get(key) is task:
            self._known[key] = facts
        return facts

    async def rows(self) -> list[dict[str, Any]]:
        """The accounts that the key may see."""
        answer = await self._transport.send(Request("GET", "/oms/accounts", "fetch_accounts()", "items"))
        return [row for row in answer["items"] if isinstance(row, dict)]

    async def strategies(self) -> list[dict[str, Any]]:
        """The strategies that the key may see."""
        answer = await self._transport.send(Request("GET", "/strategies", "strategies", "items"))
        return list(answer["items"])

    async def health(self) -> dict[str, Any]:
        """What `GET /healthz` answers."""
        return await self._transport.send(Request("GET", "/healthz", "fetch_status()", "status"))

    async def _ask(self, account_id: int) -> AccountFacts:
        rows, features = await asyncio.gather(self.rows(), self._features())
        row = next((row for row in rows if row.get("account_id") == account_id), None)
        if row is None:
            seen = ", ".join(str(row.get("account_id")) for row in rows) or "none"
            raise AccountNotEnabled(
                f"oms account {account_id} is not among the accounts of this key ({seen}); "
                'check options["account_id"] and apiKey'
            )
        exchange_id = str(row.get("exchange_id") or "").rpartition(".")[2]
        return AccountFacts(exchange_id, str(row.get("position_mode") or ""), features, row)

    async def _features(self) -> frozenset[str]:
        try:
            features = (await self.health()).get("features")
        except NotSupported:
            return frozenset()
        return frozenset(str(name) for name in features) if isinstance(features, list) else frozenset()


@functools.lru_cache(maxsize=64)
def address(value: str) -> str:
    """An OMS's address without the slash at its end; `ccxt.BadRequest` if it is not an http(s) address."""
    try:
        parts = urlsplit(value)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good or not value.isascii() or not value.isprintable() or set(value) & set(' "<>?#@\\'):
        raise BadRequest(
            'oms options["base_url"] must be an address like "http://oms:8000", without credentials or a query'
        )
    return value.rstrip("/")


def whole(value: Any, name: str, *, least: int) -> int:
    """An integer of at least `least` from an int or a digit string; `ccxt.BadRequest` naming `name` otherwise."""
    if type(value) is int and least <= value < 2**63:
        return value
    text = str(value).strip()
    if (
        isinstance(value, bool)
        or not (text.isascii() and text.isdigit())
        or not least <= int(text[:19]) <= 2**63 - 1
        or len(text) > 19
    ):
        raise BadRequest(f"oms {name} must be an integer of at least {least}, not {value!r}")
    return int(text)


def is_missing_endpoint(error: BaseError) -> bool:
    """Whether an error says that the OMS has no such path: a 404 or 405 whose `detail` is a string (fact 1)."""
    return getattr(error, "status", None) in (404, 405) and isinstance(getattr(error, "detail", None), str)
