"""Orders over the socket: one order each, the right error, and never a second way for the same order."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import ccxt
import pytest

import oms_ccxt_pro
from oms_ccxt_async import OrderOutcomeUnknown
from tests.faults.eventually import eventually
from tests.oms_ccxt_pro.conftest import Desk, watching
from tests.oms_ccxt_pro.scripted import config, scripted


def commands_over_rest(desk: Desk) -> int:
    """How many commands went over REST."""
    return desk.oms.requests.count(("POST", "/oms/commands"))


async def test_an_order_is_created_over_the_socket(either: Desk) -> None:
    """`createOrderWs` answers what `createOrder` would, and nothing goes over REST."""
    order = await either.exchange.create_order_ws("BTC/USDT", "limit", "buy", 0.5, 100)
    assert (order["id"], order["status"], order["amount"], order["price"]) == ("1", "open", 0.5, 100.0)
    assert either.oms.orders[1]["client_order_id"] == order["clientOrderId"]
    assert commands_over_rest(either) == 0


async def test_a_refusal_is_the_error_of_the_rest_twin(full: Desk) -> None:
    """A bad symbol and an unknown order raise what they raise over REST."""
    await full.exchange.load_markets()
    full.exchange.markets["NOPE/USDT"] = {**full.exchange.markets["BTC/USDT"], "symbol": "NOPE/USDT"}
    with pytest.raises(ccxt.BadSymbol):
        await full.exchange.create_order_ws("NOPE/USDT", "limit", "buy", 1, 100)
    with pytest.raises(ccxt.OrderNotFound):
        await full.exchange.cancel_order_ws("99")


async def test_the_exchanges_own_words_are_understood(either: Desk) -> None:
    """What binance's class calls a refusal on the market's type is one, of its class: for an order, and in a batch."""
    symbol = "BTC/USDT:USDT"
    either.oms.exchange_id = "ccxt.binance"
    either.oms.refusal = 'binance {"code":-2021,"msg":"Order would x."}'
    await either.exchange.load_markets()
    either.exchange.markets[symbol] = {**either.exchange.markets["BTC/USDT"], "symbol": symbol}
    with pytest.raises(ccxt.OrderImmediatelyFillable):
        await either.exchange.create_order_ws(symbol, "limit", "buy", 1, 100)
    order = {"symbol": symbol, "type": "limit", "side": "buy", "amount": 1, "price": 100}
    batch = await either.exchange.create_orders_ws([order, {**order, "price": 101}])
    assert [each["status"] for each in batch] == ["rejected"] * 2
    assert not either.oms.orders


async def test_two_hundred_orders_at_once_each_get_their_own_answer(full: Desk) -> None:
    """Answers that come shuffled find their calls (ccxt issue 23794)."""
    desk = full
    rng = random.Random(1)
    send = desk.oms._send

    def shuffled(socket: Any, text: str) -> None:
        asyncio.get_running_loop().call_later(rng.random() * 0.05, send, socket, text)

    await desk.exchange.create_order_ws("BTC/USDT", "limit", "buy", 1, 100)
    desk.oms._send = shuffled  # type: ignore[method-assign]
    orders = await asyncio.gather(
        *(desk.exchange.create_order_ws("BTC/USDT", "limit", "buy", 1, 100 + number) for number in range(200))
    )
    assert [order["price"] for order in orders] == [100.0 + number for number in range(200)]
    assert len(desk.oms.orders) == 201


async def test_a_lost_answer_is_settled_without_a_second_order(either: Desk) -> None:
    """A command whose answer never comes is looked for; the order exists once, and REST sends none."""
    desk = either
    desk.exchange.timeout = 300
    await desk.exchange.load_markets()
    await desk.exchange.fetch_balance_ws()
    desk.oms.mute = True
    order = await desk.exchange.create_order_ws("BTC/USDT", "limit", "buy", 1, 100)
    assert order["id"] == "1"
    assert len(desk.oms.orders) == 1
    assert commands_over_rest(desk) == 0


async def test_an_answer_lost_with_the_connection_is_settled(full: Desk) -> None:
    """A disconnect between command and answer ends in one order and its id."""
    desk = full
    await desk.exchange.fetch_balance_ws()
    desk.oms.mute = True
    call = asyncio.create_task(desk.exchange.create_order_ws("BTC/USDT", "limit", "buy", 1, 100))
    await eventually(lambda: desk.oms.orders)
    await desk.oms.disconnect()
    desk.oms.mute = False
    assert (await asyncio.wait_for(call, 5))["id"] == "1"
    assert len(desk.oms.orders) == 1
    assert commands_over_rest(desk) == 0


async def test_what_cannot_be_settled_is_outcome_unknown() -> None:
    """Where neither an answer nor the order is to be had, the outcome is unknown, with its client order id."""
    async with watching("legacy", settleTimeout=200) as desk:
        desk.exchange.timeout = 200
        await desk.exchange.load_markets()
        await desk.exchange.fetch_balance_ws()
        desk.oms.mute = True
        desk.oms.fail_reads = 1_000
        with pytest.raises(OrderOutcomeUnknown) as caught:
            await desk.exchange.create_order_ws("BTC/USDT", "limit", "buy", 1, 100)
        assert caught.value.client_order_id == desk.oms.orders[1]["client_order_id"]


async def test_a_socket_that_cannot_be_had_sends_nothing(full: Desk) -> None:
    """Where no connection can be made the error says so, and no order exists."""
    await full.exchange.load_markets()
    full.exchange.timeout = 300
    full.oms.close_code = 1013
    with pytest.raises(ccxt.NetworkError):
        await full.exchange.create_order_ws("BTC/USDT", "limit", "buy", 1, 100)
    assert full.oms.commands == []


async def test_a_refused_key_is_an_authentication_error() -> None:
    """A key that the socket refuses ends the call at once."""
    async with scripted() as oms, oms_ccxt_pro.oms(config(oms)) as exchange:
        await exchange.load_markets()
        oms.close_code = 1008
        with pytest.raises(ccxt.AuthenticationError):
            await asyncio.wait_for(exchange.create_order_ws("BTC/USDT", "limit", "buy", 1, 100), 5)


async def test_a_batch_tells_each_outcome(full: Desk) -> None:
    """`createOrdersWs` places what can be placed and returns the refused one as rejected."""
    await full.exchange.load_markets()
    full.exchange.markets["NOPE/USDT"] = {**full.exchange.markets["BTC/USDT"], "symbol": "NOPE/USDT"}
    wanted = [
        {"symbol": symbol, "type": "limit", "side": "buy", "amount": 1, "price": 100}
        for symbol in ("BTC/USDT", "NOPE/USDT", "ETH/USDT")
    ]
    orders = await full.exchange.create_orders_ws(wanted)
    assert [order["status"] for order in orders] == ["open", "rejected", "open"]
    assert len(full.oms.orders) == 2


async def test_orders_are_changed_and_canceled_over_the_socket(full: Desk) -> None:
    """Edit, cancel, cancel several and cancel all do what their REST twins do."""
    exchange = full.exchange
    ids = [(await exchange.create_order_ws("BTC/USDT", "limit", "buy", 1, 100))["id"] for _ in range(4)]
    assert (await exchange.edit_order_ws(ids[0], "BTC/USDT", "limit", "buy", None, 101))["price"] == 101.0
    assert (await exchange.cancel_order_ws(ids[0]))["status"] == "canceled"
    assert [order["status"] for order in await exchange.cancel_orders_ws(ids[1:3])] == ["canceled", "canceled"]
    assert [order["id"] for order in await exchange.cancel_all_orders_ws()] == [ids[3]]
    assert commands_over_rest(full) == 0


async def test_reads_by_socket_name_answer_what_their_twins_answer(full: Desk) -> None:
    """`fetchOrderWs`, `fetchOpenOrdersWs` and `fetchBalanceWs` return the same as without Ws."""
    exchange = full.exchange
    full.oms.order()
    assert await exchange.fetch_order_ws("1") == await exchange.fetch_order("1")
    assert await exchange.fetch_open_orders_ws() == await exchange.fetch_open_orders()
    assert (await exchange.fetch_balance_ws())["USDT"] == (await exchange.fetch_balance())["USDT"]


async def test_order_entry_has_a_socket_of_its_own(full: Desk) -> None:
    """Commands do not go over the connection that brings events (fact 23)."""
    await full.begin()
    await full.exchange.create_order_ws("BTC/USDT", "limit", "buy", 1, 100)
    assert full.oms.accepted == 2
    assert await full.orders() == [("1", "open", 0.0)]


@pytest.mark.parametrize(
    ("order", "params"),
    [
        (("limit", "buy", 1e-12, 100), {}),
        (("limit", "buy", 1, 1e-9), {}),
        (("market", "buy", 1), {"quoteOrderQty": 5}),
        (("STOP_MARKET", "sell", 1), {"stopPrice": 5, "closePosition": "true"}),
        (("market", "buy", 1), {"timeInForce": "GTX"}),
        (("limit", "buy", 1, 100), {"clientOrderId": "a", "clOrdId": "b"}),
    ],
)
async def test_what_cannot_be_sent_is_not_sent_over_the_socket(full: Desk, order: Any, params: dict[str, Any]) -> None:
    """One order or a batch: the socket brings no command, and REST none either."""
    await full.exchange.load_markets()
    with pytest.raises(ccxt.ExchangeError):
        await full.exchange.create_order_ws("BTC/USDT", *order, params=params)
    names = ("type", "side", "amount", "price")
    each = {"symbol": "BTC/USDT", **dict(zip(names, order, strict=False)), "params": params}
    good = {"symbol": "BTC/USDT", "type": "limit", "side": "buy", "amount": 1, "price": 100}
    with pytest.raises(ccxt.ExchangeError):
        await full.exchange.create_orders_ws([good, each])
    assert full.oms.commands == []
    assert commands_over_rest(full) == 0


async def test_numbers_and_tests_over_the_socket(full: Desk) -> None:
    """An amount is cut and a price rounded as over REST, in an edit too; a test sends nothing."""
    exchange = full.exchange
    tested = await exchange.create_order_ws("BTC/USDT", "limit", "buy", 0.1 + 0.2, 100, {"test": True})
    assert (tested["id"], tested["amount"], full.oms.commands) == (None, 0.3, [])
    order = await exchange.create_order_ws("BTC/USDT", "limit", "buy", 0.1 + 0.2, 100)
    assert order["amount"] == 0.3
    edited = await exchange.edit_order_ws(order["id"], "BTC/USDT", "limit", "buy", None, 100.005)
    assert edited["price"] == 100.01
    with pytest.raises(ccxt.InvalidOrder, match="least step"):
        await exchange.edit_order_ws(order["id"], "BTC/USDT", "limit", "buy", 1e-12)
    assert len(full.oms.commands) == 2
    waiting = await exchange.create_order_ws("BTC/USDT", "limit", "buy", 1, 100, {"triggerPrice": 90})
    assert [each["id"] for each in await exchange.cancel_all_orders_ws(None, {"trigger": True})] == [waiting["id"]]
    assert (await exchange.fetch_order(order["id"]))["status"] == "open"


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("ticker", ["BTC/USDT"]),
        ("tickers", []),
        ("order_book", ["BTC/USDT"]),
        ("trades", ["BTC/USDT"]),
        ("ohlcv", ["BTC/USDT"]),
        ("balance", []),
        ("trading_fees", []),
        ("deposits", []),
        ("withdrawals", []),
    ],
)
async def test_what_the_exchange_is_asked_for_goes_over_the_socket(
    either: Desk, name: str, arguments: list[Any]
) -> None:
    """`fetchTickerWs` and its kin answer what their twins do, and only markets are read over REST."""
    answer: Any = [] if name in ("trades", "ohlcv", "deposits", "withdrawals") else {"info": {}, "told": name}
    either.oms.answers[f"fetch_{name}"] = either.oms.balance = answer
    found = await getattr(either.exchange, f"fetch_{name}_ws")(*arguments)
    assert found == await getattr(either.exchange, f"fetch_{name}")(*arguments)
    assert either.oms.calls == [f"fetch_{name}"]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("order", ["1"]),
        ("orders", ["BTC/USDT"]),
        ("open_orders", ["BTC/USDT"]),
        ("closed_orders", ["BTC/USDT"]),
        ("my_trades", ["BTC/USDT"]),
        ("positions", [["BTC/USDT"]]),
        ("positions_for_symbol", ["BTC/USDT"]),
        ("position", ["BTC/USDT"]),
    ],
)
async def test_what_the_oms_is_asked_for_goes_over_rest(either: Desk, name: str, arguments: list[Any]) -> None:
    """`fetchMyTradesWs` and its kin are their twins: the OMS has no such question on its socket."""
    order = either.oms.order()
    either.oms.order()
    either.oms.fill(order, "1")
    either.oms.position()
    found = await getattr(either.exchange, f"fetch_{name}_ws")(*arguments)
    assert found == await getattr(either.exchange, f"fetch_{name}")(*arguments)
    assert found
    assert either.oms.sockets == []
