"""Reduce-only orders, which the exchange does not know as such."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.conftest import Client, short

MARKET: dict[str, Any] = {"symbol": "BTC/USDT", "order_type": "market", "reduce_only": True}


async def test_a_reduce_only_order_is_cut_to_the_position(client: Client) -> None:
    """It closes what is there and opens nothing."""
    await client.order("buy", "0.1", 2)
    order_id = await client.order("sell", "0.5", 2, reduce_only=True)
    assert short((await client.row("orders", order_id))["qty"]) == "0.1"
    assert await client.positions(2) == []


@pytest.mark.parametrize("account_id", [1, 2, 3])
async def test_a_reduce_only_order_needs_an_opposite_position(client: Client, account_id: int) -> None:
    """Without a position, or on its own side, it is refused and leaves no order."""
    refusal = (400, "reduce_only_rejected", "reduce_only needs an open position on the other side")
    assert await client.error("send_order", account_id, side="sell", qty="1", **MARKET) == refusal
    await client.order("buy", "0.1", account_id)
    assert await client.error("send_order", account_id, side="buy", qty="1", position_id=1, **MARKET) == refusal
    assert len((await client.get("/oms/orders/1,2,3"))["items"]) == 1


async def test_in_hedge_mode_a_reduce_only_order_names_its_position(client: Client) -> None:
    """In hedge mode no position is the one; named, it is reduced."""
    await client.order("buy", "0.1")
    assert (await client.error("send_order", side="sell", qty="0.1", **MARKET))[1] == "reduce_only_rejected"
    await client.order("sell", "0.04", reduce_only=True, position_id=1)
    assert await client.positions() == [(1, "buy", "0.06")]


async def test_another_strategy_has_nothing_to_reduce(client: Client) -> None:
    """In strategy_netting mode the position must be the strategy's own."""
    await client.order("buy", "0.1", 3, strategy_id=1)
    refused = await client.error("send_order", 3, side="sell", qty="0.1", strategy_id=2, **MARKET)
    assert refused[1] == "reduce_only_rejected"


async def test_resting_reduce_only_orders_shrink_with_the_position(client: Client) -> None:
    """When the position becomes smaller, resting reduce-only orders are cut to it; when it closes, canceled."""
    await client.order("buy", "0.1", 2)
    target = await client.order("sell", "0.1", 2, price="70000", reduce_only=True)
    other = await client.order("sell", "0.02", 2, price="71000", reduce_only=True)
    await client.order("sell", "0.06", 2)
    assert [short((await client.row("orders", each))["qty"]) for each in (target, other)] == ["0.04", "0.02"]
    await client.order("sell", "0.04", 2)
    assert [(await client.row("orders", each))["status"] for each in (target, other)] == ["CANCELED", "CANCELED"]
    client.sandbox.move("BTC/USDT", 75000)
    assert await client.positions(2) == []


async def test_a_changed_reduce_only_order_stays_within_the_position(client: Client) -> None:
    """A larger quantity is cut to the position again."""
    await client.order("buy", "0.1", 2)
    order_id = await client.order("sell", "0.05", 2, price="70000", reduce_only=True)
    await client.done("change_order", 2, order_id=order_id, new_qty="3")
    assert short((await client.row("orders", order_id))["qty"]) == "0.1"


async def test_swap_positions_in_hedge_mode_close_on_their_own(client: Client) -> None:
    """A long and a short in one swap cancel out at the exchange, and each can still be closed."""
    await client.order("buy", "0.01", symbol="BTC/USDT:USDT")
    await client.order("sell", "0.01", symbol="BTC/USDT:USDT")
    await client.done("close_position", position_id=1)
    await client.done("close_position", position_id=2)
    assert await client.positions() == []
