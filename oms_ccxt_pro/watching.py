"""Watching the account: orders, fills, positions, balance."""

from __future__ import annotations

import asyncio
import functools
import random
import ssl
import warnings
from collections.abc import Callable, Coroutine, Iterable, Mapping
from time import monotonic
from typing import Any

from ccxt.base.errors import BaseError

from oms_ccxt_async import errors
from oms_ccxt_async.exchange.asked import named_calls
from oms_ccxt_async.exchange.oms import oms
from oms_ccxt_async.mappers import Unified
from oms_ccxt_async.wire.headers import headers_of
from oms_ccxt_async.wire.retry import Kind
from oms_ccxt_async.wire.secret import Config, Secret
from oms_ccxt_pro.calling import Caller, caller, for_caller, is_over, named, returns_coroutine
from oms_ccxt_pro.delivery import Consumer, EventsLost, Topic
from oms_ccxt_pro.ends import closed_by_user
from oms_ccxt_pro.hooks import Hooks
from oms_ccxt_pro.host import Host
from oms_ccxt_pro.ledger import TopicName
from oms_ccxt_pro.live import Live
from oms_ccxt_pro.rereading import Rereading
from oms_ccxt_pro.settings import StreamSettings
from oms_ccxt_pro.source import Source
from oms_ccxt_pro.stream import Address
from oms_ccxt_pro.views import View, Views
from oms_ccxt_pro.waiting import fetched, to_its_end

__all__ = ["Params", "Watched", "Watching"]

Params = Mapping[str, Any]
Watched = Coroutine[Any, Any, list[Unified]]
KEPT = 1_000
"""Orders and positions that are over, fills, public trades and candles that are kept: ccxt's own limit."""


def _view(name: str, meaning: str) -> Any:
    """A cache that is a dict; one that is set is what is in it, until there is news."""

    def get(self: Watching) -> View:
        view: View = getattr(self._views, name)
        return view.refreshed()

    def put(self: Watching, value: Any) -> None:
        view = get(self)
        view.clear()
        view.update(value or {})

    return property(get, put, None, meaning)


@named_calls
class Watching(Hooks, oms):
    """The methods that watch the account.

    A call returns what arrived since the same loop's last call, at once if there is anything, in the OMS's order:
    every state of an order its own element, every fill exactly once. `limit` is how many a call returns at most; the
    others stay for the next. A call that is cancelled or timed out takes nothing. What is returned is the caller's own.
    `params` may hold `strategy_id`, and `consumer`: the name of the loop, for programs whose calls run in tasks or
    threads of their own.
    """

    _live_streams: Live | None = None
    _groups = {"ws": StreamSettings.from_options}

    def __init__(self, config: Params = {}) -> None:
        config = Config(config)
        self._forget()
        super().__init__(config)

    def _begin(self) -> None:
        super()._begin()
        self._forget()

    def _forget(self) -> None:
        self._live_streams = None
        self._views = Views(self)
        # By strategy and the other params of the call; until `un_watch_balance` or `close`.
        self._balances: dict[tuple[int | None, str], Rereading] = {}
        # Market data without a stream, by what was asked for; until it is left, or `close`.
        self._polls: dict[tuple[str, tuple[str, ...], str], Rereading] = {}

    @property
    def _live(self) -> Live:
        """The streams of the running event loop; a program that means something else is refused here."""
        self._settings.require_meant()
        here = self._here
        live = self._live_streams
        if live is None or live.loop is not here.loop:
            live = self._live_streams = Live(
                self._host(),
                here.account,
                self._source,
                failed=self._fail_balances,
            )
            self._balances, self._polls = {}, {}
        return live

    async def _close_streams(self) -> None:
        self._views.left()
        live, self._live_streams = self._live_streams, None
        readings = [*self._balances.values(), *self._polls.values()]
        self._balances, self._polls = {}, {}
        if live is not None and live.loop is asyncio.get_running_loop():
            await to_its_end(live.close(), *(reading.close(closed_by_user()) for reading in readings))

    # What the streams need

    def _host(self) -> Host:
        return Host(
            settings=StreamSettings.from_options(self.options.get("ws"), stands_in=self._stands_in_for is not None),
            address=self._socket_address,
            account_id=lambda: self._settings.account_id,
            timeout=lambda: self.timeout / 1000,
            clock=self.milliseconds,
            draw=random.SystemRandom().random,
            telemetry=self._telemetry,
            taker=lambda stream: self._taker(stream),
            teller=lambda: self._tell_of_socket if self.verbose else None,
            number=self._numbers,
            read=lambda func, args: self._pass_through(func, args, Kind.READ),
            connected=lambda stream: self.on_connected(stream),
            keep=lambda name: self.options.get(name) or KEPT,
        )

    def _source(self, host: Host, refused: Callable[[BaseError], None]) -> Source:
        here = self._here
        return Source(
            lists=here.lists,
            lookup=here.lookup,
            facts=self._facts,
            order=self._unified_order,
            trade=lambda row, facts: self._unified_trade(row),
            position=self._unified_position,
            clock=host.clock,
            backoff=host.backoff,
            refused=refused,
            keep_fresh=here.reconciling.keep,
            telemetry=host.telemetry,
        )

    def _socket_address(self) -> Address:
        """Where the sockets go: the OMS's address with a `ws` scheme, the key in a header (fault 45)."""
        self._settings.require_meant()
        base = self._settings.base_url
        self.open()
        context = None
        if base.startswith("https"):
            context = self.ssl_context or _unverified()
        proxies = self.check_ws_proxy_settings()
        proxy = next((each for each in proxies if each), None)
        headers = headers_of(self)
        headers["x-api-key"] = Secret(self.apiKey or "")
        return Address(f"ws{base.removeprefix('http')}/ws", dict(headers), context, proxy)

    def _tell_of_socket(self, what: str, raw: bytes | str) -> None:
        """Print what goes over a socket, as ccxt's client does with `verbose`; without the key."""
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

    # The caches of ccxt.pro

    @property
    def orders(self) -> list[Unified] | None:
        """The orders that are known, the latest change last, in ccxt's type; None before the account is watched."""
        return self._views.listed("orders")

    @orders.setter
    def orders(self, value: Any) -> None:
        self._views.begin("orders")

    @property
    def myTrades(self) -> list[Unified] | None:
        """The fills since the watch began, oldest first, in ccxt's type; None before the account is watched."""
        return self._views.listed("trades")

    @myTrades.setter
    def myTrades(self, value: Any) -> None:
        self._views.begin("trades")

    @property
    def positions(self) -> list[Unified] | None:
        """The open positions, the latest change last, in ccxt's type; None before the account is watched."""
        return self._views.listed("positions")

    @positions.setter
    def positions(self, value: Any) -> None:
        self._views.begin("positions")

    @property
    def balance(self) -> Unified:
        """The balance that was read last; without entries before it is watched."""
        return self._views.balance

    @balance.setter
    def balance(self, value: Any) -> None:
        self._views.balance = value

    orderbooks = _view("orderbooks", "The order books that are watched, by symbol, in ccxt's type.")
    tickers = _view("tickers", "The tickers that are watched, by symbol.")
    bidsasks = _view("bidsasks", "The best prices that are watched, by symbol, each as a ticker.")
    trades = _view("trades", "The public trades that are watched, by symbol, oldest first, in ccxt's type.")
    ohlcvs = _view("ohlcvs", "The candles that are watched, by symbol and timeframe, oldest first, in ccxt's type.")

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
        return self._watched("orders", caller(), _listed(symbol), since, limit, params)

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
        return self._watched("trades", caller(), _listed(symbol), since, limit, params)

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
    def watch_position(self, symbol: str | None = None, params: Params = {}) -> Coroutine[Any, Any, Unified]:
        """The newest state of the position in a symbol."""
        return self._watched_position(caller(), symbol, params)

    async def un_watch_orders(self, symbol: str | None = None, params: Params = {}) -> bool:
        """Stop watching orders of a symbol, or, without one, all of them; other watchers live on."""
        return await self._unwatched("orders", _listed(symbol), params)

    async def un_watch_orders_for_symbols(self, symbols: list[str], params: Params = {}) -> bool:
        """Stop what `watch_orders_for_symbols` began."""
        return await self._unwatched("orders", symbols, params)

    async def un_watch_my_trades(self, symbol: str | None = None, params: Params = {}) -> bool:
        """Stop watching fills of a symbol, or, without one, all of them; other watchers live on."""
        return await self._unwatched("trades", _listed(symbol), params)

    async def un_watch_my_trades_for_symbols(self, symbols: list[str], params: Params = {}) -> bool:
        """Stop what `watch_my_trades_for_symbols` began."""
        return await self._unwatched("trades", symbols, params)

    async def un_watch_positions(self, symbols: list[str] | None = None, params: Params = {}) -> bool:
        """Stop watching these positions; other watchers live on."""
        return await self._unwatched("positions", symbols, params)

    # Balance

    @returns_coroutine
    def watch_balance(self, params: Params = {}) -> Coroutine[Any, Any, Unified]:
        """The balance, then what it is after every fill and every change of an order, read when it is asked for."""
        return self._watched_balance(caller(), params)

    async def un_watch_balance(self, params: Params = {}) -> bool:
        """Stop watching the balance."""
        params = await self._given(params)
        named(caller(), params)
        key = self._settings.strategy_of(params), repr(sorted(params.items()))
        balance = self._balances.pop(key, None)
        if balance is None:
            return False
        await balance.close(errors.UnsubscribeError("oms balance: nobody watches this any more"))
        await self._close_if_unwatched()
        return True

    # What these are made of

    def _consumer(
        self, topic: Topic, what: str, key: Any, asking: Caller, symbols: frozenset[str] | None = None
    ) -> tuple[Consumer, bool]:
        """The consumer of a call, and whether it is new."""
        consumer, new = topic.consumer(key, asking, symbols, monotonic(), is_over)
        if consumer.doubtful and f"watch {what}" not in self._warned:
            self._warned.add(f"watch {what}")
            text = (
                f"oms: several loops watch {what} by calls in tasks of their own, from one place in the program, so "
                'that none of them can go on where it stopped; give each a name: params={"consumer": "a name"}'
            )
            self._telemetry.stream.warning("%s", text)
            try:
                warnings.warn(EventsLost(text), stacklevel=2)
            except EventsLost:
                self._telemetry.stream.debug("this program makes errors of warnings; the call goes on")
        return consumer, new

    @for_caller
    async def _watched(
        self,
        kind: TopicName,
        asking: Caller,
        symbols: Iterable[str] | None,
        since: int | None,
        limit: int | None,
        params: Params,
        *,
        single: bool = False,
    ) -> list[Unified]:
        """What is new to a loop.

        Args:
            single: whether it is `watch_position` that calls, which is another loop than `watch_positions`.
        """
        params = await self._given(params)
        asking = named(asking, params)
        strategy_id = self._settings.strategy_of(params)
        self._ignored(f"watch {kind}", params)
        begun = self._live.account.feed(strategy_id)
        begun.hold()  # until the consumer is there: the first call may have to load markets
        try:
            names = await self._symbols(symbols)
            await self._loaded()
            wanted = None if names is None else frozenset(names)
            live = self._live  # other streams, if these were closed meanwhile
            feed = live.account.feed(strategy_id)
            consumer, new = self._consumer(feed.topics[kind], kind, (wanted, single), asking, wanted)
        finally:
            begun.release()
        if new and (kind == "positions" or (kind == "orders" and live.settings.ordersSnapshot)):
            feed.greet(kind, consumer)
        catch_up = functools.partial(live.account.catch_up, feed, kind)
        if not self.newUpdates:
            await fetched([consumer], catch_up=catch_up)
            items = self._views.of(feed, kind)
            if wanted is not None:
                items = [item for item in items if consumer.wants(item)]
            found: list[Unified] = self.filter_by_since_limit(items, since, limit, "timestamp", True)
            return found
        return await fetched([consumer], since, limit, catch_up)

    @for_caller
    async def _watched_position(self, asking: Caller, symbol: str | None, params: Params) -> Unified:
        positions = await self._watched("positions", asking, _listed(symbol), None, None, params, single=True)
        return positions[-1] if positions else dict(await self.fetch_position(symbol or "", params))

    async def _unwatched(self, kind: TopicName, symbols: Iterable[str] | None, params: Params) -> bool:
        params = await self._given(params)
        strategy_id = self._settings.strategy_of(params)
        names = await self._symbols(symbols)
        wanted = None if names is None else frozenset(names)
        feed = self._live.account.feeds.get(strategy_id)
        if feed is None:
            return False
        for single in (False, True):
            error = errors.UnsubscribeError(f"oms {kind}: nobody watches this any more")
            feed.topics[kind].forget((wanted, single), error)
        await self._close_if_unwatched()
        return True

    async def _close_if_unwatched(self) -> None:
        account = self._live.account
        if not self._balances and not any(
            topic.consumers for feed in account.feeds.values() for topic in feed.topics.values()
        ):
            await self._live.close_account()

    @for_caller
    async def _watched_balance(self, asking: Caller, params: Params) -> Unified:
        params = await self._given(params)
        asking = named(asking, params)
        strategy_id = self._settings.strategy_of(params)
        key = strategy_id, repr(sorted(params.items()))
        if key not in self._balances:  # what is watched already needs no answer of the OMS to be waited for
            await self._facts()
        live = self._live
        balance = self._balances.get(key)
        if balance is None:
            interval = live.settings.balanceInterval / 1000
            read = functools.partial(self.fetch_balance, params)
            balance = self._balances[key] = Rereading(
                "the balance", read, interval, live.backoff(), self._telemetry.stream
            )
        live.account.feed(strategy_id).changed = functools.partial(self._money_moved, strategy_id)
        balance.ask_again()
        consumer, new = self._consumer(balance.topic, "balance", None, asking)
        if new and balance.last is not None:
            consumer.begin_with([balance.last])
        return (await fetched([consumer]))[-1]

    def _money_moved(self, strategy_id: int | None) -> None:
        for (each, _), balance in self._balances.items():
            if each == strategy_id:
                balance.ask()

    def _fail_balances(self, error: BaseError) -> None:
        for balance in self._balances.values():
            balance.fail(error)


def _listed(symbol: str | None) -> list[str] | None:
    return None if symbol is None else [symbol]


def _unverified() -> ssl.SSLContext:
    """For `verify: False`."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
