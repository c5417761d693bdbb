"""What a copy of an exchange, or what comes out of a pickle, has of it, and what it has anew."""

from __future__ import annotations

from typing import Any

__all__ = ["restored", "settings_of"]

_UNUSED: dict[str, Any] = {
    **dict.fromkeys(("session", "tcp_connector", "aiohttp_socks_connector", "socks_proxy_sessions", "ssl_context")),
    **dict.fromkeys(("asyncio_loop", "throttler", "markets_loading")),
    "own_session": True,
    "reloading_markets": False,
}
"""What ccxt's classes have when they are not in use yet, and make when they need it."""


def settings_of(exchange: Any) -> dict[str, Any]:
    """What a copy of an exchange has of it, and what it has anew."""
    ours = ("_meaning", "_constructed", "_stands_in_for")
    kept = {name: each for name, each in vars(exchange).items() if not name.startswith("_") or name in ours}
    return {**kept, **{name: each for name, each in _UNUSED.items() if name in kept}}


def restored(kind: type[Any], settings: dict[str, Any]) -> Any:
    """An exchange of that class with these settings."""
    exchange: Any = object.__new__(kind)
    exchange.__dict__.update(settings)
    exchange._begin()
    return exchange
