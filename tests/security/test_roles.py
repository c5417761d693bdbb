"""Who may do what: the table of docs/sandbox.md, held against what the sandbox answers to every role."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.sandbox.rows import Deal, Order, Position, Strategy
from tests.sandbox.conftest import Client, Clock
from tests.sandbox.ws_client import talking

ROLES = ("trader", "readonly", "strategy-restricted", "closer", "admin")
TABLE = {
    what: dict(zip(ROLES, map(str.strip, cells.split("|")), strict=True))
    for what, cells in re.findall(
        r"^\| (`.*?) \| ((?:[a-z ]+ \| ){4}[a-z ]+) \|$",
        (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text(),
        re.MULTILINE,
    )
}
REFUSALS = ("permission_denied", "strategy_permission_denied", "admin_read_only", "strategy_required")
NOW = 1_795_350_656_000
DAY = datetime.fromtimestamp(NOW / 1000, UTC).date().isoformat()
WINDOW = f"start_date={DAY}&end_date={DAY}"


@dataclass(frozen=True)
class Material:
    """What there is of one strategy: an open order, what it is called at the exchange, and positions of both sides."""

    strategy_id: int
    order: int
    exchange_order: str
    longs: list[int]
    short: int
    deal: int


async def material(trader: Client, strategy_id: int) -> Material:
    """Fresh rows of a strategy on account 1."""
    before = {row.id for row in trader.sandbox.oms.storage.select(Position)}
    for side in ("buy", "buy", "sell"):
        await trader.order(side, "0.01", strategy_id=strategy_id)
    order = await trader.order("buy", "0.01", price="50000", strategy_id=strategy_id)
    await trader.send("POST", "/oms/reconcile", {"account_id": 1})
    storage = trader.sandbox.oms.storage
    new = [row for row in storage.select(Position, account_id=1) if row.id not in before]
    longs, shorts = ([row.id for row in new if row.side == side] for side in ("buy", "sell"))
    row = storage.get(Order, id=order)
    assert row is not None
    return Material(strategy_id, order, str(row.exchange_order_id), longs, shorts[0], storage.newest(Deal))


def request(what: str, of: Material, number: int) -> tuple[str, str, Any]:
    """Method, path and body of what a row of the table is about."""
    strategy = f"&strategy_id={of.strategy_id}" if of.strategy_id else ""
    scope = f"?account_ids=1{strategy}&cache=false"
    send = {"symbol": "BTC/USDT", "side": "sell", "order_type": "market", "qty": "0.001", "strategy_id": of.strategy_id}
    gateway = {"symbol": "BTC/USDT", "side": "buy", "order_type": "limit", "amount": "0.01", "price": "50000"}
    args = ["BTC/USDT", "limit", "buy", 0.01, 50_000]
    commands: dict[str, Any] = {
        "`send_order`": {**send, "position_id": of.longs[0]},
        "`send_order`, reduce_only": {**send, "position_id": of.longs[0], "reduce_only": True},
        "`change_order`": {"order_id": of.order, "new_price": "49000", "new_qty": "0.01"},
        "`cancel_order`": {"order_id": of.order},
        "`cancel_all_orders`": {"strategy_ids": [of.strategy_id]},
        "`close_position`": {"position_id": of.short},
        "`close_by`": {"position_id_a": of.longs[0], "position_id_b": of.short},
        "`merge_positions`": {"source_position_id": of.longs[0], "target_position_id": of.longs[1]},
        "`position_change`": {"position_id": of.short, "comment": "seen"},
    }
    if what in commands:
        command = what.partition("`")[2].partition("`")[0]
        return "POST", "/oms/commands", {"account_id": 1, "command": command, "payload": commands[what]}
    method, path = what.strip("`").split(" ")
    bodies: dict[str, Any] = {
        "/strategies": {"name": f"made {number}", "account_ids": [1]},
        "/oms/reconcile": {"account_id": 1},
        "/ccxt/{account_id}/fetch_ticker": {"args": ["BTC/USDT"]},
        "/ccxt/{account_id}/fetch_my_trades": {"args": ["BTC/USDT"]},
        "/ccxt/{account_id}/create_order": {"args": args},
        "/ccxt/{account_id}/set_leverage": {"args": [2, "BTC/USDT:USDT"]},
        "/ccxt/core/{account_id}/create_order": gateway,
        "/ccxt/core/{account_id}/cancel_order": {"id": of.exchange_order, "symbol": "BTC/USDT"},
        "/ccxt/core/{account_id}/fetch_order": {"id": of.exchange_order, "symbol": "BTC/USDT"},
        "/ccxt/core/{account_id}/fetch_open_orders": {"symbol": "BTC/USDT"},
        "/ccxt/core/{account_id}/fetch_balance": {},
        "/ccxt/core/{account_id}/fetch_ticker": {"symbol": "BTC/USDT"},
        "/ccxt/commands": [{"account_id": 1, "func": "create_order", "args": args}],
    }
    ids = {"orders": of.order, "deals": of.deal, "positions": of.short}
    found = path.replace("{account_id}", "1").replace(
        "{ids}", str(ids.get(path.split("/")[2], 0)) if "{" in path else ""
    )
    if path.endswith(("/open", "/history", "/oms/deals", "/raw")):
        found += scope + ("" if path.endswith("/open") else f"&{WINDOW}")
    found += str(of.order - 1) if path.endswith("order_ids=") else ""
    return method, found, bodies.get(path) if method == "POST" else None


def verdict(status: int, body: Any) -> str:
    """What an answer says of the role's rights."""
    if isinstance(body, dict) and "results" in body and body["results"] and body["results"][0]["ok"] is False:
        body = {"detail": body["results"][0]["error"]}  # of the gateway's batch
        status = 403 if body["detail"]["code"] in (*REFUSALS, "dispatcher_error") else status
    if status == 200:
        return "nothing done" if body.get("triggered_count") == 0 or body.get("items") == [] else "yes"
    detail = body["detail"]
    refused = detail["code"] in REFUSALS or detail["message"] in REFUSALS
    return "no" if refused else f"{status} {detail['code']} {detail['message']}"


def rows(sandbox: Sandbox) -> list[Any]:
    """Everything that a command may change."""
    return [sandbox.oms.storage.select(kind) for kind in (Order, Deal, Position, Strategy)]


@pytest.fixture(params=["full", "legacy"])
async def trader(request: pytest.FixtureRequest, session: aiohttp.ClientSession) -> AsyncIterator[Client]:
    """The trader of a sandbox whose market and clock stand still."""
    clock = Clock(NOW)
    async with Sandbox(profile=request.param, volatility=0, clock=clock, poll_seconds=0.05) as sandbox:
        yield Client(sandbox, session)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def _by_ids(what: str) -> bool:
    return "{ids}" in what or "order_ids" in what


def expected(what: str, role: str, *, full: bool, own: bool) -> str:
    """What the table says, and below it of a legacy OMS."""
    said = TABLE[what][role]
    if what == "`close_position`" and not full and said != "no":
        # It is refused before the strategy is looked at (fact 29).
        return "422 validation_error payload.qty is required"
    if said == "own":
        return "yes" if own else "nothing done" if _by_ids(what) else "no"
    return said


@pytest.mark.parametrize("role", ROLES)
async def test_every_role_may_what_the_table_says(trader: Client, role: str) -> None:
    """Each endpoint and each command, with what is of strategy 1 and of strategy 2; what is refused changes nothing."""
    full = trader.sandbox.oms.full
    client = trader.as_role(role)
    wrong = []
    for number, what in enumerate(TABLE):
        if "/ws" in what or (not full and _by_ids(what)):
            continue
        for strategy_id in (1, 2):
            of = await material(trader, strategy_id)
            before = rows(trader.sandbox)
            found = verdict(*await client.send(*request(what, of, 2 * number + strategy_id)))
            should = expected(what, role, full=full, own=strategy_id == 1)
            if "healthz" in what or "status" in what:
                found = "yes" if found == "nothing done" else found
            if found != should:
                wrong.append((what, strategy_id, found, should))
            if should == "no" and rows(trader.sandbox) != before:
                wrong.append((what, strategy_id, "changed something", should))
    assert wrong == []
    assert len(TABLE) >= 34


@pytest.mark.parametrize("key", ["", "nobody"])
async def test_without_a_key_nothing_may_be_done(trader: Client, key: str) -> None:
    """Every endpoint but `/healthz` refuses who has no key, or an unknown one, and nothing is changed."""
    client = trader.as_role(key)
    of = await material(trader, 1)
    before = rows(trader.sandbox)
    code = "invalid_api_key" if key else "missing_api_key"
    for number, what in enumerate(TABLE):
        if "/ws" in what or "healthz" in what or (not trader.sandbox.oms.full and _by_ids(what)):
            continue
        status, body = await client.send(*request(what, of, number))
        detail = body["results"][0]["error"] if "results" in body else body["detail"]
        assert code in (detail["code"], detail.get("message")), (what, status, body)
    assert rows(trader.sandbox) == before


@pytest.mark.parametrize("role", ROLES)
async def test_sockets_are_held_to_the_table(trader: Client, role: str) -> None:
    """What goes over the socket is as it is over REST, and so is who may watch."""
    full = trader.sandbox.oms.full
    market = {"account_id": 1, "symbol": "BTC/USDT", "channels": ["ticker"]}
    order = {
        "symbol": "BTC/USDT",
        "side": "buy",
        "order_type": "limit",
        "qty": "0.01",
        "price": "50000",
        "strategy_id": 1,
    }
    wrong = []
    async with talking(trader.sandbox, role) as talk:
        for action, payload in (
            ("subscribe", {"account_ids": [1]}),
            ("command", {"account_id": 1, "command": "send_order", "payload": order}),
            ("call", {"account_id": 1, "func": "fetch_ticker", "args": ["BTC/USDT"]}),
            ("subscribe_market", market),
        ):
            before = rows(trader.sandbox)
            answer = await talk.ask(action, payload)
            should = TABLE[f"`/ws` {action}"][role] != "no"
            if action == "subscribe" and not full and role == "strategy-restricted":
                should = False  # fact 34
            if answer["ok"] is not should or (not should and rows(trader.sandbox) != before):
                wrong.append((action, answer))
    assert wrong == []
    if full and role == "strategy-restricted":
        await watches_its_own(trader, role)


async def watches_its_own(trader: Client, role: str) -> None:
    async with talking(trader.sandbox, role) as talk:
        await talk.subscribe(1, with_snapshot=True)
        await talk.event("snapshot_done")
        foreign = await trader.order("buy", "0.01", price="50000", strategy_id=2)
        own = await trader.order("buy", "0.01", price="50000", strategy_id=1)
        event = await talk.event("order_submitted")
        assert event["payload"]["order_id"] == own != foreign
