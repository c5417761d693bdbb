"""An OMS that lacks endpoints: what is answered by the exchange, and what is refused."""

from __future__ import annotations

import asyncio
import itertools
import logging
from typing import Any, get_args

import ccxt
import orjson
import pytest
from aiohttp import web

from oms_ccxt_async.errors import OrderOutcomeUnknown
from tests.faults.stepping import Stepped, When
from tests.oms_ccxt_async.support import fake_oms, listed, order_rows

ORDER = {"id": "x-1", "symbol": "BTC/USDT", "status": "open", "info": {"raw": 1}}
CREATE = ("BTC/USDT", "limit", "buy", "0.010", 50_000)


@pytest.mark.parametrize(
    ("method", "endpoint"),
    [
        ("fetch_open_orders", "GET /oms/orders/open"),
        ("fetch_orders", "GET /oms/orders/history"),
        ("fetch_closed_orders", "GET /oms/orders/history"),
        ("fetch_canceled_orders", "GET /oms/orders/history"),
        ("fetch_canceled_and_closed_orders", "GET /oms/orders/history"),
        ("fetch_my_trades", "GET /oms/deals"),
        ("fetch_positions", "GET /oms/positions/open"),
        ("fetch_positions_history", "GET /oms/positions/history"),
    ],
)
async def test_a_missing_list_is_the_exchanges(method: str, endpoint: str, caplog: pytest.LogCaptureFixture) -> None:
    """The list comes from the exchange and says so; the endpoint is asked for once, and one warning is logged."""
    answers = {f"POST /ccxt/1/{method}": lambda _: {"result": [ORDER]}}
    async with fake_oms(answers, reconcile="never") as (exchange, asked):
        with caplog.at_level(logging.WARNING):
            for _ in range(2):
                [item] = await getattr(exchange, method)()
                assert (item["id"], item["info"]) == ("x-1", {"raw": 1, "fallback": "gateway"})
            assert [item["id"] for item in await getattr(exchange, method)(params=None)] == ["x-1"]
    assert asked == [endpoint, *[f"POST /ccxt/1/{method}"] * 3]
    assert [record.getMessage().split(":")[0] for record in caplog.records] == [f"this OMS has no {endpoint[4:]}"]


async def test_the_exchange_is_asked_for_the_same() -> None:
    """Arguments go on to the exchange, but for the strategy, which has to be none: it would tell what is of all."""
    bodies: list[Any] = []

    async def noted(exchange: Any, *args: Any, **kwargs: Any) -> None:
        await exchange.fetch_my_trades(*args, **kwargs)
        bodies.append(orjson.loads(exchange.last_request_body)["args"])

    async with fake_oms({"POST /ccxt/1/fetch_my_trades": lambda _: {"result": []}}) as (exchange, _):
        await noted(exchange, "BTC/USDT", 5, limit=7)
        await noted(exchange)
        await noted(exchange, None, None, 7, {"strategy_id": None, "until": 9})
        with pytest.raises(ccxt.NotSupported, match=r"oms fetch_my_trades\(\).*knows no strategy 2"):
            await exchange.fetch_my_trades(params={"strategy_id": 2})
    assert bodies == [["BTC/USDT", 5, 7], [], [None, None, 7, {"until": 9}]]


async def test_orders_by_id_without_lists() -> None:
    """Where the OMS lists no orders, a fetch by id is the exchange's, by whatever its ids look like."""
    answers = {
        "POST /ccxt/1/fetch_open_orders": lambda _: {"result": [ORDER]},
        "POST /ccxt/1/fetch_order": lambda _: {"result": ORDER},
        "POST /ccxt/1/fetch_order_trades": lambda _: {"result": []},
    }
    async with fake_oms(answers) as (exchange, asked):
        [order] = await exchange.fetch_open_orders()
        assert (await exchange.fetch_order(order["id"]))["info"]["fallback"] == "gateway"
        assert (await exchange.fetch_order("17"))["id"] == "x-1"
        assert await exchange.fetch_order_trades(order["id"]) == []
    assert asked.count("GET /oms/orders/open") == 1


async def test_an_error_of_the_exchange_is_the_callers() -> None:
    """What the exchange refuses in the OMS's place is raised as it is; other errors of the OMS fall back to nothing."""
    refused = web.Response(status=502, body=b'{"detail":{"code":"dispatcher_error","message":"bad symbol"}}')
    denied = {"detail": {"code": "permission_denied", "message": "permission_denied"}}
    answers = {
        "POST /ccxt/1/fetch_my_trades": lambda _: refused,
        "GET /oms/positions/open": lambda _: web.Response(status=403, body=orjson.dumps(denied)),
    }
    async with fake_oms(answers) as (exchange, asked):
        with pytest.raises(ccxt.BadSymbol):
            await exchange.fetch_my_trades()
        asked.clear()
        with pytest.raises(ccxt.PermissionDenied):
            await exchange.fetch_positions()
    assert asked == ["GET /oms/positions/open"]


async def test_closing_never_takes_an_exchanges_id() -> None:
    """Positions of the exchange are not closed by their ids at the OMS, nor its orders canceled."""
    position = {"id": "7", "symbol": "BTC/USDT", "side": "long", "contracts": 1, "info": {}}
    answers = {
        "POST /ccxt/1/fetch_positions": lambda _: {"result": [position]},
        "POST /ccxt/1/fetch_open_orders": lambda _: {"result": [ORDER]},
    }
    async with fake_oms(answers) as (exchange, asked):
        assert [item["id"] for item in await exchange.fetch_positions()] == ["7"]
        for call in (
            exchange.close_position("BTC/USDT"),
            exchange.close_all_positions(),
            exchange.cancel_all_orders(),
            exchange.cancel_all_orders("BTC/USDT"),
        ):
            with pytest.raises(ccxt.NotSupported):
                await call
    assert not [path for path in asked if "command" in path or "cancel" in path]


@pytest.mark.parametrize("allowed", [False, None])
async def test_orders_are_not_placed_past_the_oms(allowed: bool | None) -> None:
    """Without command endpoint every order is `NotSupported`, found once, unless the option says otherwise."""
    lists = {"GET /oms/orders/open": listed(order_rows(1)), "GET /oms/deals": listed([])}
    async with fake_oms(lists, gatewayOrders=allowed) as (exchange, asked):
        for call in (
            exchange.create_order(*CREATE),
            exchange.create_orders([{"symbol": "BTC/USDT", "type": "limit", "side": "buy", "amount": 1, "price": 1}]),
            exchange.edit_order("1", "BTC/USDT", "limit", "buy", 1, 1),
            exchange.cancel_order("1"),
            exchange.cancel_orders(["1"]),
            exchange.cancel_all_orders(),
        ):
            with pytest.raises(ccxt.NotSupported):
                await call
    assert asked.count("POST /oms/commands") == 1
    assert not [path for path in asked if path.startswith("POST /ccxt")]


async def test_orders_at_the_exchange_if_allowed() -> None:
    """With `gatewayOrders` orders are placed, read and canceled at the exchange, once the OMS is known to take none."""
    lists = {"GET /oms/orders/open": listed(order_rows(1)), "GET /oms/deals": listed([])}
    through = {
        f"POST /ccxt/1/{name}": lambda _: {"result": ORDER} for name in ("create_order", "cancel_order", "fetch_order")
    }
    async with fake_oms({**lists, **through}, gatewayOrders=True) as (exchange, asked):
        order = await exchange.create_order(*CREATE, params={"strategy_id": 1, "postOnly": True})
        sent = orjson.loads(exchange.last_request_body)["args"]
        assert sent[:-1] == list(CREATE)
        assert sent[-1].pop("clientOrderId").startswith("oms-")
        assert sent[-1] == {"postOnly": True}
        assert order["info"] == {"raw": 1, "fallback": "gateway"}
        assert (await exchange.fetch_order(order["id"]))["id"] == "x-1"
        assert (await exchange.cancel_order(order["id"], "BTC/USDT"))["id"] == "x-1"
        with pytest.raises(ccxt.NotSupported):
            await exchange.edit_order("1", "BTC/USDT", "limit", "buy", 1, 1)
    assert asked.count("POST /oms/commands") == 1


async def test_a_strategy_touches_its_own_orders_at_the_exchange_only() -> None:
    """Past the OMS, too: what this instance placed for the strategy it can read and cancel, by either id; nothing of
    another strategy, of another program, or of all."""
    calls: list[str] = []

    def through(name: str) -> Any:
        def answer(_: web.Request) -> Any:
            calls.append(name)
            return {"result": ORDER if name != "cancel_all_orders" else [ORDER]}

        return answer

    names = ("create_order", "cancel_order", "cancel_all_orders", "fetch_order")
    answers = {f"POST /ccxt/1/{name}": through(name) for name in names}
    async with fake_oms(answers, gatewayOrders=True, strategy_id=1) as (exchange, _):
        order = await exchange.create_order(*CREATE, params={"clientOrderId": "mine"})
        assert (await exchange.fetch_order(order["id"]))["id"] == order["id"]
        assert (await exchange.cancel_order(order["id"]))["id"] == order["id"]
        assert (await exchange.cancel_order(None, None, {"clientOrderId": "mine"}))["id"] == order["id"]
        calls.clear()
        for call in (
            exchange.cancel_order("x-2"),
            exchange.cancel_order(order["id"], None, {"strategy_id": 2}),
            exchange.fetch_order("x-2"),
            exchange.cancel_order(None, None, {"clientOrderId": "theirs"}),
            exchange.cancel_all_orders(),
        ):
            with pytest.raises(ccxt.NotSupported, match="knows no strategy"):
                await call
        assert calls == []
        assert await exchange.cancel_all_orders(params={"strategy_id": None})


async def test_what_is_sent_to_the_exchange_is_on_its_grid_and_no_test() -> None:
    """Past the OMS too an amount is cut, the program's id is its own, a test is not placed, and nothing is nothing."""
    placed: list[Any] = []

    def create(request: web.Request) -> Any:
        placed.append(orjson.loads(request._read_bytes or b"")["args"])
        return {"result": ORDER}

    async with fake_oms({"POST /ccxt/1/create_order": create}, gatewayOrders=True) as (exchange, _):
        await exchange.create_order("BTC/USDT", "limit", "buy", 0.1 + 0.2, "40000.001", {"newClientOrderId": "mine"})
        assert placed == [["BTC/USDT", "limit", "buy", 0.3, "40000", {"clientOrderId": "mine"}]]
        told = await exchange.create_order("BTC/USDT", "limit", "buy", 0.1 + 0.2, 40_000, {"test": True})
        assert (told["id"], told["amount"]) == (None, 0.3)
        with pytest.raises(ccxt.InvalidOrder, match="least step"):
            await exchange.create_order("BTC/USDT", "limit", "buy", 1e-12, 40_000)
        await exchange.create_order("BTC/USDT", "market", "buy", None, None, {"cost": 5})
        assert len(placed) == 2
        exchange.options["createOrder"] = {"exact": True}
        await exchange.create_order("BTC/USDT", "limit", "buy", 0.1 + 0.2, 40_000)
        assert placed[-1][3] == 0.1 + 0.2


async def test_an_unclear_order_at_the_exchange() -> None:
    """A create at the exchange whose outcome is unclear is not sent again, and is told as unknown."""
    answers = {"POST /ccxt/1/create_order": lambda _: web.Response(status=504, body=b"<html>")}
    async with fake_oms(answers, gatewayOrders=True) as (exchange, asked):
        with pytest.raises(OrderOutcomeUnknown) as caught:
            await exchange.create_order(*CREATE)
        assert caught.value.client_order_id.startswith("oms-")
        assert caught.value.request["symbol"] == "BTC/USDT"
    assert asked.count("POST /ccxt/1/create_order") == 1


@pytest.mark.parametrize("when", get_args(When))
async def test_a_cancelled_create_at_the_exchange_is_found_again(when: When) -> None:
    """Wherever it is cancelled, the identical create returns the order, and the exchange has one."""
    placed: list[dict[str, Any]] = []

    def create(request: web.Request) -> Any:
        args = orjson.loads(request._read_bytes or b"")["args"]
        order = {"id": f"E{len(placed)}", "symbol": args[0], "status": "open", "filled": 0.0, "info": {}}
        placed.append({**order, "clientOrderId": args[-1]["clientOrderId"]})
        return {"result": placed[-1]}

    answers = {
        "POST /ccxt/1/create_order": create,
        "POST /ccxt/1/fetch_order": lambda request: {"result": placed[-1]},
    }
    for at in itertools.count(1):
        async with fake_oms(answers, gatewayOrders=True) as (exchange, _):
            before = len(placed)
            cancelled = Stepped(exchange.create_order(*CREATE), at, when)
            try:
                order = await cancelled
            except asyncio.CancelledError:
                order = await exchange.create_order(*CREATE)
            assert [each["id"] for each in placed[before:]] == [order["id"]]
            assert order["info"]["fallback"] == "gateway"
        if not cancelled.hit:
            break
    assert at > 1
