"""The rules that an OMS has to keep: the sandbox keeps them, and an OMS that breaks one fails that one and no other."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from oms_ccxt_async import conformance
from oms_ccxt_async.conformance import RULES, Verdict, examine
from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.sandbox.rows import WORKING, Order
from tests.faults.eventually import eventually
from tests.oms_ccxt_async.conformance.breaking import Lie, Message, lying

ORDER = conformance.Order("BTC/USDT", "0.001", "40000", "39000")


@asynccontextmanager
async def lived_in(profile: Any, **options: Any) -> AsyncIterator[Sandbox]:
    """A sandbox whose account 1 has positions, deals and open orders."""
    async with Sandbox(profile=profile, volatility=0, poll_seconds=0.05, **options) as sandbox:
        headers = {"x-api-key": sandbox.keys["trader"]}
        async with aiohttp.ClientSession(sandbox.url, headers=headers) as session:
            for fields in [{"order_type": "market"}] * 3 + [{"order_type": "limit", "price": "30000"}] * 3:
                payload = {"symbol": "BTC/USDT", "side": "buy", "qty": "0.01", "strategy_id": 1, **fields}
                command = {"account_id": 1, "command": "send_order", "payload": payload}
                async with session.post("/oms/commands", json=command) as response:
                    assert response.status == 200
            async with session.post("/oms/reconcile", json={"account_id": 1, "scope": "short"}) as response:
                assert response.status == 200
        yield sandbox


def states(verdicts: list[Verdict], state: str) -> dict[str, str]:
    """What was found of the rules that are in a state."""
    return {verdict.name: verdict.found for verdict in verdicts if verdict.state == state}


def open_orders(sandbox: Sandbox) -> list[str]:
    """The client order ids of the orders of a run that are open."""
    rows = sandbox.oms.storage.select(Order, status=WORKING)
    return [name for row in rows if (name := row.client_order_id or "").startswith("conf-")]


@pytest.mark.parametrize("profile", ["full", "legacy"])
async def test_the_sandbox_keeps_every_rule(profile: str) -> None:
    """In both profiles, on an account with rows of every kind; what is skipped are the extensions of the other one."""
    async with lived_in(profile) as sandbox:
        verdicts = await examine(sandbox.url, sandbox.keys["trader"], 1, order=ORDER)
        assert open_orders(sandbox) == []
    assert states(verdicts, "FAILED") == {}
    skipped = {rule.name for rule in RULES if rule.needs} if profile == "legacy" else set()
    assert states(verdicts, "skipped").keys() == skipped
    assert [verdict.name for verdict in verdicts] == [*(rule.name for rule in RULES), "orders.over"]


@pytest.mark.parametrize("profile", ["full", "legacy"])
async def test_nothing_is_changed_without_an_order(profile: Any, tmp_path: Path) -> None:
    """Without one the database is the same afterwards, and the rules that trade are skipped, with what to do."""
    file = tmp_path / "oms.sqlite"

    def dumped() -> list[str]:
        with closing(sqlite3.connect(file)) as database:
            return list(database.iterdump())

    async with lived_in(profile, database=file, api_key="a-trader"):
        pass
    before = dumped()
    async with Sandbox(profile=profile, volatility=0, database=file, api_key="a-trader") as sandbox:
        verdicts = await examine(sandbox.url, "a-trader", 1)
    assert dumped() == before
    assert states(verdicts, "FAILED") == {}
    assert {rule.name for rule in RULES if rule.trades} <= states(verdicts, "skipped").keys()


@pytest.mark.parametrize("profile", ["full", "legacy"])
@pytest.mark.parametrize(
    ("role", "strategy", "trades"),
    [("strategy-restricted", 1, True), ("readonly", None, False), ("admin", None, False)],
)
async def test_every_key_can_look(profile: str, role: str, strategy: int | None, trades: bool) -> None:
    """A key that may less has rules skipped that are not for it, and none failed."""
    async with lived_in(profile) as sandbox:
        order = ORDER if trades else None
        verdicts = await examine(sandbox.url, sandbox.keys[role], 1, strategy=strategy, order=order)
        assert open_orders(sandbox) == []
    assert states(verdicts, "FAILED") == {}


async def test_an_empty_account_has_little_to_show() -> None:
    """Rules about rows are skipped where there are none; none is taken for kept."""
    async with Sandbox(volatility=0) as sandbox:
        verdicts = await examine(sandbox.url, sandbox.keys["trader"], 2)
    assert states(verdicts, "FAILED") == {}
    assert {"lists.ascending", "pages.whole", "rows.numbers", "by_ids.rows"} <= states(verdicts, "skipped").keys()


async def test_an_oms_that_is_away_breaks_rules() -> None:
    """Nothing is raised where nothing answers, it is not asked for ever, and the key is in no verdict."""
    verdicts = await examine("http://127.0.0.1:9", "canary-5e1f-key", 1, order=ORDER)
    assert len(states(verdicts, "FAILED")) == 3
    assert states(verdicts, "ok") == {}
    assert "did not answer" in verdicts[-1].found
    assert "canary" not in str(verdicts)


@pytest.mark.parametrize("profile", ["full", "legacy"])
@pytest.mark.parametrize("step", range(4))
async def test_nothing_is_left_open_when_it_is_cancelled(profile: str, step: int) -> None:
    """Ctrl-C in the middle of a rule, also while a command is under way: what was placed is canceled before it ends."""
    async with lived_in(profile, exchange_latency=30) as sandbox:
        rules = [rule for rule in RULES if rule.name in ("commands.by-index", "orders.changed")]
        looking = asyncio.create_task(examine(sandbox.url, sandbox.keys["trader"], 1, order=ORDER, rules=rules))
        await eventually(lambda: bool(open_orders(sandbox)))
        for _ in range(5 * step):
            await asyncio.sleep(0)
        looking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await looking
        assert open_orders(sandbox) == []


# Lies. Each is a rule that an OMS breaks, and nothing else.


def each_row(lists: str, change: Any, kind: str = "items") -> Lie:
    """Rows of the lists whose path begins so, changed."""

    def answers(path: str, asked: Any, status: int, body: Any) -> tuple[int, Any]:
        if path.startswith(lists) and status == 200:
            body[kind] = change(body[kind])
        return status, body

    return Lie(answers=answers)


def newest_first(rows: list[Message]) -> list[Message]:
    return rows[::-1]


def float_qty(rows: list[Message]) -> list[Message]:
    return [{**row, "qty": float(row["qty"])} for row in rows]


def local_times(rows: list[Message]) -> list[Message]:
    return [{**row, "created_at": "22/11/2026 12:00"} for row in rows]


def without_status(rows: list[Message]) -> list[Message]:
    return [{**row, "order_type": None} for row in rows]


def windows_end_early() -> Lie:
    """The last day of a window is left out of its deals."""

    def answers(path: str, asked: Any, status: int, body: Any) -> tuple[int, Any]:
        days = re.findall(r"_date=([\d-]+)", path)
        if path.startswith("/oms/deals") and status == 200 and days:
            body["items"] = [row for row in body["items"] if days[0] <= row["executed_at"][:10] < max(days)]
        return status, body

    return Lie(answers=answers)


def pages_overlap() -> Lie:
    """Each page after the first begins with the last row of the one before."""
    memory: dict[str, Any] = {}

    def answers(path: str, asked: Any, status: int, body: Any) -> tuple[int, Any]:
        if path.startswith("/oms/orders/history") and status == 200 and "page_size=500" not in path:
            rows, page = body["items"], int(re.findall(r"page=(\d+)", path)[0])
            if page > 1 and rows and memory.get("last"):
                body["items"] = [memory["last"], *rows[:-1]]
            memory["last"] = rows[-1] if rows else None
        return status, body

    return Lie(answers=answers, memory=memory)


def on_commands(change: Any, status_is: Any = lambda status: status) -> Lie:
    """Results of commands, changed."""

    def answers(path: str, asked: Any, status: int, body: Any) -> tuple[int, Any]:
        if path.startswith("/oms/commands"):
            if "results" in body:
                body["results"] = change(body["results"])
            elif isinstance(body.get("detail"), dict) and "results" in body["detail"]:
                body["detail"]["results"] = change(body["detail"]["results"])
            status = status_is(status)
        return status, body

    return Lie(answers=answers)


def swapped(results: list[Message]) -> list[Message]:
    """The orders of the first and the last of three change places."""
    if len(results) != 3:
        return results
    first, middle, last = results
    return [{**first, "order_id": last["order_id"]}, middle, {**last, "order_id": first["order_id"]}]


def refused_without_results(path: str, asked: Any, status: int, body: Any) -> tuple[int, Any]:
    if path.startswith("/oms/commands") and isinstance(asked, list) and isinstance(body.get("detail"), dict):
        body["detail"].pop("results", None)
    return status, body


def known_fields(path: str, body: Any) -> Any:
    """Fields that it does not know are passed over."""
    if path.startswith("/oms/commands") and isinstance(body, dict):
        body["payload"].pop("conformance_no_such_field", None)
    return body


def fresh_request_ids(path: str, body: Any) -> Any:
    if path.startswith("/oms/commands") and isinstance(body, dict):
        body.pop("request_id", None)
        if "client_order_id" in body.get("payload", {}):
            body["payload"]["client_order_id"] += "-once"
    return body


def no_mismatch() -> Lie:
    """What comes under a `request_id` that was used is answered what the first one was, whatever it is."""
    memory: dict[str, Any] = {}

    def asks(path: str, body: Any) -> Any:
        if path.startswith("/oms/commands") and isinstance(body, dict) and body.get("request_id"):
            return memory.setdefault(body["request_id"], body)
        return body

    return Lie(asks=asks, memory=memory)


def takes_client_ids_twice(path: str, asked: Any, status: int, body: Any) -> tuple[int, Any]:
    if status == 409:
        body["detail"].pop("order_id")
    return status, body


def edits_nothing() -> Lie:
    """`change_order` of both fields succeeds, and the price stays."""

    def asks(path: str, body: Any) -> Any:
        if isinstance(body, dict) and body.get("command") == "change_order" and "new_qty" in body["payload"]:
            body["payload"]["new_price"] = ORDER.price
        return body

    return Lie(asks=asks)


def by_ids_sorted(path: str, asked: Any, status: int, body: Any) -> tuple[int, Any]:
    if re.match(r"/oms/(orders|deals|positions)/\d", path) and status == 200:
        body["items"].sort(key=lambda row: row["id"])
    return status, body


def fills_forgotten(path: str, asked: Any, status: int, body: Any) -> tuple[int, Any]:
    if path.startswith("/oms/orders/history") and status == 200:
        body["items"] = [{**row, "filled_qty": "0E-18"} for row in body["items"]]
    return status, body


def no_foreign_accounts(path: str, asked: Any, status: int, body: Any) -> tuple[int, Any]:
    """An account that there is not has empty lists."""
    code = body.get("detail", {}).get("code") if isinstance(body.get("detail"), dict) else None
    if path.startswith("/oms/orders/open") and code == "account_not_found":
        return 200, {"items": [], "total": None, "page": None, "page_size": None}
    return status, body


def of_event(name: str, change: Any) -> Lie:
    def tells(message: Message) -> Message | None:
        changed: Message | None = change(message) if message.get("event") == name else message
        return changed

    return Lie(tells=tells)


def hears(change: Any) -> Lie:
    """Messages of clients, changed."""

    def heard(text: str) -> str | None:
        try:
            message = json.loads(text)
        except ValueError:
            return text
        return json.dumps(change(message)) if isinstance(message, dict) else text

    return Lie(hears=heard)


def without(name: str, place: str = "payload") -> Any:
    def change(message: Message) -> Message:
        return {**message, place: {key: value for key, value in (message[place] or {}).items() if key != name}}

    return change


def always_anew(message: Message) -> Message:
    """Whoever comes back with the right epoch gets a snapshot."""
    payload = message.get("payload")
    if isinstance(payload, dict) and not str(payload.get("epoch")).startswith("not-"):
        payload.pop("from_event_id", None)
    return message


def any_epoch() -> Lie:
    """The epoch that a client names is not looked at."""
    memory: dict[str, Any] = {}

    def tells(message: Message) -> Message:
        if message.get("event") == "subscribed":
            memory["epoch"] = message["payload"].get("epoch")
        return message

    def heard(message: Message) -> Message:
        if isinstance(message.get("payload"), dict) and message["payload"].get("epoch"):
            message["payload"]["epoch"] = memory["epoch"]
        return message

    return Lie(hears=hears(heard).hears, tells=tells, memory=memory)


def grants_all() -> Lie:
    """Who subscribes is told that all that was asked for is granted."""
    memory: dict[str, Any] = {}

    def heard(message: Message) -> Message:
        if message.get("action") == "subscribe":
            memory[str(message.get("id"))] = message["payload"].get("account_ids")
        return message

    def tells(message: Message) -> Message:
        if message.get("event") == "subscribed":
            message["payload"]["account_ids"] = memory[message["id"]]
        return message

    return Lie(hears=hears(heard).hears, tells=tells, memory=memory)


def answers(change: Any) -> Lie:
    return Lie(answers=change)


def not_found_as_html(path: str, asked: Any, status: int, body: Any) -> tuple[int, Any]:
    return (404, {"error": "no such page"}) if body == {"detail": "Not Found"} else (status, body)


def unknown_keys_are_outages(path: str, asked: Any, status: int, body: Any) -> tuple[int, Any]:
    if "invalid_api_key" in str(body):
        return 503, {"detail": {"code": "dispatcher_unavailable", "message": "dispatcher_unavailable"}}
    return status, body


def modes_of_its_own(path: str, asked: Any, status: int, body: Any) -> tuple[int, Any]:
    if path == "/oms/accounts" and "items" in body:
        body["items"] = [{**row, "position_mode": "both"} for row in body["items"]]
    return status, body


def cut_by_newest() -> Lie:
    """The `limit` of open lists is not kept."""
    return Lie(moves=lambda path: re.sub(r"limit=\d+", "limit=5000", path))


def no_age(path: str, asked: Any, status: int, body: Any) -> tuple[int, Any]:
    if path.startswith("/oms/reconcile/") and status == 200:
        body["items"] = [{"account_id": row["account_id"]} for row in body["items"]]
    return status, body


def open_only_in_open(path: str, asked: Any, status: int, body: Any) -> tuple[int, Any]:
    """The oldest open order is not in the history of its day."""
    days = re.findall(r"_date=([\d-]+)", path)
    if path.startswith("/oms/orders/history") and status == 200 and len(set(days)) == 1:
        body["items"] = [row for row in body["items"] if row["id"] != 4]
    return status, body


def cancels_only_once() -> Lie:
    """A second cancel of an order is an error."""
    memory: dict[Any, int] = {}

    def change(path: str, asked: Any, status: int, body: Any) -> tuple[int, Any]:
        if isinstance(asked, dict) and asked.get("command") == "cancel_order":
            order_id = asked["payload"]["order_id"]
            memory[order_id] = memory.get(order_id, 0) + 1
            if status == 200 and memory[order_id] > 1:
                return 400, {"detail": {"code": "internal_error", "message": "list index out of range"}}
        return status, body

    return Lie(answers=change)


def outside_ids(path: str) -> str:
    return re.sub(r"^/oms/orders/(0|-1)$", "/oms/orders/1", path)


LIES: dict[str, Lie] = {
    "errors.unknown-path": answers(not_found_as_html),
    "errors.unknown-key": answers(unknown_keys_are_outages),
    "accounts.told": answers(modes_of_its_own),
    "accounts.foreign": answers(no_foreign_accounts),
    "lists.ascending": each_row("/oms/positions/history", newest_first),
    "lists.limit": cut_by_newest(),
    "windows.days": windows_end_early(),
    "pages.whole": pages_overlap(),
    "history.open-included": answers(open_only_in_open),
    "rows.fields": each_row("/oms/orders/history", without_status),
    "rows.numbers": each_row("/oms/positions/history", float_qty),
    "rows.times": each_row("/oms/orders/open", local_times),
    "reconcile.status": answers(no_age),
    "commands.strict": Lie(asks=known_fields),
    "commands.by-index": on_commands(swapped),
    "commands.all-failed": answers(refused_without_results),
    "orders.changed": edits_nothing(),
    "orders.cancel-twice": cancels_only_once(),
    "socket.unknown-key": Lie(handshake=lambda key: {} if "no-such" in str(key) else key),
    "socket.bad-frames": Lie(ends_after='"text"'),
    "socket.grants": grants_all(),
    "socket.snapshot": of_event(
        "snapshot_open_orders",
        lambda message: {**message, "payload": {**message["payload"], "items": message["payload"]["items"][1:]}},
    ),
    "socket.commands": of_event("command_result", without("order_id")),
    "market.channels": of_event("orderbook_updated", without("symbol")),
    "by_ids.rows": answers(by_ids_sorted),
    "by_ids.refuses": Lie(moves=outside_ids),
    "idempotency.mismatch": no_mismatch(),
    "idempotency.client-order-ids": answers(takes_client_ids_twice),
    "maintained.fills": answers(fills_forgotten),
    "resume.epoch": any_epoch(),
    "resume.replay": hears(always_anew),
    "resume.snapshot": of_event("snapshot_open_orders", lambda message: {**message, "event_id": None}),
    "resume.numbers": of_event("order_canceled", lambda message: {**message, "event_id": 1}),
    "rows.in-events": of_event("order_submitted", without("order")),
}


@pytest.mark.parametrize("name", LIES)
async def test_a_broken_rule_fails(name: str) -> None:
    """An OMS that breaks one rule fails that rule, and that rule alone; nothing of it is left open."""
    async with lived_in("full") as sandbox, lying(sandbox.url, LIES[name]) as url:
        verdicts = await examine(url, sandbox.keys["trader"], 1, order=ORDER)
        assert open_orders(sandbox) == []
    assert list(states(verdicts, "FAILED")) == [name], states(verdicts, "FAILED")


@pytest.mark.parametrize("name", ["pages.whole", "commands.by-index", "socket.snapshot"])
async def test_a_broken_rule_of_a_legacy_oms_fails(name: str) -> None:
    """The same of a legacy OMS."""
    async with lived_in("legacy") as sandbox, lying(sandbox.url, LIES[name]) as url:
        verdicts = await examine(url, sandbox.keys["trader"], 1, order=ORDER)
    assert list(states(verdicts, "FAILED")) == [name], states(verdicts, "FAILED")


async def test_an_oms_that_does_not_recognise_repeats_is_found_out() -> None:
    """The order of a repeated command is there twice: every rule that says it is not fails, and both are canceled."""
    async with lived_in("full") as sandbox, lying(sandbox.url, Lie(asks=fresh_request_ids)) as url:
        verdicts = await examine(url, sandbox.keys["trader"], 1, order=ORDER)
        assert open_orders(sandbox) == []
    assert {"idempotency.repeat", "idempotency.mismatch"} <= states(verdicts, "FAILED").keys()


def test_the_docs_have_every_rule() -> None:
    """docs/contract.md names each rule with its reason, in the order in which they are looked at."""
    text = (Path(__file__).parents[3] / "docs" / "contract.md").read_text().partition("## Conformance")[2]
    told = re.findall(r"^\| `([a-z_]+\.[a-z-]+)` \| ([^|]+) \|", text, re.MULTILINE)
    assert told == [(rule.name, rule.reason) for rule in RULES]
