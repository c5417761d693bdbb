"""What goes out, by which way, and what can be seen of it afterwards: the key stays where it belongs."""

from __future__ import annotations

import asyncio
import logging
import pickle
import traceback
from typing import Any

import aiohttp
import ccxt
import ccxt.async_support
import orjson
import pytest

from oms_ccxt_async.errors import Fate, fate_of
from oms_ccxt_async.wire.retry import Kind
from oms_ccxt_async.wire.settings import Settings
from oms_ccxt_async.wire.transport import Request, Transport
from tests.oms_ccxt_async.scripted import (
    CANARY,
    GOOD,
    RESET,
    Act,
    Scripted,
    answer,
    driving,
    failure,
    order,
    read,
    then_close,
)
from tests.oms_ccxt_async.support import ccxt_class

REFUSED, NOT_DONE = Fate.REFUSED, Fate.NOT_DONE
DETAIL = {"code": "internal_error", "message": "paper insufficient balance"}


# What goes out, and by which way


async def test_request_on_the_wire() -> None:
    """Method, path, body and headers arrive as they were given; the key is in `x-api-key`."""
    config: dict[str, Any] = {
        "headers": {"X-Desk": "7", "X-API-Key": "another", "Content-Type": "text/plain"},
        "userAgent": "bot/1",
    }
    async with Scripted() as server, driving(server.url, **config) as (_, transport):
        await transport.send(order())
        seen = server.seen[0]
    assert (seen.method, seen.path, seen.body) == ("POST", "/oms/commands", b'{"command":1}')
    headers = {name: seen.headers[name] for name in ("x-desk", "x-api-key", "content-type", "user-agent", "accept")}
    assert headers == {
        "x-desk": "7",
        "x-api-key": CANARY,
        "content-type": "application/json",
        "user-agent": "bot/1",
        "accept": "application/json",
    }


@pytest.mark.parametrize("agent", [{"User-Agent": "bot/2"}, "bot/2"])
async def test_user_agent(agent: Any) -> None:
    """`userAgent` is a text or a header, as in ccxt."""
    async with Scripted() as server, driving(server.url, userAgent=agent) as (_, transport):
        await transport.send(read())
        assert server.seen[0].headers["user-agent"] == "bot/2"


async def test_retry_sends_the_same_bytes() -> None:
    """Every attempt of one request carries the same body."""
    async with Scripted(RESET, answer(502), GOOD) as server, driving(server.url) as (_, transport):
        await transport.send(order(Kind.REPEATABLE))
        assert {seen.body for seen in server.seen} == {b'{"command":1}'}
        assert len(server.seen) == 3


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_key_does_not_follow_a_redirect(status: int) -> None:
    """A redirect is an error that names the place; nobody goes there, with or without the key."""
    async with Scripted() as elsewhere, Scripted(answer(status, b"", {"Location": elsewhere.url + "/x"})) as server:
        async with driving(server.url) as (_, transport):
            raised = await failure(transport, order())
        assert elsewhere.connections == 0
        assert raised.location == elsewhere.url + "/x"
    assert "base_url" in str(raised)


async def test_user_session_is_used_and_left_open() -> None:
    """A session from the config carries the requests, whatever it does with statuses, and stays its owner's."""
    async with (
        aiohttp.ClientSession(headers={"X-Mine": "1"}, raise_for_status=True) as session,
        Scripted(answer(400, {"detail": DETAIL})) as server,
    ):
        async with driving(server.url, session=session) as (_, transport):
            raised = await failure(transport, read())
        assert server.seen[0].headers["x-mine"] == "1"
        assert isinstance(raised, ccxt.InsufficientFunds)
        assert not session.closed


async def test_user_session_that_its_owner_closed() -> None:
    """A closed session is a ccxt error like the others: nothing was sent."""
    session = aiohttp.ClientSession()
    await session.close()
    async with Scripted() as server, driving(server.url, session=session) as (_, transport):
        raised = await failure(transport, order())
        assert server.connections == 0
    assert fate_of(raised) is NOT_DONE


@pytest.mark.parametrize(
    "config", [{"headers": {"X-A": "a\r\nX-B: b"}}, {"httpProxy": "::::"}, {"apiKey": "key\n"}, {"apiKey": "k€y"}]
)
async def test_setting_that_cannot_be_sent(config: dict[str, Any]) -> None:
    """Headers, proxies and keys that HTTP cannot carry are named before anything leaves."""
    async with Scripted() as server, driving(server.url, **config) as (_, transport):
        raised = await failure(transport, order())
        assert server.seen == []
    assert isinstance(raised, ccxt.BadRequest | ccxt.AuthenticationError)
    assert fate_of(raised) is REFUSED


# What can be seen afterwards


async def test_last_request_and_response() -> None:
    """The attributes that ccxt users look at hold the last exchange of messages, without the key."""
    body = {"items": [{"note": f"your key is {CANARY}"}]}
    async with (
        Scripted(answer(200, body, {"X-Echo": CANARY, "X-Served-By": "a"})) as server,
        driving(server.url, enableLastJsonResponse=True, headers={"Authorization": "Basic c2VjcmV0"}) as (
            exchange,
            transport,
        ),
    ):
        command = Request("POST", "/x", "x", "items", body=orjson.dumps({"echo": CANARY}))
        assert await transport.send(command) == body
    assert exchange.last_request_url == server.url + "/x"
    assert exchange.last_request_headers["x-api-key"] == exchange.last_request_headers["Authorization"] == "***"
    assert exchange.last_request_body == '{"echo":"***"}'
    assert exchange.last_http_response == '{"items":[{"note":"your key is ***"}]}'
    assert exchange.last_json_response == {"items": [{"note": "your key is ***"}]}
    assert exchange.last_response_headers["X-Echo"] == "***"
    assert exchange.last_response_headers["X-Served-By"] == "a"
    assert exchange.milliseconds() - exchange.lastRestRequestTimestamp < 60_000


async def test_last_response_can_be_switched_off() -> None:
    """ccxt's switches keep responses from being held in memory."""
    switches: dict[str, Any] = dict.fromkeys(
        ("enableLastHttpResponse", "enableLastJsonResponse", "enableLastResponseHeaders"), False
    )
    async with Scripted() as server, driving(server.url, **switches) as (exchange, transport):
        await transport.send(read())
    assert exchange.last_http_response is exchange.last_json_response is exchange.last_response_headers is None


async def test_verbose_and_debug_log_show_everything_but_the_key(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """`verbose` and the DEBUG log tell of request and answer, and never of the key, wherever it stands."""
    script = (answer(502, {"detail": {"code": "x", "message": CANARY}}, {"X-Echo": CANARY}), GOOD)
    command = Request("POST", "/x", "x", "items", body=orjson.dumps({"echo": CANARY, "symbol": "BTC/USDT"}))
    async with Scripted(*script) as server, driving(server.url, verbose=True) as (_, transport):
        with caplog.at_level(logging.DEBUG):
            await transport.send(command)
        assert all(CANARY in str(seen.headers) for seen in server.seen)
    printed = capsys.readouterr().out
    for text in (printed, caplog.text):
        assert CANARY not in text
        assert "BTC/USDT" in text
        assert "502" in text
    assert "attempt 1 of x" in caplog.text


ECHOES: list[Act] = [
    answer(400, {"detail": {"code": "internal_error", "message": f"bad key {CANARY}"}}),
    answer(400, {"detail": {"code": CANARY, "message": "x", "results": [{"error": {"message": CANARY}}]}}),
    answer(422, {"detail": [{"loc": ["header", "x-api-key"], "msg": CANARY, "input": CANARY}]}),
    answer(404, {"detail": CANARY}),
    answer(200, {"detail": {"code": "x", "message": CANARY}}),
    answer(200, {"error": {"code": "x", "message": CANARY}}),
    answer(200, CANARY.encode(), {"Content-Type": CANARY}),
    answer(302, b"", {"Location": f"http://elsewhere.invalid/?key={CANARY}"}),
    b"HTTP/1.1 200 OK\r\n" + CANARY.encode() + b"\r\n\r\n",
    CANARY.encode() + b"\r\n\r\n",
    then_close(GOOD[:-3]),
    RESET,
]


@pytest.mark.parametrize("act", ECHOES)
async def test_exception_does_not_hold_the_key(act: Act) -> None:
    """Text, attributes, arguments, pickle, causes and traceback of an exception are fit to be published."""
    async with Scripted(act) as server, driving(server.url) as (_, transport):
        raised = await failure(transport, order())
    chain: list[BaseException | None] = [raised, raised.__cause__, raised.__context__]
    texts = [text for link in chain for text in (str(link), repr(link), repr(getattr(link, "args", "")))]
    texts += [str(vars(raised)), str(pickle.dumps(raised)), "".join(traceback.format_exception(raised))]
    assert [text for text in texts if CANARY in text] == []


async def test_key_that_is_an_everyday_word() -> None:
    """Taking the key out of a text does not change what the text is taken for."""
    async with (
        Scripted(answer(502, {"detail": {"code": "dispatcher_error", "message": "invalid_api_key"}})) as server,
        driving(server.url, apiKey="key") as (_, transport),
    ):
        assert ccxt_class(await failure(transport, order())) is ccxt.AuthenticationError


async def test_works_with_an_exchange_made_outside_of_any_loop() -> None:
    """An exchange that was constructed in a thread without an event loop works in the one it is used in."""

    def make() -> Any:
        return ccxt.async_support.Exchange({"apiKey": CANARY, "enableRateLimit": True, "rateLimit": 1})

    exchange = await asyncio.to_thread(make)
    exchange.timeout_on_exit = 0
    async with Scripted() as server:
        transport = Transport(exchange, Settings(exchange, {"OMS_BASE_URL": server.url}), draw=lambda: 0.5)
        assert (await transport.send(read()))["items"] == []
        await exchange.close()


# Hooks that raise


def broken(*_: Any) -> None:
    """A `print` to a pipe whose reader is gone."""
    raise BrokenPipeError(f"the key is {CANARY}")


async def test_a_request_that_cannot_be_told_is_not_sent() -> None:
    """What `verbose` raises before the request leaves keeps it here: a ccxt error, and nothing was sent."""
    async with Scripted() as server, driving(server.url, verbose=True) as (exchange, transport):
        exchange.log = broken
        raised = await failure(transport, order())
        assert server.seen == []
    assert (ccxt_class(raised), fate_of(raised)) == (ccxt.ExchangeNotAvailable, NOT_DONE)
    assert isinstance(raised.__cause__, BrokenPipeError)
    assert CANARY not in str(raised)


@pytest.mark.parametrize("by", ["verbose", "log handler"])
async def test_an_answer_that_cannot_be_told_counts(by: str) -> None:
    """What `verbose` or a log handler raises of an answer goes to the event loop; the answer keeps its meaning."""
    told: list[Any] = []

    class Broken(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if "Response" in record.msg:
                broken()

    def log(what: str, *_: Any) -> None:
        if "Response" in what:
            broken()

    refusal = answer(400, {"detail": DETAIL})
    async with Scripted(GOOD, refusal) as server, driving(server.url, verbose=by == "verbose") as (exchange, transport):
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["exception"]))
        exchange.log = log
        logger = exchange.logger = logging.Logger("broken", logging.DEBUG)
        if by == "log handler":
            logger.addHandler(Broken())
        assert (await transport.send(order()))["results"] == []
        assert isinstance(await failure(transport, order()), ccxt.InsufficientFunds)
    assert [type(error) for error in told] == [BrokenPipeError] * 2
