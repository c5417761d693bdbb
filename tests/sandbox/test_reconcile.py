"""Reconciling: how a legacy OMS learns of fills."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.sandbox.rows import Deal
from tests.sandbox.conftest import Client, Clock


async def test_reconcile_makes_deals_and_positions(legacy: Client, clock: Clock) -> None:
    """Each fill becomes one deal and a position of its own, whatever the account's mode, with the time of the look."""
    await legacy.order("buy", "0.01", 2, strategy_id=1)
    await legacy.order("sell", "0.01", 2, strategy_id=1)
    clock.now += 5000
    await legacy.send("POST", "/oms/reconcile", {"account_id": 2, "scope": "long"})
    assert await legacy.positions(2) == [(1, "buy", "0.01"), (2, "sell", "0.01")]
    deals = (await legacy.get("/oms/deals?account_ids=2&start_date=2026-11-22&end_date=2026-11-22"))["items"]
    assert [(deal["order_id"], deal["reason"], deal["executed_at"]) for deal in deals] == [
        (1, "external", "2026-11-22T12:31:01"),
        (2, "external", "2026-11-22T12:31:01"),
    ]


async def test_the_tick_tells_what_was_found(legacy: Client) -> None:
    """A reconciliation's event counts trades, new deals and what was known already, with the recorded keys."""
    await legacy.order("buy", "0.01")
    for _ in range(2):
        await legacy.send("POST", "/oms/reconcile", {"account_id": 1, "scope": "long"})
    first, second = [payload for name, payload in legacy.events() if name == "reconciliation_tick"]
    assert (first["projected_deals_count"], first["skipped_duplicate_count"], first["projected_orders_count"]) == (
        1,
        0,
        1,
    )
    assert (second["projected_deals_count"], second["skipped_duplicate_count"], second["trades_count"]) == (0, 1, 1)
    assert list(first) == [
        "scope",
        "lookback_seconds",
        "trades_count",
        "cursor",
        "fetch_path",
        "raw_inserted_count",
        "projected_deals_count",
        "projected_orders_count",
        "skipped_duplicate_count",
        "account_id",
    ]


async def test_status_goes_from_never_to_fresh_to_stale(legacy: Client, clock: Clock) -> None:
    """Status and age follow the last look at the account."""

    async def status() -> Any:
        (item,) = (await legacy.get("/oms/reconcile/1/status?stale_after_seconds=10"))["items"]
        return item["status"], item["age_seconds"], item["cursor_value"]

    assert await status() == ("never", None, None)
    await legacy.order("buy", "0.01")
    await legacy.send("POST", "/oms/reconcile", {"account_id": 1})
    assert await status() == ("fresh", 0, str(clock.now + 1))
    clock.now += 11_000
    assert (await status())[:2] == ("stale", 11)
    stale = (await legacy.get("/oms/reconcile/status?status=stale&stale_after_seconds=10"))["items"]
    assert [item["account_id"] for item in stale] == [1]


@pytest.mark.parametrize(
    ("body", "account_ids"),
    [(None, [1, 2, 3]), ({}, [1, 2, 3]), ({"account_ids": [2, 1]}, [2, 1]), ({"account_ids": "3,1"}, [3, 1])],
)
async def test_accounts_are_named_or_all(client: Client, body: Any, account_ids: list[int]) -> None:
    """Without accounts all that the key may read are reconciled."""
    answer = await client.send("POST", "/oms/reconcile", body)
    assert answer == (200, {"ok": True, "account_ids": account_ids, "triggered_count": len(account_ids)})


async def test_a_full_oms_has_nothing_to_find(client: Client) -> None:
    """In a full OMS fills are deals already, and reconciling makes no second ones."""
    await client.order("buy", "0.01")
    await client.send("POST", "/oms/reconcile", {"account_id": 1})
    assert client.sandbox.oms.storage.count(Deal) == 1


async def test_a_full_oms_is_always_fresh(client: Client, clock: Clock) -> None:
    """In a full OMS no account is ever behind."""
    await client.order("buy", "0.01")
    items = (await client.get("/oms/reconcile/status"))["items"]
    assert [item["status"] for item in items] == ["fresh"] * 3
    assert [item["cursor_value"] for item in items] == [str(clock.now + 1), None, None]


@pytest.mark.parametrize(("given", "missing"), [({}, "start_date"), ({"start_date": "2026-11-22"}, "end_date")])
async def test_a_period_needs_its_days(client: Client, given: dict[str, str], missing: str) -> None:
    """Scope `period` takes a window, and only a good one."""
    status, body = await client.send("POST", "/oms/reconcile", {"scope": "period", **given})
    assert (status, body["detail"]["message"]) == (422, f"{missing} must be YYYY-MM-DD")


async def test_a_legacy_sandbox_reconciles_by_itself(session: Any) -> None:
    """In the background, fills become deals without being asked for."""
    async with Sandbox(profile="legacy", volatility=0, reconcile=20) as sandbox:
        await Client(sandbox, session).order("buy", "0.01")
        async with asyncio.timeout(5):
            while not sandbox.oms.storage.count(Deal):  # noqa: ASYNC110 - what is waited for
                await asyncio.sleep(0.01)


async def test_an_oms_that_reconciles_by_itself_is_fresh(session: Any, clock: Clock) -> None:
    """Its status is young though there was nothing to find, and there are no events of that."""
    async with Sandbox(profile="legacy", volatility=0, clock=clock, reconcile=20) as sandbox:
        client = Client(sandbox, session)
        clock.now += 3_600_000
        async with asyncio.timeout(5):
            while (await client.get("/oms/reconcile/3/status"))["items"][0]["age_seconds"] != 0:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert client.events() == []


@pytest.mark.parametrize("interval", [0, -1])
def test_an_interval_is_above_zero(interval: int) -> None:
    """An interval that is none is refused."""
    with pytest.raises(ValueError, match="reconcile"):
        Sandbox(profile="legacy", reconcile=interval)
