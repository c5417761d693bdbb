"""Accounts and strategies."""

from __future__ import annotations

from tests.sandbox.conftest import Client


async def test_a_new_strategy_can_trade(client: Client) -> None:
    """A strategy that was created is listed, and orders may name it, on its accounts only."""
    body = {"name": "gamma", "account_ids": [2, 2], "client_strategy_id": 7}
    assert await client.send("POST", "/strategies", body) == (200, {"ok": True, "strategy_id": 3})
    assert (await client.get("/strategies"))["items"][-1] == {
        "strategy_id": 3,
        "client_strategy_id": 7,
        "name": "gamma",
        "status": "active",
        "account_ids": [2],
    }
    await client.order("buy", "0.01", 2, strategy_id=3)
    error = await client.error(
        "send_order", 1, symbol="BTC/USDT", side="buy", order_type="market", qty="1", strategy_id=3
    )
    assert error[1] == "invalid_strategy_id"


async def test_a_strategys_name_is_unique(client: Client) -> None:
    """A name that is taken is refused."""
    status, body = await client.send("POST", "/strategies", {"name": "alpha"})
    assert (status, body["detail"]["code"]) == (409, "duplicate_strategy")


async def test_a_strategy_needs_trading_permission_on_its_accounts(client: Client) -> None:
    """Who may not trade an account registers no strategy for it; without accounts, for none of all."""
    for role, body in (("readonly", {"name": "x", "account_ids": [1]}), ("strategy-restricted", {"name": "x"})):
        assert (await client.as_role(role).send("POST", "/strategies", body))[0] == 403
    assert (await client.send("POST", "/strategies", {"name": "x", "account_ids": [9]}))[0] == 404


async def test_a_reader_sees_the_strategies_of_its_accounts(client: Client) -> None:
    """Strategies of accounts that a key may not read are not listed, and of the others only its accounts."""
    await client.send("POST", "/strategies", {"name": "gamma", "account_ids": [2]})
    items = (await client.as_role("readonly").get("/strategies"))["items"]
    assert [(item["name"], item["account_ids"]) for item in items] == [("alpha", [1]), ("beta", [1])]
    assert (await client.get("/strategies"))["items"][0]["account_ids"] == [1, 2, 3]


async def test_a_strategys_name_has_a_width(client: Client) -> None:
    """A name that its column cannot hold is refused."""
    status, body = await client.send("POST", "/strategies", {"name": "x" * 129})
    assert (status, body["detail"]["message"]) == (422, "name is longer than 128 characters")
