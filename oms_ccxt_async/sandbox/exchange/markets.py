"""The markets of the paper exchange: what is traded, on which grid, within which limits, at which fee."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Any

__all__ = [
    "CURRENCIES",
    "FEE_RATE",
    "MARKETS",
    "MAX_AMOUNT",
    "MAX_LEVERAGE",
    "MAX_PRICE",
    "MIN_COST",
    "MIN_LEVERAGE",
    "Market",
    "loaded_market_structure",
    "market_structure",
]

FEE_RATE = Decimal("0.001")
"""Of the notional, in the quote currency, for taker and maker alike."""

MIN_LEVERAGE, MAX_LEVERAGE = 1, 20

MAX_AMOUNT = Decimal(1000)
MIN_PRICE = Decimal("0.01")
MAX_PRICE = Decimal(10_000_000)
MIN_COST = Decimal(1)


@dataclass(frozen=True, slots=True)
class Market:
    """One market; `settle` is the margin currency of a linear swap of contract size 1 and None for spot."""

    symbol: str
    base: str
    quote: str
    settle: str | None
    tick: Decimal
    """The price grid."""
    step: Decimal
    """The amount grid, which is also the smallest amount."""
    scale: tuple[int, int]
    """What turns the base's price path (in hundredths) into ticks of this market: a numerator and a denominator."""
    gap: int
    """The widest distance between two levels of the book, in ticks."""
    depth: int
    """What the quantities of the book are multiplied by."""

    @property
    def currencies(self) -> tuple[str, ...]:
        """The currencies that a trade in this market moves."""
        return (self.settle,) if self.settle else (self.base, self.quote)

    def amount_to_precision(self, amount: Decimal) -> Decimal:
        """An amount as ccxt's classes send it: what is finer than the grid is cut off."""
        return amount.quantize(self.step, ROUND_DOWN) if amount % self.step else amount

    def price_to_precision(self, price: Decimal) -> Decimal:
        """A price as ccxt's classes send it: the nearest one on the grid."""
        return price.quantize(self.tick, ROUND_HALF_UP) if price % self.tick else price

    @property
    def min_price(self) -> Decimal:
        """The lowest price that an order may have."""
        return max(self.tick, MIN_PRICE)


MARKETS = {
    market.symbol: market
    for market in (
        Market("BTC/USDT", "BTC", "USDT", None, Decimal("0.01"), Decimal("0.000001"), (1, 1), gap=40, depth=1),
        Market("ETH/USDT", "ETH", "USDT", None, Decimal("0.01"), Decimal("0.000001"), (1, 1), gap=4, depth=10),
        # The swap trades 0.02 % above spot: its basis.
        Market(
            "BTC/USDT:USDT", "BTC", "USDT", "USDT", Decimal("0.1"), Decimal("0.001"), (10_002, 100_000), gap=4, depth=2
        ),
    )
}

CURRENCIES = tuple(dict.fromkeys(currency for market in MARKETS.values() for currency in (market.base, market.quote)))


def market_structure(market: Market) -> dict[str, Any]:
    """The market as ccxt's `fetchMarkets` describes it, with exactly the keys that the recorded gateway answers."""
    swap = market.settle is not None
    return {
        "id": market.symbol.replace("/", "").replace(":", "_"),
        "lowercaseId": None,
        "symbol": market.symbol,
        "base": market.base,
        "quote": market.quote,
        "settle": market.settle,
        "baseId": market.base,
        "quoteId": market.quote,
        "settleId": market.settle,
        "type": "swap" if swap else "spot",
        "spot": not swap,
        "margin": False,
        "swap": swap,
        "future": False,
        "option": False,
        "index": None if swap else False,
        "active": True,
        "contract": swap,
        "linear": True if swap else None,
        "inverse": False if swap else None,
        "subType": None,
        "taker": float(FEE_RATE),
        "maker": float(FEE_RATE),
        "contractSize": 1.0 if swap else None,
        "expiry": None,
        "expiryDatetime": None,
        "strike": None,
        "optionType": None,
        "precision": {"amount": float(market.step), "price": float(market.tick)},
        "limits": {
            "leverage": {"min": MIN_LEVERAGE, "max": MAX_LEVERAGE},
            "amount": {"min": float(market.step), "max": float(MAX_AMOUNT)},
            "price": {"min": float(market.min_price), "max": float(MAX_PRICE)},
            "cost": {"min": float(MIN_COST), "max": None},
        },
        "marginModes": {"cross": None, "isolated": None},
        "created": None,
        "info": {"s": market.symbol},
    }


def loaded_market_structure(market: Market) -> dict[str, Any]:
    """The market as ccxt's `loadMarkets` completes it."""
    return market_structure(market) | {
        "subType": "linear" if market.settle else None,
        "tierBased": None,
        "percentage": None,
    }
