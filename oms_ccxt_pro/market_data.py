"""Watching market data: what the OMS streams, and what is read at the exchange because it streams it not."""

from __future__ import annotations

import asyncio
import functools
import itertools
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from oms_ccxt_async import errors
from oms_ccxt_async.exchange.asked import named_calls
from oms_ccxt_async.mappers import Unified
from oms_ccxt_pro.calling import Caller, caller, for_caller, named, returns_coroutine
from oms_ccxt_pro.delivery import Consumer, copied
from oms_ccxt_pro.market_stream import MarketStream
from oms_ccxt_pro.rereading import Rereading
from oms_ccxt_pro.views import arranged, book_of
from oms_ccxt_pro.waiting import fetched, to_its_end
from oms_ccxt_pro.watching import Params, Watched, Watching

__all__ = ["MarketData"]


@named_calls
class MarketData(Watching):
    """The methods that watch market data.

    What can be conflated is: a call returns the newest, if it is another one than the last that the same loop was
    given. Of trades and candles it returns what is new or changed. A method for several symbols returns, as
    ccxt.pro's do, what there is of one of them; those that have waited longest come first.
    """

    @returns_coroutine
    def watch_ticker(self, symbol: str, params: Params = {}) -> Coroutine[Any, Any, Unified]:
        """The newest ticker, as soon as it is another one than the last that this loop was given."""
        return self._watched_ticker(caller(), symbol, params)

    @returns_coroutine
    def watch_tickers(
        self, symbols: list[str] | None = None, params: Params = {}
    ) -> Coroutine[Any, Any, dict[str, Unified]]:
        """The newest tickers of these symbols that changed since the last call, by symbol.

        Without symbols, those of all markets: the OMS does not stream them, so they are read at the exchange every
        `options["ws"]["tickersInterval"]` ms while somebody calls, and all of them are returned when one has changed.
        """
        return self._watched_tickers(caller(), symbols, params)

    @returns_coroutine
    def watch_bids_asks(
        self, symbols: list[str] | None = None, params: Params = {}
    ) -> Coroutine[Any, Any, dict[str, Unified]]:
        """The best prices of these symbols that changed since the last call, by symbol: the top of their order books.

        Raises:
            ccxt.ArgumentsRequired: without symbols.
        """
        return self._watched_bids_asks(caller(), symbols, params)

    @returns_coroutine
    def watch_mark_price(self, symbol: str, params: Params = {}) -> Coroutine[Any, Any, Unified]:
        """The mark price, as a ticker, whenever it is another one; `watch_mark_prices` for one symbol."""
        return self._watched_mark_price(caller(), symbol, params)

    @returns_coroutine
    def watch_mark_prices(
        self, symbols: list[str] | None = None, params: Params = {}
    ) -> Coroutine[Any, Any, dict[str, Unified]]:
        """The mark prices of these symbols, as tickers by symbol, whenever one of them is another one.

        The OMS does not stream them: they are read at the exchange every `options["ws"]["pollInterval"]` ms while
        somebody calls.

        Raises:
            ccxt.NotSupported: the exchange behind the account does not tell mark prices.
        """
        return self._watched_mark_prices(caller(), symbols, params)

    @returns_coroutine
    def watch_order_book(
        self, symbol: str, limit: int | None = None, params: Params = {}
    ) -> Coroutine[Any, Any, Unified]:
        """The newest order book, as soon as it is another one; `limit` levels of it."""
        return self._watched_order_book(caller(), symbol, limit, params)

    @returns_coroutine
    def watch_order_book_for_symbols(
        self, symbols: list[str], limit: int | None = None, params: Params = {}
    ) -> Coroutine[Any, Any, Unified]:
        """The newest order book of one of these symbols: each in turn, as soon as it is another one."""
        return self._watched_order_books(caller(), symbols, limit, params)

    @returns_coroutine
    def watch_trades_for_symbols(
        self, symbols: list[str], since: int | None = None, limit: int | None = None, params: Params = {}
    ) -> Watched:
        """What `watch_trades` returns of one of these symbols: of each in turn, as soon as there is anything."""
        return self._watched_trades(caller(), symbols, since, limit, params)

    @returns_coroutine
    def watch_ohlcv_for_symbols(
        self,
        symbolsAndTimeframes: list[list[str]],
        since: int | None = None,
        limit: int | None = None,
        params: Params = {},
    ) -> Coroutine[Any, Any, dict[str, dict[str, list[list[Any]]]]]:
        """What `watch_ohlcv` returns of one of these pairs of symbol and timeframe, by symbol and timeframe: of each in
        turn, as soon as there is anything."""
        return self._watched_candles_of(caller(), symbolsAndTimeframes, since, limit, params)

    @returns_coroutine
    def watch_trades(
        self, symbol: str, since: int | None = None, limit: int | None = None, params: Params = {}
    ) -> Watched:
        """The public trades that no earlier call returned, oldest first, as far as the OMS's polls show them."""
        return self._watched_trades(caller(), [symbol], since, limit, params)

    @returns_coroutine
    def watch_ohlcv(
        self,
        symbol: str,
        timeframe: str = "1m",
        since: int | None = None,
        limit: int | None = None,
        params: Params = {},
    ) -> Coroutine[Any, Any, list[list[Any]]]:
        """The candles that are new or changed, oldest first."""
        return self._watched_candles(caller(), symbol, timeframe, since, limit, params)

    async def un_watch_ticker(self, symbol: str, params: Params = {}) -> bool:
        """Stop watching a ticker."""
        return await self._left("ticker", [symbol], params)

    async def un_watch_tickers(self, symbols: list[str] | None = None, params: Params = {}) -> bool:
        """Stop watching tickers; without symbols all of them, and those of all markets."""
        return any([await self._left("ticker", symbols, params), not symbols and await self._unpolled("tickers")])

    async def un_watch_bids_asks(self, symbols: list[str] | None = None, params: Params = {}) -> bool:
        """Stop watching best prices."""
        return await self._left("bidsasks", symbols, params)

    async def un_watch_mark_price(self, symbol: str, params: Params = {}) -> bool:
        """Stop what `watch_mark_price` began."""
        return await self.un_watch_mark_prices([symbol], params)

    async def un_watch_mark_prices(self, symbols: list[str] | None = None, params: Params = {}) -> bool:
        """Stop what `watch_mark_prices` with these symbols began; without symbols, everything that it began."""
        names = await self._symbols(symbols)
        return await self._unpolled("mark prices", None if names is None else tuple(sorted(names)))

    async def un_watch_order_book(self, symbol: str, params: Params = {}) -> bool:
        """Stop watching an order book."""
        return await self._left("orderbook", [symbol], params)

    async def un_watch_trades(self, symbol: str, params: Params = {}) -> bool:
        """Stop watching public trades."""
        return await self._left("trades", [symbol], params)

    async def un_watch_order_book_for_symbols(self, symbols: list[str], params: Params = {}) -> bool:
        """Stop watching these order books."""
        return await self._left("orderbook", symbols, params)

    async def un_watch_trades_for_symbols(self, symbols: list[str], params: Params = {}) -> bool:
        """Stop watching the public trades of these symbols."""
        return await self._left("trades", symbols, params)

    async def un_watch_ohlcv_for_symbols(self, symbolsAndTimeframes: list[list[str]], params: Params = {}) -> bool:
        """Stop watching these candles."""
        return any([await self._left("ohlcv", [symbol], params, each) for symbol, each in symbolsAndTimeframes])

    async def un_watch_ohlcv(self, symbol: str, timeframe: str = "1m", params: Params = {}) -> bool:
        """Stop watching candles."""
        return await self._left("ohlcv", [symbol], params, timeframe)

    # What these are made of

    @for_caller
    async def _market_consumer(
        self,
        channel: str,
        asking: Caller,
        symbol: str,
        params: Params,
        *,
        timeframe: str | None = None,
        depth: int | None = None,
    ) -> Consumer:
        params = await self._given(params)
        asking = named(asking, params)
        self._ignored(f"watch {channel}", params)
        market = await self._market(symbol)
        assert market is not None
        stream = self._live.market(timeframe)
        topic = stream.topic(channel, market.symbol, depth)
        consumer, new = self._consumer(topic, f"{channel} of {market.symbol}", (channel, market.symbol), asking)
        if new and (latest := stream.latest.get((channel, market.symbol))) is not None:
            consumer.begin_with([latest])
        return consumer

    @for_caller
    async def _latest(
        self, channel: str, asking: Caller, symbols: list[str] | None, params: Params
    ) -> dict[str, Unified]:
        """The newest of a channel, by symbol: what a loop has not fetched, or with `newUpdates: False` all there is."""
        if not symbols:
            raise errors.ArgumentsRequired(f"{channel} of which symbols? The OMS has no stream of all markets")
        consumers = [await self._market_consumer(channel, asking, symbol, params) for symbol in symbols]
        found = {item["symbol"]: item["data"] for item in await fetched(consumers)}
        if not self.newUpdates:
            known = self._live.market(None).latest
            wanted = await self._symbols(symbols) or ()
            found = {name: copied(known[channel, name]["data"]) for name in wanted if (channel, name) in known}
        return found

    async def _watched_ticker(self, asking: Caller, symbol: str, params: Params) -> Unified:
        consumer = await self._market_consumer("ticker", asking, symbol, params)
        ticker: Unified = (await fetched([consumer]))[-1]["data"]
        return ticker

    async def _watched_tickers(self, asking: Caller, symbols: list[str] | None, params: Params) -> dict[str, Unified]:
        if symbols:
            return await self._latest("ticker", asking, symbols, params)
        return await self._polled("tickers", asking, (), params, self.fetch_tickers, "tickersInterval")

    async def _watched_bids_asks(self, asking: Caller, symbols: list[str] | None, params: Params) -> dict[str, Unified]:
        found = await self._latest("bidsasks", asking, symbols, params)
        return {symbol: self._bid_ask(best) for symbol, best in found.items()}

    def _bid_ask(self, best: Unified) -> Unified:
        return dict(self.safe_ticker({**best, "info": {}}))

    async def _watched_mark_price(self, asking: Caller, symbol: str, params: Params) -> Unified:
        [price] = (await self._watched_mark_prices(asking, [symbol], params)).values()
        return price

    @for_caller
    async def _watched_mark_prices(
        self, asking: Caller, symbols: list[str] | None, params: Params
    ) -> dict[str, Unified]:
        names = tuple(sorted(await self._symbols(symbols) or ()))
        if not any(what == "mark prices" for what, *_ in self._polls):
            await self._facts()  # which tell what the exchange has
        read = self.fetch_mark_prices
        if names and not self.has.get("fetchMarkPrices"):

            async def read(names: list[str], params: Params) -> dict[str, Unified]:
                prices = await asyncio.gather(*(self.fetch_mark_price(name, params) for name in names))
                return dict(zip(names, prices, strict=True))

        return await self._polled("mark prices", asking, names, params, read, "pollInterval")

    @for_caller
    async def _polled(
        self,
        what: str,
        asking: Caller,
        names: tuple[str, ...],
        params: Params,
        read: Callable[..., Awaitable[dict[str, Unified]]],
        interval: str,
    ) -> dict[str, Unified]:
        """Tickers that are read at the exchange, as soon as they are others than this loop was given."""
        params = await self._given(params)
        asking = named(asking, params)
        await self._loaded()
        live, key = self._live, (what, names, repr(sorted(params.items())))
        poll = self._polls.get(key)
        if poll is None:
            every = getattr(live.settings, interval) / 1000
            asked = functools.partial(read, list(names) or None, params)
            poll = self._polls[key] = Rereading(what, asked, every, live.backoff(), self._telemetry.stream, always=True)
        consumer, new = self._consumer(poll.topic, what, None, asking)
        if new and poll.last is not None:
            consumer.begin_with([poll.last])
        poll.ask()
        prices: dict[str, Unified] = (await fetched([consumer]))[-1]
        return prices

    async def _unpolled(self, what: str, names: tuple[str, ...] | None = None) -> bool:
        left = [key for key in self._polls if key[0] == what and names in (None, key[1])]
        error = errors.UnsubscribeError(f"oms {what}: nobody watches this any more")
        polls = [self._polls.pop(key) for key in left]
        for symbol in itertools.chain(*(poll.last or () for poll in polls)):
            self._views.forget("ticker", symbol)
        await to_its_end(*(poll.close(error) for poll in polls))
        return bool(left)

    async def _watched_order_book(self, asking: Caller, symbol: str, limit: int | None, params: Params) -> Unified:
        return await self._watched_order_books(asking, [symbol], limit, params)

    async def _watched_order_books(
        self, asking: Caller, symbols: list[str], limit: int | None, params: Params
    ) -> Unified:
        consumers = [await self._market_consumer("orderbook", asking, each, params, depth=limit) for each in symbols]
        item = (await fetched(consumers, in_turn=True))[-1]
        book: Unified = book_of(item["data"], item["symbol"], limit)
        return book

    async def _watched_trades(
        self, asking: Caller, symbols: list[str], since: int | None, limit: int | None, params: Params
    ) -> list[Unified]:
        consumers = [await self._market_consumer("trades", asking, each, params) for each in symbols]
        if self.newUpdates:
            return await fetched(consumers, since, limit, in_turn=True)
        while True:
            [*_, trade] = await fetched(consumers, in_turn=True)
            kept = arranged("trades", map(copied, self.trades.get(trade["symbol"], ())))
            if kept:  # nothing, if the program has cleared them meanwhile
                known: list[Unified] = self.filter_by_since_limit(kept, since, limit, "timestamp", True)
                return known

    async def _watched_candles(
        self, asking: Caller, symbol: str, timeframe: str, since: int | None, limit: int | None, params: Params
    ) -> list[list[Any]]:
        found = await self._watched_candles_of(asking, [[symbol, timeframe]], since, limit, params)
        [candles] = [candles for by_timeframe in found.values() for candles in by_timeframe.values()]
        return candles

    async def _watched_candles_of(
        self, asking: Caller, pairs: list[list[str]], since: int | None, limit: int | None, params: Params
    ) -> dict[str, dict[str, list[list[Any]]]]:
        consumers = [
            await self._market_consumer("ohlcv", asking, symbol, params, timeframe=timeframe)
            for symbol, timeframe in pairs
        ]
        while True:
            items = await fetched(consumers, in_turn=True)
            symbol, timeframe = items[-1]["symbol"], items[-1]["timeframe"]
            by_time = {item["candle"][0]: item["candle"] for item in items}
            if not self.newUpdates:
                by_time = {at: list(candle) for at, candle in self._live.market(timeframe).candles[symbol].items()}
            candles = arranged("ohlcv", (by_time[at] for at in sorted(by_time)))
            found: list[list[Any]] = self.filter_by_since_limit(candles, since, limit, 0, True)
            if found:
                return {symbol: {timeframe: list(found) if self.newUpdates else found}}

    async def _left(
        self, channel: str, symbols: list[str] | None, params: Params, timeframe: str | None = None
    ) -> bool:
        stream: MarketStream = self._live.market(timeframe)
        wanted = await self._symbols(symbols)
        watched = [symbol for name, symbol in stream.topics if name == channel]
        left = [symbol for symbol in watched if wanted is None or symbol in wanted]
        for symbol in left:
            error = errors.UnsubscribeError(f"oms {channel} of {symbol}: nobody watches this any more")
            stream.topics[channel, symbol].forget((channel, symbol), error)
            await stream.leave(channel, symbol)
            self._views.forget(channel, symbol, timeframe)
        if not stream.topics:
            await self._live.close_market(timeframe)
        return bool(left)
