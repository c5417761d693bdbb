"""What a unified symbol says of its market by how it is spelled, for when no markets can be loaded."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["spelled"]

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
