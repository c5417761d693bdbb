"""Which answers say that the OMS lacks an endpoint; what follows from it is in `exchange/test_fallback.py`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import ccxt
import pytest

from oms_ccxt_async.errors import Fate, answered, fate_of
from oms_ccxt_async.wire.endpoints import BELIEVED, COMMANDS, ORDERS, Endpoints, is_missing_endpoint
from oms_ccxt_async.wire.retry import Kind
from tests.oms_ccxt_async.scripted import GOOD, Act, Clock, Scripted, driving, failure, order, read
from tests.oms_ccxt_async.scripted import answer as scripted


@pytest.mark.parametrize(
    ("status", "detail", "missing"),
    [
        (404, "Not Found", True),
        (405, "Method Not Allowed", True),
        (404, "order 17 not found", False),
        (404, "Method Not Allowed", False),
        (404, {"code": "order_not_found"}, False),
        (404, None, False),
        (400, "Not Found", False),
    ],
)
def test_missing_endpoint(status: int, detail: Any, missing: bool) -> None:
    """Only a 404 or 405 in FastAPI's words says that there is no such path (fact 1)."""
    assert is_missing_endpoint(answered(status, detail, asked="x")) is missing


ABSENT = scripted(404, {"detail": "Not Found"})


@asynccontextmanager
async def knowing(*script: Act) -> AsyncIterator[tuple[Endpoints, Scripted, Clock]]:
    """A transport that remembers endpoints, the server that it talks to, and its clock."""
    clock = Clock()
    async with Scripted(*script) as server, driving(server.url) as (exchange, transport):
        settings = transport._settings
        yield Endpoints(exchange, settings, draw=lambda: 0.5, clock=clock, sleep=clock.sleep), server, clock


async def test_an_absent_endpoint_is_asked_for_again_later() -> None:
    """Absence is believed for a minute; then one request asks again, and an answer ends it."""
    async with knowing(ABSENT, ABSENT, GOOD) as (endpoints, server, clock):
        for _ in range(3):
            assert isinstance(await failure(endpoints, read()), ccxt.NotSupported)
        assert (len(server.seen), endpoints.lacks(ORDERS)) == (1, True)
        clock.now += BELIEVED
        assert isinstance(await failure(endpoints, read()), ccxt.NotSupported)
        assert isinstance(await failure(endpoints, read()), ccxt.NotSupported)
        assert len(server.seen) == 2
        clock.now += BELIEVED
        await endpoints.send(read())
        assert not endpoints.lacks(ORDERS)
        endpoints.require(ORDERS)


@pytest.mark.parametrize(
    "act", [scripted(404, {"detail": "order 17 not found"}), scripted(404, b"<html>no page</html>")]
)
async def test_a_404_in_other_words_switches_nothing_off(act: Act) -> None:
    """A 404 that is not the framework's own says nothing of the path."""
    async with knowing(act, GOOD) as (endpoints, _, _clock):
        await failure(endpoints, read())
        assert not endpoints.lacks(ORDERS)
        assert await endpoints.send(read())


@pytest.mark.parametrize(
    "first", [GOOD, scripted(400, {"detail": {"code": "validation_error", "message": "start_date"}})]
)
@pytest.mark.parametrize("request_", [read(), order(Kind.ONCE)])
async def test_an_endpoint_that_has_answered_exists(first: Act, request_: Any) -> None:
    """Words of absence after an answer are those of a server that is not up yet: the request goes out again."""
    async with knowing(first, ABSENT, GOOD) as (endpoints, server, _):
        with suppress(ccxt.BadRequest):
            await endpoints.send(request_)
        assert await endpoints.send(request_)
        assert len(server.seen) == 3
        assert not endpoints.lacks(COMMANDS)


async def test_an_endpoint_that_stays_away() -> None:
    """An endpoint that has answered and is not there any more is trouble, not a path that the OMS lacks."""
    async with knowing(GOOD, ABSENT) as (endpoints, _, _clock):
        await endpoints.send(order())
        raised = await failure(endpoints, order())
        assert isinstance(raised, ccxt.ExchangeNotAvailable)
        assert (fate_of(raised), endpoints.lacks(COMMANDS)) == (Fate.NOT_DONE, False)
