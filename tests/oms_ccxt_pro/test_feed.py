"""What is read where events do not tell."""

from __future__ import annotations

import asyncio
import functools

import pytest

import oms_ccxt_pro
from oms_ccxt_pro.backoff import Backoff
from tests.faults.eventually import eventually
from tests.oms_ccxt_pro.conftest import Desk


async def test_a_deal_without_an_order_is_told(either: Desk) -> None:
    """A fill that belongs to no order, closing one position by another say, reaches its consumer."""
    await either.begin()
    order = either.oms.order()
    either.oms.silent = True
    either.oms.fill(order, "1")
    either.oms.silent = False
    deal = either.oms.deals[1]
    deal["order_id"] = None
    either.oms.tell("deal_created", deal=deal, deal_id=1, order_id=None, position_id=0)
    trades = await either.exchange.watch_my_trades()
    assert [(trade["id"], trade["order"]) for trade in trades] == [("1", None)]


async def test_a_thin_event_of_a_full_oms_is_read(full: Desk) -> None:
    """Events that no other repeats with rows are completed by id."""
    await full.begin()
    order = full.oms.order()
    await full.orders()
    full.oms.orders[order] |= {"strategy_id": 2, "updated_at": "2026-11-22T12:31:00"}
    full.oms.tell("reassigned", order_ids=[order])
    moved = await full.exchange.watch_orders()
    assert [(each["id"], each["info"]["strategy_id"]) for each in moved] == [("1", 2)]
    assert ("GET", "/oms/orders/1") in full.oms.requests


async def test_what_another_strategy_does_is_not_read_twice(legacy: Desk) -> None:
    """An order that a strategy may not see is looked for once."""
    exchange = legacy.exchange
    await legacy.begin(lambda: exchange.watch_orders(params={"strategy_id": 2}))
    foreign = legacy.oms.order(strategy_id=1)
    feed = exchange._live.account.feeds[2]
    await eventually(lambda: foreign in feed._unsettled.foreign and not feed.waiting)
    before = len(legacy.oms.requests)
    legacy.oms.order(foreign, event="order_changed", price="101")
    await eventually(lambda: exchange.stream_status()["events"] == 2 and not feed.waiting)
    assert len(legacy.oms.requests) == before


async def test_a_read_that_cannot_be_taken_is_made_again_after_a_while(
    legacy: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each time it waits longer, and once the read can be taken its fill is told."""
    await legacy.begin(legacy.exchange.watch_my_trades)
    feed = legacy.exchange._live.account.feeds[None]
    waits: list[float] = []
    waited = Backoff.next

    def noted(backoff: Backoff) -> float:
        waits.append(backoff._failures)
        return waited(backoff)

    monkeypatch.setattr(Backoff, "next", noted)
    monkeypatch.setattr(feed, "_take", lambda *_: 1 / 0)
    order = legacy.oms.order()
    legacy.oms.silent = True
    legacy.oms.fill(order, "1")
    legacy.oms.silent = False
    await legacy.oms.disconnect()
    await eventually(lambda: max(waits, default=0) >= 2)
    monkeypatch.undo()
    trades = await legacy.exchange.watch_my_trades()
    assert [trade["id"] for trade in trades] == ["1"]


async def test_what_the_oms_lost_is_said(legacy: Desk) -> None:
    """An open order that the OMS does not have any more is forgotten, with a warning, once another read confirms it."""
    legacy.oms.order()
    legacy.oms.order()
    await legacy.begin()
    del legacy.oms.orders[1]
    await legacy.oms.disconnect()
    with pytest.warns(oms_ccxt_pro.EventsLost, match="open orders"):
        await eventually(lambda: _open(legacy) == {2})


async def test_a_list_that_lags_forgets_nothing(legacy: Desk) -> None:
    """An order that was told a moment ago, and that a list of before does not have (fault 41), stays."""
    await legacy.begin()
    order = legacy.oms.order()
    assert await legacy.orders() == [(str(order), "open", 0.0)]
    row = legacy.oms.orders.pop(order)
    read = len(legacy.oms.requests)
    await legacy.oms.disconnect()
    feed = legacy.exchange._live.account.feeds[None]
    await eventually(lambda: ("GET", "/oms/orders/history") in legacy.oms.requests[read:])
    await eventually(lambda: legacy.exchange.stream_status()["state"] == "live" and feed.state == "current")
    legacy.oms.orders[order] = row
    assert _open(legacy) == {order}


async def test_lists_that_lag_twice_are_no_restored_backup(legacy: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """Two sessions that begin within the time that reads may lag, and miss the newest fill both, prove nothing."""
    oms, exchange = legacy.oms, legacy.exchange
    await legacy.begin(exchange.watch_my_trades)
    order = oms.order()
    told = asyncio.create_task(exchange.watch_my_trades())
    deal = oms.fill(order, "0.5")
    assert [fill["id"] for fill in await told] == [str(deal)]
    feed = exchange._live.account.feeds[None]
    row = oms.deals.pop(deal)
    for _ in range(2):
        read = len(oms.requests)
        await oms.disconnect()
        await eventually(functools.partial(_has_read_deals, legacy, read))
        await eventually(lambda: exchange.stream_status()["state"] == "live" and feed.state == "current")
    oms.deals[deal] = row
    await eventually(lambda: feed.settled)
    assert "restored" not in caplog.text


def _has_read_deals(desk: Desk, since: int) -> bool:
    return ("GET", "/oms/deals") in desk.oms.requests[since:]


def _open(desk: Desk) -> set[int]:
    open_ids: set[int] = desk.exchange._live.account.feeds[None].ledger.orders.open_ids
    return open_ids


async def test_a_deleted_order_is_forgotten(full: Desk) -> None:
    """A manual deletion removes the order from the cache."""
    await full.begin()
    full.oms.order()
    await full.orders()
    full.oms.tell("order_deleted", order=full.oms.orders[1])
    await eventually(lambda: not _open(full))


async def test_a_fill_edited_by_hand_is_not_a_new_one(full: Desk) -> None:
    """`deal_updated` tells nobody of a fill again."""
    await full.begin()
    full.oms.fill(full.oms.order(), "1")
    await full.fills()
    full.oms.tell("deal_updated", deal={**full.oms.deals[1], "comment": "edited"})
    assert await full.quiet(full.exchange.watch_my_trades())


async def test_an_order_never_goes_backwards(full: Desk) -> None:
    """A row from before the one that is held is dropped (fault 24), whatever its time says (fault 38)."""
    await full.begin()
    order = full.oms.order()
    full.oms.fill(order, "0.5")
    await full.gathered(full.orders, 2)
    full.oms.send({**full.oms.events[0], "event_id": 2})
    full.oms.order(order, filled_qty="0.6", updated_at="2026-11-22T12:00:00")
    assert await full.orders() == [("1", "open", 0.6)]


async def test_orders_that_rest_share_their_texts(full: Desk) -> None:
    """Of many orders that stay open, each field that they have in common is held once."""
    await full.begin()
    for _ in range(1_000):
        full.oms.order()
    ledger = full.exchange._live.account.feeds[None].ledger
    await eventually(lambda: len(ledger.orders.open_ids) == 1_000)
    rows = [held.found.row for held in ledger.orders]
    assert {row["symbol"] for row in rows} == {"BTC/USDT"}
    assert len({id(row["symbol"]) for row in rows}) == len({id(row["qty"]) for row in rows}) == 1
