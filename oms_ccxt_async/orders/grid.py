"""A market's grid, to which amounts and prices are brought as ccxt's classes bring them (decision 15).

An amount is cut, a price is rounded, and what would become zero is refused. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Context, Decimal, localcontext
from typing import Any

from ccxt.base.errors import InvalidOrder

from oms_ccxt_async import errors
from oms_ccxt_async.mappers.number import exact

__all__ = ["AS_GIVEN", "Grid", "check_limits"]

Bring = Callable[[str], Any]

# ccxt's rounding works in the thread's context and leaves its traps there; 28 digits would round a long amount.
_WIDE = Context(prec=100)


class Grid:
    """Where the amounts and prices of one market lie.

    Args:
        amount: what ccxt's class does to an amount (`amount_to_precision`); None leaves it as it is given.
        price: what it does to a price (`price_to_precision`).

    Attributes:
        moved: whether something did not lie on it.
    """

    __slots__ = ("_amount", "_price", "moved")

    def __init__(self, amount: Bring | None = None, price: Bring | None = None) -> None:
        self._amount = amount
        self._price = price
        self.moved = False

    def amount(self, value: str, name: str = "amount") -> str:
        """A plain decimal above 0, cut; `ccxt.InvalidOrder` naming `name` if nothing is left of it."""
        return value if self._amount is None else self._brought(self._amount, value, name)

    def price(self, value: str, name: str = "price") -> str:
        """A plain decimal above 0, rounded; `ccxt.InvalidOrder` naming `name` if nothing is left of it."""
        return value if self._price is None else self._brought(self._price, value, name)

    def _brought(self, bring: Bring, value: str, name: str) -> str:
        try:
            with localcontext(_WIDE):
                brought = exact(bring(value))
        except (InvalidOrder, ArithmeticError):
            brought = "0"
        except (ValueError, TypeError, AssertionError) as reason:  # ccxt asserts that a step makes sense
            raise errors.InvalidOrder(f"{name} {value} cannot be brought to the market's grid: {reason}") from None
        if brought == "0":
            raise errors.InvalidOrder(f"{name} {value} is less than the market's least step; give more")
        self.moved = self.moved or brought != value
        return brought


AS_GIVEN = Grid()
"""No grid: what is given is sent."""


def check_limits(payload: Mapping[str, Any], market: Mapping[str, Any]) -> None:
    """Refuse the payload of an order that the market's own limits do not allow.

    Raises:
        ccxt.InvalidOrder: it is not traded now, or an amount, a price or a cost is outside of its limits.
    """
    if market.get("active") is False:
        raise errors.InvalidOrder(f"{market['symbol']} is not traded now")
    amount, price = payload.get("qty"), payload.get("price")
    cost = None
    if amount is not None and price is not None and market.get("spot"):
        cost = Decimal(amount) * Decimal(price)
    limits = market.get("limits") or {}
    for name, value in (("amount", amount), ("price", price), ("cost", cost)):
        bounds = limits.get(name) or {}
        least, most = bounds.get("min"), bounds.get("max")
        if value is None:
            continue
        if least is not None and Decimal(value) < Decimal(str(least)):
            raise errors.InvalidOrder(f"{name} {value} is below {least}, the least of {market['symbol']}")
        if most is not None and Decimal(value) > Decimal(str(most)):
            raise errors.InvalidOrder(f"{name} {value} is above {most}, the most of {market['symbol']}")
