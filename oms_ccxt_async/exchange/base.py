"""What every method of the exchange stands on: construction, settings, life cycle, markets, and rows made unified."""

from __future__ import annotations

import asyncio
import os
import random
import time
import uuid
from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

import ccxt.async_support
from ccxt.base.decimal_to_precision import DECIMAL_PLACES, SIGNIFICANT_DIGITS
from ccxt.base.errors import OperationFailed

from oms_ccxt_async import errors
from oms_ccxt_async.exchange import capabilities
from oms_ccxt_async.lists.history import Lists
from oms_ccxt_async.lists.lookup import Found, Lookup
from oms_ccxt_async.mappers import MarketFacts
from oms_ccxt_async.mappers.number import exact
from oms_ccxt_async.mappers.order import unified_order
from oms_ccxt_async.mappers.position import unified_position
from oms_ccxt_async.mappers.trade import unified_trade
from oms_ccxt_async.orders.intents import Memory, Timing
from oms_ccxt_async.orders.journal import Journal
from oms_ccxt_async.orders.submission import Submissions
from oms_ccxt_async.wire.account import Account, AccountFacts
from oms_ccxt_async.wire.endpoints import Endpoints
from oms_ccxt_async.wire.gateway import Gateway
from oms_ccxt_async.wire.retry import Kind
from oms_ccxt_async.wire.settings import Settings

__all__ = ["Base"]


class Base(ccxt.async_support.Exchange):
    """A ccxt exchange whose account is an OMS account. See `oms_ccxt_async.oms`."""

    apiKey: str | None
    asyncio_loop: asyncio.AbstractEventLoop | None
    timeout_on_exit = 0  # aiohttp's close() waits for its sockets itself
    _endpoints: type[Endpoints] = Endpoints
    _stands_in_for: str | None = None

    def __init__(self, config: Mapping[str, Any] = {}) -> None:
        super().__init__(dict(config))
        environ = os.environ
        if not self.apiKey:
            self.apiKey = environ.get("OMS_API_KEY") or None
        self._settings = Settings(self, environ)
        self._rooms: _Rooms | None = None
        self._memory = Memory()
        self._warned: set[str] = set()
        self._market_facts: dict[Any, MarketFacts] = {}
        self._facts_of: Any = None

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

        Client order ids whose fate stayed unknown are logged as an error and listed by `unknown_orders()`. Closing
        twice is fine, and the instance can be used again afterwards, in another event loop too.
        """
        rooms = self._rooms
        if rooms is not None and not rooms.closing:
            rooms.closing = True
            unknown = await rooms.submissions.drain()
            if unknown:
                named = ", ".join(unknown[:20]) + (", ..." if len(unknown) > 20 else "")
                self.logger.error("oms closed with %d orders of unknown outcome: %s", len(unknown), named)
            rooms.transport.end()
            rooms.lookup.close()
            rooms.submissions.close()
            self._rooms = None
        session = self.session
        await super().close(clean_instance_data)
        self.session = None if self.own_session else session
        self.asyncio_loop = None

    def unknown_orders(self) -> list[str]:
        """The client order ids of orders of which it is unknown whether the OMS took them."""
        return self._memory.unknown

    def recovered_orders(self) -> list[dict[str, Any]]:
        """What became of the orders that the journal of an earlier process had left open."""
        return list(self._memory.recovered)

    def set_sandbox_mode(self, enabled: bool) -> None:
        """Use `urls["test"]` instead of the OMS's address.

        Raises:
            ccxt.NotSupported: there is no `urls["test"]`; nothing has changed.
        """
        if enabled and not self.urls.get("test"):
            raise errors.NotSupported('oms has no sandbox of its own: set urls["test"] to the address of a test OMS')
        self.isSandboxModeEnabled = bool(enabled)

    async def load_markets(self, reload: bool = False, params: Mapping[str, Any] = {}) -> dict[str, Any]:
        """Load the markets of the exchange behind the account, and take on that exchange's capabilities."""
        await self._facts()
        # ccxt lets concurrent callers share one loading; without the shield, one that is cancelled cancels it for all.
        loading = asyncio.ensure_future(super().load_markets(reload, dict(params or {})))
        markets: dict[str, Any] = await asyncio.shield(loading)
        return markets

    async def fetch_markets(self, params: Mapping[str, Any] = {}) -> list[dict[str, Any]]:
        """The markets of the exchange behind the account."""
        markets = await self._pass_through("fetch_markets", [dict(params)] if params else [], Kind.READ)
        return list(markets)

    # Rooms

    @property
    def _here(self) -> _Rooms:
        """The rooms, built for the running event loop; everything that is bad in the settings comes out here."""
        rooms = self._rooms
        if rooms is None or rooms.loop is not asyncio.get_running_loop():
            if not self.apiKey:
                raise errors.AuthenticationError("oms needs apiKey (or OMS_API_KEY): a key of the OMS")
            _ = self._settings.base_url, self._settings.account_id
            rooms = self._rooms = _Rooms(self, self._settings, self._memory)
        if rooms.closing:
            raise errors.ExchangeClosedByUser("oms is being closed")
        return rooms

    async def _facts(self) -> AccountFacts:
        here = self._here
        known = here.account.known
        facts = known or await here.account.facts()
        if known is None:
            self._adopt(facts)
        return facts

    def _adopt(self, facts: AccountFacts) -> None:
        """Take on what the exchange behind the account can do (decision 5 of the design)."""
        if self._stands_in_for not in (None, facts.exchange_id) and "exchange" not in self._warned:
            self._warned.add("exchange")
            told = self._stands_in_for, self._settings.account_id, facts.exchange_id
            self.logger.warning("oms stands in for %s, but account %s, and so this program, trades on %s", *told)
        local = capabilities.of_exchange(facts.exchange_id)
        if local is None:
            return
        self.has.update(local["has"])
        for name in ("timeframes", "precisionMode", "paddingMode", "fees", "features"):
            setattr(self, name, deepcopy(local[name]))

    async def _kind_of_repeat(self) -> Kind:
        """What sending a command with a `request_id` twice would do, if it is not absolute."""
        return Kind.REPEATABLE if (await self._facts()).idempotent else Kind.ONCE

    async def _pass_through(self, func: str, args: list[Any], kind: Kind) -> Any:
        """A unified method answered by the exchange behind the account."""
        gateway = self._here.gateway
        if func == "fetch_ticker":
            ttl = self.options.get("tickerTtl") or 0
            result = await gateway.ticker(args, now=time.monotonic() * 1000, ttl=ttl)
            return self._numbers(deepcopy(result))
        return self._numbers(await gateway.call(func, args, kind))

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

    async def _market(self, symbol: str | None, *, needed: bool = True) -> MarketFacts | None:
        """The market of a symbol or market id; None for None.

        Args:
            needed: whether to fail without it; otherwise a symbol stands for itself when markets cannot be loaded, so
                that a cancel gets through while market data is down.
        """
        if symbol is None:
            return None
        try:
            if not self.markets:
                await self.load_markets()
            market = self.market(symbol)
        except OperationFailed:
            if needed:
                raise
            return MarketFacts(symbol, spot=True, contract=False, inverse=False, contract_size=None)
        return _market_facts(market, self.precisionMode)

    def _market_of(self, row: Mapping[str, Any]) -> MarketFacts | None:
        if self._facts_of is not self.markets:  # loaded anew
            self._facts_of, self._market_facts = self.markets, {}
        symbol = row.get("symbol")
        facts = self._market_facts.get(symbol)
        if facts is None and (market := (self.markets or {}).get(symbol)) is not None:
            facts = self._market_facts[symbol] = _market_facts(market, self.precisionMode)
        return facts

    def _unified_order(self, found: Found, facts: AccountFacts) -> dict[str, Any]:
        row = found.row
        order = unified_order(
            row,
            market=self._market_of(row),
            number=self.number,
            deals=found.deals,
            maintained=facts.full,
            extra=self._memory.extra_of(row.get("client_order_id")),
        )
        if order["status"] == "open" and not facts.full and self._here.submissions.never_acknowledged(row):
            order["status"] = "rejected"
        return order

    def _unified_orders(self, found: Iterable[Found], facts: AccountFacts) -> list[dict[str, Any]]:
        return [self._unified_order(item, facts) for item in found]

    def _unified_trade(self, row: Mapping[str, Any]) -> dict[str, Any]:
        return unified_trade(row, market=self._market_of(row), number=self.number)

    def _unified_position(self, row: Mapping[str, Any], facts: AccountFacts, **valued: str | None) -> dict[str, Any]:
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

    # Params

    def _ignored(self, method: str, params: Mapping[str, Any]) -> None:
        """Say once for each parameter that the OMS has no use for it: nothing is dropped in silence."""
        for name in params:
            if f"{method}.{name}" not in self._warned:
                self._warned.add(f"{method}.{name}")
                self.logger.warning("oms %s() has no use for params[%r]; it is ignored", method, name)


class _Rooms:
    """The rooms of one exchange instance in one event loop."""

    def __init__(self, exchange: Base, settings: Settings, memory: Memory) -> None:
        options = exchange.options
        draw = random.SystemRandom().random
        self.loop = asyncio.get_running_loop()
        self.closing = False
        self.transport = exchange._endpoints(exchange, lambda: settings.base_url, draw=draw)
        self.account = account = Account(self.transport, settings)
        self.transport.table = lambda: (
            capabilities.error_table(account.known.exchange_id) if account.known is not None else None
        )
        self.gateway = Gateway(self.transport, settings)
        self.lists = Lists(self.transport, settings, exchange.milliseconds)
        self.lookup = Lookup(self.transport, self.account, settings, self.lists)
        path = options.get("journal")
        self.submissions = Submissions(
            self.transport,
            self.account,
            self.lists,
            clock=exchange.milliseconds,
            monotonic=lambda: time.monotonic() * 1000,
            sleep=lambda ms: asyncio.sleep(ms / 1000),
            new_id=lambda: uuid.uuid4().hex,
            logger=exchange.logger,
            timing=_timing(options),
            memory=memory,
            journal=None if not path else Journal(path, fsync=bool(options.get("journalFsync"))),
        )


def _timing(options: Mapping[str, Any]) -> Timing:
    names = {
        "settleTimeout": "settle",
        "adoptWindow": "adopt",
        "pendingSubmitTimeout": "pending",
        "closeTimeout": "close",
    }
    given = {}
    for option, name in names.items():
        value = options.get(option)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
            raise errors.BadRequest(f'oms options["{option}"] is a number of milliseconds, at least 0, not {value!r}')
        given[name] = float(value)
    return Timing(**given)


def _market_facts(market: Mapping[str, Any], precision_mode: int) -> MarketFacts:
    size = market.get("contractSize")
    step = (market.get("precision") or {}).get("amount")
    if step is not None and precision_mode == DECIMAL_PLACES:
        step = f"1e-{int(step)}"
    return MarketFacts(
        symbol=market["symbol"],
        spot=bool(market.get("spot")),
        contract=bool(market.get("contract")),
        inverse=bool(market.get("inverse")),
        contract_size=None if size is None else str(size),
        step=None if step is None or precision_mode == SIGNIFICANT_DIGITS else exact(step),
    )
