"""Disconnects, restarts and lies: what a watcher is told is what the OMS's ledger says."""

from __future__ import annotations

import asyncio
import random

import ccxt
import pytest

import oms_ccxt_pro
from tests.faults.eventually import eventually
from tests.faults.proxy import FaultProxy
from tests.oms_ccxt_pro.conftest import Desk, watching
from tests.oms_ccxt_pro.scripted import ScriptedOms, config, scripted


async def down(desk: Desk) -> None:
    """The connection is gone."""
    accepted = desk.oms.accepted
    await desk.oms.disconnect()
    await eventually(lambda: desk.oms.accepted > accepted or desk.exchange.stream_status()["state"] == "down")


async def back(desk: Desk) -> None:
    """The connection is there again, and the gap is closed."""
    await eventually(lambda: desk.exchange.stream_status()["state"] == "live" and desk.oms.sockets)


async def reconnected(desk: Desk) -> None:
    """The connection was made anew."""
    await eventually(lambda: desk.exchange.stream_status()["reconnects"] >= 1)


async def cut_off(desk: Desk) -> None:
    """The connection was gone, and is there again."""
    await down(desk)
    await back(desk)


async def test_a_full_oms_replays_what_was_missed(full: Desk) -> None:
    """After a disconnect every state and fill comes, in order, without anything being read."""
    await full.begin()
    order = full.oms.order()
    await full.orders()
    await down(full)
    full.oms.fill(order, "0.5")
    full.oms.fill(order, "0.5")
    reads = len(full.oms.requests)
    assert await full.gathered(full.orders, 2) == [("1", "open", 0.5), ("1", "closed", 1.0)]
    assert await full.gathered(full.fills, 2) == [("1", 0.5), ("1", 0.5)]
    assert len(full.oms.requests) == reads
    assert full.oms.subscribes[-1]["epoch"] == "epoch-1"
    assert full.exchange.stream_status()["gaps"] == 1
    assert full.exchange.stream_status()["resyncs"] == 0


async def test_a_legacy_oms_is_read_after_a_disconnect(legacy: Desk) -> None:
    """Fills, orders that left the open list, new orders and vanished positions are found by reading."""
    oms, exchange = legacy.oms, legacy.exchange
    old = oms.order()
    oms.position()
    await exchange.watch_positions()
    await legacy.begin()
    oms.silent = True
    oms.fill(old, "0.25")
    quick = oms.order()
    oms.order(quick, status="CANCELED", updated_at="2026-11-22T12:31:00")
    oms.position(1, state="closed", updated_at="2026-11-22T12:31:00")
    oms.silent = False
    await oms.disconnect()
    assert await legacy.gathered(legacy.orders, 2) == [("1", "open", 0.25), ("2", "canceled", 0.0)]
    assert await legacy.fills() == [("1", 0.25)]
    assert [each["contracts"] for each in await exchange.watch_positions()] == [0.0]
    assert await legacy.quiet(exchange.watch_my_trades())


async def test_a_replayed_event_is_not_told_again(full: Desk) -> None:
    """Events that come twice are dropped and counted (ccxt issue 27863)."""
    await full.begin()
    order = full.oms.order()
    full.oms.fill(order, "1")
    for event in list(full.oms.events):
        full.oms.send(event)
    assert await full.gathered(full.orders, 2) == [("1", "open", 0.0), ("1", "closed", 1.0)]
    assert await full.fills() == [("1", 1.0)]
    assert await full.quiet(full.exchange.watch_my_trades())
    assert full.exchange.stream_status()["duplicates"] == 3


async def test_a_new_epoch_is_a_full_resync(full: Desk) -> None:
    """An OMS that lost its history is read; nothing known comes twice, and what is lost is said."""
    await full.begin()
    order = full.oms.order()
    full.oms.fill(order, "0.5")
    assert len(await full.gathered(full.fills, 1)) == 1
    full.oms.silent = True
    full.oms.fill(order, "0.5")
    full.oms.restart_numbers("epoch-2")
    full.oms.silent = False
    await full.gathered(full.orders, 2)
    await full.oms.disconnect()
    with pytest.warns(oms_ccxt_pro.EventsLost, match="after event 3"):
        assert await full.orders() == [("1", "closed", 1.0)]
    assert await full.fills() == [("1", 0.5)]
    full.oms.order()
    assert await full.orders() == [("2", "open", 0.0)]


async def test_a_buffer_that_no_longer_reaches_back_is_a_resync(full: Desk) -> None:
    """`resync_required` leads to reading, with the range that was lost in the warning (fault 34)."""
    await full.begin()
    order = full.oms.order()
    await full.orders()
    full.oms.reach = 1
    full.oms.silent = True
    for _ in range(4):
        full.oms.fill(order, "0.25")
    full.oms.silent = False
    await full.oms.disconnect()
    with pytest.warns(oms_ccxt_pro.EventsLost, match="after event 1"):
        assert await full.gathered(full.fills, 4) == [("1", 0.25)] * 4
    assert await full.orders() == [("1", "closed", 1.0)]


async def test_an_oms_that_asks_for_a_new_beginning_gets_one(full: Desk) -> None:
    """In the middle of a session: the next one does not go on where it stopped."""
    await full.begin()
    full.oms.order()
    assert await full.orders() == [("1", "open", 0.0)]
    with pytest.warns(oms_ccxt_pro.EventsLost, match="after event 1"):  # noqa: PT031
        full.oms.send({"type": "ws_event", "event": "resync_required", "payload": {"account_ids": [1]}})
        await eventually(lambda: len(full.oms.subscribes) == 2)
        assert "from_event_id" not in full.oms.subscribes[1]
        full.oms.fill(1, "1")
        assert await full.fills() == [("1", 1.0)]


async def test_numbers_that_go_back_without_an_epoch_are_a_resync(full: Desk) -> None:
    """Without an epoch, a lower number is another history and never ignored (fault 33)."""
    full.oms.epoch = None
    await full.begin()
    for _ in range(5):
        full.oms.order()
    await full.gathered(full.orders, 5)
    full.oms.restart_numbers(None)
    full.oms.order()
    with pytest.warns(oms_ccxt_pro.EventsLost):
        assert await full.orders() == [("6", "open", 0.0)]


async def test_a_restored_database_gives_its_ids_again(full: Desk) -> None:
    """After a restore, a fill under a known id is another fill, and the loss is said."""
    await full.begin()
    order = full.oms.order(qty="10.000000000000000000")
    full.oms.fill(order, "1")
    full.oms.fill(order, "1")
    assert len(await full.gathered(full.fills, 2)) == 2
    full.oms.silent = True
    del full.oms.deals[2]
    full.oms.restart_numbers("restored")
    full.oms.silent = False
    with pytest.warns(oms_ccxt_pro.EventsLost):
        await cut_off(full)
    full.oms.deals.pop(2, None)
    full.oms.silent = True
    full.oms.fill(order, "3")
    full.oms.silent = False
    again = {**full.oms.deals.pop(3), "id": 2, "exchange_trade_id": "another"}
    full.oms.deals[2] = again
    full.oms.tell("deal_created", deal=again, order_id=order, deal_id=2)
    assert await full.fills() == [("1", 3.0)]


async def test_an_event_between_subscribing_and_the_snapshot_is_told_once(full: Desk) -> None:
    """What the snapshot already holds when its event comes is told once, whole (fact 24)."""
    full.oms.before_snapshot = lambda: full.oms.fill(full.oms.order(), "0.5")
    orders, fills = await asyncio.gather(full.gathered(full.orders, 2), full.fills())
    assert orders == [("1", "open", 0.0), ("1", "open", 0.5)]
    assert fills == [("1", 0.5)]
    full.oms.before_snapshot = lambda: None
    full.oms.fill(1, "0.5")
    assert await full.orders() == [("1", "closed", 1.0)]


async def test_a_failed_read_is_tried_again_and_loses_nothing(legacy: Desk) -> None:
    """A thin event stays until its row was read."""
    await legacy.begin()
    order = legacy.oms.order()
    await legacy.orders()
    legacy.oms.fail_reads = 12
    legacy.oms.fill(order, "0.5")
    assert await legacy.fills() == [("1", 0.5)]
    assert await legacy.orders() == [("1", "open", 0.5)]


async def test_thin_events_share_their_reads(legacy: Desk) -> None:
    """A burst of thin events costs a few reads, not one each."""
    await legacy.begin()
    before = len(legacy.oms.requests)
    for _ in range(100):
        legacy.oms.fill(legacy.oms.order(), "1")
    fills = await legacy.gathered(legacy.fills, 100)
    assert fills == [(str(number), 1.0) for number in range(1, 101)]
    assert len(legacy.oms.requests) - before < 40


async def test_a_bad_message_never_stops_the_stream(either: Desk) -> None:
    """Text that is not JSON, or makes no sense, is counted and skipped (ccxt issue 29939)."""
    await either.begin()
    nonsense = {
        "type": "ws_event",
        "event": "order_updated",
        "payload": {"account_id": 1, "order": {"id": "x", "symbol": 1}},
    }
    for bad in ("not json", "[]", "{}", '{"event": 5, "payload": 7}', nonsense):
        either.oms.send(bad)
    either.oms.order()
    assert [order[0] for order in await either.orders()] == ["1"]
    assert either.exchange.stream_status()["bad"] >= 4
    assert either.exchange.stream_status()["reconnects"] == 0


async def test_a_time_that_makes_no_sense_costs_no_fill(full: Desk) -> None:
    """The delay of such an event is not known, and that is all."""
    await full.begin(full.exchange.watch_my_trades)
    order = full.oms.order()
    full.oms.fill(order, "1", event=False)
    full.oms.tell("deal_created", deal={**full.oms.deals[1], "updated_at": ["no", "time"]})
    [trade] = await full.exchange.watch_my_trades()
    assert trade["id"] == "1"
    assert full.exchange.stream_status()["bad"] == 0


async def test_an_unknown_event_is_ignored_and_counted(full: Desk) -> None:
    """A kind of event that this driver does not know changes nothing."""
    await full.begin()
    full.oms.tell("order_teleported", order_id=1)
    full.oms.order()
    assert await full.orders() == [("1", "open", 0.0)]
    assert full.exchange.stream_status()["unknown"] == 1


async def test_a_status_that_is_unknown_is_none(full: Desk) -> None:
    """A new status of the OMS is told as None, with the row in `info` (fault 37)."""
    await full.begin()
    full.oms.order(status="MARTIAN", price=None)
    order = (await full.exchange.watch_orders())[0]
    assert order["status"] is None
    assert order["info"]["status"] == "MARTIAN"


async def test_a_zombie_stream_is_found_by_reading() -> None:
    """A server that lives and is silent is probed; what it kept is told, and the connection made anew (fault 32)."""
    for profile in ("full", "legacy"):
        async with watching(profile, ws={"probeInterval": 100}) as desk:
            await desk.begin()
            order = desk.oms.order()
            await desk.orders()
            desk.oms.silent = True
            desk.oms.fill(order, "0.5")
            assert await desk.fills() == [("1", 0.5)]
            await reconnected(desk)


async def test_a_half_open_connection_is_found_within_two_intervals(full: Desk) -> None:
    """A peer that is gone without a FIN is noticed by ping, and the stream goes on (fault 31)."""
    async with FaultProxy(("127.0.0.1", int(full.oms.url.rpartition(":")[2]))) as proxy:
        exchange = full.exchange
        exchange.options["base_url"] = proxy.url
        exchange.options["ws"].update(pingInterval=100, pingTimeout=100)
        await full.begin()
        proxy.freeze("down")
        full.oms.order()
        await eventually(lambda: exchange.stream_status()["state"] == "down", within=2)
        proxy.thaw("down")
        assert await full.orders() == [("1", "open", 0.0)]


async def test_an_outage_is_told_once_and_only_if_asked() -> None:
    """After `maxOutage` every watcher gets one NetworkError; then it waits again and loses nothing."""
    async with watching(ws={"maxOutage": 50}) as desk:
        await desk.begin()
        desk.oms.close_code = 1012
        await desk.oms.disconnect()
        with pytest.raises(ccxt.NetworkError):
            await desk.exchange.watch_orders()
        assert await desk.quiet(desk.exchange.watch_orders())
        desk.oms.close_code = None
        await back(desk)
        desk.oms.order()
        assert await desk.orders() == [("1", "open", 0.0)]


async def test_an_outage_is_ridden_out_by_default(either: Desk) -> None:
    """Without `maxOutage` a watcher just waits, and nobody has to call for the stream to come back."""
    await either.begin()
    either.oms.close_code = 1013
    await either.oms.disconnect()
    await eventually(lambda: either.oms.accepted > 4)
    either.oms.close_code = None
    await back(either)
    either.oms.order()
    assert [order[0] for order in await either.orders()] == ["1"]


async def test_a_key_that_is_refused_later_ends_the_watcher(full: Desk) -> None:
    """A key that no longer works after a disconnect is an AuthenticationError, without an endless loop (fault 30)."""
    await full.begin()
    full.oms.close_code = 1008
    await full.oms.disconnect(1008)
    with pytest.raises(ccxt.AuthenticationError):
        await asyncio.wait_for(full.exchange.watch_orders(), 5)
    accepted = full.oms.accepted
    await asyncio.sleep(0.2)
    assert full.oms.accepted == accepted


async def test_a_key_that_is_refused_for_a_moment_ends_nothing(full: Desk) -> None:
    """An OMS that knows no key while it restarts is asked again, and whoever watches hears nothing of it."""
    await full.begin()
    full.oms.close_code = 1008
    accepted = full.oms.accepted
    await full.oms.disconnect()
    await eventually(lambda: full.oms.accepted > accepted + 1)
    full.oms.close_code = None
    await back(full)
    full.oms.order()
    assert [order[0] for order in await full.orders()] == ["1"]


async def test_one_connection_serves_all_watchers(either: Desk) -> None:
    """However many watch, there is one socket, and its key is in a header."""
    exchange = either.exchange
    await either.begin(
        exchange.watch_orders,
        exchange.watch_my_trades,
        exchange.watch_positions,
        lambda: exchange.watch_orders("BTC/USDT"),
        lambda: exchange.watch_orders(params={"strategy_id": 1}),
    )
    assert either.oms.accepted == 1


async def test_the_status_tells_how_the_stream_is_doing() -> None:
    """`onStatus` is called with every change of state, and a callback that fails harms nothing."""
    states: list[str] = []

    def told(status: dict[str, str]) -> None:
        states.append(status["state"])
        raise ValueError("a careless callback")

    async with watching(ws={"onStatus": told}) as desk:
        await desk.begin()
        await down(desk)
        await back(desk)
        assert states[:4] == ["connecting", "live", "down", "live"]
        status = desk.exchange.stream_status()
        assert status["connectedSince"] <= desk.exchange.milliseconds()


async def test_a_blocked_event_loop_loses_nothing(full: Desk) -> None:
    """Fault 42: a program that blocks its loop beyond the ping's patience gets everything afterwards."""
    full.exchange.options["ws"].update(pingInterval=50, pingTimeout=50)
    await full.begin()
    order = full.oms.order()
    for _ in range(20):
        full.oms.fill(order, "0.05")
    import time

    time.sleep(0.3)  # noqa: ASYNC251 - the fault itself
    assert len(await full.gathered(full.fills, 20)) == 20


@pytest.mark.parametrize("profile", ["full", "legacy"])
@pytest.mark.parametrize("seed", range(3))
async def test_the_ledger_is_exact_through_random_disconnects(profile: str, seed: int) -> None:
    """Whatever the moments of disconnects, fills are the OMS's, in its order, once each; orders end as they are."""
    rng = random.Random(seed)
    async with scripted("full" if profile == "full" else "legacy") as oms, oms_ccxt_pro.oms(config(oms)) as exchange:
        desk = Desk(oms, exchange)
        await desk.begin()
        states: dict[str, list[tuple[float, str]]] = {}
        fills: list[str] = []

        async def orders() -> None:
            while True:
                for order in await exchange.watch_orders():
                    states.setdefault(order["id"], []).append((order["filled"], order["status"]))

        async def trades() -> None:
            while True:
                fills.extend(trade["id"] for trade in await exchange.watch_my_trades())

        await exchange.un_watch_orders()
        await exchange.un_watch_my_trades()
        tasks = [asyncio.create_task(orders()), asyncio.create_task(trades())]
        await eventually(lambda: exchange.stream_status().get("state") == "live")
        await _trade(oms, rng)
        await eventually(lambda: fills == [str(key) for key in sorted(oms.deals)], within=10)
        final = {str(key): (float(row["filled_qty"]), row["status"]) for key, row in oms.orders.items()}
        if profile == "full":
            ends = {"FILLED": "closed", "PARTIALLY_FILLED": "open", "SUBMITTED": "open"}
            await eventually(
                lambda: (
                    {key: told[-1] for key, told in states.items()}
                    == {key: (filled, ends[status]) for key, (filled, status) in final.items()}
                )
            )
        assert all(told == sorted(told, key=lambda state: state[0]) for told in states.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _trade(oms: ScriptedOms, rng: random.Random) -> None:
    """Orders and fills with disconnects between them."""
    for _ in range(60):
        key = rng.choice([0, *oms.orders]) or oms.order(qty="100.000000000000000000")
        oms.fill(key, "1")
        if rng.random() < 0.15:
            await oms.disconnect(rng.choice([1001, 1011, 1012]))
        if rng.random() < 0.3:
            await asyncio.sleep(rng.random() * 0.02)
