"""What the tests of the driver's methods share: records put straight into a sandbox, a counted wire, a fake OMS."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import orjson
from aiohttp import web

import oms_ccxt_async
from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.sandbox.reconcile import catch_up
from oms_ccxt_async.sandbox.rows import Deal, Order, OrderStatus
from tests.faults.plan import Request
from tests.faults.proxy import FaultProxy
from tests.sandbox.conftest import at_once

DAY = 86_400_000
NOON = "2026-11-22T12:00:00"


def ccxt_class(error: BaseException) -> type[BaseException]:
    """Which of ccxt's classes an exception of the driver is, or the one that is the driver's own."""
    own = oms_ccxt_async.OrderOutcomeUnknown
    return next(each for each in type(error).__mro__ if each is own or each.__module__ == "ccxt.base.errors")


def settle(sandbox: Sandbox) -> None:
    """Let a legacy OMS learn of the fills so far; a full one knows them."""
    at_once(catch_up(sandbox.oms))


@asynccontextmanager
async def wired(sandbox: Sandbox, **options: Any) -> AsyncIterator[tuple[oms_ccxt_async.oms, FaultProxy]]:
    """A driver with its markets loaded, and the proxy between it and the sandbox, whose record begins after that."""
    parts = urlsplit(sandbox.url)
    async with FaultProxy((str(parts.hostname), int(parts.port or 0))) as proxy:
        settings = {"account_id": 2, "base_url": proxy.url, **options}
        config = {"apiKey": sandbox.keys["trader"], "verify": False, "options": settings}
        async with oms_ccxt_async.oms(config) as exchange:
            await exchange.load_markets()
            proxy.requests.clear()
            yield exchange, proxy


def paths(requests: list[Request]) -> list[str]:
    """What was asked of the OMS, ids and windows left out."""
    return [f"{request.method} {request.path.rstrip('0123456789,')}" for request in requests]


def add_orders(sandbox: Sandbox, moments: list[int], status: OrderStatus = "CANCELED", **fields: Any) -> list[str]:
    """Put orders into the OMS, created and last changed at these times (epoch ms); their ids."""
    oms = sandbox.oms
    orders = []
    for moment in moments:
        known: dict[str, Any] = {
            "id": oms.next_id(Order),
            "command_id": None,
            "account_id": 3,
            "symbol": "BTC/USDT",
            "side": "buy",
            "order_type": "limit",
            "status": status,
            "strategy_id": 0,
            "position_id": 0,
            "previous_position_id": None,
            "reason": "api",
            "comment": None,
            "client_order_id": None,
            "exchange_order_id": None,
            "reduce_only": False,
            "qty": Decimal("0.01"),
            "price": Decimal(50_000),
            "stop_loss": None,
            "stop_gain": None,
            "filled_qty": Decimal(0),
            "avg_fill_price": None,
            "fee": None,
            "fee_currency": None,
            "edit_replace_state": None,
            "edit_replace_ms": None,
            "created_ms": moment,
            "updated_ms": moment,
            "closed_ms": moment,
        }
        orders.append(Order(**{**known, **fields}))
    with oms.transaction([3]):
        oms.storage.insert_all(orders)
    return [str(order.id) for order in orders]


def add_deals(sandbox: Sandbox, moments: list[int], **fields: Any) -> list[str]:
    """Put deals into the OMS, executed at these times (epoch ms); their ids."""
    oms = sandbox.oms
    deals = []
    for moment in moments:
        known: dict[str, Any] = {
            "id": oms.next_id(Deal),
            "account_id": 3,
            "order_id": None,
            "position_id": 0,
            "previous_position_id": None,
            "symbol": "BTC/USDT",
            "side": "buy",
            "qty": Decimal("0.01"),
            "price": Decimal(50_000),
            "fee": Decimal("0.5"),
            "fee_currency": "USDT",
            "pnl": Decimal(0),
            "strategy_id": 0,
            "reason": "api",
            "comment": None,
            "reconciled": False,
            "exchange_trade_id": None,
            "created_ms": moment,
            "executed_ms": moment,
        }
        deals.append(Deal(**{**known, **fields}))
    with oms.transaction([3]):
        oms.storage.insert_all(deals)
    return [str(deal.id) for deal in deals]


Answer = Callable[[web.Request], Any]


@asynccontextmanager
async def fake_oms(
    answers: dict[str, Answer], *, load: bool = True, **options: Any
) -> AsyncIterator[tuple[oms_ccxt_async.oms, list[str]]]:
    """A driver of an OMS that has only these endpoints (`"GET /oms/deals"`), beside those that a driver starts with.

    An answer is a JSON value, or a `web.Response`. Yields the driver, with its markets loaded unless told otherwise,
    and the requests so far, as `"GET /path"`.
    """
    row = {"account_id": 1, "label": "fake", "exchange_id": "ccxt.fake", "position_mode": "netting"}
    market = {
        "id": "BTCUSDT",
        "symbol": "BTC/USDT",
        "base": "BTC",
        "quote": "USDT",
        "type": "spot",
        "spot": True,
        "active": True,
        "precision": {"amount": 1e-8, "price": 0.01},
        "limits": {},
    }
    swap = {**market, "id": "BTCUSDT_USDT", "symbol": "BTC/USDT:USDT", "type": "swap", "spot": False, "swap": True}
    swap |= {"settle": "USDT", "contract": True, "linear": True, "inverse": False, "contractSize": 0.1}
    known: dict[str, Answer] = {
        "GET /healthz": lambda _: {"status": "ok"},
        "GET /oms/accounts": lambda _: {"items": [row]},
        "POST /ccxt/1/fetch_markets": lambda _: {"result": [market, swap]},
        **answers,
    }
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        await request.read()
        asked.append(f"{request.method} {request.path}")
        made = known.get(asked[-1])
        if made is None:
            return web.Response(status=404, body=b'{"detail":"Not Found"}', content_type="application/json")
        value = made(request)
        if isinstance(value, web.Response):
            return value
        return web.Response(body=orjson.dumps(value), content_type="application/json")

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base_url = "http://{}:{}".format(*runner.addresses[0][:2])
    config = {"apiKey": "key", "verify": False, "options": {"account_id": 1, "base_url": base_url, **options}}
    try:
        async with oms_ccxt_async.oms(config) as exchange:
            if load:
                await exchange.load_markets()
            asked.clear()
            yield exchange, asked
    finally:
        await runner.cleanup()


def listed(rows: list[dict[str, Any]]) -> Answer:
    """A list endpoint over rows: pages where it is asked for them, at most `limit` rows otherwise."""

    def answer(request: web.Request) -> dict[str, Any]:
        query = request.query
        if "page" not in query:
            return {"items": rows[: int(query["limit"])], "total": None}
        size = int(query["page_size"])
        start = (int(query["page"]) - 1) * size
        return {"items": rows[start : start + size], "total": len(rows)}

    return answer


def order_rows(count: int, created_at: str = NOON, **fields: Any) -> list[dict[str, Any]]:
    """Order rows as the OMS sends them, with ids from 1 on."""
    row = {
        "account_id": 1,
        "symbol": "BTC/USDT",
        "side": "buy",
        "order_type": "limit",
        "status": "SUBMITTED",
        "strategy_id": 0,
        "client_order_id": None,
        "exchange_order_id": "x",
        "qty": "1.000000000000000000",
        "price": "50000.000000000000000000",
        "filled_qty": "0E-18",
        "created_at": created_at,
        "updated_at": created_at,
        **fields,
    }
    return [{"id": number, **row} for number in itertools.islice(itertools.count(1), count)]
