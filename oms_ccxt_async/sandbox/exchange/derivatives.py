"""The unified methods about swaps: funding, open interest, leverage, margin, positions; and their shapes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from oms_ccxt_async.sandbox.exchange.accounts import Account
from oms_ccxt_async.sandbox.exchange.liquidation import security
from oms_ccxt_async.sandbox.exchange.markets import Market
from oms_ccxt_async.sandbox.exchange.model import ExchangeRefusal
from oms_ccxt_async.sandbox.exchange.path import TICK_MS
from oms_ccxt_async.sandbox.exchange.prices import FUNDING_MS, INTEREST_RATE
from oms_ccxt_async.sandbox.exchange.questions import Params, Questions
from oms_ccxt_async.sandbox.exchange.unified import iso8601, unified_position

__all__ = ["Derivatives"]

_HOURS = FUNDING_MS // 3_600_000

_RATES, _MAX_RATES = 100, 1000
_INTERESTS, _MAX_INTERESTS = 30, 500

_PERIODS_MS = {
    "5m": 300_000,
    "15m": 900_000,
    "30m": 1_800_000,
    "1h": 3_600_000,
    "2h": 7_200_000,
    "4h": 14_400_000,
    "6h": 21_600_000,
    "12h": 43_200_000,
    "1d": 86_400_000,
}
"""Of the history of the open interest."""


class Derivatives(Questions):
    """Every public method is the unified ccxt method of its name, after the account that asks."""

    def fetch_funding_rate(self, account: Account, symbol: str, params: Params = None) -> dict[str, Any]:
        return self._funding_rate(self._swap(symbol))

    def fetch_funding_rates(
        self, account: Account, symbols: list[str] | None = None, params: Params = None
    ) -> dict[str, Any]:
        return {market.symbol: self._funding_rate(market) for market in self._swaps(symbols, params)}

    fetch_funding_interval = fetch_funding_rate
    fetch_funding_intervals = fetch_funding_rates

    def fetch_funding_rate_history(
        self,
        account: Account,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Params = None,
    ) -> list[dict[str, Any]]:
        if symbol is None:
            raise ExchangeRefusal(f"{self._name} fetchFundingRateHistory() requires a symbol argument")
        market = self._swap(symbol)
        first, end = self._page(FUNDING_MS, since, limit, params, usual=_RATES, most=_MAX_RATES)
        return [
            {
                "info": {},
                "symbol": market.symbol,
                "fundingRate": float(self._prices.funding_rate(market, index)),
                "timestamp": index * FUNDING_MS,
                "datetime": iso8601(index * FUNDING_MS),
            }
            for index in range(first, end)
        ]

    def fetch_open_interest(self, account: Account, symbol: str, params: Params = None) -> dict[str, Any]:
        return self._open_interest(self._swap(symbol), self._clock())

    def fetch_open_interests(
        self, account: Account, symbols: list[str] | None = None, params: Params = None
    ) -> dict[str, Any]:
        now = self._clock()
        return {market.symbol: self._open_interest(market, now) for market in self._swaps(symbols, params)}

    def fetch_open_interest_history(
        self,
        account: Account,
        symbol: str,
        timeframe: str = "1h",
        since: int | None = None,
        limit: int | None = None,
        params: Params = None,
    ) -> list[dict[str, Any]]:
        market = self._swap(symbol)
        period = _PERIODS_MS.get(timeframe) if isinstance(timeframe, str) else None
        if period is None:
            raise ExchangeRefusal(f"{self._name} does not have open interest by {timeframe}")
        first, end = self._page(period, since, limit, params, usual=_INTERESTS, most=_MAX_INTERESTS)
        return [self._open_interest(market, index * period) for index in range(first, end)]

    def fetch_positions(
        self, account: Account, symbols: list[str] | None = None, params: Params = None
    ) -> list[dict[str, Any]]:
        markets = self._markets(symbols, params)
        return [self._position(account, market) for market in markets if account.position(market.symbol).amount]

    fetch_positions_risk = fetch_positions

    def fetch_position(self, account: Account, symbol: str, params: Params = None) -> dict[str, Any] | None:
        market = self._swap(symbol)
        return self._position(account, market) if account.position(market.symbol).amount else None

    def fetch_position_mode(self, account: Account, symbol: str | None = None, params: Params = None) -> dict[str, Any]:
        if symbol is not None:
            self._swap(symbol)
        return {"info": {}, "hedged": False}

    def fetch_leverage(self, account: Account, symbol: str, params: Params = None) -> dict[str, Any]:
        return _leverage(account, self._swap(symbol))

    def fetch_leverages(
        self, account: Account, symbols: list[str] | None = None, params: Params = None
    ) -> dict[str, Any]:
        return {market.symbol: _leverage(account, market) for market in self._swaps(symbols, params)}

    def fetch_margin_mode(self, account: Account, symbol: str, params: Params = None) -> dict[str, Any]:
        return _margin_mode(account, self._swap(symbol))

    def fetch_margin_modes(
        self, account: Account, symbols: list[str] | None = None, params: Params = None
    ) -> dict[str, Any]:
        return {market.symbol: _margin_mode(account, market) for market in self._swaps(symbols, params)}

    def fetch_leverage_tiers(
        self, account: Account, symbols: list[str] | None = None, params: Params = None
    ) -> dict[str, Any]:
        return {market.symbol: _leverage_tiers(market) for market in self._swaps(symbols, params)}

    def fetch_market_leverage_tiers(self, account: Account, symbol: str, params: Params = None) -> list[dict[str, Any]]:
        return _leverage_tiers(self._swap(symbol))

    def _funding_rate(self, market: Market) -> dict[str, Any]:
        """What is known before the next funding, and of the last one."""
        now, tick = self._now()
        last = now // FUNDING_MS
        index = self._prices.price(self._prices.markets.index(market), tick)
        answer: dict[str, Any] = {
            "info": {},
            "symbol": market.symbol,
            "markPrice": float(self._prices.price(market, tick)),
            "indexPrice": float(index),
            "interestRate": float(INTEREST_RATE),
            "estimatedSettlePrice": float(index),
            "timestamp": now,
            "datetime": iso8601(now),
            "interval": f"{_HOURS}h",
        }
        for name, funding in (("previousFunding", last), ("funding", last + 1), ("nextFunding", last + 2)):
            at = funding * FUNDING_MS
            known = funding <= last + 1
            answer |= {
                f"{name}Rate": float(self._prices.funding_rate(market, funding)) if known else None,
                f"{name}Timestamp": at,
                f"{name}Datetime": iso8601(at),
            }
        return answer

    def _open_interest(self, market: Market, at: int) -> dict[str, Any]:
        """What is open in a swap, in its amounts, and what that is worth in its quote currency."""
        amount = self._prices.open_interest(market, at)
        price = self._prices.price(market, at // TICK_MS)
        value = amount * market.contract_size if market.inverse else amount * price
        return {
            "symbol": market.symbol,
            "baseVolume": None if market.inverse else float(amount),
            "quoteVolume": float(value),
            "openInterestAmount": float(amount),
            "openInterestValue": float(value),
            "timestamp": at,
            "datetime": iso8601(at),
            "info": {},
        }

    def _position(self, account: Account, market: Market) -> dict[str, Any]:
        now, tick = self._now()
        last = self._prices.price(market, tick)
        secured = security(account, market, self._prices.markets, lambda other: self._prices.price(other, tick))
        return unified_position(
            market, now, account.position(market.symbol), last, account.margin_mode(market.symbol), secured
        )


def _leverage(account: Account, market: Market) -> dict[str, Any]:
    leverage = float(account.leverage(market.symbol))
    return {
        "info": {},
        "symbol": market.symbol,
        "marginMode": account.margin_mode(market.symbol),
        "longLeverage": leverage,
        "shortLeverage": leverage,
    }


def _margin_mode(account: Account, market: Market) -> dict[str, Any]:
    return {"info": {}, "symbol": market.symbol, "marginMode": account.margin_mode(market.symbol)}


def _leverage_tiers(market: Market) -> list[dict[str, Any]]:
    """How large a position may be at which leverage, and by how much it has to be secured."""
    tiers, floor = [], Decimal(0)
    for number, (cap, leverage) in enumerate(market.tiers, 1):
        tiers.append(
            {
                "tier": number,
                "symbol": market.symbol,
                "currency": market.money,
                "minNotional": float(floor),
                "maxNotional": float(cap),
                "maintenanceMarginRate": float(market.maintenance_rate(cap)),
                "maxLeverage": float(leverage),
                "info": {},
            }
        )
        floor = cap
    return tiers
