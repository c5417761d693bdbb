"""The implicit endpoints of the exchange that is stood in for: what they are called, and which of them only read. Pure.

An endpoint trades until it is known not to: a GET reads, except where an exchange's GETs act; every other request acts,
except those that are named here. A reading endpoint that hands out a key to a stream is none: what it opens goes past
the OMS.
"""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ccxt.base.types import Entry

from oms_ccxt_async.wire.retry import Kind

__all__ = ["Foreign", "borrowed", "foreign", "kind_of"]


class Foreign(NamedTuple):
    """An endpoint as ccxt's class of the exchange has it: the groups that it is in, its HTTP method and its path."""

    api: tuple[str, ...]
    method: str
    path: str


_ACTING_GETS = re.compile(
    r"listen-?key|userDataStream|batchCancelReplace|confirm/withdraw|users/(hmac/login|logout)$|(^|/)auth$"
    r"|^Authenticate|account/(set-auto-repay|spot-manual-borrow-repay|switch-union-usdt)$",
    re.I,
)
_RPC_READS = re.compile(r"get_|ticker$")
"""By the names of deribit's and coinbaseinternational's endpoints, which are all GETs, `buy` included."""
_READS = {
    "binance": r"asset/(get-funding-asset|getUserAsset)$",
    "bitfinex": r"auth/r/",
    "cryptocom": r"private/(get-|user-balance)",
    "derive": r"get_",
    "htx": r"(swap-)?api/v1/(contract|swap)_(account_info|account_position_info|order_info|position_info)$",
    "hyperliquid": r"info$",
    "kraken": r"(Balance(Ex)?|CreditLines|TradeBalance|(Open|Closed|Query)Orders|OrderAmends|TradesHistory|QueryTrades"
    r"|OpenPositions|(Query)?Ledgers|TradeVolume|Deposit(Methods|Addresses|Status)"
    r"|Withdraw(Methods|Addresses|Info|Status))$",
}
"""The requests that read although they are no GETs, by ccxt's classes of the exchanges."""
_SETTINGS = {
    "binance": r"((um|cm)/)?(leverage|marginType|positionSide/dual|multiAssetsMargin)$",
    "bingx": r"(trade/(leverage|marginType)|positionSide/dual)$",
    "bitget": r"((v2/mix|v3)/account/set-(leverage|margin-mode|position-mode)"
    r"|mix/v1/account/set(Leverage|MarginMode|PositionMode))$",
    "bybit": r"v5/(position/(set-leverage|switch-isolated|switch-mode)|account/set-margin-mode)$",
    "gate": r"\{settle\}/((dual_comp/)?positions/(\{contract\}/(set_)?leverage|cross_mode)"
    r"|dual_mode|set_position_mode)$",
    "mexc": r"position/change_(leverage|position_mode)$",
    "okx": r"account/set-(leverage|position-mode|isolated-mode)$",
}
"""Those that set leverage, margin mode or position mode, which may be set twice."""


def kind_of(exchange_id: str, endpoint: Foreign) -> Kind | None:
    """What asking an endpoint twice would do; None if it may trade, move money, or open another way to the exchange."""
    if endpoint.method == "GET":
        acts = _ACTING_GETS.search(endpoint.path) or (_acts_by_get(exchange_id) and not _RPC_READS.match(endpoint.path))
        return None if acts else Kind.READ
    if endpoint.method == "POST":
        for table, kind in ((_READS, Kind.READ), (_SETTINGS, Kind.REPEATABLE)):
            named = [table[home.__name__] for home in _homes(exchange_id) if home.__name__ in table]
            if any(re.match(pattern, endpoint.path) for pattern in named):
                return kind
    return None


def foreign(exchange_id: str) -> Mapping[Foreign, str]:
    """The endpoints of an exchange, with their camelCase names; empty if ccxt has no class of that id."""
    return _foreign(exchange_id)


def borrowed(module: str, exchange_id: str, name: str) -> Any:
    """What ccxt's class of an exchange has under the name of an endpoint or of a public method, in either spelling.

    Args:
        module: the module of ccxt whose class is meant, for example `ccxt.async_support`.

    Raises:
        AttributeError: it has none.
    """
    home = _class(module, exchange_id)
    for spelled in (name, re.sub(r"(?!^)([A-Z]+)", r"_\1", name).lower()):
        for each in () if home is None or name.startswith("_") else home.__mro__:
            found = vars(each).get(spelled)
            if isinstance(found, Entry) or (callable(found) and not isinstance(found, type)):
                return found
    raise AttributeError(name)


@functools.cache
def _foreign(exchange_id: str) -> Mapping[Foreign, str]:
    names: dict[Foreign, str] = {}
    for home in _homes(exchange_id):
        for name, entry in vars(home).items():
            if isinstance(entry, Entry):
                endpoint = Foreign(_groups(entry.api), entry.method, entry.path)
                if endpoint not in names or "_" not in name:
                    names[endpoint] = name
    return names


@functools.cache
def _acts_by_get(exchange_id: str) -> bool:
    """Whether all private endpoints are GETs: then some of them trade."""
    private = [endpoint for endpoint in foreign(exchange_id) if not any("ublic" in group for group in endpoint.api)]
    return bool(private) and all(endpoint.method == "GET" for endpoint in private)


def _homes(exchange_id: str) -> tuple[type, ...]:
    home = _class("ccxt.async_support", exchange_id)
    return () if home is None else home.__mro__


def _class(module: str, exchange_id: str) -> type | None:
    # Of the exchange's own module: in ccxt's there may be ours in its place.
    found: type | None = getattr(sys.modules.get(f"{module}.{exchange_id}"), exchange_id, None)
    return found


def _groups(api: str | Sequence[str]) -> tuple[str, ...]:
    return (api,) if isinstance(api, str) else tuple(api)
