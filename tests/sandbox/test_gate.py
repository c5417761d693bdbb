"""Requests that are too large, too many at once, or come before the OMS is up."""

from __future__ import annotations

import asyncio
import io
import time
from contextlib import suppress
from typing import Any

import aiohttp
import pytest

from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.sandbox.app import MAX_BATCH
from oms_ccxt_async.sandbox.gate import MAX_BODY, MAX_UNREAD
from oms_ccxt_async.sandbox.rows import Order
from tests.sandbox.conftest import Client

LIMIT: dict[str, Any] = {
    "account_id": 1,
    "command": "send_order",
    "payload": {"symbol": "BTC/USDT", "side": "buy", "order_type": "limit", "qty": "0.01", "price": "50000"},
}
TOO_LARGE = {"detail": {"code": "payload_too_large", "message": f"a body has at most {MAX_BODY} bytes"}}


@pytest.mark.parametrize("path", ["/oms/commands", "/ccxt/1/fetch_ticker", "/strategies", "/nope"])
@pytest.mark.parametrize("role", ["trader", "nobody"])
async def test_a_body_has_a_size(client: Client, path: str, role: str) -> None:
    """One byte too much is refused on every path, before the key is looked at; the connection can be used again."""
    other = client.as_role(role)
    for size in (MAX_BODY + 1, 4 * MAX_BODY):
        assert await other.send("POST", path, raw=b"[" * size) == (413, TOO_LARGE)
    assert (await other.send("POST", path, raw=b" " * MAX_BODY))[0] != 413
    assert (await client.send("GET", "/healthz"))[0] == 200


async def test_a_body_in_pieces_is_counted(client: Client) -> None:
    """A body that does not say how long it is, is refused as well; one that is short enough is taken."""

    async def pieces(count: int) -> Any:
        for _ in range(count):
            yield b" " * 1000

    async def posted(count: int) -> int:
        headers = {"x-api-key": client.sandbox.keys["trader"], "content-type": "application/json"}
        url = client.sandbox.url + "/oms/commands"
        async with client.session.post(url, data=pieces(count), headers=headers) as response:
            return response.status

    assert [await posted(count) for count in (10, MAX_BODY // 1000 + 1)] == [422, 413]


async def test_a_body_without_end_is_cut_off(client: Client) -> None:
    """Of a body that goes on and on only so much is read before the connection is closed."""
    sent = 0

    async def pieces() -> Any:
        nonlocal sent
        while sent < 10 * MAX_UNREAD:
            yield b" " * 100_000
            sent += 100_000

    with suppress(aiohttp.ClientError):  # what it hears of it depends on how fast it sends
        async with client.session.post(client.sandbox.url + "/oms/commands", data=pieces()) as response:
            assert response.status == 413
    assert sent < 3 * MAX_UNREAD


async def test_a_large_body_stalls_nobody(client: Client) -> None:
    """While 14 MiB come in without a key, several times over, others are answered as ever."""
    body = b"[" + b"[]," * (14 * 1024 * 1024 // 3) + b"[]]"

    async def flooded() -> int:
        headers = {"content-type": "application/json"}
        async with client.session.post(
            client.sandbox.url + "/oms/commands", data=io.BytesIO(body), headers=headers
        ) as response:
            return response.status

    flood = asyncio.gather(*(flooded() for _ in range(3)))
    slowest = 0.0
    while not flood.done():
        began = time.monotonic()
        assert (await client.send("GET", "/healthz"))[0] == 200
        slowest = max(slowest, time.monotonic() - began)
    assert await flood == [413] * 3
    assert slowest < 1.5


async def test_a_batch_has_a_length(client: Client) -> None:
    """One item too many is refused before any is looked at, whoever asks; as many as there may be are carried out."""
    refusal = {"detail": {"code": "validation_error", "message": f"a batch has at most {MAX_BATCH} items"}}
    for role in ("trader", "nobody"):
        for path, item in (("/oms/commands", LIMIT), ("/oms/commands", 1), ("/ccxt/commands", {})):
            answer = await client.as_role(role).send("POST", path, [item] * (MAX_BATCH + 1))
            assert answer == (422, refusal)
    assert client.sandbox.oms.storage.count(Order) == 0
    assert (await client.send("POST", "/oms/commands", [LIMIT] * MAX_BATCH))[0] == 200
    assert client.sandbox.oms.storage.count(Order) == MAX_BATCH


async def test_too_many_values_are_refused_quickly(client: Client) -> None:
    """A body of many small values, which takes long to check, is refused before it is."""
    ids = ",".join(["1"] * 100_000)
    raw = f'{{"account_id": 1, "command": "cancel_order", "payload": {{"order_ids": [{ids}]}}}}'.encode()
    assert len(raw) < MAX_BODY
    began = time.monotonic()
    status, body = await client.send("POST", "/oms/commands", raw=raw)
    assert (status, body["detail"][0]["ctx"]["error"]) == (422, "Too many values")
    assert time.monotonic() - began < 1


async def test_a_dispatcher_that_was_restarted(session: aiohttp.ClientSession) -> None:
    """The first requests, as many as were asked for, are answered dispatcher_empty_response (fact 35)."""
    async with Sandbox(profile="legacy", volatility=0, empty_responses=3) as sandbox:
        client = Client(sandbox, session)
        error = {"code": "dispatcher_empty_response", "message": "dispatcher_empty_response"}
        assert (await client.send("GET", "/healthz"))[0] == 200
        for method, path, body in (
            ("GET", "/oms/accounts", None),
            ("POST", "/oms/commands", LIMIT),
            ("POST", "/ccxt/1/fetch_time", {}),
        ):
            assert await client.send(method, path, body) == (502, {"detail": error})
        assert (await client.send("POST", "/oms/commands", LIMIT))[0] == 200
        assert sandbox.oms.storage.count(Order) == 1
        sandbox.oms.empty_responses = 1
        assert (await client.send("GET", "/oms/accounts"))[0] == 502
        assert (await client.send("GET", "/oms/accounts"))[0] == 200
