"""Market data over a socket of its own: what can be conflated is, and what a watcher fetches is the newest."""

from __future__ import annotations

import asyncio
import copy
from collections import OrderedDict, deque
from collections.abc import Iterator
from math import inf
from typing import Any

from ccxt.base.errors import BaseError

from oms_ccxt_async import errors
from oms_ccxt_async.mappers import Unified
from oms_ccxt_pro.delivery import Backlog, Topic
from oms_ccxt_pro.ends import has_no_socket, is_refusal
from oms_ccxt_pro.host import Host
from oms_ccxt_pro.status import Status
from oms_ccxt_pro.stream import Message, Stream

__all__ = ["CHANNELS", "MarketStream"]

CHANNELS = ("ticker", "orderbook", "trades", "ohlcv", "bidsasks")
_SOURCES = {"bidsasks": "orderbook"}
"""Channels that are made of another one, which is the one that is subscribed to: not every ticker has bid and ask."""
LIMIT = 100
"""Public trades and candles that each poll is to show."""
TRADES = 1_000
"""Public trades and candles that are kept for a watcher, and trades that are remembered, of one symbol."""


class MarketStream:
    """The market channels of one connection (fact 26).

    Each topic is subscribed to by a task of its own, which goes on until it is accepted, refused or left, or until the
    connection ends; the next one subscribes to all of them again.

    Args:
        timeframe: of its candles; None for a connection without candles.
        host: the exchange as sockets see it.

    Attributes:
        topics: what is watched, by channel and symbol.
        latest: the last ticker, order book or best prices that came, by channel and symbol: a new consumer begins
            with it.
        trades: the newest public trades of a symbol, oldest first.
        candles: those of a symbol by their time; another dict whenever one is new or changed.
    """

    def __init__(self, timeframe: str | None, host: Host) -> None:
        self.status = Status()
        self.topics: dict[tuple[str, str], Topic] = {}
        self.latest: dict[tuple[str, str], Unified] = {}
        self.trades: dict[str, deque[Unified]] = {}
        self.candles: dict[str, dict[int, list[Any]]] = {}
        self._timeframe = timeframe
        self._host = host
        self._seen: dict[str, OrderedDict[Any, None]] = {}
        self._depths: dict[str, int] = {}
        self._books: dict[str, Unified] = {}
        self._subscribing: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._as_read: dict[tuple[str, str], Any] = {}  # what reading has told, where there is no socket
        self._stream = Stream(
            host.address,
            host.settings,
            opened=self._opened,
            taker=lambda: host.taker(self),
            refused=self.fail,
            outage=self._tell_outage,
            backoff=host.backoff(),
            status=self.status,
            clock=host.clock,
            name="markets" if timeframe is None else f"markets {timeframe}",
            telemetry=host.telemetry,
            teller=host.teller,
            changed=self._changed,
            instead=self._read_instead,
        )

    @property
    def url(self) -> str:
        """Where it is connected to, as programs ask a client of ccxt's."""
        return self._stream.url

    def topic(self, channel: str, symbol: str, depth: int | None = None) -> Topic:
        """The topic of a channel and a symbol, subscribed to from now on."""
        key = channel, symbol
        deeper = depth is not None and depth > self._depths.get(symbol, self._host.settings.depth)
        if deeper:
            assert depth is not None
            self._depths[symbol] = depth
        new = key not in self.topics
        if new or deeper:
            subscribed = any(self._of(_source(channel), symbol))
            keep = TRADES if channel in ("trades", "ohlcv") else 1
            own = _as_is if channel == "orderbook" else copy.deepcopy  # who is given a book makes one of it
            self.topics.setdefault(key, Topic(Backlog(2 * TRADES), keep=keep, copy=own, shared=True))
            if self._stream.accepted and (deeper or not subscribed):
                self._subscribe(_source(channel), symbol)
            if new and symbol in self._books and _source(channel) == "orderbook":
                # The OMS sends a book only when it changes (fact 26), and this one came before the topic was there.
                self._take_book(channel, symbol, self._books[symbol])
        self._stream.start()
        return self.topics[key]

    async def leave(self, channel: str, symbol: str) -> None:
        """Unsubscribe from what nobody watches any more; an OMS that does not answer sends what nobody takes."""
        topic = self.topics.get((channel, symbol))
        if topic is None or topic.consumers:
            return
        del self.topics[channel, symbol]
        self.latest.pop((channel, symbol), None)
        if channel == "trades":
            self.trades.pop(symbol, None)
        elif channel == "ohlcv":
            self.candles.pop(symbol, None)
        source = _source(channel)
        if any(self._of(source, symbol)):
            return
        if source == "orderbook":
            self._books.pop(symbol, None)
        self._as_read.pop((source, symbol), None)
        if (task := self._subscribing.get((source, symbol))) is not None:
            task.cancel()
        if self._stream.accepted:
            payload = {"account_id": self._host.account_id(), "symbol": symbol, "channels": [source]}
            asked = f"unwatching {channel} of {symbol}"
            try:
                await self._stream.request("unsubscribe_market", payload, namespace="ccxt", asked=asked)
            except BaseError as error:
                self._host.telemetry.stream.info("%s", error)

    def take(self, message: Message) -> None:
        """Take a message of the server that answers no request."""
        payload = message.get("payload") or {}
        channel, symbol = payload.get("channel"), payload.get("symbol")
        if channel is None or symbol is None:
            return
        self.status.events += 1
        self.status.lastEvent = arrived = self.status.lastMessage
        told = payload.get("ts_ms")
        lag = float(arrived - told) if arrived is not None and isinstance(told, int) else None
        self._host.telemetry.event("markets", lag)
        topics = list(self._of(channel, symbol))
        if not topics:
            return
        data = self._host.number(payload["data"])
        for name, topic in topics:
            if name == "trades":
                for trade in self._new_trades(symbol, data):
                    topic.publish(trade)
            elif name == "ohlcv":
                for candle in self._new_candles(symbol, data):
                    topic.publish({"symbol": symbol, "timeframe": self._timeframe, "candle": candle})
            elif name == "ticker":
                self._show(name, symbol, data)
            else:
                self._books[symbol] = data
                self._take_book(name, symbol, data)

    def _show(self, channel: str, symbol: str, data: Unified) -> None:
        self.latest[channel, symbol] = {"symbol": symbol, "data": data}
        self.topics[channel, symbol].publish(self.latest[channel, symbol])

    def _take_book(self, channel: str, symbol: str, book: Unified) -> None:
        """Publish an order book, or its best prices if they are other ones."""
        if channel == "orderbook":
            self._show(channel, symbol, book)
            return
        best = {}
        for side, name in (("bids", "bid"), ("asks", "ask")):
            best[name], best[f"{name}Volume"] = (book.get(side) or [(None, None)])[0][:2]
        last = self.latest.get(("bidsasks", symbol))
        if last is None or any(last["data"][name] != value for name, value in best.items()):
            at = {name: book.get(name) for name in ("timestamp", "datetime")}
            self._show(channel, symbol, {"symbol": symbol, **at, **best})

    def _of(self, source: str, symbol: str) -> Iterator[tuple[str, Topic]]:
        """The topics that are told what comes of a channel of the OMS, by name."""
        for channel in (source, *(made for made, of in _SOURCES.items() if of == source)):
            if (topic := self.topics.get((channel, symbol))) is not None:
                yield channel, topic

    def _changed(self) -> None:
        if self.status.state == "live":
            self._host.connected(self)

    def fail(self, error: BaseError) -> None:
        """End every watcher with an error; the next call begins anew."""
        for topic in self.topics.values():
            for consumer in topic.consumers:
                consumer.fail(error)

    async def close(self, error: BaseError) -> None:
        """End the connection; whoever watches is told why."""
        self.fail(error)
        tasks = list(self._subscribing.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._stream.close()

    async def _opened(self, stream: Stream) -> None:
        # A key that is refused ends the connection without a word (fact 6): an answer is the proof that it is not.
        await stream.request("ping", {}, asked="market data")
        for channel, symbol in dict.fromkeys((_source(channel), symbol) for channel, symbol in self.topics):
            self._subscribe(channel, symbol)

    def _subscribe(self, channel: str, symbol: str) -> None:
        """Have a channel of the OMS subscribed to on the present connection."""
        key = channel, symbol
        if (earlier := self._subscribing.get(key)) is not None:
            earlier.cancel()
        task = self._subscribing[key] = asyncio.create_task(self._until_subscribed(channel, symbol))
        task.add_done_callback(lambda done: self._subscribed(key, done))

    def _subscribed(self, key: tuple[str, str], task: asyncio.Task[None]) -> None:
        if self._subscribing.get(key) is task:
            del self._subscribing[key]
        if not task.cancelled() and (failure := task.exception()) is not None:
            self._host.telemetry.stream.error("subscribing to %s of %s failed", *key, exc_info=failure)

    async def _until_subscribed(self, channel: str, symbol: str) -> None:
        backoff = self._host.backoff()
        connection = self._stream.number
        asked = f"watching {channel} of {symbol}"
        while self._stream.number == connection:
            payload: dict[str, Any] = {
                "account_id": self._host.account_id(),
                "symbol": symbol,
                "channels": [channel],
                "depth": self._depths.get(symbol, self._host.settings.depth),
                "limit": LIMIT,
                "poll_interval_ms": int(self._host.settings.pollInterval),
            }
            if self._timeframe is not None:
                payload["timeframe"] = self._timeframe
            try:
                await self._stream.request("subscribe_market", payload, namespace="ccxt", asked=asked)
            except BaseError as error:
                if is_refusal(error):
                    self._refuse(channel, symbol, error)
                    return
                self._host.telemetry.stream.info("to be asked again: %s", error)
            else:
                return
            await asyncio.sleep(backoff.next())

    # Without a socket

    async def _read_instead(self, error: BaseError) -> bool:
        """Read what is watched at the exchange, every `pollInterval`, for as long as an OMS without `/ws` need not be
        connected to again."""
        if self._stream.number or not has_no_socket(error):
            return False
        settings, loop = self._host.settings, asyncio.get_running_loop()
        until = loop.time() + (settings.probeInterval / 1000 or inf)
        is_read = False
        while loop.time() < until:
            reads = (self._read(*key) for key in {(_source(name), of) for name, of in self.topics})
            # All of them come to their end: one that fails leaves no other behind for the next round, or for `close`.
            for failure in filter(None, await asyncio.gather(*reads, return_exceptions=True)):
                if not isinstance(failure, BaseError):
                    raise failure
                self._host.telemetry.stream.info("market data cannot be read: %s", failure)
                return is_read
            if not is_read:
                self._stream.polls(error)
                is_read = True
            await asyncio.sleep(settings.pollInterval / 1000)
        return True

    async def _read(self, channel: str, symbol: str) -> None:
        """Read a channel of the OMS at the exchange, and take it as if it had been sent, unless it has not changed."""
        reads: dict[str, tuple[str, list[Any]]] = {
            "ticker": ("fetch_ticker", []),
            "orderbook": ("fetch_order_book", [self._depths.get(symbol, self._host.settings.depth)]),
            "trades": ("fetch_trades", [None, LIMIT]),
            "ohlcv": ("fetch_ohlcv", [self._timeframe, None, LIMIT]),
        }
        method, more = reads[channel]
        try:
            data = await self._host.read(method, [symbol, *more])
        except BaseError as error:
            if not is_refusal(error):
                raise
            self._refuse(channel, symbol, error)
            return
        if any(self._of(channel, symbol)) and self._as_read.get((channel, symbol)) != data:
            self._as_read[channel, symbol] = copy.deepcopy(data)
            self.take({"payload": {"channel": channel, "symbol": symbol, "data": data}})

    def _refuse(self, channel: str, symbol: str, error: BaseError) -> None:
        """Nobody watches what the OMS refuses; who did is told."""
        self._as_read.pop((channel, symbol), None)
        for name, topic in list(self._of(channel, symbol)):
            del self.topics[name, symbol]
            for consumer in topic.consumers:
                consumer.fail(error)

    def _new_trades(self, symbol: str, trades: list[Unified]) -> list[Unified]:
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
        if symbol not in self.trades:
            self.trades[symbol] = deque(maxlen=self._host.keep("tradesLimit"))
        self.trades[symbol].extend(new)
        return new

    def _new_candles(self, symbol: str, candles: list[list[Any]]) -> list[list[Any]]:
        """The candles that are not as they were at the last poll."""
        kept = self.candles.get(symbol, {})
        new = [candle for candle in candles if kept.get(candle[0]) != candle]
        if new:
            kept = kept | {candle[0]: candle for candle in new}
            at = sorted(kept)[-self._host.keep("OHLCVLimit") :]
            self.candles[symbol] = {each: kept[each] for each in at}
        return new

    def _tell_outage(self, error: BaseError) -> None:
        self.fail(errors.NetworkError(f"oms stream: no connection for {self._host.settings.maxOutage} ms: {error}"))


def _source(channel: str) -> str:
    """The channel of the OMS that a channel is made of."""
    return _SOURCES.get(channel, channel)


def _as_is(item: Unified) -> Unified:
    return item
