"""What a market is to the mappers: from ccxt's market structures, and, for when none can be loaded, from how its symbol
is spelled."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ccxt.base.decimal_to_precision import DECIMAL_PLACES, SIGNIFICANT_DIGITS

from oms_ccxt_async.mappers import MarketFacts
from oms_ccxt_async.mappers.number import exact

__all__ = ["market_facts", "spelled"]

_UNIFIED = re.compile(r"([^/:\s]+)/([^/:\s]+)(?::([^/:\s-]+)(?:-(\d+)(?:-([^/:\s-]+)-([CP]))?)?)?")


def spelled(symbol: object) -> dict[str, Any] | None:
    """As much of ccxt's market structure as `BTC/USDT:USDT-261225` tells; None if it is no unified symbol.

    A contract's size is not among it.
    """
    parts = _UNIFIED.fullmatch(symbol) if isinstance(symbol, str) else None
    if parts is None:
        return None
    base, quote, settle, expiry, strike, _ = parts.groups()
    kind = "spot" if settle is None else "option" if strike else "future" if expiry else "swap"
    return {
        "symbol": symbol,
        "base": base,
        "quote": quote,
        "settle": settle,
        "type": kind,
        **{name: name == kind for name in ("spot", "swap", "future", "option")},
        "contract": settle is not None,
        "linear": None if settle is None else settle != base,
        "inverse": None if settle is None else settle == base,
    }


def market_facts(market: Mapping[str, Any], precision_mode: int) -> MarketFacts:
    """What the mappers need of a market that ccxt has loaded, in its `precisionMode`."""
    size = market.get("contractSize")
    step = (market.get("precision") or {}).get("amount")
    if step is not None and precision_mode == DECIMAL_PLACES:
        step = f"1e-{int(step)}"
    return MarketFacts(
        symbol=market["symbol"],
        spot=bool(market.get("spot")),
        contract=bool(market.get("contract")),
        inverse=bool(market.get("inverse")),
        contract_size=None if size is None else str(size),
        step=None if step is None or precision_mode == SIGNIFICANT_DIGITS else exact(step),
    )
