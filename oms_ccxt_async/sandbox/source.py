"""A real exchange's public market data, by ccxt: its streams where it has them, else its endpoints, asked in turn.

Markets are followed while somebody asks for them, has orders or holds something in them. What comes in is judged by
`Observed`; here it is brought in, missed, and asked for again. No key is ever used.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any

import orjson

from oms_ccxt_async.sandbox.errors import OmsError, PricesUnavailable
from oms_ccxt_async.sandbox.exchange.listing import listed
from oms_ccxt_async.sandbox.exchange.markets import Market
from oms_ccxt_async.sandbox.exchange.observed import Observed
from oms_ccxt_async.sandbox.exchange.unified import unified_order_book

__all__ = ["STALE_MS", "Source", "public_exchange"]

logger = logging.getLogger(__name__)

STALE_MS = 10_000
"""How old a book may be that is traded on."""
POLL_SECONDS = 1.0
"""How long an endpoint is left alone between two questions about one market; ccxt keeps to the exchange's limits."""
RETRY_SECONDS = 1.0
KEEP_SECONDS = 600.0
"""How long a market is followed after somebody asked for it last."""
MOST_FOLLOWED = 100
"""How many markets are followed at a time, beside those that are in use."""
FUNDING_SECONDS = 60.0
WAIT_SECONDS = 5.0
"""How long an order waits for the first prices of its market."""
CACHED_TRADES = 100
KEPT_CANDLES = 1500
SHARED_SECONDS = 1.0
"""How long an answer serves everybody who asks the same."""

PUBLIC = {
    "fetchticker",
    "fetchtickers",
    "fetchbidsasks",
    "fetchmarkprice",
    "fetchmarkprices",
    "fetchlastprices",
    "fetchorderbook",
    "fetchl2orderbook",
    "fetchorderbooks",
    "fetchtrades",
    "fetchohlcv",
    "fetchmarkohlcv",
    "fetchindexohlcv",
    "fetchpremiumindexohlcv",
    "fetchfundingrate",
    "fetchfundingrates",
    "fetchfundinginterval",
    "fetchfundingintervals",
    "fetchfundingratehistory",
    "fetchopeninterest",
    "fetchopeninterests",
    "fetchopeninteresthistory",
    "fetchcurrencies",
}
"""The unified methods that the real exchange answers."""


ARGUMENTS = {
    "fetchohlcv": ("symbol", "timeframe", "since", "limit", "params"),
    "fetchtrades": ("symbol", "since", "limit", "params"),
}


def public_exchange(name: str) -> Any:
    """An exchange of ccxt's without keys, with streams if ccxt has them for it.

    Raises:
        ValueError: ccxt has none of this name.
    """
    import ccxt.async_support
    import ccxt.pro

    base = ccxt.async_support.Exchange
    kind = getattr(ccxt.pro, name, None) or getattr(ccxt.async_support, name, None)
    if not (isinstance(kind, type) and issubclass(kind, base)) or kind is base:
        raise ValueError(f"ccxt has no exchange {name!r} to take prices from")
    return kind({"enableRateLimit": True, "newUpdates": True})


class _Candles:
    """The newest candles of one market and timeframe, which a stream keeps up to date while it lives."""

    def __init__(self) -> None:
        self._rows: dict[int, list[Any]] = {}
        self._live = False

    def see(self, rows: list[Any]) -> None:
        """Take up what the stream says. At its first word all that was known may have changed unseen."""
        if not self._live:
            self.forget()
        self._live = True
        self.merge(rows)

    def merge(self, rows: list[Any]) -> None:
        """Take up candles, newer ones in place of those of their time."""
        if self._live:
            self._rows |= {row[0]: list(row) for row in rows}
            for start in sorted(self._rows)[:-KEPT_CANDLES]:
                del self._rows[start]

    def forget(self) -> None:
        """The stream has failed: what follows is not known."""
        self._rows.clear()
        self._live = False

    def newest(self, count: int) -> list[Any] | None:
        """So many candles, oldest first; None where not so many are known."""
        return [self._rows[start] for start in sorted(self._rows)[-count:]] if len(self._rows) >= count else None


class Source:
    """One exchange, watched.

    Args:
        exchange: ccxt's, without keys; it is closed with this.
        clock: epoch milliseconds.
        stale_ms: how old a book may be that is traded on.

    Attributes:
        observed: what is seen; once `open` is done.
        error: why prices were last missed; None while they come.
    """

    def __init__(self, exchange: Any, clock: Callable[[], int], *, stale_ms: int = STALE_MS) -> None:
        if any(getattr(exchange, name, None) for name in ("apiKey", "secret", "privateKey", "walletAddress", "token")):
            raise ValueError(f"prices of {exchange.id} are public: its exchange must not have keys")
        self.name: str = exchange.id
        self.observed: Observed
        self.error: str | None = None
        self._exchange = exchange
        self._clock = clock
        self._stale_ms = stale_ms
        self._raw: dict[str, dict[str, Any]] = {}
        self._followed: dict[str, list[asyncio.Task[None]]] = {}
        self._asked: dict[str, float] = {}
        self._used: set[str] = set()
        self._tickers: dict[str, tuple[float, Any]] = {}
        self._candles: dict[tuple[str, str], _Candles] = {}
        self._streaming: set[str] = set()
        """The markets whose trades come by a stream that lives."""
        self._shared: dict[bytes, tuple[float, asyncio.Task[Any]]] = {}
        self._news = asyncio.Event()
        self._away_since: float | None = None
        self.on_trades: Callable[[], None] = lambda: None

    async def open(self) -> None:
        """Learn the exchange's markets.

        Raises:
            PricesUnavailable: they could not be read.
        """
        try:
            self._raw = await self._exchange.load_markets()
        except Exception as error:
            raise PricesUnavailable(f"the markets of {self.name} cannot be read: {error}") from error
        markets = listed(self._raw.values(), self._exchange.precisionMode)
        if not markets:
            raise PricesUnavailable(f"{self.name} has no markets that paper can trade")
        self.observed = Observed(markets, self._clock, stale_ms=self._stale_ms)

    async def close(self) -> None:
        """Follow nothing any more."""
        tasks = [task for tasks in self._followed.values() for task in tasks]
        tasks += [task for _, task in self._shared.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._followed.clear()
        await self._exchange.close()

    def want(self, symbol: str) -> None:
        """Follow a market from now on."""
        if symbol not in self.observed.markets:
            return
        self._asked[symbol] = time.monotonic()
        if symbol in self._followed:
            return
        idle = [other for other in self._followed if other not in self._used]
        if len(idle) >= MOST_FOLLOWED:
            self._let_go(min(idle, key=lambda other: self._asked[other]))
        market, has = self.observed.markets[symbol], self._exchange.has
        ways = [self._follow_book(symbol)]
        ways.append(self._watch_trades(symbol) if has.get("watchTrades") else self._poll_trades(symbol))
        if market.settle and has.get("fetchFundingRate"):
            ways.append(self._poll_funding(symbol))
        self._followed[symbol] = [_started(way) for way in ways]

    async def ready(self, symbols: Iterable[str]) -> None:
        """Wait until these markets have prices, at most `WAIT_SECONDS`; without them an order is refused."""
        wanted = [symbol for symbol in symbols if symbol in self.observed.markets]
        for symbol in wanted:
            self.want(symbol)
        deadline = time.monotonic() + WAIT_SECONDS
        while any(self.observed.age(symbol) is None for symbol in wanted):
            self._news.clear()
            left = deadline - time.monotonic()
            if left <= 0:
                return
            try:
                await asyncio.wait_for(self._news.wait(), left)
            except TimeoutError:
                return

    def look(self, in_use: Iterable[str]) -> None:
        """Follow what is in use, let go of what nobody asks for, and say once that prices are missed, and once that
        they are back; to be called every so often."""
        self._used, now = set(in_use), time.monotonic()
        for symbol in self._used:
            self.want(symbol)
        for symbol in [symbol for symbol, asked in self._asked.items() if now - asked > KEEP_SECONDS]:
            self._let_go(symbol)
        for symbol in self._followed:
            # of two trades that arrive together, ccxt hands over the second with the next one that comes
            if cached := (self._exchange.trades or {}).get(symbol):
                self._see_trades(symbol, list(cached)[-CACHED_TRADES:])
        missed = [symbol for symbol in self._followed if self.observed.age(symbol) is not None]
        missed = [symbol for symbol in missed if not self.observed.fresh(symbol)]
        if missed and self._away_since is None:
            self._away_since = now
            logger.warning(
                "%s: no prices of %s for %.0f s (%s): orders are refused and nothing fills until they are back",
                self.name,
                ", ".join(sorted(missed)),
                self._stale_ms / 1000,
                self.error or "nothing comes in that makes sense",
            )
        elif not missed and self._away_since is not None:
            logger.info("%s: prices are back after %.1f s", self.name, now - self._away_since)
            self._away_since, self.error = None, None

    def health(self) -> dict[str, Any]:
        """What `/healthz` says of the prices."""
        states = {}
        for symbol in sorted(self._followed):
            age = self.observed.age(symbol)
            state = "starting" if age is None else "live" if self.observed.fresh(symbol) else "stale"
            states[symbol] = {"state": state, "age_ms": age, "refused": self.observed.lies(symbol)}
        found = {market["state"] for market in states.values()}
        state = next((name for name in ("stale", "starting", "live") if name in found), "idle")
        return {"source": self.name, "state": state, "error": self.error, "markets": states}

    def answers(self, func: str) -> bool:
        """Whether a unified method is the real exchange's to answer."""
        plain = func.replace("_", "").lower()
        return plain in PUBLIC or plain in ("loadmarkets", "fetchmarkets")

    async def ask(self, func: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Answer a public unified method, as JSON can carry it.

        Raises:
            OmsError: what the exchange said, or that it is not there.
        """
        plain = func.replace("_", "").lower()
        if plain in ("loadmarkets", "fetchmarkets"):
            found = {symbol: self._raw[symbol] for symbol in self.observed.markets}
            return found if plain == "loadmarkets" else list(found.values())
        symbol = kwargs.get("symbol", args[0] if args else None)
        market = self.observed.markets.named(symbol)
        if isinstance(symbol, str) and market is None and plain != "fetchcurrencies":
            raise _refusal(f"{self.name} does not have market symbol {symbol}")
        if market is not None:
            self.want(market.symbol)
            limit = kwargs.get("limit", args[1] if len(args) > 1 else None)
            if plain in ("fetchorderbook", "fetchl2orderbook") and limit.__class__ in (int, type(None)):
                return await self._book(market, limit)
            if plain == "fetchticker" and self._exchange.has.get("watchTicker"):
                return await self._ticker(market)
            known = self._streamed(plain, market, args, kwargs)
            if isinstance(known, _Candles):
                rows = await self._ask(func, args, kwargs)
                known.merge(rows)
                return rows
            if known is not None:
                return known
        return await self._ask(func, args, kwargs)

    async def _ask(self, func: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """One request for all who ask the same at the time."""
        key = orjson.dumps([func, args, kwargs])
        for old in [old for old, (asked, task) in self._shared.items() if task.done() and _ago(asked) > SHARED_SECONDS]:
            del self._shared[old]
        if key not in self._shared:
            asking = asyncio.create_task(self._request(func, args, kwargs))
            asking.add_done_callback(lambda task: task.cancelled() or task.exception())  # whoever asked may be gone
            self._shared[key] = time.monotonic(), asking
        return await asyncio.shield(self._shared[key][1])

    async def _request(self, func: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        method = getattr(self._exchange, func, None)
        if method is None:
            raise _refusal(f"unsupported ccxt method: {func}")
        try:
            return orjson.loads(orjson.dumps(await method(*args, **kwargs), default=str))
        except Exception as error:
            text = str(error)
            raise _refusal(text if text.startswith(f"{self.name} ") else f"{self.name} {func}() {text}") from error

    async def _book(self, market: Market, limit: int | None) -> Any:
        """The book that paper trades on; the exchange's own where that is old."""
        await self.ready([market.symbol])
        if not self.observed.fresh(market.symbol):
            return await self._ask("fetch_order_book", [market.symbol], {"limit": limit})
        return unified_order_book(market, self._clock(), self.observed.book(market, 0), limit or None)

    async def _ticker(self, market: Market) -> Any:
        symbol = market.symbol
        if symbol not in self._tickers:
            self._tickers[symbol] = 0.0, await self._ask("fetch_ticker", [symbol], {})
            if symbol in self._followed:
                self._followed[symbol].append(_started(self._watch_ticker(symbol)))
        seen, ticker = self._tickers[symbol]
        if _ago(seen) * 1000 > self._stale_ms:
            ticker = await self._ask("fetch_ticker", [symbol], {})
        return ticker

    def _streamed(self, plain: str, market: Market, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """The newest candles or trades, where a stream has so many; the candles to be filled where it has not; None of
        anything else."""
        symbol, has = market.symbol, self._exchange.has
        named = {**dict(zip(ARGUMENTS.get(plain, ()), args, strict=False)), **kwargs}
        limit, timeframe = named.get("limit"), named.get("timeframe", "1m")
        if named.get("params") or named.get("since") is not None or limit.__class__ is not int or limit < 1:
            return None
        if plain == "fetchtrades" and symbol in self._streaming:
            cached = list((self._exchange.trades or {}).get(symbol, ()))
            return orjson.loads(orjson.dumps(cached[-limit:], default=str)) if len(cached) >= limit else None
        if plain != "fetchohlcv" or not has.get("watchOHLCV") or not isinstance(timeframe, str):
            return None
        key = symbol, timeframe
        if key not in self._candles:
            self._candles[key] = _Candles()
            self._followed[symbol].append(_started(self._watch_candles(symbol, timeframe)))
        return self._candles[key].newest(limit) or self._candles[key]

    def _let_go(self, symbol: str) -> None:
        for task in self._followed.pop(symbol, []):
            task.cancel()
        self._asked.pop(symbol, None)
        self._tickers.pop(symbol, None)
        self._streaming.discard(symbol)
        for key in [key for key in self._candles if key[0] == symbol]:
            del self._candles[key]

    async def _follow_book(self, symbol: str) -> None:
        """The stream's book, and where that says nothing for a while, or there is none, the endpoint's."""
        watching: asyncio.Task[Any] | None = None
        streams, quiet = bool(self._exchange.has.get("watchOrderBook")), self._stale_ms / 3000
        try:
            while True:
                if streams:
                    watching = watching or asyncio.create_task(self._exchange.watch_order_book(symbol))
                    done, _ = await asyncio.wait([watching], timeout=quiet)
                    if done:
                        ended, watching = watching, None
                        if await self._took(ended) and self._see_book(symbol, ended.result()):
                            continue
                asked = asyncio.create_task(self._exchange.fetch_order_book(symbol))
                try:
                    await asyncio.wait([asked])
                finally:
                    asked.cancel()
                if await self._took(asked):
                    self._see_book(symbol, asked.result(), anew=True)
                if not streams:
                    await asyncio.sleep(POLL_SECONDS)
        finally:
            if watching is not None:
                watching.cancel()
                await asyncio.gather(watching, return_exceptions=True)

    async def _watch_trades(self, symbol: str) -> None:
        def see(seen: Any) -> None:
            self._streaming.add(symbol)
            self._see_trades(symbol, seen)

        await self._repeat(
            lambda: self._exchange.watch_trades(symbol), see, missed=lambda: self._streaming.discard(symbol)
        )

    async def _watch_candles(self, symbol: str, timeframe: str) -> None:
        kept = self._candles[symbol, timeframe]
        await self._repeat(lambda: self._exchange.watch_ohlcv(symbol, timeframe), kept.see, missed=kept.forget)

    async def _poll_trades(self, symbol: str) -> None:
        await self._repeat(
            lambda: self._exchange.fetch_trades(symbol), lambda seen: self._see_trades(symbol, seen), pause=POLL_SECONDS
        )

    async def _watch_ticker(self, symbol: str) -> None:
        def see(ticker: Any) -> None:
            self._tickers[symbol] = time.monotonic(), orjson.loads(orjson.dumps(ticker, default=str))

        await self._repeat(lambda: self._exchange.watch_ticker(symbol), see)

    async def _poll_funding(self, symbol: str) -> None:
        await self._repeat(
            lambda: self._exchange.fetch_funding_rate(symbol),
            lambda seen: self.observed.see_funding_rate(symbol, seen.get("fundingRate")),
            pause=FUNDING_SECONDS,
        )

    async def _repeat(
        self,
        read: Callable[[], Awaitable[Any]],
        see: Callable[[Any], None],
        *,
        pause: float | None = None,
        missed: Callable[[], None] = lambda: None,
    ) -> None:
        """Read, and see what was read, for ever; `missed` is told of each failure."""
        while True:
            task = asyncio.ensure_future(read())
            try:
                await asyncio.wait([task])
            finally:
                task.cancel()
            if await self._took(task):
                try:
                    see(task.result())
                except Exception as error:  # an answer of no shape that ccxt has
                    self.error = f"{type(error).__name__}: {error}"
                    missed()
                    await asyncio.sleep(RETRY_SECONDS)
            else:
                missed()
            if pause is not None:
                await asyncio.sleep(pause)

    async def _took(self, task: asyncio.Future[Any]) -> bool:
        """Whether something came of it; after an error, some time has passed."""
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if error is None:
            return True
        self.error = f"{type(error).__name__}: {error}"[:300]
        await asyncio.sleep(RETRY_SECONDS)
        return False

    def _see_book(self, symbol: str, book: Any, *, anew: bool = False) -> bool:
        try:
            seen = self.observed.see_book(symbol, book, anew=anew)
        except Exception as error:
            self.error = f"{type(error).__name__}: {error}"
            return False
        if seen:
            self._news.set()
        return seen

    def _see_trades(self, symbol: str, trades: Any) -> None:
        if self.observed.see_trades(symbol, trades):
            try:
                self.on_trades()
            finally:
                self.observed.forget_passed()


def _started(way: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """A task that goes on until it is cancelled; whatever else ends it is said."""

    def ended(task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a market is not followed any more", exc_info=error)

    task = asyncio.create_task(way)
    task.add_done_callback(ended)
    return task


def _ago(moment: float) -> float:
    return time.monotonic() - moment


def _refusal(text: str) -> OmsError:
    return OmsError(502, "dispatcher_error", text)
