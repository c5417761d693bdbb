"""An exchange on this machine: a server on a free port that tells books and trades as a test says, breaks down and
lies, and ccxt's class for it, with streams or without. Registered with ccxt by the tests alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
from aiohttp import WSMsgType, web
from ccxt.async_support.base.exchange import Exchange
from ccxt.async_support.base.ws.cache import ArrayCache

from tests.sandbox.conftest import Clock

__all__ = ["BTC", "PERP", "QUANTO", "LocalExchange", "Venue", "venue"]

HAS = ("fetchOrderBook", "fetchTrades", "fetchFundingRate", "fetchTicker", "fetchOHLCV")
BTC, PERP, QUANTO = "BTC/USDT", "BTC/USDT:USDT", "BTC/USD:ETH"


def _market(symbol: str, **fields: Any) -> dict[str, Any]:
    pair, _, settle = symbol.partition(":")
    base, quote = pair.split("/")
    return {
        "id": f"{base}{quote}",
        "symbol": symbol,
        "base": base,
        "quote": quote,
        "settle": settle or None,
        "type": "swap" if settle else "spot",
        "spot": not settle,
        "swap": bool(settle),
        "contract": bool(settle),
        "linear": settle == quote if settle else None,
        "inverse": settle == base if settle else None,
        "active": True,
        "taker": 0.0004,
        "maker": 0.0002,
        "precision": {"amount": 0.001, "price": 0.5},
        "limits": {"amount": {"min": 0.002, "max": 1000}, "cost": {"min": 5}, "leverage": {"max": 50}},
        **fields,
    }


MARKETS = [_market(BTC), _market(PERP, contractSize=0.01, precision={"amount": 1, "price": 0.5}), _market(QUANTO)]


class Venue:
    """What the server tells, and how it behaves.

    Attributes:
        state: `up`; `down` turns everybody away; `candles` everybody who wants anything else; `silent` answers nobody.
        candles: what is told of any market.
        asked: the paths of the requests.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.state = "up"
        self.candles: list[list[float]] = []
        self.asked: list[str] = []
        self.url = ""
        self._books: dict[str, dict[str, Any]] = {}
        self._trades: dict[str, list[dict[str, Any]]] = {}
        self._listeners: set[web.WebSocketResponse] = set()
        self.subscribed: set[tuple[str, str]] = set()

    async def book(self, bids: list[Any], asks: list[Any], symbol: str = BTC, *, stamp: int | None = None) -> None:
        """Tell a book, of the clock's time unless another one is given."""
        told = {"bids": bids, "asks": asks, "timestamp": self.clock.now if stamp is None else stamp}
        self._books[symbol] = told
        await self._tell("book", symbol, told)

    async def trade(self, price: float, amount: float, symbol: str = BTC, *, stamp: int | None = None) -> None:
        """Tell a trade of others."""
        listed = self._trades.setdefault(symbol, [])
        when = self.clock.now if stamp is None else stamp
        listed.append({"id": str(len(listed)), "price": price, "amount": amount, "timestamp": when, "side": "sell"})
        await self._tell("trade", symbol, listed[-1])

    async def candle(self, row: list[float], symbol: str = BTC) -> None:
        """Tell a candle of a minute, newer or newest."""
        self.candles = [old for old in self.candles if old[0] != row[0]] + [row]
        await self._tell("candle", symbol, {"row": row})

    async def break_down(self, state: str) -> None:
        """Be `down` or `silent`; who listens is cut off."""
        self.state = state
        for listener in tuple(self._listeners):
            await listener.close()

    async def _tell(self, channel: str, symbol: str, told: dict[str, Any]) -> None:
        if self.state == "up":
            for listener in tuple(self._listeners):
                await listener.send_bytes(orjson.dumps({"channel": channel, "symbol": symbol, **told}))

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """One request."""
        self.asked.append(request.path)
        if self.state == "down" or (self.state == "candles" and request.path != "/candles"):
            return web.Response(status=503, text="Service Unavailable")
        if self.state == "silent":
            await asyncio.sleep(3600)
        if request.path == "/stream":
            return await self._listen(request)
        symbol = request.query.get("symbol", BTC)
        told: Any = {
            "/markets": MARKETS,
            "/book": self._books.get(symbol),
            "/trades": self._trades.get(symbol, []),
            "/candles": self.candles,
            "/funding": {"fundingRate": 0.0003},
        }[request.path]
        return web.json_response(body=orjson.dumps(told))

    async def _listen(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._listeners.add(socket)
        try:
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    continue
                wanted = orjson.loads(message.data)
                self.subscribed.add((wanted["channel"], wanted["symbol"]))
                if wanted["channel"] == "book" and (told := self._books.get(wanted["symbol"])):
                    await socket.send_bytes(orjson.dumps({**wanted, **told}))
        finally:
            self._listeners.discard(socket)
        return socket


@asynccontextmanager
async def venue(clock: Clock) -> AsyncIterator[Venue]:
    """A venue that listens."""
    told = Venue(clock)
    app = web.Application()
    app.router.add_get("/{path:.*}", told.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    told.url = f"http://{host}:{port}"
    try:
        yield told
    finally:
        await told.break_down("down")
        await runner.cleanup()


class LocalExchange(Exchange):
    """ccxt's class for a venue; `options["streams"]` False: it has no streams."""

    def describe(self) -> Any:
        return self.deep_extend(
            super().describe(),
            {
                "id": "local",
                "rateLimit": 1,
                "timeout": 500,
                "precisionMode": 4,
                "has": {
                    "fetchOrderBook": True,
                    "fetchTrades": True,
                    "fetchFundingRate": True,
                    "fetchTicker": True,
                    "fetchOHLCV": True,
                },
            },
        )

    def __init__(self, config: Any = {}) -> None:
        super().__init__(config)
        for name in ("watchOrderBook", "watchTrades", "watchOHLCV"):
            self.has[name] = self.options.get("streams", True)

    async def _get(self, path: str) -> Any:
        return await self.fetch(f"{self.options['url']}{path}")

    async def fetch_markets(self, params: Any = {}) -> Any:
        return await self._get("/markets")

    async def fetch_order_book(self, symbol: str, limit: Any = None, params: Any = {}) -> Any:
        return await self._get(f"/book?symbol={symbol}")

    async def fetch_trades(self, symbol: str, since: Any = None, limit: Any = None, params: Any = {}) -> Any:
        return await self._get(f"/trades?symbol={symbol}")

    async def fetch_funding_rate(self, symbol: str, params: Any = {}) -> Any:
        return await self._get("/funding")

    async def fetch_ohlcv(
        self, symbol: str, timeframe: str = "1m", since: Any = None, limit: Any = None, params: Any = {}
    ) -> Any:
        return await self._get("/candles")

    async def fetch_ticker(self, symbol: str, params: Any = {}) -> Any:
        book = await self._get(f"/book?symbol={symbol}")
        return self.safe_ticker({"symbol": symbol, "bid": book["bids"][0][0], "ask": book["asks"][0][0]})

    async def watch_order_book(self, symbol: str, limit: Any = None, params: Any = {}) -> Any:
        return await self._watch("book", symbol)

    async def watch_trades(self, symbol: str, since: Any = None, limit: Any = None, params: Any = {}) -> Any:
        trades = await self._watch("trade", symbol)
        return self.filter_by_since_limit(trades, since, trades.getLimit(symbol, limit), "timestamp", True)

    async def watch_ohlcv(
        self, symbol: str, timeframe: str = "1m", since: Any = None, limit: Any = None, params: Any = {}
    ) -> Any:
        return await self._watch("candle", symbol)

    async def _watch(self, channel: str, symbol: str) -> Any:
        key = f"{channel}:{symbol}"
        return await self.watch(f"{self.options['url']}/stream", key, {"channel": channel, "symbol": symbol}, key)

    def handle_message(self, client: Any, message: Any) -> None:
        channel, symbol = message["channel"], message["symbol"]
        if channel == "trade":
            self.trades.setdefault(symbol, ArrayCache(1000)).append({**message, "symbol": symbol})
            message = self.trades[symbol]
        elif channel == "candle":
            message = [message["row"]]
        client.resolve(message, f"{channel}:{symbol}")
