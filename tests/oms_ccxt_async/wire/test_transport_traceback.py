"""Tracebacks with locals, as error trackers print them: the key is in none of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import ccxt
import pytest

from oms_ccxt_async.wire.transport import Request, Transport
from tests.faults.eventually import eventually
from tests.oms_ccxt_async.scripted import (
    CANARY,
    GOOD,
    RESET,
    SILENCE,
    Act,
    Scripted,
    answer,
    driving,
    free_port,
    order,
    read,
    then_close,
)


def shown(error: BaseException | None, seen: set[int] | None = None) -> Iterator[tuple[str, str]]:
    """What a tracker shows of an exception, its causes and contexts: where, and the text."""
    seen = set() if seen is None else seen
    if error is None or id(error) in seen:
        return
    seen.add(id(error))
    yield type(error).__name__, f"{error!r} {error} {vars(error)!r}"
    traceback = error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if "tests" not in code.co_filename:
            for name, value in traceback.tb_frame.f_locals.items():
                yield f"{code.co_qualname}: {name}", repr(value)
        traceback = traceback.tb_next
    yield from shown(error.__cause__, seen)
    yield from shown(error.__context__, seen)


def told(error: BaseException) -> list[str]:
    """Where the key is shown."""
    return [where for where, text in shown(error) if CANARY in text]


async def raised_by(transport: Transport, request: Request, *, within: float | None = None) -> BaseException:
    """The exception of a request that fails, or that is given up."""
    with pytest.raises((ccxt.BaseError, TimeoutError)) as raised:
        await asyncio.wait_for(transport.send(request), within)
    error: BaseException = raised.value
    return error


ENDS: list[Act] = [
    RESET,
    SILENCE,
    then_close(GOOD[:-3]),
    then_close(answer(200, b"x" * 10, {"Content-Length": "1000", "X-Echo": CANARY})),
    answer(502),
    answer(302, b"", {"Location": f"http://elsewhere.invalid/?key={CANARY}"}),
    answer(400, {"detail": {"code": "internal_error", "message": f"bad key {CANARY}"}}),
    answer(200, CANARY.encode(), {"Content-Type": CANARY}),
    answer(200, CANARY.encode() * 10, {"X-Echo": CANARY}),
    b"HTTP/1.1 200 OK\r\n" + CANARY.encode() + b"\r\n\r\n",
    CANARY.encode() + b"\r\n\r\n",
]


@pytest.mark.parametrize("act", ENDS)
@pytest.mark.parametrize("request_", [read(), order()], ids=["read", "order"])
async def test_no_local_of_a_traceback_shows_the_key(act: Act, request_: Request) -> None:
    """Whatever ends a request, no local of any frame, aiohttp's included, shows the key."""
    async with Scripted(act) as server, driving(server.url, timeout=300) as (exchange, transport):
        exchange.options["maxResponseBytes"] = 150
        error = await raised_by(transport, request_)
    assert any("_send_once" in where for where, _ in shown(error))
    assert told(error) == []


async def test_no_connection_shows_the_key() -> None:
    """A request that does not find the OMS shows the key no more than one that does."""
    async with driving(f"http://127.0.0.1:{free_port()}") as (_, transport):
        assert told(await raised_by(transport, order())) == []


HALF = answer(200, b"{" + CANARY.encode(), {"Content-Length": "1000", "X-Echo": CANARY})


@pytest.mark.parametrize("act", [SILENCE, HALF], ids=["silence", "half an answer"])
async def test_a_request_that_is_given_up(act: Act) -> None:
    """`wait_for` in the middle of a request leaves a traceback through it, without the key."""
    async with Scripted(act) as server, driving(server.url) as (_, transport):
        error = await raised_by(transport, order(), within=0.2)
    assert isinstance(error, TimeoutError)
    assert any("_send_once" in where for where, _ in shown(error))
    assert told(error) == []


async def test_a_task_that_is_cancelled() -> None:
    """The `CancelledError` of a task in the middle of a request shows no key."""
    async with Scripted(SILENCE) as server, driving(server.url) as (_, transport):
        task = asyncio.create_task(transport.send(order()))
        await eventually(lambda: server.seen)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as raised:
            await task
    assert any("_send_once" in where for where, _ in shown(raised.value))
    assert told(raised.value) == []


@pytest.mark.parametrize("config", [{"apiKey": CANARY + "\n"}, {"headers": {"X-A": 5}}, {"headers": {"X-A": "\n"}}])
async def test_a_setting_that_cannot_be_sent(config: dict[str, Any]) -> None:
    """What fails before anything leaves shows no key either."""
    async with Scripted() as server, driving(server.url, **config) as (_, transport):
        assert told(await raised_by(transport, order())) == []
        assert server.seen == []
