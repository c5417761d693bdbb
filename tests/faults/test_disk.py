"""The disk of the OMS is full: what it could not store it has not taken, and what is told of an order is true."""

from __future__ import annotations

import ccxt

from oms_ccxt_async import Fate, OrderOutcomeUnknown
from oms_ccxt_async.errors import fate_of
from tests.faults.desk import LIMIT, Desk
from tests.sandbox.test_oms import full_disk


async def test_an_order_that_the_oms_cannot_store(either: Desk) -> None:
    """It is not told as placed or refused; once there is room, the identical order is one order."""
    exchange = await either.exchange(retry={"attempts": 2, "base": 1, "cap": 2})
    first = await exchange.create_order(*LIMIT)
    note = {"comment": "x" * 60}
    with full_disk(either.sandbox.oms):
        placed, failed = [first], None
        while failed is None:  # what room its pages have left is used up first
            try:
                placed.append(await exchange.create_order(*LIMIT, note))
            except ccxt.BaseError as error:
                failed = error
        assert fate_of(failed) is Fate.UNKNOWN
        assert await placed_at(either) == [int(order["id"]) for order in placed]
    try:
        placed.append(await exchange.create_order(*LIMIT, note))
    except OrderOutcomeUnknown:  # a legacy OMS is only asked, and never sent an order twice
        assert either.profile == "legacy"
    assert await placed_at(either) == [int(order["id"]) for order in placed]
    assert (await exchange.cancel_order(first["id"]))["status"] == "canceled"


async def placed_at(made: Desk) -> list[int]:
    """The orders that the exchange has: a legacy OMS keeps the row of one that it could not hand on (fact 10)."""
    return [row["id"] for row in await made.orders() if row["status"] != "PENDING_SUBMIT"]
