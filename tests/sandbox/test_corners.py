"""The recorded corners, facts 27 to 36: each call made again, in the recorded order, against a legacy sandbox."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

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


async def replay() -> list[tuple[int, Any]]:
    """Status and body of every recorded call."""
    clock = Clock(int(STARTED.timestamp() * 1000))
    answers: list[tuple[int, Any]] = []
    async with (
        Sandbox(profile="legacy", volatility=0, clock=clock) as sandbox,
        aiohttp.ClientSession() as session,
    ):
        client = Client(sandbox, session)
        await as_before_the_recording(client, clock)
        for recorded in RECORDED:
            request = recorded.get("request")
            if request is None:  # what was seen of the order of the call before, among the open ones
                clock.now += 8000
                _, body = await client.send("GET", "/oms/orders/open?account_ids=1&cache=false")
                newest = max(row["id"] for row in body["items"])
                answers.append((200, {"items": [row for row in body["items"] if row["id"] == newest]}))
                continue
            path = request["path"].replace("account_ids=4", "account_ids=1").replace("/4/", "/1/")
            key = sandbox.keys[ROLES.get(request["key"], request["key"])]
            async with session.request(
                request["method"], sandbox.url + path, json=here(request["body"]), headers={"x-api-key": key}
            ) as response:
                is_json = response.content_type == "application/json"
                answers.append((response.status, await response.json() if is_json else await response.text()))
                assert response.headers["content-type"] == recorded["response"]["content_type"]
    return answers


@pytest.fixture(scope="module")
def answers() -> list[tuple[int, Any]]:
    return asyncio.run(replay())


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
