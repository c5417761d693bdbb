"""What a watcher of the balance may rely on, on real sockets."""

from __future__ import annotations

import asyncio

import ccxt
import pytest
from ccxt.base.errors import ExchangeClosedByUser

from tests.oms_ccxt_pro.conftest import Desk, watching


async def test_the_balance_follows_events(full: Desk) -> None:
    """The first call reads the balance; a fill makes it be read again."""
    assert (await full.exchange.watch_balance())["USDT"]["free"] == 100.0
    full.oms.balance["USDT"] = {"free": 50.0, "used": 50.0, "total": 100.0}
    full.oms.order()
    assert (await asyncio.wait_for(full.exchange.watch_balance(), 5))["USDT"]["free"] == 50.0
    assert await full.exchange.un_watch_balance()


def reads_of_the_balance(desk: Desk) -> int:
    """How often the balance was read."""
    return sum(path.endswith("/fetch_balance") for _, path in desk.oms.requests)


async def test_a_balance_that_cannot_be_read_is_read_again() -> None:
    """Trouble on the way is ridden out: the call returns when a read succeeds."""
    async with watching(ws={"balanceInterval": 10}, retry={"attempts": 1}) as desk:
        unavailable = 503, {"code": "dispatcher_unavailable", "message": "dispatcher_unavailable"}
        desk.oms.balance_trouble = [unavailable, (404, None), unavailable]
        balance = await asyncio.wait_for(desk.exchange.watch_balance(), 5)
        assert balance["USDT"]["free"] == 100.0
        assert reads_of_the_balance(desk) == 4


async def test_a_refused_balance_is_an_error_once_and_read_again_for_the_next_call(full: Desk) -> None:
    """The OMS's definite word reaches the watcher; nobody goes on trying until somebody calls."""
    full.oms.balance_trouble = [(403, {"code": "permission_denied", "message": "permission_denied"})]
    with pytest.raises(ccxt.PermissionDenied):
        await asyncio.wait_for(full.exchange.watch_balance(), 5)
    assert reads_of_the_balance(full) == 1
    assert (await asyncio.wait_for(full.exchange.watch_balance(), 5))["USDT"]["free"] == 100.0


async def test_many_events_are_one_read_of_the_balance() -> None:
    """However many orders change, the balance is read at most once in `balanceInterval`."""
    async with watching(ws={"balanceInterval": 60_000}) as desk:
        await desk.begin()
        await asyncio.wait_for(desk.exchange.watch_balance(), 5)
        for _ in range(20):
            desk.oms.order()
        await desk.gathered(desk.exchange.watch_orders, 20)
        assert await desk.quiet(desk.exchange.watch_balance())
        assert reads_of_the_balance(desk) == 1


async def test_balances_of_other_params_are_other_balances(full: Desk) -> None:
    """Params that go to the exchange are part of what is watched."""
    exchange = full.exchange
    assert (await exchange.watch_balance())["USDT"]["free"] == 100.0
    full.oms.balance["USDT"] = {"free": 50.0, "used": 50.0, "total": 100.0}
    assert (await exchange.watch_balance({"type": "swap"}))["USDT"]["free"] == 50.0


async def test_close_ends_a_call_that_waits_for_the_balance(full: Desk) -> None:
    """It raises what the other watch methods raise."""
    await full.exchange.watch_balance()
    call = asyncio.create_task(full.exchange.watch_balance())
    await asyncio.sleep(0)
    await full.exchange.close()
    with pytest.raises(ExchangeClosedByUser):
        await asyncio.wait_for(call, 5)


async def test_an_outage_reaches_a_watched_balance() -> None:
    """With `maxOutage` it is told of an outage as the other watchers are."""
    async with watching(ws={"maxOutage": 50}) as desk:
        await desk.exchange.watch_balance()
        await desk.live()
        call = asyncio.create_task(desk.exchange.watch_balance())
        desk.oms.close_code = 1013
        await desk.oms.disconnect()
        with pytest.raises(ccxt.NetworkError):
            await asyncio.wait_for(call, 5)


async def test_a_refused_stream_ends_a_watched_balance(full: Desk) -> None:
    """Without events nobody would learn of another balance: the call says so."""
    await full.exchange.watch_balance()
    await full.live()
    call = asyncio.create_task(full.exchange.watch_balance())
    full.oms.refuse = "permission_denied"
    await full.oms.disconnect()
    with pytest.raises(ccxt.PermissionDenied):
        await asyncio.wait_for(call, 5)
