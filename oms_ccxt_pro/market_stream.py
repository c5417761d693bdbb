"""Market data over a socket of its own: what can be conflated is, and what a watcher fetches is the newest."""

from __future__ import annotations

import asyncio
import copy
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from ccxt.base.errors import BaseError, NetworkError

from oms_ccxt_async.errors import Fate, fate_of
from oms_ccxt_pro.backoff import Backoff
from oms_ccxt_pro.delivery import Backlog, Item, Topic
from oms_ccxt_pro.status import Status
from oms_ccxt_pro.stream import Address, Message, Stream, StreamSettings

__all__ = ["CHANNELS", "MarketStream"]

CHANNELS = ("ticker", "orderbook", "trades", "ohlcv")
TRADES = 1_000
"""Public trades and candles that are kept for a watcher, and trades that are remembered, of one symbol."""


class MarketStream:
    """The market channels of one connection (fact 26).

    Args:
        timeframe: of its candles; None for a connection without candles.
        exchange: whose account and logger apply.
        address, settings, backoff: how to connect.
        handle: given this stream and every message; in the end it has to call `take`.
    """

    def __init__(
        self,
        timeframe: str | None,
        exchange: Any,
        address: Callable[[], Address],
        settings: StreamSettings,
        backoff: Backoff,
        *,
        handle: Callable[[MarketStream, Message], None],
    ) -> None:
        self.status = Status()
        self.topics: dict[tuple[str, str], Topic] = {}
        self.newest: dict[tuple[str, str], Item] = {}
        self._timeframe = timeframe
        self._exchange = exchange
        self._settings = settings
        self._seen: dict[str, OrderedDict[Any, None]] = {}
        self._candles: dict[str, dict[int, list[Any]]] = {}
        self._depths: dict[str, int] = {}
        self._asking: set[asyncio.Task[None]] = set()
        self._stream = Stream(
            address,
            settings,
            opened=self._opened,
            handle=lambda message: handle(self, message),
            refused=self.fail,
            outage=self._tell_outage,
            backoff=backoff,
            status=self.status,
            clock=exchange.milliseconds,
            logger=exchange.logger,
            tell=exchange._tell_of_socket,
        )

    def topic(self, channel: str, symbol: str, depth: int | None = None) -> Topic:
        """The topic of a channel and a symbol, subscribed to from now on."""
        key = channel, symbol
        deeper = depth is not None and depth > self._depths.get(symbol, self._settings.depth)
        if deeper:
            assert depth is not None
            self._depths[symbol] = depth
        if key not in self.topics or deeper:
            keep = 1 if channel in ("ticker", "orderbook") else TRADES
            self.topics.setdefault(key, Topic(Backlog(2 * TRADES), keep=keep, copy=copy.deepcopy, shared=True))
            if self._stream.accepted:
                task = asyncio.create_task(self._subscribe(self._stream, channel, symbol))
                self._asking.add(task)
                task.add_done_callback(self._asking.discard)
        self._stream.start()
        return self.topics[key]

    async def leave(self, channel: str, symbol: str) -> None:
        """Unsubscribe from what nobody watches any more."""
        topic = self.topics.get((channel, symbol))
        if topic is None or topic.consumers:
            return
        del self.topics[channel, symbol]
        self.newest.pop((channel, symbol), None)
        if self._stream.accepted:
            payload = {"account_id": self._account_id, "symbol": symbol, "channels": [channel]}
            asked = f"unwatching {channel} of {symbol}"
            await self._stream.request("unsubscribe_market", payload, namespace="ccxt", asked=asked)

    def take(self, message: Message) -> None:
        """Take a message of the server that answers no request."""
        payload = message.get("payload") or {}
        channel, symbol = payload.get("channel"), payload.get("symbol")
        if channel is None or symbol is None:
            return
        self.status.events += 1
        self.status.lastEvent = self.status.lastMessage
        topic = self.topics.get((channel, symbol))
        if topic is None:
            return
        data = self._exchange._numbers(payload["data"])
        if channel == "trades":
            for trade in self._new_trades(symbol, data):
                topic.publish(trade)
        elif channel == "ohlcv":
            self._exchange.ohlcvs.setdefault(symbol, {})[self._timeframe] = data  # where ccxt.pro's users look
            for candle in self._new_candles(symbol, data):
                topic.publish({"symbol": symbol, "candle": candle})
        else:
            self.newest[channel, symbol] = {"symbol": symbol, "data": data}
            topic.publish(self.newest[channel, symbol])

    def fail(self, error: BaseError) -> None:
        """End every watcher with an error; the next call begins anew."""
        for topic in self.topics.values():
            for consumer in topic.consumers:
                consumer.fail(error)

    async def close(self, error: BaseError) -> None:
        """End the connection; whoever watches is told why."""
        self.fail(error)
        for task in self._asking:
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)
        await self._stream.close()

    @property
    def _account_id(self) -> int:
        return int(self._exchange._settings.account_id)

    async def _opened(self, stream: Stream) -> None:
        for channel, symbol in list(self.topics):
            await self._subscribe(stream, channel, symbol)

    async def _subscribe(self, stream: Stream, channel: str, symbol: str) -> None:
        payload: dict[str, Any] = {
            "account_id": self._account_id,
            "symbol": symbol,
            "channels": [channel],
            "depth": self._depths.get(symbol, self._settings.depth),
            "limit": 100,
            "poll_interval_ms": int(self._settings.pollInterval),
        }
        if self._timeframe is not None:
            payload["timeframe"] = self._timeframe
        try:
            await stream.request("subscribe_market", payload, namespace="ccxt", asked=f"watching {channel} of {symbol}")
        except BaseError as error:
            if fate_of(error) is not Fate.REFUSED:
                raise
            for consumer in self.topics.pop((channel, symbol)).consumers:
                consumer.fail(error)

    def _new_trades(self, symbol: str, trades: list[Item]) -> list[Item]:
        """The trades that no earlier poll has shown, oldest first."""
        seen = self._seen.setdefault(symbol, OrderedDict())
        new = []
        for trade in sorted(trades, key=lambda trade: trade.get("timestamp") or 0):
            key = trade.get("id"), trade.get("timestamp")
            if key not in seen:
                seen[key] = None
                new.append(trade)
        while len(seen) > TRADES:
            seen.popitem(last=False)
        return new

    def _new_candles(self, symbol: str, candles: list[list[Any]]) -> list[list[Any]]:
        """The candles that are not as they were at the last poll."""
        last = self._candles.get(symbol, {})
        self._candles[symbol] = {candle[0]: candle for candle in candles}
        return [candle for candle in candles if last.get(candle[0]) != candle]

    def _tell_outage(self, error: BaseError) -> None:
        self.fail(NetworkError(f"oms stream: no connection for {self._settings.maxOutage} ms: {error}"))
