"""Two servers on one database, in one process: what one does, the clients of the other hear of."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from decimal import Decimal
from typing import Any

import aiohttp
import psycopg
import pytest

from oms_ccxt_async.sandbox import Sandbox, StorageUnavailable
from oms_ccxt_async.sandbox.postgres import PostgreSQL
from oms_ccxt_async.sandbox.rows import Event
from tests.faults.eventually import eventually
from tests.postgres.cluster import Cluster
from tests.sandbox.conftest import Client
from tests.sandbox.ws_client import talking

Pair = tuple[Client, Client]


@pytest.fixture
async def pair(database: str) -> AsyncIterator[Pair]:
    """Clients of two servers, of which the first leads."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        clients = []
        for _ in range(2):
            sandbox = Sandbox(database=database, volatility=0, api_key="key")
            clients.append(Client(await stack.enter_async_context(sandbox), session))
        yield clients[0], clients[1]


def leads(sandbox: Sandbox) -> bool:
    """Whether this server lets the market move."""
    assert isinstance(sandbox.oms.storage, PostgreSQL)
    return sandbox.oms.storage.leading


async def test_subscribers_of_one_hear_of_the_other(pair: Pair) -> None:
    """Events come in order and once, whichever server carried the command out; a snapshot and what follows it fit."""
    one, other = pair
    await one.order("buy", "0.1")
    async with talking(other.sandbox) as talk:
        await talk.subscribe(with_snapshot=True)
        done = await talk.event("snapshot_done")
        after = done["payload"]["accounts"][0]["event_id"]
        assert after == one.sandbox.oms.events.newest_id(1)
        for number in range(4):
            await pair[number % 2].order("buy", "0.1", price="50000")
        last = pair[1].sandbox.oms.events.newest_id(1)
        heard = [message["event_id"] for message in await talk.until(last)]
        assert heard == list(range(after + 1, last + 1))


async def test_reads_are_of_everything_that_was_answered(pair: Pair) -> None:
    """What one server has answered, the other shows: orders, balances, strategies and what is duplicate."""
    one, other = pair
    order_id = await one.order("buy", "0.5", client_order_id="a")
    assert (await other.row("orders", order_id))["status"] == "FILLED"
    _, body = await other.send("POST", "/ccxt/core/1/fetch_balance", {})
    assert body["result"]["BTC"]["total"] == 10.5
    order: dict[str, Any] = {"symbol": "BTC/USDT", "side": "buy", "order_type": "market", "qty": "1"}
    assert (await other.error("send_order", client_order_id="a", **order))[0] == 409
    status, body = await one.send("POST", "/strategies", {"name": "gamma"})
    assert status == 200
    await eventually(lambda: body["strategy_id"] in other.sandbox.oms.strategies)
    status, _ = await other.send("POST", "/strategies", {"name": "gamma"})
    assert status == 409


async def test_another_leads_when_the_leader_ends(database: str) -> None:
    """The market moves on, by the one that is left: a resting order that it comes through is filled."""
    one = await Sandbox(database=database, volatility=0, api_key="key").__aenter__()
    async with Sandbox(database=database, volatility=0, api_key="key") as other, aiohttp.ClientSession() as session:
        assert (leads(one), leads(other)) == (True, False)
        await one.__aexit__(None, None, None)
        await eventually(lambda: leads(other), within=3)
        client = Client(other, session)
        order_id = await client.order("buy", "0.1", price="50000")
        other.oms.exchange.move("BTC/USDT", Decimal(40_000))

        async def filled() -> bool:
            return bool((await client.row("orders", order_id))["status"] == "FILLED")

        await eventually(filled)


async def test_subscribers_hear_what_was_committed_while_the_connection_was_gone(pair: Pair) -> None:
    """A server that was cut off from the database tells its clients of what it missed as soon as it is back."""
    one, other = pair
    async with talking(other.sandbox) as talk:
        await talk.subscribe()
        assert isinstance(other.sandbox.oms.storage, PostgreSQL)
        other.sandbox.oms.storage.close()
        await one.order("buy", "0.1")
        last = one.sandbox.oms.events.newest_id(1)
        assert [message["event_id"] for message in await talk.until(last)] == list(range(1, last + 1))


async def test_what_could_not_be_read_once_is_read_again(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """Events of another server that the database did not give in time are told a moment later, although the connection
    stands and nothing more is committed."""
    one, other = pair
    storage = other.sandbox.oms.storage
    select, failing = storage.select, [True]

    def slow(kind: Any, **key: Any) -> Any:
        if kind is Event and failing:
            failing.pop()
            raise StorageUnavailable("canceling statement due to statement timeout")
        return select(kind, **key)

    async with talking(other.sandbox) as talk:
        await talk.subscribe()
        monkeypatch.setattr(storage, "select", slow)
        await one.order("buy", "0.1")
        last = one.sandbox.oms.events.newest_id(1)
        assert [message["event_id"] for message in await talk.until(last)] == list(range(1, last + 1))
    assert not failing


@pytest.mark.parametrize("payload", ["", "one two", "1", "1 2 3", "99 7"])
async def test_notices_of_others_are_passed_over(pair: Pair, database: str, payload: str) -> None:
    """What another program says on the channel is nothing to us, and breaks nothing."""
    one, other = pair
    assert isinstance(one.sandbox.oms.storage, PostgreSQL)
    async with talking(other.sandbox) as talk:
        await talk.subscribe()
        with psycopg.connect(database, autocommit=True) as somebody:
            channel = f"oms_{one.sandbox.oms.storage._schema}"
            for _ in range(3):
                somebody.execute("SELECT pg_notify(%s, %s)", (channel, payload))
                assert await one.order("buy", "0.1")
        last = one.sandbox.oms.events.newest_id(1)
        assert [message["event_id"] for message in await talk.until(last)] == list(range(1, last + 1))


async def test_a_key_that_another_adds_is_known(pair: Pair, database: str) -> None:
    """A server that comes with a key of its own does not keep it to itself."""
    async with Sandbox(database=database, volatility=0, api_key="another"):
        one, _ = pair
        await eventually(lambda: one.sandbox.oms.permissions.find("another"))
        assert (await one.as_role("another").send("GET", "/oms/accounts"))[0] == 200


async def test_a_legacy_oms_is_one_process(database: str) -> None:
    """Its commands wait in lanes of the process, so that another one is refused."""
    async with Sandbox(profile="legacy", database=database, volatility=0):
        with pytest.raises(StorageUnavailable, match="a legacy OMS is only one"):
            async with Sandbox(profile="legacy", database=database, volatility=0):
                pass
        await asyncio.sleep(0)
    with pytest.raises(ValueError, match="lists_lag needs SQLite"):
        Sandbox(profile="legacy", database=database, lists_lag=5)


async def test_what_is_served_while_the_database_is_away(cluster: Cluster, pair: Pair) -> None:
    """Prices go on, on request and over the socket; commands, lists and balances are refused as not done; afterwards
    all is as before, and the subscriber who stayed hears what follows."""
    _, other = pair
    await other.order("buy", "0.1")
    async with talking(other.sandbox) as talk:
        await talk.subscribe()
        channel = {"account_id": 1, "symbol": "BTC/USDT", "channels": ["ticker"], "poll_interval_ms": 250}
        await talk.ask("subscribe_market", channel)
        await talk.event("ticker_updated")
        last = other.sandbox.oms.events.newest_id(1)
        await asyncio.to_thread(cluster.kill)
        try:
            assert (await other.send("POST", "/ccxt/1/fetch_ticker", {"args": ["BTC/USDT"]}))[0] == 200
            assert (await other.send("POST", "/ccxt/core/1/fetch_balance", {}))[0] == 503
            assert (await other.send("GET", "/oms/orders/open?account_ids=1"))[0] == 503
            refused = await other.error("send_order", symbol="BTC/USDT", side="buy", order_type="market", qty="0.1")
            assert refused[:2] == (503, "storage_unavailable")
            other.sandbox.oms.exchange.move("BTC/USDT", Decimal(50_000))
            assert (await talk.event("ticker_updated"))["payload"]["data"]["last"] == 50_000
        finally:
            await asyncio.to_thread(cluster.start)

        async def goes() -> bool:
            return (await other.send("GET", "/oms/orders/open?account_ids=1"))[0] == 200

        await eventually(goes)
        order = {"symbol": "BTC/USDT", "side": "buy", "order_type": "limit", "price": "40000", "qty": "0.1"}
        body = {"account_id": 1, "command": "send_order", "payload": order}
        status, _ = await other.send("POST", "/oms/commands", body)
        assert status == 200
        assert (await talk.event("order_submitted"))["event_id"] == last + 1
