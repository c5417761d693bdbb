"""Replays: their time, what happens in it, and that it is always the same."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from oms_ccxt_async.sandbox import Sandbox, StorageUnavailable
from oms_ccxt_async.sandbox.candle_files import SAMPLE
from oms_ccxt_async.sandbox.rows import Deal, Event, Order, Position
from tests.faults.eventually import eventually
from tests.sandbox.conftest import Client, carry_out, short

D = Decimal
BEGIN, DAY_MS = 1_780_272_000_000, 86_400_000
BTC = "BTC/USDT"


@pytest.fixture
def falling(tmp_path: Path) -> Path:
    """An hour in which the price falls from 100 to 40 and comes back, and one in which it stands."""
    file = tmp_path / "BTC_USDT-30m.csv"
    rows = [(100, 100, 40, 40), (40, 100, 40, 100), (100, 100, 100, 100), (100, 100, 100, 100)]
    lines = [f"{BEGIN + at * 1_800_000},{','.join(map(str, row))},1000" for at, row in enumerate(rows)]
    file.write_text("\n".join(lines))
    return file


async def fills(client: Client, order_id: int) -> list[tuple[str, int]]:
    """Price, and seconds into the recording."""
    found = (await client.get(f"/oms/deals?order_ids={order_id}"))["items"]
    rows = [client.sandbox.oms.storage.get(Deal, id=deal["id"]) for deal in found]
    return [
        (short(deal["price"]), (row.executed_ms - BEGIN) // 1000) for deal, row in zip(found, rows, strict=True) if row
    ]


async def test_orders_fill_when_the_price_comes_to_them(falling: Path, session: aiohttp.ClientSession) -> None:
    """In one step of an hour a limit order, a trigger and the OMS's own stop happen at their prices and at their times:
    the price falls from 100 to 40 between a quarter and three quarters of the first half hour."""
    async with Sandbox(candles=falling, speed=0) as sandbox:
        client = Client(sandbox, session)
        limit = await client.order("buy", "1", 2, price="60")
        stop = await client.order("sell", "1", 2, order_type="stop_market", stop_price="50")
        taker = await client.order("sell", "1", 1)
        assert await client.positions(1) == [(1, "sell", "1")]
        await client.done("position_change", 1, position_id=1, oms_stop_loss="120", oms_stop_gain="70")
        sandbox.advance(3600)
        assert await fills(client, taker) == [("99.99", 0)]
        assert await fills(client, limit) == [("60", 1050)]
        assert await fills(client, stop) == [("49.99", 1200)]
        gained = sandbox.oms.storage.select(Order, account_id=1)[-1]
        assert (gained.reason, str(gained.avg_fill_price)[:5]) == ("stop_gain", "70.01")
        assert await client.positions(1) == []


async def test_a_stop_between_two_prices(falling: Path, session: aiohttp.ClientSession) -> None:
    """A stop that is not on the market's grid goes at the first price beyond it, on the way down and on the way up."""
    async with Sandbox(candles=falling, speed=0) as sandbox:
        client = Client(sandbox, session)
        await client.order("buy", "1", 1, oms_stop_loss="70.005")
        sandbox.advance(1800)
        await client.order("buy", "1", 1, oms_stop_gain="70.005")
        sandbox.advance(1800)
        lost, gained = sandbox.oms.storage.select(Order, reason=("stop_loss", "stop_gain"))
        assert [str(order.avg_fill_price)[:5] for order in (lost, gained)] == ["69.99", "70.00"]


async def test_what_is_not_stored_happens_later(falling: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the database fails at the moment of a fill, the replay stays before it, and the fill is not passed over."""
    async with Sandbox(candles=falling, speed=0, api_key="the trader's key") as sandbox:
        oms = sandbox.oms
        carry_out(oms, "send_order", 2, symbol=BTC, side="buy", qty="1", order_type="limit", price="60")
        execute = oms.storage.store_execution

        def fail(*_: Any) -> None:
            raise StorageUnavailable("the disk is full")

        monkeypatch.setattr(oms.storage, "store_execution", fail)
        with pytest.raises(StorageUnavailable):
            sandbox.advance(3000)
        assert oms.clock() < BEGIN + 1_050_000
        monkeypatch.setattr(oms.storage, "store_execution", execute)
        sandbox.advance(3000)
        (deal,) = oms.storage.select(Deal)
        assert (short(str(deal.price)), (deal.executed_ms - BEGIN) // 1000) == ("60", 1050)


async def test_the_clock_is_the_replays(falling: Path, session: aiohttp.ClientSession) -> None:
    """Rows, the exchange's time and health have the recording's time, and it stands still until it is told to go on."""
    async with Sandbox(candles=falling, speed=0, start=BEGIN + 60_000) as sandbox:
        client = Client(sandbox, session)
        order_id = await client.order("buy", "1", 2, price="10")
        assert (await client.row("orders", order_id))["created_at"] == "2026-06-01T00:01:00"
        sandbox.advance(1.5)
        status, body = await client.send("POST", "/ccxt/2/fetchTime", {"args": [], "kwargs": {}})
        assert (status, body["result"]) == (200, BEGIN + 61_500)
        health = (await client.get("/healthz"))["prices"]
        assert (health["state"], health["time"]) == ("replaying", "2026-06-01T00:01:01Z")


async def test_the_end_is_said(falling: Path, session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture) -> None:
    """At the end time stands still, orders are refused for that, health and one line of the log say so."""
    async with Sandbox(candles=falling, speed=0) as sandbox:
        client = Client(sandbox, session)
        sandbox.advance(1_000_000)
        sandbox.advance(1)
        assert sandbox.oms.clock() == BEGIN + 4 * 1_800_000
        assert (await client.get("/healthz"))["prices"]["state"] == "ended"
        error = await client.error("send_order", 2, symbol=BTC, side="buy", qty="1", order_type="market")
        assert error == (400, "internal_error", "paper trading is halted: the recording of BTC/USDT has ended")
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == [
        "the replay has ended at 2026-06-01T02:00:00Z: nothing trades any more"
    ]


def strategy(sandbox: Sandbox, steps: Iterator[float]) -> list[Any]:
    """Trade through a replay, step by step of so many seconds, and tell everything that is stored of it."""
    oms = sandbox.oms

    def order(side: str, qty: str, **fields: Any) -> None:
        kind = "limit" if "price" in fields else "market"
        carry_out(oms, "send_order", 2, symbol=BTC, side=side, qty=qty, order_type=kind, **fields)

    order("buy", "0.5")
    for number, seconds in enumerate(steps):
        last = oms.exchange.last_price(BTC)
        order("buy", "0.1", price=str(last - 5))
        order("sell", "0.1", price=str(last + 5))
        if number % 5 == 4:
            carry_out(oms, "cancel_all_orders", 2)
        sandbox.advance(seconds)
    return [oms.storage.select(kind) for kind in (Order, Deal, Position, Event)]


async def test_the_same_replay_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a strategy does at the same times has the same outcome, row by row, in however many steps time passes."""
    told = []
    for cut in (1, 7, 60):
        async with Sandbox(candles=SAMPLE, speed=0, api_key="the trader's key") as sandbox:
            play = sandbox.advance

            def in_steps(seconds: float, play: Any = play, cut: int = cut) -> None:
                for _ in range(cut):
                    play(seconds / cut)

            monkeypatch.setattr(sandbox, "advance", in_steps)
            told.append(strategy(sandbox, iter([420.0] * 30)))
    assert told[0][:3] == told[1][:3] == told[2][:3]
    assert len(told[0][1]) > 20


async def test_a_kept_database_goes_on_where_it_was(
    falling: Path, tmp_path: Path, session: aiohttp.ClientSession
) -> None:
    """Time does not go back over what is stored; the prices of a database cannot be exchanged for others."""
    database = tmp_path / "oms.sqlite"
    async with Sandbox(candles=falling, speed=0, database=database) as sandbox:
        sandbox.advance(600)
        await Client(sandbox, session).order("buy", "1", 2, price="10")
    async with Sandbox(candles=falling, speed=0, database=database) as sandbox:
        assert sandbox.oms.clock() == BEGIN + 600_001
    with pytest.raises(ValueError, match="goes to 2026-06-01T00:10:00Z: its replay cannot start at"):
        async with Sandbox(candles=falling, start=BEGIN, database=database):
            pass
    with pytest.raises(ValueError, match="has lived on replayed prices"):
        async with Sandbox(database=database):
            pass


async def test_a_days_bot_in_a_minute(session: aiohttp.ClientSession) -> None:
    """At 1440 times the speed, an hour and more of the day has passed after three seconds, with orders at work."""
    async with Sandbox(candles=SAMPLE, speed=1440, start=BEGIN) as sandbox:
        client = Client(sandbox, session)
        for price in ("59000", "58000"):
            await client.order("buy", "0.01", 2, price=price)
        await client.order("buy", "0.01", 2)
        await eventually(lambda: sandbox.oms.clock() > BEGIN + 3_600_000, within=10)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"speed": -1}, "speed"),
        ({"speed": float("nan")}, "speed"),
        ({"start": BEGIN - 1}, "must start within its candles"),
        ({"start": BEGIN + DAY_MS}, "must start within its candles"),
        ({"clock": lambda: 0}, "its own clock"),
        ({"prices": "binance"}, "its own prices"),
    ],
)
def test_what_makes_no_sense(options: dict[str, Any], words: str) -> None:
    """Options that contradict a replay are refused before anything begins."""
    with pytest.raises(ValueError, match=words):
        Sandbox(candles=SAMPLE, **options)


async def test_only_a_replay_is_advanced() -> None:
    """Everywhere else time passes by itself."""
    async with Sandbox() as sandbox:
        with pytest.raises(ValueError, match="only a replay"):
            sandbox.advance(1)
