"""Market channels: what is asked, when it is sent, and when it ends."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from oms_ccxt_async.sandbox.ws_market import MarketInput
from tests.faults.eventually import eventually
from tests.sandbox.conftest import Client, Clock
from tests.sandbox.ws_client import talking

BOOK = {"account_id": 1, "symbol": "BTC/USDT", "channels": ["orderbook"], "depth": 3, "poll_interval_ms": 250}


@pytest.mark.parametrize(("wanted", "kept"), [(-1, 250), (250, 250), (3000, 3000), (10**9, 10_000)])
async def test_interval_is_bounded(client: Client, wanted: int, kept: int) -> None:
    """The interval that the server keeps to is told in the answer (fact 26)."""
    async with talking(client.sandbox) as talk:
        answer = await talk.ask("subscribe_market", {**BOOK, "poll_interval_ms": wanted})
    assert answer["payload"]["poll_interval_ms"] == kept


def test_question() -> None:
    """Each channel is one unified method, with the arguments that were asked for."""
    wanted = MarketInput(symbol="BTC/USDT", timeframe="5m", depth=7, limit=9)
    assert wanted.question("ticker") == ("fetch_ticker", ["BTC/USDT"])
    assert wanted.question("orderbook") == ("fetch_order_book", ["BTC/USDT", 7])
    assert wanted.question("trades") == ("fetch_trades", ["BTC/USDT", None, 9])
    assert wanted.question("ohlcv") == ("fetch_ohlcv", ["BTC/USDT", "5m", None, 9])


async def test_sent_at_once_and_on_change(client: Client, clock: Clock) -> None:
    """The present state is sent right after the answer, and then only what has changed."""
    async with talking(client.sandbox) as talk:
        await talk.ask("subscribe_market", BOOK)
        first = await talk.hear()
        with pytest.raises(TimeoutError):
            await talk.hear(within=0.6)
        clock.now += 1000
        second = await talk.hear()
    assert first["event"] == second["event"] == "orderbook_updated"
    assert len(first["payload"]["data"]["bids"]) == 3
    assert second["payload"]["ts_ms"] == clock.now
    assert second["payload"]["data"] != first["payload"]["data"]


async def test_newest_subscription_holds(client: Client, clock: Clock) -> None:
    """Subscribing to a channel again replaces it, and unsubscribing tells how many there were."""
    async with talking(client.sandbox) as talk:
        for depth in (3, 5):
            await talk.ask("subscribe_market", {**BOOK, "depth": depth})
        while len((await talk.event("orderbook_updated"))["payload"]["data"]["bids"]) != 5:
            pass
        clock.now += 1000
        assert len((await talk.hear())["payload"]["data"]["bids"]) == 5
        removed = [(await talk.ask("unsubscribe_market", BOOK))["payload"]["removed"] for _ in range(2)]
        clock.now += 1000
        with pytest.raises(TimeoutError):
            await talk.hear(within=0.4)
    assert removed == [1, 0]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"symbol": "NOPE/USDT"}, "dispatcher_error"),
        ({"channels": ["ohlcv"], "timeframe": "7m"}, "dispatcher_error"),
        ({"channels": ["candles"]}, "validation_error"),
        ({"channels": []}, "validation_error"),
        ({"account_id": 99}, "account_not_found"),
        ({"depth": 0}, "validation_error"),
    ],
)
async def test_refused(client: Client, change: dict[str, Any], code: str) -> None:
    """What cannot be polled is refused at once, and nothing of the request is polled."""
    async with talking(client.sandbox) as talk:
        answer = await talk.ask("subscribe_market", {**BOOK, **change, "channels": change.get("channels", ["ticker"])})
        await talk.ask("ping")
    assert (answer["ok"], answer["payload"]["code"], talk.heard) == (False, code, [])


async def test_key_has_to_read_the_account(client: Client) -> None:
    """Market data comes through the gateway, under its permissions."""
    async with talking(client.sandbox, "readonly") as talk:
        assert (await talk.ask("subscribe_market", BOOK))["ok"]
        refused = await talk.ask("subscribe_market", {**BOOK, "account_id": 2})
    assert refused["payload"]["code"] == "account_not_found"


async def test_polls_end_with_the_connection(client: Client) -> None:
    """No poll outlives its client."""
    before = asyncio.all_tasks()
    async with talking(client.sandbox) as talk:
        await talk.ask("subscribe_market", {**BOOK, "channels": ["ticker", "trades", "orderbook", "ohlcv"]})
        assert len(asyncio.all_tasks() - before) >= 4
    await eventually(lambda: asyncio.all_tasks() <= before)
