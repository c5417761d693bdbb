"""Standing in for another exchange: the class that a program gets for `ccxt.binance`."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from copy import deepcopy
from types import MethodType
from typing import Any

import ccxt.async_support

from oms_ccxt_async.dropin.accounts import CONFIG, AccountEntry, read_accounts
from oms_ccxt_async.dropin.borrowing import Borrowing
from oms_ccxt_async.dropin.meaning import Meaning, real
from oms_ccxt_async.exchange.capabilities import of_exchange
from oms_ccxt_async.wire.secret import Config

__all__ = ["CONFIG", "AccountEntry", "read_accounts", "stand_in"]

_COMPUTED = (
    *("parse_", "is_", "generate_client_order_id", "handle_client_order_id", "check_no_"),
    *("get_network_code_", "get_base_domain_", "get_exceptions_"),
)
"""How the methods begin by which ccxt's classes compute, without asking anybody."""
_NOT_OURS = frozenset(("apiKey", "headers"))


def stand_in(base: type, identity: str, module: str) -> type:
    """A subclass of one of the driver's exchanges that a program takes for the exchange `identity` of `module`."""
    return type(identity, (_StandIn, Borrowing, base), {"_identity": identity, "__module__": module})


class _StandIn:
    """An exchange with the id, capabilities, timeframes, fees, features, options and addresses of another one.

    The config is that other exchange's: its key chooses the OMS account, its addresses and options tell whether it
    means the live exchange, its other credentials can be read back, and nothing of them, of its headers or of its
    proxies is used for a request.
    """

    _identity: str
    _meaning: Meaning
    options: dict[str, Any]

    def __init__(self, config: Mapping[str, Any] = {}) -> None:
        self._stands_in_for = self._identity
        config = given = Config(config or {})
        self._meaning = Meaning(type(self)._module(), self._identity, given)
        # Its key is not the OMS's, and its headers and proxies are not for requests to the OMS.
        is_async = isinstance(self, ccxt.async_support.Exchange)
        not_ours = _NOT_OURS if is_async else _NOT_OURS | {"session"}  # of requests, for which there is no use
        kept = Config(
            {name: each for name, each in given.items() if name not in not_ours and "prox" not in name.lower()}
        )
        super().__init__(kept)  # type: ignore[call-arg]
        self._constructed = True
        self._meaning.choose(self)

    @classmethod
    def _module(cls) -> str:
        """The module of ccxt that a program has the class from; a program's own subclass is in another one."""
        return next(home.__module__ for home in cls.__mro__ if _StandIn in home.__bases__)

    def describe(self) -> dict[str, Any]:
        """The exchange's description, as ccxt's base class merges it with the user's config."""
        described: dict[str, Any] = super().describe()  # type: ignore[misc]
        local = deepcopy(of_exchange(self._identity)) or {}
        if "features" in local:
            # ccxt completes what is described here, and what a market type is missing is not to be described as None.
            local["features"] = {kind: value for kind, value in local["features"].items() if value is not None}
        its_own = real(type(self)._module(), self._identity)
        return {
            **described,
            **local,
            "id": self._identity,
            "has": {**described["has"], **local.get("has", {})},
            "options": {**deepcopy(its_own.options), **described["options"]},
            "urls": deepcopy(its_own.urls),
            "hostname": its_own.hostname,
            "version": its_own.version,
            "countries": its_own.countries,
            "exceptions": its_own.exceptions,
        }

    def __getattr__(self, name: str) -> Any:
        """What that exchange's class computes and the driver's does not, such as `parse_order_status` and `is_linear`:
        with this exchange's markets and options. What it would have to ask the exchange for is not there."""
        if name.startswith("_") or "_meaning" not in vars(self):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        found = getattr(type(self._meaning.real), name, None)
        if inspect.isfunction(found) and found.__name__.startswith(_COMPUTED):
            return MethodType(found, self)
        return super().__getattr__(name)  # type: ignore[misc]

    @property
    def apiKey(self) -> Any:
        """The key of the OMS. What a program sets is its key for the exchange, which chooses the account."""
        return vars(self).get("apiKey")

    @apiKey.setter
    def apiKey(self, value: Any) -> None:
        if not vars(self).get("_constructed"):
            vars(self)["apiKey"] = value
            return
        self._meaning.given["apiKey"] = value
        self._meaning.choose(self)
