"""A trading day under random faults: afterwards every answer that a bot was given is true of the OMS's books."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import Any

import ccxt
import pytest

from oms_ccxt_async import Fate, OrderOutcomeUnknown
from oms_ccxt_async.errors import fate_of
from tests.faults.desk import COMMANDS, Profile, desk
from tests.faults.plan import Chaos, Cut, Delay, Fault, Reply, Slice

FAULTS: Sequence[Fault] = (
    Cut("up", 0, "rst"),
    Cut("up", 90, "fin"),
    Cut("down", 0, "rst"),
    Cut("down", 30, "fin"),
    Cut("down", 5, "fin", unit="body"),
    Delay("down", 0.6),
    Delay("up", 0.6),
    Reply(502, b"<html>", "text/html"),
    Reply(503, b"<html>", "text/html", forward=False),
    Reply(429, b"", headers={"Retry-After": "0"}, forward=False),
    Reply(200, b'{"results": [{"ok": tru'),
    Slice("down"),
)


@pytest.mark.parametrize("profile", ["full", "legacy"])
@pytest.mark.parametrize("seed", range(4))
async def test_answers_are_true_afterwards(profile: Profile, seed: int) -> None:
    """Orders that were returned stand once, orders that were refused do not stand, unknown ones are settled by asking.

    No client order id stands twice, and an order that was canceled by its caller is canceled.
    """
    async with desk(profile) as at:
        exchange = await at.exchange(settleTimeout=1_500)
        exchange.timeout = 400
        at.proxy.schedules.append(Chaos(seed, 0.3, FAULTS, COMMANDS))
        rng = random.Random(seed)
        outcomes: dict[str, Any] = {}
        canceled: set[str] = set()

        async def trade(number: int) -> None:
            key = f"chaos-{number}"
            price = rng.randrange(30_000, 50_000)
            try:
                order = await exchange.create_order("BTC/USDT", "limit", "buy", 0.001, price, {"clientOrderId": key})
            except ccxt.BaseError as error:
                outcomes[key] = error
                return
            outcomes[key] = order
            try:
                if number % 3 == 0:
                    await exchange.cancel_order(order["id"])
                    canceled.add(key)
                elif number % 3 == 1:
                    edited = await exchange.edit_order(order["id"], None, None, None, None, price + 100)
                    assert (edited["id"], edited["price"]) == (order["id"], price + 100)
            except ccxt.NetworkError:
                return

        for start in range(0, 40, 8):
            await asyncio.gather(*(trade(number) for number in range(start, start + 8)))
        at.proxy.schedules.clear()

        await at.ledger.assert_no_duplicates()
        for key, outcome in outcomes.items():
            if isinstance(outcome, OrderOutcomeUnknown):
                try:
                    outcomes[key] = await outcome.resolve()
                except OrderOutcomeUnknown:
                    assert profile == "legacy", "a full OMS can always tell"
        await at.ledger.assert_no_duplicates()
        placed = await at.ledger.orders_by_client_order_id()
        for key, outcome in outcomes.items():
            if isinstance(outcome, dict):
                assert [row["id"] for row in placed[key]] == [int(outcome["id"])]
            elif not isinstance(outcome, OrderOutcomeUnknown):
                assert fate_of(outcome) is not Fate.UNKNOWN
                assert key not in placed
            else:
                assert key not in placed
        assert {key for key in canceled if placed[key][0]["status"] != "CANCELED"} == set()
        assert len(outcomes) == 40
