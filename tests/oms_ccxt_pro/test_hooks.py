"""The hooks of ccxt.pro's classes: every message goes through the method of its kind, and connecting is told."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest

import oms_ccxt_pro
from oms_ccxt_pro.hooks import CHAINS
from tests.faults.eventually import eventually
from tests.oms_ccxt_pro.conftest import Desk, watching
from tests.oms_ccxt_pro.scripted import config, scripted
from tests.oms_ccxt_pro.test_market_stream import begun, tell


def counting(exchange: Any) -> list[tuple[str, str]]:
    """Override every hook on an instance: its name and the message's event, whenever it is called."""
    called: list[tuple[str, str]] = []
    for name in itertools.chain(*CHAINS):
        inherited = getattr(exchange, name)

        def handle(client: Any, message: Any, name: str = name, inherited: Any = inherited) -> None:
            called.append((name, message["event"]))
            inherited(client, message)

        setattr(exchange, name, handle)
    return called


async def test_every_message_of_the_account_goes_through_its_hooks(either: Desk) -> None:
    """Orders, fills and positions: from the plural to the singular, once each, on either profile."""
    called = counting(either.exchange)
    await either.begin()
    order = either.oms.order()
    either.oms.fill(order, "1")
    either.oms.position()
    await eventually(lambda: either.exchange.positions)
    for kind in ("handle_orders", "handle_my_trades", "handle_positions"):
        [chain] = [chain for chain in CHAINS if kind in chain]
        events = {name: [event for each, event in called if each == name] for name in chain}
        assert events[kind]
        assert all(each == events[kind] for each in events.values())


@pytest.mark.parametrize(
    ("channel", "data", "hooks"),
    [
        ("ticker", {"last": 1.0}, ["handle_tickers", "handle_ticker"]),
        ("orderbook", {"bids": [], "asks": []}, ["handle_order_book"]),
        ("trades", [{"id": "1", "timestamp": 1, "symbol": "BTC/USDT"}], ["handle_trades", "handle_trade"]),
        ("ohlcv", [[1, 1.0]], ["handle_ohlcv"]),
    ],
)
async def test_every_message_of_market_data_goes_through_its_hooks(
    full: Desk, channel: str, data: Any, hooks: list[str]
) -> None:
    """Each channel has its own."""
    called = counting(full.exchange)
    watch = getattr(full.exchange, f"watch_{ {'orderbook': 'order_book'}.get(channel, channel) }")
    task = await begun(full, watch("BTC/USDT"))
    tell(full, channel, data)
    await task
    assert called == [(name, f"{channel}_updated") for name in hooks]


async def test_a_cache_has_what_a_message_told_when_the_inherited_hook_returns() -> None:
    """A subclass reads `orders`, `myTrades` and `orderbooks` after `super()`, as programs for ccxt.pro do."""
    seen: dict[str, Any] = {}

    class Mine(oms_ccxt_pro.oms):
        def handle_order(self, client: Any, message: Any) -> None:
            super().handle_order(client, message)
            seen["orders"] = [(order["id"], order["status"]) for order in self.orders or ()]

        def handle_my_trades(self, client: Any, message: Any) -> None:
            super().handle_my_trades(client, message)
            seen["url"] = client.url

        def handle_order_book(self, client: Any, message: Any) -> None:
            super().handle_order_book(client, message)
            seen["bid"] = self.orderbooks["BTC/USDT"]["bids"][0]

    async with scripted("full") as oms, Mine(config(oms)) as exchange:
        desk = Desk(oms, exchange)
        await desk.begin()
        book = await begun(desk, exchange.watch_order_book("BTC/USDT"))
        order = oms.order()
        oms.fill(order, "1")
        tell(desk, "orderbook", {"bids": [[9.0, 1.0]], "asks": [[11.0, 1.0]]})
        assert (await book)["asks"] == [[11.0, 1.0]]
        await eventually(lambda: seen.get("orders") == [("1", "closed")])
        assert seen["bid"] == [9.0, 1.0]
        assert seen["url"] == oms.url.replace("http", "ws") + "/ws"


async def test_a_hook_that_keeps_a_message_keeps_it(full: Desk) -> None:
    """What an override does not hand on, nobody is told of; what it raises is counted, and the stream lives on."""
    await full.begin()
    full.exchange.handle_orders = lambda client, message: None
    full.oms.order()
    full.exchange.handle_positions = lambda client, message: 1 / 0
    full.oms.position()
    del full.exchange.handle_orders
    full.oms.tell("reconciliation_tick")
    await eventually(lambda: full.exchange.stream_status()["bad"] == 1)
    assert full.exchange.stream_status()["state"] == "live"


async def test_connecting_is_told_of_every_stream(full: Desk) -> None:
    """`on_connected` is called for the account and for market data, at every connection, with where it goes."""
    clients: list[Any] = []
    full.exchange.on_connected = lambda client, message=None: clients.append(client)
    await full.begin()
    task = asyncio.create_task(full.exchange.watch_ticker("BTC/USDT"))
    await eventually(lambda: len(clients) == 2)
    await full.oms.disconnect()
    await eventually(lambda: len(clients) == 4)
    assert {client.url for client in clients} == {full.oms.url.replace("http", "ws") + "/ws"}
    assert len(set(clients)) == 2
    task.cancel()


async def test_a_connection_that_breaks_is_told_by_the_status_and_by_no_hook_of_ccxt_s() -> None:
    """Neither `on_error` nor `on_close` is called, and no client kept; `onStatus` hears of the end and the return."""
    told: list[tuple[str, bool]] = []
    ws = {"onStatus": lambda status: told.append((status["state"], status["error"] is not None))}
    async with watching(ws=ws) as desk:
        hooks: list[Any] = []
        desk.exchange.on_error = desk.exchange.on_close = lambda client, why: hooks.append(why)
        await desk.begin()
        waiting = asyncio.create_task(desk.exchange.watch_orders())
        await desk.oms.disconnect()
        await eventually(lambda: desk.exchange.stream_status()["reconnects"] == 1)
        assert told == [("connecting", False), ("live", False), ("down", True), ("live", False)]
        assert (hooks, desk.exchange.clients, waiting.done()) == ([], {}, False)
        waiting.cancel()
