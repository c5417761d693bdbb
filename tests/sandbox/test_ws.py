"""The conversation of one WebSocket client: who may hear what, from where on, and what nonsense does."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import aiohttp
import pytest
from websockets.exceptions import ConnectionClosed

from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.sandbox.gate import MAX_BODY
from oms_ccxt_async.sandbox.rows import Order
from oms_ccxt_async.sandbox.ws import BATCH
from tests.sandbox.conftest import Client, Clock
from tests.sandbox.ws_client import closing, ids, place, still_there, talking, tell


@pytest.fixture
async def quick_legacy(session: aiohttp.ClientSession, clock: Clock) -> AsyncIterator[Client]:
    """A legacy sandbox that looks for events after a short silence."""
    async with Sandbox(profile="legacy", volatility=0, clock=clock, poll_seconds=0.05) as sandbox:
        yield Client(sandbox, session)


@pytest.fixture(params=["full", "legacy"])
def either(request: pytest.FixtureRequest) -> Client:
    """A client of each profile."""
    client: Client = request.getfixturevalue("client" if request.param == "full" else "quick_legacy")
    return client


async def test_event_carries_id_and_row(client: Client) -> None:
    """A full OMS numbers an event beside its name and sends the row as it is now."""
    async with talking(client.sandbox) as talk:
        await talk.subscribe()
        order_id = await client.order("buy", "0.01")
        events = await talk.until(4)
    assert ids(events) == [1, 2, 3, 4]
    assert [message["event"] for message in events] == [
        "order_submitted",
        "deal_created",
        "position_updated",
        "order_updated",
    ]
    assert events[-1]["payload"]["order"] == await client.row("orders", order_id)


async def test_snapshot_tells_what_it_includes(client: Client) -> None:
    """Snapshot messages carry the last event that they include, and what follows is newer."""
    order_id = await client.order("buy", "0.01", price="50000")
    await client.order("buy", "0.01", account_id=2)
    async with talking(client.sandbox) as talk:
        answer = await talk.subscribe(1, 2, with_snapshot=True)
        parts = [await talk.hear() for _ in range(5)]
        await client.done("cancel_order", order_id=order_id)
        canceled = await talk.event("order_canceled")
    assert answer["payload"]["epoch"] == client.sandbox.oms.events.epoch
    assert [part.get("event_id") for part in parts] == [1, 1, 4, 4, None]
    assert parts[0]["payload"]["items"][0]["id"] == order_id
    assert parts[-1]["payload"]["accounts"] == [
        {"account_id": 1, "open_orders": 1, "open_positions": 0, "event_id": 1},
        {"account_id": 2, "open_orders": 0, "open_positions": 1, "event_id": 4},
    ]
    assert (canceled["event_id"], canceled["payload"]["account_id"]) == (2, 1)


async def test_large_snapshot_comes_in_parts(client: Client) -> None:
    """A snapshot of many rows is several messages, whose rows together are all of them, in order."""
    first = await client.order("buy", "0.01", price="50000")
    oms = client.sandbox.oms
    row = oms.storage.get(Order, id=first)
    assert row is not None
    with oms.storage.transaction():
        for number in range(first + 1, first + BATCH + 10):
            row.id, row.exchange_order_id, row.client_order_id = number, None, None
            oms.storage.insert(row)
    async with talking(client.sandbox) as talk:
        await talk.subscribe(with_snapshot=True)
        parts = [await talk.event("snapshot_open_orders") for _ in range(2)]
        done = await talk.event("snapshot_done")
    found = [item["id"] for part in parts for item in part["payload"]["items"]]
    assert found == list(range(first, first + BATCH + 10))
    assert done["payload"]["accounts"][0]["open_orders"] == len(found)


async def test_second_subscription_adds_accounts(client: Client) -> None:
    """Subscribing to another account keeps the first; subscribing to the same one again doubles nothing."""
    async with talking(client.sandbox) as talk:
        await talk.subscribe(1)
        await talk.subscribe(2)
        await talk.subscribe(1)
        tell(client.sandbox, 2, 1)
        tell(client.sandbox, 2, 2)
        heard = [await talk.hear() for _ in range(4)]
        assert (await talk.ask("ping"))["event"] == "pong"
    assert talk.heard == []
    assert [(message["payload"]["account_id"], message["event_id"]) for message in heard] == [
        (1, 1),
        (1, 2),
        (2, 1),
        (2, 2),
    ]


async def test_restricted_key_is_refused_by_a_legacy_oms(quick_legacy: Client) -> None:
    """A key for one strategy cannot subscribe to events, but its commands are answered (fact 34)."""
    async with talking(quick_legacy.sandbox, "strategy-restricted") as talk:
        for options in ({}, {"with_snapshot": True}, {"namespaces": ["ccxt"]}):
            refusal = await talk.subscribe(**options)
            assert (refusal["ok"], refusal["event"]) == (False, "error")
            assert refusal["payload"] == {"code": "strategy_ws_not_supported"}
        assert (await talk.ask("command", place("one", strategy_id=1)))["ok"]
        tell(quick_legacy.sandbox, 1)
        await asyncio.sleep(0.2)
    assert talk.heard == []


async def test_restricted_key_sees_its_strategy(client: Client) -> None:
    """In a full OMS a key for one strategy gets that strategy's rows and events, and no account-wide ones."""
    sandbox = client.sandbox
    orders = [await client.order("buy", "0.01", strategy_id=number, price="50000") for number in (0, 1, 2)]
    async with talking(sandbox, "strategy-restricted") as talk:
        await talk.subscribe(with_snapshot=True)
        snapshot = await talk.event("snapshot_open_orders")
        assert [row["id"] for row in snapshot["payload"]["items"]] == [orders[1]]
        await client.order("buy", "0.01", strategy_id=2)
        await client.send("POST", "/oms/reconcile", {"account_id": 1, "scope": "long"})
        await client.done("change_order", order_id=orders[1], new_price="49000", new_qty="0.02")
        await client.done("cancel_all_orders")
        own = await client.order("buy", "0.01", strategy_id=1, price="50000")
        while (await talk.event("order_submitted"))["payload"]["order_id"] != own:
            pass
    heard = [message for message in talk.heard if message["action"] == "event"]
    assert {message["payload"].get("order_id") for message in heard} == {orders[1]}
    assert {"order_changed", "order_canceled"} <= {message["event"] for message in heard}


@pytest.mark.parametrize("role", ["readonly", "strategy-restricted"])
async def test_accounts_of_others_are_dropped(client: Client, role: str) -> None:
    """Of the accounts asked for the answer names those that are granted; the others tell nothing (fact 6)."""
    async with talking(client.sandbox, role) as talk:
        assert (await talk.subscribe(1, 2, 3, 99))["payload"]["account_ids"] == [1]
        assert (await talk.subscribe(2, 3))["payload"] == {"code": "permission_denied"}
        tell(client.sandbox, 1, 2)
        await talk.ask("ping")
    assert talk.heard == []


async def test_namespace_of_events(client: Client) -> None:
    """Who subscribes to other namespaces only gets no events and no snapshot."""
    async with talking(client.sandbox) as talk:
        assert (await talk.subscribe(namespaces=["ccxt"], with_snapshot=True))["event"] == "subscribed"
        tell(client.sandbox, 1)
        await talk.ask("ping")
    assert talk.heard == []


async def test_command_is_that_of_rest(client: Client) -> None:
    """A command over the WebSocket and its repeat over REST are one order, and the id is refused to another."""
    command = place("one")
    async with talking(client.sandbox) as talk:
        first = await talk.ask("command", command)
        status, second = await client.send("POST", "/oms/commands", command)
        duplicate = await talk.ask("command", {**command, "request_id": None})
    assert status == 200
    assert first["payload"] == second["results"][0]
    assert first["payload"]["order"] == await client.row("orders", first["payload"]["order_id"])
    assert duplicate["payload"]["error"]["code"] == "duplicate_client_order_id"
    assert duplicate["payload"]["error"]["order_id"] == first["payload"]["order_id"]


@pytest.mark.parametrize(
    ("role", "command", "code"),
    [
        ("readonly", place("a"), "permission_denied"),
        ("admin", place("a"), "admin_read_only"),
        ("strategy-restricted", place("a", strategy_id=2), "strategy_permission_denied"),
        ("trader", place("a", qty="-1"), "validation_error"),
        ("trader", {"command": "launch"}, "validation_error"),
        ("trader", [place("a")], "validation_error"),
        ("trader", None, "validation_error"),
        ("trader", place("a", symbol="NOPE/USDT"), "internal_error"),
    ],
)
async def test_command_refused(client: Client, role: str, command: Any, code: str) -> None:
    """A command that is refused answers like any other, with its error."""
    async with talking(client.sandbox, role) as talk:
        answer = await talk.ask("command", command)
    assert (answer["ok"], answer["event"], answer["payload"]["error"]["code"]) == (False, "command_result", code)


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"account_id": 1, "func": "fetch_nothing"}, "dispatcher_error"),
        ({"account_id": 99, "func": "fetch_ticker", "args": ["BTC/USDT"]}, "account_not_found"),
        ({"func": "fetch_ticker"}, "validation_error"),
        ("fetch_ticker", "validation_error"),
    ],
)
async def test_call_refused(client: Client, payload: Any, code: str) -> None:
    """What the gateway refuses, and what it cannot be asked, is an error."""
    async with talking(client.sandbox) as talk:
        answer = await talk.ask("call", payload)
    assert (answer["ok"], answer["event"], answer["payload"]["code"]) == (False, "error", code)


async def test_later_key_replaces_the_first(client: Client) -> None:
    """A message may change the key; what the first one subscribed to stays restricted as it was."""
    async with talking(client.sandbox, "strategy-restricted") as talk:
        await talk.subscribe()
        for role, name in (("admin", "admin"), ("readonly", "robot")):
            assert (await talk.ask("auth", {"api_key": client.sandbox.keys[role]}))["payload"]["role"] == name
        assert (await talk.ask("command", place("a")))["payload"]["error"]["code"] == "permission_denied"
        assert not (await talk.ask("auth", {"api_key": "wrong"}))["ok"]
        assert (await talk.subscribe(2))["payload"] == {"code": "permission_denied"}
        await client.order("buy", "0.01", price="50000")
        await talk.ask("ping")
    assert talk.heard == []


async def test_chatty_client_starves(legacy: Client) -> None:
    """A legacy OMS holds an event back while its client talks, though not while it only pings by protocol (fact 23)."""
    async with talking(legacy.sandbox) as talk:
        await talk.subscribe()
        await legacy.order("buy", "0.01", price="50000")
        for _ in range(15):
            assert (await talk.ask("ping"))["event"] == "pong"
            with pytest.raises(TimeoutError):
                await talk.hear(within=0.1)
        assert talk.heard == []
        while not talk.heard:
            await talk.socket.ping()
            try:
                talk.heard.append(await talk.hear(within=0.1))
            except TimeoutError:
                continue
    assert talk.heard[0]["event"] == "order_submitted"


async def test_legacy_events_are_thin(quick_legacy: Client) -> None:
    """A legacy OMS sends no ids, no epoch and no rows, and takes no notice of a wish to resume."""
    async with talking(quick_legacy.sandbox) as talk:
        await quick_legacy.order("buy", "0.01", price="50000")
        answer = await talk.subscribe(from_event_id={"1": 0}, epoch="any")
        order_id = await quick_legacy.order("buy", "0.01", price="50000")
        event = await talk.hear()
    assert set(answer["payload"]) == {"namespaces", "account_ids"}
    assert set(event["payload"]) == {"command_id", "exchange_order_id", "order_id", "account_id"}
    assert (event["payload"]["order_id"], "event_id" in event) == (order_id, False)


SCRAPS: list[Any] = [
    None, True, 0, -1, 2**63, 2**70, 1e308, "", "x", "\x00", "é" * 300, "1", [], [[]], {}, {"1": None}, [1, "x", None],
    ["position"], ["ticker"], "ticker", "BTC/USDT", "fetch_ticker", "send_order", "subscribe", "trades", [1], {"1": 0},
]  # fmt: skip
FIELDS = (
    "account_ids", "namespaces", "with_snapshot", "from_event_id", "epoch", "api_key", "account_id", "symbol",
    "channels", "timeframe", "depth", "limit", "poll_interval_ms", "func", "args", "kwargs", "command", "payload",
    "request_id",
)  # fmt: skip
ACTIONS = ("auth", "ping", "subscribe", "command", "call", "subscribe_market", "unsubscribe_market", "", "x")
NOT_MESSAGES = [
    "", "{", "null", "[]", '"subscribe"', "1e999", '{"id":1e999}', "[" * 100_000, '{"a":' * 70 + "1" + "}" * 70,
    '{"id":1,"action":"ping","payload":' + "[" * 200 + "]" * 200 + "}", '"\\ud800"', b"\xff\xfe", b'{"id":', "NaN",
]  # fmt: skip


async def test_nonsense_is_answered(either: Client, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever comes in is answered with an error, and neither the socket nor the server minds."""
    async with talking(either.sandbox) as talk:
        for text in NOT_MESSAGES:
            await talk.send(text)
            answer = await talk.hear()
            assert (answer["event"], answer["payload"]) == ("error", {"code": "internal_error"})
        await still_there(talk)
    assert caplog.records == []


@pytest.mark.parametrize("seed", range(5))
async def test_random_messages_are_answered(either: Client, seed: int, caplog: pytest.LogCaptureFixture) -> None:
    """Random envelopes and payloads each get an answer, and none of them is a failure of the server's."""
    chance = random.Random(seed)

    def payload() -> Any:
        if chance.random() < 0.1:
            return chance.choice(SCRAPS)
        return {name: chance.choice(SCRAPS) for name in chance.sample(FIELDS, chance.randint(0, 8))}

    async with talking(either.sandbox) as talk:
        for _ in range(150):
            action = chance.choice(ACTIONS)
            message = {"id": "asked", "action": action, "namespace": chance.choice(SCRAPS), "payload": payload()}
            await talk.send(message)
            while (answer := await talk.hear())["id"] != "asked":
                pass
            assert answer["payload"].get("code") != "internal_error", message
            if action == "x":
                assert answer["payload"]["code"] == "unsupported_action"
        for scrap in SCRAPS:
            await talk.send({"id": scrap, "action": scrap})
            await still_there(talk)
    assert caplog.records == []


async def test_huge_message_ends_its_own_socket(client: Client) -> None:
    """A message beyond the limit closes the socket that it came on, with the protocol's code, and no other."""
    async with talking(client.sandbox) as other, talking(client.sandbox) as talk:
        await talk.send({"id": "x" * 2_000_000})
        assert (await closing(talk))[0] == 1009
        await still_there(other)


SOON = 0.3


@pytest.mark.parametrize("profile", ["full", "legacy"])
@pytest.mark.parametrize("role", ["trader", None])
async def test_who_subscribes_to_nothing_is_closed(profile: Any, role: str | None) -> None:
    """A client that only pings, with a key or without, is closed when its time is up, and not before."""
    async with Sandbox(profile=profile, volatility=0, subscribe_seconds=SOON, poll_seconds=0.05) as sandbox:
        loop = asyncio.get_running_loop()
        async with talking(sandbox, role) as talk:
            began = loop.time()
            pings = 0
            with suppress(ConnectionClosed):
                while True:
                    await talk.ask("ping")
                    pings += 1
                    await asyncio.sleep(SOON / 10)
            assert loop.time() - began >= SOON / 2
            assert pings
        assert (talk.socket.close_code, talk.socket.close_reason) == (1008, "nothing was subscribed to")


@pytest.mark.parametrize("profile", ["full", "legacy"])
@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("subscribe", {"account_ids": [1]}),
        ("subscribe_market", {"account_id": 1, "symbol": "BTC/USDT", "channels": ["ticker"]}),
        ("command", place("one")),
        ("call", {"account_id": 1, "func": "fetch_time"}),
    ],
)
async def test_who_uses_the_socket_stays(profile: Any, action: str, payload: Any) -> None:
    """A subscription, a command or a call is something to stay for."""
    async with (
        Sandbox(profile=profile, volatility=0, subscribe_seconds=SOON, poll_seconds=0.05) as sandbox,
        talking(sandbox) as talk,
    ):
        assert (await talk.ask(action, payload))["ok"]
        await asyncio.sleep(2 * SOON)
        assert (await talk.ask("ping"))["event"] == "pong"


async def test_a_refused_subscription_is_none(session: aiohttp.ClientSession) -> None:
    """Who subscribes to what is refused is closed like one that did not try."""
    async with Sandbox(volatility=0, subscribe_seconds=SOON) as sandbox, talking(sandbox, "readonly") as talk:
        assert not (await talk.subscribe(2))["ok"]
        assert (await closing(talk))[0] == 1008


async def test_a_message_has_a_size(client: Client) -> None:
    """A message larger than a request's body may be closes its socket, with a key or without; others go on."""
    async with talking(client.sandbox) as other:
        for role in ("trader", None):
            async with talking(client.sandbox, role) as talk:
                await talk.send("x" * (MAX_BODY + 1))
                assert (await closing(talk))[0] == 1009
        assert (await other.ask("ping"))["ok"]
