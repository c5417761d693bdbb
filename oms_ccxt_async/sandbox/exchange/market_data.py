"""The public unified methods: markets, tickers, books, trades and candles."""

from __future__ import annotations

from typing import Any

from oms_ccxt_async.sandbox.exchange.accounts import Account
from oms_ccxt_async.sandbox.exchange.markets import Market, loaded_market_structure, market_structure
from oms_ccxt_async.sandbox.exchange.model import ExchangeRefusal
from oms_ccxt_async.sandbox.exchange.path import TICK_MS
from oms_ccxt_async.sandbox.exchange.prices import DAY_TICKS
from oms_ccxt_async.sandbox.exchange.questions import Params, Questions
from oms_ccxt_async.sandbox.exchange.unified import (
    unified_last_price,
    unified_order_book,
    unified_public_trade,
    unified_ticker,
)

__all__ = ["TIMEFRAMES", "MarketData"]

_MINUTE = 60_000 // TICK_MS
TIMEFRAMES = {
    "1m": _MINUTE,
    "3m": 3 * _MINUTE,
    "5m": 5 * _MINUTE,
    "15m": 15 * _MINUTE,
    "30m": 30 * _MINUTE,
    "1h": 60 * _MINUTE,
    "2h": 120 * _MINUTE,
    "4h": 240 * _MINUTE,
    "6h": 360 * _MINUTE,
    "12h": 720 * _MINUTE,
    "1d": DAY_TICKS,
    "1w": 7 * DAY_TICKS,
}
"""In ticks. Periods are counted from the epoch, so that a week begins on a Thursday."""

_CANDLES, _MAX_CANDLES = 500, 1500
_TRADES, _MAX_TRADES = 100, 1000


class MarketData(Questions):
    """Every public method is the unified ccxt method of its name, after the account that asks."""

    def fetch_time(self, account: Account, params: Params = None) -> int:
        return self._clock()

    def load_markets(self, account: Account, reload: bool = False, params: Params = None) -> dict[str, Any]:
        return {symbol: loaded_market_structure(market) for symbol, market in self._prices.markets.items()}

    def fetch_markets(self, account: Account, params: Params = None) -> list[dict[str, Any]]:
        return [market_structure(market) for market in self._prices.markets.values()]

    def fetch_ticker(self, account: Account, symbol: str, params: Params = None) -> dict[str, Any]:
        return self._ticker(self._market(symbol))

    def fetch_tickers(
        self, account: Account, symbols: list[str] | None = None, params: Params = None
    ) -> dict[str, Any]:
        return {market.symbol: self._ticker(market) for market in self._markets(symbols, params)}

    fetch_bids_asks = fetch_tickers

    def fetch_mark_price(self, account: Account, symbol: str, params: Params = None) -> dict[str, Any]:
        return self._ticker(self._swap(symbol))

    def fetch_mark_prices(
        self, account: Account, symbols: list[str] | None = None, params: Params = None
    ) -> dict[str, Any]:
        return {market.symbol: self._ticker(market) for market in self._swaps(symbols, params)}

    def fetch_last_prices(
        self, account: Account, symbols: list[str] | None = None, params: Params = None
    ) -> dict[str, Any]:
        now, tick = self._now()
        return {
            market.symbol: unified_last_price(market, now, self._prices.price(market, tick))
            for market in self._markets(symbols, params)
        }

    def fetch_order_book(
        self, account: Account, symbol: str, limit: int | None = None, params: Params = None
    ) -> dict[str, Any]:
        market, (now, tick) = self._market(symbol), self._now()
        book = self._prices.book(market, tick)
        return unified_order_book(market, now, book, self._whole("limit", limit) or None)

    fetch_l2_order_book = fetch_order_book

    def fetch_order_books(
        self, account: Account, symbols: list[str] | None = None, limit: int | None = None, params: Params = None
    ) -> dict[str, Any]:
        markets = self._markets(symbols, params)
        return {market.symbol: self.fetch_order_book(account, market.symbol, limit) for market in markets}

    def fetch_trades(
        self, account: Account, symbol: str, since: int | None = None, limit: int | None = None, params: Params = None
    ) -> list[dict[str, Any]]:
        market = self._market(symbol)
        begin = self._prices.begin(market)
        page = self._page(TICK_MS, since, limit, params, usual=_TRADES, most=_MAX_TRADES, begin=begin)
        return [unified_public_trade(market, trade) for trade in self._prices.trades(market, *page)]

    def fetch_ohlcv(
        self,
        account: Account,
        symbol: str,
        timeframe: str = "1m",
        since: int | None = None,
        limit: int | None = None,
        params: Params = None,
    ) -> list[list[float | None]]:
        market, kind = self._market(symbol), self._params(params).get("price")
        if kind == "index":
            market = self._prices.markets.index(self._swap(symbol))
        elif kind == "mark":
            market = self._swap(symbol)
        elif kind is not None:
            raise ExchangeRefusal(f"{self._name} does not have candles of the {kind} price")
        period = TIMEFRAMES.get(timeframe) if isinstance(timeframe, str) else None
        if period is None:
            raise ExchangeRefusal(f"{self._name} does not have timeframe {timeframe}")
        begin = self._prices.begin(market)
        first, end = self._page(period * TICK_MS, since, limit, params, usual=_CANDLES, most=_MAX_CANDLES, begin=begin)
        now, (up, down) = self._clock() // TICK_MS + 1, market.tick.as_integer_ratio()
        candles: list[list[float | None]] = []
        for index in range(first, end):
            bar = self._prices.span(market, max(begin, index * period), min((index + 1) * period, now))
            opened, high, low, close = bar[:4]
            volume = None if kind else float(bar.volume * market.lot)
            prices = (price * up / down for price in (opened, high, low, close))
            candles.append([index * period * TICK_MS, *prices, volume])
        return candles

    def fetch_mark_ohlcv(
        self,
        account: Account,
        symbol: str,
        timeframe: str = "1m",
        since: int | None = None,
        limit: int | None = None,
        params: Params = None,
    ) -> list[list[float | None]]:
        return self.fetch_ohlcv(account, symbol, timeframe, since, limit, {**self._params(params), "price": "mark"})

    def fetch_index_ohlcv(
        self,
        account: Account,
        symbol: str,
        timeframe: str = "1m",
        since: int | None = None,
        limit: int | None = None,
        params: Params = None,
    ) -> list[list[float | None]]:
        return self.fetch_ohlcv(account, symbol, timeframe, since, limit, {**self._params(params), "price": "index"})

    def _ticker(self, market: Market) -> dict[str, Any]:
        now, tick = self._now()
        index = self._prices.price(self._prices.markets.index(market), tick) if market.settle else None
        day = self._prices.turnover(market, max(self._prices.begin(market), tick + 1 - DAY_TICKS), tick + 1)
        return unified_ticker(market, now, day, self._prices.book(market, tick), index)
