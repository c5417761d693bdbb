"""What every method of the exchange stands on: construction, settings, life cycle, markets, and rows made unified."""

from __future__ import annotations

import asyncio
import contextlib
import difflib
import functools
import os
from collections.abc import Callable, Coroutine, Generator, Iterable, Mapping
from copy import deepcopy
from types import MethodType
from typing import Any, TypeVar

import ccxt.async_support
from ccxt.base.errors import BadSymbol, BaseError, ExchangeError, OperationFailed

from oms_ccxt_async import errors
from oms_ccxt_async.exchange import capabilities
from oms_ccxt_async.exchange.asked import of_call
from oms_ccxt_async.exchange.copies import restored, settings_of
from oms_ccxt_async.exchange.fallback import GATEWAY
from oms_ccxt_async.exchange.rooms import Rooms, monotonic
from oms_ccxt_async.exchange.telling import of_orders, telemetry_of, tell_unknown
from oms_ccxt_async.exchange.vocabulary import OptionsOf
from oms_ccxt_async.instrumentation.telemetry import LOGGER
from oms_ccxt_async.lists.lookup import Found
from oms_ccxt_async.lists.window import Told
from oms_ccxt_async.mappers import MarketFacts
from oms_ccxt_async.mappers.order import unified_order
from oms_ccxt_async.mappers.position import unified_position
from oms_ccxt_async.mappers.symbol import market_facts, spelled
from oms_ccxt_async.mappers.trade import unified_trade
from oms_ccxt_async.orders.grid import AS_GIVEN, Grid
from oms_ccxt_async.orders.intents import Accepted, Book
from oms_ccxt_async.orders.journal import Keeper
from oms_ccxt_async.orders.submission import Standing
from oms_ccxt_async.wire.account import AccountFacts
from oms_ccxt_async.wire.config import check
from oms_ccxt_async.wire.endpoints import Endpoints
from oms_ccxt_async.wire.retry import Kind
from oms_ccxt_async.wire.secret import Config
from oms_ccxt_async.wire.settings import Settings

__all__ = ["PATIENCE", "Base"]

Result = TypeVar("Result")
PATIENCE = 2_000
"""Milliseconds that a cancel waits for markets, which it can do without."""


class Base(ccxt.async_support.Exchange):
    """A ccxt exchange whose account is an OMS account. See `oms_ccxt_async.oms`."""

    apiKey: str | None
    logger: Any = LOGGER  # a logger of the config takes its place
    asyncio_loop: asyncio.AbstractEventLoop | None
    markets_loading: asyncio.Future[Any] | None
    timeout_on_exit = 0  # aiohttp's close() waits for its sockets itself
    _endpoints: type[Endpoints] = Endpoints
    _stands_in_for: str | None = None
    _groups: Mapping[str, Callable[[Any], Any]] = {}  # groups of options that a subclass has, and how they are read
    _meaning: Any = None  # what a program means that asked for another exchange (dropin/meaning.py)

    def __init__(self, config: Mapping[str, Any] = {}) -> None:
        config = Config(config)  # what prints the locals of a traceback prints no key
        super().__init__(config)
        if not self.apiKey:
            self.apiKey = os.environ.get("OMS_API_KEY") or None
        self._begin()
        foreign = None if self._stands_in_for is None else OptionsOf(self._stands_in_for)
        check(self, config, os.environ, self._settings, foreign=foreign, groups=self._groups)

    def _begin(self) -> None:
        """What an exchange has of its own, and neither shares with a copy nor takes into a pickle."""
        self._settings = Settings(self, os.environ, self._meaning)
        self._rooms: Rooms | None = None
        self._telemetry = telemetry_of(self, self._settings)
        self._book = Book()
        self._book.settled = of_orders(self._telemetry, self.milliseconds)
        self._keeper = Keeper(lambda: self._settings.options.journal, lambda: self._settings.options.journalFsync)
        self._read_on = Told()
        # By address and id, what the exchange has told of others' orders; by address, account and symbol, when it may
        # be asked of them in passing again, and the question that is under way, with the rows that it is about.
        self._extra_told: dict[tuple[str, int], dict[str, Any]] = {}
        self._ask_again: dict[tuple[str, int, str], float] = {}
        self._asking: dict[tuple[str, int, str], tuple[list[dict[str, Any]], asyncio.Task[None]]] = {}
        self._warned: set[str] = set()  # what was said once, and is not said again by this instance
        self._market_facts: dict[Any, MarketFacts] = {}  # by symbol, of the markets in `_facts_of`
        self._facts_of: Any = None

    def __repr__(self) -> str:
        return f"ccxt.async_support.{self.id}({', '.join(self._described())})"

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy, or what comes out of a pickle, is an exchange of the same settings and markets that is not in use: it
        has no session, no stream and none of this one's orders under way. As with ccxt's classes, the key is in it."""
        return restored, (type(self), settings_of(self))

    def describe(self) -> dict[str, Any]:
        """The exchange's description, as ccxt's base class merges it with the user's config."""
        return dict(self.deep_extend(super().describe(), capabilities.description()))

    # Life

    def open(self, lazy: bool = False) -> None:
        """Make the session of the running event loop, anew if the last one was closed or belonged to another loop."""
        loop = asyncio.get_running_loop()
        if self.asyncio_loop is not loop:
            if self.asyncio_loop is not None and self.own_session:
                self.session = self.tcp_connector = None
            self.asyncio_loop = loop
            self.init_rest_rate_limiter()
        super().open(False)

    async def close(self, clean_instance_data: bool = False) -> None:
        """Let submissions under way come to their end, within `options["closeTimeout"]`, and give the sockets back.

        Streams, where there are any, end first: calls that wait for them get `ExchangeClosedByUser`.
        Client order ids whose fate stayed unknown are logged as an error and listed by `unknown_orders()`. Closing
        twice is fine, and the instance can be used again afterwards, in another event loop too. Cancelling it ends what
        is under way at once instead.

        Raises:
            ccxt.NotSupported: the instance is in use in another event loop, which is running.
        """
        self._refuse_other_loop()
        rooms = self._rooms
        session = self.session
        first = False
        try:
            await self._close_streams()
            first = rooms is not None and rooms.loop is asyncio.get_running_loop() and not rooms.closing
            if first and rooms is not None:
                rooms.closing = True
                self._telemetry.quiet = True
                await rooms.submissions.drain()
        finally:
            if rooms is not None:
                rooms.end()
                if first:
                    self._telemetry.quiet = False
                    tell_unknown(self._telemetry, self._book.unknown)
                if self._rooms is rooms:
                    self._rooms = None
            self._keeper.close()
            await super().close(clean_instance_data)
            if self.own_session and self.session is not None:  # opened by what began meanwhile
                await super().close()
            self.session = None if self.own_session else session
            self.asyncio_loop = None
            await self._close_streams()  # those of calls that began meanwhile

    async def _close_streams(self) -> None:
        """End the streams that a subclass has."""

    def stats(self) -> dict[str, Any]:
        """What happened to this instance since it was made, in numbers; times are in milliseconds.

        Returns:
            `requests` (each attempt counts), `retries`, `failures` (of requests, by the name of the ccxt exception),
            `latency` (of requests that were answered: `count`, `sum`, `max`), `outages`, `circuitOpenings`, `orders`
            (how often one became `accepted`, `refused`, `unknown`), `unknownOrders` (now), and of all streams
            `reconnects`, `gaps`, `resyncs`, `eventLag` (from the OMS's time to the arrival, by both clocks).
        """
        return {**self._telemetry.stats.shown(), "unknownOrders": len(self._book.unknown)}

    def unknown_orders(self) -> list[str]:
        """The client order ids of orders of which it is unknown whether the OMS took them."""
        return self._book.unknown

    def recovered_orders(self) -> Recovered:
        """What became of the orders that the journal of an earlier process had left open.

        Awaited, it looks them up first, unless that was done already; otherwise it is what is known so far.

        Raises:
            ccxt.OperationRejected: the journal cannot be used (when awaited).
            ccxt.BaseError: the OMS could not be asked (when awaited).
        """
        return Recovered(self._book.recovered, self._recovered)

    async def _recovered(self) -> list[dict[str, Any]]:
        await self._here.submissions.recover()
        return list(self._book.recovered)

    def set_sandbox_mode(self, enabled: bool) -> None:
        """Use `urls["test"]` instead of the OMS's address.

        Raises:
            ccxt.NotSupported: there is no `urls["test"]`; nothing has changed.
        """
        if self._meaning is not None:
            self._meaning.set_sandbox_mode(self, enabled)
            return
        if enabled and not self.urls.get("test"):
            raise errors.NotSupported('oms has no sandbox of its own: set urls["test"] to the address of a test OMS')
        self.isSandboxModeEnabled = bool(enabled)

    def enable_demo_trading(self, enable: bool) -> None:
        """Use the exchange's demo trading: an OMS has none, and where it stands in, an account may be meant for it.

        Raises:
            ccxt.NotSupported: there is none; nothing has changed.
        """
        if self._meaning is not None:
            self._meaning.enable_demo_trading(self, enable)
        elif enable:
            raise errors.NotSupported("oms has no demo trading: use an account of a test OMS")

    async def load_markets(self, reload: bool = False, params: Mapping[str, Any] = {}) -> dict[str, Any]:
        """Load the markets of the exchange behind the account, and take on that exchange's capabilities."""
        await self._facts()
        pending = self.markets_loading
        if pending is not None and not pending.done() and pending.get_loop() is not asyncio.get_running_loop():
            self.markets_loading, self.reloading_markets = None, False  # its event loop was closed over it
        # ccxt lets concurrent callers share one loading; without the shield, one that is cancelled cancels it for all.
        loading = asyncio.ensure_future(super().load_markets(reload, dict(params or {})))
        loading.add_done_callback(lambda done: None if done.cancelled() else done.exception())
        try:
            markets: dict[str, Any] = await asyncio.shield(loading)
        except BaseError as error:
            raise of_call(error, self) from error.__cause__
        return markets

    async def fetch_markets(self, params: Mapping[str, Any] = {}) -> list[dict[str, Any]]:
        """The markets of the exchange behind the account."""
        markets = await self._pass_through("fetch_markets", [dict(params)] if params else [], Kind.READ)
        return list(markets) if self._meaning is None else self._meaning.markets(self, list(markets))

    # Rooms

    @property
    def _here(self) -> Rooms:
        """The rooms of the running event loop, made when first needed; a setting that makes no sense is raised here."""
        rooms = self._rooms
        if rooms is None or rooms.loop is not asyncio.get_running_loop():
            self._refuse_other_loop()
            self._settings.require()
            rooms = self._rooms = Rooms(
                self,
                self._settings,
                endpoints=self._endpoints,
                telemetry=self._telemetry,
                book=self._book,
                keeper=self._keeper,
                call=self._pass_through,
                standing=self._standing,
            )
        if rooms.closing:
            raise errors.ExchangeClosedByUser("oms is being closed")
        return rooms

    def _refuse_other_loop(self) -> None:
        """Raises `ccxt.NotSupported` if the instance is in use in another event loop that is running."""
        rooms = self._rooms
        if rooms is not None and rooms.loop is not asyncio.get_running_loop() and rooms.loop.is_running():
            raise errors.NotSupported(
                "oms: this exchange is in use in the event loop of another thread; make an instance for each loop, or "
                "close() it there first, or share one oms_ccxt_async.sync.oms among threads"
            )

    def _described(self) -> list[str]:
        """Which OMS, account, strategy and exchange these are, as far as it is set and known; never a secret."""
        settings, rooms = self._settings, self._rooms
        words = []
        with contextlib.suppress(BaseError):
            words.append(settings.base_url)
        with contextlib.suppress(BaseError):
            words.append(f"account {settings.account_id}")
        with contextlib.suppress(BaseError):
            words += [] if settings.strategy_id is None else [f"strategy {settings.strategy_id}"]
        with contextlib.suppress(BaseError):
            known = None if rooms is None else rooms.account.known
            words += [] if known is None else [known.exchange_id]
        return words

    async def _facts(self) -> AccountFacts:
        here = self._here
        known = here.account.known
        try:
            facts = known or await here.account.facts()
        except BaseError as error:
            raise of_call(error, self) from error.__cause__
        if known is None:
            self._adopt(facts)
            self._telemetry.log.info("trading through %s", ", ".join(self._described()))
        return facts

    def _adopt(self, facts: AccountFacts) -> None:
        """Take on what the exchange behind the account can do (decision 5 of docs/architecture.md)."""
        another = self._meaning is not None and not self._meaning.is_of(facts.exchange_id)
        if another and "exchange" not in self._warned:
            self._warned.add("exchange")
            told = self._stands_in_for, self._settings.account_id, facts.exchange_id
            self._telemetry.log.warning(
                "oms stands in for %s, but account %s, and so this program, trades on %s", *told
            )
        local = capabilities.of_exchange(facts.exchange_id)
        if local is None:
            return
        self.has.update(local["has"])
        for name in ("timeframes", "precisionMode", "paddingMode", "fees", "features"):
            setattr(self, name, deepcopy(local[name]))
        for name, own in capabilities.own_rounding(facts.exchange_id).items():
            for each in (name, capabilities.camel_case(name)):
                setattr(self, each, MethodType(own, self))

    async def _kind_of_repeat(self) -> Kind:
        """What sending a command twice with one `request_id` would do, where its effect is not absolute."""
        return Kind.REPEATABLE if (await self._facts()).idempotent else Kind.ONCE

    async def _pass_through(self, func: str, args: list[Any], kind: Kind) -> Any:
        """A unified method answered by the exchange behind the account."""
        gateway = self._here.gateway
        if self._meaning is not None:
            args = await self._meaning.arguments(self, func, args)
        if func == "fetch_ticker":
            return self._numbers(deepcopy(await self._shared(func, args)))
        return self._numbers(await gateway.call(func, args, kind))

    async def _shared(self, func: str, args: list[Any]) -> Any:
        """A read that calls for the same share, within `options["tickerTtl"]`; its result is theirs, too."""
        ttl = self._settings.options.tickerTtl
        return await self._here.gateway.shared(func, args, now=monotonic(), ttl=ttl)

    def _numbers(self, value: Any) -> Any:
        """Floats of the gateway's JSON as this exchange's `number`; `info` stays what it is."""
        if self.number is float:
            return value
        if isinstance(value, float):
            return self.number(repr(value))
        if isinstance(value, list):
            return [self._numbers(item) for item in value]
        if isinstance(value, dict):
            return {key: item if key == "info" else self._numbers(item) for key, item in value.items()}
        return value

    # Unified structures

    def market(self, symbol: str | None) -> Any:
        """The market of a symbol or market id, as `load_markets()` has it.

        Raises:
            ccxt.BadSymbol: there is none; the message names the nearest symbol.
            ccxt.ExchangeError: markets are not loaded.
        """
        try:
            return super().market(symbol) if self._meaning is None else self._meaning.market(self, symbol)
        except BadSymbol:
            near = difflib.get_close_matches(str(symbol), self.markets, 1, 0.5)
            hint = f"did you mean {near[0]}?" if near else "load_markets() tells which there are"
            raise errors.BadSymbol(f"oms: there is no market {symbol!r}; {hint}") from None
        except ExchangeError:
            if self.markets:
                raise
            raise errors.kind(ExchangeError)(
                "oms markets are not loaded: load_markets() comes first; await it in asyncio code"
            ) from None

    async def _market(
        self, symbol: str | None, *, needed: bool = True, patience: float | None = None
    ) -> MarketFacts | None:
        """The market of a symbol or market id; None for None.

        Args:
            needed: whether to fail without it; otherwise a unified symbol tells its market by how it is spelled when
                markets cannot be loaded, so that a cancel gets through while market data is down.
            patience: as of `_loading`.
        """
        if symbol is None:
            return None
        if not isinstance(symbol, str):
            raise errors.BadSymbol(f"a symbol is a text, as in load_markets(), not {symbol!r}")
        try:
            await self._loading(patience if spelled(symbol) else None)
            market = self.market(symbol)
        except OperationFailed:
            try:
                market = None if needed else self._spelled(symbol)
            except BadSymbol:
                market = None
            if market is None:
                raise
        return market_facts(market, self.precisionMode)

    async def _loading(self, patience: float | None = None) -> None:
        """Have the markets loaded; with `patience`, within that many milliseconds.

        Raises:
            ccxt.OperationFailed: they could not be loaded, or not in time.
        """
        if self.markets:
            return
        try:
            async with asyncio.timeout(None if patience is None else patience / 1000) as limit:
                await self.load_markets()
        except TimeoutError:
            if not limit.expired():
                raise
            raise errors.no_answer(f"no markets within {patience:g} ms", asked="load_markets()", timeout=True) from None

    def _spelled(self, symbol: str) -> Any:
        """What a unified symbol says of its market; None if it is none."""
        return spelled(symbol) if self._meaning is None else self._meaning.spelled(self, symbol)

    def _grid(self, symbol: str) -> Grid:
        """Where amounts and prices in a loaded market lie; nowhere in particular where it names no precision, as ccxt's
        classes have it, and with `options["createOrder"]["exact"]`."""
        market = (self.markets or {}).get(symbol)
        if market is None or self._settings.options.createOrder.exact:
            return AS_GIVEN
        steps = market.get("precision") or {}
        return Grid(
            None if steps.get("amount") is None else functools.partial(self.amount_to_precision, symbol),
            None if steps.get("price") is None else functools.partial(self.price_to_precision, symbol),
        )

    def _market_of(self, row: Mapping[str, Any]) -> MarketFacts | None:
        if self._facts_of is not self.markets:  # loaded anew
            self._facts_of, self._market_facts = self.markets, {}
        symbol = row.get("symbol")
        facts = self._market_facts.get(symbol)
        if facts is None and (market := (self.markets or {}).get(symbol)) is not None:
            facts = self._market_facts[symbol] = market_facts(market, self.precisionMode)
        return facts

    def _unified_order(self, found: Found, facts: AccountFacts) -> dict[str, Any]:
        row = found.row
        if (rooms := self._rooms) is not None:
            rooms.lookup.owners.saw("orders", row)
        market, full = self._market_of(row), facts.full
        extra = self._book.extra_of(row.get("client_order_id")) or self._told_of(row)
        order = unified_order(row, market=market, number=self.number, deals=found.deals, maintained=full, extra=extra)
        if market is None and (spelled(row.get("symbol")) or {}).get("contract"):
            order["cost"] = None  # nobody knows how large its contracts are
        if not full:
            if order["status"] == "open" and self._book.was_refused(row):
                order["status"] = "rejected"  # fact 10: its row says PENDING_SUBMIT for ever
            if rooms is not None:
                rooms.reconciling.note(row["id"], order["status"] == "open")
        return order

    def _told_of(self, row: Mapping[str, Any]) -> dict[str, Any] | None:
        """What the exchange has told of an order of another program."""
        return self._extra_told.get((self._settings.place[0], row.get("id", 0))) if self._extra_told else None

    async def _created_at_the_exchange(self, *arguments: Any) -> dict[str, Any]:
        """`create_order` past the OMS: where orders are made."""
        raise errors.NotSupported("oms: no orders are made here")

    async def _standing(self, accepted: Accepted) -> Standing | None:
        """How an order that is placed stands now."""
        intent = accepted.intent
        if intent.route == GATEWAY:
            order = await self._pass_through("fetch_order", [accepted.order_id, intent.request["symbol"]], Kind.READ)
            row: Any = order
        else:
            row = await self._here.lookup.order(int(accepted.order_id), intent.strategy_id)
            if row is None:
                return None
            order = self._unified_order(row, await self._facts())
        return Standing(row, order["status"] in ("canceled", "rejected", "expired"), bool(order["filled"]))

    def _unified_orders(self, found: Iterable[Found], facts: AccountFacts) -> list[dict[str, Any]]:
        return [self._unified_order(item, facts) for item in found]

    def _unified_trade(self, row: Mapping[str, Any]) -> dict[str, Any]:
        return unified_trade(row, market=self._market_of(row), number=self.number)

    def _unified_position(self, row: Mapping[str, Any], facts: AccountFacts, **valued: str | None) -> dict[str, Any]:
        if (rooms := self._rooms) is not None:
            rooms.lookup.owners.saw("positions", row)
        return unified_position(row, market=self._market_of(row), number=self.number, hedged=facts.hedged, **valued)

    def parse_order(self, order: Mapping[str, Any], market: Any = None) -> dict[str, Any]:
        """An order row of a full OMS as a unified order; of `{}`, an empty one."""
        if order:
            return unified_order(order, market=self._market_of(order), number=self.number)
        return dict(self.safe_order({"info": {}}))

    def parse_trade(self, trade: Mapping[str, Any], market: Any = None) -> dict[str, Any]:
        """A deal row as a unified trade; of `{}`, an empty one."""
        return self._unified_trade(trade) if trade else dict(self.safe_trade({"info": {}}))

    def parse_position(self, position: Mapping[str, Any], market: Any = None) -> dict[str, Any]:
        """A position row as a unified position; of `{}`, an empty one in `market`."""
        row = position or {"id": 0, "symbol": (market or {}).get("symbol"), "state": "closed"}
        parsed = unified_position(row, market=self._market_of(row), number=self.number)
        return parsed if position else {**parsed, "id": None, "info": {}}


class Recovered(list[dict[str, Any]]):
    """What is known of an earlier process's orders; awaited, what is known after asking the OMS."""

    def __init__(self, known: Iterable[dict[str, Any]], look: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        super().__init__(known)
        self._look = look

    def __await__(self) -> Generator[Any, Any, list[dict[str, Any]]]:
        return self._look().__await__()
