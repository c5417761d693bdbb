"""What the user has set: the OMS, the account, the strategy, and the groups of `options`, checked in one place."""

from __future__ import annotations

import functools
from collections.abc import Mapping, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from oms_ccxt_async import errors

__all__ = ["Settings", "address", "whole"]


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
            raise errors.ArgumentsRequired(
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
            raise errors.ArgumentsRequired(
                'oms needs options["base_url"] (or OMS_BASE_URL), for example "http://oms:8000"'
            )
        return address(str(value))


@functools.lru_cache(maxsize=64)
def address(value: str) -> str:
    """An OMS's address without the slash at its end; `ccxt.BadRequest` if it is not an http(s) address."""
    try:
        parts = urlsplit(value)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good or not value.isascii() or not value.isprintable() or set(value) & set(' "<>?#@\\'):
        raise errors.BadRequest(
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
        raise errors.BadRequest(f"oms {name} must be an integer of at least {least}, not {value!r}")
    return int(text)
