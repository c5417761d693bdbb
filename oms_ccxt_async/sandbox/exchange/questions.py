"""What the unified methods that read have in common: who is asked, and how arguments are read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from oms_ccxt_async.sandbox.exchange.markets import Market
from oms_ccxt_async.sandbox.exchange.model import ExchangeRefusal
from oms_ccxt_async.sandbox.exchange.path import TICK_MS
from oms_ccxt_async.sandbox.exchange.prices import Prices

__all__ = ["NotASwap", "Params", "Questions"]

Params = dict[str, Any] | None

_KINDS: dict[str, Callable[[Market], bool]] = {
    "spot": lambda market: market.settle is None,
    "swap": lambda market: market.settle is not None,
    "linear": lambda market: market.settle is not None and not market.inverse,
    "inverse": lambda market: market.inverse,
}
_KINDS |= {"future": _KINDS["linear"], "delivery": _KINDS["inverse"]}
"""What `params["type"]` and `params["subType"]` leave of all markets; `future` and `delivery` mean what they mean to
binance."""


class NotASwap(ExchangeRefusal):
    """A method of swaps was asked about a spot market."""


class Questions:
    """One exchange, asked.

    Args:
        name: the exchange's, for messages.
        prices: the markets.
        clock: epoch milliseconds.
    """

    def __init__(self, name: str, prices: Prices, clock: Callable[[], int]) -> None:
        self._name = name
        self._prices = prices
        self._clock = clock

    def _now(self) -> tuple[int, int]:
        """The time, and the tick that it is in."""
        now = self._clock()
        return now, now // TICK_MS

    def _market(self, symbol: object) -> Market:
        market = self._prices.markets.named(symbol)
        if market is None:
            raise ExchangeRefusal(f"{self._name} does not have market symbol {symbol}")
        return market

    def _swap(self, symbol: object) -> Market:
        market = self._market(symbol)
        if market.settle is None:
            raise NotASwap
        return market

    def _markets(self, symbols: object, params: Params = None) -> list[Market]:
        """The markets that are named, or all of the type that the parameters ask for."""
        if symbols is None:
            asked = [self._params(params).get(name) for name in ("type", "subType")]
            kinds = [_KINDS[kind] for kind in asked if isinstance(kind, str) and kind in _KINDS]
            return [market for market in self._prices.markets.values() if all(is_kind(market) for is_kind in kinds)]
        if not isinstance(symbols, list):
            raise ExchangeRefusal(f"{self._name} symbols must be a list, not {symbols}")
        return [self._market(symbol) for symbol in symbols]

    def _swaps(self, symbols: object, params: Params = None) -> list[Market]:
        """The swaps among them."""
        return [market for market in self._markets(symbols, params) if market.settle is not None]

    def _whole(self, what: str, value: object) -> int | None:
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise ExchangeRefusal(f"{self._name} {what} must be a whole number, not {value}")
        return value

    def _params(self, params: Params) -> dict[str, Any]:
        if not isinstance(params, dict | None):
            raise ExchangeRefusal(f"{self._name} params must be an object, not {params}")
        return params or {}

    def _page(
        self,
        period: int,
        since: object,
        limit: object,
        params: Params,
        *,
        usual: int,
        most: int,
        begin: int = 0,
    ) -> tuple[int, int]:
        """First and end of the periods, so many milliseconds long and counted from the epoch, that a list holds which
        was asked for with `since`, `limit` and `params["until"]`: the first `limit` from `since` on, or the last ones;
        none that ends before the tick `begin`.
        """
        start, until = self._whole("since", since), self._whole("until", self._params(params).get("until"))
        count = min(self._whole("limit", limit) or usual, most)
        end = min(self._clock(), self._clock() if until is None else until) // period + 1
        first = max(0, end - count) if start is None else -(-start // period)
        first = max(first, begin * TICK_MS // period)
        return first, min(end, first + count)
