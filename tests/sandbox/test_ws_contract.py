"""The four recorded WebSocket conversations, held again with a sandbox of either profile."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from oms_ccxt_async.sandbox import Sandbox
from tests.sandbox.conftest import Client
from tests.sandbox.test_contract import shape, with_nulls
from tests.sandbox.ws_client import Message, Talk, address, talking

RECORDED: dict[str, list[dict[str, Any]]] = {
    conversation["name"]: conversation["messages"]
    for conversation in json.loads((Path(__file__).parent.parent / "contract" / "ws.json").read_text(encoding="utf-8"))
}
SPACED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")


class RunningClock:
    """Epoch milliseconds a tick of the market apart: its data changes whenever it is looked at."""

    def __init__(self) -> None:
        self.now = 1_795_350_656_000

    def __call__(self) -> int:
        self.now += 100
        return self.now


@pytest.fixture(params=["legacy", "full"])
async def sandbox(request: pytest.FixtureRequest) -> AsyncIterator[Sandbox]:
    async with Sandbox(profile=request.param, volatility=0, clock=RunningClock(), poll_seconds=0.1) as sandbox:
        yield sandbox


async def as_before_the_recording(client: Client) -> None:
    """An open order, and a position with a stop and a comment, as the first rows of the recorded snapshot have them."""
    await client.order("buy", "0.5", client_order_id="cid-1")
    if client.sandbox.oms.full:
        await client.order("sell", "0.1", price="90000", strategy_id=1)
    await client.send("POST", "/oms/reconcile", {"account_id": 1, "scope": "long"})
    await client.done("position_change", position_id=1, oms_stop_loss="30000", comment="guard")


def with_ids(value: Any, ids: dict[int, int]) -> Any:
    """A recorded request that names today's orders."""
    if isinstance(value, dict):
        return {
            name: ids.get(item, item) if name == "order_id" else with_ids(item, ids) for name, item in value.items()
        }
    return value


def assert_as_recorded(message: Message, recorded: Message, *, full: bool) -> None:
    """The same keys, formats, codes and names; of a full OMS every recorded one, beside what the extensions add."""
    for name in ("id", "ok", "type", "namespace", "action", "event"):
        assert message.get(name) == recorded.get(name)
    if recorded["event"] == "error" and not full:
        assert message["payload"] == recorded["payload"]
    ours, theirs = shape(with_nulls(message["payload"], recorded["payload"])), shape(recorded["payload"])
    if full:
        if recorded["event"] == "snapshot_open_orders":
            # the first recorded one is a market order, which is not open in a full OMS
            theirs = shape({**recorded["payload"], "items": recorded["payload"]["items"][1:]})
        assert_within(theirs, ours)
    else:
        assert message.keys() == recorded.keys()
        assert ours == theirs


def assert_within(expected: Any, found: Any) -> None:
    if isinstance(expected, dict):
        assert expected.keys() <= found.keys()
        for name, item in expected.items():
            assert_within(item, found[name])
    elif isinstance(expected, list):
        for one, other in zip(expected, found, strict=False):
            assert_within(one, other)
    else:
        assert found == expected


async def replay(name: str, talk: Talk, client: Client) -> list[Message]:
    """Say what the recorded client said, make its REST calls, and hold every answer; all that was heard."""
    full = client.sandbox.oms.full
    ids: dict[int, int] = {}
    heard: list[Message] = []
    for entry in RECORDED[name]:
        message: Any = entry.get("message")
        if entry["dir"] == "client":
            await talk.send(with_ids(message, ids) if isinstance(message, dict) else message)
        elif entry["dir"] == "rest":
            body = with_ids(entry["request"]["body"], ids)
            status, answer = await client.send("POST", entry["request"]["path"], body)
            assert status == 200
            assert_within(shape(entry["response"]["body"]), shape(answer))
            if not full:
                assert shape(entry["response"]["body"]) == shape(answer)
        elif message["id"] != "server-hello":
            # a full OMS tells more events than the recorded one
            heard.append(await talk.event(message["event"]) if full else await talk.hear())
            assert_as_recorded(heard[-1], message, full=full)
            if message["event"] == "command_result" and message["payload"]["order_id"]:
                ids[message["payload"]["order_id"]] = heard[-1]["payload"]["order_id"]
    return heard


async def test_events(sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
    """Snapshot, commands, events, calls and nonsense are answered as recorded."""
    client = Client(sandbox, session)
    await as_before_the_recording(client)
    async with talking(sandbox) as talk:
        heard = await replay("header auth, subscribe, snapshot, command over ws, events, reconcile", talk, client)
    rows = [row for message in heard if "items" in message["payload"] for row in message["payload"]["items"]]
    assert rows
    assert all(SPACED.fullmatch(row["updated_at"]) for row in rows)


async def test_authentication_by_message(sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
    """Without a key in the header everything is refused until one is told; a wrong one leaves the socket open."""
    messages = RECORDED["auth by message"]
    told = next(entry["message"]["payload"] for entry in messages if entry.get("message", {}).get("id") == "a-2")
    told["api_key"] = sandbox.keys["trader"]
    async with talking(sandbox, None) as talk:
        heard = await replay("auth by message", talk, Client(sandbox, session))
    refusal = next(message["payload"] for message in heard if message["id"] == "a-1")
    code = "invalid_api_key" if sandbox.oms.full else "dispatcher_error"
    assert refusal == {"code": code, "message": "invalid_api_key"}


async def test_unknown_key_in_the_header(sandbox: Sandbox) -> None:
    """The socket is closed with the recorded code, without a word."""
    recorded = RECORDED["header auth with an unknown key"][0]
    headers = {"x-api-key": "no such key"}
    async with connect(address(sandbox), additional_headers=headers, proxy=None) as socket:
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.wait_for(socket.recv(), 5)
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (recorded["code"], recorded["reason"])


async def test_market_data(sandbox: Sandbox) -> None:
    """The four channels send what the recorded ones sent, and are left and refused as recorded."""
    full = sandbox.oms.full
    async with talking(sandbox) as talk:
        for entry in RECORDED["market data"]:
            message = entry["message"]
            if entry["dir"] == "client":
                if "poll_interval_ms" in message["payload"]:
                    message["payload"]["poll_interval_ms"] = 250
                await talk.send(message)
            elif message["id"] != "server-hello":
                assert_as_recorded(await talk.event(message["event"]), message, full=full)
