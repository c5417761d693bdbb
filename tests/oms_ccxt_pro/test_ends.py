"""The end of a session, and what it means."""

from __future__ import annotations

import ccxt
import pytest
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.frames import Close
from websockets.http11 import Response

from oms_ccxt_async import errors
from oms_ccxt_pro.ends import end_of_session
from tests.oms_ccxt_async.support import ccxt_class


def closed(code: int | None) -> ConnectionClosedError:
    """The server closed with a code, or without one (1006)."""
    return ConnectionClosedError(None if code is None else Close(code, ""), None)


@pytest.mark.parametrize("code", [None, 1000, 1001, 1002, 1003, 1007, 1009, 1011, 1012, 1013, 3000])
@pytest.mark.parametrize("accepted", [True, False])
def test_most_closes_are_tried_again(code: int | None, accepted: bool) -> None:
    """A connection that ended is made again (fault 29)."""
    error, final = end_of_session(closed(code), accepted=accepted)
    assert ccxt_class(error) is ccxt.ExchangeNotAvailable
    assert not final


@pytest.mark.parametrize(
    ("code", "error"), [(1008, "AuthenticationError"), (4401, "AuthenticationError"), (4403, "PermissionDenied")]
)
def test_a_refusal_before_anything_was_accepted_is_final(code: int, error: str) -> None:
    """Policy and authentication codes end the stream at once (fault 30); later they are tried again."""
    refusal, final = end_of_session(closed(code), accepted=False)
    assert type(refusal).__name__ == error
    assert final
    assert not end_of_session(closed(code), accepted=True)[1]


def answered(status: int, body: bytes = b"<html>") -> InvalidStatus:
    """The handshake was answered like this."""
    return InvalidStatus(Response(status, "", Headers(), body))


@pytest.mark.parametrize("status", [200, 302, 400, 404, 405, 426, 429, 431, 451, 500, 502, 503, 504])
@pytest.mark.parametrize("body", [b"", b"<html>", b'{"detail":"Not Found"}'])
def test_what_a_restarting_server_answers_a_handshake_is_not_the_end(status: int, body: bytes) -> None:
    """Whatever stands before the OMS may say anything while that is away: a status alone is no refusal."""
    assert not end_of_session(answered(status, body), accepted=False)[1]


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, b"", ccxt.AuthenticationError),
        (403, b"<html>", ccxt.PermissionDenied),
        (400, b'{"detail":{"code":"dispatcher_error","message":"invalid_api_key"}}', ccxt.AuthenticationError),
        (404, b'{"detail":{"code":"account_not_found","message":"account_not_found"}}', ccxt.AccountNotEnabled),
    ],
)
def test_a_handshake_that_the_oms_refuses_is_the_end(status: int, body: bytes, error: type[Exception]) -> None:
    """401, 403 and the OMS's own codes are refusals."""
    refusal, final = end_of_session(answered(status, body), accepted=False)
    assert ccxt_class(refusal) is error
    assert final


@pytest.mark.parametrize("status", [400, 404, 426, 431, 451])
def test_a_read_of_a_beginning_session_is_judged_as_the_handshake_is(status: int) -> None:
    """While a server restarts its REST side answers anything, too; that a path does not exist is its word (fact 1)."""
    assert not end_of_session(errors.answered(status, None, asked="orders"), accepted=False)[1]
    assert end_of_session(errors.answered(404, "Not Found", asked="orders"), accepted=False)[1]
    assert end_of_session(errors.answered(status, {"code": "permission_denied"}, asked="orders"), accepted=False)[1]


def test_no_connection_is_tried_again() -> None:
    """A refused connection, a name that is not found, a timeout: not the end."""
    for failure in (ConnectionRefusedError(), OSError("no name"), TimeoutError()):
        error, final = end_of_session(failure, accepted=False)
        assert isinstance(error, ccxt.NetworkError)
        assert not final


def test_what_the_oms_says_decides_by_its_fate() -> None:
    """A refusal of the OMS is final, trouble at the OMS is not."""
    refused = errors.answered(None, {"code": "permission_denied"}, asked="stream")
    assert end_of_session(refused, accepted=False) == (refused, True)
    trouble = errors.answered(None, {"code": "dispatcher_unavailable"}, asked="stream")
    assert end_of_session(trouble, accepted=False) == (trouble, False)
