"""Settings, the end of a session and what it means, and what a connection keeps to itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import ccxt
import pytest
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.frames import Close
from websockets.http11 import Response

from oms_ccxt_async import errors
from oms_ccxt_async.errors import Fate, fate_of
from oms_ccxt_async.instrumentation.telemetry import Telemetry
from oms_ccxt_pro.backoff import Backoff
from oms_ccxt_pro.status import Status
from oms_ccxt_pro.stream import Address, Stream, StreamSettings, end_of_session
from tests.faults.eventually import eventually
from tests.oms_ccxt_async.support import ccxt_class
from tests.oms_ccxt_pro.scripted import KEY, ScriptedOms, scripted

# Settings


def test_settings_are_taken_by_name() -> None:
    """What is not named has its default; what ccxt's own client takes from `ws` is left to it."""
    assert StreamSettings.from_options(None) == StreamSettings()
    own = {"maxOutage": None, "pingInterval": 5, "onStatus": print}
    ccxts = {"options": {"headers": {}}, "cost": 1, "compress": 0}
    assert StreamSettings.from_options({**own, **ccxts}) == StreamSettings(pingInterval=5, onStatus=print)


@pytest.mark.parametrize(
    "bad",
    [
        {"pingInterval": "5"},
        {"maxPending": True},
        {"backoff": -1},
        {"maxSize": float("nan")},
        {"ordersSnapshot": 1},
        {"onStatus": "print"},
    ],
)
def test_settings_that_make_no_sense_are_refused(bad: dict[str, object]) -> None:
    """The error names the option."""
    with pytest.raises(ccxt.BadRequest, match=next(iter(bad))):
        StreamSettings.from_options(bad)


def test_a_setting_that_does_not_exist_is_refused() -> None:
    """The error names the one that may be meant, or all of them."""
    with pytest.raises(ccxt.BadRequest, match=r"pingIntervall.*'pingInterval'"):
        StreamSettings.from_options({"pingIntervall": 5})
    with pytest.raises(ccxt.BadRequest, match=r"zzz.*maxOutage"):
        StreamSettings.from_options({"zzz": 5})


def test_settings_are_a_dict() -> None:
    """Anything else is refused."""
    with pytest.raises(ccxt.BadRequest):
        StreamSettings.from_options(5)


# The end of a session


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


# A connection


class Waits(Backoff):
    """A backoff without waits, which says how many failures it counts."""

    def __init__(self) -> None:
        super().__init__(0.001, 0.001, lambda: 1.0)

    @property
    def failures(self) -> int:
        return self._failures


async def subscribed(stream: Stream) -> None:
    """Subscribe to the account."""
    await stream.request("subscribe", {"account_ids": [1]}, asked="watching")


@asynccontextmanager
async def connected(oms: ScriptedOms, **headers: str) -> AsyncIterator[tuple[Stream, Waits, list[BaseException]]]:
    """A stream to a scripted OMS, its backoff, and the errors that it has ended with."""
    backoff, told = Waits(), list[BaseException]()
    stream = Stream(
        lambda: Address(f"ws{oms.url[4:]}/ws", {"x-api-key": KEY, **headers}),
        StreamSettings(openTimeout=2_000),
        opened=subscribed,
        handle=lambda message: None,
        refused=told.append,
        outage=told.append,
        backoff=backoff,
        status=Status(),
        clock=lambda: 0,
        name="account",
        telemetry=Telemetry(),
        tell=lambda what, text: None,
    )
    stream.start()
    try:
        yield stream, backoff, told
    finally:
        await stream.close()


async def test_the_key_is_in_no_log_of_the_websockets_library(caplog: pytest.LogCaptureFixture) -> None:
    """At DEBUG that library tells every header and every frame: without the secrets, and with everything else."""
    caplog.set_level(logging.DEBUG)
    canaries = {"authorization": "canary-of-the-proxy", "cookie": "session=canary"}
    async with scripted() as oms, connected(oms, **canaries) as (stream, _, _):
        await eventually(lambda: stream.accepted)
        oms.send(f"an echo of {KEY}")
        await eventually(lambda: stream.status.bad)
    told = [record.getMessage() for record in caplog.records if record.name.startswith(("websockets", "test"))]
    assert "> x-api-key: ***" in told
    assert any("an echo of ***" in text for text in told)
    assert not any(secret in text for secret in (KEY, *canaries.values()) for text in told)


@pytest.mark.parametrize("target", ["/ws", "other"])
async def test_a_redirect_of_the_handshake_is_not_followed(target: str) -> None:
    """The key goes to the address that was set, and a redirect, to that server or another, is no end either."""
    async with scripted() as oms, scripted() as other:
        oms.handshake = 302, {"location": "/elsewhere" if target == "/ws" else f"{other.url}/ws"}
        async with connected(oms) as (stream, _, told):
            await eventually(lambda: oms.shaken >= 3)
            assert (oms.requests, other.requests, other.accepted) == ([], [], 0)
            oms.handshake = None
            await eventually(lambda: stream.accepted)
            assert told == []


async def test_a_restarting_server_is_ridden_out() -> None:
    """A handshake that is answered 404, 400, 426, 431 or 451 is tried again, and no watcher hears of it."""
    async with scripted() as oms:
        oms.handshake = 404, {}
        async with connected(oms) as (stream, _, told):
            for status in (404, 400, 426, 431, 451):
                shaken, oms.handshake = oms.shaken, (status, {})
                await eventually(lambda shaken=shaken: oms.shaken >= shaken + 2)  # type: ignore[misc]
            oms.handshake = None
            await eventually(lambda: stream.accepted)
            assert told == []


async def test_waits_grow_until_a_session_has_been_accepted() -> None:
    """What a server says before it accepts the session does not make the next wait short; after that anything does."""
    async with scripted() as oms:
        oms.refuse = "dispatcher_unavailable"
        async with connected(oms) as (stream, backoff, _):
            await eventually(lambda: len(oms.subscribes) >= 4)
            assert backoff.failures >= 3
            oms.refuse = None
            await eventually(lambda: stream.accepted)
            assert backoff.failures >= 3
            oms.order()
            await eventually(lambda: not backoff.failures)


async def test_a_request_to_a_closing_socket_may_have_been_sent() -> None:
    """Where the connection is being closed as a request goes out, nobody knows whether it arrived."""
    async with scripted() as oms, connected(oms) as (stream, _, _):
        await eventually(lambda: stream.accepted)
        assert stream._socket is not None
        closing = asyncio.create_task(stream._socket.close())
        await asyncio.sleep(0)
        with pytest.raises(ccxt.NetworkError) as caught:
            await stream.request("command", {}, asked="an order")
        assert fate_of(caught.value) is Fate.UNKNOWN
        await closing


async def test_a_request_without_a_connection_was_not_sent() -> None:
    """Before there is a connection nothing leaves, and the error says so."""
    async with scripted() as oms, connected(oms) as (stream, _, _):
        with pytest.raises(ccxt.NetworkError) as caught:
            await stream.request("command", {}, asked="an order")
        assert fate_of(caught.value) is Fate.NOT_DONE
