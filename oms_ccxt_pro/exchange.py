"""The pro exchange: ccxt.pro's methods on an OMS account."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable, Mapping
from typing import Any

from oms_ccxt_async import errors
from oms_ccxt_async.mappers import Unified
from oms_ccxt_async.wire.endpoints import Endpoints
from oms_ccxt_pro.calling import Caller, caller, named, returns_coroutine
from oms_ccxt_pro.capabilities import STREAMS
from oms_ccxt_pro.delivery import Consumer
from oms_ccxt_pro.market_stream import MarketStream
from oms_ccxt_pro.order_entry import OrderEntry, Ways, over_socket
from oms_ccxt_pro.waiting import fetched
from oms_ccxt_pro.watching import Params, Watched, Watching

__all__ = ["oms"]


class oms(Watching):
    """A ccxt.pro exchange that trades through an order management system.

    Everything that `oms_ccxt_async.oms` does, and the watch, unWatch and Ws methods.

    Args:
        config: as of `oms_ccxt_async.oms`; `options["ws"]` holds what `oms_ccxt_pro.stream.StreamSettings` describes.
    """

    _endpoints: type[Endpoints] = Ways

    def describe(self) -> dict[str, Any]:
        """The exchange's description, as ccxt's base class merges it with the user's config."""
        return dict(self.deep_extend(super().describe(), {"pro": True, "has": STREAMS}))

    def _adopt(self, facts: Any) -> None:
        super()._adopt(facts)
        self.has.update(STREAMS)

    # Market data

    @returns_coroutine
    def watch_ticker(self, symbol: str, params: Params = {}) -> Coroutine[Any, Any, Unified]:
        """The newest ticker, as soon as it is another one than the last that this loop was given."""
        return self._watched_ticker(caller(), symbol, params)

    @returns_coroutine
    def watch_tickers(
        self, symbols: list[str] | None = None, params: Params = {}
    ) -> Coroutine[Any, Any, dict[str, Unified]]:
        """The newest tickers of these symbols that changed since the last call, by symbol."""
        return self._watched_tickers(caller(), symbols, params)

    @returns_coroutine
    def watch_order_book(
        self, symbol: str, limit: int | None = None, params: Params = {}
    ) -> Coroutine[Any, Any, Unified]:
        """The newest order book, as soon as it is another one; `limit` levels of it."""
        return self._watched_order_book(caller(), symbol, limit, params)

    @returns_coroutine
    def watch_trades(
        self, symbol: str, since: int | None = None, limit: int | None = None, params: Params = {}
    ) -> Watched:
        """The public trades that no earlier call returned, oldest first, as far as the OMS's polls show them."""
        return self._watched_trades(caller(), symbol, since, limit, params)

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
        """Stop watching tickers."""
        return await self._left("ticker", symbols, params)

    async def un_watch_order_book(self, symbol: str, params: Params = {}) -> bool:
        """Stop watching an order book."""
        return await self._left("orderbook", [symbol], params)

    async def un_watch_trades(self, symbol: str, params: Params = {}) -> bool:
        """Stop watching public trades."""
        return await self._left("trades", [symbol], params)

    async def un_watch_ohlcv(self, symbol: str, timeframe: str = "1m", params: Params = {}) -> bool:
        """Stop watching candles."""
        return await self._left("ohlcv", [symbol], params, timeframe)

    # Order entry over the socket: the promises of the methods without Ws, another way for the command

    async def create_order_ws(
        self, symbol: str, type: str, side: str, amount: Any, price: Any = None, params: Params = {}
    ) -> Unified:
        """`create_order`, its command over the socket."""
        with over_socket(self._order_entry):
            return await self.create_order(symbol, type, side, amount, price, params)

    async def create_orders_ws(self, orders: list[Mapping[str, Any]], params: Params = {}) -> list[Unified]:
        """`create_orders`, a command for each over the socket."""
        with over_socket(self._order_entry):
            return await self.create_orders(orders, params)

    async def edit_order_ws(
        self,
        id: str | None,
        symbol: str | None = None,
        type: str | None = None,
        side: str | None = None,
        amount: Any = None,
        price: Any = None,
        params: Params = {},
    ) -> Unified:
        """`edit_order`, its command over the socket."""
        with over_socket(self._order_entry):
            return await self.edit_order(id, symbol, type, side, amount, price, params)

    async def cancel_order_ws(self, id: str | None, symbol: str | None = None, params: Params = {}) -> Unified:
        """`cancel_order`, its command over the socket."""
        with over_socket(self._order_entry):
            return await self.cancel_order(id, symbol, params)

    async def cancel_orders_ws(
        self, ids: Iterable[str], symbol: str | None = None, params: Params = {}
    ) -> list[Unified]:
        """`cancel_orders`, a command for each over the socket."""
        with over_socket(self._order_entry):
            return await self.cancel_orders(ids, symbol, params)

    async def cancel_all_orders_ws(self, symbol: str | None = None, params: Params = {}) -> list[Unified]:
        """`cancel_all_orders`, its command over the socket."""
        with over_socket(self._order_entry):
            return await self.cancel_all_orders(symbol, params)

    async def fetch_order_ws(self, id: str | None, symbol: str | None = None, params: Params = {}) -> Unified:
        """`fetch_order`: the OMS answers questions by id over REST only."""
        return await self.fetch_order(id, symbol, params)

    async def fetch_open_orders_ws(
        self, symbol: str | None = None, since: int | None = None, limit: int | None = None, params: Params = {}
    ) -> list[Unified]:
        """`fetch_open_orders`: the OMS answers it over REST only."""
        return await self.fetch_open_orders(symbol, since, limit, params)

    async def fetch_balance_ws(self, params: Params | None = {}) -> Unified:
        """`fetch_balance`, asked over the socket."""
        with over_socket(self._order_entry):
            return await self.fetch_balance(params)

    # What these are made of

    def _order_entry(self) -> OrderEntry:
        return self._live.entry

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
        params = dict(params or {})
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

    async def _watched_ticker(self, asking: Caller, symbol: str, params: Params) -> Unified:
        consumer = await self._market_consumer("ticker", asking, symbol, params)
        ticker: Unified = (await fetched([consumer]))[-1]["data"]
        return ticker

    async def _watched_tickers(self, asking: Caller, symbols: list[str] | None, params: Params) -> dict[str, Unified]:
        if not symbols:
            raise errors.ArgumentsRequired("oms watchTickers() needs symbols: the OMS has no stream of all markets")
        consumers = [await self._market_consumer("ticker", asking, symbol, params) for symbol in symbols]
        items = await fetched(consumers)
        return {item["symbol"]: item["data"] for item in items}

    async def _watched_order_book(self, asking: Caller, symbol: str, limit: int | None, params: Params) -> Unified:
        consumer = await self._market_consumer("orderbook", asking, symbol, params, depth=limit)
        book: Unified = (await fetched([consumer]))[-1]["data"]
        if limit is not None:
            book["bids"], book["asks"] = book["bids"][:limit], book["asks"][:limit]
        return book

    async def _watched_trades(
        self, asking: Caller, symbol: str, since: int | None, limit: int | None, params: Params
    ) -> list[Unified]:
        consumer = await self._market_consumer("trades", asking, symbol, params)
        return await fetched([consumer], since, limit)

    async def _watched_candles(
        self, asking: Caller, symbol: str, timeframe: str, since: int | None, limit: int | None, params: Params
    ) -> list[list[Any]]:
        consumer = await self._market_consumer("ohlcv", asking, symbol, params, timeframe=timeframe)
        while True:
            by_time = {item["candle"][0]: item["candle"] for item in await fetched([consumer])}
            candles = [by_time[at] for at in sorted(by_time) if since is None or at >= since]
            if candles:
                return candles if limit is None else candles[-limit:]

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
        if not stream.topics:
            await self._live.close_market(timeframe)
        return bool(left)
