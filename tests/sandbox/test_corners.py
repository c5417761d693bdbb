"""The recorded corners, facts 27 to 36: each call made again, in the recorded order, against a legacy sandbox."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import aiohttp
import pytest

from oms_ccxt_async.sandbox import Sandbox
from tests.sandbox.conftest import Client, Clock
from tests.sandbox.test_contract import assert_as_recorded

RECORDED: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent.parent / "contract" / "rest-corners.json").read_text(encoding="utf-8")
)
STARTED = datetime(2026, 11, 24, 16, 5, 1, tzinfo=UTC)
IDLE_MS = 2_244_000
"""How long nobody had reconciled when the recording began."""
POSITIONS_BEFORE = 511
"""The recorded position 513 is the second one here: the first was merged into it."""
ROLES = {"strategy": "strategy-restricted"}


def here(value: Any) -> Any:
    """A recorded request as it is made here, on account 1 instead of 4."""
    if isinstance(value, dict):
        return {name: here_id(name, item) for name, item in value.items()}
    return value


def here_id(name: str, value: Any) -> Any:
    if name == "account_id":
        return 1
    known = "position_id" in name and value < 1000
    return value - POSITIONS_BEFORE if known else here(value)


async def as_before_the_recording(client: Client, clock: Clock) -> None:
    """Three open positions and a merged one, reconciled a while ago."""
    for qty in ("0.5", "0.5", "0.5", "0.1"):
        await client.order("buy", qty, symbol="ETH/USDT")
    await client.send("POST", "/oms/reconcile", {"account_id": 1, "scope": "short"})
    await client.done("merge_positions", source_position_id=1, target_position_id=2)
    clock.now += IDLE_MS


async def replay(profile: Literal["full", "legacy"]) -> list[tuple[int, Any]]:
    """Status and body of every recorded call."""
    clock = Clock(int(STARTED.timestamp() * 1000))
    answers: list[tuple[int, Any]] = []
    async with (
        Sandbox(profile=profile, volatility=0, clock=clock) as sandbox,
        aiohttp.ClientSession() as session,
    ):
        client = Client(sandbox, session)
        await as_before_the_recording(client, clock)
        for recorded in RECORDED:
            request = recorded.get("request")
            if request is None:  # what was seen of the order of the call before, among the open ones
                clock.now += 8000
                _, body = await client.send("GET", "/oms/orders/open?account_ids=1&cache=false")
                placed = answers[-1][1]["results"][0]["order_id"]
                answers.append((200, {"items": [row for row in body["items"] if row["id"] == placed]}))
                continue
            path = request["path"].replace("account_ids=4", "account_ids=1").replace("/4/", "/1/")
            key = sandbox.keys[ROLES.get(request["key"], request["key"])]
            async with session.request(
                request["method"], sandbox.url + path, json=here(request["body"]), headers={"x-api-key": key}
            ) as response:
                is_json = response.content_type == "application/json"
                answers.append((response.status, await response.json() if is_json else await response.text()))
                if profile == "legacy":
                    assert response.headers["content-type"] == recorded["response"]["content_type"]
    return answers


@pytest.fixture(scope="module")
def answers() -> list[tuple[int, Any]]:
    return asyncio.run(replay("legacy"))


@pytest.mark.parametrize("number", range(len(RECORDED)), ids=[recorded["name"] for recorded in RECORDED])
def test_legacy_answers_as_recorded(number: int, answers: list[tuple[int, Any]]) -> None:
    """A legacy sandbox answers with the recorded status, error, keys and formats."""
    recorded, (status, body) = RECORDED[number], answers[number]
    expected = recorded["response"]["body"]
    if isinstance(expected, str):
        assert (status, body) == (recorded["response"]["status"], expected)
    else:
        assert_as_recorded((status, body), recorded)
    if "triggered_count" in expected:
        assert body["triggered_count"] == expected["triggered_count"]


@pytest.mark.parametrize("name", ["status", "reason", "state", "side", "qty", "strategy_id", "age_seconds"])
def test_rows_say_what_was_recorded(name: str, answers: list[tuple[int, Any]]) -> None:
    """Where a recorded row tells one of these, the sandbox's tells the same."""
    told = 0
    for (_, body), recorded in zip(answers, RECORDED, strict=True):
        expected = recorded["response"]["body"]
        if isinstance(expected, dict):
            for row, other in zip(body.get("items", ()), expected.get("items", ()), strict=False):
                assert row.get(name) == other.get(name)
                told += name in other
    assert told


CLOSED = "close_position was carried out, so that position 519 is closed by now"
STORED = "what cannot be stored is a validation_error"
DIFFERENT = {
    "the market order 8 s later, in open orders": (200, "it has filled, and is not open"),
    "close_position with qty": (200, "close_position works"),
    "close_position without qty": (200, "close_position works, and takes the whole quantity by default"),
    "send_order against a position": (400, CLOSED),
    "positions history of a window that holds a merged row": (200, "a merged position is a closed one"),
    "the same once more": (200, "a merged position is a closed one"),
    "close_by": (400, CLOSED),
    "qty 1e30": (422, STORED),
    "client_order_id of 200": (422, STORED),
    "reason of 60": (422, STORED),
    "comment of 300": (422, STORED),
    "unknown strategy with reduce_only": (422, "strategies are checked"),
}
"""What a full OMS answers otherwise, with which status and why."""


def test_full_answers_as_recorded_but_for_what_is_mended() -> None:
    """A full sandbox answers the corners as recorded too, except where it has mended them."""
    different = {}
    for (status, body), recorded in zip(asyncio.run(replay("full")), RECORDED, strict=True):
        for result in body.get("results", ()):
            result.pop("order", None)
        try:
            assert_as_recorded((status, body), recorded)
        except AssertionError:
            different[recorded["name"]] = status
    assert different == {name: status for name, (status, _) in DIFFERENT.items()}
