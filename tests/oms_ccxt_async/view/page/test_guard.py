"""Who may see the page, request by request."""

from __future__ import annotations

from typing import Any

import pytest

from oms_ccxt_async.view.page.guard import Guard, is_ours

HOST = "127.0.0.1:8000"


async def behind(scope: Any, receive: Any, send: Any) -> None:
    """The page behind the guard."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"the page"})


class Answer:
    """What came back."""

    def __init__(self, messages: list[Any]) -> None:
        self.first = messages[0]
        self.status = messages[0].get("status")
        self.headers = {name.decode(): value.decode() for name, value in messages[0].get("headers", ())}
        self.body = b"".join(message.get("body", b"") for message in messages)


async def asked(guard: Guard, path: str = "/", kind: str = "http", method: str = "GET", **headers: str) -> Answer:
    """Send one request; `host` is ours unless another is given."""
    told: list[Any] = []
    plain, _, query = path.partition("?")
    given = {"host": HOST, **headers}
    scope: dict[str, Any] = {"type": kind, "path": plain, "query_string": query.encode(), "method": method}
    scope["headers"] = [(name.encode(), value.encode()) for name, value in given.items()]

    async def receive() -> Any:
        return {"type": "websocket.connect" if kind == "websocket" else "http.request", "body": b""}

    async def send(message: Any) -> None:
        told.append(message)

    await guard(scope, receive, send)
    return Answer(told)


@pytest.fixture
def tokens() -> list[str]:
    """The tokens that were told, the latest last."""
    return []


@pytest.fixture
def guard(tokens: list[str]) -> Guard:
    """On the loopback, with tokens."""
    return Guard(behind, "127.0.0.1", tokens.append)


async def entered(guard: Guard, token: str) -> str:
    """Come in by a token: the cookie that is given for it."""
    answer = await asked(guard, f"/?token={token}")
    assert (answer.status, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert "httponly" in cookie.lower()
    assert "samesite=strict" in cookie.lower()
    return str(cookie.partition(";")[0])


async def test_a_token_works_once(guard: Guard, tokens: list[str]) -> None:
    """It gives a cookie, with which the page is seen; the token is gone, and a new one is told."""
    assert (await asked(guard)).status == 403
    cookie = await entered(guard, tokens[0])
    answer = await asked(guard, cookie=cookie)
    assert (answer.status, answer.body) == (200, b"the page")
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-frame-options"] == "DENY"
    assert (await asked(guard, f"/?token={tokens[0]}")).status == 403
    assert len(tokens) == 2
    assert await entered(guard, tokens[1]) != cookie
    assert (await asked(guard, cookie=cookie)).status == 200


@pytest.mark.parametrize("token", ["", "wrong", "%00", "%ff"])
async def test_other_tokens(guard: Guard, token: str) -> None:
    """None but the latest token lets in, and none at all where no token is needed but a cookie is there."""
    assert (await asked(guard, f"/?token={token}")).status == 403


async def test_a_token_opens_the_page_only(guard: Guard, tokens: list[str]) -> None:
    """On another path, by POST or on a socket, a token is nothing."""
    for path, kind, method in ((f"/x?token={tokens[0]}", "http", "GET"), (f"/?token={tokens[0]}", "http", "POST")):
        assert (await asked(guard, path, kind, method)).status == 403
    assert (await asked(guard, f"/?token={tokens[0]}", "websocket")).first["type"] == "websocket.close"
    assert len(tokens) == 1


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:9", "http://127.0.0.1", "x"])
@pytest.mark.parametrize("kind", ["http", "websocket"])
async def test_other_origins(guard: Guard, tokens: list[str], origin: str, kind: str) -> None:
    """A page of another origin gets nothing, by request or by socket, even with the cookie."""
    cookie = await entered(guard, tokens[0])
    answer = await asked(guard, kind=kind, cookie=cookie, origin=origin)
    assert answer.status == 403 if kind == "http" else answer.first["type"] == "websocket.close"
    good = await asked(guard, kind=kind, cookie=cookie, origin=f"http://{HOST}")
    assert good.status == 200 if kind == "http" else good.first["type"] == "websocket.accept"


@pytest.mark.parametrize("host", ["evil.example:8000", "127.0.0.1.evil.example", "", "[", "10.0.0.1:8000"])
async def test_other_hosts(guard: Guard, tokens: list[str], host: str) -> None:
    """A name that only resolves to us is not ours, whoever comes with it."""
    cookie = await entered(guard, tokens[0])
    assert (await asked(guard, cookie=cookie, host=host)).status == 421


@pytest.mark.parametrize("cookie", ["", "oms_ccxt_8000=wrong", "oms_ccxt_8000", "=;=", 'oms_ccxt_8000="\\'])
async def test_other_cookies(guard: Guard, cookie: str) -> None:
    """A cookie that was not given lets nobody in, however it is written."""
    assert (await asked(guard, cookie=cookie)).status == 403


async def test_without_tokens() -> None:
    """Where no token is needed, host and origin still count."""
    guard = Guard(behind, "127.0.0.1", None)
    assert (await asked(guard)).status == 200
    assert (await asked(guard, origin="http://evil.example")).status == 403
    assert (await asked(guard, host="evil.example")).status == 421


async def test_sessions_are_bounded(guard: Guard, tokens: list[str]) -> None:
    """After very many browsers the first one has to come in anew."""
    first = await entered(guard, tokens[-1])
    for _ in range(60):
        last = await entered(guard, tokens[-1])
    assert (await asked(guard, cookie=first)).status == 403
    assert (await asked(guard, cookie=last)).status == 200


@pytest.mark.parametrize(
    ("given", "host", "expected"),
    [
        ("localhost:1", "127.0.0.1", True),
        ("[::1]:1", "127.0.0.1", True),
        ("192.168.0.7:1", "0.0.0.0", True),
        ("desk:1", "0.0.0.0", False),
        ("desk:1", "desk", True),
        ("DESK:1", "desk", True),
        ("192.168.0.7:1", "192.168.0.7", True),
        ("192.168.0.8:1", "192.168.0.7", False),
        ("127.0.0.1", "localhost", True),
    ],
)
def test_names(given: str, host: str, expected: bool) -> None:
    """On the loopback its names, on every interface addresses, elsewhere the name that was asked for."""
    assert is_ours(given, host) is expected


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    "headers",
    [
        *({"host": host} for host in ("127.0.0.1:99999", "127.0.0.1:x", "[::1", "", "127.0.0.1:-1")),
        *({"origin": origin} for origin in ("http://[", "http://[::1", "null", "\x00", "http://127.0.0.1:8000@evil")),
    ],
)
async def test_what_makes_no_sense_is_refused(guard: Guard, tokens: list[str], kind: str, headers: Any) -> None:
    """A host or an origin that nobody can have is turned away like a wrong one, with the right cookie too."""
    cookie = await entered(guard, tokens[0])
    answer = await asked(guard, kind=kind, cookie=cookie, **headers)
    assert answer.status in (403, 421) if kind == "http" else answer.first["type"] == "websocket.close"
