"""One rule: a call under a strategy sees and touches the orders and positions of that strategy only."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import ccxt
import pytest

import oms_ccxt_async
import oms_ccxt_pro
from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.sandbox.rows import Order, Position
from tests.faults.eventually import eventually
from tests.faults.plan import Cut, Delay, on
from tests.oms_ccxt_async.support import paths, settle, wired

pytestmark = pytest.mark.asyncio(loop_scope="session")

SYMBOL = "BTC/USDT:USDT"
REST = ("BTC/USDT", "limit", "buy", 0.01, 40_000)
COMMAND = "POST /oms/commands"
Calls = dict[str, Callable[[Any, str, str], Awaitable[Any]]]

TOUCHING: Calls = {
    "cancel_order": lambda exchange, id, _: exchange.cancel_order(id),
    "cancel_order by client order id": lambda exchange, _, key: exchange.cancel_order(None, None, {"clOrdId": key}),
    "cancel_order_ws": lambda exchange, id, _: exchange.cancel_order_ws(id),
    "cancel_orders": lambda exchange, id, _: exchange.cancel_orders([id]),
    "cancel_orders by client order id": lambda exchange, _, key: exchange.cancel_orders(
        [], None, {"clientOrderIds": [key]}
    ),
    "cancel_orders_ws": lambda exchange, id, _: exchange.cancel_orders_ws([id]),
    "edit_order": lambda exchange, id, _: exchange.edit_order(id, "BTC/USDT", None, None, 0.02, 41_000),
    "edit_order of a price": lambda exchange, id, _: exchange.edit_order(id, None, None, None, None, 41_000),
    "edit_order by client order id": lambda exchange, _, key: exchange.edit_order(
        None, "BTC/USDT", None, None, 0.02, 41_000, {"clientOrderId": key}
    ),
    "edit_order_ws": lambda exchange, id, _: exchange.edit_order_ws(id, "BTC/USDT", None, None, 0.02, 41_000),
}
SEEING: Calls = {
    "fetch_order": lambda exchange, id, _: exchange.fetch_order(id),
    "fetch_order by client order id": lambda exchange, _, key: exchange.fetch_order("", None, {"clientOrderId": key}),
    "fetch_order_with_client_order_id": lambda exchange, _, key: exchange.fetch_order_with_client_order_id(key),
    "fetch_open_order": lambda exchange, id, _: exchange.fetch_open_order(id),
    "fetch_order_ws": lambda exchange, id, _: exchange.fetch_order_ws(id),
    "fetch_order_trades": lambda exchange, id, _: exchange.fetch_order_trades(id),
}


def pro(sandbox: Sandbox, **options: Any) -> Any:
    return oms_ccxt_pro.oms({**sandbox.config(3, **options), "verify": False})


def stands(sandbox: Sandbox, order: dict[str, Any]) -> tuple[str, str]:
    """An order as the OMS has it: its status and its price."""
    [row] = sandbox.oms.storage.select(Order, id=int(order["id"]))
    return row.status, str(row.price)


@pytest.mark.parametrize("name", [*TOUCHING, *SEEING])
@pytest.mark.parametrize("by", ["options", "params"])
async def test_another_strategys_order_is_neither_seen_nor_touched(sandbox: Sandbox, name: str, by: str) -> None:
    """By id and by client order id, over REST and the socket: the error names the strategy, and the order stands."""
    async with (
        pro(sandbox, strategy_id=2) as theirs,
        pro(sandbox, **({"strategy_id": 1} if by == "options" else {})) as a,
    ):
        key = f"theirs-{theirs.milliseconds()}-{abs(hash((name, by)))}"
        order = await theirs.create_order(*REST, {"clientOrderId": key})
        stood = stands(sandbox, order)
        if by == "params":
            a.options["strategy_id"] = 2
            await a.fetch_order(order["id"])  # it knows whose it is
            a.options["strategy_id"] = 1
        with pytest.raises(ccxt.OrderNotFound, match="of strategy 1 "):
            await {**TOUCHING, **SEEING}[name](a, order["id"], key)
        assert stands(sandbox, order) == stood
        assert (await {**TOUCHING, **SEEING}[name](theirs, order["id"], key)) is not None
        await theirs.cancel_all_orders()


@pytest.mark.parametrize("name", TOUCHING)
async def test_without_a_strategy_nothing_is_asked_first(sandbox: Sandbox, name: str) -> None:
    """An instance without a strategy touches every order of the account."""
    async with pro(sandbox, strategy_id=2) as theirs, pro(sandbox) as exchange:
        key = f"any-{theirs.milliseconds()}-{abs(hash(name))}"
        order = await theirs.create_order(*REST, {"clientOrderId": key})
        stood = stands(sandbox, order)
        await TOUCHING[name](exchange, order["id"], key)
        assert stands(sandbox, order) != stood
        await theirs.cancel_all_orders()


async def test_lists_and_cancels_of_all_are_the_strategys(sandbox: Sandbox) -> None:
    """Every list holds the strategy's rows, and a cancel of all, of a symbol or of everything, takes its orders."""
    async with (
        pro(sandbox, strategy_id=1) as mine,
        pro(sandbox, strategy_id=2) as theirs,
        pro(sandbox, strategy_id=0) as none,
    ):
        for symbol in (None, "BTC/USDT"):
            orders = [await each.create_order(*REST) for each in (mine, theirs, none)]
            for exchange, order in zip((mine, theirs, none), orders, strict=True):
                assert [each["id"] for each in await exchange.fetch_open_orders()] == [order["id"]]
                assert {each["info"]["strategy_id"] for each in await exchange.fetch_orders()} == {
                    exchange.options["strategy_id"]
                }
            for exchange, order in zip((none, mine, theirs), (orders[2], *orders[:2]), strict=True):
                assert [each["id"] for each in await exchange.cancel_all_orders(symbol)] == [order["id"]]
            assert {stands(sandbox, order)[0] for order in orders} == {"CANCELED"}


async def test_an_oms_that_lists_too_much_is_not_believed(sandbox: Sandbox) -> None:
    """Rows of another strategy in a list that was asked for one are left out, and not canceled."""
    async with pro(sandbox, strategy_id=2) as theirs, pro(sandbox, strategy_id=1) as mine:
        order = await theirs.create_order(*REST)
        mine._here.lists._scope = lambda _: f"account_ids={mine.options['account_id']}"
        assert await mine.fetch_open_orders() == []
        assert await mine.cancel_all_orders("BTC/USDT") == []
        assert stands(sandbox, order)[0] != "CANCELED"
        await theirs.cancel_all_orders()


async def test_what_the_rule_costs(sandbox: Sandbox) -> None:
    """Nothing for orders that this process made or was shown; one read, shared by a batch, for others."""
    async with (
        wired(sandbox, account_id=3, strategy_id=1, reconcile="never") as (exchange, proxy),
        oms_ccxt_async.oms(sandbox.config(3, strategy_id=1)) as other,
    ):

        async def reads_before(call: Awaitable[Any]) -> int:
            proxy.requests.clear()
            await call
            return paths(proxy.requests).index(COMMAND)

        own = await exchange.create_order(*REST)
        assert await reads_before(exchange.edit_order(own["id"], "BTC/USDT", None, None, 0.02, 41_000)) == 0
        assert await reads_before(exchange.cancel_order(own["id"])) == 0
        shown = [await other.create_order(*REST) for _ in range(3)]
        await exchange.fetch_open_orders()
        assert await reads_before(exchange.cancel_orders([order["id"] for order in shown])) == 0
        unseen = [await other.create_order(*REST) for _ in range(4)]
        assert await reads_before(exchange.cancel_order(unseen[0]["id"])) == 1
        assert await reads_before(exchange.cancel_orders([order["id"] for order in unseen[1:]])) == 1
        keyed = await other.create_order(*REST, {"clientOrderId": f"keyed-{other.milliseconds()}"})
        assert await reads_before(exchange.cancel_order(None, None, {"clientOrderId": keyed["clientOrderId"]})) == 1
        unseen = [await other.create_order(*REST) for _ in range(2)]
        # Its symbol has to be read, and, on a legacy OMS, its amount (fact 11).
        read = await reads_before(exchange.edit_order(unseen[0]["id"], None, None, None, 0.02, 41_000))
        exchange.options["strategy_id"] = None
        assert read == await reads_before(exchange.edit_order(unseen[1]["id"], None, None, None, 0.02, 41_000))
        assert await reads_before(exchange.cancel_order(unseen[0]["id"])) == 0
        await other.cancel_all_orders()


async def test_an_order_that_was_moved(sandbox: Sandbox) -> None:
    """Once a row shows that an order is another strategy's now, it is touched no more; that strategy finds it."""
    async with pro(sandbox, strategy_id=1) as mine, pro(sandbox, strategy_id=2) as theirs:
        order = await mine.create_order(*REST)
        [row] = sandbox.oms.storage.select(Order, id=int(order["id"]))
        row.strategy_id = 2
        with sandbox.oms.transaction([3]):
            sandbox.oms.storage.save(row)
        with pytest.raises(ccxt.OrderNotFound):
            await mine.fetch_order(order["id"])
        if sandbox.oms.full:  # by ids, its row says whose it is; in a list of the strategy it is missing
            with pytest.raises(ccxt.OrderNotFound, match="of strategy 1 "):
                await mine.cancel_order(order["id"])
            assert stands(sandbox, order)[0] != "CANCELED"
        assert (await theirs.cancel_order(order["id"]))["status"] == "canceled"


async def test_an_order_that_is_moved_while_it_is_canceled(sandbox: Sandbox) -> None:
    """The cancel under way is told as what it did, though the order cannot be read any more."""
    async with wired(sandbox, account_id=3, strategy_id=1) as (exchange, proxy):
        order = await exchange.create_order(*REST)
        go = asyncio.Event()
        held = proxy.plan(Delay("up", go), on("POST", "/oms/commands"))
        cancel = asyncio.create_task(exchange.cancel_order(order["id"]))
        await eventually(lambda: held.hits)
        [row] = sandbox.oms.storage.select(Order, id=int(order["id"]))
        row.strategy_id = 2
        with sandbox.oms.transaction([3]):
            sandbox.oms.storage.save(row)
        go.set()
        told = await cancel
        assert (told["id"], told["status"]) == (order["id"], "canceled")


@pytest.mark.parametrize("strategy_id", [1, None])
async def test_the_fate_of_another_strategys_order_is_not_told(sandbox: Sandbox, strategy_id: int | None) -> None:
    """A client order id whose order is in doubt is unknown to the strategy that sent it, and to no other."""
    options = {"strategy_id": strategy_id, "settleTimeout": 0, "retry": {"attempts": 1}, "reconcile": "never"}
    async with wired(sandbox, account_id=3, **options) as (exchange, proxy):
        exchange.timeout = 200
        go = asyncio.Event()
        proxy.plan(Delay("up", go), on("POST", "/oms/commands"), times=None)
        key = f"doubt-{exchange.milliseconds()}"
        with pytest.raises(oms_ccxt_async.OrderOutcomeUnknown):
            await exchange.create_order(*REST, {"clientOrderId": key})
        with pytest.raises(oms_ccxt_async.OrderOutcomeUnknown):
            await exchange.cancel_order(None, None, {"clientOrderId": key})
        with pytest.raises(ccxt.OrderNotFound, match="of strategy 2 "):
            await exchange.cancel_order(None, None, {"clientOrderId": key, "strategy_id": 2})
        go.set()


async def test_a_journal_of_another_strategy(sandbox: Sandbox, tmp_path: Path) -> None:
    """What an earlier process left open for its strategy is told to the next one, of whichever strategy, and seen and
    touched by that strategy only."""
    journal = str(tmp_path / "journal")
    key = f"left-{sandbox.oms.clock()}"
    options = {"account_id": 3, "settleTimeout": 0, "retry": {"attempts": 1}, "journal": journal}
    async with wired(sandbox, strategy_id=1, reconcile="never", **options) as (exchange, proxy):
        await exchange.fetch_open_orders()
        proxy.plan(Cut("down", 0, "rst"), on("POST", "/oms/commands"), times=None)
        proxy.plan(Cut("up", 0, "rst"), on("GET"), times=None)
        with pytest.raises(oms_ccxt_async.OrderOutcomeUnknown):
            await exchange.create_order(*REST, {"clientOrderId": key})
    config = sandbox.config(3, strategy_id=2)
    config["options"]["journal"] = journal
    async with oms_ccxt_async.oms(config) as exchange:
        [left] = await exchange.recovered_orders()
        assert (left["clientOrderId"], left["outcome"]) == (key, "accepted")
        for call in (exchange.fetch_order, exchange.cancel_order):
            with pytest.raises(ccxt.OrderNotFound, match="of strategy 2 "):
                await call("", None, {"clientOrderId": key})
            with pytest.raises(ccxt.OrderNotFound, match="of strategy 2 "):
                await call(left["id"])
        assert await exchange.cancel_all_orders() == []
        canceled = await exchange.cancel_order(None, None, {"clientOrderId": key, "strategy_id": 1})
        assert (canceled["id"], canceled["status"]) == (left["id"], "canceled")


async def test_a_cancel_whose_order_cannot_be_read(sandbox: Sandbox) -> None:
    """Where it is not known whose an order is, and the OMS cannot be asked, nothing is sent, and the error is the
    cancel's; an order of this process is canceled all the same."""
    async with (
        wired(sandbox, account_id=3, strategy_id=1, retry={"attempts": 1}, reconcile="never") as (exchange, proxy),
        oms_ccxt_async.oms(sandbox.config(3, strategy_id=1)) as other,
    ):
        own, unseen = await exchange.create_order(*REST), await other.create_order(*REST)
        proxy.plan(Cut("up", 0, "rst"), on("GET", "/oms/orders*"), times=None)
        proxy.requests.clear()
        with pytest.raises(ccxt.NetworkError, match=r"^oms cancel_order\("):
            await exchange.cancel_order(unseen["id"])
        assert COMMAND not in paths(proxy.requests)
        assert (await exchange.cancel_order(own["id"]))["status"] == "canceled"
        assert unseen["id"] in [order["id"] for order in await other.cancel_all_orders()]


POSITIONS: dict[str, Callable[[Any, str, str], Awaitable[Any]]] = {
    "fetch_position": lambda exchange, a, _: exchange.fetch_position(a),
    "close_position": lambda exchange, a, _: exchange.close_position(SYMBOL, None, {"position_id": a}),
    "set_position_stops": lambda exchange, a, _: exchange.set_position_stops(a, 30_000, None),
    "merge_positions": lambda exchange, a, b: exchange.merge_positions(a, b),
    "close_by": lambda exchange, a, b: exchange.close_by(a, b),
    "create_order": lambda exchange, a, _: exchange.create_order(
        SYMBOL, "market", "sell", 0.01, None, {"position_id": a}
    ),
    "create_orders": lambda exchange, a, _: exchange.create_orders(
        [{"symbol": SYMBOL, "type": "market", "side": "sell", "amount": 0.01, "params": {"position_id": a}}]
    ),
}


@pytest.mark.parametrize("name", POSITIONS)
async def test_another_strategys_position_is_neither_seen_nor_touched(sandbox: Sandbox, name: str) -> None:
    """It is not closed, merged, given stops, or traded into; nothing is sent, and the error names the strategy."""
    async with oms_ccxt_async.oms(sandbox.config(1, strategy_id=2)) as theirs:
        for _ in range(2):
            await theirs.create_order(SYMBOL, "market", "buy", 0.02)
        settle(sandbox)
        a, b = [position["id"] for position in await theirs.fetch_positions([SYMBOL])][-2:]
        async with wired(sandbox, account_id=1, strategy_id=1) as (exchange, proxy):
            with pytest.raises(ccxt.BadRequest, match="of strategy 1"):
                await POSITIONS[name](exchange, a, b)
            assert COMMAND not in paths(proxy.requests)
            assert await exchange.fetch_positions([SYMBOL]) == []
            with pytest.raises(ccxt.InvalidOrder):
                await exchange.close_position(SYMBOL)
            assert await exchange.close_all_positions() == []
            assert COMMAND not in paths(proxy.requests)
        for id in (a, b):
            [position] = sandbox.oms.storage.select(Position, id=int(id))
            assert (position.state, position.stop_loss, position.qty) == ("open", None, Decimal("0.02"))
        await theirs.close_all_positions()
        settle(sandbox)
        with sandbox.oms.transaction([1]):
            for position in sandbox.oms.storage.select(Position, account_id=1):
                position.state = "closed"
                sandbox.oms.storage.save(position)


async def test_a_strategys_own_positions_cost_no_read_once_they_were_seen(sandbox: Sandbox) -> None:
    """Stops of a position that a list has shown are one command and the read of what became of it."""
    async with wired(sandbox, account_id=1, strategy_id=1, reconcile="never") as (exchange, proxy):
        await exchange.create_order(SYMBOL, "market", "buy", 0.02)
        settle(sandbox)
        [position] = await exchange.fetch_positions([SYMBOL])
        proxy.requests.clear()
        told = await exchange.set_position_stops(position["id"], 30_000, None)
        assert paths(proxy.requests).index(COMMAND) == 0
        assert told["stopLossPrice"] == 30_000
        await exchange.close_position(SYMBOL)
        settle(sandbox)


async def test_a_key_of_one_strategy(sandbox: Sandbox) -> None:
    """It cancels its own by a read with its strategy (fact 5); under another one it reads, and touches, nothing."""
    async with oms_ccxt_async.oms(sandbox.config(1)) as desk:
        own, theirs = [await desk.create_order(*REST, {"strategy_id": each}) for each in (1, 2)]
        config = sandbox.config(1, strategy_id=1, role="strategy-restricted")
        async with oms_ccxt_async.oms(config) as exchange:
            with pytest.raises(ccxt.OrderNotFound, match="of strategy 1 "):
                await exchange.cancel_order(theirs["id"])
            with pytest.raises((ccxt.OrderNotFound, ccxt.PermissionDenied)):
                await exchange.cancel_order(theirs["id"], None, {"strategy_id": 2})
            assert stands(sandbox, theirs)[0] != "CANCELED"
            assert (await exchange.cancel_order(own["id"]))["status"] == "canceled"
        await desk.cancel_all_orders()


async def test_watchers_are_told_of_their_strategy(sandbox: Sandbox) -> None:
    """An order of another strategy reaches no watcher of this one; its own does."""
    async with pro(sandbox, strategy_id=1) as mine, pro(sandbox, strategy_id=2) as theirs:
        watching = asyncio.create_task(mine.watch_orders())
        await eventually(lambda: mine.stream_status().get("state") == "live")
        await theirs.create_order(*REST)
        own = await mine.create_order(*REST)
        assert {order["id"] for order in await asyncio.wait_for(watching, 10)} == {own["id"]}
        for exchange in (mine, theirs):
            await exchange.cancel_all_orders()
