"""Open orders amid many that were filled and still say SUBMITTED (fact 19)."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest

import oms_ccxt_async
from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.sandbox.rows import Order
from tests.oms_ccxt_async.support import DAY, add_deals, add_orders, paths, wired

pytestmark = pytest.mark.asyncio(loop_scope="session")


def add_filled(sandbox: Sandbox, count: int, **fields: Any) -> list[str]:
    """Orders that are over by their deals, on a legacy OMS still SUBMITTED."""
    now = sandbox.oms.clock()
    amount = {"qty": Decimal("0.01"), **fields}
    rows = add_orders(sandbox, [now - 2 * DAY] * count, "FILLED" if sandbox.oms.full else "SUBMITTED", **amount)
    for order_id in rows:
        add_deals(sandbox, [now - 2 * DAY], order_id=int(order_id), **amount)
    return rows


async def open_ids(exchange: oms_ccxt_async.oms) -> list[str]:
    return [order["id"] for order in await exchange.fetch_open_orders()]


@pytest.mark.parametrize("strategy_id", [None, 1])
async def test_it_is_what_a_new_instance_reads(
    sandbox: Sandbox, strategy_id: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is placed, filled, canceled and deleted by others, the open orders are those that the OMS has."""
    small = {"resting.LONG": 20, "resting.NEAR": 12, "resting.STRAGGLERS": 2, "resting.MARGIN": 3}
    pages = {f"{room}.PAGE": 10 for room in ("lookup", "deals", "history")}  # whoever imports it comes first
    for name, value in {**pages, **small, "places.SIZES": (1, 2, 5, 10)}.items():
        monkeypatch.setattr(f"oms_ccxt_async.lists.{name}", value)
    draw = random.Random(strategy_id)
    scope: dict[str, Any] = {"strategy_id": strategy_id or 0}
    # Fills that others have reconciled may be told as late as our own: here they are to be told at once.
    options = {"reconcile": "never"} if strategy_id is None else {"reconcile": "never", **scope}
    now = sandbox.oms.clock()
    filled = add_filled(sandbox, 40, **scope)
    async with wired(sandbox, account_id=3, **options) as (exchange, _proxy):
        for _ in range(40):
            act = draw.choice(["place", "place", "fill", "cancel", "delete", "nothing", "nothing"])
            if act == "place":
                add_orders(sandbox, [now] * draw.randint(1, 3), "SUBMITTED", qty=Decimal("0.01"), **scope)
            elif act == "fill":
                filled += add_filled(sandbox, draw.randint(1, 25), **scope)
            elif act == "cancel" and (resting := await open_ids(exchange)):
                with sandbox.oms.transaction([3]):
                    order = sandbox.oms.storage.get(Order, id=int(draw.choice(resting)))
                    assert order is not None
                    order.status = "CANCELED"
                    sandbox.oms.storage.save(order)
            elif act == "delete":
                with sandbox.oms.transaction([3]):
                    for _ in range(draw.randint(1, len(filled) // 2)):
                        sandbox.oms.storage.delete(Order, id=int(filled.pop(draw.randrange(len(filled)))))
            async with oms_ccxt_async.oms(sandbox.config(3)) as new:
                for name, value in options.items():
                    new.options[name] = value
                assert await open_ids(exchange) == await open_ids(new), act


async def test_it_does_not_grow_with_what_was_filled(sandbox: Sandbox) -> None:
    """Amid 1,500 filled orders the open ones cost three requests from the second time on."""
    add_filled(sandbox, 1_500, strategy_id=2)
    now = sandbox.oms.clock()
    add_orders(sandbox, [now] * 3, "SUBMITTED", strategy_id=2)
    async with wired(sandbox, account_id=3, strategy_id=2, reconcile="never") as (exchange, proxy):
        first = await open_ids(exchange)
        assert len(first) == 3
        [more] = add_orders(sandbox, [now], "SUBMITTED", strategy_id=2)
        await exchange.fetch_open_orders()
        proxy.requests.clear()
        assert await open_ids(exchange) == [*first, more]
        assert len(proxy.requests) <= (1 if sandbox.oms.full else 3), paths(proxy.requests)
        assert all("open" not in path or sandbox.oms.full for path in paths(proxy.requests))
