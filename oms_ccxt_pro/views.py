"""The caches that programs for ccxt.pro read on the instance: made of what the streams hold, when they are read.

Nothing is done for them while nobody reads them. What a program has taken out of one of them is never changed again:
it can be iterated over while updates come, and after news the cache has other lists, in ccxt's own types. The dicts
stay the same objects and show the newest whenever they are read. What a program takes out of a dict, or sets, is so
until there is news of it. A list of the account or of public trades that is cleared (`exchange.orders = None`,
`exchange.trades[symbol].clear()`) begins with what comes after that, as ccxt's do, also for `newUpdates: False`.

Programs read the caches from other threads than the one in which the streams live, as freqtrade does: what may change
meanwhile is copied by one call, in which the interpreter does nothing else.
"""

from __future__ import annotations

import copy
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, Protocol, Self

from ccxt.async_support.base.ws.cache import (
    ArrayCache,
    ArrayCacheBySymbolById,
    ArrayCacheBySymbolBySide,
    ArrayCacheByTimestamp,
)
from ccxt.async_support.base.ws.order_book import OrderBook
from ccxt.async_support.base.ws.order_book_side import Asks, Bids

from oms_ccxt_async.mappers import Unified
from oms_ccxt_async.wire.account import AccountFacts
from oms_ccxt_pro.delivery import copied
from oms_ccxt_pro.feed import Feed
from oms_ccxt_pro.ledger import TopicName
from oms_ccxt_pro.live import Live
from oms_ccxt_pro.market_stream import MarketStream
from oms_ccxt_pro.rereading import Rereading

__all__ = ["KINDS", "View", "Views", "arranged", "book_of"]

_NAMES: Mapping[TopicName, str] = {"orders": "orders", "trades": "my_trades", "positions": "positions"}


class _Positions(ArrayCacheBySymbolBySide):  # type: ignore[misc]  # ccxt is untyped
    """ccxt's cache of positions, for an OMS that may have several of one side in a symbol: the list has all of them,
    its `hashmap` the newest."""

    def append(self, item: Unified) -> None:
        self.hashmap.setdefault(item["symbol"], {})[item["side"]] = item
        ArrayCache.append(self, item)


KINDS: Mapping[str, type[list[Any]]] = {
    "orders": ArrayCacheBySymbolById,
    "my_trades": ArrayCacheBySymbolById,
    "positions": _Positions,
    "trades": ArrayCache,
    "ohlcv": ArrayCacheByTimestamp,
}
"""What ccxt's classes keep each kind of thing in."""


def arranged(kind: str, items: Iterable[Any]) -> list[Any]:
    """A list of ccxt's type for these, oldest first."""
    cache = KINDS[kind]()
    for item in items:
        cache.append(item)
    list.extend(cache, iter(cache))  # ccxt's type is empty to code that does not ask its methods, as `json.dumps`
    return cache


def book_of(book: Unified, symbol: str, limit: int | None = None) -> OrderBook:
    """A book of ccxt's type, with levels of its own; at most `limit` of each side."""
    sides = {name: _side(kind, book.get(name) or (), limit) for name, kind in (("bids", Bids), ("asks", Asks))}
    return OrderBook({"symbol": symbol, **book, **sides}, limit)


def _side(kind: Any, levels: Iterable[Sequence[Any]], limit: int | None) -> Any:
    # As `storeArray` of each level would make it, in a fifth of the time, and of numbers that are strings, too.
    keyed = [(float(level[0]) if isinstance(level[0], str) else level[0], list(level)) for level in levels]
    keyed.sort(key=itemgetter(0), reverse=kind.side)
    side = kind((), limit)
    side.extend(level for _, level in keyed[:limit])
    side._index.extend(-price if kind.side else price for price, _ in keyed[:limit])
    return side


class View(dict[Any, Any]):
    """A dict that has the newest whenever it is read.

    Args:
        version: another one whenever there may be news.
        read: keys, and for each what its value is made of: the same object as long as there is no news.
        make: makes a value, given both.
    """

    def __init__(
        self,
        version: Callable[[], Any],
        read: Callable[[], Iterable[tuple[Any, Any]]],
        make: Callable[[Any, Any], Any],
    ) -> None:
        super().__init__()
        self._version = version
        self._read = read
        self._make = make
        self._shown: Any = None
        self._sources: dict[Any, Any] = {}

    def refreshed(self) -> Self:
        """Itself, with the newest in it."""
        version = self._version()
        if version != self._shown:
            for key, source in self._read():
                if self.source(key) is not source:
                    dict.__setitem__(self, key, self._make(key, source))
                    self._sources[key] = source
            self._shown = version
        return self

    def source(self, key: Any) -> Any:
        """What the value of a key was made of last, also if a program has taken it out; None if it never was."""
        return self._sources.get(key)

    def forget(self, key: Any) -> None:
        """Have no value of a key, as nobody watches it any more."""
        self._sources.pop(key, None)
        dict.pop(self, key, None)

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self.items()),)


def _of_the_newest(name: str) -> Callable[..., Any]:
    method = getattr(dict, name)

    def called(self: View, *args: Any, **kwargs: Any) -> Any:
        return method(self.refreshed(), *args, **kwargs)

    return called


def _of_a_copy(name: str) -> Callable[..., Any]:
    """A method whose result follows the dict that it is of: that is a copy, which nobody changes."""

    def called(self: View) -> Any:
        return getattr(dict(dict.items(self.refreshed())), name)()

    return called


for _name in (
    *("__contains__", "__delitem__", "__eq__", "__getitem__", "__ior__", "__len__", "__ne__", "__or__", "__repr__"),
    *("__ror__", "__setitem__", "clear", "get", "pop", "popitem", "setdefault", "update"),
):
    setattr(View, _name, _of_the_newest(_name))
for _name in ("__iter__", "__reversed__", "copy", "items", "keys", "values"):
    setattr(View, _name, _of_a_copy(_name))


class Showing(Protocol):
    """The exchange whose caches these are: its streams, and how it makes what they hold unified."""

    _live_streams: Live | None
    _balances: Mapping[Any, Rereading]
    _polls: Mapping[Any, Rereading]

    def _unified_order(self, found: Any, facts: AccountFacts) -> Unified: ...
    def _unified_trade(self, row: Any) -> Unified: ...
    def _unified_position(self, row: Any, facts: AccountFacts) -> Unified: ...
    def _bid_ask(self, best: Unified) -> Unified: ...


class _List:
    """A cache of the account that was made, and of what.

    Attributes:
        version: what there was to be seen when it was made.
        sources: what its items are made of; of what was there when it was set anew, there are none.
        shown: the cache.
        since: what was there when it was set anew.
    """

    def __init__(self) -> None:
        self.version: Any = None
        self.sources: dict[int, tuple[Any, Unified]] = {}
        self.shown: list[Any] | None = None
        self.since: dict[int, Any] = {}

    def begin(self) -> None:
        """Have nothing of what there is."""
        self.since |= {key: source for key, (source, _) in self.sources.items()}
        self.sources = {}


class Views:
    """The caches of one exchange.

    Attributes:
        orderbooks, tickers, bidsasks, trades: by symbol.
        ohlcvs: by symbol and timeframe.
    """

    def __init__(self, exchange: Showing) -> None:
        self._exchange = weakref.ref(exchange)
        self._left: tuple[Any, ...] = None, (), ()  # what was there when everything was closed
        self._lists = {kind: _List() for kind in ("orders", "trades", "positions")}
        self._balance: tuple[Unified | None, Unified] = None, {}
        self._cleared: dict[str, Unified] = {}  # the last trade before a symbol's were cleared
        self.orderbooks = View(
            self._version, lambda: self._latest("orderbook"), lambda symbol, book: book_of(book, symbol)
        )
        self.tickers = View(self._version, self._tickers, lambda _, ticker: copied(ticker))
        self.bidsasks = View(
            self._version, lambda: self._latest("bidsasks"), lambda _, best: self._here()._bid_ask(best)
        )
        self.trades = View(self._version, self._last_trades, self._trades)
        self.ohlcvs = View(self._version, self._symbols_of_candles, self._candles)

    def __reduce__(self) -> tuple[Any, ...]:
        return Views, (self._exchange(),)

    def left(self) -> None:
        """Go on to show what is there now, after it is closed."""
        exchange = self._exchange()
        # None where the exchange is closed by a finalizer, as freqtrade does: nobody is left to read the caches.
        if exchange is not None and exchange._live_streams is not None:
            self._left = exchange._live_streams, tuple(exchange._balances.values()), tuple(exchange._polls.values())

    def forget(self, channel: str, symbol: str, timeframe: str | None = None) -> None:
        """Have nothing of what nobody watches any more."""
        if channel == "ohlcv":
            if (candles := dict.get(self.ohlcvs, symbol)) is not None:
                candles.forget(timeframe)
            return
        views = {"orderbook": self.orderbooks, "ticker": self.tickers, "bidsasks": self.bidsasks, "trades": self.trades}
        views[channel].forget(symbol)

    def _here(self) -> Showing:
        exchange = self._exchange()
        assert exchange is not None  # who reads has it
        return exchange

    def _seen(self) -> tuple[Live | None, Sequence[Rereading], Sequence[Rereading]]:
        """Streams, balances, and other readings that there are, or were last."""
        exchange = self._exchange()
        if exchange is None or exchange._live_streams is None:
            return self._left
        return exchange._live_streams, tuple(exchange._balances.values()), tuple(exchange._polls.values())

    # Market data

    def _version(self) -> Any:
        live, _, polls = self._seen()
        streams = [] if live is None else list(live.markets.values())
        return [(stream, stream.status.events) for stream in streams], [(poll, poll.topic.number) for poll in polls]

    def _streams(self) -> dict[str | None, MarketStream]:
        live = self._seen()[0]
        return {} if live is None else dict(live.markets)

    def _latest(self, channel: str) -> Iterator[tuple[str, Unified]]:
        for stream in self._streams().values():
            for (name, symbol), item in list(stream.latest.items()):
                if name == channel:
                    yield symbol, item["data"]

    def _tickers(self) -> Iterable[tuple[str, Unified]]:
        found: dict[str, Unified] = {}
        for poll in self._seen()[2]:
            found |= poll.last or {}
        return (found | dict(self._latest("ticker"))).items()

    def _last_trades(self) -> Iterator[tuple[str, Unified]]:
        for stream in self._streams().values():
            for symbol, trades in list(stream.trades.items()):
                for last in list(trades)[-1:]:
                    yield symbol, last

    def _trades(self, symbol: str, _: Any) -> list[Any]:
        last = self.trades.source(symbol)
        if last is not None and not dict.get(self.trades, symbol):
            self._cleared[symbol] = last
        kept = [trade for stream in self._streams().values() for trade in list(stream.trades.get(symbol, ()))]
        cleared = self._cleared.get(symbol)
        begin = next((at + 1 for at, trade in enumerate(kept) if trade is cleared), 0)
        return arranged("trades", map(copied, kept[begin:]))

    def _symbols_of_candles(self) -> Iterator[tuple[str, bool]]:
        for stream in self._streams().values():
            for symbol in list(stream.candles):
                yield symbol, True

    def _candles(self, symbol: str, _: Any) -> View:
        def read() -> Iterator[tuple[str | None, Any]]:
            for timeframe, stream in self._streams().items():
                if (candles := stream.candles.get(symbol)) is not None:
                    yield timeframe, candles

        return View(self._version, read, lambda _, candles: arranged("ohlcv", map(list, candles.values())))

    # The account

    def listed(self, kind: TopicName) -> list[Any] | None:
        """The cache of orders, fills or positions; None as long as nothing is known of the account."""
        held = self._known(kind)
        live = self._seen()[0]
        feeds = {} if live is None else {key: feed for key, feed in dict(live.feeds).items() if feed.ready}
        seen = [feeds[None]] if None in feeds else list(feeds.values())  # None is the whole account
        version = [(feed, feed.topics[kind].number, len(getattr(feed.ledger, kind))) for feed in seen]
        if version != held.version:
            held.version = version
            found = [(source, feed) for feed in seen for source in _rows(feed, kind)]
            held.since = {id(each): each for each, _ in found if id(each) in held.since}
            known, held.sources = held.sources, {}
            for source, feed in found:
                if id(source) not in held.since:
                    held.sources[id(source)] = known.get(id(source)) or (source, self._made(kind, source, feed))
            if held.sources or not held.since:
                held.shown = arranged(_NAMES[kind], (item for _, item in held.sources.values())) if seen else None
        return held.shown

    def of(self, feed: Feed, kind: TopicName) -> list[Any]:
        """What there is of one feed, but for what a program has cleared."""
        since = self._known(kind).since
        rows = [source for source in _rows(feed, kind) if id(source) not in since]
        return arranged(_NAMES[kind], (self._made(kind, source, feed) for source in rows))

    def _known(self, kind: TopicName) -> _List:
        """What is held of a cache; what was in it when a program cleared it is in it no more."""
        held = self._lists[kind]
        if held.shown is not None and not held.shown:
            held.begin()
        return held

    def begin(self, kind: TopicName) -> None:
        """Have nothing in a cache of the account but what comes from now on."""
        self.listed(kind)
        self._lists[kind].begin()
        self._lists[kind].shown = None

    def _made(self, kind: TopicName, source: Any, feed: Feed) -> Unified:
        exchange = self._here()
        if kind == "orders":
            item = exchange._unified_order(source, feed.ledger.facts)
        elif kind == "trades":
            item = exchange._unified_trade(source)
        else:
            item = exchange._unified_position(source.row, feed.ledger.facts)
        return copied(item)

    @property
    def balance(self) -> Unified:
        """The balance that was read last, a dict without entries before the first one."""
        read = [balance.last for balance in self._seen()[1] if balance.last is not None]
        if read and self._balance[0] is not read[0]:
            self._balance = read[0], copy.deepcopy(read[0])
        return self._balance[1]

    @balance.setter
    def balance(self, value: Unified) -> None:
        _ = self.balance
        self._balance = self._balance[0], value


def _rows(feed: Feed, kind: TopicName) -> list[Any]:
    """What a feed holds, the latest change last."""
    ledger = feed.ledger
    if kind == "trades":
        return list(ledger.trades)
    cache = ledger.orders if kind == "orders" else ledger.positions
    held = [(each.number, key, each) for key in cache.open_ids | cache.over_ids if (each := cache.get(key)) is not None]
    held.sort(key=itemgetter(0, 1))
    return [each.found for _, _, each in held if kind == "orders" or not each.over]
