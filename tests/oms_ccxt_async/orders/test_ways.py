"""Which row is an intent's, and what it proves."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import ccxt
import pytest

import oms_ccxt_async
from oms_ccxt_async import OrderOutcomeUnknown
from oms_ccxt_async.lists.lookup import Found
from oms_ccxt_async.orders.intents import Accepted, Intent
from oms_ccxt_async.orders.ways import ORDER_LISTS, OmsWay, at_the_exchange, is_of, is_pending
from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.sandbox.rows import Order
from oms_ccxt_async.wire.retry import Kind
from tests.faults.plan import Reply, on
from tests.oms_ccxt_async.orders.support import ROW
from tests.oms_ccxt_async.orders.test_intents import intent, replaced
from tests.oms_ccxt_async.support import paths, wired

BEGAN = 1_800_000_000_000


def mine(**fields: Any) -> Intent:
    """An intent under an id of the user's."""
    return replaced(intent("mine"), own_id=False, began=BEGAN, **fields)


@pytest.mark.parametrize(
    ("made", "row", "its"),
    [
        (mine(), ROW, True),
        (mine(), {**ROW, "symbol": "ETH/USDT"}, False),
        (mine(), {**ROW, "side": "SELL"}, False),
        (mine(), {**ROW, "side": "BUY"}, True),
        (mine(), {**ROW, "qty": "0.010000000000000001"}, False),
        (mine(), {**ROW, "qty": "nonsense"}, False),
        (mine(), {**ROW, "order_type": "stop_limit"}, False),
        # Where orders were known before, the id tells; where none was, the time does.
        (mine(above=4), ROW, True),
        (mine(above=5), ROW, False),
        (mine(above=4), {**ROW, "created_at": "2020-01-01T00:00:00"}, True),
        (mine(), {**ROW, "created_at": "2027-01-15T07:59:01"}, True),
        (mine(), {**ROW, "created_at": "2027-01-15T07:58:59"}, False),
        (mine(), {**ROW, "created_at": None}, True),
        # An id of ours is on no other order.
        (replaced(intent(), above=9), {**ROW, "symbol": "ETH/USDT"}, True),
    ],
)
def test_whose_row_it_is(made: Intent, row: dict[str, Any], its: bool) -> None:
    """Under an id of the user's the row has to say what was sent, and to be newer than what was known."""
    assert is_of(made, row) is its


class Book:
    """The OMS's lists of orders: one that is open, and pages of history; counts what is read."""

    def __init__(self, opened: list[dict[str, Any]], *pages: list[dict[str, Any]]) -> None:
        self.opened, self.pages = opened, pages
        self.read: list[str] = []

    async def open(self, *_: Any) -> list[dict[str, Any]]:
        self.read.append("open")
        return self.opened

    async def newest(self, *_: Any) -> AsyncGenerator[list[dict[str, Any]]]:
        for page in reversed(self.pages):
            self.read.append("newest")
            yield page

    async def since(self, what: str, since: int, *_: Any) -> AsyncGenerator[list[dict[str, Any]]]:
        for page in self.pages or [self.opened]:
            self.read.append(f"since {BEGAN - since}")
            yield page


def way(book: Book, lookup: Any = None, call: Any = None) -> OmsWay:
    """A way whose lists are these."""
    nothing: Any = None
    lists: Any = book
    return OmsWay(nothing, nothing, lists, lookup, call)


def numbered(*ids: int, key: str = "other") -> list[dict[str, Any]]:
    """A page of orders."""
    return [{**ROW, "id": each, "client_order_id": key} for each in ids]


async def test_what_is_open_needs_one_read() -> None:
    """An order that stands in the open list is not looked for anywhere else."""
    book = Book(numbered(7, key="oms-1"))
    [(made, proof)] = await way(book).look([intent()])
    assert (made.client_order_id, getattr(proof, "order_id", None)) == ("oms-1", 7)
    assert book.read == ["open"]


async def test_history_is_read_back_to_what_was_known() -> None:
    """No further than to the newest order that was known when the order was sent."""
    pages = [numbered(1, 2), numbered(3, 4), [*numbered(5), *numbered(6, key="oms-1")]]
    book = Book([], *pages)
    [(_, proof)] = await way(book).look([replaced(intent(), above=4)])
    assert getattr(proof, "order_id", None) == 6
    assert book.read == ["open", "newest", "newest"]


async def test_without_knowledge_the_days_around_are_read() -> None:
    """An account's whole history is never walked through for one order."""
    book = Book([], numbered(5), numbered(6, key="oms-1"))
    [(_, proof)] = await way(book).look([replaced(intent(), began=BEGAN)])
    assert getattr(proof, "order_id", None) == 6
    assert book.read == ["open", "since 86400000", "since 86400000"]


def test_pending_is_no_proof() -> None:
    """The OMS has the row; whether the exchange has the order, it does not know (facts 10 and 30)."""
    assert is_pending({**ROW, "status": "PENDING_SUBMIT", "exchange_order_id": None})
    assert not is_pending({**ROW, "status": "PENDING_SUBMIT", "exchange_order_id": "9"})
    assert not is_pending(ROW)


@pytest.mark.parametrize("kind", ["limit", "market"])
@pytest.mark.parametrize("client_order_id", [None, "7"])
async def test_the_exchange_is_a_witness(kind: str, client_order_id: str | None) -> None:
    """An order whose acknowledgement the OMS lost (fact 30) is placed once the exchange's own list shows it."""
    async with Sandbox(profile="legacy", volatility=0) as sandbox, wired(sandbox, reconcile="never") as (exchange, _):
        sandbox.oms.break_down_after_exchange()
        params = {} if client_order_id is None else {"clientOrderId": client_order_id}
        price = None if kind == "market" else 40_000
        # What lies beside the market's grid is at the exchange as the grid left it.
        order = await exchange.create_order("BTC/USDT", kind, "buy", 0.0100000012, price and price + 0.001, params)
        [row] = (await exchange.omsGetOrdersOpen({}))["items"]
        assert order["id"] == str(row["id"])
        assert row["status"] == "PENDING_SUBMIT"


async def test_an_order_that_the_oms_cannot_cancel_is_told() -> None:
    """What the exchange has and the OMS lost the acknowledgement of (fact 30) `cancel_all_orders` names; the others are
    canceled."""
    async with Sandbox(profile="legacy", volatility=0) as sandbox, wired(sandbox, reconcile="never") as (exchange, _):
        sandbox.oms.break_down_after_exchange()
        lost = await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 40_000)
        kept = await exchange.create_order("BTC/USDT", "limit", "buy", 0.02, 40_000)
        with pytest.raises(ccxt.InvalidOrder, match=rf"orders {lost['id']} \({lost['clientOrderId']}\) may live"):
            await exchange.cancel_all_orders()
        assert (await exchange.fetch_order(kept["id"]))["status"] == "canceled"


async def test_an_order_that_a_lagging_list_does_not_show_is_canceled() -> None:
    """Every second list of this OMS is a minute old: `cancel_all_orders` knows what its own process placed."""
    async with (
        Sandbox(profile="legacy", volatility=0, lists_lag=60_000) as sandbox,
        wired(sandbox, reconcile="never", createOrder={"readBack": False}) as (exchange, _),
    ):
        for _ in range(4):
            order = await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 40_000)
            await exchange.cancel_all_orders()
            placed = sandbox.oms.storage.get(Order, id=int(order["id"]))
            assert placed is not None
            assert placed.status == "CANCELED"


async def test_the_exchange_not_knowing_it_is_no_proof() -> None:
    """An order that broke down on its way there stays unknown, and the exchange is asked no more than twice."""
    options = {"reconcile": "never", "settleTimeout": 3_000}
    async with Sandbox(profile="legacy", volatility=0) as sandbox, wired(sandbox, **options) as (exchange, proxy):
        sandbox.oms.break_down_before_exchange()
        with pytest.raises(OrderOutcomeUnknown):
            await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 40_000)
        asked = [path for path in paths(proxy.requests) if path.startswith("POST /ccxt")]
        assert 3 <= len(asked) <= 6, asked


AWAY = Reply(502, b'{"detail":{"code":"dispatcher_error","message":"binance GET https://api"}}')
"""What the gateway answers while the OMS does not get through to the exchange."""


async def test_an_exchange_that_could_not_be_asked_is_asked_by_resolve() -> None:
    """However long its lists could not be read, and with an empty purse."""
    options = {"reconcile": "never", "settleTimeout": 500, "retry": {"attempts": 1, "budget": 3, "budgetRatio": 0}}
    async with Sandbox(profile="legacy", volatility=0) as sandbox, wired(sandbox, **options) as (exchange, proxy):
        exchange.timeout = 500
        sandbox.oms.break_down_after_exchange()
        away = proxy.plan(AWAY, on("POST", "/ccxt/*"), times=None)
        with pytest.raises(OrderOutcomeUnknown) as caught:
            await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 40_000)
        with pytest.raises(OrderOutcomeUnknown) as again:
            await caught.value.resolve()
        away.times = 0
        [row] = (await exchange.omsGetOrdersOpen({}))["items"]
        assert (await again.value.resolve())["id"] == str(row["id"])
        await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 40_000)
        assert len(sandbox.oms.exchange.open_orders(2)) == 2, "a program that was told of it may send another"


async def test_an_identical_create_asks_the_exchange_again() -> None:
    """A bot that sends an order of unknown outcome again gets that order as soon as the exchange tells of it."""
    options = {"reconcile": "never", "settleTimeout": 300}
    async with Sandbox(profile="legacy", volatility=0) as sandbox, wired(sandbox, **options) as (exchange, proxy):
        exchange.timeout = 500
        sandbox.oms.break_down_after_exchange()
        away = proxy.plan(AWAY, on("POST", "/ccxt/*"), times=None)
        for _ in range(3):
            with pytest.raises(OrderOutcomeUnknown):
                await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 40_000)
        away.times = 0
        order = await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 40_000)
        [only] = sandbox.oms.exchange.open_orders(2)
        assert only.ticket.client_order_id == order["clientOrderId"]
        assert paths(proxy.requests).count("POST /oms/commands") == 1


async def test_the_exchange_is_asked_after_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An order of the journal whose acknowledgement was lost is found at the exchange, however old it is."""
    path = tmp_path / "journal"
    options = {"reconcile": "never", "journal": str(path)}
    async with Sandbox(profile="legacy", volatility=0) as sandbox:
        async with wired(sandbox, settleTimeout=300, **options) as (exchange, proxy):
            exchange.timeout = 500
            sandbox.oms.break_down_after_exchange()
            proxy.plan(AWAY, on("POST", "/ccxt/*"), times=None)
            with pytest.raises(OrderOutcomeUnknown) as caught:
                await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 40_000)
        later = int(time.time() * 1000) + 3_600_000  # too late to wait for what the OMS may still take
        monkeypatch.setattr(oms_ccxt_async.oms, "milliseconds", lambda _: later)
        async with wired(sandbox, **options) as (exchange, _):
            [told] = await exchange.recovered_orders()
            [row] = (await exchange.omsGetOrdersOpen({}))["items"]
        assert (told["clientOrderId"], told["outcome"]) == (caught.value.client_order_id, "accepted")
        assert told["id"] == str(row["id"])


async def test_what_the_exchange_rejected_is_refused() -> None:
    """An exchange's list that has the order as rejected proves that it is none; a canceled one was placed."""
    for status, expected in (("rejected", ccxt.InvalidOrder), ("canceled", Accepted)):
        row = {**ROW, "status": "PENDING_SUBMIT", "exchange_order_id": None, "client_order_id": "oms-1"}
        order = {"id": "1", "clientOrderId": "oms-1", "status": status}

        async def call(func: str, args: list[Any], kind: Kind, order: dict[str, Any] = order) -> Any:
            return [order]

        one = way(Book([row]), WithoutDeals(), call)
        [(_, proof)] = await one.recall([intent()])
        assert isinstance(proof, expected)


class WithoutDeals:
    """A lookup on an OMS that has no deals."""

    async def with_deals(self, rows: list[dict[str, Any]], *_: Any) -> list[Found]:
        return [Found(row) for row in rows]


async def test_an_older_order_of_the_exchange_is_no_witness() -> None:
    """Another order under the user's own client order id, of another amount or older, proves nothing."""
    calls: list[str] = []

    async def call(func: str, args: list[Any], kind: Kind) -> Any:
        calls.append(func)
        if func == "fetch_closed_orders":
            raise ccxt.NotSupported(func)
        return shown

    shown: list[Any]
    made = mine()
    side, amount = made.request["side"], made.request["amount"]
    for order in (
        {"id": "1", "clientOrderId": "mine", "side": side, "amount": amount, "timestamp": BEGAN - 3_600_000},
        {"id": "1", "clientOrderId": "mine", "side": side, "amount": 77.0, "timestamp": BEGAN},
        {"id": "1", "clientOrderId": "mine", "side": "sell", "amount": amount, "timestamp": BEGAN},
        {"id": "1", "clientOrderId": "mine", "side": side, "amount": amount},
        {"id": "1", "clientOrderId": None, "side": side, "amount": amount, "timestamp": BEGAN},
        {"id": "1", "clientOrderId": "mine", "side": side, "amount": amount, "price": 1.5, "timestamp": BEGAN},
        {"id": None, "clientOrderId": "mine", "side": side, "amount": amount, "timestamp": BEGAN},
        {"id": "1", "clientOrderId": "mine", "side": side, "amount": amount, "timestamp": BEGAN, "status": "rejected"},
        {"clientOrderId": "mine", "side": [], "amount": {}, "price": "x", "timestamp": BEGAN},
    ):
        shown = [order, None, "nonsense", [], 7]
        assert await at_the_exchange(call, [made]) == []
    order = {"id": "1", "clientOrderId": "mine", "side": side, "amount": amount, "timestamp": BEGAN + 5}
    shown = [order]
    assert await at_the_exchange(call, [made]) == [(made, order)]
    assert calls[-2:] == ["fetch_closed_orders", "fetch_open_orders"]


async def test_a_trade_of_the_exchange_is_a_witness() -> None:
    """Where the exchange's class has no list of closed orders, a trade that carries the client order id is one."""

    async def call(func: str, args: list[Any], kind: Kind) -> Any:
        if func == "fetch_closed_orders":
            raise ccxt.NotSupported(func)
        return [trade] if func == "fetch_my_trades" else []

    made = mine()
    trade: dict[str, Any] = {"id": "7", "order": "9", "side": made.request["side"], "amount": 0.001, "timestamp": BEGAN}
    lists = (*ORDER_LISTS, "fetch_my_trades")
    for info, seen in (({"clOrdId": "mine"}, True), ({"orderLinkId": "other"}, False), ({}, False), (None, False)):
        trade["info"] = info
        assert (await at_the_exchange(call, [made], lists) == [(made, trade)]) is seen
    trade["info"], trade["timestamp"] = {"clOrdId": "mine"}, BEGAN - 3_600_000
    assert await at_the_exchange(call, [made], lists) == []
