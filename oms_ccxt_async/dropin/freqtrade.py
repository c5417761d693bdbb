"""The exchange class that freqtrade looks for under the name `oms`; without one, it trades spot markets only."""

from __future__ import annotations

from freqtrade.enums import MarginMode, TradingMode
from freqtrade.exchange import Exchange

__all__ = ["Oms"]


class Oms(Exchange):
    """freqtrade's generic exchange, with futures.

    An account in netting mode has the one position per market that freqtrade expects. Margin mode and leverage are set
    at the exchange behind the account.
    """

    _supported_trading_mode_margin_pairs = [
        (TradingMode.SPOT, MarginMode.NONE),
        (TradingMode.FUTURES, MarginMode.CROSS),
        (TradingMode.FUTURES, MarginMode.ISOLATED),
    ]
