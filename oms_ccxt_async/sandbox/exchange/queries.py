"""The read-only unified ccxt methods of the paper exchange, called by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from oms_ccxt_async.sandbox.exchange.accounts import Account
from oms_ccxt_async.sandbox.exchange.derivatives import Derivatives
from oms_ccxt_async.sandbox.exchange.market_data import MarketData
from oms_ccxt_async.sandbox.exchange.model import ExchangeRefusal
from oms_ccxt_async.sandbox.exchange.questions import NotASwap
from oms_ccxt_async.sandbox.exchange.wallet import Wallet

__all__ = ["MARKET_DATA", "Queries"]


class Queries(MarketData, Derivatives, Wallet):
    """Every public method but `call` is the unified ccxt method of its name, after the account that asks."""

    def call(self, account: Account, func: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Call the method that `func` names in camelCase or snake_case.

        Raises:
            ExchangeRefusal: there is no such method, or it does not take these arguments.
        """
        if func == "describe":
            # Fact 20: the recorded gateway awaits the dict that ccxt's describe() is.
            raise ExchangeRefusal("object dict can't be used in 'await' expression")
        method, signature = _METHODS.get(func.replace("_", "").lower(), (None, None))
        if method is None or signature is None:
            raise ExchangeRefusal(f"unsupported ccxt method: {func}")
        try:
            bound = signature.bind(self, account, *args, **kwargs)
        except TypeError as error:
            raise ExchangeRefusal(f"{self._name} {func}() {error}") from None
        try:
            return method(*bound.args, **bound.kwargs)
        except NotASwap:
            raise ExchangeRefusal(f"{self._name} {func}() supports linear and inverse contracts only") from None


_METHODS: dict[str, tuple[Callable[..., Any], inspect.Signature]] = {
    name.replace("_", ""): (method, inspect.signature(method))
    for room in (MarketData, Derivatives, Wallet)
    for name, method in vars(room).items()
    if name.startswith(("fetch_", "load_"))
}
MARKET_DATA = frozenset(name.replace("_", "") for name in vars(MarketData) if name.startswith(("fetch_", "load_")))
"""The methods that are the same for every account."""
