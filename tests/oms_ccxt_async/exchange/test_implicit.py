"""The implicit endpoint methods, on an OMS of either profile."""

from __future__ import annotations

import inspect
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import ccxt
import pytest

import oms_ccxt_async
from oms_ccxt_async.exchange.implicit import API
from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.sandbox.rows import Order
from tests.faults.plan import Cut, on
from tests.oms_ccxt_async.support import fake_oms, wired

pytestmark = pytest.mark.asyncio(loop_scope="session")

oms = oms_ccxt_async.oms
SCHEMA = json.loads(Path("tests/contract/openapi.json").read_text())
NAMES = {
    "public_get_healthz": "publicGetHealthz",
    "oms_get_orders_open": "omsGetOrdersOpen",
    "oms_get_orders_ids": "omsGetOrdersIds",
    "oms_post_commands": "omsPostCommands",
    "oms_post_reconcile": "omsPostReconcile",
    "oms_get_reconcile_account_id_status": "omsGetReconcileAccountIdStatus",
    "ccxt_post_account_id_func": "ccxtPostAccountIdFunc",
    "ccxt_post_core_account_id_func": "ccxtPostCoreAccountIdFunc",
}
LIMIT = {"symbol": "BTC/USDT", "side": "buy", "order_type": "limit", "qty": "0.01", "price": "40000"}


def send_order(**payload: Any) -> dict[str, Any]:
    """The body of a command that places an order."""
    return {"command": "send_order", "payload": {**LIMIT, **payload}}


async def test_every_published_endpoint_is_there() -> None:
    """Every endpoint of the OMS's schema has its methods; those ccxt orders have by name are the generic one's."""
    published = {(method, path) for path, methods in SCHEMA["paths"].items() for method in methods}
    prefixes = {"oms": "/oms/", "ccxt": "/ccxt/"}
    ours = {
        (method, prefixes.get(api, "/") + path)
        for api, methods in API.items()
        for method, paths in methods.items()
        for path in paths
    }
    named = {(method, path) for method, path in published if path.startswith("/ccxt/core/{account_id}/")}
    assert published - named <= ours
    assert oms().describe()["api"] == API


@pytest.mark.parametrize(("snake", "camel"), NAMES.items())
async def test_both_spellings(snake: str, camel: str) -> None:
    """Endpoint methods exist in ccxt's two spellings, before and after there is an instance."""
    for owner in (oms, oms()):
        assert inspect.isroutine(getattr(owner, snake))
        assert inspect.isroutine(getattr(owner, camel))


async def test_parameters_go_where_they_belong(exchange: oms) -> None:
    """Path parameters into the path, the rest into the query of a GET or the body of a POST; the account is ours."""
    placed = await exchange.omsPostCommands(send_order(strategy_id=1))
    [result] = placed["results"]
    assert result["ok"]
    mine = await exchange.oms_get_orders_open({"strategy_id": 1, "cache": False})
    assert [row["id"] for row in mine["items"]] == [result["order_id"]]
    assert (await exchange.omsGetOrdersOpen({"account_ids": [1, 3], "limit": 1, "cache": False}))["items"] == []
    called = await exchange.ccxtPostAccountIdFunc({"func": "fetchOrderBook", "args": ["BTC/USDT"], "kwargs": {}})
    assert called["result"]["bids"]
    balance = await exchange.ccxt_post_core_account_id_func({"account_id": 1, "func": "fetch_balance", "params": {}})
    assert balance["result"]["USDT"]
    status = await exchange.omsGetReconcileAccountIdStatus()
    assert [row["account_id"] for row in status["items"]] == [2]
    assert (await exchange.public_get_healthz())["status"] == "ok"


async def test_by_ids(sandbox: Sandbox, exchange: oms) -> None:
    """A list in the path is CSV; what a legacy OMS does not have is NotSupported."""
    orders = [await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 40_000) for _ in range(2)]
    ids = [int(order["id"]) for order in orders]
    if sandbox.oms.full:
        assert [row["id"] for row in (await exchange.omsGetOrdersIds({"ids": ids}))["items"]] == ids
    else:
        with pytest.raises(ccxt.NotSupported):
            await exchange.omsGetOrdersIds({"ids": ids})


async def test_several_commands(exchange: oms) -> None:
    """A list of commands is one request, and what is given is not changed."""
    commands = [send_order(), send_order(symbol="NO/SUCH")]
    answer = await exchange.omsPostCommands(commands)
    assert [row["ok"] for row in answer["results"]] == [True, False]
    assert commands == [send_order(), send_order(symbol="NO/SUCH")]


async def test_refusals(exchange: oms) -> None:
    """What the OMS refuses, what is not complete and what does not exist are ccxt's exceptions."""
    with pytest.raises(ccxt.InvalidOrder):
        await exchange.omsPostCommands({"command": "cancel_order", "payload": {"order_id": 987_654_321}})
    with pytest.raises(ccxt.ArgumentsRequired, match="ids"):
        await exchange.omsGetDealsIds()
    with pytest.raises(ccxt.NotSupported, match="GET oms/nothing"):
        await exchange.request("nothing", ["oms"])


async def test_a_path_parameter_cannot_leave_its_place() -> None:
    """What stands in a path parameter is quoted."""
    async with fake_oms({}) as (fake, asked):
        with pytest.raises(ccxt.NotSupported):
            await fake.ccxtPostAccountIdFunc({"func": "../../oms/commands?x=1"})
        assert asked == ["POST /ccxt/1/../../oms/commands?x=1"]  # aiohttp decodes: in one segment on the wire
        assert fake.last_request_url.endswith("/ccxt/1/..%2F..%2Foms%2Fcommands%3Fx%3D1")


async def test_a_lost_answer_does_not_double_an_order(sandbox: Sandbox) -> None:
    """A full OMS is sent the same order again under the same request id; a legacy one is sent it once."""
    async with wired(sandbox) as (exchange, proxy):
        lost = proxy.plan(Cut("down", 0, "rst"), on("POST", "/oms/commands"))
        key = f"raw-{sandbox.oms.full}"
        if sandbox.oms.full:
            answer = await exchange.omsPostCommands(send_order(client_order_id=key))
            assert answer["results"][0]["ok"]
            first, second = [json.loads(request.body) for request in proxy.requests if request.method == "POST"]
            assert first == second
            assert first["request_id"]
        else:
            with pytest.raises(ccxt.NetworkError):
                await exchange.omsPostCommands(send_order(client_order_id=key))
            assert [request.path for request in proxy.requests].count("/oms/commands") == 1
        assert len(lost.hits) == 1
        [row] = sandbox.oms.storage.select(Order, client_order_id=key)
        assert row.qty == Decimal("0.01")
        await exchange.cancel_all_orders()


@pytest.mark.parametrize(
    ("method", "params", "sent"),
    [
        ("omsPostCommands", {"command": "cancel_all_orders", "payload": {}}, 2),
        ("omsPostReconcile", {}, 2),
        ("omsGetOrdersOpen", {}, 2),
        ("ccxtPostAccountIdFunc", {"func": "fetchTicker", "args": ["BTC/USDT"]}, 2),
        ("ccxtPostAccountIdFunc", {"func": "create_order", "args": ["BTC/USDT", "limit", "buy", 0.01, 40_000]}, 1),
        ("ccxtPostCommands", [{"func": "fetch_time"}, {"func": "transfer"}], 1),
        ("privatePostStrategies", {"name": "new"}, 1),
    ],
)
async def test_only_what_may_be_repeated_is_sent_again(
    sandbox: Sandbox, method: str, params: dict[str, Any], sent: int
) -> None:
    """After a lost answer reads and absolute commands are sent again, everything else is not."""
    async with wired(sandbox) as (exchange, proxy):
        await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 40_000)
        proxy.requests.clear()
        proxy.plan(Cut("up", 0, "rst"), on())
        if sent == 1:
            with pytest.raises(ccxt.NetworkError):
                await getattr(exchange, method)(params)
        else:
            await getattr(exchange, method)(params)
        assert len(proxy.requests) == sent
        await exchange.cancel_all_orders()
