"""What becomes of an order when the conversation about it goes wrong: one order at the OMS, or the truth about it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Coroutine
from types import SimpleNamespace
from typing import Any

import ccxt
import pytest

from oms_ccxt_async import Fate, OrderOutcomeUnknown
from oms_ccxt_async.errors import fate_of
from oms_ccxt_async.wire.retry import Kind
from tests.faults.desk import LIMIT, Desk
from tests.faults.eventually import eventually
from tests.faults.plan import Cut, Delay, Fault, Late, Plan, Replay, Reply, Slice, cut_points

HTML = b"<html><body>Bad Gateway</body></html>"


LOST_ANSWERS: dict[str, Fault] = {
    "3 reset after the request": Cut("down", 0, "rst"),
    "3 end of connection after the request": Cut("down", 0, "fin"),
    "4 reset after the headers": Cut("down", 0, "rst", unit="body"),
    "4 body cut short": Cut("down", 20, "fin", unit="body"),
    "5 truncated JSON": Reply(200, b'{"results": [{"index": 0, "ok": tr'),
    "5 HTML with 200": Reply(200, HTML, "text/html"),
    "5 empty": Reply(200, b""),
    "5 null": Reply(200, b"null"),
    "5 another shape": Reply(200, b'{"items": []}'),
    "5 no results": Reply(200, b'{"results": []}'),
    "5 results of nothing": Reply(200, b'{"results": [{"index": 0, "ok": true, "order_id": null}]}'),
    "7 502 from a proxy": Reply(502, HTML, "text/html"),
    "7 503 from a proxy": Reply(503, HTML, "text/html"),
    "7 504 from a proxy": Reply(504, HTML, "text/html"),
    "9 500": Reply(500, b'{"detail": {"code": "internal_error", "message": "boom"}}'),
    "11 dispatcher timeout": Reply(504, b'{"detail": {"code": "dispatcher_timeout", "message": "dispatcher_timeout"}}'),
    "14 204": Reply(204),
}
"""The OMS takes the order, and its answer does not arrive whole; by number of the fault."""


@pytest.mark.parametrize("fault", LOST_ANSWERS.values(), ids=LOST_ANSWERS)
async def test_lost_answer_is_found_out(either: Desk, fault: Fault) -> None:
    """An order whose answer is lost is returned all the same, and stands at the OMS once."""
    exchange = await either.exchange()
    lost = either.lose(fault)
    order = await exchange.create_order(*LIMIT)
    assert len(lost.hits) == 1
    assert [row["id"] for row in await either.orders()] == [int(order["id"])]
    assert order["status"] == "open"


NEVER_TAKEN: dict[str, Fault] = {
    "12 429": Reply(429, b'{"detail": "slow down"}', headers={"Retry-After": "0"}, forward=False),
    "12 429 from a proxy": Reply(429, HTML, "text/html", forward=False),
}


@pytest.mark.parametrize("fault", NEVER_TAKEN.values(), ids=NEVER_TAKEN)
async def test_turned_away_order_is_sent_again(either: Desk, fault: Fault) -> None:
    """An order that was turned away for load is sent again, and stands at the OMS once."""
    exchange = await either.exchange()
    either.lose(fault)
    order = await exchange.create_order(*LIMIT)
    assert [row["id"] for row in await either.orders()] == [int(order["id"])]


async def test_refused_connection_is_nothing_sent(either: Desk) -> None:
    """Fault 1: an order that found no connection is a NetworkError that says so, and is not at the OMS."""
    exchange = await either.exchange()
    await either.proxy.close_connections()
    with either.proxy.refusing(), pytest.raises(ccxt.ExchangeNotAvailable, match="nothing was sent") as caught:
        await exchange.create_order(*LIMIT)
    assert fate_of(caught.value) is Fate.NOT_DONE
    assert not isinstance(caught.value, OrderOutcomeUnknown)
    assert await either.orders() == []
    order = await exchange.create_order(*LIMIT)
    assert [row["id"] for row in await either.orders()] == [int(order["id"])]


async def test_half_sent_order_is_unknown_on_legacy_and_settled_on_full(either: Desk) -> None:
    """Fault 2: after a reset in the middle of the request nothing is assumed; a full OMS is asked again with the same
    id."""
    exchange = await either.exchange()
    either.lose(Cut("up", 100, "rst"))
    if either.profile == "full":
        order = await exchange.create_order(*LIMIT)
        assert [row["id"] for row in await either.orders()] == [int(order["id"])]
    else:
        with pytest.raises(OrderOutcomeUnknown) as caught:
            await exchange.create_order(*LIMIT)
        assert caught.value.client_order_id in str(caught.value)
        assert caught.value.request["symbol"] == "BTC/USDT"
        assert await either.orders() == []
        assert either.commands == 1
        assert exchange.unknown_orders() == [caught.value.client_order_id]


async def test_silent_server_is_given_up_in_time(either: Desk) -> None:
    """Fault 6: an order whose answer does not come is looked for after the timeout, and found."""
    exchange = await either.exchange(timeout=200)
    held = asyncio.Event()
    either.lose(Delay("down", held))
    order = await exchange.create_order(*LIMIT)
    assert [row["id"] for row in await either.orders()] == [int(order["id"])]
    held.set()


async def test_permanent_error_under_a_502_is_a_refusal(either: Desk) -> None:
    """Fault 8: the body's word counts before the status; nothing is sent again and nothing looked for."""
    exchange = await either.exchange()
    refusal = b'{"detail": {"code": "internal_error", "message": "paper insufficient balance"}}'
    either.lose(Reply(502, refusal, forward=False))
    before = len(either.proxy.requests)
    with pytest.raises(ccxt.InsufficientFunds) as caught:
        await exchange.create_order(*LIMIT)
    assert fate_of(caught.value) is Fate.REFUSED
    assert len(either.proxy.requests) == before + 1


async def test_error_in_a_200_is_the_answer(either: Desk) -> None:
    """Fault 10: a command that failed under HTTP 200 is refused."""
    exchange = await either.exchange()
    error = b'{"code": "internal_error", "message": "insufficient funds"}'
    body = b'{"results": [{"index": 0, "ok": false, "error": %b}]}' % error
    either.lose(Reply(200, body, forward=False))
    with pytest.raises(ccxt.InsufficientFunds):
        await exchange.create_order(*LIMIT)


async def test_own_duplicate_is_the_order(full: Desk) -> None:
    """Fault 11: a duplicate that the OMS reports after an unclear answer is the order itself."""
    exchange = await full.exchange()
    first = await exchange.create_order(*LIMIT)
    duplicate = b'{"detail": {"code": "duplicate_client_order_id", "message": "x", "order_id": %d}}' % int(first["id"])
    full.lose(Reply(409, duplicate))
    order = await exchange.create_order(*LIMIT)
    assert order["id"] == first["id"]


async def test_user_duplicate_is_told(either: Desk) -> None:
    """A client order id of the user's that is taken is `DuplicateOrderId` with the order's id, on both profiles."""
    exchange = await either.exchange()
    order = await exchange.create_order(*LIMIT, {"clientOrderId": "mine"})
    with pytest.raises(ccxt.DuplicateOrderId) as caught:
        await exchange.create_order(*LIMIT, {"clientOrderId": "mine"})
    assert caught.value.order_id == order["id"]
    assert len(await either.orders()) == 1


async def test_unanswered_client_order_id_is_settled_before_it_is_used_again(either: Desk) -> None:
    """A client order id whose order had no answer is that order when repeated, and a duplicate for another order."""
    exchange = await either.exchange()
    held = asyncio.Event()
    lost = either.lose(Delay("down", held))
    await _give_up(exchange.create_order(*LIMIT, {"clientOrderId": "mine"}), lost)
    held.set()
    with pytest.raises(ccxt.DuplicateOrderId):
        await exchange.create_order("BTC/USDT", "limit", "buy", 0.02, 40_000, {"clientOrderId": "mine"})
    assert len(await either.orders()) == 1


async def test_outage_of_429_is_ddos_protection(either: Desk) -> None:
    """Fault 12: what stays turned away is `DDoSProtection`, so that frameworks back off, and was not placed."""
    exchange = await either.exchange()
    either.lose(Reply(429, b"", forward=False), times=None)
    with pytest.raises(ccxt.DDoSProtection):
        await exchange.create_order(*LIMIT)
    assert either.commands == 4
    assert await either.orders() == []


async def test_absurd_retry_after_ends_the_call(either: Desk) -> None:
    """Fault 12: an absurd Retry-After is not waited for."""
    exchange = await either.exchange()
    either.lose(Reply(429, b"", headers={"Retry-After": "99999999999"}, forward=False))
    with pytest.raises(ccxt.DDoSProtection) as caught:
        await exchange.create_order(*LIMIT)
    assert caught.value.retry_after > 1e9
    assert either.commands == 1


async def test_key_rotated_between_tries_is_not_a_refusal(full: Desk) -> None:
    """Fault 13: a 401 on the second try says nothing of the first one."""
    exchange = await full.exchange()
    full.lose(Cut("down", 0, "rst"))
    full.lose(Reply(401, b'{"detail": {"code": "invalid_api_key", "message": "invalid_api_key"}}', forward=False))
    order = await exchange.create_order(*LIMIT)
    assert [row["id"] for row in await full.orders()] == [int(order["id"])]


async def test_rotated_key_is_an_authentication_error(either: Desk) -> None:
    """Fault 13: a key that is not valid any more fails at once."""
    exchange = await either.exchange()
    exchange.apiKey = "rotated"
    with pytest.raises(ccxt.AuthenticationError):
        await exchange.create_order(*LIMIT)
    assert either.commands == 1


async def test_redirect_is_not_followed(either: Desk) -> None:
    """Fault 14: a redirect is an error that names no key, and nothing goes where it points."""
    exchange = await either.exchange()
    either.lose(Reply(307, b"", headers={"Location": "http://127.0.0.1:9/elsewhere"}, forward=False))
    with pytest.raises(ccxt.ExchangeError, match="redirects are not followed"):
        await exchange.create_order(*LIMIT)
    assert either.commands == 1


async def test_stale_keep_alive_connection_is_not_seen(either: Desk) -> None:
    """Fault 16: connections that went stale while idle cost no error and no second order."""
    exchange = await either.exchange()
    await exchange.create_order(*LIMIT)
    await either.proxy.close_connections("fin")
    await exchange.create_order(*LIMIT)
    await either.proxy.close_connections("rst")
    await exchange.create_order(*LIMIT)
    assert len(await either.orders()) == 3


async def test_order_that_lands_late_is_one_order(either: Desk) -> None:
    """Fault 17: an order that sits in a queue while it is looked for, and then lands, stands at the OMS once."""
    exchange = await either.exchange()
    queue = asyncio.Event()
    late = either.lose(Late(queue))
    if either.profile == "full":
        order = await exchange.create_order(*LIMIT)
        queue.set()
        await eventually(lambda: late.hits[0].status)
    else:
        with pytest.raises(OrderOutcomeUnknown) as caught:
            await exchange.create_order(*LIMIT)
        queue.set()
        await eventually(either.orders)
        order = await caught.value.resolve()
        assert exchange.unknown_orders() == []
    assert [row["id"] for row in await either.orders()] == [int(order["id"])]


@pytest.mark.parametrize("how", ["resolve", "the same again"])
async def test_expired_request_id_is_not_sent_again(full: Desk, how: str) -> None:
    """Fault 21: an order whose request id the OMS may have forgotten is looked for, and never sent again."""
    exchange = await full.exchange()
    never = full.lose(Cut("up", 0, "rst"), times=None)
    with pytest.raises(OrderOutcomeUnknown) as caught:
        await exchange.create_order(*LIMIT, {"clientOrderId": "mine"})
    await exchange.fetch_balance()  # a repeat that was on its way has reached the proxy before this has
    full.proxy.schedules.clear()
    sent = full.commands
    now = exchange.milliseconds()
    exchange._here.submissions._settlement._clock = lambda: now + 24 * 3_600_000
    with pytest.raises(OrderOutcomeUnknown):
        await (caught.value.resolve() if how == "resolve" else exchange.create_order(*LIMIT, {"clientOrderId": "mine"}))
    assert full.commands == sent == len(never.hits)
    assert await full.orders() == []


async def test_request_delivered_twice_is_one_order(full: Desk) -> None:
    """A network that delivers the request twice makes one order at an OMS that recognises repeats."""
    exchange = await full.exchange()
    full.lose(Replay())
    order = await exchange.create_order(*LIMIT)
    assert [row["id"] for row in await full.orders()] == [int(order["id"])]


async def test_slow_bytes_are_no_fault(either: Desk) -> None:
    """An answer that comes byte by byte is an answer."""
    exchange = await either.exchange()
    either.lose(Slice("down"))
    assert (await exchange.create_order(*LIMIT))["status"] == "open"
    assert either.commands == 1


@pytest.mark.parametrize("way", ["cancel", "wait_for"])
async def test_cancelled_create_is_not_orphaned(either: Desk, way: str) -> None:
    """Fault 18: a create that its caller gave up runs to its end, and is found by its client order id."""
    exchange = await either.exchange()
    held = asyncio.Event()
    lost = either.lose(Delay("down", held))
    create = exchange.create_order(*LIMIT, {"clientOrderId": "given-up"})
    if way == "cancel":
        await _give_up(create, lost)
    else:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(create, 1)
        assert lost.hits
    held.set()
    order = await eventually(lambda: _found(exchange, "given-up"))
    assert [row["id"] for row in await either.orders()] == [int(order["id"])]


async def test_identical_create_adopts_the_unanswered_one(either: Desk) -> None:
    """A framework that gives up a create and sends it again by reflex gets the first order, not a second."""
    exchange = await either.exchange()
    held = asyncio.Event()
    lost = either.lose(Delay("down", held))
    await _give_up(exchange.create_order(*LIMIT), lost)
    again = asyncio.create_task(exchange.create_order(*LIMIT))
    held.set()
    order = await again
    assert [row["id"] for row in await either.orders()] == [int(order["id"])]
    other = await exchange.create_order(*LIMIT)
    assert other["id"] != order["id"], "an order is adopted once"


async def test_adoption_resolves_an_unknown_outcome_first(legacy: Desk) -> None:
    """While an outcome is unknown the identical create asks for it, and sends nothing."""
    exchange = await legacy.exchange()
    queue = asyncio.Event()
    legacy.lose(Late(queue))
    with pytest.raises(OrderOutcomeUnknown):
        await exchange.create_order(*LIMIT)
    with pytest.raises(OrderOutcomeUnknown):
        await exchange.create_order(*LIMIT)
    assert legacy.commands == 1
    queue.set()
    await eventually(legacy.orders)
    order = await exchange.create_order(*LIMIT)
    assert legacy.commands == 1
    assert [row["id"] for row in await legacy.orders()] == [int(order["id"])]


async def test_adoption_can_be_switched_off(full: Desk) -> None:
    """With `options["adoptWindow"]` 0 an identical create is a new order."""
    exchange = await full.exchange(adoptWindow=0)
    held = asyncio.Event()
    lost = full.lose(Delay("down", held))
    await _give_up(exchange.create_order(*LIMIT), lost)
    held.set()
    await exchange.create_order(*LIMIT)
    await eventually(lambda: _count(full, 2))


async def test_concurrent_identical_creates_are_two_orders(either: Desk) -> None:
    """Two identical orders that are meant as two are two."""
    exchange = await either.exchange()
    orders = await asyncio.gather(exchange.create_order(*LIMIT), exchange.create_order(*LIMIT))
    assert len({order["id"] for order in orders}) == 2
    assert len(await either.orders()) == 2


async def test_batch_with_a_lost_answer_is_settled_item_by_item(either: Desk) -> None:
    """A batch whose answer is lost gives each order's own outcome, and every order stands at the OMS once."""
    exchange = await either.exchange()
    either.lose(Cut("down", 0, "rst"))
    wanted = [_item(LIMIT), _item(("BTC/USDT", "limit", "buy", 0.02, 41_000))]
    orders = await exchange.create_orders(wanted)
    assert [order["amount"] for order in orders] == [0.01, 0.02]
    assert sorted(row["id"] for row in await either.orders()) == sorted(int(order["id"]) for order in orders)


async def test_batch_that_stays_unknown_says_so_for_each(legacy: Desk) -> None:
    """A batch whose fate is unknown raises with what is known of each, and its identical repeat sends nothing."""
    exchange = await legacy.exchange()
    legacy.lose(Cut("up", 10, "rst"))
    wanted = [_item(LIMIT), _item(("BTC/USDT", "limit", "buy", 0.02, 41_000))]
    with pytest.raises(OrderOutcomeUnknown) as caught:
        await exchange.create_orders(wanted)
    assert [order["status"] for order in caught.value.orders] == [None, None]
    with pytest.raises(OrderOutcomeUnknown):
        await exchange.create_orders(wanted)
    assert legacy.commands == 1


async def test_blocked_event_loop_loses_nothing(either: Desk) -> None:
    """Fault 42: user code that blocks the loop past the timeout costs no order and makes no second one."""
    exchange = await either.exchange(timeout=200)
    lost = either.lose(Delay("down", 0.01))
    create = asyncio.create_task(exchange.create_order(*LIMIT))
    await eventually(lambda: lost.hits)
    time.sleep(0.5)  # noqa: ASYNC251 - this is the fault
    order = await create
    assert [row["id"] for row in await either.orders()] == [int(order["id"])]


@pytest.mark.parametrize("ablation", ["one kind for all", "not found is not placed"])
async def test_harness_bites(legacy: Desk, ablation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the rule that a legacy OMS is never sent an order twice, the harness finds the second order."""
    if ablation == "one kind for all":
        blind = SimpleNamespace(ONCE=Kind.REPEATABLE, REPEATABLE=Kind.REPEATABLE)
        monkeypatch.setattr("oms_ccxt_async.orders.ways.Kind", blind)
        exchange = await legacy.exchange()
    else:
        exchange = await legacy.exchange(adoptWindow=0)
    queue = asyncio.Event()
    late = legacy.lose(Late(queue))
    with contextlib.suppress(OrderOutcomeUnknown):
        await exchange.create_order(*LIMIT)
    if ablation == "not found is not placed":
        await exchange.create_order(*LIMIT)
    queue.set()
    await eventually(lambda: late.hits[0].status)
    assert len(await legacy.orders()) == 2


async def test_close_drains_what_is_under_way(either: Desk) -> None:
    """Fault 43: close() waits for a create under way, and its outcome is known afterwards."""
    exchange = await either.exchange()
    held = asyncio.Event()
    lost = either.lose(Delay("down", held))
    create = asyncio.create_task(exchange.create_order(*LIMIT))
    await eventually(lambda: lost.hits)
    closing = asyncio.create_task(exchange.close())
    held.set()
    await closing
    assert exchange.unknown_orders() == []
    assert int((await create)["id"]) == (await either.orders())[0]["id"]


async def test_close_names_what_stays_unknown(either: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """Fault 43: close() does not wait for ever, and says which orders it leaves unknown."""
    exchange = await either.exchange(closeTimeout=100)
    held = asyncio.Event()
    lost = either.lose(Delay("down", held))
    create = asyncio.create_task(exchange.create_order(*LIMIT, {"clientOrderId": "left"}))
    await eventually(lambda: lost.hits)
    await exchange.close()
    assert exchange.unknown_orders() == ["left"]
    assert "left" in caplog.text
    with pytest.raises(OrderOutcomeUnknown):
        await create
    held.set()


@pytest.mark.timeout(120)
@pytest.mark.parametrize("how", ["fin", "rst"])
async def test_cut_at_every_byte(either: Desk, how: Any) -> None:
    """A connection that is cut at any byte, in either direction, leaves one order or the truth about it, never two.

    An order that is returned is at the OMS; one that is unknown is settled later, as soon as the OMS can tell.
    """
    patient = either.profile == "full"  # where every outcome comes, and on a busy machine later
    exchange = await either.exchange(settleTimeout=5_000 if patient else 250, timeout=8_000 if patient else 2_000)
    keys = iter(f"cut-{number:05}" for number in range(100_000))

    async def create() -> tuple[str, Any]:
        key = next(keys)
        try:
            return key, await exchange.create_order(*LIMIT, {"clientOrderId": key})
        except OrderOutcomeUnknown as error:
            return key, error

    await create()
    sample = next(request for request in reversed(either.proxy.requests) if request.path == "/oms/commands")
    outcomes: list[tuple[str, Any]] = []
    points = list(cut_points(sample, how))
    for start in range(0, len(points), 20):
        batch = points[start : start + 20]
        for point in batch:
            either.lose(point)
        outcomes += await asyncio.gather(*(create() for _ in batch))
    assert len(outcomes) == sum(sample.passed.values()) + 2
    either.proxy.schedules.clear()

    await either.ledger.assert_no_duplicates()
    placed = {row["client_order_id"]: row["id"] for row in await either.orders()}
    for key, outcome in outcomes:
        if isinstance(outcome, OrderOutcomeUnknown):
            assert either.profile == "legacy"
            assert key not in placed, "what stands at the OMS is found"
        else:
            assert int(outcome["id"]) == placed[key]
    assert any(isinstance(outcome, dict) for _, outcome in outcomes)


async def _give_up(create: Coroutine[Any, Any, Any], lost: Plan) -> None:
    """Cancel a create whose answer is held back."""
    task = asyncio.create_task(create)
    await eventually(lambda: lost.hits)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def _item(order: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(("symbol", "type", "side", "amount", "price"), order, strict=True))


async def _found(exchange: Any, key: str) -> Any:
    try:
        return await exchange.fetch_order("", "BTC/USDT", {"clientOrderId": key})
    except ccxt.OrderNotFound:
        return None


async def _count(at: Desk, number: int) -> bool:
    return len(await at.orders()) == number
