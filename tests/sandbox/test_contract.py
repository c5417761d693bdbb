"""The 118 recorded calls, replayed in order against a fresh sandbox of either profile."""

from __future__ import annotations

import asyncio
import copy
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from oms_ccxt_async.sandbox import Sandbox
from tests.sandbox.conftest import Clock

RECORDED: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent.parent / "contract" / "rest.json").read_text(encoding="utf-8")
)
STARTED = datetime(2026, 11, 22, 12, 30, 56, tzinfo=UTC)
PACE_MS = 270
SEED = 24
"""With this one the order `filled in two` meets a book that fills it in two, as recorded."""

FORMATS = {
    "decimal": re.compile(r"-?[0-9]+\.[0-9]{18}|0E-18"),
    "time": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"),
    "fine time": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}"),
    "ISO 8601": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z"),
    "digits": re.compile(r"[0-9]+"),
}


def shape(value: Any) -> Any:
    """Keys and formats of a JSON value; a list has the shape of its first element."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    if isinstance(value, str):
        return next((name for name, pattern in FORMATS.items() if pattern.fullmatch(value)), "text")
    return type(value).__name__


def replay(profile: str) -> list[tuple[int, Any]]:
    """Status and body of every recorded call, made again in the recorded order."""
    clock = Clock(int(STARTED.timestamp() * 1000))

    async def send_all() -> list[tuple[int, Any]]:
        answers = []
        async with (
            Sandbox(
                profile="legacy" if profile == "legacy" else "full",
                volatility=0,
                seed=SEED,
                clock=clock,
            ) as sandbox,
            aiohttp.ClientSession(sandbox.url) as session,
        ):
            for recorded in RECORDED:
                request = recorded["request"]
                headers = {"content-type": "application/json"}
                if request["api_key"] is not None:
                    headers["x-api-key"] = sandbox.keys.get(request["api_key"], "no such key")
                body = request["body"]
                data = body if isinstance(body, str) or body is None else json.dumps(body)
                async with session.request(request["method"], request["path"], data=data, headers=headers) as response:
                    answers.append((response.status, await response.json()))
                clock.now += PACE_MS
        return answers

    return asyncio.run(send_all())


@pytest.fixture(scope="module")
def legacy_answers() -> list[tuple[int, Any]]:
    return replay("legacy")


@pytest.fixture(scope="module")
def full_answers() -> list[tuple[int, Any]]:
    return replay("full")


TOLD_SINCE = ("bidVolume", "askVolume", "vwap", "quoteVolume", "previousClose")
"""What the recorded exchange left open in its tickers, and this one tells."""


def with_nulls(value: Any, recorded: Any) -> Any:
    """An answer without what a ticker tells that was null when it was recorded."""
    if isinstance(value, dict) and isinstance(recorded, dict):
        return {
            name: None if name in TOLD_SINCE and recorded.get(name, 0) is None else with_nulls(item, recorded.get(name))
            for name, item in value.items()
        }
    if isinstance(value, list) and isinstance(recorded, list):
        return [with_nulls(item, told) for item, told in zip(value, chain(recorded, repeat(None)), strict=False)]
    return value


def assert_as_recorded(answer: tuple[int, Any], recorded: dict[str, Any]) -> None:
    status, body = answer
    expected = recorded["response"]["body"]
    if recorded["name"] == "ccxt gateway: load_markets":  # there are more of them now
        body = {**body, "result": {symbol: body["result"][symbol] for symbol in expected["result"]}}
    body = with_nulls(body, expected)
    assert (status, body) == (recorded["response"]["status"], body)
    assert shape(body) == shape(expected)
    detail = expected.get("detail")
    if isinstance(detail, dict):
        assert body["detail"] == detail
    elif isinstance(detail, list):
        assert [(item["type"], item["loc"], item["msg"]) for item in body["detail"]] == [
            (item["type"], item["loc"], item["msg"]) for item in detail
        ]
    elif detail is not None:
        assert body == expected


@dataclass(frozen=True)
class Refused:
    """The full OMS refuses in words of its own."""

    status: int
    code: str
    message: str
    reason: str


@dataclass(frozen=True)
class Answered:
    """The full OMS answers 200, with the keys of the recorded call `like`."""

    like: str
    reason: str


OWN_CODES = "permission errors carry their own code with 401/403"
MAINTAINED = "fills, status and fees of orders are maintained, and order rows carry the fee"
AT_ONCE = "fills are deals at once, with the time of execution in milliseconds"
CLOSED = "the call before closed position 1, whose quantity it left out; its fills are one position in hedge mode"
MENDED = "facts 10 to 13 are mended"
DONE = "change price and qty"
ORDERS = "order history"
DEALS = "deals"

EXTENDED: dict[str, Refused | Answered] = {
    "same client_order_id again": Refused(
        409, "duplicate_client_order_id", "client_order_id=cid-1 is order 1", "client_order_id is unique"
    ),
    "readonly key trades": Refused(403, "permission_denied", "permission_denied", OWN_CODES),
    "strategy-restricted key, other strategy": Refused(
        403, "strategy_permission_denied", "strategy_permission_denied", OWN_CODES
    ),
    "admin key trades": Refused(403, "admin_read_only", "admin_read_only", OWN_CODES),
    "unknown key trades": Refused(401, "invalid_api_key", "invalid_api_key", OWN_CODES),
    "no key trades": Refused(401, "missing_api_key", "missing_api_key", OWN_CODES),
    "open orders, unknown key": Refused(401, "invalid_api_key", "invalid_api_key", OWN_CODES),
    "open orders, no key": Refused(401, "missing_api_key", "missing_api_key", OWN_CODES),
    "open orders, account not permitted": Refused(
        400, "account_not_found", "account_id=2", "an account that a key may do nothing with does not exist for it"
    ),
    "ccxt gateway: unknown key": Refused(401, "invalid_api_key", "invalid_api_key", OWN_CODES),
    "ccxt gateway: readonly key creates an order": Refused(403, "permission_denied", "permission_denied", OWN_CODES),
    "change price only": Answered(DONE, MENDED),
    "cancel again": Answered(DONE, MENDED),
    "cancel all, none left": Answered(DONE, MENDED),
    "close position, default qty": Answered(DONE, MENDED),
    "close_by": Refused(400, "internal_error", "close_by positions must exist and be open", CLOSED),
    "merge positions": Refused(404, "dispatcher_error", "position_not_found", CLOSED),
    "position_change": Refused(404, "dispatcher_error", "position_not_found", CLOSED),
    "open orders before reconcile": Answered(ORDERS, MAINTAINED),
    "open orders after reconcile": Answered(ORDERS, MAINTAINED),
    "open orders of one strategy": Answered(ORDERS, MAINTAINED),
    "open orders, limit 1": Answered(ORDERS, MAINTAINED),
    "order history": Answered(ORDERS, MAINTAINED),
    "order history page 2 of 2": Answered(ORDERS, MAINTAINED),
    "open orders of two accounts": Answered(ORDERS, MAINTAINED),
    "open orders, strategy-restricted key": Answered(ORDERS, MAINTAINED),
    "deals before reconcile": Answered(DEALS, AT_ONCE),
    "deals": Answered(DEALS, AT_ONCE),
    "deals of strategy 1": Answered(DEALS, AT_ONCE),
    "netting: deals": Answered(DEALS, AT_ONCE),
    "strategy_netting: deals": Answered(DEALS, AT_ONCE),
    "position history": Answered("position history", "the guard of position 1 was refused"),
    "orders by id (endpoint absent)": Answered(ORDERS, "by_ids"),
    "deals by id (endpoint absent)": Answered(DEALS, "by_ids"),
    "positions by id (endpoint absent)": Answered("position history", "by_ids"),
}


def assert_alike(value: Any, recorded: Any) -> None:
    """Same keys and formats, where a null may stand for a value and a value for a null."""
    if isinstance(value, dict) and isinstance(recorded, dict):
        assert value.keys() == recorded.keys()
        for key in value:
            assert_alike(value[key], recorded[key])
    elif isinstance(value, list) and isinstance(recorded, list):
        for item in value:
            assert_alike(item, recorded[0])
    elif value is not None and recorded is not None:
        assert shape(value) == shape(recorded)


def full_body(like: str) -> Any:
    """What a full OMS would have answered where `like` was recorded: its rows have a little more in them."""
    recorded = copy.deepcopy(next(call for call in RECORDED if call["name"] == like)["response"]["body"])
    for row in recorded.get("items", ()):
        if like == ORDERS:
            row |= {"fee": "0E-18", "fee_currency": "USDT"}
        elif like == DEALS:
            row["executed_at"] += ".123"
    return recorded


def numbered(name: str) -> Any:
    return pytest.mark.parametrize(name, range(len(RECORDED)), ids=[recorded["name"] for recorded in RECORDED])


@numbered("number")
def test_legacy_answers_as_recorded(number: int, legacy_answers: list[tuple[int, Any]]) -> None:
    """A legacy sandbox answers with the recorded status, error, keys and formats."""
    assert_as_recorded(legacy_answers[number], RECORDED[number])


@numbered("number")
def test_full_answers_as_recorded_or_extended(number: int, full_answers: list[tuple[int, Any]]) -> None:
    """A full sandbox answers as recorded too, except where an extension says otherwise."""
    (status, body), recorded = full_answers[number], RECORDED[number]
    change = EXTENDED.get(recorded["name"])
    for result in body.get("results", ()) if recorded["request"]["path"].startswith("/oms/commands") else ():
        assert ("order" in result) == (result["order_id"] is not None)
        assert_alike(result.pop("order", {}), full_body(ORDERS)["items"][0] if result["order_id"] else {})
    if recorded["name"] == "healthz":
        assert body.pop("features") == ["by_ids", "idempotency", "event_resume", "event_rows"]
    if change is None:
        assert_as_recorded((status, body), recorded)
    elif isinstance(change, Refused):
        detail = body["detail"]
        assert (status, detail["code"], detail["message"]) == (change.status, change.code, change.message)
    else:
        expected = full_body(change.like)
        if "by id" in recorded["name"]:
            expected = {"items": expected["items"]}
        assert status == 200
        assert_alike(body, expected)


def test_every_extension_is_needed(full_answers: list[tuple[int, Any]]) -> None:
    """The table of extended answers names recorded calls only, and none that answers as recorded."""
    assert set(EXTENDED) <= {recorded["name"] for recorded in RECORDED}
    unneeded = []
    for answer, recorded in zip(full_answers, RECORDED, strict=True):
        if recorded["name"] in EXTENDED:
            try:
                assert_as_recorded(answer, recorded)
            except AssertionError:
                continue
            unneeded.append(recorded["name"])
    assert not unneeded
