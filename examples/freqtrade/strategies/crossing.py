"""A strategy for freqtrade: long while a fast mean of closes is above a slow one.

In a directory with `user_data/strategies` (`freqtrade create-userdir`), on an OMS account that trades on binance:

    oms-ccxt run --as binance -m freqtrade trade --config config.json --strategy Crossing --strategy-path strategies
"""

from __future__ import annotations

from typing import Any

from freqtrade.strategy import IStrategy


class Crossing(IStrategy):
    """Means of 3 and 8 minutes; out again after a percent, or five below."""

    INTERFACE_VERSION = 3
    timeframe = "1m"
    startup_candle_count = 8
    minimal_roi = {"0": 0.01}
    stoploss = -0.05
    can_short = False

    def populate_indicators(self, dataframe: Any, metadata: dict[str, Any]) -> Any:
        dataframe["fast"] = dataframe["close"].rolling(3).mean()
        dataframe["slow"] = dataframe["close"].rolling(8).mean()
        return dataframe

    def populate_entry_trend(self, dataframe: Any, metadata: dict[str, Any]) -> Any:
        dataframe.loc[dataframe["fast"] > dataframe["slow"] * 0.9, "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe: Any, metadata: dict[str, Any]) -> Any:
        dataframe.loc[dataframe["fast"] < dataframe["slow"] * 0.9, "exit_long"] = 1
        return dataframe
