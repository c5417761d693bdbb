"""The markets of the paper exchange: what is traded, on which grid, within which limits, at which fee, and what an
amount of it is worth."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Any

__all__ = [
    "CURRENCIES",
    "FEE_RATE",
    "MARKETS",
    "MAX_LEVERAGE",
    "MAX_PRICE",
    "MIN_LEVERAGE",
    "SWAPS",
    "Market",
    "loaded_market_structure",
    "market_structure",
    "named",
]

FEE_RATE = Decimal("0.001")
"""Of what is traded, in the quote currency or, of an inverse swap, in the base, for taker and maker alike."""

MIN_LEVERAGE, MAX_LEVERAGE = 1, 20

MAX_PRICE = Decimal(10_000_000)

_TIERS = ((Decimal(50_000_000), 20), (Decimal(100_000_000), 10), (Decimal(250_000_000), 5), (Decimal(1_000_000_000), 1))
_TIERS_IN_BTC = tuple((cap / 50_000, leverage) for cap, leverage in _TIERS)

_PRICES = Decimal("1e-8")
"""To what prices of entry are rounded."""
_MONEY = Decimal("1e-18")
"""To what the quotients are rounded that inverse swaps are settled in."""


@dataclass(frozen=True, slots=True)
class Market:
    """One market; `settle` is the margin currency of a swap and None for spot.

    The amounts of a linear swap are in its base currency. Those of an inverse swap are contracts of `contract_size`
    of its quote currency; what they are worth, their fees and their profit are in its base currency.
    """

    symbol: str
    base: str
    quote: str
    tick: Decimal
    """The price grid."""
    step: Decimal
    """The amount grid, which is also the smallest amount."""
    gap: int
    """The widest distance between two levels of the book, in ticks."""
    depth: int
    """What the quantities of the book are multiplied by."""
    lot: Decimal
    """What one of the volume of the price path is here."""
    settle: str | None = None
    premium: Decimal = Decimal(1)
    """What a swap costs, of the price of its spot market."""
    contract_size: Decimal = Decimal(1)
    max_amount: Decimal = Decimal(1000)
    tiers: tuple[tuple[Decimal, int], ...] = _TIERS
    """Up to what its position may be worth, in `money`, with how much leverage; the last is the most there is."""
    min_cost: Decimal = Decimal(1)
    """The least that an order must be worth; in contracts, one is always enough."""

    @property
    def id(self) -> str:
        """The market under the exchange's own name."""
        return self.symbol.replace("/", "").replace(":", "_")

    @property
    def inverse(self) -> bool:
        """Whether it is settled in the currency that is traded."""
        return self.settle == self.base

    @property
    def spot(self) -> str:
        """The spot market whose price it follows: its own."""
        return f"{self.base}/USDT" if self.settle else self.symbol

    @property
    def unit(self) -> str:
        """What its amounts are counted in."""
        return "contracts" if self.inverse else self.base

    @property
    def money(self) -> str:
        """The currency in which it is paid for: of costs, fees and profits."""
        return self.settle or self.quote

    @property
    def currencies(self) -> tuple[str, ...]:
        """The currencies that a trade in this market moves."""
        return (self.settle,) if self.settle else (self.base, self.quote)

    def cost(self, price: Decimal, amount: Decimal) -> Decimal:
        """What an amount is worth at a price, in `money`."""
        if self.inverse:
            return (amount * self.contract_size / price).quantize(_MONEY, ROUND_HALF_EVEN)
        return price * amount

    def fee(self, price: Decimal, amount: Decimal) -> Decimal:
        """What trading an amount at a price costs, in `money`."""
        fee = self.cost(price, amount) * FEE_RATE
        return fee.quantize(_MONEY, ROUND_HALF_EVEN) if self.inverse else fee

    def profit(self, entry: Decimal, price: Decimal, amount: Decimal) -> Decimal:
        """What a position earns, in `money`, that was entered at one price and is closed at another; `amount` is
        negative when short."""
        gain = self.cost(price, amount) - self.cost(entry, amount)
        return -gain if self.inverse else gain

    def average(self, amount: Decimal, cost: Decimal) -> Decimal:
        """The price at which an amount costs so much."""
        if not self.inverse:
            return cost / amount
        return (amount * self.contract_size / cost).quantize(_PRICES, ROUND_HALF_EVEN)

    def largest(self, leverage: Decimal) -> Decimal:
        """What a position may be worth at a leverage, in `money`."""
        return max(cap for cap, most in self.tiers if most >= leverage)

    def amount_to_precision(self, amount: Decimal) -> Decimal:
        """An amount as ccxt's classes send it: what is finer than the grid is cut off."""
        return amount.quantize(self.step, ROUND_DOWN) if amount % self.step else amount

    def price_to_precision(self, price: Decimal) -> Decimal:
        """A price as ccxt's classes send it: the nearest one on the grid."""
        return price.quantize(self.tick, ROUND_HALF_UP) if price % self.tick else price

    @property
    def min_price(self) -> Decimal:
        """The lowest price that an order may have."""
        return self.tick


def _spot(symbol: str, tick: str, step: str, gap: int, depth: int, lot: str, **limits: Any) -> Market:
    base, quote = symbol.split("/")
    return Market(symbol, base, quote, Decimal(tick), Decimal(step), gap, depth, Decimal(lot), **limits)


def _swap(symbol: str, premium: str, tick: str, step: str, gap: int, depth: int, lot: str, **limits: Any) -> Market:
    pair, settle = symbol.split(":")
    base, quote = pair.split("/")
    return Market(
        symbol, base, quote, Decimal(tick), Decimal(step), gap, depth, Decimal(lot), settle, Decimal(premium), **limits
    )


_IN_BTC = Decimal("0.0001")

MARKETS = {
    market.symbol: market
    for market in (
        _spot("BTC/USDT", "0.01", "0.000001", gap=40, depth=1, lot="0.001"),
        _spot("ETH/USDT", "0.01", "0.000001", gap=4, depth=10, lot="0.001"),
        _spot("SOL/USDT", "0.01", "0.001", gap=2, depth=100, lot="0.01", max_amount=Decimal(100_000)),
        _spot("XRP/USDT", "0.0001", "0.1", gap=2, depth=10_000, lot="1", max_amount=Decimal(10_000_000)),
        _spot("LTC/USDT", "0.01", "0.001", gap=2, depth=100, lot="0.01", max_amount=Decimal(100_000)),
        _spot("DOGE/USDT", "0.00001", "1", gap=2, depth=100_000, lot="10", max_amount=Decimal(100_000_000)),
        _spot("ETH/BTC", "0.000001", "0.0001", gap=4, depth=10, lot="0.0001", min_cost=_IN_BTC),
        _spot("LTC/BTC", "0.0000001", "0.001", gap=2, depth=100, lot="0.001", min_cost=_IN_BTC),
        _swap("BTC/USDT:USDT", "1.0002", "0.1", "0.001", gap=4, depth=2, lot="0.001"),
        _swap("ETH/USDT:USDT", "1.0002", "0.01", "0.001", gap=4, depth=20, lot="0.001"),
        _swap("SOL/USDT:USDT", "1.0003", "0.01", "0.01", gap=2, depth=200, lot="0.01", max_amount=Decimal(100_000)),
        _swap(
            "BTC/USD:BTC",
            "1.0001",
            "0.1",
            "1",
            gap=4,
            depth=1000,
            lot="1",
            contract_size=Decimal(100),
            max_amount=Decimal(1_000_000),
            tiers=_TIERS_IN_BTC,
            min_cost=Decimal(0),
        ),
    )
}
SWAPS = {symbol: market for symbol, market in MARKETS.items() if market.settle}
IDS = {market.id: market for market in MARKETS.values()}


def named(name: object) -> Market | None:
    """The market of this symbol or id, if there is one."""
    return (MARKETS.get(name) or IDS.get(name)) if isinstance(name, str) else None


CURRENCIES = tuple(dict.fromkeys(currency for market in MARKETS.values() for currency in market.currencies))


def market_structure(market: Market) -> dict[str, Any]:
    """The market as ccxt's `fetchMarkets` describes it, with exactly the keys that the recorded gateway answers."""
    swap = market.settle is not None
    return {
        "id": market.id,
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
        "linear": not market.inverse if swap else None,
        "inverse": market.inverse if swap else None,
        "subType": None,
        "taker": float(FEE_RATE),
        "maker": float(FEE_RATE),
        "contractSize": float(market.contract_size) if swap else None,
        "expiry": None,
        "expiryDatetime": None,
        "strike": None,
        "optionType": None,
        "precision": {"amount": float(market.step), "price": float(market.tick)},
        "limits": {
            "leverage": {"min": MIN_LEVERAGE, "max": MAX_LEVERAGE},
            "amount": {"min": float(market.step), "max": float(market.max_amount)},
            "price": {"min": float(market.min_price), "max": float(MAX_PRICE)},
            "cost": {"min": float(market.min_cost) or None, "max": None},
        },
        "marginModes": {"cross": None, "isolated": None},
        "created": None,
        "info": {"s": market.symbol},
    }


def loaded_market_structure(market: Market) -> dict[str, Any]:
    """The market as ccxt's `loadMarkets` completes it."""
    kind = ("inverse" if market.inverse else "linear") if market.settle else None
    return market_structure(market) | {"subType": kind, "tierBased": None, "percentage": None}
