"""OMS rows -> unified ccxt structures: `order`, `trade`, `position` map; `row`, `number`, `time` read the wire."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["MarketFacts", "Number", "Unified"]

Number = Callable[[str], Any]
"""What a plain decimal string becomes in a unified structure: `float` (ccxt's default), `str` or `Decimal`."""
Unified = dict[str, Any]
"""A unified order, trade, position or other structure of ccxt's."""


@dataclass(frozen=True, slots=True)
class MarketFacts:
    """What a mapper needs to know of a ccxt market.

    Args:
        symbol: The unified symbol, used where a row names none.
        spot: Whether one unit of quantity is one unit of the base currency.
        contract: Whether quantity counts contracts.
        inverse: Whether the contract is settled in the base currency.
        contract_size: Base currency (inverse: quote currency) per contract, a decimal string; None for spot.
        step: The least quantity that the exchange deals in, a decimal string; None if that is unknown.
    """

    symbol: str
    spot: bool
    contract: bool
    inverse: bool
    contract_size: str | None
    step: str | None = None
