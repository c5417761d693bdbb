"""What the gateway answers on the exchange's own endpoints."""

from __future__ import annotations

from typing import Any

import pytest

from oms_ccxt_async.sandbox.endpoints import endpoint

SWAP = {
    "symbol": "BTC/USDT:USDT",
    "side": "short",
    "contracts": 0.02,
    "entryPrice": 50_000.0,
    "markPrice": 49_000.0,
    "unrealizedPnl": 20.0,
    "leverage": 3.0,
    "marginMode": "cross",
    "timestamp": 1,
}


def ask(exchange: str, func: str, params: dict[str, Any] | None = None) -> Any:
    found = endpoint(exchange, func, lambda: [SWAP])
    return None if found is None else found(params or {})


@pytest.mark.parametrize("func", ["fapiPrivateV2GetPositionRisk", "fapiprivatev2_get_positionrisk"])
def test_position_risk(func: str) -> None:
    """binance's rows say of a short position that its amount is below zero, and can be asked for by market id."""
    [row] = ask("binance", func)
    assert (row["symbol"], row["positionAmt"], row["leverage"], row["positionSide"]) == (
        "BTCUSDT",
        "-0.02",
        "3",
        "BOTH",
    )
    assert float(row["notional"]) == pytest.approx(-980)
    assert ask("binance", func, {"symbol": "BTCUSDT"}) == [row]
    assert ask("binance", func, {"symbol": "ETHUSDT"}) == []


def test_every_exchange_has_its_own() -> None:
    """An endpoint of one exchange is none of another's; what is not here is none at all."""
    assert ask("binance", "fapiPrivateGetPositionSideDual") == {"dualSidePosition": False}
    assert ask("bybit", "privateGetV5UserQueryApi")["result"]["uta"] == 1
    assert ask("bybit", "fapiPrivateGetPositionSideDual") is None
    assert ask("binance", "fapiPrivatePostOrder") is None
