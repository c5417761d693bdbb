"""Rules of the extensions, where the OMS lists them: rows by ids, idempotency, events that go on, events with rows."""

from __future__ import annotations

import asyncio
from typing import Any

from oms_ccxt_async.conformance.client import PATIENCE, Message, Socket
from oms_ccxt_async.conformance.desk import NEVER, Desk
from oms_ccxt_async.conformance.rule import (
    Broken,
    Collected,
    Skipped,
    decimal,
    hold,
    ids_of,
    refusal,
    results_of,
    rows_of,
)
from oms_ccxt_async.conformance.sockets import subscribed

__all__ = ["EXTENSIONS"]

EXTENSIONS = Collected()
rule = EXTENSIONS.rule


# by_ids


@rule("by_ids.rows", "extension 1", "an order is taken for another one, or for one that is gone", needs="by_ids")
async def _by_ids(desk: Desk) -> str:
    looked = 0
    for name in ("orders", "deals", "positions"):
        rows = (await desk.listed(name))[:3]
        if not rows:
            continue
        wanted = ids_of(reversed(rows))
        text = ",".join(map(str, [*wanted, wanted[0], NEVER]))
        found = rows_of(await desk.client.get(f"/oms/{name}/{text}"))
        hold(ids_of(found) == wanted, f"/oms/{name}/{text} answers {ids_of(found)}")
        missing = set(rows[-1]) - set(found[0])
        hold(not missing, f"a row of /oms/{name}/... lacks {', '.join(sorted(missing))}")
        looked += len(found)
    if not looked:
        raise Skipped("the account has no orders of the last days")
    return f"{looked} rows in the order asked, each once"


@rule("by_ids.refuses", "extension 1", "ids that are no ids are looked for", needs="by_ids")
async def _by_ids_refuses(desk: Desk) -> str:
    for text in ("x", "0", "-1", "1,,2", ",".join(map(str, range(1, 502)))):
        answer = await desk.client.get(f"/oms/orders/{text}")
        hold(answer.status == 422 and "validation_error" in refusal(answer), f"{answer}, and not 422 validation_error")
    return "words, 0, less than 0, nothing, 501 ids"


@rule("by_ids.deals", "extension 1", "fills of an order are missing, or are another one's", needs="by_ids")
async def _deals_of_orders(desk: Desk) -> str:
    deals = [deal for deal in await desk.listed("deals") if deal.get("order_id") is not None]
    if not deals:
        raise Skipped("the account has no deals of the last days")
    order_id = deals[-1]["order_id"]
    found = rows_of(await desk.client.get(f"/oms/deals?order_ids={order_id},{NEVER}"))
    listed = {deal["id"] for deal in deals if deal["order_id"] == order_id}
    hold({deal.get("order_id") for deal in found} == {order_id}, f"deals of order {order_id}: {ids_of(found)}")
    hold(listed <= set(ids_of(found)), f"deals of order {order_id} are {ids_of(found)}, the list has {sorted(listed)}")
    return f"{len(found)} deals of order {order_id}"


# idempotency


@rule(
    "idempotency.repeat", "extension 2", "a command that is sent again is done twice", needs="idempotency", trades=True
)
async def _repeat(desk: Desk) -> str:
    command = desk.send_order(name := desk.named("repeat"), request_id=desk.request_id())
    first = await desk.done(command)
    second = await desk.post(command)
    again = results_of(second)
    same = second.status == 200 and [each.get("order_id") for each in again] == [first.get("order_id")]
    hold(same, f"{second}: the first answer had order_id {first.get('order_id')}")
    rows = await desk.found(name)
    hold(len(rows) == 1, f"the command was sent twice, and there are the orders {ids_of(rows)}")
    return f"order {first.get('order_id')}, both times"


@rule(
    "idempotency.at-once",
    "extension 2",
    "a command that is sent again while it is carried out is done twice",
    needs="idempotency",
    trades=True,
)
async def _at_once(desk: Desk) -> str:
    command = desk.send_order(name := desk.named("once"), request_id=desk.request_id())
    answers = await asyncio.gather(*(desk.post(command) for _ in range(3)))
    told = [[result.get("order_id") for result in results_of(answer)] for answer in answers]
    rows = await desk.found(name)
    hold(told == [ids_of(rows)] * 3 and len(rows) == 1, f"three at once answer {told}; open are {ids_of(rows)}")
    return f"order {rows[0]['id']}, three times"


@rule(
    "idempotency.mismatch",
    "extension 2",
    "two different commands under one id are taken for one",
    needs="idempotency",
    trades=True,
)
async def _mismatch(desk: Desk) -> str:
    request_id = desk.request_id()
    await desk.done(desk.send_order(desk.named("same"), request_id=request_id))
    answer = await desk.post(desk.send_order(name := desk.named("other"), request_id=request_id))
    hold(answer.status == 422 and "idempotency_mismatch" in refusal(answer), f"{answer}, not 422 idempotency_mismatch")
    rows = await desk.found(name)
    hold(not rows, f"{answer}, and the order is open as {ids_of(rows)}")
    return "422 idempotency_mismatch"


@rule(
    "idempotency.client-order-ids",
    "extension 2",
    "two programs, or two lives of one, have two orders under one client order id",
    needs="idempotency",
    trades=True,
)
async def _client_order_ids(desk: Desk) -> str:
    order_id = (await desk.done(desk.send_order(name := desk.named("unique"))))["order_id"]
    answer = await desk.post(desk.send_order(name))
    said = refusal(answer)
    found = answer.status == 409 and "duplicate_client_order_id" in said
    hold(found, f"{answer}, and not 409 duplicate_client_order_id")
    told = answer.body["detail"].get("order_id")
    hold(told == order_id, f"the first one is order {order_id}, detail.order_id is {told!r}")
    return f"409, order {order_id}"


# What a full OMS maintains


@rule("maintained.fills", "fact 19", "what is filled of an order is told wrong", needs="full")
async def _fills(desk: Desk) -> str:
    deals, whole = await desk.newest("deals")
    orders = {row["id"]: row for row in await desk.listed("orders")}
    sums: dict[int, Any] = {}
    for deal in deals:
        if deal.get("order_id") in orders:
            sums[deal["order_id"]] = sums.get(deal["order_id"], 0) + decimal(deal["qty"], f"qty of deal {deal['id']}")
    if not sums or not whole:
        raise Skipped("there are more deals than a page holds" if sums else "there are no deals of the last days")
    for order_id, filled in sums.items():
        row = orders[order_id]
        told = decimal(row.get("filled_qty"), f"filled_qty of order {order_id}")
        hold(told == filled, f"filled_qty of order {order_id} is {told}, its deals have {filled}")
        done = decimal(row.get("qty"), "qty") == filled
        hold((row.get("status") == "FILLED") is done, f"order {order_id} is {row.get('status')}, filled are {filled}")
    return f"{len(sums)} orders add up to their deals"


# event_resume, event_rows


def _epoch(answer: Message) -> str:
    epoch = (answer.get("payload") or {}).get("epoch")
    hold(isinstance(epoch, str) and epoch, f"the answer to subscribe has the epoch {epoch!r}")
    assert isinstance(epoch, str)
    return epoch


@rule(
    "resume.epoch",
    "extension 3",
    "a restored backup is not noticed, and fills are lost",
    needs="event_resume",
)
async def _epochs(desk: Desk) -> str:
    async with desk.client.socket() as socket:
        epoch = _epoch(await subscribed(desk, socket))
        payload = _from(desk, 0, f"not-{epoch}")
        answer = await socket.ask("subscribe", payload)
        hold(answer.get("event") == "resync_required", f"another epoch is answered {answer.get('event')!r}")
    return "another one is answered resync_required"


@rule("resume.snapshot", "extension 3", "what happens around a snapshot is told twice or never", needs="event_resume")
async def _snapshot(desk: Desk) -> str:
    async with desk.client.socket() as socket:
        await subscribed(desk, socket, with_snapshot=True)
        for name in ("snapshot_open_orders", "snapshot_open_positions"):
            number = (await socket.event(name)).get("event_id")
            hold(type(number) is int, f"{name} has the event_id {number!r}")
    return "snapshots carry the last event that they hold"


async def _told(desk: Desk, socket: Socket, what: str) -> list[Message]:
    """The numbered events of an order that is placed and canceled, in the order in which they came."""
    order_id = await desk.place(what)
    await desk.done(desk.cancel(order_id))
    first = await socket.event("order_submitted", order_id=order_id)
    return [first, await socket.event("order_canceled", order_id=order_id)]


def _number(event: Message) -> int:
    number = event.get("event_id")
    hold(type(number) is int, f"{event.get('event')} has the event_id {number!r}")
    assert isinstance(number, int)
    return number


@rule(
    "resume.numbers",
    "extension 3",
    "events cannot be put in order",
    needs="event_resume",
    trades=True,
)
async def _numbers(desk: Desk) -> str:
    async with desk.client.socket() as socket:
        await subscribed(desk, socket)
        numbers = [_number(event) for event in await _told(desk, socket, "numbers")]
    hold(numbers[0] < numbers[1], f"the second event has the event_id {numbers[1]}, the first {numbers[0]}")
    return f"{numbers[0]}, {numbers[1]}"


@rule("resume.replay", "extension 3", "what happened in an outage is lost", needs="event_resume", trades=True)
async def _replay(desk: Desk) -> str:
    async with desk.client.socket() as socket:
        epoch = _epoch(await subscribed(desk, socket))
        events = await _told(desk, socket, "replay")
    numbers = [_number(event) for event in events]
    if numbers[0] >= numbers[1]:
        raise Skipped("the numbers of events are in no order")
    before = numbers[0] - 1
    async with desk.client.socket() as socket:
        answer = await socket.ask("subscribe", {**_from(desk, before, epoch), "with_snapshot": True})
        hold(answer.get("event") == "subscribed", f"from event {before}: {answer.get('event')!r}")
        again: list[Message] = []
        while len(again) < len(events):
            message = await socket.hear(f"event {numbers[len(again)]} again")
            hold(not str(message.get("event")).startswith("snapshot"), "a snapshot is sent, not the events")
            if message.get("event_id") in numbers:
                again.append(message)
    hold(again == events, f"sent again are {[(event.get('event'), event.get('event_id')) for event in again]}")
    return f"{len(again)} events from {before + 1} on, as they were"


def _from(desk: Desk, event_id: int, epoch: str) -> dict[str, Any]:
    return {
        "namespaces": ["position"],
        "account_ids": [desk.account],
        "from_event_id": {str(desk.account): event_id},
        "epoch": epoch,
    }


@rule("rows.in-events", "extension 4", "updates are told without what changed", needs="event_rows", trades=True)
async def _rows(desk: Desk) -> str:
    async with desk.client.socket() as socket:
        await subscribed(desk, socket)
        order_id = await desk.place("rows")
        event = await socket.event("order_submitted", order_id=order_id, within=PATIENCE)
        row = (event.get("payload") or {}).get("order")
        listed = await desk.row(order_id)
    if not isinstance(row, dict):
        raise Broken(f"order_submitted has the order {row!r}")
    hold(row.get("id") == order_id, f"the event of order {order_id} has the row of {row.get('id')}")
    missing = set(listed) - set(row)
    hold(not missing, f"the row of an event lacks {', '.join(sorted(missing))}")
    return "an order's event has its row"
