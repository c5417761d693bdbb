"""What the end of a session means."""

from __future__ import annotations

import ccxt
import pytest
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.frames import Close
from websockets.http11 import Response

from oms_ccxt_async import errors
from oms_ccxt_pro.stream import verdict
from tests.oms_ccxt_async.support import ccxt_class


def closed(code: int | None) -> ConnectionClosedError:
    """The server closed with a code, or without one (1006)."""
    return ConnectionClosedError(None if code is None else Close(code, ""), None)


@pytest.mark.parametrize("code", [None, 1000, 1001, 1002, 1003, 1007, 1009, 1011, 1012, 1013, 3000])
@pytest.mark.parametrize("accepted", [True, False])
def test_most_closes_are_tried_again(code: int | None, accepted: bool) -> None:
    """A connection that ended is made again (fault 29)."""
    error, fatal = verdict(closed(code), accepted=accepted)
    assert ccxt_class(error) is ccxt.ExchangeNotAvailable
    assert not fatal


@pytest.mark.parametrize(
    ("code", "error"), [(1008, "AuthenticationError"), (4401, "AuthenticationError"), (4403, "PermissionDenied")]
)
def test_a_refusal_before_anything_was_accepted_is_final(code: int, error: str) -> None:
    """Policy and authentication codes end the stream at once (fault 30); later they are tried once more."""
    refusal, fatal = verdict(closed(code), accepted=False)
    assert type(refusal).__name__ == error
    assert fatal
    assert not verdict(closed(code), accepted=True)[1]


@pytest.mark.parametrize(
    ("status", "error", "fatal"),
    [
        (401, ccxt.AuthenticationError, True),
        (403, ccxt.PermissionDenied, True),
        (404, ccxt.NotSupported, True),
        (302, ccxt.ExchangeError, True),
        (429, ccxt.DDoSProtection, False),
        (502, ccxt.ExchangeNotAvailable, False),
        (503, ccxt.ExchangeNotAvailable, False),
        (504, ccxt.RequestTimeout, False),
    ],
)
def test_a_handshake_that_is_answered_otherwise_is_judged_by_its_status(
    status: int, error: type[Exception], fatal: bool
) -> None:
    """Refusals are final, trouble in between is tried again."""
    response = Response(status, "", Headers(), b"<html>")
    made, final = verdict(InvalidStatus(response), accepted=False)
    assert ccxt_class(made) is error
    assert final is fatal


def test_no_connection_is_tried_again() -> None:
    """A refused connection, a name that is not found, a timeout: not the end."""
    for failure in (ConnectionRefusedError(), OSError("no name"), TimeoutError()):
        error, fatal = verdict(failure, accepted=False)
        assert isinstance(error, ccxt.NetworkError)
        assert not fatal


def test_what_the_oms_says_decides_by_its_fate() -> None:
    """A refusal of the OMS is final, trouble at the OMS is not."""
    refused = errors.answered(None, {"code": "permission_denied"}, asked="stream")
    assert verdict(refused, accepted=False) == (refused, True)
    trouble = errors.answered(None, {"code": "dispatcher_unavailable"}, asked="stream")
    assert verdict(trouble, accepted=False) == (trouble, False)
