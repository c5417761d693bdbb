"""The async exchange: ccxt's unified methods on an OMS account."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NoReturn

import ccxt.async_support

from oms_ccxt_async import errors
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
            `strategy_id`, `base_url` (or OMS_ACCOUNT_ID, OMS_STRATEGY_ID, OMS_BASE_URL) and what
            docs/reference/configuration.md lists. What can only be a mistake is refused here; nothing is
            sent before the first call.

    Raises:
        ccxt.BadRequest: a setting is misspelled, in the wrong place, or of another type.
    """


_HERE = "an OMS does not tell of it"
_ELSEWHERE = "it is a method of oms_ccxt_pro.oms, which takes the same config"


def _streaming(name: str) -> Callable[..., Any]:
    @functools.wraps(getattr(ccxt.async_support.Exchange, name))
    async def method(self: oms, *_: Any, **__: Any) -> NoReturn:
        raise errors.NotSupported(f"oms {name}() is not supported: {_HERE if self.pro else _ELSEWHERE}")

    return method


for _name in dir(ccxt.async_support.Exchange):
    if (_name.startswith(("watch_", "un_watch_")) and _name != "watch_multiple") or _name.endswith("_ws"):
        setattr(oms, _name, _streaming(_name))
for _name in gateway.PASSED_THROUGH:
    if _name not in vars(oms) and _name != "fetch_markets":
        setattr(oms, _name, gateway.method(_name))
