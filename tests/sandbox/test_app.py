"""The HTTP face: bad input of every kind is refused in good form, and the published schema is the recorded one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from oms_ccxt_async.sandbox.rows import Order
from tests.sandbox.conftest import Client

DEEP: Any = json.loads("[" * 300 + "]" * 300)
VALUES: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    1e300,
    2**63,
    2**64,
    10**40,
    "",
    " ",
    "abc",
    "-1",
    "NaN",
    "Infinity",
    "-Infinity",
    "1e400",
    "1e-400",
    "1E+30",
    "0.0000000000000000001",
    "9" * 60,
    "9" * 5000,
    "\x00",
    "\ud7ff\uffff",
    "x" * 100_000,
    [],
    [1, "a"],
    {},
    {"a": {"b": [1]}},
    DEEP,
]
ORDER = {"symbol": "BTC/USDT", "side": "buy", "order_type": "limit", "qty": "0.01", "price": "50000"}
PAYLOADS: dict[str, dict[str, Any]] = {
    "send_order": {
        **ORDER,
        "oms_stop_loss": "1",
        "oms_stop_gain": "1",
        "strategy_id": 1,
        "position_id": 1,
        "reason": "api",
        "comment": "",
        "reduce_only": False,
        "client_order_id": "c",
        "params": {},
        "post_only": False,
        "time_in_force": "GTC",
        "trigger_price": "1",
        "stop_price": "1",
        "take_profit_price": "1",
        "trailing_amount": "1",
        "trailing_percent": "1",
    },
    "cancel_order": {"order_id": 1, "order_ids": [1], "order_ids_csv": "1"},
    "cancel_all_orders": {"strategy_ids": [1], "strategy_ids_csv": "1"},
    "change_order": {"order_id": 1, "new_price": "1", "new_qty": "1"},
    "close_by": {"position_id_a": 1, "position_id_b": 2, "qty": "1", "strategy_id": 0},
    "merge_positions": {
        "source_position_id": 1,
        "target_position_id": 2,
        "stop_mode": "set",
        "oms_stop_loss": "1",
        "oms_stop_gain": "1",
    },
    "close_position": {"position_id": 1, "order_type": "limit", "price": "1", "qty": "1", "strategy_id": 1},
    "position_change": {"position_id": 1, "oms_stop_loss": "1", "oms_stop_gain": "1", "comment": "c"},
}
BODIES: dict[str, dict[str, Any]] = {
    "/oms/commands": {"account_id": 1, "command": "send_order", "payload": ORDER, "request_id": "r"},
    "/oms/reconcile": {"account_id": 1, "account_ids": "1", "symbols_hint": [], "scope": "long", "start_date": "x"},
    "/strategies": {"name": "n", "account_ids": [1], "client_strategy_id": 1},
    "/ccxt/1/fetch_ohlcv": {"args": ["BTC/USDT", "1m", None, 2], "kwargs": {}},
    "/ccxt/1/create_order": {"args": ["BTC/USDT", "limit", "buy", 1, 50000, {}], "kwargs": {}},
    "/ccxt/core/1/create_order": {
        "symbol": "BTC/USDT",
        "side": "buy",
        "order_type": "limit",
        "amount": "1",
        "price": "1",
    },
    "/ccxt/core/1/cancel_order": {"id": "1", "symbol": "BTC/USDT", "params": {}},
    "/ccxt/core/1/fetch_open_orders": {"symbol": "BTC/USDT", "since": 1, "limit": 1, "params": {}},
    "/ccxt/core/1/fetch_ohlcv": {"symbol": "BTC/USDT", "timeframe": "1m", "since": 1, "limit": 1, "params": {}},
    "/ccxt/commands": {"account_id": 1, "func": "fetch_trades", "args": [], "kwargs": {"symbol": "BTC/USDT"}},
}
QUERIES: dict[str, tuple[str, ...]] = {
    "/oms/orders/open": ("account_ids", "strategy_id", "limit", "cache"),
    "/oms/orders/history": ("account_ids", "strategy_id", "start_date", "end_date", "page", "page_size"),
    "/oms/deals": ("account_ids", "strategy_id", "start_date", "end_date", "page", "page_size", "order_ids"),
    "/oms/positions/open": ("account_ids", "strategy_id", "limit"),
    "/oms/positions/history": ("account_ids", "strategy_id", "start_date", "end_date", "page", "page_size"),
    "/ccxt/orders/raw": ("account_ids", "start_date", "end_date", "page", "page_size"),
    "/ccxt/trades/raw": ("account_ids", "start_date", "end_date", "page", "page_size"),
    "/oms/reconcile/status": ("status", "stale_after_seconds"),
    "/oms/reconcile/1/status": ("stale_after_seconds",),
}
GOOD_QUERY = {"account_ids": "1", "start_date": "2026-11-22", "end_date": "2026-11-22"}


def assert_good_form(what: object, answer: tuple[int, Any]) -> None:
    status, body = answer
    assert status < 500 or (status == 502 and body["detail"]["code"] == "dispatcher_error"), (what, answer)
    assert status < 400 or set(body) == {"detail"}, (what, answer)


def each_value_of(body: dict[str, Any]) -> list[tuple[str, Any]]:
    """The body with one field at a time replaced by each value, or left out."""
    changed = [(key, {**body, key: value}) for key in body for value in VALUES]
    return changed + [(key, {left: body[left] for left in body if left != key}) for key in body]


@pytest.mark.parametrize("command", PAYLOADS)
async def test_no_payload_breaks_a_command(client: Client, command: str) -> None:
    """Whatever one field of a payload holds, the answer is a result or a refusal."""
    await client.order("buy", "0.01")
    for field, payload in each_value_of(PAYLOADS[command]):
        answer = await client.send("POST", "/oms/commands", {"account_id": 1, "command": command, "payload": payload})
        assert_good_form((command, field, str(payload.get(field))[:50]), answer)


@pytest.mark.parametrize("path", BODIES)
async def test_no_body_breaks_an_endpoint(client: Client, path: str) -> None:
    """Whatever one field of a body holds, or the whole of it, the answer is a result or a refusal."""
    for field, body in each_value_of(BODIES[path]):
        assert_good_form((path, field, str(body.get(field))[:50]), await client.send("POST", path, body))
    for value in VALUES:
        assert_good_form((path, value), await client.send("POST", path, value))
        assert_good_form((path, [value]), await client.send("POST", path, [value]))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{bad",
        b"NaN",
        b'{"account_id": NaN}',
        b"\xff\xfe",
        b'"\\ud800"',
        b"[" * 100_000,
        b'{"account_id": 1' + b"0" * 400 + b"}",
        b'{"account_id": 1e999}',
        b'{"account_id": 1, "command": "send_order", "payload": {"params": {"a": [[['
        + b"[" * 200
        + b"]" * 203
        + b"}}}",
    ],
)
@pytest.mark.parametrize("path", ["/oms/commands", "/ccxt/1/fetch_ticker", "/ccxt/core/1/anything"])
async def test_no_bytes_break_an_endpoint(client: Client, path: str, raw: bytes) -> None:
    """What is no JSON, or JSON that nobody could answer, is a 422."""
    answer = await client.send("POST", path, raw=raw)
    assert_good_form((path, raw[:50]), answer)


async def test_a_body_of_another_type_is_refused(client: Client) -> None:
    """Bytes that are not declared to be JSON are not read as JSON."""
    headers = {"x-api-key": client.sandbox.keys["trader"], "content-type": "text/plain"}
    async with client.session.post(client.sandbox.url + "/oms/commands", data=b"\xff{}", headers=headers) as response:
        assert response.status == 422
        assert "detail" in await response.json()


@pytest.mark.parametrize("path", QUERIES)
async def test_no_query_breaks_a_read(client: Client, path: str) -> None:
    """Whatever a query parameter holds, the answer is a list or a refusal."""
    texts = [
        "",
        " ",
        "abc",
        "-1",
        "0",
        "1,",
        "1,2",
        "99",
        str(2**63),
        "9" * 60,
        "9" * 5000,
        "1e5",
        "NaN",
        "%00",
        "%ff",
        "true",
    ]
    names = QUERIES[path]
    for name in names:
        for text in texts:
            good = "&".join(f"{key}={value}" for key, value in GOOD_QUERY.items() if key in names and key != name)
            answer = await client.send("GET", f"{path}?{name}={text}&{good}")
            assert_good_form((path, name, text[:50]), answer)


@pytest.mark.parametrize("account_id", ["0", "-1", "x", str(2**63), "9" * 60, "%00"])
async def test_no_path_breaks_an_endpoint(client: Client, account_id: str) -> None:
    """Whatever stands for an account in a path, the answer is a refusal."""
    for path in (f"/ccxt/{account_id}/fetch_ticker", f"/ccxt/core/{account_id}/fetch_balance"):
        assert (await client.send("POST", path, {}))[0] in (404, 422)
    assert (await client.send("GET", f"/oms/reconcile/{account_id}/status"))[0] in (400, 422)


async def test_numbers_keep_every_digit(client: Client) -> None:
    """A decimal string with 18 places is stored to the last one."""
    price = "49999.990000000000000000"
    order_id = await client.order("buy", "0.010000000000000000", price=price, oms_stop_loss="0.000000000000000001")
    row = await client.row("orders", order_id)
    assert (row["qty"], row["price"], row["stop_loss"]) == ("0.010000000000000000", price, "1E-18")


async def test_the_fast_way_judges_as_the_general_one(client: Client) -> None:
    """A command is answered the same whether it goes past FastAPI's machinery or, because of its query, through it."""
    for payload in (ORDER, {**ORDER, "qty": "-1"}, {**ORDER, "symbol": "NOPE"}):
        body = {"account_id": 1, "command": "send_order", "payload": payload}
        (status, answer), (other_status, other) = [
            await client.send("POST", f"/oms/commands{query}", body) for query in ("", "?parallel=false")
        ]
        assert (status, json.dumps(answer)[:30]) == (other_status, json.dumps(other)[:30])
    assert (await client.send("POST", "/oms/commands?parallel=x", body))[0] == 422


async def test_deep_bodies_are_told_apart_from_long_ones(client: Client) -> None:
    """A batch with many brackets is good, also with brackets in texts; nesting is not."""
    batch = [{"account_id": 1, "command": "send_order", "payload": {**ORDER, "comment": '"[[{{' * 30}}] * 40
    assert (await client.send("POST", "/oms/commands", batch))[0] == 200
    assert client.sandbox.oms.storage.count(Order) == 40
    assert (await client.send("POST", "/oms/commands", DEEP))[1]["detail"][0]["type"] == "json_invalid"


def refs(schema: Any) -> Any:
    """A schema without its titles and descriptions, and without a Decimal's pattern."""
    if isinstance(schema, dict):
        return {key: refs(value) for key, value in schema.items() if key not in ("title", "description", "pattern")}
    return [refs(item) for item in schema] if isinstance(schema, list) else schema


async def test_the_schema_is_the_recorded_one(client: Client) -> None:
    """Every recorded path, parameter and model is published with the recorded name and shape."""
    recorded = json.loads((Path(__file__).parent.parent / "contract" / "openapi.json").read_text(encoding="utf-8"))
    published = (await client.send("GET", "/openapi.json"))[1]
    for path, methods in recorded["paths"].items():
        for method, operation in methods.items():
            ours = published["paths"][path][method]
            names = {parameter["name"] for parameter in operation.get("parameters", ())}
            assert names <= {parameter["name"] for parameter in ours.get("parameters", ())}
            assert refs(ours.get("requestBody")) == refs(operation.get("requestBody"))
    for name, model in recorded["components"]["schemas"].items():
        if "Validation" not in name:
            ours = published["components"]["schemas"][name]
            assert set(model["properties"]) <= set(ours["properties"])
            if name.endswith(("Payload", "Command", "Input", "Item")):
                assert refs(ours["properties"]) == refs(model["properties"])


async def test_docs_are_served(client: Client) -> None:
    """There is a page to look at."""
    async with client.session.get(client.sandbox.url + "/docs") as response:
        assert response.status == 200


def test_orjson_reads_no_number_that_it_could_not_write() -> None:
    """What the app relies on: a parsed body can be written again, whatever integers it holds."""
    for text in (str(2**64), str(10**300), str(-(2**70))):
        orjson.dumps(orjson.loads(text))
