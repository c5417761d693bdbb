"""A small OMS that does what a test tells it: REST and `/ws` of either profile on a free port, and named faults.

Unlike a real OMS it has no exchange behind it, checks no permissions beyond what it is told to refuse, and lets a test
send any message at any time.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Literal

import orjson
from aiohttp import WSMsgType, web

__all__ = ["KEY", "ScriptedOms", "config", "scripted"]

KEY = "scripted-key"
FEATURES = ["by_ids", "idempotency", "event_resume", "event_rows"]
Row = dict[str, Any]

_LIMITS = {
    "amount": {"min": None, "max": None},
    "price": {"min": None, "max": None},
    "cost": {"min": None, "max": None},
}
_MARKET = {
    "type": "spot",
    "spot": True,
    "margin": False,
    "swap": False,
    "future": False,
    "option": False,
    "contract": False,
    "active": True,
    "precision": {"amount": 1e-8, "price": 0.01},
    "limits": _LIMITS,
    "info": {},
}


def market(symbol: str) -> Row:
    """A spot market."""
    base, quote = symbol.split("/")
    return {**_MARKET, "id": base + quote, "symbol": symbol, "base": base, "quote": quote}


class ScriptedOms:
    """What the OMS holds, and what it tells.

    Attributes:
        full: profile; without it events are thin and have no number (facts 21 and 22).
        epoch: of the event history.
        reach: how many events back the OMS can replay; None: all.
        silent: whether events are kept from the sockets.
        granted: the accounts that `subscribe` grants.
        refuse: code of the error that `subscribe` answers.
        refusal: what the exchange says to an order; None takes it.
        exchange_id: the exchange behind the account.
        fail_reads: how many of the next reads answer 503.
        close_code: with which new sockets are closed at once.
        handshake: status and headers with which `/ws` answers instead of upgrading; None: it upgrades.
        market_trouble: codes with which the next market requests are refused; "unanswered": not even that.
        balance_trouble: status and detail of the answers to the next reads of the balance.
        shaken: how many handshakes were answered so.
        answers: what the exchange behind the account answers, by method.
        calls: the methods that it was asked for over the socket.
        mute: whether commands over the socket get no answer.
        requests: method and path of every REST request.
        sockets: the sockets that are open.
        subscribes: payloads of `subscribe` so far.
    """

    def __init__(self, profile: Literal["full", "legacy"] = "full") -> None:
        self.full = profile == "full"
        self.epoch: str | None = "epoch-1"
        self.reach: int | None = None
        self.silent = False
        self.granted = [1]
        self.refuse: str | None = None
        self.refusal: str | None = None
        self.exchange_id = "ccxt.paper"
        self.fail_reads = 0
        self.close_code: int | None = None
        self.handshake: tuple[int, dict[str, str]] | None = None
        self.shaken = 0
        self.market_trouble: list[str] = []
        self.balance_trouble: list[tuple[int, Any]] = []
        self.answers: dict[str, Any] = {}
        self.calls: list[str] = []
        self.mute = False
        self.requests: list[tuple[str, str]] = []
        self.sockets: list[web.WebSocketResponse] = []
        self.subscribes: list[Row] = []
        self.commands: list[Row] = []
        self.market_requests: list[tuple[str, Row]] = []
        self.accepted = 0
        self.orders: dict[int, Row] = {}
        self.deals: dict[int, Row] = {}
        self.positions: dict[int, Row] = {}
        self.events: list[Row] = []
        self.balance: Row = {"info": {}, "USDT": {"free": 100.0, "used": 0.0, "total": 100.0}}
        self.before_snapshot: Callable[[], object] = lambda: None
        self.url = ""
        self._order_ids = itertools.count(1)
        self._deal_ids = itertools.count(1)
        self._position_ids = itertools.count(1)
        self._event_ids = itertools.count(1)
        self._subscribed: set[web.WebSocketResponse] = set()
        self._sending: set[asyncio.Task[None]] = set()

    # What happens at the OMS

    def order(self, order_id: int | None = None, event: str = "order_updated", **fields: Any) -> int:
        """Create an order, or change one, and tell."""
        new = order_id is None
        key = next(self._order_ids) if order_id is None else order_id
        row = dict(self.orders.get(key) or _order(key))
        row.update(fields)
        if row["status"] in ("FILLED", "CANCELED", "REJECTED"):
            row["closed_at"] = row["updated_at"]
        self.orders[key] = row
        self.tell("order_submitted" if new else event, order_id=key, order=row)
        return key

    def fill(self, order_id: int, qty: str, *, event: bool = True, order_first: bool = False) -> int:
        """Fill a part of an order: a deal, then (full OMS) the order's new state."""
        key = next(self._deal_ids)
        order = self.orders[order_id]
        self.deals[key] = _deal(key, order, qty)
        told = {
            "order_id": order_id,
            "position_id": 0,
            "deal_id": key,
            "symbol": order["symbol"],
            "side": order["side"],
        }
        told["strategy_id"] = order["strategy_id"]
        filled = f"{float(order['filled_qty']) + float(qty):.18f}"
        status = "FILLED" if float(filled) >= float(order["qty"]) else "PARTIALLY_FILLED"
        state = {"filled_qty": filled, "avg_fill_price": order["price"], "status": status}
        if self.full and order_first:
            self.order(order_id, **state)
        if event:
            self.tell("deal_created", **told, deal=self.deals[key])
        if self.full and not order_first:
            self.order(order_id, **state)
        return key

    def position(self, position_id: int | None = None, **fields: Any) -> int:
        """Open a position, or change one, and tell."""
        key = next(self._position_ids) if position_id is None else position_id
        row = {**(self.positions.get(key) or _position(key)), **fields}
        self.positions[key] = row
        self.tell("position_updated" if self.full else "position_changed", position_id=key, position=row)
        return key

    def tell(self, name: str, **payload: Any) -> None:
        """Send an event as this profile does: with its row and number, or without."""
        payload = {**payload, "account_id": 1}
        event: Row = {
            "id": None,
            "ok": True,
            "type": "ws_event",
            "namespace": "position",
            "action": "event",
            "event": name,
        }
        if self.full:
            event["event_id"] = next(self._event_ids)
        else:
            payload = {key: value for key, value in payload.items() if key not in ("order", "deal", "position")}
        event["payload"] = payload
        self.events.append(event)
        if not self.silent:
            self.send(event)

    def send(self, message: Row | str) -> None:
        """Send a message, or any text, to every subscribed socket."""
        text = message if isinstance(message, str) else orjson.dumps(message).decode()
        for socket in self._subscribed:
            self._send(socket, text)

    async def disconnect(self, code: int = 1001) -> None:
        """Close every socket."""
        sockets, self.sockets = self.sockets, []
        self._subscribed.clear()
        for socket in sockets:
            await socket.close(code=code)

    def restart_numbers(self, epoch: str | None) -> None:
        """The history of events is lost: numbers begin at 1 again."""
        self.epoch = epoch
        self.events.clear()
        self._event_ids = itertools.count(1)

    def _send(self, socket: web.WebSocketResponse, text: str) -> None:
        task = asyncio.ensure_future(self._deliver(socket, text))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _deliver(self, socket: web.WebSocketResponse, text: str) -> None:
        try:
            await socket.send_str(text)
        except (ConnectionError, RuntimeError):
            self._subscribed.discard(socket)

    # The socket

    async def socket(self, request: web.Request) -> web.StreamResponse:
        """Serve `/ws`."""
        if self.handshake is not None:
            self.shaken += 1
            status, headers = self.handshake
            return web.Response(status=status, headers=headers)
        socket = web.WebSocketResponse(heartbeat=None)
        await socket.prepare(request)
        self.accepted += 1
        if request.headers.get("x-api-key") != KEY:
            await socket.close(code=1008)  # fact 6
            return socket
        if self.close_code is not None:
            await socket.close(code=self.close_code)
            return socket
        self.sockets.append(socket)
        hello = {"id": "server-hello", "ok": True, "type": "ws_event", "event": "connected", "payload": {}}
        await socket.send_str(orjson.dumps(hello).decode())
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await self._answer(socket, orjson.loads(message.data))
        self._subscribed.discard(socket)
        if socket in self.sockets:
            self.sockets.remove(socket)
        return socket

    async def _answer(self, socket: web.WebSocketResponse, message: Row) -> None:
        action, payload = message["action"], message.get("payload") or {}
        if action == "subscribe":
            await self._subscribe(socket, message, payload)
        elif action == "command":
            self.commands.append(payload)
            result = self.command(payload)
            if not self.mute:
                self._reply(socket, message, "command_result", result, ok=result["ok"])
        elif action == "call":
            self.calls.append(payload["func"])
            self._reply(socket, message, "ccxt_result", {"result": self.answers.get(payload["func"], self.balance)})
        elif action in ("subscribe_market", "unsubscribe_market"):
            self.market_requests.append((action, payload))
            if self.market_trouble:
                if (code := self.market_trouble.pop(0)) != "unanswered":
                    self._reply(socket, message, "error", {"code": code}, ok=False)
                return
            self._subscribed.add(socket)
            self._reply(socket, message, "subscribed_market", payload)
        elif action == "ping":
            self._reply(socket, message, "pong", {})

    def _reply(
        self, socket: web.WebSocketResponse, message: Row, event: str, payload: Row, *, ok: bool = True, **top: Any
    ) -> None:
        namespace = message.get("namespace", "system")
        answer = {"id": message["id"], "ok": ok, "type": "ws_response", "namespace": namespace, **top}
        self._send(
            socket, orjson.dumps({**answer, "action": message["action"], "event": event, "payload": payload}).decode()
        )

    async def _subscribe(self, socket: web.WebSocketResponse, message: Row, payload: Row) -> None:
        self.subscribes.append(payload)
        if self.refuse is not None:
            self._reply(socket, message, "error", {"code": self.refuse}, ok=False)
            return
        epoch = {"epoch": self.epoch} if self.full and self.epoch is not None else {}
        told = {"namespaces": ["position"], "account_ids": [1 for each in self.granted if each == 1], **epoch}
        after = payload.get("from_event_id")
        if after is not None:
            last = after["1"]
            events = [event for event in self.events if event["event_id"] > last]
            if payload.get("epoch") != self.epoch or (self.reach is not None and len(events) > self.reach):
                self._reply(socket, message, "resync_required", {"account_ids": [1]}, ok=False)
                return
            self._subscribed.add(socket)
            self._reply(socket, message, "subscribed", told)
            for event in events:
                self._send(socket, orjson.dumps(event).decode())
            return
        self._subscribed.add(socket)
        self._reply(socket, message, "subscribed", told)
        if payload.get("with_snapshot"):
            self.before_snapshot()
            newest = self.events[-1]["event_id"] if self.events else 0
            orders = [_spelled(row) for row in self.orders.values() if row["closed_at"] is None]
            positions = [_spelled(row) for row in self.positions.values() if row["state"] == "open"]
            self._snapshot(socket, "snapshot_open_orders", {"account_id": 1, "items": orders}, newest)
            self._snapshot(socket, "snapshot_open_positions", {"account_id": 1, "items": positions}, newest)
            self._snapshot(socket, "snapshot_done", {"account_ids": [1], "accounts": []}, newest)

    def _snapshot(self, socket: web.WebSocketResponse, event: str, payload: Row, newest: int) -> None:
        message = {"id": None, "ok": True, "type": "ws_event", "namespace": "position", "action": "snapshot"}
        number = {"event_id": newest} if self.full else {}
        self._send(socket, orjson.dumps({**message, "event": event, **number, "payload": payload}).decode())

    # Commands and reads

    def command(self, body: Row) -> Row:
        """Do a command; what its result says."""
        payload = body["payload"]
        result = {"index": 0, "ok": True, "command_id": 1, "order_id": None, "error": None}
        if body["command"] == "send_order":
            if self.refusal is not None:
                error = {"code": "internal_error", "message": self.refusal}
                return {**result, "ok": False, "command_id": None, "error": error}
            if payload["symbol"] == "NOPE/USDT":
                error = {"code": "internal_error", "message": "paper does not have market symbol NOPE/USDT"}
                return {**result, "ok": False, "command_id": None, "error": error}
            known = [row for row in self.orders.values() if row["client_order_id"] == payload["client_order_id"]]
            if known:
                return {**result, "order_id": known[0]["id"]}
            fields = {name: payload.get(name) for name in ("symbol", "side", "order_type", "client_order_id")}
            fields["strategy_id"] = payload.get("strategy_id", 0)
            fields["created_at"] = fields["updated_at"] = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}"
            result["order_id"] = self.order(qty=_money(payload["qty"]), price=_money(payload.get("price")), **fields)
        elif body["command"] == "cancel_order":
            for key in payload.get("order_ids") or [payload["order_id"]]:
                if key not in self.orders:
                    error = {"code": "dispatcher_error", "message": "order_not_found"}
                    return {**result, "ok": False, "command_id": None, "error": error}
                self.order(key, event="order_canceled", status="CANCELED")
        elif body["command"] == "cancel_all_orders":
            for key in [key for key, row in self.orders.items() if row["closed_at"] is None]:
                self.order(key, event="order_canceled", status="CANCELED")
        elif body["command"] == "change_order":
            self.order(payload["order_id"], event="order_changed", price=_money(payload["new_price"]))
        return result

    async def rest(self, request: web.Request) -> web.Response:
        """Serve everything else."""
        self.requests.append((request.method, request.path))
        path, query = request.path, request.query
        if request.headers.get("x-api-key") != KEY and path != "/healthz":
            return _json({"detail": {"code": "dispatcher_error", "message": "invalid_api_key"}}, 400)
        if path == "/healthz":
            return _json({"status": "ok", **({"features": FEATURES} if self.full else {})})
        if path == "/oms/accounts":
            row = {"account_id": 1, "exchange_id": self.exchange_id, "position_mode": "hedge", "label": "one"}
            return _json({"items": [row]})
        if path.startswith("/ccxt/"):
            return self._gateway(path.rpartition("/")[2])
        if path == "/oms/commands":
            body = await request.json()
            self.commands.append(body)
            return _json({"results": [self.command(body)]})
        if self.fail_reads:
            self.fail_reads -= 1
            return _json({"detail": {"code": "dispatcher_unavailable", "message": "dispatcher_unavailable"}}, 503)
        _, _, what, *rest = path.split("/")
        table = {"orders": self.orders, "deals": self.deals, "positions": self.positions}.get(what)
        if table is None:
            return _json({"detail": "Not Found"}, 404)
        rows = [row for key, row in sorted(table.items())]
        if "strategy_id" in query:
            rows = [row for row in rows if str(row["strategy_id"]) == query["strategy_id"]]
        if rest and rest[0].replace(",", "").isdigit():
            if not self.full:
                return _json({"detail": "Not Found"}, 404)
            return _json({"items": [row for row in rows if str(row["id"]) in rest[0].split(",")]})
        if "order_ids" in query:
            return _json({"items": [row for row in rows if str(row["order_id"]) in query["order_ids"].split(",")]})
        if rest == ["open"]:
            open_ = [
                row for row in rows if (row["state"] == "open" if what == "positions" else row["closed_at"] is None)
            ]
            return _json({"items": open_})
        page, size = int(query["page"]), int(query["page_size"])
        return _json({"items": rows[(page - 1) * size : page * size], "total": len(rows)})

    def _gateway(self, func: str) -> web.Response:
        if func == "fetch_markets":
            return _json({"ok": True, "result": [market("BTC/USDT"), market("ETH/USDT")]})
        if func == "fetch_balance":
            if self.balance_trouble:
                status, detail = self.balance_trouble.pop(0)
                return _json({"detail": detail}, status)
            return _json({"ok": True, "result": self.balance})
        return _json({"ok": True, "result": self.answers.get(func, {})})


@asynccontextmanager
async def scripted(
    profile: Literal["full", "legacy"] = "full", make: type[ScriptedOms] = ScriptedOms
) -> AsyncIterator[ScriptedOms]:
    """A scripted OMS, served until the end of the block."""
    oms = make(profile)
    application = web.Application()
    application.router.add_get("/ws", oms.socket)
    application.router.add_route("*", "/{path:.*}", oms.rest)
    runner = web.AppRunner(application, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    oms.url = f"http://{host}:{port}"
    try:
        yield oms
    finally:
        await oms.disconnect()
        await asyncio.gather(*oms._sending, return_exceptions=True)
        await runner.cleanup()


def config(oms: ScriptedOms, ws: Row | None = None, **options: Any) -> Row:
    """A config for the driver, quick to connect again."""
    quick = {"backoff": 20, "backoffCap": 100, "probeInterval": 0, **(ws or {})}
    return {"apiKey": KEY, "options": {"account_id": 1, "base_url": oms.url, "ws": quick, **options}}


def _json(body: Any, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")


def _spelled(row: Row) -> Row:
    """A row as snapshots spell its times (fact 15)."""
    return {name: value.replace("T", " ") if name.endswith("_at") and value else value for name, value in row.items()}


def _money(value: Any) -> str | None:
    return None if value is None else f"{float(value):.18f}"


def _order(key: int) -> Row:
    nothing = ("stop_loss", "stop_gain", "avg_fill_price", "closed_at", "client_order_id", "comment", "command_id")
    return {
        "id": key,
        "account_id": 1,
        "symbol": "BTC/USDT",
        "side": "buy",
        "order_type": "limit",
        "status": "SUBMITTED",
        "strategy_id": 0,
        "position_id": 0,
        "reason": "api",
        "exchange_order_id": str(900_000 + key),
        "qty": "1.000000000000000000",
        "price": "100.000000000000000000",
        "filled_qty": "0E-18",
        "created_at": "2026-11-22T12:30:56",
        "updated_at": "2026-11-22T12:30:56",
        **dict.fromkeys(nothing),
    }


def _deal(key: int, order: Row, qty: str) -> Row:
    return {
        "id": key,
        "account_id": 1,
        "order_id": order["id"],
        "position_id": 0,
        "symbol": order["symbol"],
        "side": order["side"],
        "qty": _money(qty),
        "price": order["price"],
        "fee": "0.001000000000000000",
        "fee_currency": "USDT",
        "strategy_id": order["strategy_id"],
        "exchange_trade_id": str(700_000 + key),
        "executed_at": "2026-11-22T12:30:57",
    }


def _position(key: int) -> Row:
    return {
        "id": key,
        "account_id": 1,
        "symbol": "BTC/USDT",
        "strategy_id": 0,
        "side": "buy",
        "qty": "1.000000000000000000",
        "avg_price": "100.000000000000000000",
        "stop_loss": None,
        "stop_gain": None,
        "state": "open",
        "opened_at": "2026-11-22T12:30:56",
        "updated_at": "2026-11-22T12:30:56",
        "closed_at": None,
    }
