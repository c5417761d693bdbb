"""Headers are made once, anew whenever what they are made of is another one, and never show the key."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import ccxt
import pytest

from oms_ccxt_async.version import AGENT
from oms_ccxt_async.wire.headers import Headers, headers_of


def exchange(**own: Any) -> Any:
    """What of an exchange headers are made of."""
    return SimpleNamespace(**{"headers": {}, "userAgent": None, "apiKey": "secret", **own})


def test_a_body_is_json() -> None:
    """Who asks and what is taken stands in every request, what is sent in those that have a body."""
    headers = Headers(exchange())
    assert dict(headers.sent(False)) == {"accept": "application/json", "user-agent": AGENT, "x-api-key": "secret"}
    assert dict(headers.sent(True)) == {**headers.sent(False), "content-type": "application/json"}


@pytest.mark.parametrize("name", ["headers", "userAgent"])
def test_what_is_changed_in_place_counts(name: str) -> None:
    """A header that a program adds to the dict it gave is in the next request; one that it takes out is not."""
    given: dict[str, str] = {"X-Desk": "a"}
    headers = Headers(exchange(**{name: given}))
    assert headers.sent(False)["x-desk"] == "a"
    given["X-Desk"] = "b"
    assert headers.sent(False)["x-desk"] == headers.shown(False)["X-Desk"] == "b"
    del given["X-Desk"]
    assert "x-desk" not in headers.sent(False)


def test_another_key_counts_at_once() -> None:
    """In what is sent and in what is hidden."""
    asking = exchange()
    headers = Headers(asking)
    assert headers.redacted("secret other") == "*** other"
    assert headers.sent(False)["x-api-key"] == "secret"
    asking.apiKey = "other"
    assert headers.redacted("secret other") == "secret ***"
    assert headers.sent(False)["x-api-key"] == "other"
    asking.apiKey = None
    assert "x-api-key" not in headers.sent(False)


def test_what_is_given_away_is_a_copy() -> None:
    """Nobody who changes headers changes those of the next request."""
    headers = Headers(exchange())
    headers.sent(False)["x-api-key"] = "mine"
    headers.shown(False)["x-api-key"] = "mine"
    assert headers.sent(False)["x-api-key"] == "secret"
    assert headers.shown(False)["x-api-key"] == "***"


def test_the_key_is_not_shown() -> None:
    """Not in what is shown, nor by the repr of what is sent, nor to those who see headers before it is added."""
    headers = Headers(exchange(headers={"X-Note": "my secret", "Authorization": "Basic x"}))
    assert "secret" not in repr(headers.sent(False)["x-api-key"])
    assert headers.shown(False)["X-Note"] == "my ***"
    assert headers.shown(False)["Authorization"] == headers.shown(False)["x-api-key"] == "***"
    assert "x-api-key" not in headers.without_key(True)


@pytest.mark.parametrize("key", [7, "clé", "a\r\nb"])
def test_a_key_that_cannot_be_sent_is_refused(key: Any) -> None:
    """By ccxt's exception for credentials, every time."""
    headers = Headers(exchange(apiKey=key))
    for _ in range(2):
        with pytest.raises(ccxt.AuthenticationError):
            headers.sent(False)


def test_the_users_agent_is_theirs() -> None:
    """`userAgent` comes before `headers`, and our name last."""
    assert headers_of(exchange())["user-agent"] == AGENT
    assert headers_of(exchange(headers={"User-Agent": "a"}))["user-agent"] == "a"
    assert headers_of(exchange(headers={"User-Agent": "a"}, userAgent="b"))["user-agent"] == "b"
    assert headers_of(exchange(userAgent={"User-Agent": "c"}))["user-agent"] == "c"
