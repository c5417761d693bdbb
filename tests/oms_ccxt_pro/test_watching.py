"""What a watcher may rely on, on real sockets."""

from __future__ import annotations

import asyncio
import warnings
from typing import Any

import ccxt
import orjson
import pytest
from ccxt.base.errors import ExchangeClosedByUser
from websockets.frames import Frame, Opcode

import oms_ccxt_pro
from oms_ccxt_pro.stream import IN_A_ROW
from tests.faults.eventually import eventually
from tests.oms_ccxt_pro.conftest import Desk, watching
from tests.oms_ccxt_pro.scripted import config, scripted

# Nothing between two calls is lost


async def test_every_state_between_two_calls_comes_out_of_the_next(full: Desk) -> None:
    """Open, partial and closed that arrive while the user is busy come out of one call, at once and in order."""
    await full.begin()
    order = full.oms.order()
    full.oms.fill(order, "0.5")
    full.oms.fill(order, "0.5")
    await eventually(lambda: full.exchange.stream_status()["events"] == 5)
    assert await full.orders() == [("1", "open", 0.0), ("1", "open", 0.5), ("1", "closed", 1.0)]
    assert await full.fills() == [("1", 0.5), ("1", 0.5)]


async def test_a_terminal_state_waits_for_no_other_message(either: Desk) -> None:
    """What arrived while nobody waited is returned without another message (ccxt issue 10754)."""
    await either.begin()
    order = either.oms.order()
    await either.orders()
    either.oms.order(order, event="order_canceled", status="CANCELED", updated_at="2026-11-22T12:30:57")
    await eventually(lambda: either.exchange.stream_status()["lag"] == 1)
    assert await either.orders() == [("1", "canceled", 0.0)]


async def test_more_than_a_thousand_fills_of_a_busy_program_all_arrive(full: Desk) -> None:
    """1,500 fills to a consumer that does not fetch come out whole, where ccxt keeps 1,000."""
    await full.begin()
    order = full.oms.order(qty="2000.000000000000000000")
    for _ in range(1_500):
        full.oms.fill(order, "1")
    fills = await full.gathered(full.exchange.watch_my_trades, 1_500)
    assert [int(fill["id"]) for fill in fills] == list(range(1, 1_501))


async def test_the_first_of_a_flood_need_not_wait_for_the_last(full: Desk) -> None:
    """Of what arrives at once a watcher gets the first, then the others, in their order."""
    await full.begin(full.exchange.watch_my_trades)
    deals: list[dict[str, Any]] = [
        {"id": number, "account_id": 1, "order_id": None, "qty": "1", "symbol": "BTC/USDT"} for number in range(1, 601)
    ]
    frames = [
        Frame(Opcode.TEXT, orjson.dumps({"event": "deal_created", "event_id": deal["id"] + 100, "payload": payload}))
        for deal in deals
        for payload in [{"account_id": 1, "deal": deal}]
    ]
    waiting = asyncio.create_task(full.exchange.watch_my_trades())
    await asyncio.sleep(0)
    socket = full.exchange._live.account.stream._socket
    socket.data_received(b"".join(frame.serialize(mask=False) for frame in frames))
    first = await waiting
    assert len(first) == IN_A_ROW
    rest = await full.gathered(full.exchange.watch_my_trades, 600 - IN_A_ROW)
    assert [trade["id"] for trade in (*first, *rest)] == [str(deal["id"]) for deal in deals]


async def test_a_limit_leaves_the_rest_for_the_next_call(full: Desk) -> None:
    """`limit` bounds what a call returns; nothing is dropped."""
    await full.begin()
    for _ in range(3):
        full.oms.order()
    await eventually(lambda: full.exchange.stream_status()["lag"] == 3)
    first = await full.exchange.watch_orders(None, None, 2)
    assert [order["id"] for order in first] == ["1", "2"]
    assert await full.orders() == [("3", "open", 0.0)]


async def test_since_leaves_out_what_is_older(full: Desk) -> None:
    """`since` is compared with the structures' own time."""
    await full.begin()
    full.oms.order()
    full.oms.order(created_at="2026-11-22T12:40:00", updated_at="2026-11-22T12:40:00")
    since = full.exchange.parse8601("2026-11-22T12:35:00Z")
    assert [order["id"] for order in await full.exchange.watch_orders(None, since)] == ["2"]


async def test_the_cache_is_returned_without_new_updates(full: Desk) -> None:
    """With `newUpdates: False` a call returns a copy of everything held, open orders included."""
    full.exchange.newUpdates = False
    await full.begin()
    full.oms.order()
    first = await full.exchange.watch_orders()
    first.clear()
    full.oms.order()
    assert [order["id"] for order in await full.exchange.watch_orders()] == ["1", "2"]


async def test_the_orders_snapshot_is_an_option() -> None:
    """With `ordersSnapshot` the first call returns the open orders, then what changes."""
    async with watching(ws={"ordersSnapshot": True}) as desk:
        desk.oms.order()
        assert await desk.orders() == [("1", "open", 0.0)]
        desk.oms.fill(1, "1")
        assert await desk.orders() == [("1", "closed", 1.0)]


async def test_what_happens_before_the_stream_is_up_is_told(either: Desk) -> None:
    """From the first call on nothing is lost, however long it takes to connect; of an order, its present state."""
    exchange, oms = either.exchange, either.oms
    old, oms.close_code = oms.order(), 1013
    fills = asyncio.ensure_future(either.fills())
    orders = asyncio.ensure_future(either.gathered(either.orders, 3))
    await eventually(lambda: oms.accepted and exchange._live.account.feeds[None].state == "behind")
    quick, slow = oms.order(), oms.order()
    for order, qty in ((old, "0.5"), (quick, "1"), (slow, "0.25")):
        oms.fill(order, qty)
    oms.close_code = None
    assert sorted(await orders) == [("1", "open", 0.5), ("2", "closed", 1.0), ("3", "open", 0.25)]
    assert sorted(await fills) == [("1", 0.5), ("2", 1.0), ("3", 0.25)]


async def test_a_fill_of_which_only_a_correction_is_streamed_is_told(full: Desk) -> None:
    """A deal that was made before the subscription, and is corrected after it, is a fill all the same."""
    exchange, oms = full.exchange, full.oms
    order, oms.close_code = oms.order(), 1013
    fills = asyncio.ensure_future(full.fills())
    await eventually(lambda: oms.accepted and exchange._live.account.feeds[None].state == "behind")
    deal = oms.fill(order, "0.5", event=False)
    oms.before_snapshot = lambda: oms.tell("deal_updated", deal_id=deal, order_id=order, deal=oms.deals[deal])
    oms.close_code = None
    assert await fills == [("1", 0.5)]


async def test_what_was_open_before_is_not_told(either: Desk) -> None:
    """The first call does not return what was there already, and a disconnect does not repeat it."""
    for _ in range(3):
        either.oms.fill(either.oms.order(), "0.5")
    either.oms.fill(1, "0.5")
    await either.begin()
    either.oms.reach = 0
    await either.oms.disconnect()
    await eventually(lambda: either.exchange.stream_status()["reconnects"] and either.exchange.stream_status()["gaps"])
    assert await either.quiet(either.exchange.watch_orders())
    assert await either.quiet(either.exchange.watch_my_trades())


async def test_what_happens_while_markets_are_loaded_is_told(full: Desk) -> None:
    """The first call of a fresh exchange listens before it loads markets."""
    exchange, loaded = full.exchange, asyncio.Event()
    load = exchange.load_markets

    async def slowly(*args: Any) -> Any:
        await loaded.wait()
        return await load(*args)

    exchange.load_markets = slowly
    fills = asyncio.ensure_future(full.fills())
    await full.live()
    full.oms.fill(full.oms.order(), "0.5")
    await eventually(lambda: exchange.stream_status()["waiting"] == 3)
    loaded.set()
    assert await fills == [("1", 0.5)]


async def test_an_order_of_before_the_subscription_is_told_when_it_changes(either: Desk) -> None:
    """Without the option, an old order is news only once it changes."""
    either.oms.order()
    await either.begin()
    assert await either.quiet(either.exchange.watch_orders())
    either.oms.fill(1, "0.25")
    assert await either.orders() == [("1", "open", 0.25)]
    assert await either.fills() == [("1", 0.25)]


async def test_a_fill_is_told_after_its_order_reflects_it(full: Desk) -> None:
    """A deal whose order event is late waits for it, for a while."""
    await full.begin()
    order = full.oms.order()
    full.oms.silent = True
    full.oms.fill(order, "0.5")
    deal, update = full.oms.events[-2:]
    full.oms.silent = False
    full.oms.send(deal)
    await eventually(lambda: full.exchange.stream_status()["events"] == 2)
    assert full.exchange._live.account.feeds[None].topics["trades"].number == 0
    full.oms.send(update)
    assert await full.fills() == [("1", 0.5)]
    assert await full.orders() == [("1", "open", 0.0), ("1", "open", 0.5)]


async def test_a_fill_without_its_order_event_is_told_all_the_same(full: Desk) -> None:
    """An OMS that forgets the order event does not keep the fill from its consumer."""
    await full.begin()
    order = full.oms.order()
    full.oms.silent = True
    full.oms.fill(order, "0.5")
    full.oms.silent = False
    full.oms.send(full.oms.events[-2])
    assert await full.fills() == [("1", 0.5)]


# Positions


async def test_positions_begin_with_a_snapshot(either: Desk) -> None:
    """The first call returns what is open; a closed position comes once with 0 contracts and then not at all."""
    either.oms.position()
    first = await either.exchange.watch_positions()
    assert [(position["id"], position["contracts"]) for position in first] == [("1", 1.0)]
    closed = {"qty": "0E-18", "state": "closed", "updated_at": "2026-11-22T12:31:00"}
    either.oms.position(1, **closed)
    gone = await either.exchange.watch_positions()
    assert [(position["id"], position["contracts"]) for position in gone] == [("1", 0.0)]
    either.oms.position(1, **closed)
    assert await either.quiet(either.exchange.watch_positions())
    assert either.exchange._live.account.feeds[None].current("positions") == []


async def test_positions_of_other_symbols_do_not_vanish(full: Desk) -> None:
    """A loop for one symbol and one for all each keep their own view (ccxt issue 20800)."""
    full.oms.position()
    full.oms.position(symbol="ETH/USDT")
    assert [each["id"] for each in await full.exchange.watch_positions(["ETH/USDT"])] == ["2"]
    assert [each["id"] for each in await full.exchange.watch_positions()] == ["1", "2"]


async def test_watch_position_returns_the_newest_state(full: Desk) -> None:
    """What waits is skipped for the last of it, and `watch_positions` of the same task misses nothing for that."""
    exchange = full.exchange
    full.oms.position()
    assert (await exchange.watch_position("BTC/USDT"))["contracts"] == 1.0
    assert len(await exchange.watch_positions(["BTC/USDT"])) == 1
    for number in (2, 3):
        full.oms.position(1, qty=f"{number}.000000000000000000", updated_at=f"2026-11-22T12:31:0{number}")
    await eventually(lambda: exchange.stream_status()["lag"] == 2)
    assert (await exchange.watch_position("BTC/USDT"))["contracts"] == 3.0
    assert [each["contracts"] for each in await exchange.watch_positions(["BTC/USDT"])] == [2.0, 3.0]
    assert await full.quiet(exchange.watch_position("BTC/USDT"))


async def test_no_open_position_is_an_empty_snapshot(either: Desk) -> None:
    """Where nothing is open the first call says so, instead of waiting for ever."""
    assert await asyncio.wait_for(either.exchange.watch_positions(), 5) == []


# Ending


async def test_close_ends_the_calls_that_wait(either: Desk) -> None:
    """Pending watchers get ExchangeClosedByUser, quickly; closing twice is fine."""
    task = asyncio.create_task(either.exchange.watch_orders())
    await either.begin(either.exchange.watch_my_trades)
    async with asyncio.timeout(1):
        await either.exchange.close()
    with pytest.raises(ExchangeClosedByUser):
        await task
    await either.exchange.close()


async def test_close_leaves_no_task_behind() -> None:
    """After close there is nothing in the loop but the test."""
    async with scripted() as oms:
        before = asyncio.all_tasks()
        exchange = oms_ccxt_pro.oms(config(oms))
        desk = Desk(oms, exchange)
        await desk.begin(exchange.watch_orders, exchange.watch_my_trades, exchange.watch_positions)
        await exchange.close()
        await eventually(lambda: not {task for task in asyncio.all_tasks() - before if "aiohttp" not in repr(task)})


def test_an_instance_works_again_in_another_event_loop() -> None:
    """`asyncio.run` twice with one instance works, after close."""
    exchange = oms_ccxt_pro.oms()

    async def session() -> list[str]:
        async with scripted() as oms:
            settings = config(oms)
            exchange.apiKey, exchange.options = settings["apiKey"], settings["options"]
            desk = Desk(oms, exchange)
            await desk.begin()
            oms.order()
            found = [order["id"] for order in await exchange.watch_orders()]
            await exchange.close()
            return found

    assert asyncio.run(session()) == asyncio.run(session()) == ["1"]


async def test_an_instance_in_two_running_loops_is_refused_at_once(full: Desk) -> None:
    """The second thread gets an error that says what to do, for reading, watching and closing; the first goes on."""
    exchange = full.exchange
    await full.begin()
    for call in (exchange.watch_orders, exchange.fetch_open_orders, exchange.watch_balance, exchange.close):
        with pytest.raises(ccxt.NotSupported, match="loop"):
            await asyncio.to_thread(lambda call=call: asyncio.run(asyncio.wait_for(call(), 5)))  # type: ignore[misc]
    full.oms.order()
    assert await full.orders() == [("1", "open", 0.0)]


async def test_a_call_that_begins_during_close_leaves_no_stream_behind(full: Desk) -> None:
    """What is begun while the exchange closes ends with it."""
    exchange = full.exchange
    await full.begin()
    closing = asyncio.create_task(exchange.close())
    await asyncio.sleep(0)
    late = asyncio.create_task(exchange.watch_orders())
    await closing
    with pytest.raises(ExchangeClosedByUser):
        await asyncio.wait_for(late, 5)
    assert exchange._live_streams is None
    await eventually(lambda: not full.oms.sockets)


async def test_handle_message_may_be_overridden_on_the_instance(full: Desk) -> None:
    """A program sees every message by overriding `handle_message`, and may pass it on."""
    seen: list[str] = []
    take = full.exchange.handle_message

    def handle(client: object, message: dict[str, str]) -> None:
        seen.append(message["event"])
        take(client, message)

    full.exchange.handle_message = handle
    await full.begin()
    full.oms.order()
    assert await full.orders() == [("1", "open", 0.0)]
    assert seen[-1] == "order_submitted"


# Refusals


async def test_a_wrong_key_ends_the_watcher_at_once() -> None:
    """An unknown key is an AuthenticationError, and nobody goes on trying."""
    async with scripted() as oms:
        exchange = oms_ccxt_pro.oms({**config(oms), "apiKey": "wrong"})
        with pytest.raises(ccxt.AuthenticationError):
            await asyncio.wait_for(exchange.watch_orders(), 5)
        await exchange.close()


async def test_a_key_that_only_the_socket_refuses_ends_the_watcher() -> None:
    """A socket that is closed with 1008 before anything was said is an AuthenticationError (fact 6)."""
    async with watching() as desk:
        desk.oms.close_code = 1008
        with pytest.raises(ccxt.AuthenticationError):
            await asyncio.wait_for(desk.exchange.watch_orders(), 5)
        assert desk.oms.accepted <= 2  # the call that began it asks once more when the markets are loaded
        assert desk.exchange.stream_status()["state"] == "refused"


async def test_an_account_that_is_not_granted_is_permission_denied(either: Desk) -> None:
    """A subscription that silently drops the account is a refusal (fact 6), and the next call tries again."""
    either.oms.granted = []
    with pytest.raises(ccxt.PermissionDenied):
        await asyncio.wait_for(either.exchange.watch_orders(), 5)
    either.oms.granted = [1]
    await either.begin()
    either.oms.order()
    assert [order[0] for order in await either.orders()] == ["1"]


async def test_a_refused_subscription_is_its_error(either: Desk) -> None:
    """`permission_denied` from the socket is PermissionDenied for the watcher."""
    either.oms.refuse = "permission_denied"
    with pytest.raises(ccxt.PermissionDenied):
        await asyncio.wait_for(either.exchange.watch_orders(), 5)


# Slow consumers


async def test_a_consumer_that_went_away_gets_its_fills_read_again() -> None:
    """Beyond the bound an idle consumer's backlog is dropped and read from the OMS at its next call: exactly once."""
    async with watching(ws={"maxPending": 10, "idleAfter": 0}) as desk:
        await desk.begin(desk.exchange.watch_my_trades)
        order = desk.oms.order(qty="1000.000000000000000000")
        for _ in range(3):
            desk.oms.fill(order, "1")
        fills = await desk.gathered(desk.exchange.watch_my_trades, 3)
        for _ in range(40):
            desk.oms.fill(order, "1")
        await eventually(lambda: desk.exchange.stream_status()["events"] == 87)
        assert desk.exchange.stream_status()["lag"] < 11
        fills += await desk.gathered(desk.exchange.watch_my_trades, 40)
        assert [int(fill["id"]) for fill in fills] == list(range(1, 44))
        desk.oms.fill(order, "1")
        assert await desk.fills() == [("1", 1.0)]


async def test_orders_that_a_consumer_was_too_late_for_come_in_their_newest_state() -> None:
    """What cannot be read again, states in between, is said with an EventsLost warning."""
    async with watching(ws={"maxPending": 5, "idleAfter": 0}) as desk:
        await desk.begin(desk.exchange.watch_orders)
        for _ in range(4):
            desk.oms.fill(desk.oms.order(), "1")
        await eventually(lambda: desk.exchange.stream_status()["events"] == 12)
        with pytest.warns(oms_ccxt_pro.EventsLost):
            assert await desk.orders() == [(str(number), "closed", 1.0) for number in range(1, 5)]


async def test_the_stream_waits_for_a_consumer_that_still_calls() -> None:
    """A full backlog of a live consumer holds the socket back, and nothing is lost."""
    async with watching(ws={"maxPending": 5, "idleAfter": 60_000}) as desk:
        await desk.begin(desk.exchange.watch_orders)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for _ in range(50):
                desk.oms.order()
            orders = await desk.gathered(desk.exchange.watch_orders, 50)
        assert [int(order["id"]) for order in orders] == list(range(1, 51))
        assert desk.exchange.stream_status()["reconnects"] == 0
