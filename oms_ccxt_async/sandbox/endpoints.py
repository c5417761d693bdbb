"""What the exchanges that the paper exchange is named after answer on their own endpoints, in their words.

The gateway calls whatever ccxt's class has, an implicit endpoint too. These are the ones that programs ask at their
start. The paper account is in one-way mode, with cross margin in one asset.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["endpoint"]

Positions = Callable[[], list[dict[str, Any]]]


def endpoint(exchange: str, func: str, positions: Positions) -> Callable[[dict[str, Any]], Any] | None:
    """The implicit endpoint that a call names, in either of ccxt's spellings; None if it is none of those here.

    Args:
        exchange: the name of the paper exchange.
        positions: reads the account's unified positions.
    """
    plain = func.replace("_", "").lower()
    if exchange == "binance" and plain in _POSITION_RISK:
        return lambda params: [
            _position_risk(position)
            for position in positions()
            if params.get("symbol") in (None, _market_id(position["symbol"]))
        ]
    answer = _FIXED.get((exchange, plain))
    return None if answer is None else lambda params: answer


_POSITION_RISK = {f"fapiprivate{version}getpositionrisk" for version in ("", "v2", "v3")}
_FIXED: dict[tuple[str, str], Any] = {
    ("binance", "fapiprivategetpositionsidedual"): {"dualSidePosition": False},
    ("binance", "fapiprivategetmultiassetsmargin"): {"multiAssetsMargin": False},
    ("binance", "sapigetspotdelistschedule"): [],
    ("bybit", "privategetv5userqueryapi"): {"retCode": 0, "retMsg": "", "result": {"unified": 0, "uta": 1}},
    ("bybit", "privategetv5accountinfo"): {"retCode": 0, "retMsg": "OK", "result": {"unifiedMarginStatus": 5}},
    ("gate", "privateaccountgetdetail"): {"user_id": 1, "key": {"mode": 1}},
}


def _position_risk(position: dict[str, Any]) -> dict[str, Any]:
    amount = position["contracts"] * (1 if position["side"] == "long" else -1)
    return {
        "symbol": _market_id(position["symbol"]),
        "positionAmt": str(amount),
        "entryPrice": str(position["entryPrice"]),
        "markPrice": str(position["markPrice"]),
        "unRealizedProfit": str(position["unrealizedPnl"]),
        "liquidationPrice": str(position.get("liquidationPrice") or 0),
        "leverage": str(int(position["leverage"])),
        "marginType": position["marginMode"],
        "isolatedMargin": "0",
        "positionSide": "BOTH",
        "notional": str(amount * position["markPrice"]),
        "updateTime": position["timestamp"],
    }


def _market_id(symbol: str) -> str:
    return symbol.partition(":")[0].replace("/", "")
