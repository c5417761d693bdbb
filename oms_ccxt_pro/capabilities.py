"""What the pro exchange can do beyond the async one, in the words of ccxt's `has`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["STREAMS", "of_exchange"]

_WATCHED = (
    "Balance",
    "BidsAsks",
    "MyTrades",
    "MyTradesForSymbols",
    "OHLCV",
    "OHLCVForSymbols",
    "OrderBook",
    "OrderBookForSymbols",
    "Orders",
    "OrdersForSymbols",
    "Positions",
    "Ticker",
    "Tickers",
    "Trades",
    "TradesForSymbols",
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
    "fetchClosedOrdersWs",
    "fetchMyTradesWs",
    "fetchOpenOrdersWs",
    "fetchOrderWs",
    "fetchOrdersWs",
    "fetchPositionWs",
    "fetchPositionsForSymbolWs",
    "fetchPositionsWs",
    "fetchTickerWs",
)
STREAMS: dict[str, bool] = {
    "ws": True,
    "watchPosition": True,
    **{f"{verb}{what}": True for verb in ("watch", "unWatch") for what in _WATCHED},
    **dict.fromkeys(_BY_SOCKET, True),
}
"""Everything here is implemented; a test holds it against the class."""
_OF_EXCHANGE: dict[str, tuple[str, ...]] = {
    "fetchDepositsWs": ("fetchDeposits",),
    "fetchOHLCVWs": ("fetchOHLCV",),
    "fetchOrderBookWs": ("fetchOrderBook",),
    "fetchTickersWs": ("fetchTickers",),
    "fetchTradesWs": ("fetchTrades",),
    "fetchTradingFeesWs": ("fetchTradingFees",),
    "fetchWithdrawalsWs": ("fetchWithdrawals",),
    **{
        f"{verb}{what}": ("fetchMarkPrice", "fetchMarkPrices")
        for verb in ("watch", "unWatch")
        for what in ("MarkPrice", "MarkPrices")
    },
}


def of_exchange(has: Mapping[str, Any]) -> dict[str, bool]:
    """What it can do if the exchange behind the account can, given what that can."""
    return {name: any(has.get(asked) for asked in needed) for name, needed in _OF_EXCHANGE.items()}
