"""What the pro exchange can do beyond the async one, in the words of ccxt's `has`. Pure."""

from __future__ import annotations

__all__ = ["STREAMS"]

_WATCHED = (
    "Balance",
    "MyTrades",
    "MyTradesForSymbols",
    "OHLCV",
    "OrderBook",
    "Orders",
    "OrdersForSymbols",
    "Positions",
    "Ticker",
    "Tickers",
    "Trades",
)
_BY_SOCKET = (
    "cancelAllOrdersWs",
    "cancelOrderWs",
    "cancelOrdersWs",
    "createLimitBuyOrderWs",
    "createLimitOrderWs",
    "createLimitSellOrderWs",
    "createMarketBuyOrderWs",
    "createMarketOrderWs",
    "createMarketSellOrderWs",
    "createOrderWs",
    "createOrdersWs",
    "createPostOnlyOrderWs",
    "createReduceOnlyOrderWs",
    "createStopLimitOrderWs",
    "createStopLossOrderWs",
    "createStopMarketOrderWs",
    "createStopOrderWs",
    "createTakeProfitOrderWs",
    "createTrailingAmountOrderWs",
    "createTrailingPercentOrderWs",
    "createTriggerOrderWs",
    "editOrderWs",
    "fetchBalanceWs",
    "fetchOpenOrdersWs",
    "fetchOrderWs",
)
STREAMS: dict[str, bool] = {
    "ws": True,
    "watchPosition": True,
    **{f"{verb}{what}": True for verb in ("watch", "unWatch") for what in _WATCHED},
    **dict.fromkeys(_BY_SOCKET, True),
}
"""Everything here is implemented; a test holds it against the class."""
