"""The HTTP face of the OMS: FastAPI routes, and every error as the recorded OMS words it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from decimal import Decimal
from typing import Annotated, Any, cast

import orjson
from fastapi import APIRouter, FastAPI, Header, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, PlainTextResponse
from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError

from oms_ccxt_async.sandbox import directory, gateway, reads, reconcile, ws
from oms_ccxt_async.sandbox.answers import (
    AccountsResponse,
    CcxtBatchResponse,
    CcxtRawOrdersResponse,
    CcxtRawTradesResponse,
    CcxtResponse,
    CommandsResponse,
    CreateStrategyResponse,
    PositionDealsResponse,
    PositionOrdersResponse,
    PositionsResponse,
    ReconcileNowResponse,
    ReconcileStatusResponse,
    Refusal,
    StrategiesResponse,
)
from oms_ccxt_async.sandbox.commands import execute, respond
from oms_ccxt_async.sandbox.errors import BrokenAnswer, OmsError, StorageUnavailable, invalid
from oms_ccxt_async.sandbox.gate import Gate
from oms_ccxt_async.sandbox.json_body import parse
from oms_ccxt_async.sandbox.oms import OMS
from oms_ccxt_async.sandbox.pages import docs_page, home_page
from oms_ccxt_async.sandbox.schemas import (
    CcxtBatchItem,
    CcxtCallInput,
    CcxtCoreCancelOrderInput,
    CcxtCoreCreateOrderInput,
    CcxtCoreFetchBalanceInput,
    CcxtCoreFetchOpenOrdersInput,
    CcxtCoreFetchOrderInput,
    CommandsInput,
    CreateStrategyInput,
    ReconcileNowInput,
)

__all__ = ["MAX_BATCH", "build_app"]

FEATURES = ("by_ids", "idempotency", "event_resume", "event_rows")
CACHE_MS = 5000
MAX_BATCH = 500
REFUSALS = {
    400: "Refused; the code, or in a legacy OMS the message, says why.",
    401: "The key is missing or unknown.",
    403: "The key may not.",
    404: "There is none, or none for this key.",
    409: "There is one already.",
    413: "The body is too large.",
    422: "It makes no sense.",
    502: "What the exchange said; in a legacy OMS an unknown key, too, and a dispatcher that does not answer yet.",
    503: "It could not be stored: nothing was done.",
}

Key = Annotated[str, Header(alias="x-api-key")]


class _JsonRequest(Request):
    _parsed: Any = None

    async def json(self) -> Any:
        if self._parsed is None:
            self._parsed = parse(await self.body())
        return self._parsed

    async def check_batch(self) -> None:
        """Refuse a list that is too long before its items are looked at; what is no JSON, others say."""
        with suppress(json.JSONDecodeError):
            body = await self.json()
            if isinstance(body, list) and len(body) > MAX_BATCH:
                raise invalid(f"a batch has at most {MAX_BATCH} items")


class _JsonRoute(APIRoute):
    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        handler = super().get_route_handler()

        async def handle(plain: Request) -> Response:
            request = _JsonRequest(plain.scope, plain.receive)
            if request.method == "POST":
                await request.check_batch()
            return await handler(request)

        return handle


class _CommandsRoute(APIRoute):
    """The route that has to be fast: a request that is plainly good goes past FastAPI's general machinery, which takes
    longer than the command itself. Whatever else comes in, FastAPI parses, judges and words as on every other route.
    """

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        general, endpoint = super().get_route_handler(), self.endpoint
        validate = TypeAdapter[Any](CommandsInput).validate_python

        async def handle(plain: Request) -> Response:
            request = _JsonRequest(plain.scope, plain.receive)
            await request.check_batch()
            if request.scope["query_string"] or request.headers.get("content-type") != "application/json":
                return await general(request)
            try:
                commands = validate(await request.json())
            except (ValidationError, json.JSONDecodeError):
                return await general(request)
            return cast(Response, await endpoint(commands, request.headers.get("x-api-key", "")))

        return handle


def build_app(oms: OMS, *, listed: Callable[[], OMS], poll_seconds: float, subscribe_seconds: float) -> FastAPI:
    """The application that serves this OMS.

    Args:
        oms: who is asked.
        listed: asked for the same, as every second list shows it.
        poll_seconds, subscribe_seconds: those of `ws.route`.
    """
    app = FastAPI(title="oms-ccxt sandbox", version="0.1.0", docs_url=None, redoc_url=None)
    app.add_middleware(Gate, oms=oms)
    app.add_exception_handler(OmsError, _refuse)
    app.add_exception_handler(StorageUnavailable, _refuse)
    app.add_exception_handler(BrokenAnswer, _break)
    app.add_exception_handler(RequestValidationError, _refuse_schema)
    app.include_router(_commands(oms), responses=_refusals(oms, 400, 404, 409, *(() if oms.full else (502,))))
    app.include_router(_reads(oms, listed), responses=_refusals(oms, 400))
    if oms.full:
        app.include_router(_reads_by_id(oms), responses=_refusals(oms))
    app.include_router(_gateway(oms), responses=_refusals(oms, 400, 404, 502))
    app.include_router(_administration(oms), responses=_refusals(oms, 400, 404, 409))
    app.include_router(_pages(app, oms))
    app.router.routes.append(ws.route(oms, poll_seconds, subscribe_seconds))
    return app


def _pages(app: FastAPI, oms: OMS) -> APIRouter:
    """What people see who open the address in a browser."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

    @router.get("/")
    async def home(request: Request) -> HTMLResponse:
        return HTMLResponse(home_page(str(request.base_url).rstrip("/"), full=oms.full))

    @router.get("/docs")
    async def docs() -> HTMLResponse:
        return HTMLResponse(docs_page(app.openapi()))

    return router


def _router() -> APIRouter:
    return APIRouter(route_class=_JsonRoute)


def _answers(model: Any) -> dict[str, Any]:
    """How a route is documented whose answer is ready-made bytes."""
    return {"response_model": None, "responses": {200: {"model": model}}}


def _refusals(oms: OMS, *statuses: int) -> dict[int | str, dict[str, Any]]:
    """How the refusals of some routes are documented: these, and those that every route has."""
    every = (401, 403, 413, 422, 503) if oms.full else (403, 413, 422, 502, 503)
    return {status: {"model": Refusal, "description": REFUSALS[status]} for status in sorted({*statuses, *every})}


def _json(body: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")


def _commands(oms: OMS) -> APIRouter:
    router = APIRouter(route_class=_CommandsRoute)

    documented = _answers(CommandsResponse)
    documented["responses"][207] = {"model": CommandsResponse, "description": "Some of several failed."}

    @router.post("/oms/commands", **documented)
    async def post_oms_commands(
        commands: CommandsInput,
        x_api_key: Key = "",
        parallel: bool = False,
        request_timeout_seconds: int | None = None,
    ) -> Response:
        """Carry out one command or several, one after the other; each is committed before the answer.

        A command takes less than a millisecond, in a legacy OMS it has to wait for its account's others anyway, so
        `parallel` and `request_timeout_seconds` change nothing here.
        """
        wanted = commands if isinstance(commands, list) else [commands]
        status, body = respond([await execute(oms, x_api_key, command) for command in wanted])
        return _json(body, status)

    return router


def _reads(oms: OMS, listed: Callable[[], OMS]) -> APIRouter:
    router = _router()
    cached: dict[tuple[str, str], tuple[int, bytes]] = {}
    turns = itertools.cycle((True, False))

    def shown() -> OMS:
        return listed() if next(turns) else oms

    def answer(request: Request, key: str, cache: bool, read: Callable[[OMS], reads.Body]) -> Response:
        """A list, in the recorded OMS up to 5 s old (fact 18)."""
        if oms.full or not cache:
            return _json(read(shown()))
        now, place = oms.clock(), (key, str(request.url))
        for stale in [known for known, (until, _) in cached.items() if until <= now]:
            del cached[stale]
        if place not in cached:
            cached[place] = now + CACHE_MS, orjson.dumps(read(shown()))
        return Response(cached[place][1], media_type="application/json")

    @router.get("/oms/orders/open", **_answers(PositionOrdersResponse))
    async def get_orders_open(
        request: Request,
        account_ids: str,
        strategy_id: int | None = None,
        limit: int = 500,
        cache: bool = True,
        x_api_key: Key = "",
    ) -> Response:
        scope = reads.scope(oms, x_api_key, account_ids, strategy_id)
        return answer(request, x_api_key, cache, lambda oms: reads.open_orders(oms, scope, limit))

    @router.get("/oms/positions/open", **_answers(PositionsResponse))
    async def get_positions_open(
        request: Request,
        account_ids: str,
        strategy_id: int | None = None,
        limit: int = 500,
        cache: bool = True,
        x_api_key: Key = "",
    ) -> Response:
        scope = reads.scope(oms, x_api_key, account_ids, strategy_id)
        return answer(request, x_api_key, cache, lambda oms: reads.open_positions(oms, scope, limit))

    @router.get("/oms/orders/history", **_answers(PositionOrdersResponse))
    async def get_orders_history(
        request: Request,
        account_ids: str,
        strategy_id: int | None = None,
        start_date: str | None = None,
        end_date: str | None = None,
        page: int = 1,
        page_size: int = 100,
        cache: bool = True,
        x_api_key: Key = "",
    ) -> Response:
        scope = reads.scope(oms, x_api_key, account_ids, strategy_id)
        days = reads.window("updated_ms", start_date, end_date)
        return answer(request, x_api_key, cache, lambda oms: reads.order_history(oms, scope, days, page, page_size))

    documented = _answers(PositionsResponse)
    if not oms.full:
        text = {"text/plain": {"schema": {"type": "string"}}}
        documented["responses"][500] = {"description": "A merged position is among them (fact 28).", "content": text}

    @router.get("/oms/positions/history", **documented)
    async def get_positions_history(
        request: Request,
        account_ids: str,
        strategy_id: int | None = None,
        start_date: str | None = None,
        end_date: str | None = None,
        page: int = 1,
        page_size: int = 100,
        cache: bool = True,
        x_api_key: Key = "",
    ) -> Response:
        scope = reads.scope(oms, x_api_key, account_ids, strategy_id)
        days = reads.window("updated_ms", start_date, end_date)
        return answer(request, x_api_key, cache, lambda oms: reads.position_history(oms, scope, days, page, page_size))

    @router.get("/oms/deals", **_answers(PositionDealsResponse))
    async def get_deals(
        request: Request,
        account_ids: str | None = None,
        order_ids: str | None = None,
        strategy_id: int | None = None,
        start_date: str | None = None,
        end_date: str | None = None,
        page: int = 1,
        page_size: int = 100,
        cache: bool = True,
        x_api_key: Key = "",
    ) -> Response:
        if oms.full and order_ids is not None:
            return _json(reads.deals_of_orders(oms, x_api_key, order_ids, account_ids, strategy_id))
        if account_ids is None:
            missing = {"type": "missing", "loc": ("query", "account_ids"), "msg": "Field required", "input": None}
            raise RequestValidationError([missing])
        scope = reads.scope(oms, x_api_key, account_ids, strategy_id)
        days = reads.window("executed_ms", start_date, end_date)
        return answer(request, x_api_key, cache, lambda oms: reads.deal_history(oms, scope, days, page, page_size))

    return router


def _reads_by_id(oms: OMS) -> APIRouter:
    router = _router()

    @router.get("/oms/orders/{ids}", **_answers(PositionOrdersResponse))
    async def get_orders_by_id(ids: str, x_api_key: Key = "") -> Response:
        return _json(reads.orders_by_id(oms, x_api_key, ids))

    @router.get("/oms/deals/{ids}", **_answers(PositionDealsResponse))
    async def get_deals_by_id(ids: str, x_api_key: Key = "") -> Response:
        return _json(reads.deals_by_id(oms, x_api_key, ids))

    @router.get("/oms/positions/{ids}", **_answers(PositionsResponse))
    async def get_positions_by_id(ids: str, x_api_key: Key = "") -> Response:
        return _json(reads.positions_by_id(oms, x_api_key, ids))

    return router


def _gateway(oms: OMS) -> APIRouter:
    router = _router()

    async def core(account_id: int, key: str, func: str, **kwargs: Any) -> Response:
        return _json({"ok": True, "result": await gateway.core(oms, key, account_id, func, kwargs)})

    @router.post("/ccxt/core/{account_id}/create_order", **_answers(CcxtResponse))
    async def post_core_create_order(account_id: int, body: CcxtCoreCreateOrderInput, x_api_key: Key = "") -> Response:
        fields = body.model_dump(exclude={"order_type"})
        return await core(account_id, x_api_key, "create_order", type=body.order_type, **fields)

    @router.post("/ccxt/core/{account_id}/cancel_order", **_answers(CcxtResponse))
    async def post_core_cancel_order(account_id: int, body: CcxtCoreCancelOrderInput, x_api_key: Key = "") -> Response:
        return await core(account_id, x_api_key, "cancel_order", **body.model_dump())

    @router.post("/ccxt/core/{account_id}/fetch_order", **_answers(CcxtResponse))
    async def post_core_fetch_order(account_id: int, body: CcxtCoreFetchOrderInput, x_api_key: Key = "") -> Response:
        return await core(account_id, x_api_key, "fetch_order", **body.model_dump())

    @router.post("/ccxt/core/{account_id}/fetch_open_orders", **_answers(CcxtResponse))
    async def post_core_fetch_open_orders(
        account_id: int, body: CcxtCoreFetchOpenOrdersInput, x_api_key: Key = ""
    ) -> Response:
        return await core(account_id, x_api_key, "fetch_open_orders", **body.model_dump())

    @router.post("/ccxt/core/{account_id}/fetch_balance", **_answers(CcxtResponse))
    async def post_core_fetch_balance(
        account_id: int, body: CcxtCoreFetchBalanceInput, x_api_key: Key = ""
    ) -> Response:
        return await core(account_id, x_api_key, "fetch_balance", **body.model_dump())

    @router.post("/ccxt/core/{account_id}/{func}", **_answers(CcxtResponse))
    async def post_core_generic(
        account_id: int, func: str, body: dict[str, Any] | None = None, x_api_key: Key = ""
    ) -> Response:
        result = await gateway.core(oms, x_api_key, account_id, func, body or {})
        return _json({"ok": True, "result": result})

    @router.get("/ccxt/orders/raw", **_answers(CcxtRawOrdersResponse))
    async def get_orders_raw(
        account_ids: str,
        start_date: str | None = None,
        end_date: str | None = None,
        page: int = 1,
        page_size: int = 100,
        x_api_key: Key = "",
    ) -> Response:
        scope = reads.scope(oms, x_api_key, account_ids, None)
        days = reads.window("updated_ms", start_date, end_date)
        return _json(reads.raw_orders(oms, scope, days, page, page_size))

    @router.get("/ccxt/trades/raw", **_answers(CcxtRawTradesResponse))
    async def get_trades_raw(
        account_ids: str,
        start_date: str | None = None,
        end_date: str | None = None,
        page: int = 1,
        page_size: int = 100,
        x_api_key: Key = "",
    ) -> Response:
        scope = reads.scope(oms, x_api_key, account_ids, None)
        days = reads.window("timestamp_ms", start_date, end_date)
        return _json(reads.raw_trades(oms, scope, days, page, page_size))

    @router.post("/ccxt/commands", **_answers(CcxtBatchResponse))
    async def post_batch(
        items: CcxtBatchItem | list[CcxtBatchItem],
        x_api_key: Key = "",
        parallel: bool = False,
        request_timeout_seconds: int | None = None,
    ) -> Response:
        wanted = items if isinstance(items, list) else [items]
        results = [
            await gateway.batch_result(oms, x_api_key, index, item.account_id, item.func, item.args, item.kwargs)
            for index, item in enumerate(wanted)
        ]
        return _json({"results": results})

    @router.post("/ccxt/{account_id}/{func}", **_answers(CcxtResponse))
    async def post_call(
        account_id: int,
        func: str,
        body: CcxtCallInput,
        x_api_key: Key = "",
        request_timeout_seconds: int | None = None,
    ) -> Response:
        result = await gateway.call(oms, x_api_key, account_id, func, body.args, body.kwargs)
        return _json({"ok": True, "result": result})

    return router


def _administration(oms: OMS) -> APIRouter:
    router = _router()

    @router.get("/healthz")
    async def healthz() -> Response:
        health: dict[str, Any] = {"status": "ok", "app": "oms-ccxt-sandbox", "env": "sandbox"}
        health["db_engine"] = oms.storage.engine
        if oms.health is not None:
            health["prices"] = oms.health()
        return _json({**health, "features": FEATURES} if oms.full else health)

    @router.get("/oms/accounts", **_answers(AccountsResponse))
    async def get_accounts(x_api_key: Key = "") -> Response:
        return _json({"items": directory.accounts(oms, x_api_key)})

    @router.get("/strategies", **_answers(StrategiesResponse))
    async def get_strategies(x_api_key: Key = "") -> Response:
        return _json({"items": directory.strategies(oms, x_api_key)})

    @router.post("/strategies", **_answers(CreateStrategyResponse))
    async def post_strategies(body: CreateStrategyInput, x_api_key: Key = "") -> Response:
        return _json({"ok": True, "strategy_id": directory.create_strategy(oms, x_api_key, body)})

    @router.post("/oms/reconcile", **_answers(ReconcileNowResponse))
    async def post_reconcile(body: ReconcileNowInput | None = None, x_api_key: Key = "") -> Response:
        account_ids, count = await reconcile.reconcile_now(oms, x_api_key, body or ReconcileNowInput())
        return _json({"ok": True, "account_ids": account_ids, "triggered_count": count})

    @router.get("/oms/reconcile/status", **_answers(ReconcileStatusResponse))
    async def get_reconcile_status(
        status: str | None = None, stale_after_seconds: int = 120, x_api_key: Key = ""
    ) -> Response:
        api_key = oms.permissions.authenticate(x_api_key, "read")
        items = reconcile.status(oms, oms.permissions.readable(api_key), stale_after_seconds)
        return _json({"items": [item for item in items if status in (None, item["status"])]})

    @router.get("/oms/reconcile/{account_id}/status", **_answers(ReconcileStatusResponse))
    async def get_reconcile_account_status(
        account_id: int, stale_after_seconds: int = 120, x_api_key: Key = ""
    ) -> Response:
        api_key = oms.permissions.authenticate(x_api_key, "read")
        oms.permissions.check_account_read(api_key, account_id)
        return _json({"items": reconcile.status(oms, [account_id], stale_after_seconds)})

    return router


async def _refuse(request: Request, error: Exception) -> Response:
    refusal = cast("OmsError | StorageUnavailable", error)
    return _json({"detail": refusal.body}, refusal.status)


async def _break(request: Request, error: Exception) -> Response:
    return PlainTextResponse("Internal Server Error", 500)


async def _refuse_schema(request: Request, error: Exception) -> Response:
    details = cast(RequestValidationError, error).errors()
    return Response(orjson.dumps({"detail": details}, default=_plain), 422, media_type="application/json")


def _plain(value: Any) -> Any:
    """What FastAPI would make of it: bounds are numbers, exceptions have nothing to show."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return {} if isinstance(value, Exception) else str(value)
