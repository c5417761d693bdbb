"""Reading positions and the balance of an OMS of either profile."""

from __future__ import annotations

import asyncio
from typing import Any

import ccxt
import pytest

import oms_ccxt_async
from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.wire.retry import Kind
from tests.faults.eventually import eventually
from tests.faults.plan import Delay, Reply, on
from tests.oms_ccxt_async.support import (
    paths,
    settle,
    wired,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

oms = oms_ccxt_async.oms
UNREACHABLE = b'{"detail":{"code":"dispatcher_unavailable","message":"dispatcher_unavailable"}}'
POSITION_FIELDS = set(ccxt.Exchange().safe_position({}))


def ids(items: list[dict[str, Any]]) -> list[str]:
    return [item["id"] for item in items]


async def test_positions_by_symbol_and_id(exchange: oms, sandbox: Sandbox) -> None:
    """Positions are whole structures, found by symbol and by id; where nothing is open, `contracts` is 0."""
    await exchange.create_order("ETH/USDT", "market", "buy", 0.1)
    settle(sandbox)
    held = await exchange.fetch_positions(["ETH/USDT"])
    assert {position["symbol"] for position in held} == {"ETH/USDT"}
    position = held[-1]
    assert set(position) >= POSITION_FIELDS
    assert (position["side"], position["hedged"]) == ("long", False)
    assert position["contracts"] > 0
    assert position["id"].isdigit()
    assert (await exchange.fetch_position("ETH/USDT", {"position_id": position["id"]}))["id"] == position["id"]
    assert (await exchange.fetch_position(position["id"]))["id"] == position["id"]
    assert position in await exchange.fetch_positions()
    assert position in await exchange.fetch_positions_for_symbol("ETH/USDT")
    with pytest.raises(ccxt.BadRequest, match="no position 999999"):
        await exchange.fetch_position("ETH/USDT", {"position_id": 999_999})
    async with oms(sandbox.config(3)) as other:
        empty = await other.fetch_position("ETH/USDT")
        assert (empty["symbol"], empty["contracts"], empty["id"]) == ("ETH/USDT", 0.0, None)
        with pytest.raises(ccxt.BadRequest, match="has no position"):
            await other.fetch_position(position["id"])


@pytest.mark.parametrize("by", ["option", "params"])
async def test_positions_are_valued_where_that_is_asked_for(sandbox: Sandbox, by: str) -> None:
    """Mark price and leverage are the exchange's, the profit follows from them; a spot position has neither."""
    async with oms(sandbox.config(3)) as exchange:
        await exchange.set_leverage(4, "BTC/USDT:USDT")
        for symbol in ("BTC/USDT:USDT", "BTC/USDT"):
            await exchange.create_order(symbol, "market", "buy", 0.01)
        settle(sandbox)
        if by == "option":
            exchange.options["fetchPositions"] = {"valued": True}
        params = {"valued": True} if by == "params" else {}
        held = {position["symbol"]: position for position in await exchange.fetch_positions(params=params)}
        [there] = await exchange._pass_through("fetch_positions", [], Kind.READ)
        swap, spot = held["BTC/USDT:USDT"], held["BTC/USDT"]
        for name in ("markPrice", "leverage", "notional", "marginMode", "liquidationPrice", "initialMarginPercentage"):
            assert swap[name] == there[name]
            assert spot[name] is None
        assert swap["leverage"] == 4
        assert swap["unrealizedPnl"] == pytest.approx((swap["markPrice"] - swap["entryPrice"]) * swap["contracts"])
        for position in await exchange.fetch_positions():
            await exchange.close_position(position["symbol"], None, {"position_id": position["id"]})
        settle(sandbox)


@pytest.mark.parametrize("fault", [Reply(502, UNREACHABLE), Reply(200, b'{"ok":true,"result":[{"markPrice":"much"}]}')])
async def test_positions_are_told_while_the_exchange_is_silent(
    sandbox: Sandbox, fault: Reply, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the exchange cannot be asked, or answers something else, the OMS's positions come without values, and the
    log says so once for each time that this begins."""
    async with wired(sandbox, account_id=3, retry={"attempts": 1}) as (exchange, proxy):
        await exchange.create_order("BTC/USDT:USDT", "market", "buy", 0.01)
        settle(sandbox)
        exchange.options["fetchPositions"] = {"valued": True}
        for _ in range(2):
            [valued] = await exchange.fetch_positions()
            caplog.clear()
            proxy.plan(fault, on("POST", "/ccxt/3/fetch_positions"), times=2)
            for _ in range(2):
                [position] = await exchange.fetch_positions()
                assert (position["contracts"], position["entryPrice"]) == (0.01, valued["entryPrice"])
                for name in ("markPrice", "leverage", "unrealizedPnl", "notional", "liquidationPrice", "marginMode"):
                    assert position[name] is None
            assert [record.message.split(":")[0] for record in caplog.records] == ["oms fetch_positions()"]
        await exchange.close_position("BTC/USDT:USDT")
        settle(sandbox)


async def test_values_are_asked_for_once(sandbox: Sandbox) -> None:
    """Calls at the same time, for whichever symbols, share one question about all positions that are held; with
    `tickerTtl`, later ones do, too; and a call for spot positions asks nothing."""
    async with wired(sandbox, account_id=3, fetchPositions={"valued": True}) as (exchange, proxy):
        symbols = ["BTC/USDT:USDT", "BTC/USDT"]
        for symbol in symbols:
            await exchange.create_order(symbol, "market", "buy", 0.01)
        settle(sandbox)

        def asked() -> int:
            return paths(proxy.requests).count("POST /ccxt/3/fetch_positions")

        await exchange.fetch_positions(["BTC/USDT"])
        assert asked() == 0
        go = asyncio.Event()
        held = proxy.plan(Delay("down", go), on("POST", "/ccxt/3/fetch_positions"))
        reads: list[asyncio.Task[Any]] = [
            asyncio.create_task(exchange.fetch_positions(wanted)) for wanted in (None, symbols, symbols[:1])
        ]
        reads += [asyncio.create_task(exchange.fetch_position(symbols[0]))]
        await eventually(lambda: held.hits)
        go.set()
        *lists, position = await asyncio.gather(*reads)
        assert asked() == 1
        assert all(position in held for held in lists)
        assert position["markPrice"] > 0
        for ttl, count in ((60_000, 1), (0, 2)):
            exchange.options["tickerTtl"] = ttl
            await exchange.fetch_positions()
            assert asked() == count
        await exchange.close_all_positions()
        settle(sandbox)


async def test_several_positions_in_one_symbol_are_told_apart(sandbox: Sandbox) -> None:
    """In hedge mode a symbol with several positions has no single one: the error names their ids."""
    async with oms(sandbox.config(1)) as exchange:
        for side in ("buy", "sell"):
            await exchange.create_order("BTC/USDT", "market", side, 0.01)
        settle(sandbox)
        held = await exchange.fetch_positions(["BTC/USDT"])
        assert {position["side"] for position in held} == {"long", "short"}
        assert all(position["hedged"] for position in held)
        with pytest.raises(ccxt.ArgumentsRequired) as caught:
            await exchange.fetch_position("BTC/USDT")
        assert all(position["id"] in str(caught.value) for position in held)
        for position in held:
            await exchange.close_position("BTC/USDT", None, {"position_id": position["id"]})


async def test_the_history_of_positions_holds_closed_ones(exchange: oms, sandbox: Sandbox) -> None:
    """A position that was closed is in the history with `contracts` 0, and no longer among the open ones."""
    row = sandbox.oms.storage.select
    await exchange.create_order("BTC/USDT:USDT", "market", "sell", 0.01)
    settle(sandbox)
    position = (await exchange.fetch_positions(["BTC/USDT:USDT"]))[-1]
    from oms_ccxt_async.sandbox.rows import Position

    [record] = row(Position, id=int(position["id"]))
    record.state, record.closed_ms = "closed", exchange.milliseconds()
    with sandbox.oms.transaction([2]):
        sandbox.oms.storage.save(record)
    *_, closed = await exchange.fetch_positions_history(["BTC/USDT:USDT"], position["timestamp"])
    assert (closed["id"], closed["contracts"]) == (position["id"], 0.0)
    assert closed["id"] not in ids(await exchange.fetch_positions())
    assert await exchange.fetch_positions_history(["BTC/USDT:USDT"], None, 0) == []
    for type, there in {"swap": True, "spot": False}.items():
        assert (closed["id"] in ids(await exchange.fetch_positions_history(params={"type": type}))) is there


async def test_the_balance_adds_up_and_follows_orders(exchange: oms) -> None:
    """Free and used are the total of each currency, and an order's hold is seen as soon as it is placed."""
    before = await exchange.fetch_balance()
    order = await exchange.create_order("BTC/USDT", "limit", "buy", 1, 50_000)
    during = await exchange.fetch_balance(None)
    await exchange.cancel_order(order["id"])
    assert during["USDT"]["used"] - before["USDT"]["used"] == pytest.approx(50_000, rel=0.01)
    assert (await exchange.fetch_balance({}))["USDT"] == before["USDT"]
    for code in ("BTC", "ETH", "USDT"):
        assert during[code]["free"] + during[code]["used"] == pytest.approx(during[code]["total"])
        assert during["total"][code] == during[code]["total"]


async def test_accounts_and_status(exchange: oms) -> None:
    """The accounts of the key, and the OMS's own word that it is up."""
    accounts = await exchange.fetch_accounts()
    assert [account["id"] for account in accounts] == ["1", "2", "3"]
    assert accounts[1]["info"]["position_mode"] == "netting"
    assert (await exchange.fetch_status())["status"] == "ok"
