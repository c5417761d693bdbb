"""A real exchange's markets, as ccxt describes them, for the paper exchange to trade."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from oms_ccxt_async.sandbox.exchange.markets import FEE_RATE, MAX_PRICE, Market, Markets

__all__ = ["DECIMAL_PLACES", "SIGNIFICANT_DIGITS", "TICK_SIZE", "listed", "number"]

DECIMAL_PLACES, SIGNIFICANT_DIGITS, TICK_SIZE = 2, 3, 4
"""ccxt's precision modes."""

_FINEST = Decimal("1e-8")
"""The grid of a market that has none, or one that depends on the price."""
_MOST = Decimal(1_000_000_000)
_LEVERAGE = 20


def number(value: object) -> Decimal | None:
    """A number as ccxt tells it; None of what is none."""
    if value is None or isinstance(value, bool):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def listed(markets: Iterable[Mapping[str, Any]], mode: int) -> Markets:
    """Those of an exchange's markets that paper can trade: spot, and swaps that are settled in their quote or base
    currency.

    Args:
        markets: as ccxt's `fetch_markets` describes them.
        mode: in which of ccxt's precision modes.
    """
    return Markets(market for raw in markets if (market := _listed(raw, mode)) is not None)


def _listed(raw: Mapping[str, Any], mode: int) -> Market | None:
    base, quote, settle = (raw.get(name) for name in ("base", "quote", "settle"))
    swap = raw.get("type") == "swap"
    if not (raw.get("symbol") and base and quote) or raw.get("active") is False:
        return None
    if not (swap and settle in (base, quote)) and raw.get("type") != "spot":
        return None
    limits = raw.get("limits") or {}

    def limit(name: str, end: str) -> Decimal | None:
        return number((limits.get(name) or {}).get(end)) or None

    precision = raw.get("precision") or {}
    taker, maker = number(raw.get("taker")), number(raw.get("maker"))
    leverage = int(limit("leverage", "max") or _LEVERAGE)
    return Market(
        symbol=str(raw["symbol"]),
        base=str(base),
        quote=str(quote),
        tick=_grid(precision.get("price"), mode),
        step=_grid(precision.get("amount"), mode),
        settle=str(settle) if swap else None,
        contract_size=number(raw.get("contractSize")) or Decimal(1) if swap else Decimal(1),
        max_amount=limit("amount", "max") or _MOST,
        tiers=((_MOST * 1000, max(1, leverage)),),
        min_cost=limit("cost", "min") or Decimal(0),
        min_amount=limit("amount", "min"),
        max_price=limit("price", "max") or MAX_PRICE * 1000,
        taker=FEE_RATE if taker is None else taker,
        maker=FEE_RATE if maker is None else maker,
        own_id=str(raw["id"]) if raw.get("id") else None,
    )


def _grid(precision: object, mode: int) -> Decimal:
    found = number(precision)
    if found is None or mode == SIGNIFICANT_DIGITS:
        return _FINEST
    grid = found if mode == TICK_SIZE else Decimal(1).scaleb(-int(found))
    return grid.normalize() if grid > 0 else _FINEST
