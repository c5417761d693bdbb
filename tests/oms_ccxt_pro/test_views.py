"""The caches of ccxt.pro: they show what the streams hold, in ccxt's types, whenever they are read."""

from __future__ import annotations

import asyncio
import copy
import gc
import json
import pickle
from decimal import Decimal
from typing import Any

import pytest
from ccxt.async_support.base.ws.cache import (
    ArrayCache,
    ArrayCacheBySymbolById,
    ArrayCacheBySymbolBySide,
    ArrayCacheByTimestamp,
)
from ccxt.async_support.base.ws.order_book import OrderBook

import oms_ccxt_pro
from oms_ccxt_async import sync
from oms_ccxt_pro.views import View, arranged, book_of
from tests.faults.eventually import eventually
from tests.oms_ccxt_pro.conftest import Desk
from tests.oms_ccxt_pro.test_market_stream import begun, tell

LISTS = ("orders", "myTrades", "positions")
DICTS = ("orderbooks", "tickers", "bidsasks", "trades", "ohlcvs")
BOOK = {"bids": [[9.0, 1.0], [8.0, 1.0]], "asks": [[11.0, 1.0], [12.0, 1.0]], "timestamp": 1_700_000_000_000}


def states(exchange: Any) -> list[tuple[str, str]]:
    """Id and status of the orders in the cache."""
    return [(order["id"], order["status"]) for order in exchange.orders or ()]


# Orders, fills, positions, balance


def test_before_anything_is_watched_they_are_what_ccxts_are() -> None:
    """None, or an empty dict; also of the sync class, which begins no loop for that."""
    for exchange in (oms_ccxt_pro.oms(), sync.oms()):
        assert [getattr(exchange, name) for name in LISTS] == [None, None, None]
        assert [getattr(exchange, name) for name in (*DICTS, "balance")] == [{}] * 6
        assert isinstance(exchange.tickers, dict)


async def test_orders_and_fills_are_there_after_a_watch(either: Desk) -> None:
    """In ccxt's types, by symbol and id."""
    exchange, oms = either.exchange, either.oms
    await either.begin()
    first, second = oms.order(), oms.order(symbol="ETH/USDT")
    deal = oms.fill(first, "1")
    await either.gathered(exchange.watch_my_trades, 1)
    await eventually(lambda: sorted(states(exchange)) == [(str(first), "closed"), (str(second), "open")])
    assert type(exchange.orders) is type(exchange.myTrades) is ArrayCacheBySymbolById
    [other] = [order for order in exchange.orders if order["symbol"] == "ETH/USDT"]
    assert exchange.orders.hashmap["ETH/USDT"][str(second)] is other
    assert [trade["id"] for trade in exchange.myTrades] == [str(deal)]
    assert exchange.orders.getLimit("BTC/USDT", None) == 1


async def test_positions_of_one_side_are_all_there(either: Desk) -> None:
    """An OMS may have several in a symbol: the list has each, and none that is closed."""
    exchange, oms = either.exchange, either.oms
    assert await exchange.watch_positions() == []
    keys = [oms.position(), oms.position()]
    await eventually(lambda: len(exchange.positions or ()) == 2)
    assert isinstance(exchange.positions, ArrayCacheBySymbolBySide)
    assert [position["id"] for position in exchange.positions] == [str(key) for key in keys]
    [symbol] = {position["symbol"] for position in exchange.positions}
    assert exchange.positions.hashmap[symbol]["long"]["id"] == str(keys[1])
    oms.position(keys[1], state="closed", qty="0E-18")
    await eventually(lambda: [position["id"] for position in exchange.positions] == [str(keys[0])])


async def test_the_balance_is_the_last_that_was_read(full: Desk) -> None:
    """A copy of it, the same one until there is another."""
    assert (await full.exchange.watch_balance())["USDT"]["free"] == 100.0
    full.exchange.balance["USDT"]["free"] = 0.0
    assert full.exchange.balance["USDT"]["free"] == 0.0
    full.exchange.balance = {}
    assert full.exchange.balance == {}
    full.oms.balance = {"info": {}, "USDT": {"free": 50.0, "used": 0.0, "total": 50.0}}
    full.oms.order()
    assert (await full.exchange.watch_balance())["USDT"]["free"] == 50.0
    assert full.exchange.balance["USDT"]["free"] == 50.0


async def test_without_news_a_cache_is_the_same(full: Desk) -> None:
    """Read twice it is equal, and nothing was made again; the latest change is the last."""
    exchange = full.exchange
    await full.begin(exchange.watch_orders)
    full.oms.order()
    await eventually(lambda: states(exchange) == [("1", "open")])
    assert exchange.orders is exchange.orders
    kept = exchange.orders[0]
    full.oms.order()
    await eventually(lambda: len(exchange.orders) == 2)
    assert exchange.orders[0] is kept
    full.oms.order(1, status="CANCELED")
    await eventually(lambda: states(exchange) == [("2", "open"), ("1", "canceled")])


async def test_nothing_is_made_unless_it_is_read(full: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Orders that nobody watches and nobody reads are not even mapped."""
    made: list[Any] = []
    exchange = full.exchange
    unified = exchange._unified_order

    def counted(*args: Any) -> Any:
        made.append(args)
        return unified(*args)

    monkeypatch.setattr(exchange, "_unified_order", counted)
    await full.begin(exchange.watch_my_trades)
    full.oms.order()
    full.oms.fill(1, "1")
    await full.gathered(exchange.watch_my_trades, 1)
    assert made == []
    assert states(exchange)[-1] == ("1", "closed")
    assert made


async def test_a_cache_may_be_iterated_over_while_updates_come(full: Desk) -> None:
    """What is being read is not changed, and a change of it does not reach the driver's."""
    exchange = full.exchange
    await full.begin(exchange.watch_orders)
    for _ in range(3):
        full.oms.order()
    await eventually(lambda: len(exchange.orders or ()) == 3)
    passed = []
    for order in exchange.orders:
        key = order["id"]
        full.oms.order(int(key), status="CANCELED")

        def is_canceled(key: str = key) -> bool:
            return (key, "canceled") in states(exchange)

        await eventually(is_canceled)
        order.clear()
        passed.append(order)
    assert len(passed) == 3
    assert [order["status"] for order in exchange.orders] == ["canceled"] * 3
    assert len(await exchange.watch_orders()) == 6


async def test_a_cache_that_is_set_anew_begins_with_what_comes(full: Desk) -> None:
    """`exchange.orders = None`, as programs forget what they have seen."""
    exchange = full.exchange
    await full.begin(exchange.watch_orders)
    full.oms.order()
    full.oms.order()
    await eventually(lambda: len(exchange.orders or ()) == 2)
    exchange.orders = None
    assert exchange.orders is None
    full.oms.order(1, status="CANCELED")
    await eventually(lambda: states(exchange) == [("1", "canceled")])


async def test_a_cache_that_is_cleared_begins_with_what_comes(full: Desk) -> None:
    """As ccxt's example consumes trades: what was cleared does not come again, also with `newUpdates: False`."""
    exchange = full.exchange
    exchange.newUpdates = False
    await full.begin()
    call = await begun(full, exchange.watch_trades("BTC/USDT"))
    seen = []
    for number in range(1, 4):
        tell(full, "trades", [{"id": str(number), "timestamp": number, "symbol": "BTC/USDT"}])
        seen += [trade["id"] for trade in await call]
        exchange.trades["BTC/USDT"].clear()
        assert exchange.trades["BTC/USDT"] == []
        call = asyncio.create_task(exchange.watch_trades("BTC/USDT"))
        await asyncio.sleep(0)
    call.cancel()
    assert seen == ["1", "2", "3"]
    fills = []
    for _ in range(3):
        full.oms.fill(full.oms.order(), "1")
        async with asyncio.timeout(5):
            fills += [trade["id"] for trade in await exchange.watch_my_trades()]
        exchange.myTrades.clear()
        assert exchange.myTrades == []
    assert fills == ["1", "2", "3"]
    full.oms.fill(full.oms.order(), "1")
    await eventually(lambda: [trade["id"] for trade in exchange.myTrades] == ["4"])


async def test_json_has_what_is_in_them(full: Desk) -> None:
    """Also to code that does not ask the methods of ccxt's types, which are empty to it."""
    exchange = full.exchange
    await full.begin(exchange.watch_orders)
    full.oms.order()
    ticker = await begun(full, exchange.watch_ticker("BTC/USDT"))
    tell(full, "ticker", {"last": 1.0})
    await ticker
    await eventually(lambda: len(exchange.orders or ()) == 1)
    assert json.loads(json.dumps(exchange.orders))[0]["id"] == "1"
    assert json.loads(json.dumps(exchange.tickers)) == {"BTC/USDT": {"last": 1.0}}


async def test_after_close_they_are_what_they_were(full: Desk) -> None:
    """A program prints what it has seen when it is done; `close(True)` clears them, as ccxt's."""
    exchange = full.exchange
    await full.begin()
    full.oms.order()
    full.oms.fill(1, "1")
    trades = await begun(full, exchange.watch_trades("BTC/USDT"))
    tell(full, "trades", [{"id": "1", "timestamp": 1, "symbol": "BTC/USDT"}])
    await trades
    await full.gathered(exchange.watch_my_trades, 1)
    await exchange.close()
    assert states(exchange) == [("1", "closed")]
    assert (len(exchange.myTrades), len(exchange.trades["BTC/USDT"])) == (1, 1)
    await exchange.close(True)
    assert [getattr(exchange, name) for name in LISTS] == [None, None, None]
    assert exchange.trades == {}


async def test_what_is_unwatched_is_gone(full: Desk) -> None:
    """As ccxt's `unWatch` methods clean their caches."""
    exchange = full.exchange
    await full.begin(exchange.watch_orders)
    full.oms.order()
    await eventually(lambda: states(exchange) == [("1", "open")])
    ticker = await begun(full, exchange.watch_ticker("BTC/USDT"))
    tell(full, "ticker", {"last": 1.0})
    await ticker
    assert exchange.tickers.keys() == {"BTC/USDT"}
    await exchange.un_watch_orders()
    await exchange.un_watch_ticker("BTC/USDT")
    assert (exchange.orders, exchange.tickers) == (None, {})


# Market data


async def test_market_data_is_there_in_ccxts_types(full: Desk) -> None:
    """Books, tickers, trades and candles by symbol, of copies that a program may change."""
    exchange = full.exchange
    calls = []
    for number, (channel, data) in enumerate(
        {
            "order_book": BOOK,
            "ticker": {"last": 1.0, "info": {"raw": 1}},
            "trades": [{"id": str(each), "timestamp": each, "symbol": "BTC/USDT"} for each in (1, 2)],
            "ohlcv": [[1, 1.0], [2, 2.0]],
        }.items(),
        1,
    ):
        calls.append(await begun(full, getattr(exchange, f"watch_{channel}")("BTC/USDT"), number))
        tell(full, channel.replace("_", ""), data)
    await asyncio.gather(*calls)
    book = exchange.orderbooks["BTC/USDT"]
    assert type(book) is OrderBook
    assert (book["bids"], book["asks"], book["symbol"]) == (BOOK["bids"], BOOK["asks"], "BTC/USDT")
    assert book["datetime"] == "2023-11-14T22:13:20.000Z"
    assert exchange.tickers == {"BTC/USDT": {"last": 1.0, "info": {"raw": 1}}}
    assert type(exchange.trades["BTC/USDT"]) is ArrayCache
    assert [trade["id"] for trade in exchange.trades["BTC/USDT"]] == ["1", "2"]
    assert type(exchange.ohlcvs["BTC/USDT"]["1m"]) is ArrayCacheByTimestamp
    assert exchange.ohlcvs["BTC/USDT"]["1m"][-1] == [2, 2.0]
    book["bids"].clear()
    exchange.tickers["BTC/USDT"]["info"].clear()
    latest = exchange._live.market(None).latest
    assert latest["orderbook", "BTC/USDT"]["data"]["bids"]
    assert latest["ticker", "BTC/USDT"]["data"]["info"]


async def test_a_dict_that_is_held_shows_the_newest(full: Desk) -> None:
    """As programs take `exchange.tickers` once and read it again and again; iterating over it is safe."""
    exchange = full.exchange
    tickers, candles = exchange.tickers, exchange.ohlcvs
    assert "BTC/USDT" not in tickers
    calls = [await begun(full, exchange.watch_ticker("BTC/USDT"), 1)]
    calls.append(await begun(full, exchange.watch_ohlcv("BTC/USDT"), 2))
    tell(full, "ticker", {"last": 1.0})
    tell(full, "ohlcv", [[1, 1.0]])
    await asyncio.gather(*calls)
    held = candles["BTC/USDT"]
    assert (tickers["BTC/USDT"]["last"], held["1m"]) == (1.0, [[1, 1.0]])
    other = asyncio.create_task(exchange.watch_ticker("ETH/USDT"))
    await eventually(lambda: len(full.oms.market_requests) == 3)
    for symbol in tickers:
        assert symbol == "BTC/USDT"
        tell(full, "ticker", {"last": 2.0}, "ETH/USDT")
        await other
        assert len(tickers) == 2
    tell(full, "ohlcv", [[1, 1.5]])
    await eventually(lambda: held["1m"] == [[1, 1.5]])


async def test_what_a_program_sets_or_takes_out_stays_so_until_there_is_news(full: Desk) -> None:
    """`del exchange.tickers[symbol]`, `exchange.tickers = {}` and an override's own entries."""
    exchange = full.exchange
    call = await begun(full, exchange.watch_ticker("BTC/USDT"))
    tell(full, "ticker", {"last": 1.0})
    await call
    del exchange.tickers["BTC/USDT"]
    assert exchange.tickers == {}
    exchange.tickers["BTC/USDT"] = {"last": 9.0}
    assert exchange.tickers["BTC/USDT"] == {"last": 9.0}
    exchange.tickers = {}
    assert exchange.tickers == {}
    tell(full, "ticker", {"last": 2.0})
    await exchange.watch_ticker("BTC/USDT")
    assert exchange.tickers == {"BTC/USDT": {"last": 2.0}}


async def test_as_many_are_kept_as_ccxts_options_say(full: Desk) -> None:
    """`tradesLimit` and `OHLCVLimit`, by which the oldest go."""
    exchange = full.exchange
    exchange.options.update(tradesLimit=2, OHLCVLimit=2)
    trades = await begun(full, exchange.watch_trades("BTC/USDT"))
    candles = await begun(full, exchange.watch_ohlcv("BTC/USDT"), 2)
    tell(full, "trades", [{"id": str(each), "timestamp": each, "symbol": "BTC/USDT"} for each in (1, 2, 3)])
    tell(full, "ohlcv", [[1, 1.0], [2, 2.0], [3, 3.0]])
    assert (len(await trades), len(await candles)) == (3, 3)
    assert [trade["id"] for trade in exchange.trades["BTC/USDT"]] == ["2", "3"]
    assert exchange.ohlcvs["BTC/USDT"]["1m"] == [[2, 2.0], [3, 3.0]]


@pytest.mark.parametrize("number", [float, Decimal, str])
def test_a_book_is_made_of_every_kind_of_number(number: Any) -> None:
    """`limit` levels of each side, and `limit()` cuts to them again."""
    prices = {"bids": ["9.0", "8.0"], "asks": ["11.0", "12.0"]}
    levels = {side: [[number(price), number("1.5")] for price in each] for side, each in prices.items()}
    book = book_of(levels, "BTC/USDT", 1)
    assert (book["bids"], book["asks"]) == (levels["bids"][:1], levels["asks"][:1])
    assert book.limit() is book
    if number is not str:
        book["bids"].store(number("9.5"), number(1))
        assert book.limit()["bids"] == [[number("9.5"), number(1)]]


def test_a_view_is_a_dict_to_every_reader() -> None:
    """Each way to read it has the newest, and a copy of it is a plain dict."""
    source: dict[str, list[int]] = {}
    view = View(lambda: len(source), lambda: list(source.items()), lambda key, item: (key, *item))
    readers: list[Any] = [dict, lambda view: {**view}, copy.copy, copy.deepcopy, dict.copy, lambda view: view | {}]
    readers += [
        lambda view: pickle.loads(pickle.dumps(view)),
        lambda view: dict(zip(view.keys(), view.values(), strict=True)),
    ]
    readers += [lambda view: view.copy(), lambda view: {key: view[key] for key in reversed(view)}]
    readers += [lambda view: {key: view.get(key) for key in view}, lambda view: {} | view]
    for number, read in enumerate(readers, 1):
        source[f"key{number}"] = [number]
        assert read(view) == {f"key{each}": (f"key{each}", each) for each in range(1, number + 1)}
        assert isinstance(read(view), dict)
        assert len(view) == number
    assert view == {**view}
    assert "key1" in view
    assert repr(view) == repr({**view})
    assert view.pop("key1") == ("key1", 1)
    assert view.setdefault("key1", "mine") == "mine"


async def test_other_threads_may_read_them(full: Desk) -> None:
    """As freqtrade does, whose streams live in a thread of their own: nothing breaks while news of new symbols come."""
    exchange = full.exchange
    await full.begin(exchange.watch_orders)
    calls = [
        asyncio.create_task(exchange.watch_ohlcv("BTC/USDT")),
        asyncio.create_task(exchange.watch_trades("BTC/USDT")),
    ]
    await eventually(lambda: len(full.oms.market_requests) == 2)
    streams = [exchange._live.market(timeframe) for timeframe in ("1m", None)]
    done = False

    def read() -> int:
        count = 0
        while not done:
            count += len(exchange.ohlcvs) + len(exchange.orders) + len(list(exchange.trades.values()))
            dict(exchange.tickers.items())
        return count

    reading = asyncio.create_task(asyncio.to_thread(read))
    for number in range(300):
        for stream, channel in zip(streams, ("ohlcv", "trades"), strict=True):
            symbol = f"S{number}/USDT"
            stream.topic(channel, symbol)
            data: Any = [[number, 1.0]] if channel == "ohlcv" else [{"id": "1", "timestamp": 1, "symbol": symbol}]
            payload = {"symbol": symbol, "channel": channel, "data": data}
            stream.take({"event": f"{channel}_updated", "payload": payload})
        full.oms.order()
        await asyncio.sleep(0)
    await eventually(lambda: len(exchange.orders) == 300)
    done = True
    assert await reading
    assert (len(exchange.ohlcvs), len(exchange.trades)) == (300, 300)
    for call in calls:
        call.cancel()


def test_lists_are_arranged_as_ccxt_does() -> None:
    """A second state of an order takes the place of the first, at the end."""
    orders = [{"symbol": "A", "id": each, "status": status} for each, status in (("1", "open"), ("2", "open"))]
    cache = arranged("orders", [*orders, {"symbol": "A", "id": "1", "status": "closed"}])
    assert [(order["id"], order["status"]) for order in cache] == [("2", "open"), ("1", "closed")]
    assert json.loads(json.dumps(cache)) == list(cache)


def test_a_copy_of_an_exchange_has_caches_of_its_own() -> None:
    """`deepcopy` of an instance, as programs make a second one of a first."""
    exchange = oms_ccxt_pro.oms()
    exchange.tickers["BTC/USDT"] = {"last": 1.0}
    other = copy.deepcopy(exchange)
    assert other.tickers == {}
    assert other._views._exchange() is other


def test_an_exchange_can_be_closed_by_a_finalizer() -> None:
    """As freqtrade does: the exchange is garbage by then, and gives its sockets back all the same."""
    loop = asyncio.new_event_loop()
    failed: list[BaseException] = []

    class Bot:
        def __init__(self, exchange: Any) -> None:
            self.exchange = exchange
            exchange.bot = self

        def __del__(self) -> None:
            try:
                loop.run_until_complete(self.exchange.close())
            except BaseException as error:
                failed.append(error)

    Bot(oms_ccxt_pro.oms({"apiKey": "k", "options": {"account_id": 1, "base_url": "http://127.0.0.1:9"}}))
    gc.collect()
    loop.close()
    assert not failed
