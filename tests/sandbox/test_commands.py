"""The eight commands of a full OMS, single, in batches, and repeated."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from oms_ccxt_async.sandbox.oms import OMS
from oms_ccxt_async.sandbox.rows import Command, Order
from tests.sandbox.conftest import Client, Clock, carry_out, open_oms, send, short


def order(**payload: Any) -> dict[str, Any]:
    payload = {"symbol": "BTC/USDT", "side": "buy", "order_type": "limit", "qty": "0.01", "price": "50000", **payload}
    return {"account_id": 1, "command": "send_order", "payload": payload}


# send_order


async def test_a_refused_order_is_recorded_as_rejected(client: Client) -> None:
    """What the exchange refuses is an order row with the status REJECTED, and an event."""
    error = await client.error("send_order", symbol="NOPE/USDT", side="buy", order_type="market", qty="1")
    assert error == (400, "internal_error", "paper does not have market symbol NOPE/USDT")
    row = await client.row("orders", 1)
    assert (row["status"], row["exchange_order_id"], row["closed_at"]) == ("REJECTED", None, row["created_at"])
    assert [(name, event["order"]["status"]) for name, event in client.events()] == [("order_updated", "REJECTED")]


async def test_an_order_on_a_position_of_another_symbol_is_refused(client: Client) -> None:
    """position_id must name a position in the order's symbol."""
    await client.order("buy", "0.01")
    error = await client.error(
        "send_order", symbol="ETH/USDT", side="sell", order_type="market", qty="1", position_id=1
    )
    assert error == (400, "invalid_position_id", "position_id does not exist or is incompatible")


async def test_an_order_on_no_position_is_refused(client: Client) -> None:
    """position_id must name an open position of the account."""
    error = await client.error(
        "send_order", symbol="BTC/USDT", side="sell", order_type="market", qty="1", position_id=7
    )
    assert error == (400, "invalid_position_id", "position_id does not exist or is incompatible")


async def test_a_command_without_account_is_refused(client: Client) -> None:
    """The schema lets account_id be absent, the OMS does not."""
    status, body = await client.send("POST", "/oms/commands", {**order(), "account_id": None})
    assert (status, body["detail"]["message"]) == (422, "account_id is required")


# cancel_order, cancel_all_orders


async def test_cancel_by_every_spelling(client: Client) -> None:
    """order_id, order_ids and order_ids_csv name orders together, and repeats do not matter."""
    ids = [await client.order("buy", "0.01", price="50000") for _ in range(4)]
    await client.done("cancel_order", order_id=ids[0], order_ids=[ids[1], ids[0]], order_ids_csv=f"{ids[2]}, {ids[3]}")
    assert (await client.get("/oms/orders/open?account_ids=1"))["items"] == []
    assert client.events()[-1] == (
        "orders_canceled_batch",
        {
            "command_id": 5,
            "command_type": "cancel_order",
            "canceled_order_ids": ids,
            "skipped_order_ids": [],
            "account_id": 1,
        },
    )


async def test_cancel_of_a_filled_order_is_refused(client: Client) -> None:
    """Where there is nothing left to cancel because all of it filled, the state is the error."""
    await client.order("buy", "0.01")
    status, code, _ = await client.error("cancel_order", order_id=1)
    assert (status, code) == (400, "invalid_order_state")


async def test_cancel_skips_what_is_done(client: Client) -> None:
    """Of several orders, those that can be are canceled and the others named as skipped."""
    filled, resting = await client.order("buy", "0.01"), await client.order("buy", "0.01", price="50000")
    await client.done("cancel_order", order_ids=[filled, resting])
    assert (await client.row("orders", resting))["status"] == "CANCELED"
    assert (await client.row("orders", filled))["status"] == "FILLED"
    assert client.events()[-1][1]["skipped_order_ids"] == [filled]


async def test_cancel_with_one_unknown_order_cancels_none(client: Client) -> None:
    """An unknown id is found before anything is changed."""
    resting = await client.order("buy", "0.01", price="50000")
    assert (await client.error("cancel_order", order_ids=[resting, 99]))[2] == "order_not_found"
    assert (await client.row("orders", resting))["status"] == "SUBMITTED"


async def test_cancel_all_of_some_strategies(client: Client) -> None:
    """strategy_ids and strategy_ids_csv leave the others alone."""
    for strategy_id in (0, 1, 2):
        await client.order("buy", "0.01", price="50000", strategy_id=strategy_id)
    await client.done("cancel_all_orders", strategy_ids=[1], strategy_ids_csv="2")
    items = (await client.get("/oms/orders/open?account_ids=1"))["items"]
    assert [item["strategy_id"] for item in items] == [0]


async def test_another_accounts_order_is_not_found(client: Client) -> None:
    """An order id counts only together with its account."""
    await client.order("buy", "0.01", 2, price="50000")
    assert (await client.error("cancel_order", order_id=1))[2] == "order_not_found"


# change_order


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"new_price": "51000"}, ("51000", "0.01")),
        ({"new_qty": "0.02"}, ("50000", "0.02")),
        ({"new_price": "51000", "new_qty": "0.02"}, ("51000", "0.02")),
    ],
)
async def test_change_takes_one_field_or_both(
    client: Client, change: dict[str, Any], expected: tuple[str, str]
) -> None:
    """A change is made in place, to what was named and nothing else."""
    await client.done("send_order", **order()["payload"])
    await client.done("change_order", order_id=1, **change)
    row = await client.row("orders", 1)
    assert (short(row["price"]), short(row["qty"])) == expected
    assert (row["edit_replace_state"], row["exchange_order_id"]) == ("consolidated_to_self", "900001")


async def test_change_that_crosses_fills(client: Client) -> None:
    """An order changed to a price that the market has is filled."""
    await client.order("buy", "0.01", price="50000")
    await client.done("change_order", order_id=1, new_price="60100")
    assert (await client.row("orders", 1))["status"] == "FILLED"
    names = [name for name, _ in client.events()]
    assert names == ["order_submitted", "order_changed", "deal_created", "position_updated", "order_updated"]


async def test_change_that_the_exchange_refuses_changes_nothing(client: Client) -> None:
    """A refused change leaves the order as it was."""
    await client.order("buy", "0.01", price="50000")
    before = await client.row("orders", 1)
    status, code, _ = await client.error("change_order", order_id=1, new_qty="900")
    assert (status, code) == (400, "internal_error")
    assert await client.row("orders", 1) == before


async def test_the_row_keeps_what_was_asked_for(client: Client) -> None:
    """What is finer than the market's grid is traded on the grid, and stands in the order as it was asked for."""
    await client.order("buy", "0.0123456789", price="50000.019")
    row = await client.row("orders", 1)
    at_exchange = client.sandbox.oms.exchange.open_orders(1)[0]
    assert (at_exchange.amount, at_exchange.price) == (Decimal("0.012345"), Decimal("50000.02"))
    assert (row["qty"], row["price"]) == ("0.012345678900000000", "50000.019000000000000000")
    await client.done("change_order", order_id=1, new_qty="0.0223456789", new_price="60100.011")
    row = await client.row("orders", 1)
    assert (row["status"], row["filled_qty"]) == ("FILLED", "0.022345000000000000")
    assert (row["qty"], row["price"]) == ("0.022345678900000000", "60100.011000000000000000")
    assert await client.positions() == [(1, "buy", "0.022345")]


# close_position, close_by, merge_positions, position_change


async def test_close_position_takes_the_whole_by_default(client: Client) -> None:
    """Without a quantity all of the position is closed, with a larger one too, with a smaller one that much."""
    await client.order("buy", "0.1")
    await client.done("close_position", position_id=1, qty="0.04")
    assert await client.positions() == [(1, "buy", "0.06")]
    await client.done("close_position", position_id=1, qty="5", comment="enough")
    assert await client.positions() == []
    deals = (await client.get("/oms/deals?order_ids=3"))["items"]
    assert [(deal["side"], short(deal["qty"]), deal["comment"]) for deal in deals] == [("sell", "0.06", "enough")]


async def test_close_by_nets_two_positions(client: Client) -> None:
    """Two opposite positions close each other; what the pair earned is realised once, on the first."""
    await client.order("buy", "0.1")
    await client.order("sell", "0.04")
    await client.done("close_by", position_id_a=1, position_id_b=2)
    assert await client.positions() == [(1, "buy", "0.06")]
    deals = [await client.row("deals", number) for number in (3, 4)]
    assert [(deal["side"], short(deal["qty"]), deal["reason"], deal["order_id"]) for deal in deals] == [
        ("sell", "0.04", "close_by", None),
        ("buy", "0.04", "close_by", None),
    ]
    bought, sold = (await client.row("deals", 1))["price"], (await client.row("deals", 2))["price"]
    assert short(deals[0]["pnl"]) == short(str((float(sold) - float(bought)) * 0.04))
    assert client.events()[-1][0] == "close_by_executed"


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ({"position_id_a": 1, "position_id_b": 1}, "close_by positions must be opposite sides"),
        ({"position_id_a": 1, "position_id_b": 3}, "close_by requires same symbol"),
        ({"position_id_a": 1, "position_id_b": 2, "qty": "0.05"}, "close_by qty exceeds a position"),
        ({"position_id_a": 1, "position_id_b": 9}, "close_by positions must exist and be open"),
    ],
)
async def test_close_by_refuses(client: Client, payload: dict[str, Any], message: str) -> None:
    """Positions must be two, of one symbol, on opposite sides, and large enough."""
    await client.order("buy", "0.1")
    await client.order("sell", "0.04")
    await client.order("buy", "0.1", symbol="ETH/USDT")
    assert (await client.error("close_by", **payload))[2] == message


async def test_merge_makes_one_of_two(client: Client) -> None:
    """The source's quantity, deals and orders go to the target at the weighted price; stops are kept unless told."""
    await client.order("buy", "0.1", oms_stop_loss="40000")
    client.sandbox.move("BTC/USDT", 62000)
    await client.order("buy", "0.3")
    prices = [float((await client.row("positions", number))["avg_price"]) for number in (1, 2)]
    await client.done("merge_positions", source_position_id=2, target_position_id=1)
    target, source = await client.row("positions", 1), await client.row("positions", 2)
    assert (short(target["qty"]), short(target["stop_loss"]), source["state"]) == ("0.4", "40000", "closed")
    assert float(target["avg_price"]) == pytest.approx((prices[0] + 3 * prices[1]) / 4)
    deal = await client.row("deals", 2)
    assert (deal["position_id"], deal["previous_position_id"]) == (1, 2)
    assert client.events()[-1][0] == "positions_merged"


@pytest.mark.parametrize(("mode", "expected"), [("keep", "40000"), ("clear", None), ("set", "45000")])
async def test_merge_stop_modes(client: Client, mode: str, expected: str | None) -> None:
    """The target's stops are kept, cleared or set."""
    await client.order("buy", "0.1", oms_stop_loss="40000")
    await client.order("buy", "0.1")
    await client.done(
        "merge_positions", source_position_id=2, target_position_id=1, stop_mode=mode, oms_stop_loss="45000"
    )
    stop = (await client.row("positions", 1))["stop_loss"]
    assert (stop and short(stop)) == expected


async def test_merge_refuses_itself_and_other_symbols(client: Client) -> None:
    """A position merges with another one in the same symbol only."""
    await client.order("buy", "0.1")
    await client.order("buy", "0.1", symbol="ETH/USDT")
    refused = [
        (await client.error("merge_positions", source_position_id=source, target_position_id=1))[2] for source in (1, 2)
    ]
    assert refused == ["merge_positions requires two positions", "merge_positions requires same symbol"]


async def test_position_change_sets_what_is_named(client: Client) -> None:
    """A field that is not named stays, a null clears."""
    await client.order("buy", "0.1", oms_stop_loss="40000", oms_stop_gain="90000")
    await client.done("position_change", position_id=1, oms_stop_loss=None, comment="guard")
    row = await client.row("positions", 1)
    assert (row["stop_loss"], short(row["stop_gain"]), row["comment"]) == (None, "90000", "guard")
    assert client.events()[-1][0] == "position_changed"


# batches


async def test_a_batch_answers_each(client: Client) -> None:
    """All good is 200, some good 207, none good the first error's status with every result."""
    bad = {"account_id": 1, "command": "cancel_order", "payload": {"order_id": 99}}
    worse = {**order(), "account_id": 99}
    assert (await client.send("POST", "/oms/commands?parallel=true", [order(), order()]))[0] == 200
    status, body = await client.send("POST", "/oms/commands", [order(), bad])
    assert (status, [result["ok"] for result in body["results"]]) == (207, [True, False])
    status, body = await client.send("POST", "/oms/commands", [worse, bad])
    assert (status, body["detail"]["code"], len(body["detail"]["results"])) == (404, "account_not_found", 2)


async def test_an_empty_batch_is_an_empty_answer(client: Client) -> None:
    """No commands, no results."""
    assert await client.send("POST", "/oms/commands", []) == (200, {"results": []})


# idempotency


async def test_a_repeat_answers_the_same_and_does_nothing(client: Client) -> None:
    """The same request_id and body answer what they answered before, also after other commands."""
    first = await client.send("POST", "/oms/commands", {**order(), "request_id": "r-1"})
    await client.order("buy", "0.02", price="50000")
    await client.done("cancel_order", order_id=2)
    assert await client.send("POST", "/oms/commands", {**order(), "request_id": "r-1"}) == first
    assert client.sandbox.oms.storage.count(Order) == 2


async def test_an_answer_carries_the_order(client: Client) -> None:
    """What send_order and close_position made is in their results as it then is in the database, filled or resting."""
    _, resting = await client.command("send_order", **order()["payload"])
    _, filled = await client.command("send_order", symbol="BTC/USDT", side="buy", order_type="market", qty="0.01")
    _, closing = await client.command("close_position", position_id=1)
    told = [body["results"][0]["order"] for body in (resting, filled, closing)]
    assert [row["status"] for row in told] == ["SUBMITTED", "FILLED", "FILLED"]
    assert told == [await client.row("orders", number) for number in (1, 2, 3)]


async def test_a_repeat_carries_the_order_as_it_is_now(client: Client) -> None:
    """The answer to a repeat is the first one's, with the order's row of now."""
    placed = {**order(), "request_id": "r-1"}
    _, first = await client.send("POST", "/oms/commands", placed)
    await client.done("cancel_order", order_id=1)
    _, again = await client.send("POST", "/oms/commands", placed)
    statuses = [body["results"][0].pop("order")["status"] for body in (first, again)]
    assert statuses == ["SUBMITTED", "CANCELED"]
    assert again == first


async def test_a_repeat_shows_no_order_of_another_strategy(client: Client) -> None:
    """Who may not see an order does not see it by repeating the command that made it."""
    await client.order("buy", "0.01", strategy_id=2)
    closing = {"account_id": 1, "command": "close_position", "payload": {"position_id": 1}, "request_id": "r-1"}
    assert (await client.send("POST", "/oms/commands", closing))[0] == 200
    status, body = await client.as_role("strategy-restricted").send("POST", "/oms/commands", closing)
    assert (status, body["detail"]["code"]) == (403, "strategy_permission_denied")


async def test_other_answers_carry_no_order(client: Client) -> None:
    """A refused order, a cancel and a change answer as recorded, without the key."""
    await client.order("buy", "0.01", price="50000")
    _, changed = await client.command("change_order", order_id=1, new_qty="0.02")
    _, canceled = await client.command("cancel_order", order_id=1)
    _, refused = await client.command("send_order", **order(symbol="NOPE/USDT")["payload"])
    results = [changed["results"][0], canceled["results"][0], refused["detail"]["results"][0]]
    assert [list(result) for result in results] == [["index", "ok", "command_id", "order_id", "error"]] * 3


async def test_a_repeat_of_a_refusal_is_refused_the_same(client: Client) -> None:
    """Refusals are kept too: what was refused once is not carried out later."""
    bad = {"account_id": 1, "command": "cancel_order", "payload": {"order_id": 1}, "request_id": "r-1"}
    first = await client.send("POST", "/oms/commands", bad)
    await client.order("buy", "0.01", price="50000")
    assert first[0] == 404
    assert await client.send("POST", "/oms/commands", bad) == first
    assert (await client.row("orders", 1))["status"] == "SUBMITTED"


async def test_a_request_id_with_another_body_is_a_mismatch(client: Client) -> None:
    """A request_id stands for one command only."""
    await client.send("POST", "/oms/commands", {**order(), "request_id": "r-1"})
    status, body = await client.send("POST", "/oms/commands", {**order(qty="0.02"), "request_id": "r-1"})
    assert (status, body["detail"]["code"]) == (422, "idempotency_mismatch")
    assert client.sandbox.oms.storage.count(Order) == 1


async def test_request_ids_belong_to_accounts(client: Client) -> None:
    """Two accounts may use the same request_id."""
    for account_id in (1, 2):
        status, _ = await client.send(
            "POST", "/oms/commands", {**order(), "account_id": account_id, "request_id": "r-1"}
        )
        assert status == 200
    assert client.sandbox.oms.storage.count(Order) == 2


async def test_repeats_at_the_same_time_are_one_order(client: Client) -> None:
    """Ten copies that arrive together make one order and ten equal answers."""
    body = {**order(), "request_id": "r-1"}
    answers = await asyncio.gather(*(client.send("POST", "/oms/commands", body) for _ in range(10)))
    assert all(answer == answers[0] for answer in answers)
    assert client.sandbox.oms.storage.count(Order) == 1


async def test_a_key_that_may_not_trade_learns_nothing_from_a_repeat(client: Client) -> None:
    """Permission is checked before the kept answer is given."""
    await client.send("POST", "/oms/commands", {**order(), "request_id": "r-1"})
    status, body = await client.as_role("readonly").send("POST", "/oms/commands", {**order(), "request_id": "r-1"})
    assert (status, body["detail"]["code"]) == (403, "permission_denied")


async def test_a_client_order_id_is_used_once(client: Client) -> None:
    """A second order with it is refused and names the first; other accounts may use it."""
    first = await client.order("buy", "0.01", price="50000", client_order_id="mine")
    status, body = await client.command("send_order", **order(client_order_id="mine")["payload"])
    assert (status, body["detail"]["code"], body["detail"]["order_id"]) == (409, "duplicate_client_order_id", first)
    assert body["detail"]["results"][0]["error"]["order_id"] == first
    await client.order("buy", "0.01", 2, price="50000", client_order_id="mine")


def test_a_legacy_oms_repeats(clock: Clock) -> None:
    """A legacy OMS deduplicates neither request_id nor client_order_id (fact 9)."""
    oms = open_oms(":memory:", clock, profile="legacy")
    for _ in range(2):
        assert send(oms, "buy", "0.01", price="50000", request_id="r", client_order_id="c").status == 200
    assert oms.storage.count(Order) == 2
    oms.storage.close()


def test_every_carried_out_command_is_recorded(oms: OMS) -> None:
    """A command that took an id is kept with its answer."""
    send(oms, "buy", "0.01", price="50000")
    carry_out(oms, "cancel_order", order_id=1)
    carry_out(oms, "cancel_order", order_id=99)
    records = [(record.command_id, record.command, record.status) for record in oms.storage.select(Command)]
    assert records == [(1, "send_order", 200), (2, "cancel_order", 200)]
