"""A strategy as a user of freqtrade writes one: it knows nothing of what is behind the exchange."""

from datetime import datetime
from typing import Any

from freqtrade.persistence import Trade
from freqtrade.strategy import IStrategy
from pandas import DataFrame


class Ladder(IStrategy):
    """Once a pair: buys, buys as much again, sells a half, then the rest; its first price for ETH is too low."""

    INTERFACE_VERSION = 3
    timeframe = "1m"
    startup_candle_count = 5
    minimal_roi = {"0": 10}
    stoploss = -0.9
    position_adjustment_enable = True
    order_types = {"entry": "limit", "exit": "market", "stoploss": "market", "stoploss_on_exchange": False}
    unfilledtimeout = {"entry": 2, "exit": 20, "unit": "seconds"}

    def bot_start(self, **kwargs: Any) -> None:
        self.haggled = False

    def populate_indicators(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        dataframe["mean"] = dataframe["close"].rolling(3).mean()
        return dataframe

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        dataframe.loc[dataframe["mean"] > 0, "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        return dataframe

    def custom_entry_price(self, pair: str, trade: Trade | None, proposed_rate: float, **kwargs: Any) -> float:
        if pair.startswith("ETH/") and not self.haggled:
            self.haggled = True
            return proposed_rate * 0.99
        return proposed_rate

    def confirm_trade_entry(self, pair: str, **kwargs: Any) -> bool:
        return not Trade.get_trades_proxy(pair=pair, is_open=False)

    def adjust_trade_position(self, trade: Trade, current_time: datetime, **kwargs: Any) -> float | None:
        if trade.has_open_orders or trade.nr_of_successful_exits:
            return None
        stake: float = trade.stake_amount
        return stake if trade.nr_of_successful_entries == 1 else -stake / 2

    def custom_exit(self, pair: str, trade: Trade, current_time: datetime, **kwargs: Any) -> str | None:
        return "sold a half" if trade.nr_of_successful_exits else None


class ShortLadder(Ladder):
    """The same downwards, with leverage."""

    can_short = True

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        dataframe.loc[dataframe["mean"] > 0, "enter_short"] = 1
        return dataframe

    def leverage(self, pair: str, current_time: datetime, max_leverage: float, **kwargs: Any) -> float:
        return min(3.0, max_leverage)


class Guarded(Ladder):
    """Buys once a pair and keeps it, with a stop at the exchange 2 % below."""

    stoploss = -0.02
    position_adjustment_enable = False
    order_types = {"entry": "market", "exit": "market", "stoploss": "market", "stoploss_on_exchange": True}

    def custom_exit(self, pair: str, trade: Trade, current_time: datetime, **kwargs: Any) -> str | None:
        return None


class GuardedByLimit(Guarded):
    """The same with a stop that becomes a limit order."""

    order_types = {**Guarded.order_types, "stoploss": "limit", "stoploss_on_exchange_limit_ratio": 0.99}


class ShortGuarded(Guarded):
    """The same downwards, with leverage."""

    can_short = True
    populate_entry_trend = ShortLadder.populate_entry_trend
    leverage = ShortLadder.leverage


class Quiet(Ladder):
    """Does what it is told, and nothing by itself."""

    can_short = True
    position_adjustment_enable = False

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        return dataframe

    def confirm_trade_entry(self, pair: str, **kwargs: Any) -> bool:
        return True

    def custom_entry_price(self, pair: str, trade: Trade | None, proposed_rate: float, **kwargs: Any) -> float:
        return proposed_rate

    def custom_exit(self, pair: str, trade: Trade, current_time: datetime, **kwargs: Any) -> str | None:
        return None
