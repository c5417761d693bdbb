"""Who may see the page: browsers that came by the printed address, and pages of no other origin.

A page on the loopback is within reach of every site that its user visits: by requests from another origin, and by
names that resolve to the loopback (DNS rebinding). So each request needs our own name as its host, no other origin,
and, unless that is switched off, a cookie that is only given for a token, once.
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Guard", "is_ours"]

POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'none'; object-src 'none'"
)
"""NiceGUI compiles templates in the browser, which needs inline scripts and eval; nothing comes from elsewhere."""
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
SESSIONS_KEPT = 50
NO_COOKIE = (
    "This page is for whoever started it: open the address that `oms-ccxt dashboard` has printed last.\n"
    "Each address works once; after that the browser that used it may come back to this one.\n"
)


class Guard:
    """Middleware around everything, WebSockets included.

    Args:
        app: the page.
        host: where it listens, as it was asked for.
        fresh: called with each new token, of which the first is made at once; None: no token is needed.
    """

    def __init__(self, app: ASGIApp, host: str, fresh: Callable[[str], None] | None) -> None:
        self._app = app
        self._host = host
        self._fresh = fresh
        self._sessions: dict[str, None] = {}
        self._token = ""
        if fresh is not None:
            self._renew()

    def _renew(self) -> None:
        self._token = secrets.token_urlsafe(32)
        if self._fresh is not None:
            self._fresh(self._token)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        if not is_ours(host, self._host):
            await self._refuse(scope, receive, send, 421, f"There is no {host!r} here.")
        elif origin is not None and not _is_of(origin, host):
            await self._refuse(scope, receive, send, 403, "Pages of other origins have no business here.")
        elif self._fresh is None or self._is_known(headers):
            await self._app(scope, receive, _with_headers(send))
        elif scope["type"] == "http" and self._is_token(scope):
            await self._let_in(scope, receive, send)
        else:
            await self._refuse(scope, receive, send, 403, NO_COOKIE)

    def _cookie(self, host: str) -> str:
        return f"oms_ccxt_{urlsplit(f'//{host}').port or 80}"  # a cookie is of a host with all its ports

    def _is_known(self, headers: Headers) -> bool:
        cookies: SimpleCookie = SimpleCookie()
        try:
            cookies.load(headers.get("cookie", ""))
        except CookieError:
            return False
        given = cookies.get(self._cookie(headers["host"]))
        return given is not None and any(_same(given.value, each) for each in self._sessions)

    def _is_token(self, scope: Scope) -> bool:
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        return scope["method"] == "GET" and scope["path"] == "/" and _same(given, self._token)

    async def _let_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        session = secrets.token_urlsafe(32)
        self._sessions[session] = None
        while len(self._sessions) > SESSIONS_KEPT:
            del self._sessions[next(iter(self._sessions))]
        self._renew()
        answer = RedirectResponse("/", 303)
        name = self._cookie(Headers(scope=scope)["host"])
        answer.set_cookie(name, session, httponly=True, samesite="strict", path="/")
        await answer(scope, receive, _with_headers(send))

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, status: int, why: str) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "refused"})
            return
        answer: Response = PlainTextResponse(why, status)
        await answer(scope, receive, _with_headers(send))


def is_ours(given: str, host: str) -> bool:
    """Whether a `Host` header names this server: its own host, a name of the loopback where it listens there, or, where
    it listens on every interface, an address rather than a name, which no rebinding can have."""
    try:
        parts = urlsplit(f"//{given}")
        name, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if name == host.lower():
        return True
    address = _address(name)
    mine = _address(host)
    if host == "localhost" or (mine is not None and mine.is_loopback):
        return name == "localhost" or (address is not None and address.is_loopback)
    if mine is not None and mine.is_unspecified:
        return name == "localhost" or address is not None
    return False


def _is_of(origin: str, host: str) -> bool:
    try:
        return urlsplit(origin).netloc == host
    except ValueError:
        return False


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _same(one: str, other: str) -> bool:
    return bool(other) and hmac.compare_digest(one.encode(), other.encode())


def _with_headers(send: Send) -> Send:
    async def told(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
        await send(message)

    return told
