"""Days to rehearse: refusals, lost answers, maintenance, and the way to the exchange; the same for the same seed."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import aiohttp
import pytest
from websockets.exceptions import ConnectionClosed

import oms_ccxt_async
from oms_ccxt_async.evidence import Fate, rule_of
from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.sandbox.bad_days import BadDays, Maintenance
from oms_ccxt_async.sandbox.rows import Order
from tests.sandbox.conftest import Client, Clock
from tests.sandbox.ws_client import talking

BTC = "BTC/USDT"
ORDER: dict[str, Any] = {"symbol": BTC, "side": "buy", "qty": "0.1", "order_type": "limit", "price": "50000"}


def test_what_happens_follows_from_the_seed() -> None:
    """Two sandboxes of a seed have the same refusals and losses, one of another has others; both at their rates."""
    one, same, other = (BadDays(seed, reject_rate=0.2, lose_answers=0.1) for seed in (5, 5, 6))
    drawn = [[(bool(days.refuses_order()), days.loses_answer()) for _ in range(2000)] for days in (one, same, other)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert [350 < sum(refused for refused, _ in found) < 450 for found in drawn] == [True] * 3
    assert [150 < sum(lost for _, lost in found) < 250 for found in drawn] == [True] * 3


def test_good_days() -> None:
    """Unless asked for, nothing goes wrong."""
    days = BadDays()
    assert not any(days.refuses_order() or days.loses_answer() or days.why_closed(now) for now in range(100))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"reject_rate": 1.5}, "reject_rate"),
        ({"lose_answers": -0.1}, "lose_answers"),
        ({"reject_rate": float("nan")}, "reject_rate"),
    ],
)
def test_shares(options: dict[str, float], words: str) -> None:
    """A rate is a share."""
    with pytest.raises(ValueError, match=words):
        BadDays(**options)  # type: ignore[arg-type]


@pytest.mark.parametrize(("length", "every"), [(0, 10), (10, 10), (20, 10), (-1, 10)])
def test_maintenance_ends(length: int, every: int) -> None:
    """It is shorter than what it recurs in."""
    with pytest.raises(ValueError, match="maintenance is shorter"):
        Maintenance(length, every)


def test_maintenance_recurs() -> None:
    """It is on from the first moment of its period, and over at the moment that it names."""
    hourly = Maintenance(60_000, 3_600_000)
    assert [hourly.until(now) for now in (0, 59_999, 60_000, 3_599_999)] == [60_000, 60_000, None, None]
    assert hourly.until(3_600_000) == 3_660_000


async def test_refused_orders(session: aiohttp.ClientSession, clock: Clock) -> None:
    """About as many orders as were asked for are refused, as evidence that nothing was done, and are REJECTED."""
    async with Sandbox(volatility=0, clock=clock, reject_rate=0.5) as sandbox:
        client = Client(sandbox, session)
        answers = [await client.command("send_order", 2, **ORDER) for _ in range(40)]
        refused = [body["detail"] for status, body in answers if status == 400]
        assert 10 < len(refused) < 30
        assert {rule_of(400, one["code"], one["message"], one).fate for one in refused} == {Fate.REFUSED}
        orders = sandbox.oms.storage.select(Order)
        assert sum(order.status == "REJECTED" for order in orders) == len(refused)
        assert sum(order.status == "SUBMITTED" for order in orders) == 40 - len(refused)


async def test_lost_answers(session: aiohttp.ClientSession, clock: Clock) -> None:
    """Every order is placed, whether its answer arrives or not; a connection is cut without a byte of it, and reads are
    always answered."""
    async with Sandbox(volatility=0, clock=clock, lose_answers=0.5) as sandbox:
        client, lost = Client(sandbox, session), 0
        for number in range(40):
            try:
                status, _ = await client.command("send_order", 2, **ORDER, client_order_id=f"c-{number}")
                assert status == 200
            except aiohttp.ServerDisconnectedError:
                lost += 1
            assert len((await client.get("/oms/orders/open?account_ids=2"))["items"]) == number + 1
        assert 10 < lost < 30


async def test_the_driver_gets_over_lost_answers(clock: Clock) -> None:
    """A program rehearses it: with a third of the answers lost each of its orders is there, and once."""
    async with Sandbox(volatility=0, clock=clock, lose_answers=0.3) as sandbox:
        async with oms_ccxt_async.oms(sandbox.config(2)) as exchange:
            orders = [await exchange.create_order(BTC, "limit", "buy", 0.01, 50_000 + number) for number in range(8)]
        stored = sandbox.oms.storage.select(Order)
        assert [str(order.id) for order in stored] == [order["id"] for order in orders]


async def test_lost_answers_on_a_socket(clock: Clock) -> None:
    """An order that is sent over the WebSocket is placed, and the socket closes instead of the answer."""
    async with Sandbox(volatility=0, clock=clock, lose_answers=1) as sandbox:
        async with talking(sandbox) as talk:
            body = {"account_id": 2, "command": "send_order", "payload": ORDER}
            with pytest.raises(ConnectionClosed, match=r"1011"):
                await talk.ask("command", body)
        assert sandbox.oms.storage.count(Order) == 1


async def ask(client: Client, func: str, *args: Any) -> tuple[int, Any]:
    return await client.send("POST", f"/ccxt/2/{func}", {"args": list(args), "kwargs": {}})


async def test_maintenance(session: aiohttp.ClientSession, clock: Clock) -> None:
    """While it is on, orders, changes and cancels are refused, reads of the exchange fail, its status says so, nothing
    fills; the OMS itself answers. Then everything goes on."""
    clock.now = 3_600_000 * 500_000 - 1000
    async with Sandbox(volatility=0, clock=clock, maintenance=(60_000, 3_600_000), tick_seconds=0.01) as sandbox:
        client = Client(sandbox, session)
        order_id = await client.order("buy", "0.1", 2, price="50000")
        filling = await client.order("buy", "0.1", 2, price="59000")
        clock.now += 1000
        for command, payload in (
            ("send_order", ORDER),
            ("change_order", {"order_id": order_id, "new_price": "51000"}),
            ("cancel_order", {"order_id": order_id}),
            ("cancel_all_orders", {}),
        ):
            status, code, message = await client.error(command, 2, **payload)
            assert (status, code) == (400, "internal_error")
            assert message.startswith("paper trading is halted until ")
            assert rule_of(status, code, message, {"code": code}).fate is Fate.REFUSED
        sandbox.move(BTC, "58000")
        status, body = await ask(client, "fetch_ticker", BTC)
        assert (status, "is under maintenance until" in body["detail"]["message"]) == (502, True)
        assert (await ask(client, "fetch_status"))[1]["result"]["status"] == "maintenance"
        assert (await ask(client, "fetch_time"))[1]["result"] == clock.now
        assert (await client.row("orders", filling))["status"] == "SUBMITTED"
        clock.now += 60_000
        sandbox.move(BTC, "58000")
        assert (await client.row("orders", filling))["status"] == "FILLED"
        assert (await ask(client, "fetch_ticker", BTC))[0] == 200
        await client.done("cancel_order", 2, order_id=order_id)
        assert (await ask(client, "fetch_status"))[1]["result"]["status"] == "ok"


@pytest.mark.parametrize("profile", ["full", "legacy"])
async def test_latency(session: aiohttp.ClientSession, clock: Clock, profile: Any) -> None:
    """An order meets the market as it is when it arrives, others go on meanwhile, and reads do not wait."""
    async with Sandbox(profile=profile, volatility=0, clock=clock, latency=400, seed=3) as sandbox:
        client, began = Client(sandbox, session), time.monotonic()
        sending = [asyncio.create_task(client.order("buy", "0.1", account, price="59000")) for account in (1, 2, 3)]
        await asyncio.sleep(0.05)
        assert await client.positions(2) == []
        sandbox.move(BTC, "58000")
        first = await sending[0]
        assert time.monotonic() - began > 0.4
        await asyncio.gather(*sending)
        if profile == "full":
            row = await client.row("orders", first)
            assert row["avg_fill_price"].startswith("58000.")
