"""What the rooms of the driver need of the ccxt exchange that they work for, spelled as ccxt spells it. Pure."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from logging import Logger
from typing import Any, Protocol

__all__ = ["Host"]


class Host(Protocol):
    """A ccxt exchange, to the rooms: they read its settings, use its session, and leave their traces on it.

    ccxt's own classes are untyped, so mypy takes any of them for this; a test holds it against a real one.
    """

    # What the user has set
    id: str
    apiKey: str | None
    options: dict[str, Any]
    urls: dict[str, Any]
    isSandboxModeEnabled: bool
    headers: Mapping[str, str]
    userAgent: Mapping[str, str] | str | None
    timeout: float  # milliseconds
    enableRateLimit: bool
    verbose: bool
    logger: Logger

    # The way to the OMS
    session: Any  # aiohttp's, or what the user has put in its place
    own_session: bool
    aiohttp_proxy: str | None

    def open(self) -> None: ...
    def throttle(self, cost: float) -> Awaitable[None]: ...
    def check_proxy_url_settings(
        self, url: str, method: str, headers: Mapping[str, str], body: bytes | None
    ) -> str | None: ...
    def check_proxy_settings(
        self, url: str, method: str, headers: Mapping[str, str], body: bytes | None
    ) -> list[str | None]: ...
    def get_socks_proxy_session(self, proxy: str) -> Any: ...

    # What users look at afterwards
    enableLastHttpResponse: bool
    enableLastResponseHeaders: bool
    enableLastJsonResponse: bool
    last_request_url: str | None
    last_request_headers: Mapping[str, str] | None
    last_request_body: str | None
    last_http_response: str | None
    last_response_headers: Mapping[str, str] | None
    last_json_response: Any
    lastRestRequestTimestamp: int

    def milliseconds(self) -> int: ...
    def log(self, *args: Any) -> None: ...
