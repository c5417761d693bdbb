"""ccxt's own validators accept what the driver makes, of recorded rows and of a sandbox's."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import ccxt.test.exchange.base as base
import pytest
import pytest_asyncio

import oms_ccxt_async
from oms_ccxt_async.mappers import MarketFacts
from oms_ccxt_async.mappers.order import unified_order
from oms_ccxt_async.mappers.position import unified_position
from oms_ccxt_async.mappers.trade import unified_trade
from oms_ccxt_async.sandbox import Sandbox
from tests.dropin.validators import NAMES, SKIPS, arguments, create_order_validator, validator

pytestmark = [pytest.mark.dropin, pytest.mark.asyncio(loop_scope="session")]

oms = oms_ccxt_async.oms
SPOT, SWAP = "BTC/USDT", "BTC/USDT:USDT"
RECORDED = json.loads(Path("tests/contract/rest.json").read_text())
LISTS: dict[str, list[dict[str, Any]]] = {
    kind: [
        row
        for call in RECORDED
        if call["request"]["path"].startswith(f"/oms/{kind}") and call["response"]["status"] == 200
        for row in call["response"]["body"]["items"]
    ]
    for kind in ("orders", "deals", "positions")
}
FACTS = MarketFacts(SPOT, spot=True, contract=False, inverse=False, contract_size=None)
SUPPORTED = {oms().un_camel_case(name) for name, has in oms().has.items() if has}
CHECKED = [name for name in NAMES if name in {*SUPPORTED, "load_markets", "features", "after_construct"}]


@pytest.fixture(scope="module")
def offline() -> oms:
    """A driver that knows the recorded markets and never sends anything."""
    exchange = oms()
    [markets] = [call for call in RECORDED if call["name"] == "ccxt gateway: fetch_markets"]
    exchange.set_markets(markets["response"]["body"]["result"])
    return exchange


@pytest_asyncio.fixture(scope="module", loop_scope="session", params=["full", "legacy"])
async def traded(request: pytest.FixtureRequest) -> AsyncIterator[oms]:
    """A driver of an account that has traded, on an OMS of each profile."""
    async with Sandbox(profile=request.param, volatility=1) as sandbox, oms(sandbox.config(account_id=2)) as exchange:
        for symbol in (SPOT, SWAP):
            await exchange.create_order(symbol, "market", "buy", 0.02)
            await exchange.create_order(symbol, "limit", "buy", 0.01, 30_000)
            canceled = await exchange.create_order(symbol, "limit", "buy", 0.01, 30_000)
            await exchange.cancel_order(canceled["id"])
        await exchange.reconcile()
        yield exchange


class Desk(oms):
    """A driver beside which somebody does what a sandbox leaves out: the paper exchange does not round a price to the
    market's steps, as the classes of ccxt do, and a legacy OMS learns of fills only now and then."""

    async def create_order(
        self, symbol: str, type: str, side: str, amount: Any, price: Any = None, params: Any = {}
    ) -> dict[str, Any]:
        rounded = None if price is None else self.price_to_precision(symbol, price)
        order = await super().create_order(symbol, type, side, amount, rounded, params)
        await self.reconcile()
        return await self.fetch_order(order["id"], symbol)


async def test_recorded_orders(offline: oms) -> None:
    """Every recorded order, with its recorded deals, is a valid unified order."""
    deals = {row["id"]: row for row in LISTS["deals"]}.values()
    assert LISTS["orders"]
    for row in LISTS["orders"]:
        order = unified_order(row, market=FACTS, deals=[deal for deal in deals if deal["order_id"] == row["id"]])
        base.test_order(offline, {}, "fetchOrder", order, row["symbol"], offline.milliseconds())


async def test_recorded_deals(offline: oms) -> None:
    """Every recorded deal is a valid unified trade."""
    assert LISTS["deals"]
    for row in LISTS["deals"]:
        trade = unified_trade(row, market=FACTS)
        base.test_trade(offline, {}, "fetchMyTrades", trade, row["symbol"], offline.milliseconds(), False)


async def test_recorded_positions(offline: oms) -> None:
    """Every recorded position that is open is a valid unified position."""
    rows = [row for row in LISTS["positions"] if row["state"] != "closed"]
    assert rows
    for row in rows:
        position = unified_position(row, market=FACTS)
        skips = SKIPS["fetch_positions"]
        base.test_position(offline, skips, "fetchPositions", position, row["symbol"], offline.milliseconds())


@pytest.mark.parametrize("symbol", [SPOT, SWAP])
@pytest.mark.parametrize("name", CHECKED)
async def test_method(traded: oms, name: str, symbol: str) -> None:
    """What the method answers is as ccxt wants it from an exchange of its own."""
    check = validator(name)
    answer = check(traded, SKIPS.get(name, {}), *arguments(check, symbol, "USDT"))
    assert await answer is not False


@pytest.mark.parametrize("profile", ["full", "legacy"])
@pytest.mark.parametrize("symbol", [SPOT, SWAP])
async def test_funded(profile: Any, symbol: str) -> None:
    """ccxt's trading scenarios go through: an order that rests and is canceled, one that is filled and sold again."""
    async with Sandbox(profile=profile, volatility=0) as sandbox, Desk(sandbox.config(account_id=2)) as exchange:
        await exchange.load_markets()
        assert await create_order_validator()(exchange, {}, symbol) is True
