"""The exchange class that freqtrade looks for under the name `oms`; without one, it trades spot markets only."""

from __future__ import annotations

from typing import Any

from freqtrade.enums import MarginMode, TradingMode
from freqtrade.exchange import Exchange
from freqtrade.misc import deep_merge_dicts

__all__ = ["Oms"]


class Oms(Exchange):
    """freqtrade's generic exchange, with futures and with stops that the exchange watches (`stoploss_on_exchange`).

    An account in netting mode has the one position per market that freqtrade expects. Margin mode, leverage and the
    liquidation price are those at the exchange behind the account.
    """

    _ft_has = {
        "stoploss_on_exchange": True,
        "stop_price_prop": "stopPrice",
        "stoploss_order_types": {"limit": "limit", "market": "market"},
        "order_time_in_force": ["GTC", "FOK", "IOC", "PO"],
    }
    _supported_trading_mode_margin_pairs = [
        (TradingMode.SPOT, MarginMode.NONE),
        (TradingMode.FUTURES, MarginMode.CROSS),
        (TradingMode.FUTURES, MarginMode.ISOLATED),
    ]

    @property
    def _ccxt_config(self) -> dict[str, Any]:
        valued: dict[str, Any] = {"options": {"fetchPositions": {"valued": True}}}
        return dict(deep_merge_dicts(valued, super()._ccxt_config))

    def _order_contracts_to_amount(self, order: dict[str, Any]) -> dict[str, Any]:
        # It keeps the trigger of a stop under this name only; every order that it gets comes by here.
        order["stopPrice"] = order.get("stopPrice") or order.get("stopLossPrice")
        return dict(super()._order_contracts_to_amount(order))
