"""Reading orders, trades, positions and the balance of an OMS of either profile."""

from __future__ import annotations

import logging
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import ccxt
import pytest

import oms_ccxt_async
from oms_ccxt_async.sandbox import Sandbox
from tests.oms_ccxt_async.support import (
    DAY,
    NOON,
    add_deals,
    add_orders,
    fake_oms,
    listed,
    order_rows,
    paths,
    settle,
    wired,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

oms = oms_ccxt_async.oms
ORDER_FIELDS = set(ccxt.Exchange().safe_order({}))
TRADE_FIELDS = set(ccxt.Exchange().safe_trade({}))


def ids(items: list[dict[str, Any]]) -> list[str]:
    return [item["id"] for item in items]


async def filled(exchange: oms, sandbox: Sandbox, **params: Any) -> dict[str, Any]:
    """A market buy of 0.01 BTC that the OMS knows to be filled."""
    order = await exchange.create_order("BTC/USDT", "market", "buy", 0.01, None, params)
    settle(sandbox)
    return order


async def test_a_resting_order_is_complete_and_open(exchange: oms) -> None:
    """A created order is a whole unified order with the OMS's id, and is read back as it was told."""
    created = await exchange.create_order("BTC/USDT", "limit", "buy", "0.010", "50000.5", {"clientOrderId": "mine-1"})
    fetched = await exchange.fetch_order(created["id"])
    assert set(created) >= ORDER_FIELDS
    assert set(fetched) >= ORDER_FIELDS
    assert created["id"].isdigit()
    told = {name: created[name] for name in ("id", "clientOrderId", "symbol", "side", "type", "price", "amount")}
    assert {name: fetched[name] for name in told} == told
    for order in (created, fetched):
        assert (order["status"], order["filled"], order["remaining"], order["cost"]) == ("open", 0.0, 0.01, 0.0)
        assert order["clientOrderId"] == "mine-1"
        assert order["datetime"] == exchange.iso8601(order["timestamp"])
    assert ids(await exchange.fetch_open_orders()) == [created["id"]]


async def test_a_filled_order_tells_what_it_cost(exchange: oms, sandbox: Sandbox) -> None:
    """A filled order is closed, with average, cost and fee, is not open, and its trades name it."""
    order = await exchange.fetch_order((await filled(exchange, sandbox))["id"])
    assert (order["status"], order["filled"], order["remaining"], order["average"]) == ("closed", 0.01, 0.0, 60_000.02)
    assert order["cost"] == pytest.approx(600.0002)
    assert order["fee"] == {"currency": "USDT", "cost": pytest.approx(0.6000002)}
    assert order["id"] not in ids(await exchange.fetch_open_orders())
    [trade] = await exchange.fetch_order_trades(order["id"])
    assert set(trade) >= TRADE_FIELDS
    assert (trade["order"], trade["symbol"], trade["side"], trade["amount"]) == (order["id"], "BTC/USDT", "buy", 0.01)
    assert trade == (await exchange.fetch_my_trades("BTC/USDT"))[-1]


@pytest.mark.parametrize("by", ["option", "params"])
async def test_an_order_is_told_with_its_fills_where_that_is_asked_for(
    exchange: oms, sandbox: Sandbox, by: str
) -> None:
    """Where the params or the options ask for them, an order's fills are in `trades`, and its sums are theirs."""
    order = await filled(exchange, sandbox)
    resting = await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 50_000)
    if by == "option":
        exchange.options["fetchOrder"] = {"trades": True}
    params = {"trades": True} if by == "params" else {}
    told = await exchange.fetch_order(order["id"], None, params)
    assert ids(told["trades"]) == ids(await exchange.fetch_order_trades(order["id"])) != []
    for sum_of, field in (("filled", "amount"), ("cost", "cost")):
        assert told[sum_of] == pytest.approx(sum(trade[field] for trade in told["trades"]))
    assert (await exchange.fetch_order(resting["id"], None, params))["trades"] == []


async def test_fills_cost_a_request_only_where_there_are_some() -> None:
    """On a full OMS the fills of an order are one request more, and none where it has no fills."""
    async with Sandbox(volatility=0) as sandbox, wired(sandbox, fetchOrder={"trades": True}) as (exchange, proxy):
        orders = [await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, price) for price in (50_000, 70_000)]
        asked = []
        for order in orders:
            proxy.requests.clear()
            await exchange.fetch_order(order["id"])
            asked.append(paths(proxy.requests))
        assert asked == [["GET /oms/orders/"], ["GET /oms/orders/", "GET /oms/deals"]]


async def test_a_partly_filled_order_stays_open(exchange: oms, sandbox: Sandbox) -> None:
    """Of an order that only one level of the book could fill, the rest is open."""
    order = await exchange.create_order("BTC/USDT", "limit", "buy", 8, 60_000.02)
    settle(sandbox)
    [order] = [item for item in await exchange.fetch_open_orders("BTC/USDT") if item["id"] == order["id"]]
    assert order["status"] == "open"
    assert 0 < order["filled"] < 8
    assert order["filled"] + order["remaining"] == pytest.approx(8)
    assert order["average"] == 60_000.02


@pytest.mark.parametrize("read", ["fetch_order", "fetch_open_orders", "fetch_orders", "fetch_my_trades"])
async def test_the_cost_of_a_contract_is_right_from_the_first_call(read: str) -> None:
    """What a contract costs follows from its market, even when reading is the first thing an exchange does."""
    orders = order_rows(1, symbol="BTC/USDT:USDT", qty="3")
    deal = {"id": 1, "order_id": 1, "symbol": "BTC/USDT:USDT", "qty": "2", "price": "50000", "executed_at": NOON}
    answers = {
        "GET /oms/orders/open": listed(orders),
        "GET /oms/orders/history": listed(orders),
        "GET /oms/deals": listed([deal]),
    }
    async with fake_oms(answers, load=False) as (exchange, _):
        answer = await getattr(exchange, read)(*(["1"] if read == "fetch_order" else []))
        assert (answer[0] if isinstance(answer, list) else answer)["cost"] == 2 * 50_000 * 0.1


async def test_lists_hold_what_their_names_say(exchange: oms, sandbox: Sandbox) -> None:
    """Open, filled, canceled and refused orders are each in their lists and in no other, oldest first."""
    resting = await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 50_000)
    done = await filled(exchange, sandbox)
    canceled = await exchange.create_order("BTC/USDT", "limit", "sell", 0.01, 70_000)
    await exchange.cancel_order(canceled["id"])
    with pytest.raises(ccxt.InsufficientFunds):
        await exchange.create_order("BTC/USDT", "market", "buy", 900, None, {"clientOrderId": f"no-{resting['id']}"})
    refused = await exchange.fetch_order("", None, {"clientOrderId": f"no-{resting['id']}"})
    names = {resting["id"]: "resting", done["id"]: "done", canceled["id"]: "canceled", refused["id"]: "refused"}

    async def held(method: str) -> list[str]:
        orders = await getattr(exchange, method)("BTC/USDT", since=resting["timestamp"] // 1000 * 1000)
        assert orders == exchange.sort_by(orders, "timestamp")
        return [names[order["id"]] for order in orders if order["id"] in names]

    assert refused["status"] == "rejected"
    assert await held("fetch_open_orders") == ["resting"]
    assert await held("fetch_closed_orders") == ["done"]
    assert await held("fetch_canceled_orders") == ["canceled"]
    assert await held("fetch_canceled_and_closed_orders") == ["done", "canceled", "refused"]
    assert await held("fetch_orders") == ["resting", "done", "canceled", "refused"]


async def test_lists_are_filtered_by_symbol_since_until_and_limit(exchange: oms, sandbox: Sandbox) -> None:
    """`symbol`, `since`, `limit` and `until` are honoured by every list, and a market id is a symbol too."""
    now = exchange.milliseconds()
    hours = [now - number * 3_600_000 for number in (5, 4, 3, 2, 1)]
    orders = add_orders(sandbox, hours)
    deals = add_deals(sandbox, hours)
    add_orders(sandbox, hours, symbol="ETH/USDT")
    add_deals(sandbox, hours, symbol="ETH/USDT")
    async with oms(sandbox.config(3)) as desk:
        for fetch, expected in ((desk.fetch_orders, orders), (desk.fetch_my_trades, deals)):
            assert ids(await fetch("BTC/USDT")) == expected
            assert ids(await fetch("BTCUSDT")) == expected
            assert ids(await fetch("BTC/USDT", hours[2])) == expected[2:]
            assert ids(await fetch("BTC/USDT", hours[1], 2)) == expected[1:3]
            assert ids(await fetch("BTC/USDT", None, 2)) == expected[3:]
            assert ids(await fetch("BTC/USDT", hours[1], None, {"until": hours[3]})) == expected[1:4]
            assert ids(await fetch("BTC/USDT", None, 2, {"until": hours[3]})) == expected[2:4]
            assert ids(await fetch("BTC/USDT", None, 0)) == []
        open_ids = add_orders(sandbox, hours, "SUBMITTED", exchange_order_id=None)
        assert ids(await desk.fetch_open_orders("BTC/USDT", hours[1], 2)) == open_ids[1:3]
        assert ids(await desk.fetch_open_orders("ETH/USDT")) == []
        add_deals(sandbox, hours, order_id=int(open_ids[0]), qty=Decimal("0.001"))
        trades = await desk.fetch_order_trades(open_ids[0], "BTC/USDT", hours[1], 2)
        assert [trade["timestamp"] // 1000 for trade in trades] == [moment // 1000 for moment in hours[1:3]]
        with pytest.raises(ccxt.BadSymbol):
            await desk.fetch_orders("NOPE/USDT")


@pytest.mark.parametrize("since", [10**18, 2 * DAY, "1700000000000", 1.7e12])
async def test_any_moment_can_be_since(exchange: oms, since: Any) -> None:
    """A `since` in the far future or past, or in digits, is answered rather than failing outside ccxt."""
    assert isinstance(await exchange.fetch_my_trades(None, since), list)
    assert isinstance(await exchange.fetch_orders(None, since, None, {"until": since}), list)


@pytest.mark.parametrize(
    "arguments",
    [("yesterday", None, {}), (-1, None, {}), (None, -1, {}), (None, "x", {}), (None, None, {"until": float("inf")})],
)
async def test_a_window_that_is_none_is_refused(exchange: oms, arguments: tuple[Any, Any, dict[str, Any]]) -> None:
    """A `since`, `limit` or `until` that is no whole number is a ccxt error before anything is sent."""
    with pytest.raises(ccxt.BadRequest, match="must be an integer"):
        await exchange.fetch_my_trades(None, *arguments)


async def test_lists_are_those_of_a_market_type(exchange: oms, sandbox: Sandbox) -> None:
    """`type` in the params keeps what is in markets of that type; a type that ccxt does not know is warned of."""
    for symbol in ("BTC/USDT", "BTC/USDT:USDT"):
        await exchange.create_order(symbol, "market", "buy", 0.01)
        await exchange.create_order(symbol, "limit", "buy", 0.01, 50_000)
    settle(sandbox)
    reads = (exchange.fetch_open_orders, exchange.fetch_orders, exchange.fetch_closed_orders, exchange.fetch_my_trades)
    for read in (*reads, exchange.fetch_positions):
        for type, contracts in {
            "spot": {""},
            "margin": {""},
            "swap": {"USDT"},
            "future": {"USDT"},
            "option": set(),
        }.items():
            assert {item["symbol"].partition(":")[2] for item in await read(params={"type": type})} == contracts
        assert {item["symbol"].partition(":")[2] for item in await read(params={"type": "none"})} == {"", "USDT"}
    await exchange.create_order("BTC/USDT:USDT", "market", "sell", 0.01)
    settle(sandbox)


async def test_strategies_are_kept_apart(sandbox: Sandbox) -> None:
    """Every read is of one strategy if params or the options name it, by id too; params win, and None is all."""
    async with oms(sandbox.config(3, strategy_id=1)) as exchange:
        mine = await filled(exchange, sandbox)
        theirs = await filled(exchange, sandbox, strategy_id=2)
        since = mine["timestamp"] // 1000 * 1000
        for fetch in (exchange.fetch_orders, exchange.fetch_closed_orders):
            assert ids(await fetch(None, since)) == [mine["id"]]
            assert ids(await fetch(None, since, None, {"strategy_id": 2})) == [theirs["id"]]
            assert {mine["id"], theirs["id"]} <= set(ids(await fetch(None, since, None, {"strategy_id": None})))
        assert {trade["order"] for trade in await exchange.fetch_my_trades(None, since)} == {mine["id"]}
        assert {position["info"]["strategy_id"] for position in await exchange.fetch_positions()} == {1}
        assert (await exchange.fetch_position("BTC/USDT", {"strategy_id": "2"}))["info"]["strategy_id"] == 2
        assert (await exchange.fetch_order(theirs["id"], None, {"strategyId": 2}))["id"] == theirs["id"]
        assert await exchange.fetch_order_trades(theirs["id"], params={"strategy_id": 2})
        for fetch in (exchange.fetch_order, exchange.fetch_order_trades):
            with pytest.raises(ccxt.OrderNotFound):
                await fetch(theirs["id"])


async def test_a_key_restricted_to_a_strategy_must_name_it(sandbox: Sandbox) -> None:
    """A restricted key reads with its strategy, and is told to name it where it does not (fact 5)."""
    async with oms(sandbox.config(1, role="strategy-restricted")) as exchange:
        for fetch in (exchange.fetch_open_orders, exchange.fetch_orders, exchange.fetch_my_trades):
            with pytest.raises(ccxt.ArgumentsRequired, match="strategy_id"):
                await fetch()
    async with oms(sandbox.config(1, strategy_id=1, role="strategy-restricted")) as exchange:
        order = await filled(exchange, sandbox)
        assert (await exchange.fetch_order(order["id"]))["status"] == "closed"
        assert len(await exchange.fetch_order_trades(order["id"])) == 1
        assert order["id"] in ids(await exchange.fetch_closed_orders())
        position = (await exchange.fetch_positions())[-1]
        assert (await exchange.fetch_position(position["id"]))["id"] == position["id"]
        assert await exchange.fetch_open_orders() == []


@pytest.mark.parametrize("number", [str, Decimal])
async def test_numbers_are_what_the_config_says(sandbox: Sandbox, number: Callable[[Any], Any]) -> None:
    """With `number` str or Decimal nothing in an answer is a float, and nothing is lost."""
    async with oms({**sandbox.config(2), "number": number}) as exchange:
        created = await exchange.create_order("BTC/USDT", "limit", "buy", Decimal("0.01"), "50000.01")
        done = await filled(exchange, sandbox)
        answers = [
            created,
            await exchange.fetch_order(done["id"]),
            await exchange.fetch_my_trades(),
            await exchange.fetch_positions(),
            await exchange.fetch_balance(),
            await exchange.fetch_ticker("BTC/USDT"),
            await exchange.cancel_order(created["id"]),
        ]
        assert created["price"] == number("50000.01")
        assert created["amount"] == number("0.01")

    def floats(value: Any) -> list[float]:
        if isinstance(value, dict):
            return [found for name, item in value.items() if name != "info" for found in floats(item)]
        if isinstance(value, list):
            return [found for item in value for found in floats(item)]
        return [value] if isinstance(value, float) else []

    assert floats(answers) == []


async def test_no_params_can_be_none(exchange: oms, sandbox: Sandbox) -> None:
    """`params=None` is accepted by every method that reads."""
    order = await filled(exchange, sandbox)
    for name in ("orders", "open_orders", "closed_orders", "canceled_orders", "canceled_and_closed_orders"):
        assert isinstance(await getattr(exchange, f"fetch_{name}")(params=None), list)
    for name in ("my_trades", "positions", "positions_history", "accounts"):
        assert isinstance(await getattr(exchange, f"fetch_{name}")(params=None), list)
    for name in ("order", "open_order", "closed_order", "order_trades"):
        assert await getattr(exchange, f"fetch_{name}")(order["id"], params=None)
    for name in ("balance", "status"):
        assert await getattr(exchange, f"fetch_{name}")(None)
    by_key = exchange.fetchOrderWithClientOrderId
    assert await by_key(order["clientOrderId"], None, None)
    assert await exchange.fetch_ticker("BTC/USDT", None)


async def test_what_the_oms_has_no_use_for_is_said_once(exchange: oms, caplog: pytest.LogCaptureFixture) -> None:
    """An unknown parameter is warned of, once for each method, and the caller's params stay what they were."""
    params = {"paginate": True, "until": 10**13}
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            await exchange.fetch_my_trades(params=params)
            await exchange.fetch_open_orders(params=params)
    warnings = [record.getMessage() for record in caplog.records if "paginate" in record.getMessage()]
    assert len(warnings) == 2
    assert "fetchMyTrades" in warnings[0]
    assert params == {"paginate": True, "until": 10**13}


async def test_rows_are_parsed_by_name(exchange: oms, sandbox: Sandbox) -> None:
    """ccxt's parsers take rows of the OMS, and make an empty structure of nothing."""
    await filled(exchange, sandbox)
    [trade] = (await exchange.fetch_my_trades())[-1:]
    assert exchange.parse_trade(trade["info"]) == trade
    position = (await exchange.fetch_positions())[0]
    assert exchange.parse_position(position["info"])["contracts"] == position["contracts"]
    resting = await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 50_000)
    order = (await exchange.fetch_order(resting["id"]))["info"]
    assert exchange.parse_order(order)["amount"] == 0.01
    assert exchange.parse_order({}).keys() >= ORDER_FIELDS
    assert exchange.parse_trade({}).keys() >= TRADE_FIELDS
    assert exchange.parse_position({}, exchange.market("BTC/USDT:USDT"))["symbol"] == "BTC/USDT:USDT"


async def test_camel_case_is_the_same(exchange: oms, sandbox: Sandbox) -> None:
    """Both spellings answer the same."""
    order = await filled(exchange, sandbox)
    assert await exchange.fetchOrder(order["id"]) == await exchange.fetch_order(order["id"])
    assert await exchange.fetchMyTrades("BTC/USDT") == await exchange.fetch_my_trades("BTC/USDT")
    assert await exchange.fetchClosedOrders() == await exchange.fetch_closed_orders()
    assert await exchange.fetchPositions() == await exchange.fetch_positions()
    assert await exchange.fetchOrderTrades(order["id"]) == await exchange.fetch_order_trades(order["id"])
    assert await exchange.fetchBalance() == await exchange.fetch_balance()
    assert await exchange.fetchOpenOrders() == await exchange.fetch_open_orders()


async def test_reading_never_writes(sandbox: Sandbox) -> None:
    """No read sends a command, and nothing but market data and the balance is asked of the exchange."""
    async with wired(sandbox) as (exchange, proxy):
        [order_id] = add_orders(sandbox, [exchange.milliseconds()], account_id=2)
        await exchange.fetch_order(order_id)
        await exchange.fetch_order_trades(order_id)
        for name in ("orders", "open_orders", "closed_orders", "canceled_orders", "canceled_and_closed_orders"):
            await getattr(exchange, f"fetch_{name}")("BTC/USDT")
        for name in ("my_trades", "positions", "positions_history", "accounts", "status", "balance"):
            await getattr(exchange, f"fetch_{name}")()
        await exchange.fetch_position("ETH/USDT")
        await exchange.fetch_ticker("BTC/USDT")
        posts = {path for path in paths(proxy.requests) if not path.startswith("GET")}
    assert posts == {"POST /ccxt/core/2/fetch_balance", "POST /ccxt/2/fetch_ticker"}


async def test_neither_id_nor_client_order_id(exchange: oms) -> None:
    """An order that is not named, or named by what cannot be an OMS id, is refused before anything is sent."""
    with pytest.raises(ccxt.ArgumentsRequired, match="order id"):
        await exchange.fetch_order(None)
    with pytest.raises(ccxt.OrderNotFound, match="positive integers"):
        await exchange.fetch_order("6f1c-uuid")
    with pytest.raises(ccxt.OrderNotFound):
        await exchange.fetch_order("999999")
    with pytest.raises(ccxt.OrderNotFound):
        await exchange.fetch_order_trades("999999")
    with pytest.raises(ccxt.OrderNotFound, match="never-used"):
        await exchange.fetch_order_with_client_order_id("never-used")


async def test_an_order_of_another_process_is_found_by_client_order_id(exchange: oms, sandbox: Sandbox) -> None:
    """A driver that did not place the order finds it by client order id, open or not."""
    key = f"other-{exchange.milliseconds()}"
    order = await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 50_000, {"clientOrderId": key})
    async with oms(sandbox.config(2)) as other:
        assert (await other.fetch_order("", "BTC/USDT", {"clientOrderId": key}))["id"] == order["id"]
        await other.cancel_order_with_client_order_id(key)
        assert (await other.fetch_order_with_client_order_id(key))["status"] == "canceled"
        assert await other.fetch_order_trades("", params={"client_order_id": key}) == []
