"""Watching by threads, and the hooks of programs, which the streams call."""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import ccxt
import ccxt.async_support
import pytest

from oms_ccxt_async import sync
from tests.faults.desk import LIMIT
from tests.oms_ccxt_async.elsewhere import Elsewhere, soon


def live(exchange: Any) -> bool:
    """Whether the account's stream is up."""
    return bool(exchange.stream_status().get("state") == "live")


# Watching


def test_every_thread_is_a_watcher(oms: Elsewhere) -> None:
    """Two threads that watch orders each get every order, and nothing that comes between two calls is lost."""
    with oms.exchange() as exchange:
        exchange.load_markets()
        ready = threading.Barrier(3)

        def watch() -> list[str]:
            with pytest.raises(ccxt.RequestTimeout):
                exchange.watch_orders(timeout=0.05)
            ready.wait(10)
            ready.wait(10)
            seen: list[str] = []
            for orders in iter(lambda: exchange.watch_orders(timeout=5), None):
                seen += [order["id"] for order in orders if order["id"] not in seen]
                if len(seen) == 3:
                    return seen
            raise AssertionError

        with ThreadPoolExecutor(2) as pool:
            watchers = [pool.submit(watch) for _ in range(2)]
            ready.wait(10)
            soon(lambda: live(exchange))
            made = [exchange.create_order(*LIMIT)["id"] for _ in range(3)]
            ready.wait(10)
            assert [watcher.result(10) for watcher in watchers] == [made, made]
        exchange.cancel_all_orders()


def test_a_watch_that_times_out_takes_nothing(full: Elsewhere) -> None:
    """However a timeout meets an update, the update comes out of one of the calls, once."""
    with full.exchange() as exchange:
        seen: list[str] = []

        def watch(seconds: float) -> None:
            with contextlib.suppress(ccxt.RequestTimeout):
                seen.extend(trade["id"] for trade in exchange.watch_my_trades(timeout=seconds))

        exchange.load_markets()
        watch(0.05)
        soon(lambda: live(exchange))
        made = []
        for turn in range(20):
            order = exchange.create_order("BTC/USDT", "market", "buy", 0.01)
            made += [trade["id"] for trade in exchange.fetch_order_trades(order["id"])]
            watch(turn / 5_000)
        while len(seen) < len(made):
            seen += [trade["id"] for trade in exchange.watch_my_trades(timeout=5)]
        assert seen == made


def test_a_thread_for_every_call_loses_nothing_under_a_name(full: Elsewhere) -> None:
    """Two loops whose calls each run in a new thread get every order once, each by its name."""
    with full.exchange() as exchange:
        exchange.load_markets()

        def call(name: str, timeout: float) -> list[str]:
            with ThreadPoolExecutor(1) as pool:
                orders = pool.submit(exchange.watch_orders, params={"consumer": name}, timeout=timeout).result(10)
            return [order["id"] for order in orders if order["status"] == "open"]

        for name in ("a", "b"):
            with pytest.raises(ccxt.RequestTimeout):
                call(name, 0.05)
        soon(lambda: live(exchange))
        seen: dict[str, list[str]] = {"a": [], "b": []}
        made = []
        for turn in range(5):
            made.append(exchange.create_order(*LIMIT)["id"])
            name = "ab"[turn % 2]
            seen[name] += call(name, 5)
        for name, ids in seen.items():
            while len(ids) < len(made):
                ids += call(name, 5)
        assert seen == {"a": made, "b": made}


def test_close_ends_a_watcher(full: Elsewhere) -> None:
    """A thread that waits for updates ends with `ExchangeClosedByUser`, and the exchange can be used again."""
    exchange = full.exchange()
    with ThreadPoolExecutor(1) as pool:
        watcher = pool.submit(exchange.watch_orders)
        soon(lambda: live(exchange))
        exchange.close()
        assert isinstance(watcher.exception(5), ccxt.ExchangeClosedByUser)
    assert exchange.session is None
    assert exchange.fetch_balance()["total"]
    exchange.close()


# Hooks


def test_hooks_are_the_programs_own(full: Elsewhere) -> None:
    """Overrides on the class and on the instance are called by the streams, in the loop's thread, which must not
    block."""
    connected: list[str] = []
    refused: list[str] = []

    class Mine(sync.oms):
        def on_connected(self, client: Any, message: Any = None) -> None:
            connected.append(threading.current_thread().name)
            try:
                self.fetch_balance()
            except RuntimeError as error:
                refused.append(str(error))

    with Mine(full.config()) as exchange:
        messages: list[Any] = []

        def handle(client: Any, message: Any) -> None:
            messages.append(message)
            Mine.handle_message(exchange, client, message)

        exchange.load_markets()
        exchange.handle_message = handle  # type: ignore[method-assign]
        with pytest.raises(ccxt.RequestTimeout):
            exchange.watch_orders(timeout=0.05)
        soon(lambda: connected)
        exchange.create_order(*LIMIT)
        assert exchange.watch_orders(timeout=5)
        assert messages
    assert connected[0] == "oms-sync"
    assert "fetch_balance() would wait for itself" in refused[0]


def test_caches_are_read_from_any_thread(full: Elsewhere) -> None:
    """What the streams hold, in plain dicts and lists that nobody changes; the hooks see it in the loop's thread."""
    seen: list[Any] = []

    class Mine(sync.oms):
        def handle_order(self, client: Any, message: Any) -> None:
            super().handle_order(client, message)
            seen.append([order["id"] for order in self.orders or ()])

    with Mine(full.config()) as exchange:
        exchange.load_markets()
        with pytest.raises(ccxt.RequestTimeout):
            exchange.watch_orders(timeout=0.05)
        soon(lambda: live(exchange))
        order = exchange.create_order(*LIMIT)
        assert exchange.watch_orders(timeout=5)
        assert exchange.watch_order_book_for_symbols(["BTC/USDT"], timeout=5)["symbol"] == "BTC/USDT"
        assert exchange.watch_ohlcv("BTC/USDT", timeout=5)
        books, candles = exchange.orderbooks, exchange.ohlcvs
        assert type(books) is type(candles["BTC/USDT"]) is dict
        assert books["BTC/USDT"]["bids"]
        assert order["id"] in [each["id"] for each in exchange.orders]
        assert order["id"] in seen[-1]
        exchange.orders = None
        assert exchange.orders is None


def test_replaced_fetch_markets_is_what_load_markets_uses(full: Elsewhere) -> None:
    """A `fetch_markets` of the program's, on the class or the instance, may call the exchange's own."""

    class Mine(sync.oms):
        def fetch_markets(self, params: Any = {}) -> Any:
            return [market for market in super().fetch_markets(params) if market["symbol"] == "ETH/USDT"]

    with Mine(full.config()) as exchange:
        assert list(exchange.load_markets()) == ["ETH/USDT"]
    with full.exchange() as exchange:
        own = exchange.fetch_markets
        exchange.fetch_markets = lambda params={}: own(params)[:1]  # type: ignore[method-assign]
        assert len(exchange.load_markets()) == 1


def test_a_wrapped_method_is_the_programs_alone(full: Elsewhere) -> None:
    """A method that a program wraps on its instance answers the program; the exchange inside goes on with its own."""
    with full.exchange(account_id=2) as exchange:
        own = exchange.fetch_positions
        calls: list[Any] = []

        def counted(*args: Any) -> Any:
            calls.append(args)
            return own(*args)

        exchange.fetch_positions = counted  # type: ignore[method-assign, assignment]
        exchange.create_order("BTC/USDT", "market", "buy", 0.01)
        assert len(exchange.fetch_positions(["BTC/USDT"])) == 1
        assert exchange.fetch_position("BTC/USDT")["contracts"] == 0.01
        exchange.close_all_positions()
        assert len(calls) == 1
