"""What is watched, and then is not."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from ccxt.base.errors import UnsubscribeError

from tests.faults.eventually import eventually
from tests.oms_ccxt_pro.conftest import Desk


@pytest.mark.parametrize(
    ("subject", "watched"),
    [
        ("orders", "BTC/USDT"),
        ("orders_for_symbols", ["BTC/USDT", "ETH/USDT"]),
        ("my_trades", "BTC/USDT"),
        ("my_trades_for_symbols", ["BTC/USDT", "ETH/USDT"]),
        ("positions", ["BTC/USDT"]),
        ("ticker", "BTC/USDT"),
        ("tickers", ["BTC/USDT", "ETH/USDT"]),
        ("order_book", "BTC/USDT"),
        ("trades", "BTC/USDT"),
        ("ohlcv", "BTC/USDT"),
        ("bids_asks", ["BTC/USDT", "ETH/USDT"]),
        ("order_book_for_symbols", ["BTC/USDT", "ETH/USDT"]),
        ("trades_for_symbols", ["BTC/USDT", "ETH/USDT"]),
        ("ohlcv_for_symbols", [["BTC/USDT", "1m"], ["ETH/USDT", "1m"]]),
    ],
)
async def test_everything_watched_can_be_unwatched(full: Desk, subject: str, watched: Any) -> None:
    """Each `unWatch` ends its `watch` with `UnsubscribeError`, and the connection that nobody needs any more."""
    exchange = full.exchange
    watch, leave = getattr(exchange, f"watch_{subject}"), getattr(exchange, f"un_watch_{subject}")
    if subject == "positions":
        assert await watch(watched) == []
    call = asyncio.ensure_future(watch(watched))
    await eventually(lambda: full.oms.sockets and (full.oms.market_requests or full.oms.subscribes))
    if subject == "positions":
        await eventually(lambda: exchange._live.account.feeds[None].topics["positions"].consumers[0].waiters)
    assert await leave(watched)
    with pytest.raises(UnsubscribeError):
        await call
    await eventually(lambda: not full.oms.sockets)
    assert not await leave(watched)


async def test_unwatching_a_symbol_leaves_the_others(full: Desk) -> None:
    """`unWatchOrders(symbol)` ends that symbol's calls, and watching it again works."""
    exchange = full.exchange
    btc = asyncio.create_task(exchange.watch_orders("BTC/USDT"))
    await full.begin(lambda: exchange.watch_orders("ETH/USDT"))
    assert await exchange.un_watch_orders("BTC/USDT")
    with pytest.raises(UnsubscribeError):
        await btc
    full.oms.order(symbol="ETH/USDT")
    assert [order["id"] for order in await exchange.watch_orders("ETH/USDT")] == ["1"]
    again = asyncio.create_task(exchange.watch_orders("BTC/USDT"))
    await eventually(lambda: len(exchange._live.account.feeds[None].topics["orders"].consumers) == 2)
    full.oms.order()
    assert [order["id"] for order in await again] == ["2"]


async def test_unwatching_everything_ends_the_connection(full: Desk) -> None:
    """When nobody watches any more the socket is closed."""
    await full.begin(full.exchange.watch_orders)
    assert len(full.oms.sockets) == 1
    assert await full.exchange.un_watch_orders()
    await eventually(lambda: not full.oms.sockets)
    assert full.exchange.stream_status() == {}
