"""What a connection does by itself, and what it keeps to itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import ccxt
import pytest

from oms_ccxt_async.errors import Fate, fate_of
from oms_ccxt_async.instrumentation.telemetry import Telemetry
from oms_ccxt_pro.backoff import Backoff
from oms_ccxt_pro.settings import StreamSettings
from oms_ccxt_pro.status import Status
from oms_ccxt_pro.stream import Address, Stream
from tests.faults.eventually import eventually
from tests.oms_ccxt_pro.scripted import KEY, ScriptedOms, scripted


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
        taker=lambda: lambda message: None,
        refused=told.append,
        outage=told.append,
        backoff=backoff,
        status=Status(),
        clock=lambda: 0,
        name="account",
        telemetry=Telemetry(),
        teller=lambda: None,
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
            oms.send("nothing that makes sense")
            await eventually(lambda: stream.status.bad)
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
