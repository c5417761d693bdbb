"""Secrets as what prints a traceback with its locals sees them: by their reprs. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["HIDDEN", "SECRET_HEADERS", "Config", "Secret"]

HIDDEN = "***"
SECRET_HEADERS = frozenset({"x-api-key", "authorization", "proxy-authorization", "cookie"})
"""Headers, in lower case, whose values are never shown."""
_CREDENTIALS = frozenset(
    (
        *("apikey", "api_key", "secret", "password", "uid", "login", "accountid", "privatekey", "walletaddress"),
        *("token", "twofa"),
    )
)
"""ccxt's credentials, in lower case."""


class Secret(str):
    """A text that is shown nowhere by its repr."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(HIDDEN)


class Config(dict[str, Any]):
    """A config whose repr has no credentials, nor headers that are secret."""

    def __repr__(self) -> str:
        return repr(_shown(self))


def _shown(config: Mapping[Any, Any]) -> dict[Any, Any]:
    shown = {name: _shown(value) if isinstance(value, Mapping) else value for name, value in config.items()}
    secret = [name for name, value in shown.items() if value and str(name).lower() in _CREDENTIALS | SECRET_HEADERS]
    return shown | dict.fromkeys(secret, HIDDEN)
