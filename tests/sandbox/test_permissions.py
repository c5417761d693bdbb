"""Keys and what they may do, in both profiles."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from oms_ccxt_async.sandbox.permissions import Permissions, digest
from oms_ccxt_async.sandbox.rows import ApiKey
from tests.sandbox.conftest import KEY, Client, Clock, open_oms

LIMIT: dict[str, Any] = {"symbol": "BTC/USDT", "side": "buy", "order_type": "limit", "qty": "0.01", "price": "50000"}


def test_a_digest_needs_the_salt() -> None:
    """The kept digest is not the plain hash of the key, and differs between databases."""
    assert digest("key", "a") != digest("key", "b")
    assert hashlib.sha256(b"key").hexdigest() not in (digest("key", "a"), digest("key", ""))


def test_a_key_is_found_by_its_digest_only() -> None:
    """A key is recognised, its digest is not a key."""
    permissions = Permissions("salt", [1], full=True)
    record = ApiKey(1, "trader", is_admin=False, digest=digest("key", "salt"))
    permissions.add(record, [])
    assert permissions.find("key") is record
    assert permissions.find(record.digest) is None


def test_no_key_is_in_the_database(tmp_path: Path, clock: Clock) -> None:
    """The file holds hashes, nowhere the key itself."""
    oms = open_oms(tmp_path / "oms.sqlite", clock)
    oms.storage.close()
    assert all(KEY.encode() not in file.read_bytes() for file in tmp_path.iterdir())


@pytest.mark.parametrize("key", ["no such key", "", "x" * 5000, "naïve"])
async def test_an_unknown_key_is_refused_everywhere(client: Client, key: str) -> None:
    """Every endpoint that takes a key answers 401 with its code."""
    other = client.as_role(key)
    code = "invalid_api_key" if key else "missing_api_key"
    calls: list[tuple[str, str, Any]] = [
        ("GET", "/oms/accounts", None),
        ("GET", "/strategies", None),
        ("POST", "/strategies", {"name": "gamma"}),
        ("GET", "/oms/orders/open?account_ids=1", None),
        ("GET", "/oms/orders/1", None),
        ("GET", "/oms/deals?order_ids=1", None),
        ("GET", "/oms/reconcile/status", None),
        ("GET", "/oms/reconcile/1/status", None),
        ("POST", "/oms/reconcile", {}),
        ("POST", "/oms/commands", {"account_id": 1, "command": "send_order", "payload": LIMIT}),
        ("POST", "/ccxt/1/fetch_ticker", {"args": ["BTC/USDT"]}),
        ("POST", "/ccxt/core/1/fetch_balance", {}),
        ("GET", "/ccxt/orders/raw?account_ids=1", None),
    ]
    for method, path, body in calls:
        status, answer = await other.send(method, path, body)
        assert (path, status, answer["detail"]["code"]) == (path, 401, code)


async def test_a_reader_reads_its_account_only(client: Client) -> None:
    """A read-only key sees account 1, changes nothing, and learns nothing of others."""
    reader = client.as_role("readonly")
    await client.order("buy", "0.01", 1, price="50000")
    await client.order("buy", "0.01", 2, price="50000")
    assert [item["account_id"] for item in (await reader.get("/oms/accounts"))["items"]] == [1]
    assert [item["id"] for item in (await reader.get("/oms/orders/1,2,3"))["items"]] == [1]
    assert await reader.error("cancel_order", order_id=1) == (403, "permission_denied", "permission_denied")
    status, body = await reader.send("GET", "/oms/orders/open?account_ids=1,2")
    assert (status, body["detail"]) == (400, {"code": "account_not_found", "message": "account_id=2"})


@pytest.mark.parametrize("role", ["readonly", "strategy-restricted"])
async def test_a_foreign_account_is_as_absent_as_none(client: Client, role: str) -> None:
    """In a full OMS nothing that a key asks tells an account that is not for it from one that does not exist."""
    other = client.as_role(role)

    async def answers(account_id: int) -> list[Any]:
        command = {"account_id": account_id, "command": "send_order", "payload": LIMIT}
        asked: list[tuple[str, str, Any]] = [
            ("GET", f"/oms/orders/open?account_ids={account_id}&strategy_id=1", None),
            ("GET", f"/oms/deals?order_ids=1&account_ids={account_id}", None),
            ("GET", f"/oms/reconcile/{account_id}/status", None),
            ("GET", f"/ccxt/orders/raw?account_ids={account_id}&start_date=2026-11-22&end_date=2026-11-22", None),
            ("POST", "/oms/reconcile", {"account_id": account_id}),
            ("POST", "/oms/commands", command),
            ("POST", f"/ccxt/{account_id}/fetch_ticker", {"args": ["BTC/USDT"]}),
            ("POST", f"/ccxt/core/{account_id}/fetch_balance", {}),
            ("POST", "/ccxt/commands", [{"account_id": account_id, "func": "fetch_ticker", "args": ["BTC/USDT"]}]),
            ("POST", "/strategies", {"name": "x", "account_ids": [account_id]}),
        ]
        told = [await other.send(*request) for request in asked]
        return [(status, str(body).replace(f"account_id={account_id}", "")) for status, body in told]

    foreign, none = await answers(2), await answers(99)
    assert foreign == none
    assert all("account_not_found" in body for _, body in foreign)


async def test_an_admin_reads_all_and_changes_nothing(client: Client) -> None:
    """Admin keys are read-only."""
    admin = client.as_role("admin")
    assert len((await admin.get("/oms/accounts"))["items"]) == 3
    assert (await admin.error("send_order", **LIMIT))[1] == "admin_read_only"
    status, body = await admin.send("POST", "/ccxt/1/create_order", {"args": ["BTC/USDT", "market", "buy", 1]})
    assert (status, body["detail"]["code"]) == (403, "admin_read_only")


async def test_a_closer_only_makes_smaller(client: Client) -> None:
    """A close permission allows cancels, closes and reduce-only orders, and no others."""
    closer = client.as_role("closer")
    for _ in range(3):
        await client.order("buy", "0.01")
    await client.order("sell", "0.01")
    resting = await client.order("buy", "0.01", price="50000")
    assert (await closer.error("send_order", **LIMIT))[1] == "permission_denied"
    assert (await closer.error("change_order", order_id=resting, new_price="51000"))[1] == "permission_denied"
    assert (await closer.error("position_change", position_id=1, comment="x"))[1] == "permission_denied"
    await closer.done("cancel_order", order_id=resting)
    await closer.done("cancel_all_orders")
    await closer.done("close_position", position_id=1)
    await closer.done("close_by", position_id_a=2, position_id_b=4)
    await closer.order("sell", "0.01", reduce_only=True, position_id=3)
    assert await client.positions() == []


async def test_a_restricted_key_keeps_to_its_strategy(client: Client) -> None:
    """A key of strategy 1 reads and changes what belongs to strategy 1, in every way in."""
    restricted = client.as_role("strategy-restricted")
    own = await restricted.order("buy", "0.01", price="50000", strategy_id=1)
    other = await client.order("buy", "0.01", price="50000", strategy_id=2)
    await client.order("buy", "0.01", strategy_id=2)
    denied = (403, "strategy_permission_denied", "strategy_permission_denied")
    assert await restricted.error("send_order", **LIMIT) == denied
    assert await restricted.error("cancel_order", order_id=other) == denied
    assert await restricted.error("cancel_all_orders") == denied
    assert await restricted.error("cancel_all_orders", strategy_ids=[1, 2]) == denied
    assert await restricted.error("close_position", position_id=1) == denied
    assert [item["id"] for item in (await restricted.get(f"/oms/orders/{other},{own}"))["items"]] == [own]
    assert (await restricted.get("/oms/deals?order_ids=3"))["items"] == []
    status, body = await restricted.send("GET", "/oms/orders/open?account_ids=1&strategy_id=2")
    assert (status, body["detail"]["code"]) == (403, "strategy_permission_denied")
    status, body = await restricted.send("GET", "/oms/orders/open?account_ids=1")
    assert (status, body["detail"]["code"]) == (400, "strategy_required")
    await restricted.done("cancel_all_orders", strategy_ids=[1])


async def test_a_restricted_key_has_no_orders_at_the_gateway(client: Client) -> None:
    """The exchange knows no strategies: a restricted key gets market data there, and no orders or trades."""
    restricted = client.as_role("strategy-restricted")
    assert (await restricted.send("POST", "/ccxt/1/fetch_ticker", {"args": ["BTC/USDT"]}))[0] == 200
    for func in ("fetch_my_trades", "createOrder"):
        status, body = await restricted.send("POST", f"/ccxt/1/{func}", {"args": ["BTC/USDT", "market", "buy", 1]})
        assert (status, body["detail"]["code"]) == (403, "strategy_permission_denied")
