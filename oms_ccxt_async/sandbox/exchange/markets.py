"""The markets of the paper exchange: what is traded, on which grid, within which limits, at which fee, and what an
amount of it is worth."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
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
    "Markets",
    "loaded_market_structure",
    "market_structure",
]

FEE_RATE = Decimal("0.001")
"""Of what is traded, in the quote currency or, of an inverse swap, in the base, for taker and maker alike, unless the
market has others."""

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

    The amounts of a linear swap are contracts of `contract_size` of its base currency, 1 unless an exchange has others.
    Those of an inverse swap are contracts of `contract_size` of its quote currency; what they are worth, their fees and
    their profit are in its base currency.
    """

    symbol: str
    base: str
    quote: str
    tick: Decimal
    """The price grid."""
    step: Decimal
    """The amount grid."""
    gap: int = 1
    """The widest distance between two levels of a simulated book, in ticks."""
    depth: int = 1
    """What the quantities of a simulated book are multiplied by."""
    lot: Decimal = Decimal(1)
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
    min_amount: Decimal | None = None
    """The smallest amount; None: one of the grid."""
    max_price: Decimal = MAX_PRICE
    taker: Decimal = FEE_RATE
    maker: Decimal = FEE_RATE
    own_id: str | None = None
    """The market under the exchange's own name; None: as this exchange makes it of the symbol."""

    @property
    def id(self) -> str:
        """The market under the exchange's own name."""
        return self.own_id or self.symbol.replace("/", "").replace(":", "_")

    @property
    def least(self) -> Decimal:
        """The smallest amount that an order may have."""
        return self.min_amount or self.step

    @property
    def max_leverage(self) -> int:
        """The most leverage that the smallest position may have."""
        return self.tiers[0][1]

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
        return "contracts" if self.settle and (self.inverse or self.contract_size != 1) else self.base

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
        return price * amount * self.contract_size

    def fee(self, price: Decimal, amount: Decimal, *, maker: bool = False) -> Decimal:
        """What trading an amount at a price costs, in `money`."""
        fee = self.cost(price, amount) * (self.maker if maker else self.taker)
        return fee.quantize(_MONEY, ROUND_HALF_EVEN) if self.inverse else fee

    def profit(self, entry: Decimal, price: Decimal, amount: Decimal) -> Decimal:
        """What a position earns, in `money`, that was entered at one price and is closed at another; `amount` is
        negative when short."""
        gain = self.cost(price, amount) - self.cost(entry, amount)
        return -gain if self.inverse else gain

    def average(self, amount: Decimal, cost: Decimal) -> Decimal:
        """The price at which an amount costs so much."""
        if not self.inverse:
            return cost / (amount * self.contract_size)
        return (amount * self.contract_size / cost).quantize(_PRICES, ROUND_HALF_EVEN)

    def largest(self, leverage: Decimal) -> Decimal:
        """What a position may be worth at a leverage, in `money`."""
        return max(cap for cap, most in self.tiers if most >= leverage)

    def maintenance_rate(self, worth: Decimal) -> Decimal:
        """Which share of its worth a position has to be secured by: half of what the highest leverage of its size
        locks."""
        return 1 / Decimal(2 * next((most for cap, most in self.tiers if worth <= cap), self.tiers[-1][1]))

    def amount_to_precision(self, amount: Decimal) -> Decimal:
        """An amount as ccxt's classes send it: what is finer than the grid is cut off."""
        return amount // self.step * self.step if amount % self.step else amount

    def price_to_precision(self, price: Decimal) -> Decimal:
        """A price as ccxt's classes send it: the nearest one on the grid."""
        return (price / self.tick).quantize(Decimal(1), ROUND_HALF_UP) * self.tick if price % self.tick else price

    @property
    def min_price(self) -> Decimal:
        """The lowest price that an order may have."""
        return self.tick


class Markets(dict[str, Market]):
    """The markets of an exchange, by symbol."""

    def __init__(self, markets: Iterable[Market]) -> None:
        super().__init__((market.symbol, market) for market in markets)
        self._by_id: dict[str, Market] = {}
        for market in self.values():
            self._by_id.setdefault(market.id, market)
        self.swaps = {symbol: market for symbol, market in self.items() if market.settle}
        self.currencies = tuple(dict.fromkeys(code for market in self.values() for code in market.currencies))

    def named(self, name: object) -> Market | None:
        """The market of this symbol or id, if there is one; of several with the id, the first."""
        return (self.get(name) or self._by_id.get(name)) if isinstance(name, str) else None

    def index(self, market: Market) -> Market:
        """The market whose price a swap follows; itself where there is no other."""
        return self.get(market.spot, market)


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

MARKETS = Markets(
    (
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
)
"""The simulated ones."""
SWAPS, CURRENCIES = MARKETS.swaps, MARKETS.currencies


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
        "taker": float(market.taker),
        "maker": float(market.maker),
        "contractSize": float(market.contract_size) if swap else None,
        "expiry": None,
        "expiryDatetime": None,
        "strike": None,
        "optionType": None,
        "precision": {"amount": float(market.step), "price": float(market.tick)},
        "limits": {
            "leverage": {"min": MIN_LEVERAGE, "max": market.max_leverage},
            "amount": {"min": float(market.least), "max": float(market.max_amount)},
            "price": {"min": float(market.min_price), "max": float(market.max_price)},
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
