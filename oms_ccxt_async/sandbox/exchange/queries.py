"""The read-only unified ccxt methods of the paper exchange, called by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from oms_ccxt_async.sandbox.exchange.accounts import Account
from oms_ccxt_async.sandbox.exchange.markets import (
    CURRENCIES,
    MARKETS,
    Market,
    loaded_market_structure,
    market_structure,
    named,
)
from oms_ccxt_async.sandbox.exchange.model import ExchangeRefusal
from oms_ccxt_async.sandbox.exchange.path import TICK_MS
from oms_ccxt_async.sandbox.exchange.simulator import DAY_TICKS, Simulator
from oms_ccxt_async.sandbox.exchange.unified import (
    unified_currency,
    unified_fee,
    unified_last_price,
    unified_leverage,
    unified_leverage_tiers,
    unified_order_book,
    unified_position,
    unified_public_trade,
    unified_ticker,
)

__all__ = ["TIMEFRAMES", "Queries"]

_PLACES = Decimal("1e-8")
"""To what balances are told: with more, the free and the used of a million would not be the total as floats."""
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

Params = dict[str, Any] | None


class Queries:
    """Every public method is the unified ccxt method of its name, after the account that asks.

    Args:
        name: the exchange's, for messages.
        simulator: the market.
        clock: epoch milliseconds.
    """

    def __init__(self, name: str, simulator: Simulator, clock: Callable[[], int]) -> None:
        self._name = name
        self._simulator = simulator
        self._clock = clock

    def call(self, account: Account, func: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Call the method that `func` names in camelCase or snake_case.

        Raises:
            ExchangeRefusal: there is no such method, or it does not take these arguments.
        """
        if func == "describe":
            # Fact 20: the recorded gateway awaits the dict that ccxt's describe() is.
            raise ExchangeRefusal("object dict can't be used in 'await' expression")
        method, signature = _METHODS.get(func.replace("_", "").lower(), (None, None))
        if method is None or signature is None:
            raise ExchangeRefusal(f"unsupported ccxt method: {func}")
        try:
            bound = signature.bind(self, account, *args, **kwargs)
        except TypeError as error:
            raise ExchangeRefusal(f"{self._name} {func}() {error}") from None
        return method(*bound.args, **bound.kwargs)

    def fetch_time(self, account: Account, params: Params = None) -> int:
        return self._clock()

    def fetch_status(self, account: Account, params: Params = None) -> dict[str, Any]:
        return {"status": "ok", "updated": self._clock(), "eta": None, "url": None, "info": {}}

    def load_markets(self, account: Account, reload: bool = False, params: Params = None) -> dict[str, Any]:
        return {symbol: loaded_market_structure(market) for symbol, market in MARKETS.items()}

    def fetch_markets(self, account: Account, params: Params = None) -> list[dict[str, Any]]:
        return [market_structure(market) for market in MARKETS.values()]

    def fetch_currencies(self, account: Account, params: Params = None) -> dict[str, Any]:
        return {code: unified_currency(code) for code in CURRENCIES}

    def fetch_ticker(self, account: Account, symbol: str, params: Params = None) -> dict[str, Any]:
        market, now = self._market(symbol), self._clock()
        tick = now // TICK_MS
        day = self._simulator.span(market, tick + 1 - DAY_TICKS, tick + 1)
        return unified_ticker(market, now, day, self._simulator.book(market, tick))

    def fetch_tickers(
        self, account: Account, symbols: list[str] | None = None, params: Params = None
    ) -> dict[str, Any]:
        return {market.symbol: self.fetch_ticker(account, market.symbol) for market in self._markets(symbols)}

    fetch_bids_asks = fetch_tickers

    def fetch_last_prices(
        self, account: Account, symbols: list[str] | None = None, params: Params = None
    ) -> dict[str, Any]:
        now = self._clock()
        return {
            market.symbol: unified_last_price(market, now, self._simulator.price(market, now // TICK_MS))
            for market in self._markets(symbols)
        }

    def fetch_order_book(
        self, account: Account, symbol: str, limit: int | None = None, params: Params = None
    ) -> dict[str, Any]:
        market, now = self._market(symbol), self._clock()
        book = self._simulator.book(market, now // TICK_MS)
        return unified_order_book(market, now, book, self._whole("limit", limit) or None)

    fetch_l2_order_book = fetch_order_book

    def fetch_trades(
        self, account: Account, symbol: str, since: int | None = None, limit: int | None = None, params: Params = None
    ) -> list[dict[str, Any]]:
        market, end = self._market(symbol), self._clock() // TICK_MS + 1
        since, count = self._whole("since", since), min(self._whole("limit", limit) or _TRADES, _MAX_TRADES)
        first = end - count if since is None else -(-since // TICK_MS)
        trades = self._simulator.trades(market, first, min(end, first + count))
        return [unified_public_trade(market, trade) for trade in trades]

    def fetch_ohlcv(
        self,
        account: Account,
        symbol: str,
        timeframe: str = "1m",
        since: int | None = None,
        limit: int | None = None,
        params: Params = None,
    ) -> list[list[float]]:
        market, end = self._market(symbol), self._clock() // TICK_MS + 1
        period = TIMEFRAMES.get(timeframe) if isinstance(timeframe, str) else None
        if period is None:
            raise ExchangeRefusal(f"{self._name} does not have timeframe {timeframe}")
        since, count = self._whole("since", since), min(self._whole("limit", limit) or _CANDLES, _MAX_CANDLES)
        current = (end - 1) // period
        first = current + 1 - count if since is None else -(-since // (period * TICK_MS))
        candles = []
        for index in range(first, min(current + 1, first + count)):
            bar = self._simulator.span(market, index * period, min((index + 1) * period, end))
            prices = [float(value * market.tick) for value in bar[:4]]
            candles.append([index * period * TICK_MS, *prices, float(bar.volume * market.lot)])
        return candles

    def fetch_balance(self, account: Account, params: Params = None) -> dict[str, Any]:
        balances = {}
        for code, held in account.state().balances.items():
            used, total = (value.quantize(_PLACES) for value in (held.used, held.free + held.used))
            balances[code] = {"free": float(total - used), "used": float(used), "total": float(total)}
        by_part = {part: {code: held[part] for code, held in balances.items()} for part in ("free", "used", "total")}
        return {"info": {}, **balances, **by_part}

    def fetch_positions(
        self, account: Account, symbols: list[str] | None = None, params: Params = None
    ) -> list[dict[str, Any]]:
        markets = self._markets(symbols)
        return [self._position(account, market) for market in markets if account.position(market.symbol).amount]

    def fetch_position(self, account: Account, symbol: str, params: Params = None) -> dict[str, Any] | None:
        market = self._swap(symbol)
        return self._position(account, market) if account.position(symbol).amount else None

    def fetch_leverage(self, account: Account, symbol: str, params: Params = None) -> dict[str, Any]:
        return unified_leverage(self._swap(symbol), account.leverage(symbol))

    def fetch_leverage_tiers(
        self, account: Account, symbols: list[str] | None = None, params: Params = None
    ) -> dict[str, Any]:
        swaps = (market for market in self._markets(symbols) if market.settle is not None)
        return {market.symbol: unified_leverage_tiers(market) for market in swaps}

    def fetch_market_leverage_tiers(self, account: Account, symbol: str, params: Params = None) -> list[dict[str, Any]]:
        return unified_leverage_tiers(self._swap(symbol))

    def fetch_funding_history(
        self,
        account: Account,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Params = None,
    ) -> list[dict[str, Any]]:
        if symbol is not None:
            self._swap(symbol)
        return []  # swaps do not pay funding here

    def fetch_trading_fee(self, account: Account, symbol: str, params: Params = None) -> dict[str, Any]:
        return unified_fee(self._market(symbol))

    def fetch_trading_fees(self, account: Account, params: Params = None) -> dict[str, Any]:
        return {symbol: unified_fee(market) for symbol, market in MARKETS.items()}

    def _position(self, account: Account, market: Market) -> dict[str, Any]:
        now = self._clock()
        last = self._simulator.price(market, now // TICK_MS)
        return unified_position(market, now, account.position(market.symbol), last)

    def _market(self, symbol: object) -> Market:
        market = named(symbol)
        if market is None:
            raise ExchangeRefusal(f"{self._name} does not have market symbol {symbol}")
        return market

    def _swap(self, symbol: object) -> Market:
        market = self._market(symbol)
        if market.settle is None:
            raise ExchangeRefusal(f"{self._name} {symbol} is not a swap market")
        return market

    def _markets(self, symbols: object) -> list[Market]:
        if symbols is None:
            return list(MARKETS.values())
        if not isinstance(symbols, list):
            raise ExchangeRefusal(f"{self._name} symbols must be a list, not {symbols}")
        return [self._market(symbol) for symbol in symbols]

    def _whole(self, what: str, value: object) -> int | None:
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise ExchangeRefusal(f"{self._name} {what} must be a whole number, not {value}")
        return value


_METHODS: dict[str, tuple[Callable[..., Any], inspect.Signature]] = {
    name.replace("_", ""): (method, inspect.signature(method))
    for name, method in vars(Queries).items()
    if name.startswith(("fetch_", "load_"))
}
