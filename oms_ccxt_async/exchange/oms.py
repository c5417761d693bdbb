"""The async exchange: ccxt's unified methods on an OMS account."""

from __future__ import annotations

from oms_ccxt_async.exchange.implicit import Implicit
from oms_ccxt_async.exchange.positions import Positions
from oms_ccxt_async.wire import gateway

__all__ = ["oms"]


class oms(Positions, Implicit):
    """A ccxt exchange that trades through an order management system.

    Orders, trades and positions are the OMS's and carry its ids; market data, balances and every other unified method
    are answered by the exchange behind the account.

    Args:
        config: a ccxt config. `apiKey` is the OMS key (or OMS_API_KEY); `options` holds `account_id` (required),
            `strategy_id`, `base_url` (or OMS_ACCOUNT_ID, OMS_STRATEGY_ID, OMS_BASE_URL) and the switches of the README.
            Nothing is checked and nothing is sent before the first call.
    """


for _name in gateway.PASSED_THROUGH:
    if _name not in vars(oms) and _name != "fetch_markets":
        setattr(oms, _name, gateway.method(_name))
