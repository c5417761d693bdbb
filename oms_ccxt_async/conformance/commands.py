"""Rules of commands: who has done what is told by index, refusals come before anything is done, orders become what the
answer says."""

from __future__ import annotations

from typing import Any

from oms_ccxt_async.conformance.desk import NEVER, Desk
from oms_ccxt_async.conformance.rule import Answer, Collected, decimal, hold, ids_of, refusal, results_of, words

__all__ = ["COMMANDS"]

COMMANDS = Collected()
rule = COMMANDS.rule


@rule("commands.malformed", "fact 1", "a command that was not understood is in doubt until its deadline")
async def _malformed(desk: Desk) -> str:
    for body in (b"{", [{"account_id": desk.account, "command": "conformance_none", "payload": {}}]):
        answer = await desk.post(body)
        refusal(answer)
        hold(400 <= answer.status < 500, f"{answer}, and not a 4xx")
    return "refused, with `detail`"


@rule("commands.acknowledged", "facts 9 and 18", "orders come back without an id, or are not found", trades=True)
async def _acknowledged(desk: Desk) -> str:
    result = await desk.done(desk.send_order(name := desk.named("ack")))
    order_id = result.get("order_id")
    hold(type(order_id) is int and result.get("index") == 0, f"the result is {result}")
    assert isinstance(order_id, int)
    row = await desk.row(order_id)
    hold(row.get("client_order_id") == name, f"client_order_id is {row.get('client_order_id')!r}, sent was {name!r}")
    for field, sent in (("qty", desk.order.amount), ("price", desk.order.price)):
        kept = decimal(row.get(field), f"{field} of order {order_id}")
        hold(kept == decimal(sent, field), f"{field} of order {order_id} is {kept}, sent was {sent}")
    hold(row.get("side") == "buy", f"side of order {order_id} is {row.get('side')!r}, sent was 'buy'")
    return f"order {order_id}, at once in /oms/orders/open"


@rule("commands.strict", "fact 7", "a misspelt field is passed over: the order is another than was meant", trades=True)
async def _strict(desk: Desk) -> str:
    answer = await desk.post(desk.send_order(name := desk.named("strict"), conformance_no_such_field=1))
    await _nothing_done(desk, answer, name)
    return str(answer.status)


@rule("commands.refuse-first", "facts 1 and 2", "a refusal is told, and the order is there", trades=True)
async def _refuse_first(desk: Desk) -> str:
    for changed in ({"qty": "0"}, {"qty": f"-{desk.order.amount}"}, {"price": None}, {"side": "hold"}):
        answer = await desk.post(desk.send_order(name := desk.named("refused"), **changed))
        await _nothing_done(desk, answer, name)
    answer = await desk.post(desk.send_order(name := desk.named("refused"), strategy_id=2_000_000_011))
    await _nothing_done(desk, answer, name)
    return "no amount, less than none, no price, no side, an unknown strategy"


async def _nothing_done(desk: Desk, answer: Answer, name: str) -> None:
    refusal(answer)
    hold(400 <= answer.status < 500, f"{answer}, and not a 4xx")
    rows = await desk.found(name)
    hold(not rows, f"{answer}, and the order is open as {ids_of(rows)}")


@rule("commands.by-index", "fact 8", "of a batch the wrong orders are taken for placed", trades=True)
async def _by_index(desk: Desk) -> str:
    first, last = desk.named("first"), desk.named("last")
    answer = await desk.post([desk.send_order(first), desk.cancel(), desk.send_order(last)])
    results = results_of(answer)
    hold(answer.status == 207, f"{answer}: some failed, and the status is not 207")
    told = [(result.get("index"), result.get("ok")) for result in results]
    hold(told == [(0, True), (1, False), (2, True)], f"index and ok are {told}")
    error = results[1].get("error")
    hold("order_not_found" in words(error), f"the result that failed has the error {error}")
    for result, name in ((results[0], first), (results[2], last)):
        rows = await desk.found(name)
        hold(
            ids_of(rows) == [result.get("order_id")],
            f"result {result.get('index')} has order_id {result.get('order_id')}, and {name} is order {ids_of(rows)}",
        )
    return "207, results 0 to 2"


@rule("commands.all-failed", "fact 8", "a batch of which nothing was done is in doubt, or taken for done", trades=True)
async def _all_failed(desk: Desk) -> str:
    answer = await desk.post([desk.cancel(), desk.cancel(NEVER - 1)])
    refusal(answer)
    results = results_of(answer)
    told = [(result.get("index"), result.get("ok")) for result in results]
    hold(told == [(0, False), (1, False)], f"{answer}: index and ok of detail.results are {told}")
    return f"{answer.status}, detail.results by index"


@rule("commands.not-found", "fact 2", "an order that does not exist is looked for again and again", trades=True)
async def _not_found(desk: Desk) -> str:
    said = refusal(await desk.post(desk.cancel()))
    hold("order_not_found" in said, f"cancel_order of an unknown id: {said}")
    return said


@rule("orders.changed", "fact 11", "an edit is told as done, and the order rests at the old price", trades=True)
async def _changed(desk: Desk) -> str:
    order_id = await desk.place("changed")
    await desk.done(_change(desk, order_id, new_price=desk.order.lower, new_qty=desk.order.amount))
    await _costs(desk, order_id)
    return f"order {order_id} rests at {desk.order.lower}"


@rule("orders.one-field", "fact 11", "the driver edits without reading before", needs="full", trades=True)
async def _one_field(desk: Desk) -> str:
    order_id = await desk.place("one")
    await desk.done(_change(desk, order_id, new_price=desk.order.lower))
    await _costs(desk, order_id)
    return "the price alone"


def _change(desk: Desk, order_id: int, **new: str) -> dict[str, Any]:
    return desk.command("change_order", {"order_id": order_id, **new})


async def _costs(desk: Desk, order_id: int) -> None:
    price = decimal((await desk.row(order_id)).get("price"), f"price of order {order_id}")
    hold(price == decimal(desk.order.lower, "price"), f"order {order_id} was changed to {desk.order.lower}: {price}")


@rule("orders.canceled", "facts 16 and 19", "an order is told as canceled and is not, or cannot be found", trades=True)
async def _canceled(desk: Desk) -> str:
    order_id = await desk.place("canceled")
    before = await desk.row(order_id)
    await desk.done(desk.cancel(order_id))
    left = ids_of(await desk.listed("open orders", limit=5000))
    hold(order_id not in left, f"order {order_id} was canceled, and is in /oms/orders/open")
    status = {row["id"]: row.get("status") for row in (await desk.history_of(before))[0]}.get(order_id)
    hold(status == "CANCELED", f"the history has order {order_id} with the status {status!r}")
    return f"order {order_id} is CANCELED in the history"


@rule("orders.cancel-twice", "fact 12", "a repeated cancel is told as a failure of the first one", trades=True)
async def _cancel_twice(desk: Desk) -> str:
    order_id = await desk.place("twice")
    await desk.done(desk.cancel(order_id))
    if desk.features:
        await desk.done(desk.cancel(order_id))
        return "succeeds"
    answer = await desk.post(desk.cancel(order_id))
    if answer.status == 200:
        return "succeeds"
    said = refusal(answer)
    hold("no orders canceled" in said or "invalid_order_state" in said, f"the second cancel: {said}")
    return said


@rule("orders.refused", "fact 10", "an order that the exchange refused stays open for ever", needs="full", trades=True)
async def _refused(desk: Desk) -> str:
    answer = await desk.post(desk.send_order(name := desk.named("nowhere"), symbol="CONFORMANCE/NONE"))
    said = refusal(answer)
    rows = await desk.found(name)
    hold(not rows, f"{said}, and the order is open as {ids_of(rows)}")
    return said[:80]
