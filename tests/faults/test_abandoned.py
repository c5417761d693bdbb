"""What a program does after a create that it gave up: it repeats it by reflex, cancels all and quotes again, asks."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable
from typing import Any

import ccxt
import pytest

from oms_ccxt_async import OrderOutcomeUnknown
from tests.faults.desk import COMMANDS, LIMIT, Desk
from tests.faults.eventually import eventually
from tests.faults.plan import Cut, Delay, Late, Reply, on

BATCH = [
    {"symbol": "BTC/USDT", "type": "limit", "side": "buy", "amount": amount, "price": 40_000} for amount in (0.01, 0.02)
]


async def abandon(made: Desk, exchange: Any, *order: Any) -> int:
    """A create that is cancelled when the OMS has the order; the order's id."""
    held = asyncio.Event()
    lost = made.lose(Delay("down", held))
    before = {row["id"] for row in await made.orders()}
    create = asyncio.create_task(exchange.create_order(*(order or LIMIT)))
    await eventually(lambda: lost.hits)
    while before == {row["id"] for row in await made.orders()}:
        pass
    create.cancel()
    await asyncio.wait([create])
    held.set()
    [order_id] = {row["id"] for row in await made.orders()} - before
    return int(order_id)


@pytest.mark.timeout(120)
async def test_wait_for_and_repeat_by_reflex(either: Desk) -> None:
    """160 orders under a limit near the usual latency, each expired one sent again: as many orders as intended."""
    exchange = await either.exchange()
    loop = asyncio.get_running_loop()
    began = loop.time()
    for number in range(10):
        await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 30_000 + number)
    usual = (loop.time() - began) / 10
    expired = 0

    async def bot(number: int) -> None:
        nonlocal expired
        price = 40_000 + number
        for patience in (usual * (0.1 + number % 16 / 12), usual * 1.2, 60):
            try:
                await asyncio.wait_for(exchange.create_order("BTC/USDT", "limit", "buy", 0.01, price), patience)
                return
            except TimeoutError:
                expired += 1

    for number in range(160):
        await bot(number)
    counts = Counter(row["price"] for row in await either.orders())
    assert set(counts.values()) == {1}
    assert len(counts) == 170
    assert expired > 10, "the limit was near the latency"


async def test_two_abandoned_orders_repeated_together(either: Desk) -> None:
    """Each repeat is answered by one of them."""
    exchange = await either.exchange()
    left = [await abandon(either, exchange), await abandon(either, exchange, *LIMIT[:3], 0.01, 41_000)]
    repeats = await asyncio.gather(
        exchange.create_order(*LIMIT), exchange.create_order(*LIMIT[:3], 0.01, 41_000), exchange.create_order(*LIMIT)
    )
    assert [int(order["id"]) for order in repeats[:2]] == left
    assert int(repeats[2]["id"]) not in left
    assert len(await either.orders()) == 3


async def test_one_abandoned_and_five_identical_creates(either: Desk) -> None:
    """Five orders: the abandoned one and four new ones."""
    exchange = await either.exchange()
    left = await abandon(either, exchange)
    orders = await asyncio.gather(*(exchange.create_order(*LIMIT) for _ in range(5)))
    ids = {int(order["id"]) for order in orders}
    assert left in ids
    assert len(ids) == len(await either.orders()) == 5


Act = Callable[[Any, int], Any]
ACTS: dict[str, Act] = {
    "cancel_order": lambda exchange, order_id: exchange.cancel_order(str(order_id)),
    "cancel_all_orders": lambda exchange, _: exchange.cancel_all_orders(),
    "cancel_all_orders in a symbol": lambda exchange, _: exchange.cancel_all_orders("BTC/USDT"),
    "cancel_orders": lambda exchange, order_id: exchange.cancel_orders([str(order_id)]),
    "edit_order": lambda exchange, order_id: exchange.edit_order(str(order_id), *LIMIT[:3], 0.02, 40_000),
    "fetch_order": lambda exchange, order_id: exchange.fetch_order(str(order_id)),
}


@pytest.mark.parametrize("act", ACTS)
async def test_what_the_program_acted_on_is_another_order(either: Desk, act: str) -> None:
    """After it was canceled, edited or fetched by its id, the identical create is a new order, open at the OMS."""
    exchange = await either.exchange()
    left = await abandon(either, exchange)
    await ACTS[act](exchange, left)
    again = await exchange.create_order(*LIMIT)
    assert int(again["id"]) != left
    assert again["status"] == "open"
    assert again["id"] in [order["id"] for order in await exchange.fetch_open_orders()]


@pytest.mark.parametrize("how", ["coarser", "finer", "exact"])
async def test_markets_loaded_anew_between_a_create_and_its_repeat(either: Desk, how: str) -> None:
    """The call is the same call although the grid makes another amount, price and trigger of it by then: one order."""
    exchange = await either.exchange()
    given = ("BTC/USDT", "limit", "buy", 0.0123456789, 40_000.123456, {"triggerPrice": 39_000.123456})
    left = await abandon(either, exchange, *given)
    steps = {"coarser": {"amount": 0.001, "price": 1.0}, "finer": {"amount": 1e-8, "price": 1e-4}}
    if how == "exact":
        exchange.options["createOrder"] = {"exact": True}
    else:
        exchange.markets["BTC/USDT"]["precision"] = steps[how]
    again = await exchange.create_order(*given)
    assert [row["id"] for row in await either.orders()] == [left] == [int(again["id"])]
    assert int((await exchange.create_order(*given))["id"]) != left, "an order is handed out once"


async def test_markets_loaded_anew_between_a_batch_and_its_repeat(either: Desk) -> None:
    """Each order of the batch is found again under the grid that is in force by then."""
    exchange = await either.exchange()
    batch = [{**order, "amount": amount} for order, amount in zip(BATCH, (0.01012345, 0.02012345), strict=True)]
    held = asyncio.Event()
    lost = either.lose(Delay("down", held))
    create = asyncio.create_task(exchange.create_orders(batch))
    await eventually(lambda: lost.hits)
    while len(await either.orders()) < 2:
        pass
    create.cancel()
    await asyncio.wait([create])
    held.set()
    exchange.markets["BTC/USDT"]["precision"] = {"amount": 0.001, "price": 1.0}
    again = await exchange.create_orders(batch)
    assert [row["id"] for row in await either.orders()] == [int(order["id"]) for order in again]


async def test_fetched_by_client_order_id_is_another_order(either: Desk) -> None:
    """The search that finds it settles it, too."""
    exchange = await either.exchange()
    left = await abandon(either, exchange)
    [row] = await either.orders()
    assert int((await exchange.fetch_order("", None, {"clientOrderId": row["client_order_id"]}))["id"]) == left
    assert int((await exchange.create_order(*LIMIT))["id"]) != left


async def test_shown_by_a_list_is_not_acted_on(either: Desk) -> None:
    """A list that happens to show the order does not mean that the program knows it for its own."""
    exchange = await either.exchange()
    left = await abandon(either, exchange)
    assert [int(order["id"]) for order in await exchange.fetch_open_orders()] == [left]
    assert int((await exchange.create_order(*LIMIT))["id"]) == left


async def test_canceled_by_others_is_sent_anew(either: Desk) -> None:
    """An abandoned order that another program canceled with nothing filled answers nothing."""
    exchange, other = await either.exchange(), await either.exchange()
    left = await abandon(either, exchange)
    await other.cancel_order(str(left))
    again = await exchange.create_order(*LIMIT)
    assert int(again["id"]) != left
    assert again["status"] == "open"


async def test_a_filled_abandoned_order_answers(either: Desk) -> None:
    """A market order that was filled while nobody listened is told with its fill; it is not bought twice."""
    exchange = await either.exchange()
    left = await abandon(either, exchange, "BTC/USDT", "market", "buy", 0.01)
    if either.profile == "legacy":
        await exchange.reconcile()
    again = await exchange.create_order("BTC/USDT", "market", "buy", 0.01)
    assert (int(again["id"]), again["status"], again["filled"]) == (left, "closed", 0.01)
    assert len(await either.orders()) == 1


async def test_an_error_of_a_hook_leaves_the_order_to_the_repeat(either: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row that cannot be mapped, an override that raises: the order is there, and the repeat is answered by it."""
    exchange = await either.exchange()

    def broken(*_: Any) -> Any:
        raise ValueError("a hook")

    name = "_unified_order" if either.profile == "full" else "safe_order"
    with monkeypatch.context() as patched:
        patched.setattr(exchange, name, broken)
        with pytest.raises(ValueError, match="a hook"):
            await exchange.create_order(*LIMIT)
    again = await exchange.create_order(*LIMIT)
    assert [row["id"] for row in await either.orders()] == [int(again["id"])]


async def test_another_programs_order_under_the_same_id_is_not_believed(legacy: Desk) -> None:
    """Two bots use the id "7": the one whose order did not arrive is not told the other's."""
    mine, other = await legacy.exchange(), await legacy.exchange()
    legacy.lose(Cut("up", 100, "rst"))
    create = asyncio.create_task(mine.create_order(*LIMIT, {"clientOrderId": "7"}))
    await eventually(lambda: legacy.commands)
    await other.create_order("BTC/USDT", "limit", "sell", 0.01, 90_000, {"clientOrderId": "7"})
    with pytest.raises(OrderOutcomeUnknown):
        await create


async def test_strategies_do_not_adopt_each_others_orders(either: Desk) -> None:
    """An identical create under another strategy is another order."""
    exchange = await either.exchange()
    left = await abandon(either, exchange, *LIMIT, {"strategy_id": 1})
    other = await exchange.create_order(*LIMIT, {"strategy_id": 2})
    assert int(other["id"]) != left


async def test_a_batch_keeps_what_is_known(legacy: Desk) -> None:
    """Half of a batch is unknown: the error has the other half, its `resolve` asks, and a repeat sends nothing."""
    exchange = await legacy.exchange()
    queue = asyncio.Event()
    await abandon(legacy, exchange)
    late = legacy.lose(Late(queue))
    with pytest.raises(OrderOutcomeUnknown) as caught:
        await exchange.create_orders(BATCH)
    assert [order["status"] for order in caught.value.orders] == ["open", None]
    sent = legacy.commands
    with pytest.raises(OrderOutcomeUnknown) as again:
        await exchange.create_orders(BATCH)
    assert [order["id"] for order in again.value.orders] == [order["id"] for order in caught.value.orders]
    assert legacy.commands == sent
    queue.set()
    await eventually(lambda: late.hits[0].status)
    resolved = await again.value.resolve()
    assert sorted(int(order["id"]) for order in resolved) == [row["id"] for row in await legacy.orders()]
    assert [order["amount"] for order in await exchange.create_orders(BATCH)] == [0.01, 0.02]
    assert legacy.commands == sent


@pytest.mark.parametrize("how", ["fetch_order", "cancel_order"])
async def test_an_id_of_unknown_fate_is_not_called_unknown_to_the_oms(legacy: Desk, how: str) -> None:
    """While nobody knows whether the OMS took it, that is what `fetch_order` and `cancel_order` say."""
    exchange = await legacy.exchange()
    legacy.lose(Cut("up", 100, "rst"))
    with pytest.raises(OrderOutcomeUnknown):
        await exchange.create_order(*LIMIT, {"clientOrderId": "mine"})
    with pytest.raises(OrderOutcomeUnknown):
        await getattr(exchange, how)("", "BTC/USDT", {"clientOrderId": "mine"})
    with pytest.raises(ccxt.OrderNotFound):
        await getattr(exchange, how)("", "BTC/USDT", {"clientOrderId": "another"})


async def test_resolve_sends_nothing(full: Desk) -> None:
    """Though a full OMS would recognise the repeat: asking after an order months later must not place it."""
    exchange = await full.exchange()
    full.lose(Cut("up", 0, "rst"), times=None)
    with pytest.raises(OrderOutcomeUnknown) as caught:
        await exchange.create_order(*LIMIT)
    await exchange.fetch_balance()  # a repeat that was on its way has reached the proxy before this has
    full.proxy.schedules.clear()
    sent = full.commands
    with pytest.raises(OrderOutcomeUnknown):
        await caught.value.resolve()
    assert full.commands == sent
    assert await full.orders() == []


async def test_every_create_ends_in_time(either: Desk) -> None:
    """Forty doubtful orders in an outage of 503s end within `timeout` and `settleTimeout`, for few requests."""
    exchange = await either.exchange(timeout=500, settleTimeout=500, retry={"base": 1, "cap": 5})
    either.proxy.plan(Reply(503, b"<html>", "text/html", forward=False), on(), times=None)
    loop = asyncio.get_running_loop()
    began, before = loop.time(), len(either.proxy.requests)
    creates = (exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 30_000 + n) for n in range(40))
    outcomes = await asyncio.gather(*creates, return_exceptions=True)
    assert all(isinstance(outcome, OrderOutcomeUnknown) for outcome in outcomes)
    assert loop.time() - began < 1.5
    assert (len(either.proxy.requests) - before) / 40 <= 1.6


@pytest.mark.parametrize("first", ["cancelled", "told"])
async def test_the_same_client_order_id_twice_is_one_order(either: Desk, first: str) -> None:
    """At the same time, or after the first was told: one order and a `DuplicateOrderId`."""
    exchange = await either.exchange()
    mine = {"clientOrderId": "mine"}
    if first == "told":
        await exchange.create_order(*LIMIT, mine)
    creates = [exchange.create_order(*LIMIT, mine) for _ in range(2)]
    outcomes = await asyncio.gather(*creates, return_exceptions=True)
    duplicates = [outcome for outcome in outcomes if isinstance(outcome, ccxt.DuplicateOrderId)]
    assert len(duplicates) == (2 if first == "told" else 1)
    assert len(await either.orders()) == 1


async def test_an_edit_is_not_sent_again_after_a_newer_one_has_begun(either: Desk) -> None:
    """The older one gives up, and the newer one is in force."""
    exchange = await either.exchange()
    order = await exchange.create_order(*LIMIT)
    held = asyncio.Event()
    lost = either.lose(Delay("down", held), times=1)
    exchange.timeout = 400
    old = asyncio.create_task(exchange.edit_order(order["id"], *LIMIT[:3], 0.01, 41_000))
    await eventually(lambda: lost.hits)
    new = asyncio.create_task(exchange.edit_order(order["id"], *LIMIT[:3], 0.01, 42_000))
    with contextlib.suppress(ccxt.NetworkError):
        await old
    assert (await new)["price"] == 42_000
    held.set()
    assert sum(map(COMMANDS, either.proxy.requests)) == 3


async def test_a_late_edit_does_not_undo_a_newer_one(either: Desk) -> None:
    """An edit that was kept on its way and comes after a newer one is found by reading, and undone again."""
    exchange = await either.exchange()
    order = await exchange.create_order(*LIMIT)
    kept, hold = asyncio.Event(), asyncio.Event()
    late = either.lose(Late(kept))
    await exchange.edit_order(order["id"], *LIMIT[:3], 0.01, 41_000)
    reading = either.proxy.plan(Delay("up", hold), on("GET"))
    new = asyncio.create_task(exchange.edit_order(order["id"], *LIMIT[:3], 0.01, 42_000))
    await eventually(lambda: reading.hits)
    kept.set()
    await eventually(lambda: late.hits[0].status)
    hold.set()
    assert (await new)["price"] == 42_000
    [row] = await either.orders()
    assert float(row["price"]) == 42_000


async def test_the_second_repeat_is_cancelled_too(either: Desk) -> None:
    """A repeat that is cancelled while it asks for the abandoned order hands the order to the next repeat."""
    exchange = await either.exchange()
    left = await abandon(either, exchange)
    slow = either.proxy.plan(Delay("down", asyncio.Event()), times=1)
    repeat = asyncio.create_task(exchange.create_order(*LIMIT))
    await eventually(lambda: slow.hits)
    repeat.cancel()
    await asyncio.wait([repeat])
    assert int((await exchange.create_order(*LIMIT))["id"]) == left
    assert len(await either.orders()) == 1


async def test_cancel_all_while_the_repeat_is_on_its_way(either: Desk) -> None:
    """What a repeat returns after cancel_all_orders ran beside it is at the OMS, once, and no third order is."""
    exchange = await either.exchange()
    await abandon(either, exchange)
    _, again = await asyncio.gather(exchange.cancel_all_orders("BTC/USDT"), exchange.create_order(*LIMIT))
    rows = {str(row["id"]): row for row in await either.orders()}
    assert again["id"] in rows
    assert len(rows) <= 2
    live = [key for key, row in rows.items() if row["status"] == "SUBMITTED"]
    assert live in ([], [again["id"]])


async def test_a_500_with_the_thing_done_given_up_and_repeated(either: Desk) -> None:
    """A create that is answered with 500 and taken, and whose caller leaves while it settles, is one order."""
    exchange = await either.exchange()
    lie = either.lose(Reply(500, b'{"detail": "boom"}'))
    held = asyncio.Event()
    settling = either.proxy.plan(Delay("down", held), lambda _: bool(lie.hits), times=1)
    create = asyncio.create_task(exchange.create_order(*LIMIT))
    await eventually(lambda: settling.hits)
    create.cancel()
    await asyncio.wait([create])
    assert create.cancelled()
    held.set()
    orders = await asyncio.gather(*(exchange.create_order(*LIMIT) for _ in range(2)))
    assert {int(order["id"]) for order in orders} == {row["id"] for row in await either.orders()}
    assert len(orders) == len(await either.orders())
