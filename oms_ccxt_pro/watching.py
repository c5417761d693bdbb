"""Watching the account: orders, fills, positions, balance."""

from __future__ import annotations

import asyncio
import copy
import time
from collections.abc import Coroutine, Iterable, Mapping
from typing import Any

from ccxt.base.errors import BaseError, UnsubscribeError

from oms_ccxt_async.exchange.oms import oms
from oms_ccxt_pro.calling import Caller, caller, is_over, returns_coroutine
from oms_ccxt_pro.delivery import Backlog, Consumer, Item, Topic
from oms_ccxt_pro.feed import Feed
from oms_ccxt_pro.ledger import Kind
from oms_ccxt_pro.live import Live

__all__ = ["Watching"]

Params = Mapping[str, Any]
Watched = Coroutine[Any, Any, list[Item]]


class Watching(oms):
    """The methods that watch the account.

    A call returns what arrived since the same loop's last call, at once if there is anything, in the OMS's order:
    every state of an order its own element, every fill exactly once. `limit` is how many a call returns at most; the
    others stay for the next. A call that is cancelled or timed out takes nothing. What is returned is the caller's own.
    `params` may hold `strategy_id`.
    """

    def __init__(self, config: Params = {}) -> None:
        super().__init__(config)
        self._live_streams: Live | None = None
        self._balances: dict[int | None, _Balance] = {}

    @property
    def _live(self) -> Live:
        """The streams of the running event loop."""
        _ = self._here
        live = self._live_streams
        if live is None or live.loop is not asyncio.get_running_loop():
            live = self._live_streams = Live(self)
            self._balances = {}
        return live

    async def close(self, clean_instance_data: bool = False) -> None:
        """Close the streams and everything else: calls that wait end with `ExchangeClosedByUser`.

        Closing twice is fine, and the instance can be used again afterwards, in another event loop too.
        """
        live, self._live_streams = self._live_streams, None
        balances, self._balances = self._balances, {}
        if live is not None and live.loop is asyncio.get_running_loop():
            await asyncio.gather(*(balance.close() for balance in balances.values()))
            await live.close()
        await super().close(clean_instance_data)

    def handle_message(self, client: Any, message: dict[str, Any]) -> None:
        """Take a message of a stream; override it, on the class or the instance, to see every one."""
        client.take(message)

    def on_connected(self, client: Any, message: Any = None) -> None:
        """Called when the account's stream is live, after every connect."""

    def _tell_of_socket(self, what: str, raw: bytes | str) -> None:
        """Print what goes over a socket, as ccxt's client does, if `verbose`; without the key."""
        if self.verbose:
            text = raw.decode(errors="replace") if isinstance(raw, bytes) else raw
            self.log(self.iso8601(self.milliseconds()), what, self._here.transport.redacted(text))

    def stream_status(self) -> dict[str, Any]:
        """How the account's stream is doing; empty before anything is watched.

        Returns:
            What `oms_ccxt_pro.status.Status` describes, and `latency` (ms of the last ping), `waiting` (events that are
            received and not applied), `lag` (updates that the slowest watcher has not fetched).
        """
        live = self._live_streams
        return {} if live is None else live.status()

    # Orders, fills, positions

    @returns_coroutine
    def watch_orders(
        self, symbol: str | None = None, since: int | None = None, limit: int | None = None, params: Params = {}
    ) -> Watched:
        """Every new state of every order, from the first call on.

        With `options["ws"]["ordersSnapshot"]` the first call returns the open orders.

        Raises:
            ccxt.AuthenticationError, ccxt.PermissionDenied: the OMS refuses the key or the account.
            ccxt.NetworkError: the outage has lasted for `options["ws"]["maxOutage"]`; once per outage.
            ccxt.ExchangeClosedByUser: the exchange was closed.
        """
        return self._watched("orders", caller(), _several(symbol), since, limit, params)

    @returns_coroutine
    def watch_orders_for_symbols(
        self, symbols: list[str], since: int | None = None, limit: int | None = None, params: Params = {}
    ) -> Watched:
        """`watch_orders` for several symbols."""
        return self._watched("orders", caller(), symbols, since, limit, params)

    @returns_coroutine
    def watch_my_trades(
        self, symbol: str | None = None, since: int | None = None, limit: int | None = None, params: Params = {}
    ) -> Watched:
        """Every fill, from the first call on, exactly once; raises as `watch_orders`."""
        return self._watched("trades", caller(), _several(symbol), since, limit, params)

    @returns_coroutine
    def watch_my_trades_for_symbols(
        self, symbols: list[str], since: int | None = None, limit: int | None = None, params: Params = {}
    ) -> Watched:
        """`watch_my_trades` for several symbols."""
        return self._watched("trades", caller(), symbols, since, limit, params)

    @returns_coroutine
    def watch_positions(
        self,
        symbols: list[str] | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Params = {},
    ) -> Watched:
        """The open positions, then every change of one; raises as `watch_orders`.

        A position that is closed comes once with `contracts` 0, and not again.
        """
        return self._watched("positions", caller(), symbols, since, limit, params)

    @returns_coroutine
    def watch_position(self, symbol: str | None = None, params: Params = {}) -> Coroutine[Any, Any, Item]:
        """The newest state of the position in a symbol."""
        return self._watched_position(caller(), symbol, params)

    async def un_watch_orders(self, symbol: str | None = None, params: Params = {}) -> bool:
        """Stop watching orders of a symbol, or, without one, all of them; other watchers live on."""
        return await self._unwatched("orders", _several(symbol), params)

    async def un_watch_orders_for_symbols(self, symbols: list[str], params: Params = {}) -> bool:
        """Stop what `watch_orders_for_symbols` began."""
        return await self._unwatched("orders", symbols, params)

    async def un_watch_my_trades(self, symbol: str | None = None, params: Params = {}) -> bool:
        """Stop watching fills of a symbol, or, without one, all of them; other watchers live on."""
        return await self._unwatched("trades", _several(symbol), params)

    async def un_watch_my_trades_for_symbols(self, symbols: list[str], params: Params = {}) -> bool:
        """Stop what `watch_my_trades_for_symbols` began."""
        return await self._unwatched("trades", symbols, params)

    async def un_watch_positions(self, symbols: list[str] | None = None, params: Params = {}) -> bool:
        """Stop watching these positions; other watchers live on."""
        return await self._unwatched("positions", symbols, params)

    # Balance

    @returns_coroutine
    def watch_balance(self, params: Params = {}) -> Coroutine[Any, Any, Item]:
        """The balance, then what it is after every fill and every change of an order, read when it is asked for."""
        return self._watched_balance(caller(), params)

    async def un_watch_balance(self, params: Params = {}) -> bool:
        """Stop watching the balance."""
        params = dict(params or {})
        balance = self._balances.pop(self._settings.strategy_of(params), None)
        if balance is None:
            return False
        await balance.close()
        await self._close_if_unwatched()
        return True

    # What these are made of

    async def _watched(
        self,
        kind: Kind,
        asking: Caller,
        symbols: Iterable[str] | None,
        since: int | None,
        limit: int | None,
        params: Params,
    ) -> list[Item]:
        params = dict(params or {})
        strategy_id = self._settings.strategy_of(params)
        self._ignored(f"watch {kind}", params)
        begun = self._live.account.feed(strategy_id)
        begun.hold()  # until the consumer is there: the first call may have to load markets
        try:
            names = await self._symbols(symbols)
            await self._loaded()
            wanted = None if names is None else frozenset(names)
            feed = self._live.account.feed(strategy_id)  # another one if the stream was closed meanwhile
            consumer, new = feed.topics[kind].consumer(wanted, asking, wanted, time.monotonic(), is_over)
        finally:
            begun.release()
        if new and (kind == "positions" or (kind == "orders" and self._live.settings.ordersSnapshot)):
            feed.greet(kind, consumer)
        if not self.newUpdates:
            await self._fetched(consumer, None, None, feed, kind)
            items = [item for item in feed.current(kind) if consumer.wants(item)]
            return list(self.filter_by_since_limit(items, since, limit, "timestamp", True))
        return await self._fetched(consumer, since, limit, feed, kind)

    async def _fetched(
        self, consumer: Consumer, since: int | None, limit: int | None, feed: Feed | None = None, kind: Kind = "orders"
    ) -> list[Item]:
        """What a consumer has not fetched; waits only if that is nothing, and takes nothing if it is cancelled."""
        loop = asyncio.get_running_loop()
        ticket = consumer.ticket
        while True:
            if feed is not None and consumer.behind:
                await self._live.account.catch_up(feed, kind, consumer)
            batch = consumer.fetch(ticket, limit)
            if batch is not None:
                consumer.called = time.monotonic()
                found = batch if since is None else [item for item in batch if (item["timestamp"] or 0) >= since]
                if found or not batch:
                    return found
                ticket = consumer.ticket
                continue
            arrived = loop.create_future()

            def wake(arrived: asyncio.Future[None] = arrived) -> None:
                if not arrived.done():
                    arrived.set_result(None)

            consumer.waiters.add(wake)
            try:
                await arrived
            finally:
                consumer.waiters.discard(wake)

    async def _watched_position(self, asking: Caller, symbol: str | None, params: Params) -> Item:
        positions = await self._watched("positions", asking, _several(symbol), None, 1, params)
        return positions[0] if positions else dict(await self.fetch_position(symbol or "", params))

    async def _unwatched(self, kind: Kind, symbols: Iterable[str] | None, params: Params) -> bool:
        params = dict(params or {})
        strategy_id = self._settings.strategy_of(params)
        wanted = await self._symbols(symbols)
        feed = self._live.account.feeds.get(strategy_id)
        if feed is None:
            return False
        error = UnsubscribeError(f"oms {kind}: nobody watches this any more")
        feed.topics[kind].forget(None if wanted is None else frozenset(wanted), error)
        await self._close_if_unwatched()
        return True

    async def _close_if_unwatched(self) -> None:
        account = self._live.account
        if not self._balances and not any(
            topic.consumers for feed in account.feeds.values() for topic in feed.topics.values()
        ):
            await self._live.close_account()

    async def _watched_balance(self, asking: Caller, params: Params) -> Item:
        params = dict(params or {})
        strategy_id = self._settings.strategy_of(params)
        feed = self._live.account.feed(strategy_id)
        balance = self._balances.get(strategy_id)
        if balance is None or balance.feed is not feed:
            balance = self._balances[strategy_id] = _Balance(self, feed, params, self._live.settings.balanceInterval)
        consumer, new = balance.topic.consumer(None, asking, None, time.monotonic(), is_over)
        if new and balance.last is not None:
            consumer.begin_with([balance.last])
        return (await self._fetched(consumer, None, None))[-1]


class _Balance:
    """A balance that is read again when something happened that may have changed it; many such things, one read."""

    def __init__(self, exchange: Watching, feed: Feed, params: dict[str, Any], interval: float) -> None:
        self.feed = feed
        self.topic = Topic(Backlog(2), keep=1, copy=copy.deepcopy, shared=True)
        self.last: Item | None = None
        self._exchange = exchange
        self._params = params
        self._interval = interval / 1000
        self._asked = asyncio.Event()
        self._task = asyncio.create_task(self._read())
        self.ask()
        feed.changed = self.ask

    def ask(self) -> None:
        """The balance may be another one now."""
        self._asked.set()

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self.feed.changed = lambda: None
        for consumer in self.topic.consumers:
            consumer.end(UnsubscribeError("oms balance: nobody watches this any more"))

    async def _read(self) -> None:
        while True:
            await self._asked.wait()
            self._asked.clear()
            try:
                balance = await self._exchange.fetch_balance(self._params)
            except BaseError as error:
                for consumer in self.topic.consumers:
                    consumer.fail(error)
            else:
                if self.last is None or _told(balance) != _told(self.last):
                    self.last = balance
                    self.topic.publish(balance)
            await asyncio.sleep(self._interval)


def _told(balance: Item) -> Item:
    """What a balance says, without when it says it."""
    return {key: value for key, value in balance.items() if key not in ("info", "timestamp", "datetime")}


def _several(symbol: str | None) -> list[str] | None:
    return None if symbol is None else [symbol]
